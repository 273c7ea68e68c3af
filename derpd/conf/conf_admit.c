/*
 * conf_admit: the admit block, whose sources are irregular statements, and
 * `debug from'; see options.def.  Called by grammatch.c and conf_check.c.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <string.h>

#include "conf_check.h"
#include "conf_lists.h"
#include "conf_types.h"
#include "gramstore.h"
#include "url.h"

void
conf_begin_admit(const struct gram_pos *pos)
{
	conf_parsed->admit.pos = *pos;
}

/*
 * 1 when a client's key may be sent to this URL: over https, to this machine,
 * or as the operator wants it in `cleartext'; else 0, and an error.
 */
static int
is_verify_url(const struct gram_option *o, const char *url, int cleartext,
    const struct gram_pos *pos)
{
	struct net_url u;

	if (strlen(url) >= IPC_URLSIZE || (net_url_parse_local(url, &u) == -1 &&
	    (!cleartext || net_url_parse_plain(url, &u) == -1)))
		gram_error(pos, "%s \"%s\": expected an https:// URL, or an "
		    "http:// URL of this machine, such as "
		    "http://127.0.0.1:8080/verify, or of another one in "
		    "cleartext: url \"http://...\" cleartext", gram_name(o),
		    url);
	else if (cleartext && !u.plain)
		gram_error(pos, "%s \"%s\" cleartext: expected https:// "
		    "without cleartext, or http://", gram_name(o), url);
	else
		return (1);
	return (0);
}

/* Check that one more source may be configured, and this one. */
static int
may_add(const struct gram_option *o, enum ipc_verify_kind kind,
    const char *name, const struct gram_pos *pos)
{
	const struct conf_verify *s;
	int n = 0;

	TAILQ_FOREACH(s, &conf_parsed->admit.sources, entry) {
		if (s->kind == kind && strcmp(s->name, name) == 0) {
			gram_error(pos, "%s \"%s\" appears twice", gram_name(o),
			    name);
			return (0);
		}
		n++;
	}
	if (n < IPC_MAXVERIFY)
		return (1);
	gram_error(pos, "%s \"%s\": expected at most %d lines of url and "
	    "tailscaled", gram_name(o), name, IPC_MAXVERIFY);
	return (0);
}

static void
add_source(const struct gram_statement *s, enum ipc_verify_kind kind,
    int cleartext, const char *cafile)
{
	const char *name = s->item[0].text;
	struct conf_verify *v;

	if (!may_add(s->row[0], kind, name, &s->pos))
		return;
	v = gram_alloc(sizeof(*v));
	v->kind = kind;
	v->cleartext = cleartext;
	v->name = gram_dup(name);
	v->cafile = cafile == NULL ? NULL : gram_dup(cafile);
	v->pos = s->pos;
	TAILQ_INSERT_TAIL(&conf_parsed->admit.sources, v, entry);
}

/* url "URL" [cleartext] [ca file "FILE"] */
static void
apply_url(const struct gram_statement *s)
{
	const int cleartext = s->n > 1 &&
	    s->row[1]->type == &conf_type_cleartext;
	const unsigned int file = cleartext ? 2 : 1;
	const char *cafile = s->n > file ? s->item[file].text : NULL;

	if (is_verify_url(s->row[0], s->item[0].text, cleartext, &s->pos) &&
	    (cafile == NULL || gram_is_path(cafile, GRAM_PATHMAX, "ca file",
	    &s->pos)))
		add_source(s, IPC_VERIFY_URL, cleartext, cafile);
}

/* tailscaled "SOCKET" */
static void
apply_socket(const struct gram_statement *s)
{
	if (gram_is_path(s->item[0].text, (size_t)GRAM_SOCKETMAX,
	    gram_name(s->row[0]), &s->pos))
		add_source(s, IPC_VERIFY_TAILSCALED, 0, NULL);
}

/* debug from { PREFIX ... } */
static void
apply_debug(const struct gram_statement *s)
{
	struct conf_prefixes *p = &conf_parsed->debug;
	struct net_prefix v[GRAM_MAXLIST];

	if (conf_prefixes(v, "debug from", s) == -1)
		return;
	p->v = gram_alloc(s->nlist * sizeof(*v));
	memcpy(p->v, v, s->nlist * sizeof(*v));
	p->n = s->nlist;
}

const struct gram_type conf_type_verify_url = {
	.arg = "\"URL\"", .accepts = GRAM_STRING, .store = GRAM_OWN,
	.same = conf_same_verifies, .free = conf_free_verifies,
	.print = conf_print_verifies,
	.apply = apply_url
};
const struct gram_type conf_type_verify_socket = {
	.arg = "\"SOCKET\"", .accepts = GRAM_STRING, .apply = apply_socket
};
const struct gram_type conf_type_debug = {
	.arg = "{ PREFIX ... }", .accepts = GRAM_LIST, .store = GRAM_OWN,
	.same = conf_same_prefixes, .free = conf_free_prefixes,
	.print = conf_print_prefixes,
	.apply = apply_debug
};

void
conf_check_admit(void)
{
	struct conf_admit *a = &conf_parsed->admit;

	a->conf.keys = a->keys != NULL;
	conf_parsed->front.admit = conf_parsed->worker.admit = a->conf.on;
	if (a->conf.on && a->keys == NULL && TAILQ_EMPTY(&a->sources))
		gram_error(&a->pos, "admit { ... } without a source admits "
		    "nobody: expected keys \"FILE\", url \"URL\" or "
		    "tailscaled \"SOCKET\" in it");
}

/*
 * conf_statements: irregular statements: listen, certificate, include; see
 * options.def.  Called by conf_match.c.
 */
#include <string.h>

#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"

/* Parse the prefixes of a statement.  0, or -1: reported. */
static int
get_proxies(const struct conf_statement *s, struct net_prefix *v)
{
	size_t i;

	for (i = 0; i < s->nlist; i++)
		if (conf_prefix(&v[i], &s->list[i]) == -1)
			return (-1);
	return (0);
}

/* listen on ADDRESS port NUMBER [tls] [proxy from { PREFIX ... }] */
static void
apply_listen(const struct conf_statement *s)
{
	struct net_prefix v[CONF_MAXLIST];

	if (get_proxies(s, v) == -1)
		return;
	conf_add_listen(&conf_parsed->listens, s->item[0].text,
	    s->item[1].number, s->n > 2 && s->row[2]->type == &conf_type_tls,
	    v, s->nlist, &s->pos);
}

/* The same without tls and proxies. */
static void
apply_stun_listen(const struct conf_statement *s)
{
	conf_add_listen(&conf_parsed->stun.listens, s->item[0].text,
	    s->item[1].number, 0, NULL, 0, &s->pos);
}

static void
add_certificate(const char *cert, const char *key, const struct conf_pos *pos)
{
	struct conf_cert *c = conf_alloc(sizeof(*c));

	c->cert = cert == NULL ? NULL : conf_dup(cert);
	c->key = key == NULL ? NULL : conf_dup(key);
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&conf_parsed->certs, c, entry);
}

/* certificate "FILE" key "FILE" */
static void
apply_certificate(const struct conf_statement *s)
{
	if (conf_is_path(s->item[0].text, CONF_PATHMAX, "certificate",
	    &s->pos) &&
	    conf_is_path(s->item[1].text, CONF_PATHMAX, "key", &s->pos))
		add_certificate(s->item[0].text, s->item[1].text, &s->pos);
}

static void
apply_selfsigned(const struct conf_statement *s)
{
	add_certificate(NULL, NULL, &s->pos);
}

static void
apply_include(const struct conf_statement *s)
{
	(void)conf_lex_push(s->item[0].text, &s->pos);
}

const struct conf_type conf_type_listen = {
	.arg = "ADDRESS", .accepts = CONF_STRING | CONF_STAR,
	.store = CONF_LISTENS, .apply = apply_listen
};
const struct conf_type conf_type_stun_listen = {
	.arg = "ADDRESS", .accepts = CONF_STRING | CONF_STAR,
	.store = CONF_LISTENS, .apply = apply_stun_listen
};
const struct conf_type conf_type_certificate = {
	.arg = "\"FILE\"", .accepts = CONF_STRING, .store = CONF_CERTS,
	.apply = apply_certificate
};
const struct conf_type conf_type_selfsigned = {
	.apply = apply_selfsigned
};
const struct conf_type conf_type_include = {
	.arg = "\"FILE\"", .accepts = CONF_STRING, .apply = apply_include
};

/*
 * conf_statements: irregular statements: listen, certificate, include; see
 * options.def.  Called by conf_match.c.
 */
#include <string.h>

#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"

/* The third value of `listen', if it is a word. */
static enum conf_listening
listening(const struct conf_statement *s)
{
	const char *word;

	if (s->n < 3 || s->row[2]->type != &conf_type_listening)
		return (CONF_PLAIN);
	word = s->item[2].text;
	return (conf_word_number(CONF_LISTENING, word, strlen(word)) == 0 ?
	    CONF_TLS : CONF_DERP);
}

/* listen on ADDRESS port NUMBER [tls | derp] [proxy from { PREFIX ... }] */
static void
apply_listen(const struct conf_statement *s)
{
	struct net_prefix v[CONF_MAXLIST];

	if (conf_prefixes(v, "proxy from", s) == -1)
		return;
	conf_add_listen(&conf_parsed->listens, s->item[0].text,
	    s->item[1].number, listening(s), v, s->nlist, &s->pos);
}

/* The same without tls, derp and proxies. */
static void
apply_stun_listen(const struct conf_statement *s)
{
	conf_add_listen(&conf_parsed->stun.listens, s->item[0].text,
	    s->item[1].number, CONF_PLAIN, NULL, 0, &s->pos);
}

/* listen on ADDRESS port NUMBER [from { PREFIX ... }] of the metrics block */
static void
apply_metrics_listen(const struct conf_statement *s)
{
	struct net_prefix v[CONF_MAXLIST];

	if (conf_prefixes(v, "from", s) == -1)
		return;
	conf_add_listen(&conf_parsed->metrics.listens, s->item[0].text,
	    s->item[1].number, 0, v, s->nlist, &s->pos);
}

static void
add_certificate(const char *cert, const char *key, int allow,
    const struct conf_pos *pos)
{
	struct conf_cert *c = conf_alloc(sizeof(*c));

	c->cert = cert == NULL ? NULL : conf_dup(cert);
	c->key = key == NULL ? NULL : conf_dup(key);
	c->allow = allow;
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&conf_parsed->certs, c, entry);
}

/* certificate "FILE" key "FILE" [allow] */
static void
apply_certificate(const struct conf_statement *s)
{
	if (conf_is_path(s->item[0].text, CONF_PATHMAX, "certificate",
	    &s->pos) &&
	    conf_is_path(s->item[1].text, CONF_PATHMAX, "key", &s->pos))
		add_certificate(s->item[0].text, s->item[1].text, s->n > 2,
		    &s->pos);
}

static void
apply_selfsigned(const struct conf_statement *s)
{
	add_certificate(NULL, NULL, 0, &s->pos);
}

static void
apply_include(const struct conf_statement *s)
{
	(void)conf_source_push(s->item[0].text, &s->pos);
}

const struct conf_type conf_type_listen = {
	.arg = "ADDRESS", .accepts = CONF_STRING | CONF_STAR,
	.store = CONF_LISTENS, .apply = apply_listen
};
const struct conf_type conf_type_stun_listen = {
	.arg = "ADDRESS", .accepts = CONF_STRING | CONF_STAR,
	.store = CONF_LISTENS, .apply = apply_stun_listen
};
const struct conf_type conf_type_metrics_listen = {
	.arg = "ADDRESS", .accepts = CONF_STRING | CONF_STAR,
	.store = CONF_LISTENS, .apply = apply_metrics_listen
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

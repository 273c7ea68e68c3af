/*
 * conf_statements: irregular statements: listen, certificate, include; see
 * options.def.  Called by conf_match.c.
 */
#include <string.h>

#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"

/* listen on ADDRESS port NUMBER [tls] */
static void
listen_on(const struct conf_statement *s, struct conf_listens *list)
{
	conf_add_listen(list, s->item[0].text, s->item[1].number, s->n > 2,
	    &s->pos);
}

static void
apply_listen(const struct conf_statement *s)
{
	listen_on(s, &conf_parsed->listens);
}

static void
apply_stun_listen(const struct conf_statement *s)
{
	listen_on(s, &conf_parsed->stun.listens);
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

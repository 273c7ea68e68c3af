/*
 * conf_statements: irregular statements: listen, certificate; see options.def.
 * Called by grammatch.c.
 */
#include <string.h>

#include "conf_lists.h"
#include "conf_types.h"
#include "gramstore.h"

/* The third value of `listen', if it is a word. */
static enum conf_listening
listening(const struct gram_statement *s)
{
	const char *word;

	if (s->n < 3 || s->row[2]->type != &conf_type_listening)
		return (CONF_PLAIN);
	word = s->item[2].text;
	return (gram_word_number(CONF_LISTENING, word, strlen(word)) == 0 ?
	    CONF_TLS : CONF_DERP);
}

/* listen on ADDRESS port NUMBER [tls | derp] [proxy from { PREFIX ... }] */
static void
apply_listen(const struct gram_statement *s)
{
	struct net_prefix v[GRAM_MAXLIST];

	if (conf_prefixes(v, "proxy from", s) == -1)
		return;
	conf_add_listen(&conf_parsed->listens, s->item[0].text,
	    s->item[1].number, listening(s), v, s->nlist, &s->pos);
}

/* The same without tls, derp and proxies. */
static void
apply_stun_listen(const struct gram_statement *s)
{
	conf_add_listen(&conf_parsed->stun.listens, s->item[0].text,
	    s->item[1].number, CONF_PLAIN, NULL, 0, &s->pos);
}

/* listen on ADDRESS port NUMBER [from { PREFIX ... }] of the metrics block */
static void
apply_metrics_listen(const struct gram_statement *s)
{
	struct net_prefix v[GRAM_MAXLIST];

	if (conf_prefixes(v, "from", s) == -1)
		return;
	conf_add_listen(&conf_parsed->metrics.listens, s->item[0].text,
	    s->item[1].number, 0, v, s->nlist, &s->pos);
}

static void
add_certificate(const char *cert, const char *key, int allow,
    const struct gram_pos *pos)
{
	struct conf_cert *c = gram_alloc(sizeof(*c));

	c->cert = cert == NULL ? NULL : gram_dup(cert);
	c->key = key == NULL ? NULL : gram_dup(key);
	c->allow = allow;
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&conf_parsed->certs, c, entry);
}

/* certificate "FILE" key "FILE" [allow] */
static void
apply_certificate(const struct gram_statement *s)
{
	if (gram_is_path(s->item[0].text, GRAM_PATHMAX, "certificate",
	    &s->pos) &&
	    gram_is_path(s->item[1].text, GRAM_PATHMAX, "key", &s->pos))
		add_certificate(s->item[0].text, s->item[1].text, s->n > 2,
		    &s->pos);
}

static void
apply_selfsigned(const struct gram_statement *s)
{
	add_certificate(NULL, NULL, 0, &s->pos);
}

const struct gram_type conf_type_listen = {
	.arg = "ADDRESS", .accepts = GRAM_STRING | GRAM_STAR,
	.store = GRAM_OWN, .same = conf_same_listens,
	.free = conf_free_listens, .print = conf_print_listens,
	.apply = apply_listen
};
const struct gram_type conf_type_stun_listen = {
	.arg = "ADDRESS", .accepts = GRAM_STRING | GRAM_STAR,
	.store = GRAM_OWN, .same = conf_same_listens,
	.free = conf_free_listens, .print = conf_print_listens,
	.apply = apply_stun_listen
};
const struct gram_type conf_type_metrics_listen = {
	.arg = "ADDRESS", .accepts = GRAM_STRING | GRAM_STAR,
	.store = GRAM_OWN, .same = conf_same_listens,
	.free = conf_free_listens, .print = conf_print_listens,
	.apply = apply_metrics_listen
};
const struct gram_type conf_type_certificate = {
	.arg = "\"FILE\"", .accepts = GRAM_STRING, .store = GRAM_OWN,
	.same = conf_same_certs, .free = conf_free_certs,
	.print = conf_print_certs, .apply = apply_certificate
};
const struct gram_type conf_type_selfsigned = {
	.apply = apply_selfsigned
};
const struct gram_type conf_type_acme = {
	.store = GRAM_INT, .alone = 1, .print = conf_print_acme
};

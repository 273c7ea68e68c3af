/*
 * conf_print: prints the fields whose representation derpd alone has (derpd -n
 * -v); see conf_lists.h.  Called by gramprint.c.
 */
#include <netinet/in.h>
#include <string.h>

#include "conf_lists.h"
#include "conf_types.h"
#include "gramprint.h"
#include "gramstore.h"
#include "hex.h"

static int
port_of(const struct conf_listen *l)
{
	if (l->ss.ss_family == AF_INET6)
		return (ntohs(((const struct sockaddr_in6 *)&l->ss)->
		    sin6_port));
	return (ntohs(((const struct sockaddr_in *)&l->ss)->sin_port));
}

static void
print_prefixes(FILE *f, const struct net_prefix *v, size_t n)
{
	char text[NET_PREFIX_TEXT];
	size_t i;

	fputs(" {", f);
	for (i = 0; i < n; i++) {
		net_prefix_text(&v[i], text);
		fprintf(f, " %s", text);
	}
	fputs(" }", f);
}

/* The words of the row after `o' that has the prefixes of its addresses. */
static const char *
proxies_words(const struct gram_option *o)
{
	const struct gram_option *p = o;

	while (p->type != &conf_type_proxies)
		p++;
	return (gram_suffix(o, p));
}

void
conf_print_listens(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_listens *listens = gram_get_list(o, base);
	const struct conf_listen *l;
	char address[256];

	TAILQ_FOREACH(l, listens, entry) {
		conf_address(l, address, sizeof(address));
		if (*address == '\0')
			continue;
		fprintf(f, "%s%s ", indent, o->keywords);
		/* The scope of an address may be any string. */
		if (address[strspn(address, "*0123456789abcdef:.")] == '\0')
			fputs(address, f);
		else
			gram_print_string(f, address);
		fprintf(f, " port %d%s", port_of(l), l->tls ? " tls" :
		    l->derp ? " derp" : "");
		if (l->nproxies > 0) {
			fprintf(f, " %s", proxies_words(o));
			print_prefixes(f, l->proxies, l->nproxies);
		}
		putc('\n', f);
	}
}

void
conf_print_prefixes(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_prefixes *p = gram_get_list(o, base);

	if (p->n == 0) {
		fprintf(f, "%s# %s: %s\n", indent, o->keywords, o->unset);
		return;
	}
	fprintf(f, "%s%s", indent, o->keywords);
	print_prefixes(f, p->v, p->n);
	putc('\n', f);
}

/* In order, of both kinds. */
void
conf_print_verifies(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_verifies *sources = gram_get_list(o, base);
	const struct conf_verify *s;

	TAILQ_FOREACH(s, sources, entry) {
		fprintf(f, "%s%s ", indent, s->kind == IPC_VERIFY_URL ?
		    "url" : "tailscaled");
		gram_print_string(f, s->name);
		if (s->cleartext)
			fputs(" cleartext", f);
		if (s->cafile != NULL) {
			fputs(" ca file ", f);
			gram_print_string(f, s->cafile);
		}
		putc('\n', f);
	}
}

void
conf_print_nodes(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_nodes *nodes = gram_get_list(o, base);
	char key[2 * IPC_KEYLEN + 1];
	const struct conf_node *n;

	TAILQ_FOREACH(n, nodes, entry) {
		fprintf(f, "%s%s ", indent, o->keywords);
		gram_print_string(f, n->host);
		fprintf(f, " port %u", n->port);
		if (n->address != NULL)
			fprintf(f, " address %s", n->address);
		if (n->certname != NULL) {
			fputs(" certname ", f);
			gram_print_string(f, n->certname);
		}
		if (n->has_key) {
			base_hex_put(key, n->key, sizeof(n->key));
			fprintf(f, " server key \"nodekey:%s\"", key);
		}
		putc('\n', f);
	}
}

/* In order; one of them may be that of the acme block. */
void
conf_print_certs(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_certs *certs = gram_get_list(o, base);
	const struct conf_cert *k;

	TAILQ_FOREACH(k, certs, entry) {
		if (k->acme) {
			gram_print_block(f, &conf_grammar,
			    gram_find_block(&conf_grammar, "acme"), base);
			continue;
		}
		fprintf(f, "%s%s ", indent, o->keywords);
		if (k->cert == NULL)
			fputs("self-signed", f);
		else {
			gram_print_string(f, k->cert);
			fputs(" key ", f);
			gram_print_string(f, k->key);
		}
		fputs(k->allow ? " allow\n" : "\n", f);
	}
}

/* The block is printed with the certificates, if there is one. */
void
conf_print_acme(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	(void)indent;
	if (!gram_is_set(o, base))
		gram_print_block(f, &conf_grammar, o, base);
}

void
conf_print_maps(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct conf_maps *maps = gram_get_list(o, base);
	const struct conf_map *m;

	(void)indent;
	TAILQ_FOREACH(m, maps, entry)
		gram_print_block(f, &conf_grammar, o, m);
}

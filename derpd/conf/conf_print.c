/*
 * conf_print: prints a configuration in the grammar of derpd.conf(5), by the
 * rows of options.def (derpd -n -v).  Called by derpd.c.
 */
#include <netinet/in.h>
#include <string.h>

#include "conf_check.h"
#include "conf_option.h"
#include "conf_store.h"
#include "conf_types.h"
#include "hex.h"

static void	print_block(FILE *, const struct conf_option *,
		    const struct conf *, const void *);

/* Quoted, which is possible for every string. */
static void
print_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

/* Bytes, in the largest unit that divides them. */
static void
print_size(FILE *f, int64_t v)
{
	static const char units[] = "KMG";
	const char *u = NULL;

	while (v != 0 && v % 1024 == 0 && (u == NULL || u[1] != '\0')) {
		v /= 1024;
		u = u == NULL ? units : u + 1;
	}
	fprintf(f, "%lld", (long long)v);
	if (u != NULL)
		putc(*u, f);
}

/* Print the word of `list' for `v'.  1, or 0: there is none. */
static int
print_word(FILE *f, const char *list, int64_t v)
{
	const char *word;
	size_t n;

	if (list == NULL || (word = conf_word_at(list, v, &n)) == NULL)
		return (0);
	fprintf(f, "%.*s", (int)n, word);
	return (1);
}

/* Print a string by its word, if it has one: a directory's URL, a root. */
static int
print_known(FILE *f, const struct conf_option *o, const char *url)
{
	const char *known;
	int64_t i;

	if (o->type == &conf_type_root && *url == '\0')
		return (print_word(f, conf_words(o), 0));
	if (o->type != &conf_type_directory)
		return (0);
	for (i = 0; (known = conf_directory_url(i)) != NULL; i++)
		if (strcmp(known, url) == 0)
			return (print_word(f, o->words, i));
	return (0);
}

/* The keywords of a row from `words' on (NULL: none), and its value. */
static void
print_value(FILE *f, const struct conf_option *o, const char *words,
    const void *base)
{
	if (words != NULL)
		fprintf(f, "%s%s", words, o->type->accepts == 0 ? "" : " ");
	if (o->type->accepts == 0)
		return;
	if (o->type->store == CONF_INT) {
		if (print_word(f, conf_words(o), conf_get_int(o, base)))
			return;
		if (o->type == &conf_type_size)
			print_size(f, conf_get_int(o, base));
		else
			fprintf(f, "%lld", (long long)conf_get_int(o, base));
	} else if (!print_known(f, o, conf_get_str(o, base)))
		print_string(f, conf_get_str(o, base));
}

/* A statement with those further values that are set. */
static void
print_statement(FILE *f, const struct conf_option *o, const char *indent,
    const void *base)
{
	const struct conf_option *head = o, *end;

	end = conf_options + conf_noptions;
	fputs(indent, f);
	print_value(f, o, o->keywords, base);
	while (++o != end && o->follows != CONF_HEAD)
		if (conf_is_set(o, base)) {
			putc(' ', f);
			print_value(f, o, o->bare ? NULL :
			    conf_suffix(head, o), base);
		}
	putc('\n', f);
}

static void
print_names(FILE *f, const struct conf_option *o, const char *indent,
    const void *base)
{
	const struct conf_names *names = conf_get_list(o, base);
	const struct conf_name *n;

	TAILQ_FOREACH(n, names, entry) {
		fprintf(f, "%s%s ", indent, o->keywords);
		print_string(f, n->name);
		putc('\n', f);
	}
}

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
proxies_words(const struct conf_option *o)
{
	const struct conf_option *p = o;

	while (p->type->store != CONF_PROXIES)
		p++;
	return (conf_suffix(o, p));
}

static void
print_listens(FILE *f, const struct conf_option *o, const char *indent,
    const void *base)
{
	const struct conf_listens *listens = conf_get_list(o, base);
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
			print_string(f, address);
		fprintf(f, " port %d%s", port_of(l), l->tls ? " tls" :
		    l->derp ? " derp" : "");
		if (l->nproxies > 0) {
			fprintf(f, " %s", proxies_words(o));
			print_prefixes(f, l->proxies, l->nproxies);
		}
		putc('\n', f);
	}
}

static void
print_debug(FILE *f, const struct conf_option *o, const void *base)
{
	const struct conf_prefixes *p = conf_get_list(o, base);

	if (p->n == 0) {
		fprintf(f, "# %s: %s\n", o->keywords, o->unset);
		return;
	}
	fputs(o->keywords, f);
	print_prefixes(f, p->v, p->n);
	putc('\n', f);
}

/* In order, of both kinds. */
static void
print_verifies(FILE *f, const struct conf_option *o, const void *base)
{
	const struct conf_verifies *sources = conf_get_list(o, base);
	const struct conf_verify *s;

	TAILQ_FOREACH(s, sources, entry) {
		fputs(s->kind == IPC_VERIFY_URL ? "\turl " : "\ttailscaled ",
		    f);
		print_string(f, s->name);
		if (s->cleartext)
			fputs(" cleartext", f);
		if (s->cafile != NULL) {
			fputs(" ca file ", f);
			print_string(f, s->cafile);
		}
		putc('\n', f);
	}
}

static void
print_nodes(FILE *f, const struct conf_option *o, const void *base)
{
	const struct conf_nodes *nodes = conf_get_list(o, base);
	char key[2 * IPC_KEYLEN + 1];
	const struct conf_node *n;

	TAILQ_FOREACH(n, nodes, entry) {
		fputs("\twith ", f);
		print_string(f, n->host);
		fprintf(f, " port %u", n->port);
		if (n->address != NULL)
			fprintf(f, " address %s", n->address);
		if (n->certname != NULL) {
			fputs(" certname ", f);
			print_string(f, n->certname);
		}
		if (n->has_key) {
			base_hex_put(key, n->key, sizeof(n->key));
			fprintf(f, " server key \"nodekey:%s\"", key);
		}
		putc('\n', f);
	}
}

/* In order; one of them may be that of the acme block. */
static void
print_certs(FILE *f, const struct conf *c)
{
	const struct conf_cert *k;

	TAILQ_FOREACH(k, &c->certs, entry) {
		if (k->acme) {
			print_block(f, conf_find_block("acme"), c, c);
			continue;
		}
		fputs("certificate ", f);
		if (k->cert == NULL)
			fputs("self-signed", f);
		else {
			print_string(f, k->cert);
			fputs(" key ", f);
			print_string(f, k->key);
		}
		fputs(k->allow ? " allow\n" : "\n", f);
	}
}

/* 1 when the next row is set in place of this one. */
static int
alternative_set(const struct conf_option *o, const void *base)
{
	const struct conf_option *p, *end = conf_options + conf_noptions;

	for (p = o + 1; p != end; p++)
		if (p->block == o->block && p->once != NULL &&
		    strcmp(p->once, conf_name(o)) == 0)
			return (conf_is_set(p, base));
	return (0);
}

static void
print_row(FILE *f, const struct conf_option *o, const char *indent,
    const void *base)
{
	switch (o->type->store) {
	case CONF_NAMES:
		print_names(f, o, indent, base);
		break;
	case CONF_LISTENS:
		print_listens(f, o, indent, base);
		break;
	case CONF_VERIFIES:
		print_verifies(f, o, base);
		break;
	case CONF_NODES:
		print_nodes(f, o, base);
		break;
	case CONF_PREFIXES:
		print_debug(f, o, base);
		break;
	case CONF_INT:
	case CONF_STR:
	case CONF_BUF:
		if (conf_is_set(o, base))
			print_statement(f, o, indent, base);
		else if (o->unset != NULL && !alternative_set(o, base))
			fprintf(f, "%s# %s: %s\n", indent, o->keywords,
			    o->unset);
		break;
	default:
		break;
	}
}

/* A block with all its statements. */
static void
print_block(FILE *f, const struct conf_option *block, const struct conf *c,
    const void *base)
{
	const struct conf_option *o;
	size_t i;

	if (block->type->store == CONF_INT && !conf_is_set(block, c)) {
		fprintf(f, "# %s: none\n", block->keywords);
		return;
	}
	fprintf(f, "%s {\n", block->keywords);
	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->block == block->opens && o->follows == CONF_HEAD)
			print_row(f, o, "\t", base);
	}
	fputs("}\n", f);
}

void
conf_print(FILE *f, const struct conf *c)
{
	const struct conf_option *o;
	const struct conf_map *m;
	size_t i;

	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->block != CONF_TOP || o->follows != CONF_HEAD)
			continue;
		if (o->type->store == CONF_CERTS)
			print_certs(f, c);
		else if (o->type->store == CONF_MAPS)
			TAILQ_FOREACH(m, &c->maps, entry)
				print_block(f, o, c, m);
		else if (o->opens == CONF_TOP)
			print_row(f, o, "", c);
		else if (o->opens != CONF_ACME || !conf_is_set(o, c))
			print_block(f, o, c, c);
	}
}

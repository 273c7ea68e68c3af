/*
 * conf_check: checks of several values of a configuration, and of the whole;
 * see conf_check.h.  Called by conf.c and, through rows of options.def, by
 * conf_store.c and conf_match.c.
 */
#include <string.h>
#include <unistd.h>

#include "acmeconf.h"
#include "conf_check.h"
#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"

/* RFC 8289: the target is 5 to 10 % of the interval; detects swapped values. */
int
conf_check_codel(const struct conf_option *o, const void *base,
    const struct conf_item *item)
{
	const struct conf *c = base;

	(void)o;
	if (c->worker.codel_target < item->number)
		return (1);
	conf_error(&item->pos, "codel target (ms) %u: expected less than the "
	    "interval, %lld", (unsigned int)c->worker.codel_target,
	    (long long)item->number);
	return (0);
}

/* A map has one source. */
int
conf_check_source(const struct conf_option *o, const void *base,
    const struct conf_item *item)
{
	const struct conf_map *m = base;

	if (m->file == NULL && m->follow == NULL)
		return (1);
	conf_error(&item->pos, "%s \"%s\": the map comes from \"%s\" already: "
	    "expected one file or one URL a map", conf_name(o), item->text,
	    m->file != NULL ? m->file : m->follow);
	return (0);
}

/* Add the certificate of the acme section. */
void
conf_begin_acme(const struct conf_pos *pos)
{
	struct conf_cert *c = conf_alloc(sizeof(*c));

	c->acme = 1;
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&conf_parsed->certs, c, entry);
	conf_parsed->acme.pos = *pos;
}

void
conf_begin_map(const struct conf_pos *pos)
{
	struct conf_map *m = conf_alloc(sizeof(*m));

	TAILQ_INIT(&m->hosts);
	TAILQ_INIT(&m->compares);
	m->pos = *pos;
	conf_set_defaults(m, 1);
	TAILQ_INSERT_TAIL(&conf_parsed->maps, m, entry);
}

/* Without a hostname line: use the machine's name, if it is fully qualified. */
static void
default_hostname(void)
{
	char name[256];
	struct conf_pos pos = { conf_parsed->files[0], 1 };

	if (!TAILQ_EMPTY(&conf_parsed->names))
		return;
	if (gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		if (strchr(name, '.') != NULL) {
			if (conf_is_host(name, "hostname", &pos))
				conf_add_name(&conf_parsed->names, name, &pos);
			return;
		}
	}
	conf_error(&pos, "no hostname: expected a line such as hostname "
	    "\"relay.example.org\", the name that clients use");
}

/* 1 when something is served over TLS. */
static int
has_web(const struct conf *c)
{
	return (c->relay.enabled || !TAILQ_EMPTY(&c->maps));
}

static void
default_listen(void)
{
	struct conf_pos pos = { conf_parsed->files[0], 1 };

	if (!TAILQ_EMPTY(&conf_parsed->listens) || !has_web(conf_parsed))
		return;
	conf_add_listen(&conf_parsed->listens, "*", 443, 1, NULL, 0,
	    &pos);
	conf_add_listen(&conf_parsed->listens, "*", 80, 0, NULL, 0,
	    &pos);
}

static void
check_certificates(void)
{
	struct conf_listen *l;
	struct conf_cert *c;
	int selfsigned = 0;

	TAILQ_FOREACH(c, &conf_parsed->certs, entry)
		if (c->cert == NULL && !c->acme && selfsigned++)
			conf_error(&c->pos, "certificate self-signed appears "
			    "twice");
	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		if (l->tls && TAILQ_EMPTY(&conf_parsed->certs)) {
			conf_error(&l->pos, "listen with tls, but there is no "
			    "certificate: expected certificate \"FILE\" key "
			    "\"FILE\", certificate self-signed, or acme "
			    "{ ... }");
			break;
		}
}

static void
check_served(void)
{
	struct conf_pos pos = { conf_parsed->files[0], 1 };
	struct conf_listen *l;
	int tls = 0;

	if (!has_web(conf_parsed)) {
		if (!conf_parsed->stun.enabled)
			conf_error(&pos, "nothing to serve: expected relay "
			    "{ ... }, stun { ... } or map \"FILE\"");
		else if ((l = TAILQ_FIRST(&conf_parsed->listens)) != NULL)
			conf_error(&l->pos, "listen, but there is nothing to "
			    "serve there: expected relay { ... } or map "
			    "\"FILE\"");
		return;
	}
	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		tls |= l->tls;
	if (!tls)
		conf_error(&pos, "%s needs TLS: expected a line such as "
		    "listen on * port 443 tls",
		    conf_parsed->relay.enabled ? "the relay" : "the map");
}

/* 1 when two maps share a host; a map without hosts is for all host names. */
static int
share_host(const struct conf_map *a, const struct conf_map *b)
{
	const struct conf_names *x, *y;
	const struct conf_name *m, *n;

	x = TAILQ_EMPTY(&a->hosts) ? &conf_parsed->names : &a->hosts;
	y = TAILQ_EMPTY(&b->hosts) ? &conf_parsed->names : &b->hosts;
	TAILQ_FOREACH(m, x, entry)
		TAILQ_FOREACH(n, y, entry)
			if (strcasecmp(m->name, n->name) == 0)
				return (1);
	return (0);
}

static void
check_twins(const struct conf_map *m)
{
	const struct conf_map *o;

	TAILQ_FOREACH(o, &conf_parsed->maps, entry) {
		if (o == m)
			return;
		if (strcmp(o->path, m->path) == 0 && share_host(o, m)) {
			conf_error(&m->pos, "the map of line %d is served at "
			    "%s of the same host already: expected another "
			    "path or host", o->pos.line, m->path);
			return;
		}
	}
}

static void
check_maps(void)
{
	struct conf_map *m;
	int n = 0;

	TAILQ_FOREACH(m, &conf_parsed->maps, entry) {
		if (m->file == NULL && m->follow == NULL)
			conf_error(&m->pos, "map { ... } without a source: "
			    "expected file \"FILE\" or follow \"URL\" in it");
		if (++n > CONF_MAXMAPS) {
			conf_error(&m->pos, "expected at most %d maps",
			    CONF_MAXMAPS);
			return;
		}
		check_twins(m);
	}
}

static void
check_acme(void)
{
	struct conf_listen *l;
	struct conf_name *n;
	char name[IPC_ACME_NAMESIZE];
	const char *bad;
	int plain = 0;

	if (!conf_parsed->acme.enabled)
		return;
	TAILQ_FOREACH(n, &conf_parsed->names, entry)
		if ((bad = acme_name(n->name, name)) != NULL)
			conf_error(&n->pos, "hostname \"%s\": no certificate "
			    "can be issued for it: %s", n->name, bad);
	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		plain |= !l->tls;
	if (!plain)
		conf_error(&conf_parsed->acme.pos,
		    "acme needs port 80 for validation: expected listen on * "
		    "port 80");
}

void
conf_check(void)
{
	struct conf_pos pos = { conf_parsed->files[0], 1 };

	if (conf_parsed->front.redirect[0] != '\0')
		conf_parsed->front.home = HOME_REDIRECT;
	default_hostname();
	default_listen();
	if (conf_parsed->stun.enabled &&
	    TAILQ_EMPTY(&conf_parsed->stun.listens))
		conf_add_listen(&conf_parsed->stun.listens, "*", CONF_STUN_PORT,
		    0, NULL, 0, &pos);
	check_maps();
	check_acme();
	check_certificates();
	check_served();
}

/*
 * conf_check: checks of several values of a configuration, and of the whole;
 * see conf_check.h.  Called by conf.c and, through rows of options.def, by
 * conf_store.c and conf_match.c.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "acmeconf.h"
#include "conf_check.h"
#include "conf_types.h"
#include "gramstore.h"
#include "hostname.h"
#include "log.h"

/* RFC 8289: the target is 5 to 10 % of the interval; detects swapped values. */
int
conf_check_codel(const struct gram_option *o, const void *base,
    const struct gram_item *item)
{
	const struct conf *c = base;

	(void)o;
	if (c->worker.codel_target < item->number)
		return (1);
	gram_error(&item->pos, "codel target (ms) %u: expected less than the "
	    "interval, %lld", (unsigned int)c->worker.codel_target,
	    (long long)item->number);
	return (0);
}

/* A map has one source. */
int
conf_check_source(const struct gram_option *o, const void *base,
    const struct gram_item *item)
{
	const struct conf_map *m = base;

	if (m->file == NULL && m->follow == NULL)
		return (1);
	gram_error(&item->pos, "%s \"%s\": the map comes from \"%s\" already: "
	    "expected one file or one URL a map", gram_name(o), item->text,
	    m->file != NULL ? m->file : m->follow);
	return (0);
}

static int
has_name(const struct gram_names *names, const char *name)
{
	const struct gram_name *n;

	TAILQ_FOREACH(n, names, entry)
		if (strcasecmp(n->name, name) == 0)
			return (1);
	return (0);
}

/* A name to resolve, which is either published or not. */
int
conf_check_dns(const struct gram_option *o, const void *base,
    const struct gram_item *item)
{
	const struct conf *c = base;
	const struct gram_names *other = gram_get_list(o, base) ==
	    &c->dns.names ? &c->dns.unpublished : &c->dns.names;

	if (!net_hostname_is_name(item->text))
		gram_error(&item->pos, "%s \"%s\": expected a DNS name, not "
		    "an address", gram_name(o), item->text);
	else if (has_name(other, item->text))
		gram_error(&item->pos, "%s \"%s\" is in both lists: expected "
		    "it as published or as unpublished", gram_name(o),
		    item->text);
	else
		return (1);
	return (0);
}

void
conf_begin_dns(const struct gram_pos *pos)
{
	conf_parsed->dns.pos = *pos;
}

/* Add the certificate of the acme section. */
void
conf_begin_acme(const struct gram_pos *pos)
{
	struct conf_cert *c = gram_alloc(sizeof(*c));

	c->acme = 1;
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&conf_parsed->certs, c, entry);
	conf_parsed->acme.pos = *pos;
}

void
conf_begin_map(const struct gram_pos *pos)
{
	struct conf_map *m = gram_alloc(sizeof(*m));

	TAILQ_INIT(&m->hosts);
	TAILQ_INIT(&m->compares);
	m->pos = *pos;
	gram_set_defaults(&conf_grammar, CONF_MAP, m);
	TAILQ_INSERT_TAIL(&conf_parsed->maps, m, entry);
}

void
conf_begin_metrics(const struct gram_pos *pos)
{
	conf_parsed->metrics.pos = *pos;
}

/* Without a hostname line: use the machine's name, if it is fully qualified. */
static void
default_hostname(void)
{
	char name[256];
	struct gram_pos pos = { conf_parsed->files.v[0], 1 };

	if (!TAILQ_EMPTY(&conf_parsed->names))
		return;
	if (gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		if (strchr(name, '.') != NULL) {
			if (conf_is_host(name, "hostname", &pos))
				gram_add_name(&conf_parsed->names, name, &pos);
			return;
		}
	}
	gram_error(&pos, "no hostname: expected a line such as hostname "
	    "\"relay.example.org\", the name that clients use");
}

/* 1 when something is served on a TLS port, or one with derp. */
static int
has_web(const struct conf *c)
{
	return (c->relay.enabled || !TAILQ_EMPTY(&c->maps) ||
	    c->dns.enabled);
}

static void
default_listen(void)
{
	struct gram_pos pos = { conf_parsed->files.v[0], 1 };

	if (!TAILQ_EMPTY(&conf_parsed->listens) || !has_web(conf_parsed))
		return;
	conf_add_listen(&conf_parsed->listens, "*", 443, CONF_TLS, NULL,
	    0, &pos);
	conf_add_listen(&conf_parsed->listens, "*", 80, CONF_PLAIN, NULL,
	    0, &pos);
}

/* An earlier line with the same file. */
static const struct conf_cert *
same_file(const struct conf_cert *c)
{
	const struct conf_cert *o;

	TAILQ_FOREACH(o, &conf_parsed->certs, entry) {
		if (o == c)
			return (NULL);
		if (o->cert != NULL && c->cert != NULL &&
		    strcmp(o->cert, c->cert) == 0)
			return (o);
	}
	return (NULL);
}

/*
 * A self-signed certificate beside acme: both are for all host names, so that
 * one of them is left over.
 */
static void
check_selfsigned(const struct conf_cert *c)
{
	if (conf_parsed->acme.enabled)
		gram_error(&c->pos, "certificate self-signed beside acme "
		    "(line %d): both are for all host names, and clients get "
		    "one of them: expected one; with acme, clients need no "
		    "pin, and a temporary certificate stands in by itself "
		    "until the first one is issued: remove this line",
		    conf_parsed->acme.pos.line);
}

static void
check_certificates(void)
{
	struct conf_listen *l;
	const struct conf_cert *o;
	struct conf_cert *c;
	int selfsigned = 0;

	TAILQ_FOREACH(c, &conf_parsed->certs, entry) {
		if (c->cert == NULL && !c->acme && selfsigned++)
			gram_error(&c->pos, "certificate self-signed appears "
			    "twice");
		else if (c->cert == NULL && !c->acme)
			check_selfsigned(c);
		else if ((o = same_file(c)) != NULL)
			gram_error(&c->pos, "certificate \"%s\" is on line %d "
			    "already: expected it once", c->cert, o->pos.line);
	}
	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		if (l->tls && TAILQ_EMPTY(&conf_parsed->certs)) {
			gram_error(&l->pos, "listen with tls, but there is no "
			    "certificate: expected certificate \"FILE\" key "
			    "\"FILE\", certificate self-signed, or acme "
			    "{ ... }");
			break;
		}
}

/* 1 when only this machine can connect to the address. */
static int
is_loopback(const struct conf_listen *l)
{
	const struct in6_addr *a6;
	const struct in_addr *a;

	if (l->ss.ss_family == AF_INET6) {
		a6 = &((const struct sockaddr_in6 *)&l->ss)->sin6_addr;
		return (IN6_IS_ADDR_LOOPBACK(a6));
	}
	a = &((const struct sockaddr_in *)&l->ss)->sin_addr;
	return (ntohl(a->s_addr) >> 24 == IN_LOOPBACKNET);
}

/*
 * Logins and packets are encrypted without TLS too, but the keys and addresses
 * of clients and the paths of requests are not.
 */
static void
warn_open(void)
{
	const struct conf_listen *l;

	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		if (l->derp && l->nproxies == 0 && !is_loopback(l)) {
			log_warnx("%s:%d: listen with derp on an address that "
			    "other machines reach: whoever is on the way sees "
			    "which clients connect: use tls, a loopback "
			    "address, or proxy from with the addresses of the "
			    "reverse proxy", l->pos.file, l->pos.line);
			return;
		}
}

static void
check_served(void)
{
	struct gram_pos pos = { conf_parsed->files.v[0], 1 };
	struct conf_listen *l;
	int served = 0;

	if (!has_web(conf_parsed)) {
		if (!conf_parsed->stun.enabled)
			gram_error(&pos, "nothing to serve: expected relay "
			    "{ ... }, stun { ... } or map \"FILE\"");
		else if ((l = TAILQ_FIRST(&conf_parsed->listens)) != NULL)
			gram_error(&l->pos, "listen, but there is nothing to "
			    "serve there: expected relay { ... } or map "
			    "\"FILE\"");
		return;
	}
	TAILQ_FOREACH(l, &conf_parsed->listens, entry)
		served |= l->tls || l->derp;
	if (!served)
		gram_error(&pos, "%s needs TLS: expected a line such as "
		    "listen on * port 443 tls, or behind a reverse proxy "
		    "listen on 127.0.0.1 port 8080 derp",
		    conf_parsed->relay.enabled ? "the relay" :
		    !TAILQ_EMPTY(&conf_parsed->maps) ? "the map" :
		    "bootstrap-dns");
}

/* 1 when two maps share a host; a map without hosts is for all host names. */
static int
share_host(const struct conf_map *a, const struct conf_map *b)
{
	const struct gram_names *x, *y;
	const struct gram_name *m, *n;

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
			gram_error(&m->pos, "the map of line %d is served at "
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
			gram_error(&m->pos, "map { ... } without a source: "
			    "expected file \"FILE\" or follow \"URL\" in it");
		if (++n > CONF_MAXMAPS) {
			gram_error(&m->pos, "expected at most %d maps",
			    CONF_MAXMAPS);
			return;
		}
		check_twins(m);
	}
}

/* The port that a directory needs for its challenge. */
static void
check_challenge(void)
{
	const struct conf_acme *a = &conf_parsed->acme;
	struct conf_listen *l;
	int plain = 0, tls = 0;

	TAILQ_FOREACH(l, &conf_parsed->listens, entry) {
		plain |= !l->tls && !l->derp;
		tls |= l->tls;
	}
	if (!plain && a->challenge == CONF_CHALLENGE_HTTP)
		gram_error(&a->pos, "acme with challenge http needs port 80 "
		    "for validation: expected listen on * port 80");
	else if (!tls && a->challenge == CONF_CHALLENGE_TLS_ALPN)
		gram_error(&a->pos, "acme with challenge tls-alpn needs port "
		    "443 for validation: expected listen on * port 443 tls");
	else if (!plain && !tls)
		gram_error(&a->pos, "acme needs port 80 or port 443 for "
		    "validation: expected listen on * port 443 tls");
}

static void
check_acme(void)
{
	struct gram_name *n;
	char name[IPC_ACME_NAMESIZE];
	const char *bad;

	if (!conf_parsed->acme.enabled)
		return;
	TAILQ_FOREACH(n, &conf_parsed->names, entry)
		if ((bad = acme_name(n->name, name)) != NULL)
			gram_error(&n->pos, "hostname \"%s\": no certificate "
			    "can be issued for it: %s", n->name, bad);
	check_challenge();
}

static void
check_dns(void)
{
	const struct conf_dns *dns = &conf_parsed->dns;

	if (dns->enabled && TAILQ_EMPTY(&dns->names) &&
	    TAILQ_EMPTY(&dns->unpublished))
		gram_error(&dns->pos, "bootstrap-dns { ... } without a name: "
		    "expected name \"NAME\" in it, such as that of the "
		    "control server");
}

static void
check_metrics(void)
{
	const struct conf_listen *l;
	int n = 0;

	if (!conf_parsed->metrics.enabled)
		return;
	TAILQ_FOREACH(l, &conf_parsed->metrics.listens, entry)
		n++;
	if (n == 0)
		gram_error(&conf_parsed->metrics.pos, "metrics { ... } without "
		    "an address: expected listen on 127.0.0.1 port 9090 in it");
	else if (n > IPC_MAXMETRICS)
		gram_error(&conf_parsed->metrics.pos, "metrics { ... } listens "
		    "on %d addresses: expected at most %d", n, IPC_MAXMETRICS);
}

void
conf_check(void)
{
	struct gram_pos pos = { conf_parsed->files.v[0], 1 };

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
	conf_check_admit();
	conf_check_mesh();
	check_dns();
	check_metrics();
	check_certificates();
	check_served();
	warn_open();
}

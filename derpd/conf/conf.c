/*
 * conf: the configuration as a whole: defaults, checks that concern several
 * statements, and what a reload may change; see conf.h.  Called by derpd.c and
 * load.c.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_parse.h"
#include "conf_set.h"
#include "log.h"

#define DEFAULT_CONTROL		"/var/run/derpd.sock"
#define DEFAULT_USER		"_derpd"
#define DEFAULT_KEYS_USER	"_derpd_keys"
#define DEFAULT_CHROOT		"/var/empty"
#define DEFAULT_STATEDIR	"/var/db/derpd"
#define DEFAULT_RELAY_KEY	"/var/db/derpd/derper.key"

#define ERRORS_SHOWN	20

struct conf	*parsed;
static int	 nerrors;

void
conf_error(const struct conf_pos *pos, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (nerrors++ >= ERRORS_SHOWN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (pos == NULL || pos->file == NULL)
		log_warnx("%s", text);
	else
		log_warnx("%s:%d: %s", pos->file, pos->line, text);
}

int
conf_errors(void)
{
	return (nerrors);
}

void
conf_errors_reset(void)
{
	nerrors = 0;
}

static struct conf *
conf_new(void)
{
	struct conf *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("configuration");
	TAILQ_INIT(&c->names);
	TAILQ_INIT(&c->listens);
	TAILQ_INIT(&c->certs);
	TAILQ_INIT(&c->stun.listens);
	TAILQ_INIT(&c->maps);
	TAILQ_INIT(&c->acme.contacts);
	c->control = set_dup(DEFAULT_CONTROL);
	c->user = set_dup(DEFAULT_USER);
	c->keys_user = set_dup(DEFAULT_KEYS_USER);
	c->chroot = set_dup(DEFAULT_CHROOT);
	c->statedir = set_dup(DEFAULT_STATEDIR);
	c->sandbox = 1;
	c->child_timeout = CONF_CHILD_TIMEOUT;
	c->relay.key = set_dup(DEFAULT_RELAY_KEY);
	c->relay.queue_bytes = CONF_QUEUE_BYTES;
	c->relay.queue_packets = CONF_QUEUE_PACKETS;
	c->relay.codel_target = CONF_CODEL_TARGET;
	c->relay.codel_interval = CONF_CODEL_INTERVAL;
	c->relay.notsent_lowat = CONF_UNSENT;
	c->relay.write_timeout = CONF_WRITE_TIMEOUT;
	c->relay.max_unfinished = CONF_UNFINISHED;
	c->relay.max_per_source = CONF_PER_SOURCE;
	return (c);
}

static void
free_names(struct conf_names *names)
{
	struct conf_name *n;

	while ((n = TAILQ_FIRST(names)) != NULL) {
		TAILQ_REMOVE(names, n, entry);
		free(n->name);
		free(n);
	}
}

static void
free_listens(struct conf_listens *listens)
{
	struct conf_listen *l;

	while ((l = TAILQ_FIRST(listens)) != NULL) {
		TAILQ_REMOVE(listens, l, entry);
		free(l);
	}
}

static void
free_map(struct conf_map *m)
{
	struct conf_url *u;

	while ((u = TAILQ_FIRST(&m->compares)) != NULL) {
		TAILQ_REMOVE(&m->compares, u, entry);
		free(u->url);
		free(u);
	}
	free_names(&m->hosts);
	free(m->file);
	free(m->follow);
	free(m->path);
	free(m->cafile);
	free(m);
}

void
conf_free(struct conf *c)
{
	struct conf_cert *k;
	struct conf_map *m;
	size_t i;

	if (c == NULL)
		return;
	free_names(&c->names);
	free_listens(&c->listens);
	free_listens(&c->stun.listens);
	while ((k = TAILQ_FIRST(&c->certs)) != NULL) {
		TAILQ_REMOVE(&c->certs, k, entry);
		free(k->cert);
		free(k->key);
		free(k);
	}
	while ((m = TAILQ_FIRST(&c->maps)) != NULL) {
		TAILQ_REMOVE(&c->maps, m, entry);
		free_map(m);
	}
	for (i = 0; i < c->nfiles; i++)
		free(c->files[i]);
	free(c->files);
	free(c->relay.key);
	free(c->relay.redirect);
	free(c->relay.congestion);
	free_names(&c->acme.contacts);
	free(c->acme.directory);
	free(c->acme.profile);
	free(c->acme.issuer);
	free(c->acme.eab_kid);
	free(c->acme.eab_key);
	free(c->acme.ca_file);
	free(c->mesh_key);
	free(c->control);
	free(c->user);
	free(c->keys_user);
	free(c->chroot);
	free(c->statedir);
	free(c);
}

const char *
conf_at(const struct conf_pos *pos, const char *text)
{
	static char buf[2][2 * PATH_MAX + 64];
	static int which;

	if (pos->file == NULL)
		return (text);
	which = !which;
	snprintf(buf[which], sizeof(buf[which]), "%s:%d: %s", pos->file,
	    pos->line, text);
	return (buf[which]);
}

/* Without a hostname line: the machine's own name, if it is a full one. */
static void
default_hostname(void)
{
	char name[256];
	struct conf_pos pos = { parsed->files[0], 1 };

	if (!TAILQ_EMPTY(&parsed->names))
		return;
	if (gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		if (strchr(name, '.') != NULL) {
			set_hostname(name, &pos);
			return;
		}
	}
	conf_error(&pos, "no hostname: expected a line such as hostname "
	    "\"relay.example.org\", the name that clients use");
}

/* 1 when there is something to serve over TLS. */
static int
has_web(const struct conf *c)
{
	return (c->relay.enabled || !TAILQ_EMPTY(&c->maps));
}

static void
default_listen(void)
{
	struct conf_pos pos = { parsed->files[0], 1 };

	if (!TAILQ_EMPTY(&parsed->listens) || !has_web(parsed))
		return;
	set_listen("*", 443, 1, &pos);
	set_listen("*", 80, 0, &pos);
}

static void
check_certificates(void)
{
	struct conf_listen *l;
	struct conf_cert *c;
	int selfsigned = 0;

	TAILQ_FOREACH(c, &parsed->certs, entry)
		if (c->cert == NULL && !c->acme && selfsigned++)
			conf_error(&c->pos, "certificate self-signed stands "
			    "there twice");
	TAILQ_FOREACH(l, &parsed->listens, entry)
		if (l->tls && TAILQ_EMPTY(&parsed->certs)) {
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
	struct conf_pos pos = { parsed->files[0], 1 };
	struct conf_listen *l;
	int tls = 0;

	if (!has_web(parsed)) {
		if (!parsed->stun.enabled)
			conf_error(&pos, "nothing to serve: expected relay "
			    "{ ... }, stun { ... } or map \"FILE\"");
		else if ((l = TAILQ_FIRST(&parsed->listens)) != NULL)
			conf_error(&l->pos, "listen, but there is nothing to "
			    "serve there: expected relay { ... } or map "
			    "\"FILE\"");
		return;
	}
	TAILQ_FOREACH(l, &parsed->listens, entry)
		tls |= l->tls;
	if (!tls)
		conf_error(&pos, "%s needs TLS: expected a line such as "
		    "listen on * port 443 tls",
		    parsed->relay.enabled ? "the relay" : "the map");
}

struct conf *
conf_load(const char *path)
{
	struct conf *c;

	conf_errors_reset();
	set_begin();
	parsed = conf_new();
	if (lex_push(path, NULL) == 0) {
		yyparse();
		lex_reset();
		if (conf_errors() == 0) {
			default_hostname();
			default_listen();
			set_serve_done();
			set_acme_done();
			check_certificates();
			check_served();
		}
	}
	macro_reset();
	c = parsed;
	parsed = NULL;
	if (conf_errors() == 0)
		return (c);
	if (conf_errors() > ERRORS_SHOWN)
		log_warnx("%d more errors", conf_errors() - ERRORS_SHOWN);
	conf_free(c);
	return (NULL);
}

static int
same_listens(const struct conf_listens *a, const struct conf_listens *b)
{
	const struct conf_listen *x = TAILQ_FIRST(a);
	const struct conf_listen *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->tls != y->tls || x->sslen != y->sslen ||
		    memcmp(&x->ss, &y->ss, x->sslen) != 0)
			return (0);
	return (x == NULL && y == NULL);
}

const char *
conf_needs_restart(const struct conf *old, const struct conf *new)
{
	if (!same_listens(&old->listens, &new->listens))
		return ("listen");
	if (!same_listens(&old->stun.listens, &new->stun.listens) ||
	    old->stun.enabled != new->stun.enabled)
		return ("stun listen");
	if (old->stun.workers != new->stun.workers)
		return ("stun workers");
	if (old->relay.enabled != new->relay.enabled ||
	    has_web(old) != has_web(new))
		return ("relay");
	if (old->relay.workers != new->relay.workers)
		return ("workers");
	if (strcmp(old->user, new->user) != 0)
		return ("user");
	if (strcmp(old->keys_user, new->keys_user) != 0)
		return ("keys user");
	if (strcmp(old->chroot, new->chroot) != 0)
		return ("chroot");
	if (strcmp(old->control, new->control) != 0)
		return ("control");
	if (strcmp(old->relay.key, new->relay.key) != 0)
		return ("relay key");
	if (strcmp(old->statedir, new->statedir) != 0)
		return ("statedir");
	if (old->sandbox != new->sandbox)
		return ("sandbox");
	return (NULL);
}

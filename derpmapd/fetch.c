/*
 * fetch: the process that asks other servers for their maps, for the parent.
 *
 * One thread that waits for its channel or for the next source to be due, and
 * while it asks one, for the channel too: what comes from the parent goes
 * first, and the try is made anew.  Touches the network, and reads what the
 * resolver and the certificate authorities need.  The bytes that come back are
 * hashed and handed on, never parsed.
 */
#include <sys/types.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tls.h>

#include "child.h"
#include "clock.h"
#include "fetch.h"
#include "log.h"
#include "reach.h"
#include "source.h"

#define MAX_SOURCES	4096
#define START_MS	10000
#define SEND_MS		10000

static struct source	*sources;
static size_t		 nsources;
static struct chan	*parent;

/* What the sandbox leaves within reach, for good. */
static struct net_reach reach;
static int		 confined;

/* Settings */

/* Read one source of the message; 0, or -1 malformed. */
static int
read_source(struct rd *r, struct source *s)
{
	memset(s, 0, sizeof(*s));
	s->id = rd_u32(r);
	rd_str(r, s->url, sizeof(s->url));
	s->every = rd_u32(r);
	s->body = rd_u8(r) != 0;
	rd_str(r, s->cafile, sizeof(s->cafile));
	return (rd_ok(r) && s->every > 0 ? 0 : -1);
}

/* What is known of the URL stays known. */
static void
inherit(struct source *s)
{
	size_t i;

	for (i = 0; i < nsources; i++)
		if (strcmp(sources[i].url, s->url) == 0 &&
		    strcmp(sources[i].cafile, s->cafile) == 0 &&
		    sources[i].body == s->body) {
			source_inherit(s, &sources[i]);
			return;
		}
}

static void
read_conf(struct rd *r)
{
	struct source *fresh;
	uint32_t i, n = rd_u32(r);

	if (n > MAX_SOURCES)
		fatalx("the parent sent %u sources, more than %d", n,
		    MAX_SOURCES);
	if ((fresh = calloc(n + 1, sizeof(*fresh))) == NULL)
		fatal("%u sources", n);
	for (i = 0; i < n; i++) {
		if (read_source(r, &fresh[i]) == -1)
			fatalx("malformed settings from the parent");
		inherit(&fresh[i]);
		fresh[i].due = clock_ms();
	}
	if (!rd_end(r))
		fatalx("malformed settings from the parent");
	free(sources);
	sources = fresh;
	nsources = n;
}

/* Reach */

/* Gather what the sources need, for the sandbox. */
static void
set_reach(void)
{
	size_t i;
	int rv = net_reach_init(&reach);

	for (i = 0; i < nsources && rv == 0; i++)
		rv = net_reach_add(&reach, sources[i].url, sources[i].cafile);
	if (rv == -1)
		fatal("can't gather what %zu sources need of the sandbox",
		    nsources);
}

/*
 * New settings may want what the sandbox does not leave; the parent starts
 * another process then, which gets them before it is confined.
 */
static void
check_reach(void)
{
	size_t i;

	if (!confined)
		return;
	for (i = 0; i < nsources; i++)
		if (!net_reach_covers(&reach, sources[i].url,
		    sources[i].cafile)) {
			log_info("starting anew for new ports or authorities");
			exit(0);
		}
}

/* Work */

static void
tell(const struct source *s, const struct source_result *r)
{
	struct wr w;
	size_t len = s->body && r->what == FETCH_NEW ? r->len : 0;

	wr_init(&w);
	wr_u32(&w, s->id);
	wr_u8(&w, (uint8_t)r->what);
	wr_str(&w, r->why);
	wr_bytes(&w, s->hash, sizeof(s->hash));
	wr_u64(&w, s->mtime);
	wr_blob(&w, r->body, len);
	if (chan_send(parent, MSG_FETCH_RESULT, &w, -1) == -1 ||
	    chan_flush(parent, SEND_MS) == -1) {
		if (errno == EPIPE)
			exit(0);
		fatal("can't tell the parent of %s", s->url);
	}
	wr_free(&w);
}

/* Ask one source; returns at once when the parent has something to say. */
static void
ask(struct source *s)
{
	struct source_result r;

	if (source_ask(s, confined ? &reach.net : NULL, parent, &r) == -1)
		return;
	if (r.what == FETCH_FAILED)
		log_debug("%s", r.why);
	source_schedule(s, r.what, clock_ms());
	tell(s, &r);
	source_free_result(&r);
}

/* The source that is due first; NULL when there is none. */
static struct source *
first(void)
{
	struct source *s = NULL;
	size_t i;

	for (i = 0; i < nsources; i++)
		if (s == NULL || sources[i].due < s->due)
			s = &sources[i];
	return (s);
}

static void
all_now(void)
{
	size_t i;

	for (i = 0; i < nsources; i++)
		sources[i].due = clock_ms();
}

static void
take_message(struct msg *m)
{
	switch (m->type) {
	case MSG_FETCH_CONF:
		read_conf(&m->rd);
		check_reach();
		break;
	case MSG_FETCH_NOW:
		all_now();
		break;
	case MSG_VERBOSE:
		log_setverbose(rd_u8(&m->rd));
		break;
	case MSG_STOP:
		exit(0);
	default:
		fatalx("unexpected %s from the parent", msg_name(m->type));
	}
}

/* Messages until the first source is due, or for ever when there is none. */
static void
wait_for_work(void)
{
	struct source *s;
	struct msg m;
	long long ms;

	for (;;) {
		ms = INT_MAX;
		if ((s = first()) != NULL)
			ms = s->due - clock_ms();
		if (ms > INT_MAX)
			ms = INT_MAX;
		if (chan_recv(parent, &m, ms > 0 ? (int)ms : 0) == 0) {
			take_message(&m);
			msg_free(&m);
		} else if (errno == EPIPE)
			exit(0);
		else if (errno != ETIMEDOUT)
			fatal("channel to the parent");
		else if (s != NULL && s->due <= (long long)clock_ms())
			return;
	}
}

/* The first settings, which say what must stay within reach. */
static void
start(struct child_start *st)
{
	struct msg m;
	struct wr w;

	if (chan_recv(parent, &m, START_MS) == -1)
		fatal("no settings from the parent");
	if (m.type != MSG_FETCH_CONF)
		fatalx("%s from the parent before settings",
		    msg_name(m.type));
	take_message(&m);
	msg_free(&m);
	set_reach();
	st->net = &reach.net;
	wr_init(&w);
	wr_str(&w, child_confine(ROLE_FETCH, st));
	confined = st->sandbox;
	if (chan_send(parent, MSG_READY, &w, -1) == -1 ||
	    chan_flush(parent, SEND_MS) == -1)
		fatal("can't tell the parent that fetch is ready");
	wr_free(&w);
}

void
fetch_main(void)
{
	struct child_start st;

	parent = child_init(ROLE_FETCH, &st);
	if (net_resolver_limit() == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (tls_init() == -1)
		fatalx("libtls");
	start(&st);
	for (;;) {
		wait_for_work();
		ask(first());
	}
}

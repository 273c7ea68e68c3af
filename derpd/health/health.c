/*
 * health: the process that probes the relay as a client would; see health.h.
 *
 * One thread that waits for its channel or for the next probe, and in a probe
 * for the channel too.  Touches the network: the one TCP port of the relay.
 */
#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tls.h>

#include "child.h"
#include "clock.h"
#include "derpcert.h"
#include "derpclient.h"
#include "health.h"
#include "https.h"
#include "log.h"

#define START_MS	10000
#define SEND_MS		10000
#define MAX_BODY	4096	/* of the probe's answer */
#define PROBE_PATH	"/derp/probe"

static struct health_conf conf;
static struct chan	*parent;
static uint16_t		 port;		/* all that the sandbox leaves */
static struct sandbox_net reach = { NULL, 0, &port, 1 };
static int		 confined;
static long long	 due;		/* the next probe, monotonic ms */

/* A probe */

static const char *
check_leaf(const uint8_t *pem, size_t len, void *name)
{
	return (derpcert_check_leaf(pem, len, name, time(NULL)));
}

/* The page that clients measure the way with.  1, 0 or -1. */
static int
get_page(const struct health_conf *c, struct chan *watch, char *why,
    size_t size)
{
	char name[sizeof(c->name)], url[URL_MAXTEXT];
	struct https_request req;
	struct https_response res;
	int rv = 0, v6 = strchr(c->name, ':') != NULL;

	strlcpy(name, c->name, sizeof(name));
	snprintf(url, sizeof(url), "https://%s%s%s:%s" PROBE_PATH,
	    v6 ? "[" : "", name, v6 ? "]" : "", c->port);
	memset(&req, 0, sizeof(req));
	req.method = "GET";
	req.url = url;
	req.address = c->address;
	req.trust = STREAM_ANY;
	req.check = check_leaf;
	req.check_arg = name;
	req.watch = watch;
	req.max_body = MAX_BODY;
	if (https_ask(&req, &res, HEALTH_MS) == -1) {
		rv = res.interrupted ? -1 : 0;
		snprintf(why, size, "GET " PROBE_PATH " of %s: %s", c->name,
		    res.error);
	} else if (res.head.status != 200)
		snprintf(why, size, "GET " PROBE_PATH " of %s: HTTP status %d "
		    "where 200 was expected", c->name, res.head.status);
	else
		rv = 1;
	https_free(&res);
	return (rv);
}

/* Log in with a new key, in `ms'.  1, 0 or -1. */
static int
log_in(const struct health_conf *c, struct chan *watch, int ms, char *why,
    size_t size)
{
	struct derpclient_opts o;
	struct derpclient *d;
	int rv = 1;

	memset(&o, 0, sizeof(o));
	o.host = c->address;
	o.port = c->port;
	o.name = c->name;
	o.trust = STREAM_ANY;
	o.start = DERPCLIENT_HTTP;
	o.prober = 1;
	o.watch = watch;
	if ((d = derpclient_new()) == NULL)
		fatalx("no memory for a client");
	if (derpclient_open(d, &o, ms) == -1) {
		rv = derpclient_interrupted(d) ? -1 : 0;
		snprintf(why, size, "DERP login to %s: %s", c->name,
		    derpclient_error(d));
	}
	derpclient_free(d);
	return (rv);
}

int
health_probe(const struct health_conf *c, struct chan *watch, char *why,
    size_t size)
{
	long long until = clock_ms() + HEALTH_MS, left;
	int rv;

	if ((rv = get_page(c, watch, why, size)) != 1)
		return (rv);
	if ((left = until - clock_ms()) < 0)
		left = 0;
	return (log_in(c, watch, (int)left, why, size));
}

/* The process */

static void
read_conf(struct rd *r)
{
	unsigned long n;

	memset(&conf, 0, sizeof(conf));
	rd_str(r, conf.address, sizeof(conf.address));
	rd_str(r, conf.port, sizeof(conf.port));
	rd_str(r, conf.name, sizeof(conf.name));
	conf.every = rd_u32(r);
	n = strtoul(conf.port, NULL, 10);
	if (!rd_end(r) || conf.every == 0 || n < 1 || n > 65535)
		fatalx("malformed settings from the parent");
	if (confined && n != port) {
		/* The parent starts another process, for the new port. */
		log_info("starting anew for port %lu", n);
		exit(0);
	}
	port = (uint16_t)n;
	due = clock_ms();
}

static void
take_message(struct msg *m)
{
	switch (m->type) {
	case MSG_HEALTH_CONF:
		read_conf(&m->rd);
		break;
	case MSG_HEALTH_NOW:
		due = clock_ms();
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

static void
send_to_parent(uint32_t type, struct wr *w)
{
	if (chan_send(parent, type, w, -1) == -1 ||
	    chan_flush(parent, SEND_MS) == -1) {
		if (errno == EPIPE)
			exit(0);
		fatal("can't send %s to the parent", msg_name(type));
	}
	wr_free(w);
}

static void
probe(void)
{
	struct wr w;
	char why[512] = "";
	int rv;

	rv = health_probe(&conf, parent, why, sizeof(why));
	if (rv == -1)
		return;
	if (!rv)
		log_debug("%s", why);
	due = clock_ms() + (long long)conf.every * 1000;
	wr_init(&w);
	wr_u8(&w, (uint8_t)rv);
	wr_str(&w, why);
	send_to_parent(MSG_HEALTH_RESULT, &w);
}

/* Messages until the next probe is due. */
static void
wait_for_work(void)
{
	struct msg m;
	long long ms;

	for (;;) {
		if ((ms = due - clock_ms()) > 1000000)
			ms = 1000000;
		if (chan_recv(parent, &m, ms > 0 ? (int)ms : 0) == 0) {
			take_message(&m);
			msg_free(&m);
		} else if (errno == EPIPE)
			exit(0);
		else if (errno != ETIMEDOUT)
			fatal("channel to the parent");
		else if (due <= (long long)clock_ms())
			return;
	}
}

void
health_main(void)
{
	struct child_start st;
	struct msg m;
	struct wr w;

	parent = child_init(ROLE_HEALTH, &st);
	if (tls_init() == -1)
		fatalx("libtls");
	if (chan_recv(parent, &m, START_MS) == -1)
		fatal("no settings from the parent");
	if (m.type != MSG_HEALTH_CONF)
		fatalx("%s from the parent before settings",
		    msg_name(m.type));
	take_message(&m);
	msg_free(&m);
	st.net = &reach;
	wr_init(&w);
	wr_str(&w, child_confine(ROLE_HEALTH, &st));
	confined = st.sandbox;
	send_to_parent(MSG_READY, &w);
	for (;;) {
		wait_for_work();
		probe();
	}
}

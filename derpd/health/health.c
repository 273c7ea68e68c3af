/*
 * health: the process that probes the relay like a client; see health.h.
 *
 * Single-threaded: waits for its channel or for the next probe, and during a
 * probe also for the channel.  Touches the network: only the relay's TCP port.
 */
#include <sys/types.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tls.h>

#include "childrun.h"
#include "clock.h"
#include "derpcert.h"
#include "derpclient.h"
#include "health.h"
#include "https.h"
#include "log.h"
#include "proxyproto.h"

#define FIRST_CHECK_MS	5000	/* after the first good probe */
#define CHECK_EVERY_MS	600000	/* between two checks */
#define AGAIN_MS	10000	/* after one that was interrupted */
#define ENOUGH_FAILURES	2	/* then a check tells what is wrong */
#define MAX_BODY	4096	/* of the answer to /derp/probe */
#define PROBE_PATH	"/derp/probe"

static struct health_conf conf;		/* every 0: not received yet */
static uint16_t		 port;		/* the only port the sandbox permits */
static struct sandbox_net reach = { .ports = &port, .nports = 1 };
static long long	 due;		/* next probe, monotonic ms */
static long long	 check_due;	/* next check, likewise */
static unsigned int	 failures;	/* of probes, in a row */
static uint8_t		 key[IPC_KEYLEN];	/* public, of conf.secret */

/* A probe */

static const char *
check_leaf(const uint8_t *pem, size_t len, void *name)
{
	return (net_derpcert_check_leaf(pem, len, name, time(NULL)));
}

/* Request the page that clients use to measure latency.  Returns 1, 0 or -1. */
static int
get_page(const struct health_conf *c, struct ipc_chan *watch, char *why,
    size_t size)
{
	char name[sizeof(c->name)], url[URL_MAXTEXT];
	uint8_t header[NET_PROXYPROTO_LOCAL];
	struct net_https_request req;
	struct net_https_response res;
	int rv = 0, v6 = strchr(c->name, ':') != NULL;

	strlcpy(name, c->name, sizeof(name));
	snprintf(url, sizeof(url), "https://%s%s%s:%s" PROBE_PATH,
	    v6 ? "[" : "", name, v6 ? "]" : "", c->port);
	memset(&req, 0, sizeof(req));
	req.method = "GET";
	req.url = url;
	req.address = c->address;
	req.trust = c->tls ? STREAM_ANY : STREAM_PLAIN;
	req.check = c->tls ? check_leaf : NULL;
	req.check_arg = name;
	req.watch = watch;
	if (c->proxied) {
		net_proxyproto_put_local(header);
		req.prelude = header;
		req.prelude_len = sizeof(header);
	}
	req.max_body = MAX_BODY;
	if (net_https_fetch(&req, &res, HEALTH_MS) == -1) {
		rv = res.interrupted ? -1 : 0;
		snprintf(why, size, "GET " PROBE_PATH " of %s: %s", c->name,
		    res.error);
	} else if (res.head.status != 200)
		snprintf(why, size, "GET " PROBE_PATH " of %s: HTTP status %d "
		    "where 200 was expected", c->name, res.head.status);
	else
		rv = 1;
	net_https_free(&res);
	return (rv);
}

/* Log in within `ms' milliseconds.  Returns 1, 0 or -1. */
static int
log_in(const struct health_conf *c, struct ipc_chan *watch, int ms, char *why,
    size_t size)
{
	struct net_derpclient_opts o;
	struct net_derpclient *d;
	uint8_t header[NET_PROXYPROTO_LOCAL];
	int rv = 1;

	memset(&o, 0, sizeof(o));
	o.host = c->address;
	o.port = c->port;
	o.name = c->name;
	o.trust = c->tls ? STREAM_ANY : STREAM_PLAIN;
	o.start = DERPCLIENT_HTTP;
	o.prober = 1;
	o.watch = watch;
	if (c->proxied) {
		net_proxyproto_put_local(header);
		o.prelude = header;
		o.prelude_len = sizeof(header);
	}
	if ((d = net_derpclient_new()) == NULL)
		fatalx("out of memory for a DERP client to log in to %s",
		    c->name);
	net_derpclient_use_key(d, c->secret);
	if (net_derpclient_open(d, &o, ms) == -1) {
		rv = net_derpclient_interrupted(d) ? -1 : 0;
		snprintf(why, size, "DERP login to %s: %s", c->name,
		    net_derpclient_error(d));
	}
	net_derpclient_free(d);
	return (rv);
}

int
health_probe(const struct health_conf *c, struct ipc_chan *watch, char *why,
    size_t size)
{
	long long until = base_clock_ms() + HEALTH_MS, left;
	int rv;

	if ((rv = get_page(c, watch, why, size)) != 1)
		return (rv);
	if ((left = until - base_clock_ms()) < 0)
		left = 0;
	return (log_in(c, watch, (int)left, why, size));
}

/* The process */

static struct ipc_child	 child;

static int
on_conf(void *arg, const struct ipc_msg_health_conf *v)
{
	unsigned long n = strtoul(v->port, NULL, 10);

	(void)arg;
	if (n < 1 || n > 65535)
		return (-1);
	strlcpy(conf.address, v->address, sizeof(conf.address));
	strlcpy(conf.port, v->port, sizeof(conf.port));
	strlcpy(conf.name, v->name, sizeof(conf.name));
	conf.every = v->every;
	conf.tls = v->tls;
	conf.proxied = v->proxied;
	if (child.confined && n != port) {
		/*
		 * The sandbox permits one port: the parent starts another
		 * process for the new one.
		 */
		log_info("restarting for the new port %lu", n);
		exit(0);
	}
	port = (uint16_t)n;
	due = base_clock_ms();
	return (0);
}

static int
on_now(void *arg)
{
	(void)arg;
	due = base_clock_ms();
	return (0);
}

/*
 * When to check next, after a probe: soon after a change, because faults that
 * probes don't meet come with new settings, and those that they meet get a
 * name.
 */
static void
schedule(int ok)
{
	const long long now = base_clock_ms();

	if (ok && failures >= ENOUGH_FAILURES)
		check_due = now;
	else if (ok && check_due == 0)
		check_due = now + FIRST_CHECK_MS;
	failures = ok ? 0 : failures + 1;
	if (failures == ENOUGH_FAILURES)
		check_due = now;
}

static void
probe(void)
{
	char why[512] = "";
	struct ipc_msg_health_result v = { .why = why };

	if ((v.ok = health_probe(&conf, child.parent, why, sizeof(why))) == -1)
		return;
	if (!v.ok)
		log_debug("%s", why);
	due = base_clock_ms() + (long long)conf.every * 1000;
	ipc_child_sent(&child, ipc_send_health_result(child.parent, &v));
	schedule(v.ok);
}

/* Check the whole relay, and tell what was found. */
static void
check(void)
{
	struct health_found f;
	struct ipc_msg_health_checked v = { .faults = f.faults };

	check_due = base_clock_ms() + AGAIN_MS;
	if (!health_check(&conf, child.parent, &f))
		return;
	v.nfaults = (uint32_t)f.n;
	ipc_child_sent(&child, ipc_send_health_checked(child.parent, &v));
	check_due = base_clock_ms() + CHECK_EVERY_MS;
}

/* The time of the next probe or check. */
static long long
next_work(void)
{
	return (check_due != 0 && check_due < due ? check_due : due);
}

/* Handle messages until then. */
static void
wait_for_work(void)
{
	long long ms;

	do {
		if ((ms = next_work() - base_clock_ms()) > 1000000)
			ms = 1000000;
	} while (ipc_child_wait(&child, ms > 0 ? (int)ms : 0) ||
	    next_work() > (long long)base_clock_ms());
}

static void
prepare(struct ipc_child *c)
{
	(void)c;
	if (tls_init() == -1)
		fatalx("can't initialise libtls (tls_init)");
	if (sodium_init() == -1)
		fatalx("can't make a key to log in with (sodium_init)");
	crypto_box_keypair(key, conf.secret);
}

static int
configured(void *arg)
{
	(void)arg;
	return (conf.every != 0);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	(void)arg;
	return (&reach);
}

static void
work(void *arg)
{
	struct ipc_msg_health_key v = { key };

	(void)arg;
	/* Where admission is configured, admit lets this key in. */
	ipc_child_sent(&child, ipc_send_health_key(child.parent, &v));
	for (;;) {
		wait_for_work();
		if (due <= (long long)base_clock_ms())
			probe();
		else
			check();
	}
}

static const struct ipc_handlers handlers = {
	.health_conf = on_conf,
	.health_now = on_now
};

static struct ipc_child child = {
	.role = ROLE_HEALTH,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.work = work
};

void
health_main(void)
{
	ipc_child_run(&child);
}

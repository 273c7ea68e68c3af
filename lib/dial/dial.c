/*
 * dial: see dial.h.  Called by mesh and by the bridge's worker.
 *
 * An attempt goes through the steps of enum dial_step; each step ends at
 * once, waits for the socket or for keys, or fails.  A new turn of the
 * transport begins with each event.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "log.h"
#include "tcpoptions.h"

/* Results of a step. */
enum { FAILED = -1, WAITS, GOES_ON };

static void	run(struct dial *);
static int	fail(struct dial *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * Store the reason, unless a later step failed at another address: that a
 * certificate has expired says more than that there is no IPv6.  Always returns
 * FAILED.
 */
static int
fail(struct dial *d, const char *fmt, ...)
{
	va_list ap;

	if (d->why[0] != '\0' && d->step < d->why_step)
		return (FAILED);
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	d->why_step = d->step;
	return (FAILED);
}

/* The same, with what was tried where. */
static int
fail_here(struct dial *d, const char *why)
{
	static const char *const doing[] = {
		[DIAL_CONNECT] = "connect to",
		[DIAL_SHAKE] = "TLS with",
		[DIAL_SEND] = "request to",
		[DIAL_READ] = "answer of",
		[DIAL_ASK] = "login at"
	};

	return (fail(d, "%s %s: %s", doing[d->step], d->where, why));
}

/* Events */

/* Wait as the transport's result `want' says. */
static int
wait_as(struct dial *d, ssize_t want)
{
	event_del(&d->io);
	event_assign(&d->io, d->base, d->t.fd, want == TRANSPORT_WANT_READ ?
	    EV_READ : EV_WRITE, event_get_callback(&d->io), d);
	event_add(&d->io, NULL);
	return (WAITS);
}

static void
set_timer(struct dial *d, uint64_t until)
{
	uint64_t now = base_clock_ms(), ms = until > now ? until - now : 0;
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(&d->timer, &tv);
}

static void
hang_up(struct dial *d)
{
	event_del(&d->io);
	event_del(&d->timer);
	net_transport_close(&d->t);
}

void
dial_stop(struct dial *d)
{
	hang_up(d);
	d->step = DIAL_IDLE;
}

/* The end of the attempt. */
static int
finish(struct dial *d, enum dial_end e)
{
	event_del(&d->io);
	event_del(&d->timer);
	d->step = DIAL_IDLE;
	if (e != DIAL_IN)
		net_transport_close(&d->t);
	d->ended(d, e, d->arg);
	return (WAITS);
}

/* Steps */

static int
step_idle(struct dial *d)
{
	(void)d;
	return (WAITS);
}

static int
step_find(struct dial *d)
{
	const struct dial_node *n = d->node;
	int rv;

	if (n->trust.why[0] != '\0')
		return (fail(d, "%s", n->trust.why));
	rv = net_place_find(d->resolver, n->address[0] != '\0' ? n->address :
	    n->trust.host, n->port, 0, d->places, d->why, sizeof(d->why));
	/* The resolver may have taken a long time. */
	event_base_update_cache_time(d->base);
	if (rv == -1)
		return (FAILED);
	d->nplaces = (size_t)rv;
	d->tried = 0;
	d->until = base_clock_ms() + d->dial_ms;
	d->step = DIAL_TRY;
	return (GOES_ON);
}

static int
step_try(struct dial *d)
{
	const struct net_place *v;
	uint64_t until = base_clock_ms() + d->connect_ms;

	d->at = (d->first + d->tried++) % d->nplaces;
	v = &d->places[d->at];
	net_place_text(v, d->where, sizeof(d->where));
	dial_login_init(&d->login);
	d->step = DIAL_CONNECT;
	set_timer(d, until < d->until ? until : d->until);
	if (net_transport_connect(&d->t, (const struct sockaddr *)&v->ss,
	    v->len) == -1)
		return (fail_here(d, d->t.why));
	return (wait_as(d, TRANSPORT_WANT_WRITE));
}

/* A relay worker may set no option: what its sockets have is set here. */
static void
set_options(const struct dial *d)
{
	static struct log_limit limit;
	const struct dial_node *n = d->node;
	const char *failed = net_tcp_options(d->t.fd, &n->tcp);

#ifdef TCP_CONGESTION
	if (failed == NULL && n->congestion[0] != '\0' &&
	    setsockopt(d->t.fd, IPPROTO_TCP, TCP_CONGESTION, n->congestion,
	    (socklen_t)strlen(n->congestion)) == -1)
		failed = "TCP_CONGESTION";
#endif
	if (failed != NULL)
		log_limited_warnx(&limit, "can't set %s on the connection to "
		    "%s (setsockopt)", failed, n->label);
}

static int
step_connect(struct dial *d)
{
	struct dial_trust *trust = &d->node->trust;

	if (net_transport_connected(&d->t) == -1)
		return (fail_here(d, d->t.why));
	set_timer(d, d->until);
	set_options(d);
	d->step = DIAL_SHAKE;
	if (net_transport_keep_secrets(&d->t, d->records) == -1 ||
	    net_transport_secure(&d->t, trust->tls, trust->host) == -1)
		return (fail_here(d, d->t.why));
	return (GOES_ON);
}

/* Write the request. */
static int
begin_send(struct dial *d)
{
	const unsigned int port = (unsigned int)strtonum(d->node->port, 1,
	    65535, NULL);
	int n;

	n = net_upgrade_request((char *)d->out, sizeof(d->out),
	    d->node->trust.host, port == 443 ? 0 : port, 0);
	if (n == -1)
		return (fail_here(d, "the host is no name and no address"));
	d->out_len = (size_t)n;
	d->out_done = 0;
	d->step = DIAL_SEND;
	return (GOES_ON);
}

static int
step_shake(struct dial *d)
{
	const char *why;
	int rv = net_transport_shake(&d->t);

	if (rv == -1)
		return (fail_here(d, d->t.why));
	if (rv != 0)
		return (wait_as(d, rv));
	if ((why = dial_trust_check(&d->node->trust, d->t.tls)) != NULL)
		return (fail(d, "TLS with %s: %s (certname %.80s)", d->where,
		    why, d->node->trust.certname));
	if (net_transport_own(&d->t) == -1)
		return (fail_here(d, d->t.why));
	return (begin_send(d));
}

static int
step_send(struct dial *d)
{
	ssize_t n;

	while (d->out_done < d->out_len) {
		n = net_transport_write(&d->t, d->out + d->out_done,
		    d->out_len - d->out_done);
		if (n == -1)
			return (fail_here(d, d->t.why));
		if (n < 0)
			return (wait_as(d, n));
		d->out_done += (size_t)n;
	}
	if ((n = net_transport_flush(&d->t)) == -1)
		return (fail_here(d, d->t.why));
	if (n < 0)
		return (wait_as(d, n));
	d->step = DIAL_READ;
	return (GOES_ON);
}

/* The node's key is known. */
static int
got_key(struct dial *d)
{
	const uint8_t *key = d->login.server.key;

	if (memcmp(key, d->node->own, FRAME_KEY_LEN) == 0)
		return (finish(d, DIAL_SELF));
	if (d->node->pinned && memcmp(key, d->node->key, FRAME_KEY_LEN) != 0)
		return (fail_here(d, "the node has another key than the "
		    "configuration says (server key)"));
	event_del(&d->io);
	d->step = DIAL_ASK;
	d->ask(d, d->arg);
	return (WAITS);
}

static int
step_read(struct dial *d)
{
	uint8_t *p;
	size_t room;
	ssize_t n = 0;

	for (;;) {
		switch (dial_login_next(&d->login, (size_t)n)) {
		case DIAL_LOGIN_FAILED:
			return (fail_here(d, d->login.why));
		case DIAL_LOGIN_KEY:
			return (got_key(d));
		case DIAL_LOGIN_IN:
			return (finish(d, DIAL_IN));
		case DIAL_LOGIN_MORE:
			break;
		}
		p = dial_login_room(&d->login, &room);
		n = net_transport_read(&d->t, p, room);
		if (n == -1)
			return (fail_here(d, d->t.why));
		if (n == 0)
			return (fail_here(d, "the node closed the "
			    "connection"));
		if (n < 0)
			return (wait_as(d, n));
	}
}

/* keys is at work. */
static int
step_ask(struct dial *d)
{
	(void)d;
	return (WAITS);
}

/* A step failed: try another address, or give up. */
static int
recover(struct dial *d)
{
	const int tried = d->step >= DIAL_CONNECT;

	hang_up(d);
	if (tried && d->tried < d->nplaces && base_clock_ms() < d->until) {
		d->step = DIAL_TRY;
		return (GOES_ON);
	}
	if (tried)
		d->first = d->at + 1;
	return (finish(d, DIAL_FAILED));
}

/* Go on until the attempt waits. */
static void
run(struct dial *d)
{
	static int (*const steps[])(struct dial *) = {
		[DIAL_IDLE] = step_idle,
		[DIAL_FIND] = step_find,
		[DIAL_TRY] = step_try,
		[DIAL_CONNECT] = step_connect,
		[DIAL_SHAKE] = step_shake,
		[DIAL_SEND] = step_send,
		[DIAL_READ] = step_read,
		[DIAL_ASK] = step_ask
	};
	int rv;

	net_transport_turn(&d->t);
	do {
		if ((rv = steps[d->step](d)) == FAILED)
			rv = recover(d);
	} while (rv == GOES_ON);
}

static void
on_io(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	run(arg);
}

/* The time of an address, or of all, is over. */
static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct dial *d = arg;

	(void)fd;
	(void)events;
	dial_no_info(d, "no answer in time");
}

void
dial_init(struct dial *d)
{
	if (d->resolver == NULL)
		d->resolver = &net_resolver_libc;
	if (d->connect_ms == 0)
		d->connect_ms = DIAL_CONNECT_MS;
	if (d->dial_ms == 0)
		d->dial_ms = DIAL_ALL_MS;
	net_transport_init(&d->t);
	event_assign(&d->io, d->base, -1, 0, on_io, d);
	evtimer_assign(&d->timer, d->base, on_timer, d);
}

void
dial_begin(struct dial *d)
{
	d->why[0] = '\0';
	d->step = DIAL_FIND;
	run(d);
}

void
dial_info(struct dial *d, const uint8_t *info, size_t len)
{
	if (d->step != DIAL_ASK)
		return;
	if (len > DIAL_CLIENTINFO) {
		dial_no_info(d, "ClientInfo is too long");
		return;
	}
	net_frame_put_hdr(d->out, FRAME_CLIENT_INFO, (uint32_t)len);
	memcpy(d->out + FRAME_HDR_LEN, info, len);
	d->out_len = FRAME_HDR_LEN + len;
	d->out_done = 0;
	d->step = DIAL_SEND;
	run(d);
}

void
dial_no_info(struct dial *d, const char *why)
{
	if (d->step < DIAL_CONNECT)
		return;
	(void)fail_here(d, why);
	if (recover(d) == GOES_ON)
		run(d);
}

/*
 * dial: see dial.h.  Called by mesh and by the bridge's worker.
 *
 * An attempt goes through the steps of enum dial_step; each step ends at
 * once, waits for the socket or for the owner, or fails.  A new turn of the
 * transport begins with each event.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dialstep.h"

static void	run(struct dial *);

int
dial_fail(struct dial *d, const char *fmt, ...)
{
	va_list ap;

	if (d->why[0] != '\0' && d->step < d->why_step)
		return (DIAL_STEP_FAILED);
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	d->why_step = d->step;
	return (DIAL_STEP_FAILED);
}

int
dial_fail_here(struct dial *d, const char *why)
{
	static const char *const doing[] = {
		[DIAL_FIND] = "find the addresses of",
		[DIAL_LEND] = "a socket for",
		[DIAL_CONNECT] = "connect to",
		[DIAL_PROXY_SEND] = "CONNECT at",
		[DIAL_PROXY_READ] = "CONNECT at",
		[DIAL_SHAKE] = "TLS with",
		[DIAL_SEND] = "request to",
		[DIAL_READ] = "answer of",
		[DIAL_ASK] = "login at"
	};

	return (dial_fail(d, "%s %s: %s", doing[d->step], d->where, why));
}

/* Events */

int
dial_wait_as(struct dial *d, ssize_t want)
{
	event_del(&d->io);
	event_assign(&d->io, d->base, d->t.fd, want == TRANSPORT_WANT_READ ?
	    EV_READ : EV_WRITE, event_get_callback(&d->io), d);
	event_add(&d->io, NULL);
	return (DIAL_STEP_WAITS);
}

void
dial_set_timer(struct dial *d, uint64_t until)
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
	return (DIAL_STEP_WAITS);
}

/* Steps */

static int
step_idle(struct dial *d)
{
	(void)d;
	return (DIAL_STEP_WAITS);
}

int
dial_begin_tls(struct dial *d)
{
	struct dial_trust *trust = &d->node->trust;

	d->step = DIAL_SHAKE;
	if (net_transport_keep_secrets(&d->t, d->records) == -1 ||
	    net_transport_secure(&d->t, trust->tls, trust->host) == -1)
		return (dial_fail_here(d, d->t.why));
	return (DIAL_STEP_GOES_ON);
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
		return (dial_fail_here(d, "the host is no name and no "
		    "address"));
	d->out_len = (size_t)n;
	d->out_done = 0;
	d->step = DIAL_SEND;
	return (DIAL_STEP_GOES_ON);
}

static int
step_shake(struct dial *d)
{
	const char *why;
	int rv = net_transport_shake(&d->t);

	if (rv == -1)
		return (dial_fail_here(d, d->t.why));
	if (rv != 0)
		return (dial_wait_as(d, rv));
	if ((why = dial_trust_check(&d->node->trust, d->t.tls)) != NULL)
		return (dial_fail(d, "TLS with %s: %s (certname %.80s)",
		    d->where, why, d->node->trust.certname));
	if (net_transport_own(&d->t) == -1)
		return (dial_fail_here(d, d->t.why));
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
			return (dial_fail_here(d, d->t.why));
		if (n < 0)
			return (dial_wait_as(d, n));
		d->out_done += (size_t)n;
	}
	if ((n = net_transport_flush(&d->t)) == -1)
		return (dial_fail_here(d, d->t.why));
	if (n < 0)
		return (dial_wait_as(d, n));
	d->step = d->step == DIAL_PROXY_SEND ? DIAL_PROXY_READ : DIAL_READ;
	return (DIAL_STEP_GOES_ON);
}

/* The node's key is known. */
static int
got_key(struct dial *d)
{
	const uint8_t *key = d->login.server.key;

	if (memcmp(key, d->node->own, FRAME_KEY_LEN) == 0)
		return (finish(d, DIAL_SELF));
	if (d->node->pinned && memcmp(key, d->node->key, FRAME_KEY_LEN) != 0)
		return (dial_fail_here(d, "the node has another key than the "
		    "configuration says (server key)"));
	event_del(&d->io);
	d->step = DIAL_ASK;
	d->ask(d, d->arg);
	return (DIAL_STEP_WAITS);
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
			return (dial_fail_here(d, d->login.why));
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
			return (dial_fail_here(d, d->t.why));
		if (n == 0)
			return (dial_fail_here(d, "the node closed the "
			    "connection"));
		if (n < 0)
			return (dial_wait_as(d, n));
	}
}

/* The owner is at work. */
static int
step_wait(struct dial *d)
{
	(void)d;
	return (DIAL_STEP_WAITS);
}

/* A step failed: try another address, or give up. */
static int
recover(struct dial *d)
{
	const int tried = d->step > DIAL_TRY;

	hang_up(d);
	if (tried && d->tried < d->nplaces && base_clock_ms() < d->until) {
		d->step = DIAL_TRY;
		return (DIAL_STEP_GOES_ON);
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
		[DIAL_FIND] = dial_step_find,
		[DIAL_TRY] = dial_step_try,
		[DIAL_LEND] = step_wait,
		[DIAL_CONNECT] = dial_step_connect,
		[DIAL_PROXY_SEND] = step_send,
		[DIAL_PROXY_READ] = dial_step_proxy_read,
		[DIAL_SHAKE] = step_shake,
		[DIAL_SEND] = step_send,
		[DIAL_READ] = step_read,
		[DIAL_ASK] = step_wait
	};
	int rv;

	net_transport_turn(&d->t);
	do {
		if ((rv = steps[d->step](d)) == DIAL_STEP_FAILED)
			rv = recover(d);
	} while (rv == DIAL_STEP_GOES_ON);
}

static void
on_io(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	run(arg);
}

/* What the step waited for does not come. */
static void
give_up(struct dial *d, const char *why)
{
	(void)dial_fail_here(d, why);
	if (recover(d) == DIAL_STEP_GOES_ON)
		run(d);
}

/* The time of an address, or of all, is over. */
static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	give_up(arg, "no answer in time");
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
dial_places(struct dial *d, const struct net_place *v, size_t n,
    const char *why)
{
	if (d->step != DIAL_FIND)
		return;
	if (n == 0)
		give_up(d, why);
	else if (dial_use_places(d, v, n) == DIAL_STEP_GOES_ON)
		run(d);
}

void
dial_socket(struct dial *d, int fd, const char *why)
{
	if (d->step != DIAL_LEND) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (fd == -1)
		give_up(d, why);
	else if (dial_connect_over(d, fd) == DIAL_STEP_FAILED &&
	    recover(d) == DIAL_STEP_GOES_ON)
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
	if (d->step == DIAL_ASK)
		give_up(d, why);
}

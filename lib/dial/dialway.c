/*
 * dialway: the steps of an attempt before TLS: addresses, sockets, a proxy; see
 * dialstep.h.  Called by dial.c.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dialstep.h"
#include "log.h"
#include "tcpoptions.h"

/* What is to be found: the proxy, or the node. */
static const char *
host_of(const struct dial_node *n)
{
	if (n->proxy.host[0] != '\0')
		return (n->proxy.host);
	return (n->address[0] != '\0' ? n->address : n->trust.host);
}

static const char *
port_of(const struct dial_node *n)
{
	return (n->proxy.host[0] != '\0' ? n->proxy.port : n->port);
}

/* There are `n' addresses. */
static int
found(struct dial *d, size_t n)
{
	d->nplaces = n;
	d->tried = 0;
	d->until = base_clock_ms() + d->dial_ms;
	d->step = DIAL_TRY;
	return (DIAL_STEP_GOES_ON);
}

int
dial_step_find(struct dial *d)
{
	const struct dial_node *n = d->node;
	int rv;

	if (n->trust.why[0] != '\0')
		return (dial_fail(d, "%s", n->trust.why));
	if (d->find != NULL) {
		(void)snprintf(d->where, sizeof(d->where), "%.150s",
		    host_of(n));
		dial_set_timer(d, base_clock_ms() + d->dial_ms);
		d->find(d, host_of(n), d->arg);
		return (DIAL_STEP_WAITS);
	}
	rv = net_place_find(d->resolver, host_of(n), port_of(n), 0, d->places,
	    d->why, sizeof(d->why));
	/* The resolver may have taken a long time. */
	event_base_update_cache_time(d->base);
	return (rv == -1 ? DIAL_STEP_FAILED : found(d, (size_t)rv));
}

int
dial_use_places(struct dial *d, const struct net_place *v, size_t n)
{
	const uint16_t port = (uint16_t)strtonum(port_of(d->node), 1, 65535,
	    NULL);
	size_t i;

	if (n > NET_MAXPLACES)
		n = NET_MAXPLACES;
	for (i = 0; i < n; i++) {
		d->places[i] = v[i];
		net_place_port(&d->places[i], port);
	}
	return (found(d, n));
}

int
dial_connect_over(struct dial *d, int fd)
{
	const struct net_place *v = &d->places[d->at];
	const struct sockaddr *sa = (const struct sockaddr *)&v->ss;
	int rv;

	d->step = DIAL_CONNECT;
	rv = fd == -1 ? net_transport_connect(&d->t, sa, v->len) :
	    net_transport_connect_over(&d->t, fd, sa, v->len);
	if (rv == -1)
		return (dial_fail_here(d, d->t.why));
	return (dial_wait_as(d, TRANSPORT_WANT_WRITE));
}

int
dial_step_try(struct dial *d)
{
	const struct net_place *v;
	uint64_t until = base_clock_ms() + d->connect_ms;

	d->at = (d->first + d->tried++) % d->nplaces;
	v = &d->places[d->at];
	net_place_text(v, d->where, sizeof(d->where));
	dial_login_init(&d->login);
	dial_set_timer(d, until < d->until ? until : d->until);
	if (d->lend == NULL)
		return (dial_connect_over(d, -1));
	d->step = DIAL_LEND;
	d->lend(d, v->ss.ss_family, d->arg);
	return (DIAL_STEP_WAITS);
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

/* Write the request to the proxy. */
static int
begin_proxy(struct dial *d)
{
	int n;

	d->step = DIAL_PROXY_SEND;
	n = dial_proxy_request(&d->node->proxy, d->node->trust.host,
	    d->node->port, (char *)d->out, sizeof(d->out));
	if (n == -1)
		return (dial_fail_here(d, "the host is no name and no "
		    "address"));
	d->out_len = (size_t)n;
	d->out_done = 0;
	return (DIAL_STEP_GOES_ON);
}

int
dial_step_connect(struct dial *d)
{
	if (net_transport_connected(&d->t) == -1)
		return (dial_fail_here(d, d->t.why));
	dial_set_timer(d, d->until);
	set_options(d);
	return (d->node->proxy.host[0] != '\0' ? begin_proxy(d) :
	    dial_begin_tls(d));
}

/* The proxy has answered: go on through it, if it lets us. */
int
dial_step_proxy_read(struct dial *d)
{
	char place[64];
	uint8_t *p;
	size_t room;
	ssize_t n;

	for (;;) {
		switch (dial_proxy_response((const char *)d->login.buf,
		    d->login.len, d->login.why, sizeof(d->login.why))) {
		case -1:
			return (dial_fail_here(d, d->login.why));
		case 1:
			dial_login_init(&d->login);
			strlcpy(place, d->where, sizeof(place));
			(void)snprintf(d->where, sizeof(d->where),
			    "%.110s through %s", d->node->label, place);
			return (dial_begin_tls(d));
		}
		p = dial_login_room(&d->login, &room);
		n = net_transport_read(&d->t, p, room);
		if (n == -1)
			return (dial_fail_here(d, d->t.why));
		if (n == 0)
			return (dial_fail_here(d, "the proxy closed the "
			    "connection"));
		if (n < 0)
			return (dial_wait_as(d, n));
		d->login.len += (size_t)n;
	}
}

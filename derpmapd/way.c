/*
 * way: see way.h.  Part of the fetch process; called by source.c through
 * https.c.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "way.h"

void
mapd_way_init(struct mapd_way *w, struct ipc_child *child)
{
	memset(w, 0, sizeof(*w));
	w->child = child;
	w->fd = -1;
}

/* The parent's answers */

int
mapd_way_set(struct mapd_way *w, const struct ipc_msg_fetch_way *v)
{
	w->lent = v->lent;
	return (dial_proxy_set(&w->proxy, v->proxy));
}

int
mapd_way_lent(struct mapd_way *w, const struct ipc_msg_fetch_lent *v, int *fd)
{
	/* An answer that came too late is closed. */
	if (w->answered || w->name != NULL)
		return (0);
	w->answered = 1;
	w->fd = *fd;
	*fd = -1;
	strlcpy(w->why, v->why, sizeof(w->why));
	return (0);
}

int
mapd_way_addrs(struct mapd_way *w, const struct ipc_msg_fetch_addrs *v)
{
	size_t i;

	if (w->answered || w->name == NULL || strcmp(w->name, v->name) != 0)
		return (0);
	w->answered = 1;
	for (i = 0; i < v->naddrs && i < NET_MAXPLACES; i++)
		net_place_set(&w->places[i], v->addrs + i * IPC_ADDRLEN, 0);
	w->nplaces = i;
	strlcpy(w->why, v->why, sizeof(w->why));
	return (0);
}

/*
 * Wait for the answer to the question that was `sent' (the result of
 * ipc_send_NAME()).  Returns 1, or 0 when none came in time.
 */
static int
wait_answer(struct mapd_way *w, int sent, long long until)
{
	const long long end = base_clock_ms() + MAPD_ASK_MS;
	long long left;

	w->answered = 0;
	ipc_child_sent(w->child, sent);
	if (until > end)
		until = end;
	while (!w->answered && (left = until - base_clock_ms()) > 0)
		(void)ipc_child_wait(w->child, (int)left);
	if (w->answered)
		return (1);
	strlcpy(w->why, "the parent did not answer", sizeof(w->why));
	w->answered = 1;
	return (0);
}

/* Get a socket of this family.  Returns it, or -1 with w->why. */
static int
ask_socket(struct mapd_way *w, int family, long long until)
{
	const struct ipc_msg_fetch_want v = { family == AF_INET6 };
	int fd;

	w->fd = -1;
	w->name = NULL;
	if (!wait_answer(w, ipc_send_fetch_want(w->child->parent, &v), until))
		return (-1);
	fd = w->fd;
	w->fd = -1;
	return (fd);
}

/* Find the addresses of `host' with this port.  Returns 0, or -1 with why. */
static int
find(struct mapd_way *w, const char *host, const char *port, long long until)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM
	};
	const struct ipc_msg_fetch_want_addrs v = { host };
	struct addrinfo *res;
	size_t i;
	void *ss;

	w->nplaces = 0;
	if (getaddrinfo(host, port, &hints, &res) == 0) {
		memcpy(&w->places[0].ss, res->ai_addr, res->ai_addrlen);
		w->places[0].len = res->ai_addrlen;
		w->nplaces = 1;
		freeaddrinfo(res);
		return (0);
	}
	w->name = host;
	(void)wait_answer(w, ipc_send_fetch_want_addrs(w->child->parent, &v),
	    until);
	w->name = NULL;
	for (i = 0; i < w->nplaces; i++) {
		ss = &w->places[i].ss;
		/* The port is at the same place in both families. */
		((struct sockaddr_in *)ss)->sin_port =
		    htons((uint16_t)strtoul(port, NULL, 10));
	}
	return (w->nplaces > 0 ? 0 : -1);
}

/* Connect to `host' with addresses and sockets of the parent. */
static int
dial_lent(struct mapd_way *w, struct net_stream *s, const char *host,
    const char *port, long long until)
{
	long long now, part;
	char why[512];
	size_t i;
	int fd;

	if (find(w, host, port, until) == -1) {
		snprintf(why, sizeof(why), "%.200s port %s: %s", host, port,
		    w->why[0] != '\0' ? w->why : "it has no address");
		return (net_stream_refuse(s, why));
	}
	for (i = 0; i < w->nplaces; i++) {
		fd = ask_socket(w, w->places[i].ss.ss_family, until);
		if (fd == -1) {
			snprintf(why, sizeof(why), "a socket for %.200s port "
			    "%s: %s", host, port, w->why);
			(void)net_stream_refuse(s, why);
			continue;
		}
		/* As net_stream_dial(): the first one must not use it up. */
		now = base_clock_ms();
		part = i + 1 < w->nplaces ? now + (until - now) / 2 : until;
		if (net_stream_connect(s, fd, &w->places[i], part) == 0)
			return (0);
		if (net_stream_interrupted(s))
			break;
	}
	return (-1);
}

/* Read the proxy's response to CONNECT. */
static int
read_proxy(struct net_stream *s, long long until)
{
	static char buf[HTTP_MAX_HEAD];
	char why[200];
	size_t n = 0;
	ssize_t got;
	int rv = 0;

	while (rv == 0) {
		/* One byte at a time: those behind the head are TLS's. */
		got = net_stream_read_plain(s, buf + n, 1, until);
		if (got == -1)
			return (-1);
		if (got == 0)
			return (net_stream_refuse(s, "the proxy closed the "
			    "connection"));
		n++;
		if (n < sizeof(buf) && buf[n - 1] != '\n')
			continue;
		rv = dial_proxy_response(buf, n, why, sizeof(why));
	}
	return (rv == -1 ? net_stream_refuse(s, why) : 0);
}

/* Have the proxy open the way to the server. */
static int
pass_proxy(const struct mapd_way *w, struct net_stream *s,
    const struct net_url *u, long long until)
{
	char req[1024];
	int n, rv;

	n = dial_proxy_request(&w->proxy, u->host, u->port, req, sizeof(req));
	if (n == -1)
		return (net_stream_refuse(s, "the host's name is too long for "
		    "the proxy"));
	rv = net_stream_write_plain(s, req, (size_t)n, until);
	explicit_bzero(req, sizeof(req));
	return (rv == -1 ? -1 : read_proxy(s, until));
}

int
mapd_way_open(struct net_stream *s, const struct net_url *u, long long until,
    void *arg)
{
	struct mapd_way *w = arg;
	const int proxy = w->proxy.host[0] != '\0';
	const char *host = proxy ? w->proxy.host : u->host;
	const char *port = proxy ? w->proxy.port : u->port;

	if ((w->lent ? dial_lent(w, s, host, port, until) :
	    net_stream_dial(s, host, port, until)) == -1)
		return (-1);
	return (proxy ? pass_proxy(w, s, u, until) : 0);
}

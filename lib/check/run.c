/*
 * run: measures and connections of the checks of a node; see run.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "run.h"

static void
measured(struct check_run *r, const struct check_addr *a, enum check_fact id,
    int64_t n, const char *text)
{
	struct check_measure m = { .id = id, .n = n };

	if (r->sink->measured == NULL || (a != NULL && a->dns_only))
		return;
	(void)snprintf(m.where, sizeof(m.where), "%s", a == NULL ? "" :
	    a->text);
	(void)snprintf(m.text, sizeof(m.text), "%s", text);
	r->sink->measured(&m, r->sink->arg);
}

void
check_number(struct check_run *r, const struct check_addr *a,
    enum check_fact id, int64_t n)
{
	measured(r, a, id, n, "");
}

void
check_text(struct check_run *r, const struct check_addr *a, enum check_fact id,
    const char *text)
{
	measured(r, a, id, 0, text);
}

void
check_local(struct check_run *r, const char *fmt, ...)
{
	va_list ap;

	if (r->local[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(r->local, sizeof(r->local), fmt, ap);
	va_end(ap);
}

void
check_step(struct check_run *r, const char *what)
{
	if (r->sink->step != NULL)
		r->sink->step(what, r->sink->arg);
}

void
check_meet(const struct check_run *r)
{
	char text[RUN_ADDRESSES * (sizeof(r->addrs[0].text) + 1)] = "";
	size_t i, len = 0;

	for (i = 0; i < r->naddrs; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : " ", r->addrs[i].text);
	if (r->sink->meets != NULL)
		r->sink->meets(text, r->sink->arg);
}

long long
check_until(const struct check_run *r)
{
	return (net_stream_until(r->opts->ms != 0 ? r->opts->ms :
	    CHECK_STEP_MS));
}

const char *
check_server_name(const struct check_run *r)
{
	/* CertName is what they expect in the certificate. */
	return (r->node->host);
}

static int
wait_connected(int fd, long long until)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	long long left;
	int e = 0, rv;

	do {
		left = until - net_stream_until(0);
		rv = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rv == -1 && errno == EINTR);
	if (rv == 0)
		e = ETIMEDOUT;
	else if (rv == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) ==
	    -1)
		e = errno;
	errno = e;
	return (e == 0 ? 0 : -1);
}

void
check_sockaddr(const struct check_addr *a, unsigned int port,
    struct sockaddr_storage *ss)
{
	*ss = a->ss;
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)ss)->sin6_port = htons((uint16_t)port);
}

int
check_is_private(const struct check_addr *a)
{
	uint8_t addr[16];

	(void)net_address_get((const struct sockaddr *)&a->ss, addr);
	return (net_address_is_private(addr));
}

socklen_t
check_source(const struct check_run *r, int family,
    struct sockaddr_storage *ss)
{
	struct sockaddr_in *s4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;
	const char *source = r->opts->source;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (source == NULL || inet_pton(family, source, family == AF_INET ?
	    (void *)&s4->sin_addr : (void *)&s6->sin6_addr) != 1)
		return (0);
	return (family == AF_INET ? sizeof(*s4) : sizeof(*s6));
}

/* Bind to opts->source, if it is of this family. */
static int
from_source(const struct check_run *r, int fd, int family)
{
	struct sockaddr_storage ss;
	const socklen_t len = check_source(r, family, &ss);

	return (len == 0 ? 0 : bind(fd, (struct sockaddr *)&ss, len));
}

int
check_dial(struct check_run *r, const struct check_addr *a, unsigned int port,
    long long until)
{
	struct sockaddr_storage ss;
	int e, fd;

	check_sockaddr(a, port, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_TCP);
	if (fd == -1)
		return (-1);
	if (from_source(r, fd, ss.ss_family) == 0 &&
	    (connect(fd, (struct sockaddr *)&ss, a->len) == 0 ||
	    (errno == EINPROGRESS && wait_connected(fd, until) == 0)))
		return (fd);
	e = errno;
	(void)close(fd);
	errno = e;
	return (-1);
}

struct net_stream *
check_open(struct check_run *r, const struct check_addr *a, unsigned int port,
    enum net_stream_trust trust, const char *arg, char *why, size_t size)
{
	const struct check_opts *o = r->opts;
	const long long until = check_until(r);
	struct net_stream *s = NULL;
	int fd;

	if ((fd = check_dial(r, a, port, until)) == -1)
		(void)snprintf(why, size, "%s", strerror(errno));
	else if ((s = net_stream_new()) == NULL ||
	    net_stream_adopt(s, fd) == -1) {
		(void)snprintf(why, size, "out of memory");
		(void)close(fd);
	} else {
		net_stream_watch(s, o->watch);
		if ((o->prelude_len == 0 || net_stream_write_plain(s,
		    o->prelude, o->prelude_len, until) == 0) &&
		    net_stream_tls(s, check_server_name(r), trust, arg,
		    until) == 0)
			return (s);
		(void)snprintf(why, size, "%s", net_stream_error(s));
		r->stopped |= net_stream_interrupted(s);
	}
	net_stream_free(s);
	return (NULL);
}

struct net_stream *
check_stream(struct check_run *r, const struct check_addr *a, char *why,
    size_t size)
{
	return (check_open(r, a, r->node->port, r->opts->plain ? STREAM_PLAIN :
	    STREAM_ANY, NULL, why, size));
}

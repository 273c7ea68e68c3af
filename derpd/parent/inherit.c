/*
 * inherit: see inherit.h.  Called by listen.c, by talk.c for the control
 * socket, and by the side of an upgrade that takes over.
 *
 * A socket that is closed resets the connections in its accept queue, also when
 * another one of the same address is open: so the sockets of an address that
 * stays are all taken, however many processes there are.
 */
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "udpsock.h"

#define MOST	4096	/* sockets; an earlier derpd has far fewer */
#define BACKLOG	4096

struct parent_inherit_socket {
	enum ipc_up_socket	 kind;
	int			 fd;	/* -1: taken */
	struct sockaddr_storage	 ss;	/* as bound */
};

static int
port_of(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *six = (const void *)sa;
	const struct sockaddr_in *sin = (const void *)sa;

	return (ntohs(sa->sa_family == AF_INET6 ? six->sin6_port :
	    sin->sin_port));
}

/* 1 when both are of one family and address; ports do not count. */
static int
same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in6 *six = (const void *)a,
	    *other6 = (const void *)b;
	const struct sockaddr_in *sin = (const void *)a,
	    *other = (const void *)b;

	if (a->sa_family != b->sa_family)
		return (0);
	if (a->sa_family == AF_INET6)
		return (memcmp(&six->sin6_addr, &other6->sin6_addr,
		    sizeof(six->sin6_addr)) == 0 &&
		    six->sin6_scope_id == other6->sin6_scope_id);
	return (sin->sin_addr.s_addr == other->sin_addr.s_addr);
}

static int
is_any(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *six = (const void *)sa;
	const struct sockaddr_in *sin = (const void *)sa;

	if (sa->sa_family == AF_INET6)
		return (IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr));
	return (sin->sin_addr.s_addr == htonl(INADDR_ANY));
}

static int
option(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = -1;

	return (getsockopt(fd, level, name, &v, &len) == -1 ? -1 : v);
}

/* NULL: the socket is of TCP, or of UDP, and bound; or what is wrong. */
static const char *
check_inet(int fd, int type, struct sockaddr_storage *ss)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(*ss), peer_len = sizeof(peer);
	const struct sockaddr *sa = (const void *)ss;

	if (option(fd, SOL_SOCKET, SO_TYPE) != type)
		return ("its type is another one");
	if (getsockname(fd, (struct sockaddr *)ss, &len) == -1 ||
	    (ss->ss_family != AF_INET && ss->ss_family != AF_INET6))
		return ("it is no socket of IPv4 or IPv6");
	if (ss->ss_family == AF_INET6 &&
	    option(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 1)
		return ("it takes IPv4 over IPv6");
	if (port_of(sa) == 0)
		return ("it is not bound");
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) == 0)
		return ("it is connected");
	return (NULL);
}

/* NULL, or what is wrong with the socket. */
static const char *
check(enum ipc_up_socket kind, int fd, struct sockaddr_storage *ss)
{
	const char *why;

	if (kind == IPC_UP_CONTROL)
		/* super_ctlsock_open() checks the rest. */
		return (option(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM &&
		    option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 ? NULL :
		    "it does not listen");
	why = check_inet(fd, kind == IPC_UP_STUN ? SOCK_DGRAM : SOCK_STREAM,
	    ss);
	if (why != NULL)
		return (why);
	if (kind == IPC_UP_STUN)
		return (net_udp_options(fd, ss->ss_family) == -1 ?
		    "its options can't be set" : NULL);
	/* Also a new length of the queue, where it listens. */
	return (listen(fd, BACKLOG) == -1 ? "it can't listen" : NULL);
}

int
parent_inherit_add(struct parent_inherit *p, enum ipc_up_socket kind, int fd,
    const char **why)
{
	struct parent_inherit_socket *v, one = { .kind = kind, .fd = fd };

	if ((*why = check(kind, fd, &one.ss)) != NULL)
		return (-1);
	*why = "too many sockets";
	if (p->n == MOST)
		return (-1);
	*why = "out of memory";
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    (v = reallocarray(p->v, p->n + 1, sizeof(*v))) == NULL)
		return (-1);
	p->v = v;
	p->v[p->n++] = one;
	return (0);
}

/* 1 when the socket is of this kind and not taken. */
static int
is_there(const struct parent_inherit_socket *s, enum ipc_up_socket kind)
{
	return (s->fd != -1 && s->kind == kind);
}

int
parent_inherit_take(struct parent_inherit *p, enum ipc_up_socket kind,
    const struct sockaddr *sa)
{
	const struct sockaddr *at;
	size_t i;
	int fd;

	for (i = 0; i < p->n; i++) {
		at = (const void *)&p->v[i].ss;
		if (!is_there(&p->v[i], kind) || !same_address(at, sa) ||
		    port_of(at) != port_of(sa))
			continue;
		fd = p->v[i].fd;
		p->v[i].fd = -1;
		return (fd);
	}
	return (-1);
}

int
parent_inherit_port(const struct parent_inherit *p, enum ipc_up_socket kind,
    const struct sockaddr *sa, int (*skip)(const void *, int),
    const void *arg)
{
	const struct sockaddr *at;
	size_t i;

	for (i = 0; i < p->n; i++) {
		at = (const void *)&p->v[i].ss;
		if (is_there(&p->v[i], kind) && same_address(at, sa) &&
		    !skip(arg, port_of(at)))
			return (port_of(at));
	}
	return (0);
}

int
parent_inherit_overlaps(const struct parent_inherit *p,
    enum ipc_up_socket kind, const struct sockaddr *sa)
{
	const struct sockaddr *at;
	size_t i;

	for (i = 0; i < p->n; i++) {
		at = (const void *)&p->v[i].ss;
		if (is_there(&p->v[i], kind) &&
		    at->sa_family == sa->sa_family &&
		    port_of(at) == port_of(sa) &&
		    (is_any(at) || is_any(sa)))
			return (1);
	}
	return (0);
}

int
parent_inherit_control(struct parent_inherit *p)
{
	size_t i;
	int fd;

	for (i = 0; i < p->n; i++)
		if (is_there(&p->v[i], IPC_UP_CONTROL)) {
			fd = p->v[i].fd;
			p->v[i].fd = -1;
			return (fd);
		}
	return (-1);
}

void
parent_inherit_end(struct parent_inherit *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].fd != -1)
			close(p->v[i].fd);
	free(p->v);
	memset(p, 0, sizeof(*p));
}

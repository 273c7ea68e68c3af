/*
 * dnsserver_cares: one DNS server, asked by libc-ares; see dnsserver.h.  Called
 * by resolve.c.  Blocks as libc's resolver does, for RESOLVE_SERVER_MS at most.
 *
 * libc-ares makes no socket, reads no file after its start, and looks into no
 * hosts file.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "dnsserver.h"
#include "prefix.h"

#define TRY_MS	1500	/* for the first answer; longer for the next ones */
#define TRIES	2

static struct {
	ares_channel	 ares;
	resolve_lend	 lend;
	void		*arg;
	char		 text[NET_PREFIX_TEXT + 8]; /* of the server */
	int		 no_socket;	/* one could not be had */
} server;

/* Of a look-up. */
struct inquiry {
	struct resolve_answer *a;
	int		 done;
};

/* Sockets */

static ares_socket_t
on_socket(int family, int type, int protocol, void *arg)
{
	int fd;

	(void)protocol;
	(void)arg;
	fd = server.lend(family == AF_INET6, type == SOCK_STREAM, server.arg);
	if (fd == -1) {
		server.no_socket = 1;
		errno = EACCES;
	}
	return (fd);
}

static int
on_close(ares_socket_t fd, void *arg)
{
	(void)arg;
	return (close(fd));
}

static int
on_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t len,
    void *arg)
{
	(void)arg;
	return (connect(fd, sa, len));
}

static ares_ssize_t
on_recv(ares_socket_t fd, void *buf, size_t size, int flags,
    struct sockaddr *from, ares_socklen_t *len, void *arg)
{
	(void)arg;
	return (recvfrom(fd, buf, size, flags, from, len));
}

static ares_ssize_t
on_send(ares_socket_t fd, const struct iovec *iov, int n, void *arg)
{
	(void)arg;
	return (writev(fd, iov, n));
}

static const struct ares_socket_functions functions = {
	on_socket, on_close, on_connect, on_recv, on_send
};

/* The server */

int
resolve_server_init(const uint8_t addr[IPC_ADDRLEN], uint16_t port,
    resolve_lend lend, void *arg, const char **why)
{
	struct ares_options o;
	char lookups[] = "b", host[NET_PREFIX_TEXT];
	int rv;

	memset(&o, 0, sizeof(o));
	o.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
	o.timeout = TRY_MS;
	o.tries = TRIES;
	o.lookups = lookups;
	net_prefix_address(addr, host);
	(void)snprintf(server.text, sizeof(server.text),
	    net_address_is_ipv4(addr) ? "%s:%u" : "[%s]:%u", host,
	    (unsigned int)port);
	if ((rv = ares_library_init(ARES_LIB_INIT_ALL)) != ARES_SUCCESS) {
		*why = ares_strerror(rv);
		return (-1);
	}
	rv = ares_init_options(&server.ares, &o, ARES_OPT_FLAGS |
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
	    ARES_OPT_LOOKUPS);
	if (rv != ARES_SUCCESS || (rv = ares_set_servers_ports_csv(server.ares,
	    server.text)) != ARES_SUCCESS) {
		*why = ares_strerror(rv);
		return (-1);
	}
	server.lend = lend;
	server.arg = arg;
	ares_set_socket_functions(server.ares, &functions, NULL);
	return (0);
}

/* A look-up */

static void
keep(struct resolve_answer *a, const struct ares_addrinfo *res)
{
	const struct ares_addrinfo_node *n = res->nodes;

	for (; n != NULL; n = n->ai_next)
		if (n->ai_family == AF_INET || n->ai_family == AF_INET6)
			resolve_answer_add(a, n->ai_addr);
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct inquiry *k = arg;

	(void)timeouts;
	k->done = 1;
	if (status == ARES_SUCCESS && res != NULL)
		keep(k->a, res);
	if (status != ARES_SUCCESS)
		(void)snprintf(k->a->why, sizeof(k->a->why), "%s: %s",
		    server.text, server.no_socket ? "there is no socket to ask "
		    "this server" : ares_strerror(status));
	else if (k->a->n == 0)
		strlcpy(k->a->why, "it has no address", sizeof(k->a->why));
	if (res != NULL)
		ares_freeaddrinfo(res);
}

/* Does libc-ares wait until socket `i' of ares_getsock() is ready?  POLL*. */
static short
wants(unsigned int bits, unsigned int i)
{
	/* The macros of libc-ares shift into the sign. */
	return ((short)((bits >> i & 1 ? POLLIN : 0) |
	    (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0)));
}

/* Wait for the sockets at most `ms', and let libc-ares go on. */
static void
turn(int ms)
{
	ares_socket_t socks[ARES_GETSOCK_MAXNUM];
	struct pollfd p[ARES_GETSOCK_MAXNUM];
	struct timeval max = { ms / 1000, ms % 1000 * 1000 }, tv, *wait;
	unsigned int bits, i, n = 0;

	bits = (unsigned int)ares_getsock(server.ares, socks,
	    ARES_GETSOCK_MAXNUM);
	for (i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		if ((p[n].events = wants(bits, i)) == 0)
			continue;
		p[n].fd = socks[i];
		p[n++].revents = 0;
	}
	wait = ares_timeout(server.ares, &max, &tv);
	if (poll(p, n, (int)(wait->tv_sec * 1000 + (wait->tv_usec + 999) /
	    1000)) <= 0) {
		ares_process_fd(server.ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		return;
	}
	for (i = 0; i < n; i++)
		ares_process_fd(server.ares,
		    (p[i].revents & ~POLLOUT) != 0 ? p[i].fd : ARES_SOCKET_BAD,
		    (p[i].revents & POLLOUT) != 0 ? p[i].fd : ARES_SOCKET_BAD);
}

void
resolve_server_lookup(const char *name, struct resolve_answer *a)
{
	static const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM
	};
	const long long until = base_clock_ms() + RESOLVE_SERVER_MS;
	struct inquiry k = { a, 0 };
	long long left;

	memset(a, 0, sizeof(*a));
	server.no_socket = 0;
	ares_getaddrinfo(server.ares, name, NULL, &hints, on_answer, &k);
	while (!k.done && (left = until - (long long)base_clock_ms()) > 0)
		turn((int)left);
	if (!k.done)
		ares_cancel(server.ares);
}

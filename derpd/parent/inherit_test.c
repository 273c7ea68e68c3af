/*
 * inherit_test: listening sockets that go from one derpd to the next, with the
 * connections that wait in them.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "listen.h"
#include "log.h"

#define BOUND_MS	10000
#define CLIENTS		60

static struct parent_inherit	 pool;
static struct parent_listen_set	 old, new;

static struct conf *
configure(const char *lines)
{
	struct conf	*c;
	FILE		*f;

	ATF_REQUIRE((f = fopen("derpd.conf", "w")) != NULL);
	fprintf(f, "hostname \"relay.test\"\ncertificate self-signed\n"
	    "relay { }\n%s\n", lines);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE((c = conf_load("derpd.conf")) != NULL);
	return (c);
}

static struct conf *
tls_at(const char *address, int port)
{
	char	line[128];

	snprintf(line, sizeof(line), "listen on %s port %d tls", address,
	    port);
	return (configure(line));
}

static int
port_of(int fd)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	return (ntohs(sin.sin_port));
}

/* A socket of this type, connected to the port; -1: it is refused. */
static int
connect_to(int type, int port)
{
	struct sockaddr_in	sin;
	int			fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	ATF_REQUIRE((fd = socket(AF_INET, type, 0)) != -1);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

static void
connect_all(int fds[CLIENTS], int type, int port)
{
	int	i;

	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE((fds[i] = connect_to(type, port)) != -1);
}

/* All clients are accepted and get a byte. */
static void
serve_all(const struct parent_listen_socket *l, int fds[CLIENTS])
{
	struct pollfd	pfd[16];
	unsigned int	i;
	int		fd, n;
	char		c;

	ATF_REQUIRE(l->nfds <= 16);
	for (i = 0; i < l->nfds; i++) {
		pfd[i].fd = l->fds[i];
		pfd[i].events = POLLIN;
	}
	for (n = 0; n < CLIENTS && poll(pfd, l->nfds, BOUND_MS) > 0;)
		for (i = 0; i < l->nfds; i++)
			if (pfd[i].revents != 0) {
				fd = accept(l->fds[i], NULL, NULL);
				ATF_REQUIRE(fd != -1);
				ATF_CHECK_EQ(1, send(fd, "x", 1, MSG_NOSIGNAL));
				close(fd);
				n++;
			}
	ATF_REQUIRE_EQ_MSG(CLIENTS, n, "%d", n);
	for (n = 0; n < CLIENTS; n++) {
		ATF_CHECK_EQ(1, recv(fds[n], &c, 1, 0));
		close(fds[n]);
	}
}

static int
inherit(void *arg, const struct parent_listen_socket *l, int fd)
{
	enum ipc_up_socket	*kind = arg;
	const char		*why;

	(void)l;
	ATF_REQUIRE_EQ_MSG(0, parent_inherit_add(&pool, *kind, fd, &why), "%s",
	    why);
	return (0);
}

/* The pool gets all sockets of the set, which is closed. */
static void
pass_on(struct parent_listen_set *s, enum ipc_up_socket kind)
{
	ATF_REQUIRE_EQ(0, parent_listen_give(s, PARENT_LISTEN_ALL, inherit,
	    &kind));
	parent_listen_close(s);
}

static int
count_one(void *arg, const struct parent_listen_socket *l, int fd)
{
	(void)l;
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	++*(unsigned int *)arg;
	return (0);
}

/* How many sockets a process gets. */
static unsigned int
share_of(const struct parent_listen_set *s, unsigned int proc)
{
	unsigned int	n = 0;

	ATF_REQUIRE_EQ(0, parent_listen_give(s, proc, count_one, &n));
	return (n);
}

/*
 * From one number of processes to another: connections that wait in the queues
 * are served, as the next ones.
 */
static void
change(unsigned int from, unsigned int to, unsigned int want)
{
	struct conf	*c = tls_at("127.0.0.1", 0), *same;
	int		 fds[CLIENTS], more[CLIENTS], port;
	unsigned int	 i, n = 0;

	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, from, &pool));
	port = old.v[0].port;
	connect_all(fds, SOCK_STREAM, port);
	pass_on(&old, IPC_UP_LISTEN);
	same = tls_at("127.0.0.1", port);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, same, to, &pool));
	parent_inherit_end(&pool);
	ATF_REQUIRE_EQ(1, new.n);
	ATF_CHECK_EQ(port, new.v[0].port);
	ATF_CHECK_EQ(want, new.v[0].nfds);
	for (i = 0; i < to; i++) {
		ATF_CHECK(share_of(&new, i) >= want / to);
		n += share_of(&new, i);
		ATF_REQUIRE_EQ(0, parent_listen_options(&new, same, i));
	}
	ATF_CHECK_EQ(want, n);
	for (i = 0; i < new.v[0].nfds; i++) {
		ATF_CHECK_EQ(port, port_of(new.v[0].fds[i]));
		ATF_CHECK(fcntl(new.v[0].fds[i], F_GETFD) & FD_CLOEXEC);
	}
	serve_all(&new.v[0], fds);
	connect_all(more, SOCK_STREAM, port);
	serve_all(&new.v[0], more);
	parent_listen_close(&new);
	ATF_CHECK_EQ(-1, connect_to(SOCK_STREAM, port));
	conf_free(same);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(as_many);
ATF_TC_BODY(as_many, tc)
{
	change(1, 1, 1);
	change(3, 3, 3);
}

ATF_TC_WITHOUT_HEAD(more);
ATF_TC_BODY(more, tc)
{
	change(1, 3, 3);
	change(2, 5, 5);
}

ATF_TC_WITHOUT_HEAD(fewer);
ATF_TC_BODY(fewer, tc)
{
#ifndef __linux__
	atf_tc_skip("all processes share one socket");
#endif
	change(3, 1, 3);
	change(5, 2, 5);
}

/* A drain ends all sockets, also the surplus, and they listen again. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	struct conf	*c = tls_at("127.0.0.1", 0), *same;
	int		 fds[CLIENTS], i;

	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 3, &pool));
	same = tls_at("127.0.0.1", old.v[0].port);
	pass_on(&old, IPC_UP_LISTEN);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, same, 1, &pool));
	parent_listen_drain(&new, 1);
	for (i = 0; i < 20; i++)
		ATF_CHECK_EQ(-1, connect_to(SOCK_STREAM, new.v[0].port));
	parent_listen_drain(&new, 0);
	connect_all(fds, SOCK_STREAM, new.v[0].port);
	serve_all(&new.v[0], fds);
	/* A front that was taken over ended one. */
	ATF_REQUIRE_EQ(0, shutdown(new.v[0].fds[new.v[0].nfds - 1],
	    SHUT_RDWR));
	ATF_REQUIRE_EQ(0, parent_listen_options(&new, same, 0));
	connect_all(fds, SOCK_STREAM, new.v[0].port);
	serve_all(&new.v[0], fds);
	/* Or before it was passed on. */
	ATF_REQUIRE_EQ(0, shutdown(new.v[0].fds[0], SHUT_RDWR));
	pass_on(&new, IPC_UP_LISTEN);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, same, 1, &pool));
	connect_all(fds, SOCK_STREAM, new.v[0].port);
	serve_all(&new.v[0], fds);
	parent_listen_close(&new);
	conf_free(same);
	conf_free(c);
}

/* Datagrams, too. */
ATF_TC_WITHOUT_HEAD(stun);
ATF_TC_BODY(stun, tc)
{
	struct conf	*c = configure("stun { listen on 127.0.0.1 port 0 }"),
	    *same;
	char		 line[64], buf[8];
	int		 fds[CLIENTS], i, n = 0;
	unsigned int	 k;

	ATF_REQUIRE_EQ(0, parent_listen_stun(&old, c, 3, &pool));
	snprintf(line, sizeof(line), "stun { listen on 127.0.0.1 port %d }",
	    old.v[0].port);
	connect_all(fds, SOCK_DGRAM, old.v[0].port);
	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE_EQ(1, send(fds[i], "x", 1, 0));
	pass_on(&old, IPC_UP_STUN);
	same = configure(line);
	ATF_REQUIRE_EQ(0, parent_listen_stun(&new, same, 2, &pool));
	parent_inherit_end(&pool);
	ATF_CHECK_EQ(3, new.v[0].nfds);
	ATF_CHECK_EQ(2, share_of(&new, 0));
	ATF_CHECK_EQ(1, share_of(&new, 1));
	for (k = 0; k < new.v[0].nfds; k++)
		while (recv(new.v[0].fds[k], buf, sizeof(buf),
		    MSG_DONTWAIT) == 1)
			n++;
	ATF_CHECK_EQ(CLIENTS, n);
	parent_listen_close(&new);
	conf_free(same);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(metrics);
ATF_TC_BODY(metrics, tc)
{
	struct conf	*c = configure("metrics { listen on 127.0.0.1 "
			    "port 0 }");
	int		 port, fds[CLIENTS];

	ATF_REQUIRE_EQ(0, parent_listen_metrics(&old, c, &pool));
	port = old.v[0].port;
	connect_all(fds, SOCK_STREAM, port);
	pass_on(&old, IPC_UP_METRICS);
	ATF_REQUIRE_EQ(0, parent_listen_metrics(&new, c, &pool));
	ATF_CHECK_EQ(port, new.v[0].port);
	ATF_CHECK_EQ(1, new.v[0].nfds);
	serve_all(&new.v[0], fds);
	parent_listen_close(&new);
	conf_free(c);
}

/*
 * Port 0 takes what no other line has, in the order of the lines; kinds are
 * told apart.
 */
ATF_TC_WITHOUT_HEAD(port_0);
ATF_TC_BODY(port_0, tc)
{
	struct conf	*c = configure("listen on 127.0.0.1 port 0 tls\n"
			    "listen on 127.0.0.1 port 0\n"
			    "listen on 127.0.0.1 port 0 derp\n"
			    "metrics { listen on 127.0.0.1 port 0 }"), *other;
	struct parent_listen_set	 m;
	int		 ports[3], i;
	char		 lines[256];

	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 2, &pool));
	ATF_REQUIRE_EQ(0, parent_listen_metrics(&m, c, &pool));
	for (i = 0; i < 3; i++)
		ports[i] = old.v[i].port;
	pass_on(&m, IPC_UP_METRICS);
	pass_on(&old, IPC_UP_LISTEN);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, c, 2, &pool));
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(ports[i], new.v[i].port);
	pass_on(&new, IPC_UP_LISTEN);
	snprintf(lines, sizeof(lines), "listen on 127.0.0.1 port 0 tls\n"
	    "listen on 127.0.0.1 port %d\nlisten on 127.0.0.1 port %d derp\n"
	    "listen on 127.0.0.1 port 0\n", ports[0], ports[2]);
	other = configure(lines);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, other, 2, &pool));
	ATF_CHECK_EQ(ports[1], new.v[0].port);
	ATF_CHECK_EQ(ports[0], new.v[1].port);
	ATF_CHECK_EQ(ports[2], new.v[2].port);
	for (i = 0; i < 3; i++)
		ATF_CHECK(new.v[3].port != ports[i] && new.v[3].port != 0);
	parent_inherit_end(&pool);
	parent_listen_close(&new);
	conf_free(other);
	conf_free(c);
}

/* An address that goes is there until the pool ends. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	struct conf	*c = configure("listen on 127.0.0.1 port 0 tls\n"
			    "listen on 127.0.0.1 port 0"), *less;
	int		 ports[2], fd;

	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 2, &pool));
	ports[0] = old.v[0].port;
	ports[1] = old.v[1].port;
	pass_on(&old, IPC_UP_LISTEN);
	less = tls_at("127.0.0.1", ports[1]);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, less, 1, &pool));
	ATF_REQUIRE((fd = connect_to(SOCK_STREAM, ports[0])) != -1);
	close(fd);
	parent_inherit_end(&pool);
	ATF_CHECK_EQ(-1, connect_to(SOCK_STREAM, ports[0]));
	ATF_REQUIRE((fd = connect_to(SOCK_STREAM, ports[1])) != -1);
	close(fd);
	parent_listen_close(&new);
	conf_free(less);
	conf_free(c);
}

/* From an address to all of the machine, and back, at the same port. */
ATF_TC_WITHOUT_HEAD(wider);
ATF_TC_BODY(wider, tc)
{
	struct conf	*c = tls_at("127.0.0.1", 0), *all, *one;
	int		 port, fds[CLIENTS];

#ifndef __linux__
	atf_tc_skip("one socket for all processes");
#endif
	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 1, &pool));
	port = old.v[0].port;
	pass_on(&old, IPC_UP_LISTEN);
	all = tls_at("0.0.0.0", port);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, all, 2, &pool));
	ATF_CHECK_EQ(2, new.v[0].nfds);
	parent_inherit_end(&pool);
	connect_all(fds, SOCK_STREAM, port);
	serve_all(&new.v[0], fds);
	pass_on(&new, IPC_UP_LISTEN);
	one = tls_at("127.0.0.1", port);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, one, 1, &pool));
	parent_inherit_end(&pool);
	connect_all(fds, SOCK_STREAM, port);
	serve_all(&new.v[0], fds);
	parent_listen_close(&new);
	conf_free(one);
	conf_free(all);
	conf_free(c);
}

/* A process can't be sent hundreds of sockets at once. */
ATF_TC_WITHOUT_HEAD(too_many);
ATF_TC_BODY(too_many, tc)
{
	struct conf	*c = configure("listen on 127.0.0.1 port 0 tls\n"
			    "listen on 127.0.0.1 port 0\n"
			    "listen on 127.0.0.1 port 0\n"
			    "listen on 127.0.0.1 port 0\n"
			    "listen on 127.0.0.1 port 0\n");
	char		 line[512];

#ifndef __linux__
	atf_tc_skip("all processes share one socket");
#endif
	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 64, &pool));
	pass_on(&old, IPC_UP_LISTEN);
	log_capture(line, sizeof(line));
	ATF_CHECK_EQ(-1, parent_listen_open(&new, c, 1, &pool));
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(line, "320 of its sockets") != NULL, "%s", line);
	ATF_CHECK_EQ(0, new.n);
	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 64, &pool));
	pass_on(&old, IPC_UP_LISTEN);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, c, 2, &pool));
	parent_listen_close(&new);
	conf_free(c);
}

/* What another program has is refused, whatever else is inherited. */
ATF_TC_WITHOUT_HEAD(in_use);
ATF_TC_BODY(in_use, tc)
{
	struct parent_listen_set	other;
	struct conf	*c = tls_at("127.0.0.1", 0), *same;
	char		 line[256];

	ATF_REQUIRE_EQ(0, parent_listen_open(&other, c, 1, &pool));
	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 1, &pool));
	pass_on(&old, IPC_UP_LISTEN);
	same = tls_at("127.0.0.1", other.v[0].port);
	log_capture(line, sizeof(line));
	ATF_CHECK_EQ(-1, parent_listen_open(&new, same, 2, &pool));
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(line, "in use") != NULL, "%s", line);
	parent_inherit_end(&pool);
	parent_listen_close(&other);
	conf_free(same);
	conf_free(c);
}

/* The descriptor is refused, and stays the caller's. */
static void
refused(enum ipc_up_socket kind, int fd)
{
	const char	*why = NULL;

	ATF_REQUIRE(fd != -1);
	ATF_CHECK_EQ(-1, parent_inherit_add(&pool, kind, fd, &why));
	ATF_CHECK(why != NULL);
	ATF_CHECK(fcntl(fd, F_GETFD) != -1);
	close(fd);
}

static int
bound(int family, int type)
{
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 sin;
		struct sockaddr_in6	 sin6;
	} u;
	const int	zero = 0;
	int		fd;

	memset(&u, 0, sizeof(u));
	u.sa.sa_family = (sa_family_t)family;
	if ((fd = socket(family, type, 0)) == -1)
		return (-1);
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
		    sizeof(zero));
	ATF_REQUIRE_EQ(0, bind(fd, &u.sa, family == AF_INET ? sizeof(u.sin) :
	    sizeof(u.sin6)));
	return (fd);
}

ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	int		sv[2], fd;

	refused(IPC_UP_LISTEN, bound(AF_INET, SOCK_DGRAM));
	refused(IPC_UP_METRICS, bound(AF_INET, SOCK_DGRAM));
	refused(IPC_UP_STUN, bound(AF_INET, SOCK_STREAM));
	refused(IPC_UP_LISTEN, socket(AF_INET, SOCK_STREAM, 0));
	refused(IPC_UP_STUN, socket(AF_INET, SOCK_DGRAM, 0));
	refused(IPC_UP_CONTROL, bound(AF_INET, SOCK_STREAM));
	refused(IPC_UP_CONTROL, open(".", O_RDONLY));
	refused(IPC_UP_LISTEN, open(".", O_RDONLY));
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	refused(IPC_UP_LISTEN, sv[0]);
	refused(IPC_UP_CONTROL, sv[1]);
	fd = bound(AF_INET, SOCK_DGRAM);
	refused(IPC_UP_STUN, connect_to(SOCK_DGRAM, port_of(fd)));
	close(fd);
	fd = bound(AF_INET, SOCK_STREAM);
	ATF_REQUIRE_EQ(0, listen(fd, 1));
	refused(IPC_UP_LISTEN, connect_to(SOCK_STREAM, port_of(fd)));
	close(fd);
#ifdef __linux__
	if ((fd = bound(AF_INET6, SOCK_STREAM)) != -1)
		refused(IPC_UP_LISTEN, fd);	/* it takes IPv4, too */
#endif
	ATF_CHECK_EQ(0, pool.n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, as_many);
	ATF_TP_ADD_TC(tp, more);
	ATF_TP_ADD_TC(tp, fewer);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, stun);
	ATF_TP_ADD_TC(tp, metrics);
	ATF_TP_ADD_TC(tp, port_0);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, wider);
	ATF_TP_ADD_TC(tp, too_many);
	ATF_TP_ADD_TC(tp, in_use);
	ATF_TP_ADD_TC(tp, wrong);
	return (atf_no_error());
}

/*
 * listen_test: the parent's listening sockets, which only workers share.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

static struct parent_inherit none;	/* nothing is inherited */

/* A configuration with the given listen lines. */
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
configure_port(const char *address, int port)
{
	char	line[128];

	snprintf(line, sizeof(line), "listen on %s port %d tls", address,
	    port);
	return (configure(line));
}

static int
port_of(int fd)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);

	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&ss, &len));
	if (ss.ss_family == AF_INET6)
		return (ntohs(((struct sockaddr_in6 *)&ss)->sin6_port));
	return (ntohs(((struct sockaddr_in *)&ss)->sin_port));
}

static int
connect_to(int port)
{
	struct sockaddr_in	sin;
	int			fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* Accept all waiting connections; *used gets the number of sockets with any. */
static int
accept_all(const struct parent_listen_socket *l, unsigned int n, int want,
    int *used)
{
	struct pollfd	pfd[8];
	unsigned int	i;
	int		fd, got = 0, hits[8] = { 0 };

	for (i = 0; i < n; i++) {
		pfd[i].fd = l->fds[i];
		pfd[i].events = POLLIN;
	}
	while (got < want && poll(pfd, n, BOUND_MS) > 0)
		for (i = 0; i < n; i++)
			if (pfd[i].revents != 0 &&
			    (fd = accept(l->fds[i], NULL, NULL)) != -1) {
				close(fd);
				hits[i] = 1;
				got++;
			}
	for (*used = 0, i = 0; i < n; i++)
		*used += hits[i];
	return (got);
}

ATF_TC_WITHOUT_HEAD(shared);
ATF_TC_BODY(shared, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	int				i, used, fds[CLIENTS];

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 3, &none));
	ATF_REQUIRE_EQ(1, s.n);
	ATF_CHECK(s.v[0].port != 0);
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(s.v[0].port, port_of(s.v[0].fds[i]));
	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE((fds[i] = connect_to(s.v[0].port)) != -1);
	ATF_CHECK_EQ(CLIENTS, accept_all(&s.v[0], 3, CLIENTS, &used));
#ifdef __linux__
	ATF_CHECK_MSG(used > 1, "one worker got all clients");
#endif
	for (i = 0; i < CLIENTS; i++)
		close(fds[i]);
	i = s.v[0].port;
	parent_listen_close(&s);
	ATF_CHECK_EQ_MSG(-1, connect_to(i), "something is still open");
	conf_free(c);
}

/* An address that is in use is refused, with and without sharing. */
ATF_TC_WITHOUT_HEAD(in_use);
ATF_TC_BODY(in_use, tc)
{
	struct parent_listen_set	first, second;
	struct conf			*c = configure_port("127.0.0.1", 0),
	    *same;
	unsigned int			a, b;
	char				line[256], port[16];

	for (a = 1; a <= 2; a++)
		for (b = 1; b <= 2; b++) {
			ATF_REQUIRE_EQ(0, parent_listen_open(&first, c, a,
			    &none));
			same = configure_port("127.0.0.1", first.v[0].port);
			log_capture(line, sizeof(line));
			ATF_CHECK_EQ_MSG(-1, parent_listen_open(&second, same,
			    b, &none), "%u workers took what %u had", b, a);
			log_capture(NULL, 0);
			snprintf(port, sizeof(port), ":%d:",
			    first.v[0].port);
			ATF_CHECK_MSG(strstr(line, "derpd.conf:4: ") != NULL &&
			    strstr(line, port) != NULL &&
			    strstr(line, "in use") != NULL, "%s", line);
			conf_free(same);
			parent_listen_close(&first);
		}
	conf_free(c);
}

/* The same for stund, whose processes have a socket each. */
ATF_TC_WITHOUT_HEAD(stun_in_use);
ATF_TC_BODY(stun_in_use, tc)
{
	struct parent_listen_set	first, second;
	struct conf			*c, *same;
	unsigned int			a, b;
	char				line[256], stun[64];

	c = configure("stun { listen on 127.0.0.1 port 0 }");
	for (a = 1; a <= 2; a++)
		for (b = 1; b <= 2; b++) {
			ATF_REQUIRE_EQ(0, parent_listen_stun(&first, c, a,
			    &none));
			ATF_REQUIRE_EQ(1, first.n);
			ATF_CHECK_EQ(first.v[0].port,
			    port_of(first.v[0].fds[0]));
			ATF_CHECK_EQ(first.v[0].port,
			    port_of(first.v[0].fds[a - 1]));
			snprintf(stun, sizeof(stun), "stun { listen on "
			    "127.0.0.1 port %d }", first.v[0].port);
			same = configure(stun);
			log_capture(line, sizeof(line));
			ATF_CHECK_EQ_MSG(-1, parent_listen_stun(&second, same,
			    b, &none), "%u processes took what %u had", b, a);
			log_capture(NULL, 0);
			ATF_CHECK_MSG(strstr(line, " (UDP): ") != NULL &&
			    strstr(line, "ss -lunp") != NULL, "%s", line);
			conf_free(same);
			parent_listen_close(&first);
		}
	conf_free(c);
}

/* When one port is in use, no socket is left open. */
ATF_TC_WITHOUT_HEAD(all_or_none);
ATF_TC_BODY(all_or_none, tc)
{
	struct parent_listen_set	first, free_one, s;
	struct conf			*c = configure_port("127.0.0.1", 0),
	    *both;
	char				lines[160];

	ATF_REQUIRE_EQ(0, parent_listen_open(&first, c, 1, &none));
	ATF_REQUIRE_EQ(0, parent_listen_open(&free_one, c, 1, &none));
	snprintf(lines, sizeof(lines), "listen on 127.0.0.1 port %d tls\n"
	    "listen on 127.0.0.1 port %d", free_one.v[0].port,
	    first.v[0].port);
	parent_listen_close(&free_one);
	both = configure(lines);
	ATF_CHECK_EQ(-1, parent_listen_open(&s, both, 2, &none));
	ATF_CHECK_EQ(0, s.n);
	parent_listen_close(&first);
	ATF_CHECK_EQ(0, parent_listen_open(&s, both, 2, &none));
	ATF_REQUIRE_EQ(2, s.n);
	ATF_CHECK(s.v[0].tls && !s.v[1].tls);
	parent_listen_close(&s);
	conf_free(both);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(both_families);
ATF_TC_BODY(both_families, tc)
{
	struct parent_listen_set	four, s;
	struct conf			*c;
	char				want[64];
	int				fd, port;

	if ((fd = socket(AF_INET6, SOCK_STREAM, 0)) == -1)
		atf_tc_skip("no IPv6 here");
	close(fd);
	c = configure_port("127.0.0.1", 0);
	ATF_REQUIRE_EQ(0, parent_listen_open(&four, c, 1, &none));
	port = four.v[0].port;
	parent_listen_close(&four);
	conf_free(c);
	c = configure_port("*", port);
	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 2, &none));
	ATF_REQUIRE_EQ(2, s.n);
	snprintf(want, sizeof(want), "[::]:%d", port);
	ATF_CHECK_STREQ(want, s.v[s.v[0].text[0] != '['].text);
	snprintf(want, sizeof(want), "0.0.0.0:%d", port);
	ATF_CHECK_STREQ(want, s.v[s.v[0].text[0] == '['].text);
	parent_listen_close(&s);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(close_on_exec);
ATF_TC_BODY(close_on_exec, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	unsigned int			i;

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 3, &none));
	for (i = 0; i < 3; i++)
		ATF_CHECK(fcntl(s.v[0].fds[i], F_GETFD) & FD_CLOEXEC);
	parent_listen_close(&s);
	conf_free(c);
}

/* 192.0.2.0/24 is for documentation: no machine has it. */
ATF_TC_WITHOUT_HEAD(not_ours);
ATF_TC_BODY(not_ours, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("192.0.2.1", 0);
	char				line[256];

	log_capture(line, sizeof(line));
	ATF_CHECK_EQ(-1, parent_listen_open(&s, c, 1, &none));
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(line, "192.0.2.1") != NULL &&
	    strstr(line, "does not have the address") != NULL, "%s", line);
	conf_free(c);
}

/* A compromised worker ends listening; its successor's socket listens again. */
ATF_TC_WITHOUT_HEAD(ended);
ATF_TC_BODY(ended, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	int				i, fd, used;

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 1, &none));
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(0, shutdown(s.v[0].fds[0], SHUT_RDWR));
		ATF_CHECK_EQ(-1, connect_to(s.v[0].port));
		ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
		ATF_REQUIRE((fd = connect_to(s.v[0].port)) != -1);
		ATF_CHECK_EQ(1, accept_all(&s.v[0], 1, 1, &used));
		close(fd);
	}
	parent_listen_close(&s);
	conf_free(c);
}

/* A drain ends listening where clients log in, and nowhere else. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure("listen on 127.0.0.1 "
					    "port 0 tls\nlisten on 127.0.0.1 "
					    "port 0\nlisten on 127.0.0.1 "
					    "port 0 derp");
	int				i, k, fd, used;

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 2, &none));
	for (k = 0; k < 2; k++) {
		parent_listen_drain(&s, 1);
		parent_listen_drain(&s, 1);
		/* Another front, and a reload. */
		ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
		ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 1));
		for (i = 0; i < 8; i++) {
			ATF_CHECK_EQ(-1, connect_to(s.v[0].port));
			ATF_CHECK_EQ(-1, connect_to(s.v[2].port));
		}
		ATF_REQUIRE((fd = connect_to(s.v[1].port)) != -1);
		ATF_CHECK_EQ(1, accept_all(&s.v[1], 2, 1, &used));
		close(fd);
		parent_listen_drain(&s, 0);
		for (i = 0; i < 3; i++) {
			ATF_REQUIRE((fd = connect_to(s.v[i].port)) != -1);
			ATF_CHECK_EQ(1, accept_all(&s.v[i], 2, 1, &used));
			close(fd);
		}
	}
	/* One that a front ends is mended again. */
	ATF_REQUIRE_EQ(0, shutdown(s.v[0].fds[0], SHUT_RDWR));
	ATF_REQUIRE_EQ(0, shutdown(s.v[0].fds[1], SHUT_RDWR));
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	ATF_REQUIRE((fd = connect_to(s.v[0].port)) != -1);
	close(fd);
	parent_listen_close(&s);
	conf_free(c);
}

/* The new derpd of an upgrade has no client before the old one says so. */
ATF_TC_WITHOUT_HEAD(waits);
ATF_TC_BODY(waits, tc)
{
	struct parent_listen_set	old, new, other;
	struct parent_inherit		pool = { .waits = 1 };
	struct conf			*c = configure_port("127.0.0.1", 0),
	    *more;
	char				lines[160], line[256] = "";
	const char			*why;
	int				i, fd, used, free_port, fds[CLIENTS];

#ifndef __linux__
	atf_tc_skip("all workers share one socket");
#endif
	ATF_REQUIRE_EQ(0, parent_listen_open(&other, c, 1, &none));
	free_port = other.v[0].port;
	parent_listen_close(&other);
	ATF_REQUIRE_EQ(0, parent_listen_open(&old, c, 1, &none));
	ATF_REQUIRE((fd = dup(old.v[0].fds[0])) != -1);
	ATF_REQUIRE_EQ(0, parent_inherit_add(&pool, IPC_UP_LISTEN, fd, &why));
	snprintf(lines, sizeof(lines), "listen on 127.0.0.1 port %d tls\n"
	    "listen on 127.0.0.1 port %d", old.v[0].port, free_port);
	more = configure(lines);
	ATF_REQUIRE_EQ(0, parent_listen_open(&new, more, 3, &pool));
	ATF_REQUIRE_EQ(3, new.v[0].nfds);
	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE((fds[i] = connect_to(old.v[0].port)) != -1);
	ATF_CHECK_EQ(-1, connect_to(free_port));
	ATF_CHECK_EQ(CLIENTS, accept_all(&old.v[0], 1, CLIENTS, &used));
	for (i = 0; i < CLIENTS; i++)
		close(fds[i]);

	log_capture(line, sizeof(line));
	parent_listen_begin(&new);
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(0, parent_listen_options(&new, more,
		    (unsigned int)i));
	log_capture(NULL, 0);
	ATF_CHECK_STREQ("", line);
	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE((fds[i] = connect_to(old.v[0].port)) != -1);
	ATF_CHECK_EQ(CLIENTS, accept_all(&new.v[0], 3, CLIENTS, &used));
	ATF_CHECK(used > 1);
	for (i = 0; i < CLIENTS; i++)
		close(fds[i]);
	ATF_REQUIRE((fd = connect_to(free_port)) != -1);
	ATF_CHECK_EQ(1, accept_all(&new.v[1], 3, 1, &used));
	close(fd);
	parent_listen_close(&new);
	parent_listen_close(&old);
	parent_inherit_end(&pool);
	conf_free(more);
	conf_free(c);
}

static int
option(int fd, int level, int name)
{
	socklen_t	len = sizeof(int);
	int		v = -1;

	ATF_REQUIRE_EQ(0, getsockopt(fd, level, name, &v, &len));
	return (v);
}

/* The same with several workers: the socket gets its share again. */
ATF_TC_WITHOUT_HEAD(ended_of_two);
ATF_TC_BODY(ended_of_two, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	int				i, used, fds[CLIENTS];

#ifndef __linux__
	atf_tc_skip("all workers share one socket");
#endif
	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 2, &none));
	ATF_REQUIRE_EQ(0, shutdown(s.v[0].fds[0], SHUT_RDWR));
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 1));
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	for (i = 0; i < CLIENTS; i++)
		ATF_REQUIRE((fds[i] = connect_to(s.v[0].port)) != -1);
	ATF_CHECK_EQ(CLIENTS, accept_all(&s.v[0], 2, CLIENTS, &used));
	ATF_CHECK_EQ(2, used);
	for (i = 0; i < CLIENTS; i++)
		close(fds[i]);
	parent_listen_close(&s);
	conf_free(c);
}

/* A new connection has the keepalive, s, and user timeout, ms, of `l'. */
static void
check_accepted(const struct parent_listen_socket *l, int keepalive,
    int timeout)
{
	struct pollfd	pfd = { .fd = l->fds[0], .events = POLLIN };
	int		client = connect_to(l->port), fd;

	ATF_REQUIRE(client != -1);
	ATF_REQUIRE_EQ(1, poll(&pfd, 1, BOUND_MS));
	ATF_REQUIRE((fd = accept(pfd.fd, NULL, NULL)) != -1);
	ATF_CHECK_EQ(keepalive > 0, option(fd, SOL_SOCKET, SO_KEEPALIVE));
#ifdef TCP_KEEPIDLE
	if (keepalive > 0)
		ATF_CHECK_EQ(keepalive, option(fd, IPPROTO_TCP, TCP_KEEPIDLE));
#endif
#ifdef TCP_USER_TIMEOUT
	ATF_CHECK_EQ(timeout, option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
#endif
	(void)timeout;
	close(fd);
	close(client);
}

/* The options follow the configuration, whatever was set before. */
ATF_TC_WITHOUT_HEAD(options);
ATF_TC_BODY(options, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	int				fd, one = 1, zero = 0;

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 1, &none));
	fd = s.v[0].fds[0];
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	check_accepted(&s.v[0], 600, 15000);
	ATF_CHECK_EQ(1, option(fd, IPPROTO_TCP, TCP_NODELAY));
	ATF_CHECK_EQ(1, option(fd, SOL_SOCKET, SO_KEEPALIVE));
#ifdef TCP_KEEPIDLE
	ATF_CHECK_EQ(600, option(fd, IPPROTO_TCP, TCP_KEEPIDLE));
#endif
#ifdef TCP_USER_TIMEOUT
	ATF_CHECK_EQ(15000, option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
	ATF_REQUIRE_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &one,
	    sizeof(one)));
#endif
#ifdef TCP_NOTSENT_LOWAT
	ATF_CHECK_EQ(32768, option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
	c->worker.notsent_lowat = 65536;
#endif
	c->relay.keepalive = 0;
	c->relay.user_timeout = 7000;
	ATF_REQUIRE_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &zero,
	    sizeof(zero)));
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	ATF_CHECK_EQ(1, option(fd, IPPROTO_TCP, TCP_NODELAY));
	ATF_CHECK_EQ(0, option(fd, SOL_SOCKET, SO_KEEPALIVE));
	check_accepted(&s.v[0], 0, 7000);
#ifdef TCP_USER_TIMEOUT
	ATF_CHECK_EQ(7000, option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
#endif
#ifdef TCP_NOTSENT_LOWAT
	ATF_CHECK_EQ(65536, option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
#endif
	(void)one;
	parent_listen_close(&s);
	conf_free(c);
}

#ifdef TCP_CONGESTION
static void
check_congestion(int fd, const char *want)
{
	char		name[16] = "";
	socklen_t	len = sizeof(name) - 1;

	ATF_REQUIRE_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name,
	    &len));
	ATF_CHECK_STREQ(want, name);
}

/* A reload without a congestion control restores the system's. */
ATF_TC_WITHOUT_HEAD(congestion);
ATF_TC_BODY(congestion, tc)
{
	struct parent_listen_set	s;
	struct conf			*c = configure_port("127.0.0.1", 0);
	char				reno[] = "reno", was[16] = "";
	socklen_t			len = sizeof(was) - 1;
	int				fd;

	ATF_REQUIRE_EQ(0, parent_listen_open(&s, c, 1, &none));
	fd = s.v[0].fds[0];
	ATF_REQUIRE_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, was,
	    &len));
	if (strcmp(was, "reno") == 0)
		atf_tc_skip("reno is this system's own");
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	check_congestion(fd, was);
	c->relay.congestion = reno;
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	check_congestion(fd, "reno");
	c->relay.congestion = NULL;
	ATF_REQUIRE_EQ(0, parent_listen_options(&s, c, 0));
	check_congestion(fd, was);
	parent_listen_close(&s);
	conf_free(c);
}
#endif

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ended);
	ATF_TP_ADD_TC(tp, ended_of_two);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, waits);
	ATF_TP_ADD_TC(tp, options);
#ifdef TCP_CONGESTION
	ATF_TP_ADD_TC(tp, congestion);
#endif
	ATF_TP_ADD_TC(tp, shared);
	ATF_TP_ADD_TC(tp, in_use);
	ATF_TP_ADD_TC(tp, stun_in_use);
	ATF_TP_ADD_TC(tp, all_or_none);
	ATF_TP_ADD_TC(tp, both_families);
	ATF_TP_ADD_TC(tp, close_on_exec);
	ATF_TP_ADD_TC(tp, not_ours);
	return (atf_no_error());
}

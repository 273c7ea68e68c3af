/*
 * dialway_test: Tests of dialway.c: addresses and sockets that the owner gives,
 * and proxies.
 */
#include <fcntl.h>

#include "dialfixture.h"

/* What the owner gives */

static int	 lent;		/* sockets that were asked for */
static int	 lends;		/* 0: the owner has none */

static void
on_find(struct dial *dial, const char *host, void *arg)
{
	struct net_place v[2];
	int i;

	(void)arg;
	memset(v, 0, sizeof(v));
	ATF_CHECK_STREQ("localhost", host);
	for (i = 0; i < naddresses; i++) {
		memcpy(&v[i].ss, &addresses[i], sizeof(addresses[i]));
		v[i].len = sizeof(addresses[i]);
	}
	dial_places(dial, v, (size_t)naddresses, "no such host");
}

static void
on_lend(struct dial *dial, int family, void *arg)
{
	int fd;

	(void)arg;
	lent++;
	ATF_CHECK_EQ(AF_INET, family);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ATF_REQUIRE(fd != -1);
	if (lends)
		dial_socket(dial, fd, "");
	else {
		close(fd);
		dial_socket(dial, -1, "no descriptors are left");
	}
}

/* Addresses and sockets come from the owner, and get the node's port. */
ATF_TC_WITHOUT_HEAD(lent_sockets);
ATF_TC_BODY(lent_sockets, tc)
{
	begin();
	d.find = on_find;
	d.lend = on_lend;
	(void)node_cert(&cert);
	node_start(&server, &cert, serve_well);
	set_node("ca.pem", "");
	node.address[0] = '\0';
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "find the addresses of localhost: no such host");
	add_address("127.0.0.9", 0);
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "a socket for 127.0.0.9 port");
	HAS(d.why, "no descriptors are left");
	ATF_CHECK_EQ(1, lent);
	lends = 1;
	add_address("127.0.0.1", 0);
	ATF_CHECK_EQ_MSG(DIAL_IN, dial(), "%s", d.why);
	talk();
	net_transport_close(&d.t);
	node_stop(&server);
}

static void
on_find_late(struct dial *dial, const char *host, void *arg)
{
	(void)dial;
	(void)host;
	(void)arg;
}

static void
on_lend_late(struct dial *dial, int family, void *arg)
{
	(void)dial;
	(void)family;
	(void)arg;
}

/* An owner that gives nothing does not hold up the attempt for ever. */
ATF_TC_WITHOUT_HEAD(owner_late);
ATF_TC_BODY(owner_late, tc)
{
	int fd;

	d.dial_ms = 50;
	begin();
	d.find = on_find_late;
	(void)node_cert(&cert);
	server.port = 1;
	set_node("ca.pem", "");
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "find the addresses of 127.0.0.1: no answer in time");
	d.find = NULL;
	d.lend = on_lend_late;
	ATF_CHECK_EQ(DIAL_FAILED, dial());
	HAS(d.why, "a socket for 127.0.0.1 port 1: no answer in time");
	/* A late socket is closed. */
	ATF_REQUIRE((fd = dup(0)) != -1);
	dial_socket(&d, fd, "");
	ATF_CHECK_EQ(-1, fcntl(fd, F_GETFD));
}

/* A proxy */

static int	 node_port;

/* Copy what one end has to the other one; ends with either. */
static void
copy(int from, int to)
{
	char buf[4096];
	ssize_t n, k, done;

	if ((n = read(from, buf, sizeof(buf))) <= 0)
		_exit(0);
	for (done = 0; done < n; done += k)
		if ((k = write(to, buf + done, (size_t)(n - done))) <= 0)
			_exit(0);
}

static void
serve_proxy(struct visit *v)
{
	static const char ok[] = "HTTP/1.0 200 Connection established\r\n"
	    "Via: a test\r\n\r\n";
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct pollfd p[2];
	char line[128];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	node_hear(v);
	snprintf(line, sizeof(line), "CONNECT localhost:%d HTTP/1.1\r\n"
	    "Host: localhost:%d\r\nProxy-Authorization: Basic "
	    "dTpw\r\n\r\n", node_port, node_port);
	if (strcmp(v->request, line) != 0) {
		node_send(v, "HTTP/1.1 407 No\r\n\r\n", 19);
		_exit(0);
	}
	sin.sin_port = htons((uint16_t)node_port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		_exit(0);
	node_send(v, ok, sizeof(ok) - 1);
	p[0].fd = v->fd;
	p[1].fd = fd;
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0)
			copy(v->fd, fd);
		if (p[1].revents != 0)
			copy(fd, v->fd);
	}
	_exit(0);
}

static void
serve_eager_proxy(struct visit *v)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nhello";

	node_hear(v);
	node_send(v, text, sizeof(text) - 1);
	node_linger(v);
}

static void
serve_endless_proxy(struct visit *v)
{
	node_hear(v);
	for (;;)
		node_send(v, "HTTP/1.1 200 aaaaaaaaaaaaaa", 27);
}

/* Dial through a proxy of this behaviour. */
static enum dial_end
through(struct node_server *proxy, void (*serve)(struct visit *),
    const char *login)
{
	char url[64];
	int end;

	proxy->plain = 1;
	node_start(proxy, &cert, serve);
	snprintf(url, sizeof(url), "http://%s127.0.0.1:%d", login,
	    proxy->port);
	ATF_REQUIRE_EQ(0, dial_proxy_set(&node.proxy, url));
	end = dial();
	if (end != DIAL_IN)
		node_stop(proxy);
	return ((enum dial_end)end);
}

ATF_TC_WITHOUT_HEAD(proxy);
ATF_TC_BODY(proxy, tc)
{
	struct node_server proxy;

	memset(&proxy, 0, sizeof(proxy));
	d.dial_ms = 5000;
	begin();
	(void)node_cert(&cert);
	node_start(&server, &cert, serve_well);
	node_port = server.port;
	set_node("ca.pem", "");
	node.address[0] = '\0';
	ATF_CHECK_EQ_MSG(DIAL_IN, through(&proxy, serve_proxy, "u:p@"), "%s",
	    d.why);
	HAS(d.where, "localhost:");
	HAS(d.where, " through 127.0.0.1 port ");
	talk();
	net_transport_close(&d.t);
	node_stop(&proxy);
	ATF_CHECK_EQ(DIAL_FAILED, through(&proxy, serve_proxy, ""));
	HAS(d.why, "CONNECT at 127.0.0.1 port");
	HAS(d.why, "status 407 (it wants a login)");
	ATF_CHECK_EQ(DIAL_FAILED, through(&proxy, serve_eager_proxy, ""));
	HAS(d.why, "bytes before TLS");
	ATF_CHECK_EQ(DIAL_FAILED, through(&proxy, serve_endless_proxy, ""));
	HAS(d.why, "not HTTP/1.1");
	ATF_CHECK_EQ(DIAL_FAILED, through(&proxy, node_hear, ""));
	HAS(d.why, "the proxy closed the connection");
	d.dial_ms = 200;
	ATF_CHECK_EQ(DIAL_FAILED, through(&proxy, node_linger, ""));
	HAS(d.why, "no answer in time");
	node_stop(&server);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lent_sockets);
	ATF_TP_ADD_TC(tp, owner_late);
	ATF_TP_ADD_TC(tp, proxy);
	return (atf_no_error());
}

/*
 * bridgefixture: Shared by tests of the process worker in its sandbox: the test
 * plays the parent, netlink, wgkeys, the kernel's WireGuard, and a peer that is
 * connected to a relay.
 */
#ifndef BRIDGEFIXTURE_H
#define BRIDGEFIXTURE_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "childpeer.h"
#include "derpclient.h"
#include "fakerelay.h"
#include "tlspeer.h"
#include "udpsock.h"
#include "worker.h"

#define POLL_MS	20		/* between two looks at all channels */

static struct ipc_chan	*netlink, *keys;	/* the other ends */
static struct fake_relay relay;
static struct made	 relay_cert;
static uint8_t		 own[IPC_KEYLEN], own_secret[IPC_KEYLEN];
static int		 kernel = -1;	/* the interface's socket */
static uint16_t		 kernel_port, udp_port;
static struct net_derpclient *peer;
static unsigned int	 sockets, logins, resolved; /* that were asked for */
static struct ipc_msg_dev_set last_set;
static unsigned int	 sets;
/* What is refused. */
static int		 no_socket, no_login, no_name, no_keys;
static int		 no_answer;	/* of wgkeys */
static const char	*proxy = "";	/* of the configuration */
static char		 text[256 * 1024];	/* of a query */
static int		 text_whole;

static const uint8_t	 peer_local[4] = { 127, 128, 0, 9 };

/* Sockets */

static inline uint16_t
port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	return (ntohs(sin.sin_port));
}

static inline struct sockaddr_in
at(const uint8_t addr[4], uint16_t port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	memcpy(&sin.sin_addr, addr, 4);
	sin.sin_port = htons(port);
	return (sin);
}

/* The worker's socket; the parent makes it. */
static inline int
udp_socket(void)
{
	static const uint8_t any[4] = { 0, 0, 0, 0 };
	struct sockaddr_in sin = at(any, 0);
	int fd;

	fd = net_udp_socket((struct sockaddr *)&sin, sizeof(sin), 0);
	ATF_REQUIRE(fd != -1);
	udp_port = port_of(fd);
	return (fd);
}

static inline void
open_kernel(void)
{
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct sockaddr_in sin = at(loopback, 0);

	ATF_REQUIRE((kernel = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(kernel, (struct sockaddr *)&sin, sizeof(sin)));
	kernel_port = port_of(kernel);
}

/* The parent */

static inline void
flush(struct ipc_chan *c)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
}

/* The settings of the interface; `v' is all zeros but for what is tested. */
static inline void
tell_iface(struct ipc_msg_worker_iface v, int fd)
{
	v.name = "wg0";
	v.port = udp_port;
	v.cafile = "";
	ATF_REQUIRE_EQ(0, ipc_send_worker_iface(child, &v, fd));
}

static inline void
tell_conf(uint32_t ifaces)
{
	struct ipc_msg_worker_conf v = { .ifaces = ifaces, .proxy = proxy };

	ATF_REQUIRE_EQ(0, ipc_send_worker_conf(child, &v));
	flush(child);
}

static inline void
tell_map(const char *map)
{
	struct ipc_msg_worker_map v = { map, strlen(map) };

	ATF_REQUIRE_EQ(0, ipc_send_worker_map(child, &v));
	flush(child);
}

/* A map with the first `n' nodes of the relay. */
static inline void
tell_nodes(int n)
{
	char map[1024], *p = map;
	int i;

	p += sprintf(p, "{\"Regions\":{\"901\":{\"RegionID\":901,\"Nodes\":[");
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s{\"Name\":\"901%c\",\"RegionID\":901,"
		    "\"HostName\":\"relay.test\",\"IPv4\":\"127.0.0.1\","
		    "\"DERPPort\":%d,\"InsecureForTests\":true}",
		    i > 0 ? "," : "", 'a' + i, relay.port[i]);
	(void)sprintf(p, "]}}}");
	tell_map(map);
}

static inline struct ipc_chan *
make_chan(enum ipc_role self, int *other)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	c = ipc_chan_new(NULL, sv[0], self, ROLE_WORKER, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	*other = sv[1];
	return (c);
}

static inline void
give_netlink(void)
{
	int fd;

	ipc_chan_free(netlink);
	netlink = make_chan(ROLE_NETLINK, &fd);
	ATF_REQUIRE_EQ(0, ipc_send_worker_netlink(child, fd));
	flush(child);
}

static inline void
give_keys(void)
{
	int fd;

	ipc_chan_free(keys);
	keys = make_chan(ROLE_WGKEYS, &fd);
	ATF_REQUIRE_EQ(0, ipc_send_worker_keys(child, fd));
	flush(child);
}

static inline void
lend_socket(const struct ipc_msg_worker_want_tcp *v)
{
	struct ipc_msg_worker_tcp a = { .cookie = v->cookie, .why = "" };
	int fd = -1;

	sockets++;
	if (no_socket)
		a.why = "there is no socket";
	else
		fd = socket(v->ipv6 ? AF_INET6 : AF_INET,
		    SOCK_STREAM | SOCK_NONBLOCK, 0);
	ATF_REQUIRE_EQ(0, ipc_send_worker_tcp(child, &a, fd));
	flush(child);
}

static inline void
take_text(const struct ipc_msg_worker_text *v)
{
	size_t len = strlen(text);

	ATF_REQUIRE(len + v->len < sizeof(text));
	memcpy(text + len, v->text, v->len);
	text[len + v->len] = '\0';
	text_whole = v->last;
}

/* All names are at 127.0.0.1. */
static inline void
give_addrs(const char *name)
{
	static const uint8_t addrs[IPC_ADDRLEN] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1
	};
	struct ipc_msg_worker_addrs v = {
		.name = name, .naddrs = no_name ? 0 : 1, .addrs = addrs,
		.why = no_name ? "there is no such name" : ""
	};

	resolved++;
	ATF_REQUIRE_EQ(0, ipc_send_worker_addrs(child, &v));
	flush(child);
}

static inline void
from_worker(struct ipc_msg *m)
{
	struct ipc_msg_worker_want_addrs addrs;
	struct ipc_msg_worker_want_tcp tcp;
	struct ipc_msg_worker_text part;

	switch (m->type) {
	case MSG_WORKER_WANT_TCP:
		ATF_REQUIRE_EQ(0, ipc_get_worker_want_tcp(&m->rd, &tcp));
		lend_socket(&tcp);
		break;
	case MSG_WORKER_WANT_ADDRS:
		ATF_REQUIRE_EQ(0, ipc_get_worker_want_addrs(&m->rd, &addrs));
		give_addrs(addrs.name);
		break;
	case MSG_WORKER_TEXT:
		ATF_REQUIRE_EQ(0, ipc_get_worker_text(&m->rd, &part));
		take_text(&part);
		break;
	case MSG_WORKER_CHANLESS:
		break;
	default:
		atf_tc_fail("the worker sent %s", ipc_msg_name(m->type));
	}
}

/* wgkeys */

/* Make the payload of ClientInfo as wgkeys does. */
static inline void
log_in(const struct ipc_msg_wglogin *v)
{
	static const uint8_t json[] = "{\"version\":2,\"CanAckPings\":true}";
	uint8_t info[IPC_KEYLEN + crypto_box_NONCEBYTES +
	    crypto_box_MACBYTES + sizeof(json) - 1];
	uint8_t *nonce = info + IPC_KEYLEN;
	struct ipc_msg_wglogged a = {
		.cookie = v->cookie, .ok = !no_login,
		.why = no_login ? "there is no key" : "",
		.info = info, .info_len = sizeof(info)
	};

	logins++;
	if (no_answer)
		return;
	memcpy(info, own, IPC_KEYLEN);
	randombytes_buf(nonce, crypto_box_NONCEBYTES);
	ATF_REQUIRE_EQ(0, crypto_box_easy(nonce + crypto_box_NONCEBYTES, json,
	    sizeof(json) - 1, nonce, v->server_key, own_secret));
	ATF_REQUIRE_EQ(0, ipc_send_wglogged(keys, &a));
	flush(keys);
}

static inline void
to_keys(struct ipc_msg *m)
{
	struct ipc_msg_wglogin v;

	ATF_REQUIRE_EQ(MSG_WGLOGIN, m->type);
	ATF_REQUIRE_EQ(0, ipc_get_wglogin(&m->rd, &v));
	ATF_CHECK_EQ(0, v.iface);
	ATF_CHECK_EQ(0, memcmp(v.own_key, own, IPC_KEYLEN));
	log_in(&v);
}

/* netlink */

static uint32_t	 device_mark;

static inline void
tell_device(int up, uint16_t port)
{
	struct ipc_msg_dev_iface v = {
		.up = up, .key = own, .listen_port = port,
		.fwmark = device_mark, .why = up ? "" : "it is gone"
	};

	ATF_REQUIRE_EQ(0, ipc_send_dev_iface(netlink, &v));
	flush(netlink);
}

static inline void
tell_peer(uint32_t number, const uint8_t *key, const uint8_t local[4])
{
	struct ipc_msg_dev_peer v = {
		.peer = number, .key = key, .local = local
	};

	ATF_REQUIRE_EQ(0, ipc_send_dev_peer(netlink, &v));
	flush(netlink);
}

/* A poll that found one peer. */
static inline void
tell_poll(struct ipc_wg_stats s)
{
	struct ipc_msg_dev_stats v = { .npeers = 1, .peers = &s };
	struct ipc_msg_dev_polled end = { 0 };

	ATF_REQUIRE_EQ(0, ipc_send_dev_stats(netlink, &v));
	ATF_REQUIRE_EQ(0, ipc_send_dev_polled(netlink, &end));
	flush(netlink);
}

static inline void
to_netlink(struct ipc_msg *m)
{
	ATF_REQUIRE_EQ(MSG_DEV_SET, m->type);
	ATF_REQUIRE_EQ(0, ipc_get_dev_set(&m->rd, &last_set));
	sets++;
}

/* All */

static inline void
look_at(struct ipc_chan *c, void (*take)(struct ipc_msg *))
{
	struct ipc_msg m;

	if (c == NULL)
		return;
	while (ipc_chan_poll(c)) {
		if (ipc_chan_recv(c, &m, 0) == -1) {
			ATF_REQUIRE_EQ_MSG(ETIMEDOUT, errno, "a channel: %s",
			    strerror(errno));
			return;
		}
		take(&m);
		ipc_msg_free(&m);
	}
}

/* Answer the worker's questions for a moment. */
static inline void
serve(void)
{
	look_at(child, from_worker);
	look_at(keys, to_keys);
	look_at(netlink, to_netlink);
}

/* Serve until the condition holds. */
#define UNTIL(cond) do {						\
	int left_;							\
	for (left_ = WAIT_MS; !(cond); left_ -= POLL_MS) {		\
		ATF_REQUIRE_MSG(left_ > 0, "waited in vain for " #cond); \
		serve();						\
		(void)poll(NULL, 0, POLL_MS);				\
	}								\
} while (0)

/* Ask for the status. */
static inline void
query(void)
{
	struct ipc_msg_worker_query v = { .request = 1 };

	text[0] = '\0';
	text_whole = 0;
	ATF_REQUIRE_EQ(0, ipc_send_worker_query(child, &v));
	flush(child);
	UNTIL(text_whole);
}

/* The status has this text, at once or soon. */
#define SHOWS(part) UNTIL((query(), strstr(text, part) != NULL))

static inline void
start_relay(int nodes)
{
	make_cert(&relay_cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	relay.nodes = nodes;
	relay.cert = relay_cert.cert;
	relay.key = relay_cert.key;
	fake_relay_start(&relay);
}

/* A peer logs in at a node, and is the one that sends and hears. */
static inline struct net_derpclient *
join(int node)
{
	struct net_derpclient_opts o = {
		.host = "127.0.0.1", .name = "relay.test", .trust = STREAM_ANY
	};
	char port[8];

	(void)snprintf(port, sizeof(port), "%d", relay.port[node]);
	o.port = port;
	ATF_REQUIRE((peer = net_derpclient_new()) != NULL);
	ATF_REQUIRE_EQ_MSG(0, net_derpclient_open(peer, &o, WAIT_MS), "%s",
	    net_derpclient_error(peer));
	return (peer);
}

/* Start the process with one interface that exists. */
static inline void
begin_iface(struct ipc_msg_worker_iface v)
{
	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE(sodium_init() != -1);
	crypto_box_keypair(own, own_secret);
	child_fork(ROLE_WORKER, worker_main, 0);
	tell_iface(v, udp_socket());
	tell_conf(1);
	child_is_ready();
	open_kernel();
	give_netlink();
	if (!no_keys)
		give_keys();
	tell_device(1, kernel_port);
}

static inline void
finish(void)
{
	net_derpclient_free(peer);
	ipc_chan_free(netlink);
	ipc_chan_free(keys);
	child_stop();
	if (relay.pid > 0)
		fake_relay_stop(&relay);
}

/* Packets */

/* The interface sends to the peer at its loopback address. */
static inline void
kernel_sends(const uint8_t local[4], const void *p, size_t n)
{
	struct sockaddr_in sin = at(local, udp_port);

	if (sendto(kernel, p, n, 0, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1)
		atf_tc_skip("can't send within 127.0.0.0/8: %s",
		    strerror(errno));
}

/* The interface gets this packet from the peer. */
static inline void
kernel_hears(const uint8_t local[4], const void *p, size_t n)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	static uint8_t buf[65536];
	ssize_t got = -1;

	UNTIL((got = recvfrom(kernel, buf, sizeof(buf), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &len)) != -1);
	ATF_REQUIRE_EQ((ssize_t)n, got);
	ATF_CHECK_EQ(0, memcmp(buf, p, n));
	ATF_CHECK_EQ(0, memcmp(&from.sin_addr, local, 4));
	ATF_CHECK_EQ(udp_port, ntohs(from.sin_port));
}

/* The peer gets this packet from the interface. */
static inline void
peer_hears(const void *p, size_t n)
{
	struct net_derpclient_frame f;
	int rv;

	do {
		UNTIL((rv = net_derpclient_recv(peer, &f, 1)) != 0);
		ATF_REQUIRE_MSG(rv == 1, "%s", net_derpclient_error(peer));
	} while (f.type != FRAME_RECV_PACKET);
	ATF_REQUIRE_EQ(IPC_KEYLEN + n, f.len);
	ATF_CHECK_EQ(0, memcmp(f.p, own, IPC_KEYLEN));
	ATF_CHECK_EQ(0, memcmp(f.p + IPC_KEYLEN, p, n));
}

static inline void
peer_sends(const void *p, size_t n)
{
	ATF_REQUIRE_EQ_MSG(0, net_derpclient_send(peer, own, p, n, WAIT_MS),
	    "%s", net_derpclient_error(peer));
}

#endif

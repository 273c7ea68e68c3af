/*
 * relays_test: tests of relays.c in the process worker: which relay a peer
 * uses, and what makes it another one.
 */
#include "rendezvous.h"
#include "bridgefixture.h"

/* Settings with one region for all peers. */
#define REGION(n)	((struct ipc_msg_worker_iface){			\
	.all = 1, .direct = IPC_DIRECT_AUTO,				\
	.policy = IPC_REGION_FIXED, .region = (n)			\
})

static const uint8_t	second_local[4] = { 127, 200, 1, 1 };

/* A map with a node of the relay in each of the regions 901 and 902. */
static void
tell_regions(void)
{
	char map[1024];

	(void)snprintf(map, sizeof(map), "{\"Regions\":{"
	    "\"901\":{\"RegionID\":901,\"Nodes\":[{\"Name\":\"901a\","
	    "\"HostName\":\"relay.test\",\"IPv4\":\"127.0.0.1\","
	    "\"DERPPort\":%d,\"InsecureForTests\":true}]},"
	    "\"902\":{\"RegionID\":902,\"Nodes\":[{\"Name\":\"902a\","
	    "\"HostName\":\"relay.test\",\"IPv4\":\"127.0.0.1\","
	    "\"DERPPort\":%d,\"InsecureForTests\":true}]}}}", relay.port[0],
	    relay.port[1]);
	tell_map(map);
}

/* A map with one node, and `more' of it. */
static void
tell_node(const char *more)
{
	char map[1024];

	(void)snprintf(map, sizeof(map), "{\"Regions\":{\"901\":{"
	    "\"RegionID\":901,\"Nodes\":[{\"Name\":\"901a\","
	    "\"HostName\":\"relay.test\",\"DERPPort\":%d,"
	    "\"InsecureForTests\":true,%s}]}}}", relay.port[0], more);
	tell_map(map);
}

/* The status names this relay for the peer with this loopback address. */
static int
uses(const char *local, const char *name)
{
	char part[64];
	const char *p;

	query();
	(void)snprintf(part, sizeof(part), "\"local\":\"%s\"", local);
	if ((p = strstr(text, part)) == NULL ||
	    (p = strstr(p, "\"relay\":\"")) == NULL)
		return (0);
	p += strlen("\"relay\":\"");
	return (strncmp(p, name, strlen(name)) == 0 && p[strlen(name)] == '"');
}

/*
 * Two peers, `peer' and `second'; `fixed' is one of them and has a line of the
 * configuration with region 902.
 */
static void
begin_regions(struct net_derpclient *fixed, struct net_derpclient *second)
{
	struct ipc_bridge_peer line = {
		.policy = IPC_REGION_FIXED, .region = 902
	};
	struct ipc_msg_worker_iface v = REGION(901);

	memcpy(line.key, net_derpclient_key(fixed), IPC_KEYLEN);
	v.npeers = 1;
	v.peers = &line;
	begin_iface(v);
	tell_regions();
	tell_peer(1, net_derpclient_key(peer), peer_local);
	tell_peer(2, net_derpclient_key(second), second_local);
}

/* A peer of the configuration has a region of its own. */
ATF_TC_WITHOUT_HEAD(own_region);
ATF_TC_BODY(own_region, tc)
{
	struct net_derpclient *other;

	start_relay(2);
	other = join(0);
	join(1);
	begin_regions(peer, other);
	UNTIL(uses("127.128.0.9", "902a"));
	ATF_CHECK(uses("127.200.1.1", "901a"));
	net_derpclient_free(other);
	finish();
}

/*
 * A peer that comes over the relay of another region is heard, but not answered
 * there.
 */
ATF_TC_WITHOUT_HEAD(other_region);
ATF_TC_BODY(other_region, tc)
{
	struct net_derpclient *there;

	start_relay(2);
	there = join(1);
	join(1);
	begin_regions(there, there);
	UNTIL(uses("127.200.1.1", "902a"));
	UNTIL(logins == 2);
	SHOWS("\"name\":\"902a\",\"region\":902,\"code\":\"\","
	    "\"host\":\"relay.test");
	kernel_sends(second_local, "x", 1);
	peer_sends("from the peer", 13);
	kernel_hears(peer_local, "from the peer", 13);
	ATF_CHECK(uses("127.128.0.9", "901a"));
	net_derpclient_free(there);
	finish();
}

/* A node with another address or certificate is another relay. */
ATF_TC_WITHOUT_HEAD(other_node);
ATF_TC_BODY(other_node, tc)
{
	start_relay(1);
	join(0);
	begin_iface(REGION(901));
	tell_node("\"IPv4\":\"127.0.0.1\"");
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"state\":\"up\"");
	ATF_CHECK_EQ(1, logins);
	tell_node("\"IPv4\":\"127.0.0.1\",\"IPv6\":\"::1\"");
	UNTIL(logins == 2);
	tell_node("\"IPv4\":\"127.0.0.1\",\"IPv6\":\"::1\","
	    "\"CertName\":\"relay.test\"");
	UNTIL(logins == 3);
	finish();
}

/* Addresses of a family that the map says a node has not are not used. */
ATF_TC_WITHOUT_HEAD(no_ipv4);
ATF_TC_BODY(no_ipv4, tc)
{
	start_relay(1);
	join(0);
	begin_iface(REGION(901));
	tell_node("\"IPv4\":\"none\"");
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("the name has no address that the map permits");
	ATF_CHECK(resolved > 0);
	ATF_CHECK_EQ(0, sockets);
	finish();
}

/* With a proxy it is the proxy's address that is asked for. */
ATF_TC_WITHOUT_HEAD(proxied);
ATF_TC_BODY(proxied, tc)
{
	start_relay(1);
	join(0);
	begin_iface(REGION(901));
	tell_node("\"IPv4\":\"127.0.0.1\"");
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"state\":\"up\"");
	ATF_CHECK_EQ(0, resolved);
	/* A new one, for the connections that are there, too. */
	proxy = "http://proxy.test:1";
	tell_conf(1);
	UNTIL(resolved > 0);
	SHOWS("\"leaving\":true");
	finish();
}

/* wgkeys ends before it has answered. */
ATF_TC_WITHOUT_HEAD(keys_end);
ATF_TC_BODY(keys_end, tc)
{
	no_answer = 1;
	start_relay(1);
	join(0);
	begin_iface(REGION(901));
	tell_node("\"IPv4\":\"127.0.0.1\"");
	tell_peer(1, net_derpclient_key(peer), peer_local);
	UNTIL(logins == 1);
	ipc_chan_free(keys);
	keys = NULL;
	SHOWS("the process that makes logins has ended");
	finish();
}

/*
 * A connection that has ended and is back: the network may be another one, so a
 * direct path is tried at once, before the back-off of 8 seconds at least.
 */
ATF_TC_WITHOUT_HEAD(back);
ATF_TC_BODY(back, tc)
{
	struct ipc_wg_stats s = {
		.peer = 1, .endpoint = IPC_ENDPOINT_RELAY, .remembered = 1,
		.tx = 1000, .rx = 1000, .handshake = 1000000000
	};

	relay.flaw = FAKE_RESTART;
	start_relay(1);
	join(0);
	begin_iface(REGION(901));
	tell_node("\"IPv4\":\"127.0.0.1\"");
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"state\":\"up\"");
	tell_poll(s);
	SHOWS("\"path\":\"relayed\"");
	kernel_sends(peer_local, "the end", 7);
	UNTIL(logins == 2);
	SHOWS("\"state\":\"up\"");
	/* Data both ways, so that an answer is likely. */
	s.tx += 5000;
	s.rx += 5000;
	tell_poll(s);
	UNTIL(sets > 0);
	ATF_CHECK_EQ(0, last_set.relay);
	SHOWS("time to test the direct path");
	finish();
}

/* Make a pair of keys of a peer with this home, of 901a and 901b. */
static void
make_keys(int home, uint8_t *key, uint8_t *secret)
{
	static const char *const names[2] = { "901a", "901b" };
	size_t order[2];

	do {
		crypto_box_keypair(key, secret);
		worker_rendezvous_nodes(worker_rendezvous_seed(own, key),
		    names, 2, order);
	} while (order[0] != (size_t)home);
}

/* Log in at a node with this key. */
static struct net_derpclient *
join_with(int node, const uint8_t *secret)
{
	struct net_derpclient_opts o = {
		.host = "127.0.0.1", .name = "relay.test", .trust = STREAM_ANY
	};
	struct net_derpclient *c = net_derpclient_new();
	char port[8];

	ATF_REQUIRE(c != NULL);
	net_derpclient_use_key(c, secret);
	(void)snprintf(port, sizeof(port), "%d", relay.port[node]);
	o.port = port;
	ATF_REQUIRE_EQ_MSG(0, net_derpclient_open(c, &o, WAIT_MS), "%s",
	    net_derpclient_error(c));
	return (c);
}

/*
 * A node that is not the peer's home brings packets in its name: it gets those
 * to the peer only when WireGuard has accepted some, and not when the home is
 * heard again.
 */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	struct ipc_wg_stats s = {
		.peer = 1, .endpoint = IPC_ENDPOINT_RELAY, .rx = 1000
	};
	uint8_t key[2][IPC_KEYLEN], secret[2][IPC_KEYLEN];
	struct net_derpclient *home, *there;

	relay.unmeshed = 1;
	start_relay(2);
	begin_iface(REGION(901));
	make_keys(0, key[0], secret[0]);
	make_keys(1, key[1], secret[1]);
	home = join_with(0, secret[0]);
	there = join_with(1, secret[0]);
	tell_nodes(2);
	tell_peer(1, key[0], peer_local);
	tell_peer(2, key[1], second_local);
	UNTIL(uses("127.128.0.9", "901a"));
	UNTIL(logins == 2);
	tell_poll(s);
	SHOWS("\"path\":\"relayed\"");
	peer = there;
	peer_sends("junk", 4);
	kernel_hears(peer_local, "junk", 4);
	tell_poll(s);
	kernel_sends(peer_local, "to the home", 11);
	peer = home;
	peer_hears("to the home", 11);
	ATF_CHECK(uses("127.128.0.9", "901a"));
	s.rx += 4;
	tell_poll(s);
	UNTIL(uses("127.128.0.9", "901b"));
	kernel_sends(peer_local, "there", 5);
	peer = there;
	peer_hears("there", 5);
	peer = home;
	peer_sends("from the home", 13);
	kernel_hears(peer_local, "from the home", 13);
	ATF_CHECK(uses("127.128.0.9", "901a"));
	net_derpclient_free(there);
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, own_region);
	ATF_TP_ADD_TC(tp, other_region);
	ATF_TP_ADD_TC(tp, other_node);
	ATF_TP_ADD_TC(tp, no_ipv4);
	ATF_TP_ADD_TC(tp, proxied);
	ATF_TP_ADD_TC(tp, keys_end);
	ATF_TP_ADD_TC(tp, back);
	ATF_TP_ADD_TC(tp, forged);
	return (atf_no_error());
}

/*
 * worker_test: tests of the process worker in its sandbox: packets between an
 * interface and peers at a relay.
 */
#include "rendezvous.h"
#include "bridgefixture.h"

#define ALL	((struct ipc_msg_worker_iface){				\
	.all = 1, .direct = IPC_DIRECT_AUTO				\
})

static const uint8_t	second_local[4] = { 127, 200, 1, 1 };

/* Start with one peer, which is at the relay. */
static void
begin(struct ipc_msg_worker_iface v)
{
	start_relay(1);
	join(0);
	begin_iface(v);
	tell_nodes(1);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"901a\"");
}

/* The relay carries packets both ways. */
static void
carries(const uint8_t local[4])
{
	kernel_sends(local, "from the kernel", 15);
	peer_hears("from the kernel", 15);
	peer_sends("from the peer", 13);
	kernel_hears(local, "from the peer", 13);
}

ATF_TC_WITHOUT_HEAD(both_ways);
ATF_TC_BODY(both_ways, tc)
{
	begin(ALL);
	/* The kernel has no endpoint for it, so it is relayed at once. */
	tell_poll((struct ipc_wg_stats){ .peer = 1 });
	UNTIL(sets > 0);
	ATF_CHECK_EQ(1, last_set.peer);
	ATF_CHECK_EQ(1, last_set.relay);
	carries(peer_local);
	ATF_CHECK_EQ(1, logins);
	SHOWS("\"path\":\"relayed\"");
	SHOWS("\"relay\":\"901a\"");
	SHOWS("\"state\":\"up\"");
	SHOWS("\"relay_rx_packets\":1,\"relay_rx_bytes\":13");
	SHOWS("\"relay_tx_packets\":1,\"relay_tx_bytes\":15");
	finish();
}

/* The peer can begin, also when nothing was sent to it yet. */
ATF_TC_WITHOUT_HEAD(peer_begins);
ATF_TC_BODY(peer_begins, tc)
{
	begin(ALL);
	SHOWS("\"state\":\"up\"");
	peer_sends("from the peer", 13);
	kernel_hears(peer_local, "from the peer", 13);
	finish();
}

/* What is not of a peer goes nowhere, and is counted. */
ATF_TC_WITHOUT_HEAD(foreign);
ATF_TC_BODY(foreign, tc)
{
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct net_derpclient *known;
	struct sockaddr_in sin;
	int other, mine;

	begin(ALL);
	carries(peer_local);
	/* Another program of this machine. */
	mine = kernel;
	sin = at(loopback, 0);
	ATF_REQUIRE((other = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(other, (struct sockaddr *)&sin, sizeof(sin)));
	kernel = other;
	kernel_sends(peer_local, "forged", 6);
	kernel = mine;
	SHOWS("\"foreign\":1");
	/* An address without a peer. */
	kernel_sends(second_local, "to nobody", 9);
	SHOWS("\"no_peer\":1");
	/* A key that is no peer's. */
	known = peer;
	join(0);
	peer_sends("from a stranger", 15);
	SHOWS("\"no_peer\":2");
	net_derpclient_free(peer);
	peer = known;
	carries(peer_local);
	finish();
}

/* Only the peers of the configuration are served. */
ATF_TC_WITHOUT_HEAD(listed);
ATF_TC_BODY(listed, tc)
{
	struct ipc_bridge_peer line = { .name = "laptop", .inherit = 1 };
	struct ipc_msg_worker_iface v = {
		.direct = IPC_DIRECT_AUTO, .npeers = 1, .peers = &line
	};
	struct net_derpclient *listed, *other;

	start_relay(1);
	other = join(0);
	listed = join(0);
	memcpy(line.key, net_derpclient_key(listed), IPC_KEYLEN);
	begin_iface(v);
	tell_nodes(1);
	tell_peer(1, net_derpclient_key(listed), peer_local);
	tell_peer(2, net_derpclient_key(other), second_local);
	SHOWS("\"name\":\"laptop\",\"served\":true");
	SHOWS("\"name\":\"\",\"served\":false");
	carries(peer_local);
	kernel_sends(second_local, "no", 2);
	SHOWS("\"no_peer\":1");
	/* Listed no more, it gets its direct endpoint back. */
	tell_poll((struct ipc_wg_stats){ .peer = 1 });
	UNTIL(sets == 1);
	v.npeers = 0;
	tell_iface(v, -1);
	tell_conf(1);
	UNTIL(sets == 2);
	ATF_CHECK_EQ(0, last_set.relay);
	SHOWS("\"path\":\"not served\",\"reason\":\"it has no peer line\"");
	ATF_CHECK_EQ(NULL, strstr(text, "relayed"));
	net_derpclient_free(other);
	finish();
}

static const uint8_t *
fill(uint8_t *p, size_t n, size_t with)
{
	memset(p, (int)with, n);
	return (p);
}

/* Packets of all sizes in bursts, of two peers: each gets its own, whole. */
ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static const size_t lens[] = { 1, 32, 96, 148, 1280, 1452, 1452, 1452,
	    9000, 40000, 65000 };
	static const size_t N = sizeof(lens) / sizeof(lens[0]);
	static uint8_t data[65000];
	struct net_derpclient *v[2];
	size_t i, k;

	begin(ALL);
	v[0] = peer;
	v[1] = join(0);
	tell_peer(2, net_derpclient_key(v[1]), second_local);
	SHOWS("\"local\":\"127.200.1.1\"");
	for (i = 0; i < N; i++)
		for (k = 0; k < 2; k++)
			kernel_sends(k == 0 ? peer_local : second_local,
			    fill(data, lens[i], 2 * i + k), lens[i]);
	for (k = 0; k < 2; k++) {
		peer = v[k];
		for (i = 0; i < N; i++)
			peer_hears(fill(data, lens[i], 2 * i + k), lens[i]);
		for (i = 0; i < N; i++)
			peer_sends(fill(data, lens[i], 2 * i + k), lens[i]);
		for (i = 0; i < N; i++)
			kernel_hears(k == 0 ? peer_local : second_local,
			    fill(data, lens[i], 2 * i + k), lens[i]);
	}
	net_derpclient_free(v[0]);
	finish();
}

/* While packets come directly, those from the relay are dropped. */
ATF_TC_WITHOUT_HEAD(direct);
ATF_TC_BODY(direct, tc)
{
	struct ipc_wg_stats s = {
		.peer = 1, .endpoint = IPC_ENDPOINT_DIRECT, .remembered = 1,
		.tx = 1000, .rx = 1000, .handshake = 1000000000
	};
	static const uint8_t data[64] = { 4 };	/* as transport data */

	begin(ALL);
	tell_poll(s);
	SHOWS("\"state\":\"up\"");
	SHOWS("\"path\":\"direct\"");
	/* Like a poll after a second. */
	(void)poll(NULL, 0, 200);
	s.rx += 5000;
	s.tx += 5000;
	tell_poll(s);
	SHOWS("\"rx_bytes\":6000");
	peer_sends(data, sizeof(data));
	SHOWS("\"direct\":1");
	ATF_CHECK_EQ(0, sets);
	finish();
}

/* A name that makes a node the first, or the last, of two. */
static void
name_for(char *name, const char *other, int first)
{
	const char *names[2] = { name, other };
	size_t order[2];
	unsigned int i = 0;
	uint32_t seed = worker_rendezvous_seed(own, net_derpclient_key(peer));

	do {
		(void)sprintf(name, "node%u", i++);
		worker_rendezvous_nodes(seed, names, 2, order);
	} while ((order[0] == 0) != first);
}

/* A port at which nobody listens. */
static uint16_t
closed_port(void)
{
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct sockaddr_in sin = at(loopback, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint16_t port;

	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sin, sizeof(sin)));
	port = port_of(fd);
	close(fd);
	return (port);
}

/* When the first node of the order fails, the next one is used. */
ATF_TC_WITHOUT_HEAD(next_node);
ATF_TC_BODY(next_node, tc)
{
	char name[32], shown[64], map[1024];

	start_relay(1);
	join(0);
	begin_iface(ALL);
	name_for(name, "good", 1);
	(void)snprintf(map, sizeof(map), "{\"Regions\":{\"1\":"
	    "{\"RegionID\":1,\"Nodes\":["
	    "{\"Name\":\"good\",\"HostName\":\"relay.test\","
	    "\"IPv4\":\"127.0.0.1\",\"DERPPort\":%d,"
	    "\"InsecureForTests\":true},"
	    "{\"Name\":\"%s\",\"HostName\":\"127.0.0.1\",\"DERPPort\":%u,"
	    "\"InsecureForTests\":true}]}}}", relay.port[0], name,
	    closed_port());
	tell_map(map);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"good\"");
	carries(peer_local);
	(void)snprintf(shown, sizeof(shown), "{\"name\":\"%s\"", name);
	SHOWS(shown);
	SHOWS("\"state\":\"waiting\"");
	finish();
}

/* What a relay has carried is shown while it is away, too. */
ATF_TC_WITHOUT_HEAD(counts_stay);
ATF_TC_BODY(counts_stay, tc)
{
	begin(ALL);
	carries(peer_local);
	fake_relay_stop(&relay);
	relay.pid = 0;
	SHOWS("\"state\":\"waiting\"");
	ATF_CHECK(strstr(text, "\"health\":\"\",\"rx_packets\":1,") != NULL);
	finish();
}

/* A map without addresses: the parent resolves the name. */
ATF_TC_WITHOUT_HEAD(by_name);
ATF_TC_BODY(by_name, tc)
{
	char map[300];

	start_relay(1);
	join(0);
	begin_iface(ALL);
	no_name = 1;
	(void)snprintf(map, sizeof(map), "{\"Regions\":{\"1\":"
	    "{\"RegionID\":1,\"Nodes\":[{\"Name\":\"1a\","
	    "\"HostName\":\"relay.test\",\"DERPPort\":%d,"
	    "\"IPv6\":\"none\",\"InsecureForTests\":true}]}}}",
	    relay.port[0]);
	tell_map(map);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("there is no such name");
	no_name = 0;
	SHOWS("\"state\":\"up\"");
	carries(peer_local);
	ATF_CHECK(resolved >= 2);
	finish();
}

/* Of two regions the one that answers is the nearest. */
ATF_TC_WITHOUT_HEAD(nearest);
ATF_TC_BODY(nearest, tc)
{
	struct ipc_msg_worker_iface v = ALL;
	char map[1024];

	start_relay(1);
	join(0);
	v.policy = IPC_REGION_NEAREST;
	begin_iface(v);
	(void)snprintf(map, sizeof(map), "{\"Regions\":{"
	    "\"1\":{\"RegionID\":1,\"Nodes\":[{\"Name\":\"1a\","
	    "\"HostName\":\"127.0.0.1\",\"DERPPort\":%u}]},"
	    "\"2\":{\"RegionID\":2,\"Nodes\":[{\"Name\":\"2a\","
	    "\"HostName\":\"relay.test\",\"DERPPort\":%d,"
	    "\"InsecureForTests\":true}]}}}", closed_port(), relay.port[0]);
	tell_map(map);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"policy\":\"nearest\",\"region\":2");
	SHOWS("\"relay\":\"2a\"");
	carries(peer_local);
	/* Wanted no more. */
	v.policy = IPC_REGION_RENDEZVOUS;
	tell_iface(v, -1);
	tell_conf(1);
	SHOWS("\"policy\":\"rendezvous\"");
	finish();
}

/* A region that the map does not have: the state says why there is no relay. */
ATF_TC_WITHOUT_HEAD(no_such_region);
ATF_TC_BODY(no_such_region, tc)
{
	struct ipc_msg_worker_iface v = ALL;

	v.policy = IPC_REGION_FIXED;
	v.region = 77;
	start_relay(1);
	join(0);
	begin_iface(v);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"\",\"no_relay\":\"there is no map yet\"");
	tell_nodes(1);
	SHOWS("\"no_relay\":\"the map has no region 77\"");
	v.region = 901;
	tell_iface(v, -1);
	tell_conf(1);
	SHOWS("\"relay\":\"901a\",\"no_relay\":\"\"");
	finish();
}

/*
 * What WireGuard sends to a relayed peer does not arrive: that is not the
 * peer's fault.
 */
ATF_TC_WITHOUT_HEAD(firewall);
ATF_TC_BODY(firewall, tc)
{
	struct ipc_wg_stats s = { .peer = 1, .endpoint = IPC_ENDPOINT_RELAY };
	int i;

	begin(ALL);
	tell_poll(s);
	for (i = 0; i < 3; i++) {
		SHOWS("\"fault\":\"\"");
		s.tx += 148;
		tell_poll(s);
	}
	SHOWS("\"fault\":\"what WireGuard sends to relayed peers does not ");
	carries(peer_local);
	tell_poll(s);
	SHOWS("\"fault\":\"\"");
	/* Directly they do not come here. */
	s.endpoint = IPC_ENDPOINT_DIRECT;
	for (i = 0; i < 5; i++) {
		s.tx += 148;
		tell_poll(s);
	}
	SHOWS("\"fault\":\"\"");
	finish();
}

/*
 * A relay that restarts without end does not make everything be tried at once
 * each time.
 */
ATF_TC_WITHOUT_HEAD(flaps);
ATF_TC_BODY(flaps, tc)
{
	static const uint8_t key[IPC_KEYLEN] = { 9 };
	struct ipc_msg_worker_iface v = ALL;
	unsigned int i;

	relay.flaw = FAKE_RESTART;
	start_relay(1);
	v.policy = IPC_REGION_NEAREST;
	begin_iface(v);
	tell_nodes(1);
	tell_peer(1, key, peer_local);
	SHOWS("\"state\":\"up\"");
	/* The region was measured, and is once more. */
	ATF_CHECK_EQ(2, sockets);
	for (i = 0; i < 3; i++) {
		kernel_sends(peer_local, "once", 4);
		UNTIL(logins == 2 + i);
		SHOWS("\"state\":\"up\"");
		ATF_CHECK_EQ(4 + i, sockets);
	}
	finish();
}

/* A map that changes all the time: old relays are not kept without end. */
ATF_TC_WITHOUT_HEAD(many_maps);
ATF_TC_BODY(many_maps, tc)
{
	static const char leaving[] = "\"leaving\":true";
	const char *p;
	char map[256];
	int i, n = 0;

	begin(ALL);
	for (i = 1; i <= 100; i++) {
		(void)snprintf(map, sizeof(map), "{\"Regions\":{\"7\":{"
		    "\"RegionID\":7,\"Nodes\":[{\"Name\":\"7a\","
		    "\"HostName\":\"127.0.0.1\",\"DERPPort\":%d}]}}}", i);
		tell_map(map);
		query();
	}
	for (p = text; (p = strstr(p, leaving)) != NULL; p++)
		n++;
	ATF_CHECK_EQ(64, n);
	tell_nodes(1);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	finish();
}

/* Another port, then another map without the region: no other peer suffers. */
ATF_TC_WITHOUT_HEAD(other_map);
ATF_TC_BODY(other_map, tc)
{
	begin(ALL);
	carries(peer_local);
	/* The same map: the same connection. */
	tell_nodes(1);
	carries(peer_local);
	ATF_CHECK_EQ(1, logins);
	/* It changes in what is not used here. */
	tell_map("{");
	carries(peer_local);
	tell_map("{\"Regions\":{\"7\":{\"RegionID\":7,\"Nodes\":["
	    "{\"Name\":\"7a\",\"HostName\":\"other.test\","
	    "\"IPv4\":\"127.0.0.1\",\"DERPPort\":1}]}}}");
	SHOWS("\"relay\":\"7a\"");
	/* What the peer sends by the old map arrives. */
	peer_sends("from the peer", 13);
	kernel_hears(peer_local, "from the peer", 13);
	SHOWS("\"leaving\":true");
	/* Two connections with one key would disturb each other. */
	tell_nodes(1);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	ATF_CHECK_EQ(1, logins);
	/* An interface that is made anew, as by wg-quick. */
	tell_device(0, 0);
	SHOWS("\"up\":false");
	tell_device(1, kernel_port);
	tell_peer(2, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	ATF_CHECK_EQ(1, logins);
	finish();
}

/* Without a socket or a login there is a reason, and another try. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	no_socket = 1;
	begin(ALL);
	SHOWS("there is no socket");
	no_socket = 0;
	no_login = 1;
	SHOWS("there is no key");
	no_login = 0;
	SHOWS("\"state\":\"up\"");
	carries(peer_local);
	finish();
}

/* Without wgkeys there are no logins, until it is there. */
ATF_TC_WITHOUT_HEAD(without_keys);
ATF_TC_BODY(without_keys, tc)
{
	no_keys = 1;
	begin(ALL);
	SHOWS("the process that makes logins is not there");
	give_keys();
	SHOWS("\"state\":\"up\"");
	carries(peer_local);
	finish();
}

/* Netlink that breaks the rules is lost; the rest goes on. */
ATF_TC_WITHOUT_HEAD(broken_netlink);
ATF_TC_BODY(broken_netlink, tc)
{
	struct ipc_msg m;

	begin(ALL);
	carries(peer_local);
	/* Another peer with the same key. */
	tell_peer(2, net_derpclient_key(peer), second_local);
	ATF_CHECK_EQ(-1, ipc_chan_recv(netlink, &m, WAIT_MS));
	ATF_CHECK_EQ(EPIPE, errno);
	give_netlink();
	tell_device(1, kernel_port);
	tell_peer(2, net_derpclient_key(peer), second_local);
	SHOWS("\"local\":\"127.200.1.1\"");
	carries(second_local);
	finish();
}

/* A new key of the interface logs in anew; so does one that is back. */
ATF_TC_WITHOUT_HEAD(device);
ATF_TC_BODY(device, tc)
{
	struct ipc_msg_dev_polled polled = { 0 };
	unsigned int before;

	begin(ALL);
	carries(peer_local);
	before = logins;
	crypto_box_keypair(own, own_secret);
	tell_device(1, kernel_port);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	UNTIL(logins > before);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	/* Another mark: the sockets of before are in the tunnel now. */
	before = logins;
	device_mark = 51820;
	tell_device(1, kernel_port);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	UNTIL(logins > before);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	/* Gone, and back with another number of the peer. */
	tell_device(0, 0);
	SHOWS("\"up\":false,\"why\":\"it is gone\"");
	peer_sends("to nobody", 9);
	SHOWS("\"no_interface\":1");
	tell_device(1, kernel_port);
	tell_peer(7, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	/* A peer that is not named again is gone. */
	tell_device(1, kernel_port);
	ATF_REQUIRE_EQ(0, ipc_send_dev_polled(netlink, &polled));
	flush(netlink);
	SHOWS("\"peers\":[]");
	finish();
}

/* Netlink and wgkeys start again: packets go on. */
ATF_TC_WITHOUT_HEAD(others_restart);
ATF_TC_BODY(others_restart, tc)
{
	begin(ALL);
	carries(peer_local);
	ipc_chan_free(netlink);
	netlink = NULL;
	ipc_chan_free(keys);
	keys = NULL;
	carries(peer_local);
	give_netlink();
	give_keys();
	tell_device(1, kernel_port);
	tell_peer(3, net_derpclient_key(peer), peer_local);
	tell_poll((struct ipc_wg_stats){ .peer = 3 });
	UNTIL(sets > 0);
	ATF_CHECK_EQ(3, last_set.peer);
	carries(peer_local);
	ATF_CHECK_EQ(1, logins);
	finish();
}

/* The interface is taken out of the configuration, and put back. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	begin(ALL);
	carries(peer_local);
	tell_conf(0);
	SHOWS("\"interfaces\":[]");
	tell_iface(ALL, udp_socket());
	tell_conf(1);
	give_netlink();
	tell_device(1, kernel_port);
	tell_peer(1, net_derpclient_key(peer), peer_local);
	SHOWS("\"relay\":\"901a\"");
	carries(peer_local);
	ATF_CHECK_EQ(2, logins);
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, both_ways);
	ATF_TP_ADD_TC(tp, peer_begins);
	ATF_TP_ADD_TC(tp, foreign);
	ATF_TP_ADD_TC(tp, listed);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, direct);
	ATF_TP_ADD_TC(tp, next_node);
	ATF_TP_ADD_TC(tp, counts_stay);
	ATF_TP_ADD_TC(tp, by_name);
	ATF_TP_ADD_TC(tp, nearest);
	ATF_TP_ADD_TC(tp, no_such_region);
	ATF_TP_ADD_TC(tp, firewall);
	ATF_TP_ADD_TC(tp, flaps);
	ATF_TP_ADD_TC(tp, many_maps);
	ATF_TP_ADD_TC(tp, other_map);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, without_keys);
	ATF_TP_ADD_TC(tp, broken_netlink);
	ATF_TP_ADD_TC(tp, device);
	ATF_TP_ADD_TC(tp, others_restart);
	ATF_TP_ADD_TC(tp, reload);
	return (atf_no_error());
}

/*
 * meshproc_test: the processes mesh: settings, channels to keys and relay
 * workers, reloads, and what they report.
 */
#include <unistd.h>

#include "admitsetfixture.h"
#include "json.h"
#include "stats.h"

#define HEX	"0123456789abcdef0123456789abcdef"

static struct ipc_chan	*end_keys, *end_relay[2], *end_mesh[3];

static int
start_mesh(struct parent_proc *p)
{
	end_mesh[p->c.worker] = run(p);
	d.mesh.nodes[p->c.worker].ending = 0;
	starts++;
	return (0);
}

/* A parent with two relay workers and these nodes; keys and workers run. */
static void
set_up(const char *nodes)
{
	char	 text[1024];
	unsigned int i;

	snprintf(text, sizeof(text), "mesh { key file /m %s }\n", nodes);
	begin(text);
	ATF_CHECK_EQ(0, super_wanted(&d.meshes[0].c));
	meshset_assign(&d.mesh, d.conf);
	end_keys = run(&d.keys);
	d.keys_loaded = 1;
	for (i = 0; i < 2; i++)
		end_relay[i] = run(&d.relays[i]);
	for (i = 0; i < 3; i++)
		d.meshes[i].start = start_mesh;
}

/* The parent has this configuration now. */
static void
reload(const char *nodes)
{
	char	 text[1024];

	snprintf(text, sizeof(text), "mesh { key file /m %s }\n", nodes);
	d.conf = conf_with(text);
	meshset_configure(&d);
}

/* The next message at this end has this type; its descriptor. */
static int
expect(struct parent_proc *p, struct ipc_chan *end, uint32_t type)
{
	struct ipc_msg	 m;
	int		 fd;

	next(p, end, &m, type);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

/* The two ends of one channel; closed. */
static void
check_pair(int a, int b)
{
	char	 c = 0;

	ATF_REQUIRE(a != -1 && b != -1);
	ATF_CHECK_EQ(1, write(a, "x", 1));
	ATF_CHECK_EQ(1, read(b, &c, 1));
	ATF_CHECK_EQ('x', c);
	close(a);
	close(b);
}

/* keys gets the pin (1: there is one) and the channel of a node. */
static void
expect_keys(unsigned int node, int pinned)
{
	struct ipc_msg_key_node_pin	 pin;
	struct ipc_msg_key_chan		 v;
	struct ipc_msg			 m;
	int				 fd;

	next(&d.keys, end_keys, &m, MSG_KEY_NODE_PIN);
	ATF_REQUIRE_EQ(0, ipc_get_key_node_pin(&m.rd, &pin));
	ATF_CHECK_EQ(node, pin.node);
	ATF_CHECK_EQ(pinned, pin.server_key != NULL &&
	    pin.server_key_len == 32 &&
	    ((const uint8_t *)pin.server_key)[1] == 0x23);
	ipc_msg_free(&m);
	next(&d.keys, end_keys, &m, MSG_KEY_CHAN);
	ATF_REQUIRE_EQ(0, ipc_get_key_chan(&m.rd, &v));
	ATF_CHECK_EQ(KEYCHAN_MESH, v.kind);
	ATF_CHECK_EQ(node, v.worker);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	check_pair(fd, expect(&d.meshes[node], end_mesh[node], MSG_MESH_KEYS));
}

/* The relay worker of a node gets a channel. */
static void
expect_relay(unsigned int node)
{
	struct parent_proc		*relay = &d.relays[node % 2];
	struct ipc_msg_relay_mesh	 v;
	struct ipc_msg			 m;
	int				 fd;

	next(relay, end_relay[node % 2], &m, MSG_RELAY_MESH);
	ATF_REQUIRE_EQ(0, ipc_get_relay_mesh(&m.rd, &v));
	ATF_CHECK_EQ(node, v.node);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	check_pair(fd, expect(&d.meshes[node], end_mesh[node],
	    MSG_MESH_RELAY));
}

/* The process of a node that stays gets its settings again. */
static void
expect_conf(unsigned int node)
{
	struct ipc_msg_mesh_conf	 v;
	struct ipc_msg			 m;

	next(&d.meshes[node], end_mesh[node], &m, MSG_MESH_CONF);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_conf(&m.rd, &v));
	ATF_CHECK_EQ(node, v.node);
	ATF_CHECK_EQ(d.conf->worker.notsent_lowat, v.unsent);
	ATF_CHECK_EQ(d.conf->relay.keepalive, v.keepalive);
	ATF_CHECK_EQ(d.conf->relay.user_timeout, v.user_timeout);
	ATF_CHECK_STREQ("", v.congestion);
	ipc_msg_free(&m);
}

static void
nothing_else(void)
{
	unsigned int	 i;

	expect_nothing(&d.keys, end_keys);
	for (i = 0; i < 2; i++)
		expect_nothing(&d.relays[i], end_relay[i]);
	for (i = 0; i < 3; i++)
		if (d.meshes[i].c.chan != NULL)
			expect_nothing(&d.meshes[i], end_mesh[i]);
}

/* Each node has a channel to keys and to one relay worker, made again. */
ATF_TC_WITHOUT_HEAD(channels);
ATF_TC_BODY(channels, tc)
{
	unsigned int	 i;

	set_up("with a with b server key \"nodekey:" HEX HEX "\" with c");
	for (i = 0; i < 3; i++) {
		ATF_CHECK(super_wanted(&d.meshes[i].c));
		start_mesh(&d.meshes[i]);
	}
	ATF_CHECK(!super_wanted(&d.meshes[3].c));
	meshset_connect_keys(&d);
	for (i = 0; i < 3; i++)
		expect_keys(i, i == 1);
	nothing_else();
	/* Relay worker 0 has nodes 0 and 2. */
	meshset_connect_relay(&d.relays[0]);
	expect_relay(0);
	expect_relay(2);
	nothing_else();
	meshset_connect_relay(&d.relays[1]);
	expect_relay(1);
	nothing_else();
	/* A process that does not run is left out. */
	super_forget(&d.meshes[1].c);
	meshset_connect_relay(&d.relays[1]);
	meshset_connect_keys(&d);
	expect_keys(0, 0);
	expect_keys(2, 0);
	nothing_else();
}

/* This node's own key is another one. */
ATF_TC_WITHOUT_HEAD(node_key);
ATF_TC_BODY(node_key, tc)
{
	set_up("with a");
	start_mesh(&d.meshes[0]);
	d.loaded.node_key[0] = 1;
	meshset_connect_keys(&d);
	expect(&d.meshes[0], end_mesh[0], MSG_STOP);
	nothing_else();
}

/* A process of a node; what it sends is handled. */
static void
hear(unsigned int node)
{
	struct ipc_msg	 m;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(end_mesh[node], 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(d.meshes[node].c.chan, &m, 0));
	meshset_message(&d.meshes[node], &m);
	ipc_msg_free(&m);
}

static void
chanless(unsigned int node, int keys, int relay)
{
	struct ipc_msg_mesh_chanless v = { keys, relay };

	ATF_REQUIRE_EQ(0, ipc_send_mesh_chanless(end_mesh[node], &v));
	hear(node);
}

/* Who has no channel gets one, but not any number of them. */
ATF_TC_WITHOUT_HEAD(renewed);
ATF_TC_BODY(renewed, tc)
{
	set_up("with a with b");
	start_mesh(&d.meshes[1]);
	chanless(1, 1, 0);
	expect_keys(1, 0);
	chanless(1, 1, 1);
	expect_relay(1);
	chanless(1, 1, 1);
	nothing_else();
	d.mesh.nodes[1].keys_ms -= PARENT_REQUEST_MS;
	chanless(1, 1, 1);
	expect_keys(1, 0);
	nothing_else();
	/* keys is started again: it connects all when it has loaded all. */
	d.keys_loaded = 0;
	d.mesh.nodes[1].keys_ms -= PARENT_REQUEST_MS;
	chanless(1, 1, 0);
	nothing_else();
	/* The relay worker is started again. */
	super_forget(&d.relays[1].c);
	d.mesh.nodes[1].relay_ms -= PARENT_REQUEST_MS;
	chanless(1, 0, 1);
	expect_nothing(&d.meshes[1], end_mesh[1]);
	end_relay[1] = run(&d.relays[1]);
	meshset_connect_relay(&d.relays[1]);
	expect_relay(1);
}

static void
status(unsigned int node, enum ipc_mesh_state state, const char *address,
    const char *why)
{
	const uint8_t key[IPC_KEYLEN] = { 0xab };
	struct ipc_msg_mesh_status v = { state, key, address, why };

	ATF_REQUIRE_EQ(0, ipc_send_mesh_status(end_mesh[node], &v));
	hear(node);
}

/* The status as JSON. */
static struct json *
shown(void)
{
	static char	 text[4096];	/* the document stays */
	struct json_error e;
	struct json	*j;
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	meshset_status_text(&d, &w);
	ATF_REQUIRE(ipc_wr_ok(&w) && w.len < sizeof(text));
	memcpy(text, w.p, w.len);
	j = json_parse(text, w.len, 8, 1000, &e);
	ATF_REQUIRE(j != NULL);
	ipc_wr_free(&w);
	return (j);
}

/* The member of the n-th node is this text. */
static void
check_text(unsigned int n, const char *name, const char *want)
{
	struct json	*j = shown();
	json_ref	 r = json_first(j, json_get(j, 0, "mesh"));
	char		 text[256];

	while (n-- > 0)
		r = json_next(j, r);
	ATF_REQUIRE(json_str(j, json_get(j, r, name), text, sizeof(text)) !=
	    -1);
	ATF_CHECK_STREQ(want, text);
	json_free(j);
}

static void
check_number(unsigned int n, const char *name, int64_t want)
{
	struct json	*j = shown();
	json_ref	 r = json_first(j, json_get(j, 0, "mesh"));
	int64_t		 v;

	while (n-- > 0)
		r = json_next(j, r);
	ATF_REQUIRE_EQ(0, json_int(j, json_get(j, r, name), &v));
	ATF_CHECK_EQ(want, v);
	json_free(j);
}

ATF_TC_WITHOUT_HEAD(states);
ATF_TC_BODY(states, tc)
{
	set_up("with a with b port 8443 address 192.0.2.8");
	check_text(0, "state", "starting");
	check_text(0, "since", "");
	check_text(0, "server_key", "");
	start_mesh(&d.meshes[0]);
	start_mesh(&d.meshes[1]);
	status(0, IPC_MESH_DIALING, "192.0.2.7", "");
	check_text(0, "state", "dialing");
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	check_text(0, "state", "up");
	check_text(0, "address", "192.0.2.7");
	check_text(0, "server_key", "nodekey:ab000000000000000000000000000000"
	    "00000000000000000000000000000000");
	check_number(0, "links", 1);
	d.mesh.nodes[0].since_ms -= 5000;
	check_number(0, "age", 5);
	status(0, IPC_MESH_DOWN, "", "connection refused");
	check_text(0, "error", "connection refused");
	check_number(0, "age", 0);
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	check_number(0, "links", 2);
	check_text(0, "error", "connection refused");
	check_text(1, "host", "b");
	check_text(1, "name", "b port 8443 address 192.0.2.8");
	check_text(1, "state", "starting");
	status(1, IPC_MESH_SELF, "", "");
	check_text(1, "state", "this node");
	/* The process ends. */
	meshset_gone(&d.meshes[0]);
	check_text(0, "state", "down");
	check_text(0, "error", "its process ended");
	check_text(0, "address", "");
}

/* Processes of nodes that stay go on; others end, and begin anew. */
ATF_TC_WITHOUT_HEAD(reloads);
ATF_TC_BODY(reloads, tc)
{
	set_up("with a with b");
	start_mesh(&d.meshes[0]);
	start_mesh(&d.meshes[1]);
	starts = 0;
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	d.meshes[0].c.backoff_ms = 10000;
	reload("with a port 8443 with b with c");
	expect(&d.meshes[0], end_mesh[0], MSG_STOP);
	expect_conf(1);
	ATF_CHECK_EQ(1, starts);
	ATF_CHECK(d.meshes[2].c.pid != 0);
	ATF_CHECK_EQ(0, d.meshes[0].c.backoff_ms);
	/* The old process speaks of the old node, and gets no channel. */
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	check_text(0, "state", "starting");
	check_number(0, "port", 8443);
	chanless(0, 1, 1);
	meshset_connect_keys(&d);
	expect_keys(1, 0);
	expect_keys(2, 0);
	nothing_else();
	/* Its end is no failure, and the next one has the new settings. */
	ATF_CHECK(super_wanted(&d.meshes[0].c));
	meshset_gone(&d.meshes[0]);
	check_text(0, "state", "starting");
	check_text(0, "error", "");
	super_forget(&d.meshes[0].c);
	start_mesh(&d.meshes[0]);
	status(0, IPC_MESH_UP, "192.0.2.7", "");
	check_text(0, "state", "up");
	/* One node less. */
	reload("with b with c");
	expect(&d.meshes[0], end_mesh[0], MSG_STOP);
	expect_conf(1);
	expect_conf(2);
	nothing_else();
	ATF_CHECK(!super_wanted(&d.meshes[0].c));
	check_text(0, "host", "b");
	/* A node of that number, before the old process has ended. */
	reload("with a with b with c");
	expect(&d.meshes[0], end_mesh[0], MSG_STOP);
	expect_conf(1);
	expect_conf(2);
	nothing_else();
	ATF_CHECK_EQ(1, d.mesh.nodes[0].ending);
}

/* All are told of another mesh key when keys has put it in force. */
ATF_TC_WITHOUT_HEAD(rekeyed);
ATF_TC_BODY(rekeyed, tc)
{
	struct parent_generation	 g = { .kind = GEN_META, .id = 7 };

	set_up("with a with b");
	start_mesh(&d.meshes[1]);
	parent_reload_init(&d);
	d.loaded.mesh.number = g.loaded.mesh.number = 1;
	d.gens.ops->end(&d, &g, 1);
	nothing_else();
	/* The generation has what was in force before. */
	g.loaded.mesh.number = 1;
	d.loaded.mesh.number = 2;
	d.gens.ops->end(&d, &g, 1);
	expect(&d.meshes[1], end_mesh[1], MSG_MESH_REKEY);
	nothing_else();
}

/* What relay workers count; an older node of the number has its own. */
ATF_TC_WITHOUT_HEAD(counts);
ATF_TC_BODY(counts, tc)
{
	struct ipc_counters	*page[2];
	struct conn_stats	*s[2];
	unsigned int		 i, n;

	set_up("with a with b");
	check_number(1, "packets", 0);
	for (i = 0; i < 2; i++) {
		n = parent_servers_number(&d.relays[i]);
		ATF_REQUIRE((d.counters[n] = ipc_counters_new()) != NULL);
		page[i] = ipc_counters_map_write(ipc_counters_share_write(
		    d.counters[n]));
		ATF_REQUIRE(page[i] != NULL);
		s[i] = (void *)ipc_counters_values(page[i]);
		ipc_counters_begin(page[i]);
	}
	s[0]->node_keys[1] = 3;
	s[1]->node_keys[1] = 4;
	s[1]->node_packets[1] = 50;
	s[1]->node_bytes[1] = 600;
	s[1]->node_drops[1] = 7;
	check_number(1, "keys", 7);
	check_number(1, "packets", 50);
	check_number(1, "bytes", 600);
	check_number(1, "drops", 7);
	check_number(0, "keys", 0);
	parent_servers_gone(&d.relays[0]);
	check_number(1, "keys", 4);
	reload("with a with c");
	s[1]->node_packets[1] = 52;
	check_number(1, "packets", 2);
	check_number(1, "drops", 0);
	check_number(1, "keys", 4);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, channels);
	ATF_TP_ADD_TC(tp, node_key);
	ATF_TP_ADD_TC(tp, renewed);
	ATF_TP_ADD_TC(tp, states);
	ATF_TP_ADD_TC(tp, reloads);
	ATF_TP_ADD_TC(tp, rekeyed);
	ATF_TP_ADD_TC(tp, counts);
	return (atf_no_error());
}

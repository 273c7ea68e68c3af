/*
 * netlinkproc_test: what netlink gets, what it asks for, and what it saves.
 */
#include "bridgesetfixture.h"

#define KEY	"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="
#define PREFIX	"interface \"wg0\" { local network 127.200.0.0/16 }\n" \
		"interface \"wg1\" { uapi \"/nowhere/wg1.sock\" direct never " \
		"endpoints assert }\n"

/* Netlink gets all settings, and a socket where one can be had. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	struct ipc_msg_netlink_socket s;
	struct ipc_msg_netlink_conf v;
	struct ipc_wg_iface one;
	struct ipc_chan *end;
	struct ipc_rd left;
	struct ipc_msg m;

	begin(TOP PREFIX "dry run\n");
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, bridge_netlink_configure(&d));
	next_message(&d.netlink, end, MSG_NETLINK_CONF, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_conf(&m.rd, &v));
	ATF_REQUIRE_EQ(2, v.nifaces);
	left = v.ifaces_left;
	ATF_REQUIRE_EQ(0, ipc_next_wg_iface(&left, &one));
	ATF_CHECK_STREQ("wg0", one.name);
	ATF_CHECK_EQ(0, memcmp(one.local, "\177\310\0\0", 4));
	ATF_CHECK_EQ(16, one.bits);
	ATF_CHECK_EQ(d.ifaces[0].port, one.port);
	ATF_CHECK_EQ(IPC_DIRECT_AUTO, one.direct);
	ATF_CHECK_EQ(IPC_ENDPOINTS_RESPECT, one.endpoints);
	ATF_CHECK(one.dry && !one.uapi);
	ATF_REQUIRE_EQ(0, ipc_next_wg_iface(&left, &one));
	ATF_CHECK_EQ(1, one.iface);
	ATF_CHECK_EQ(IPC_DIRECT_NEVER, one.direct);
	ATF_CHECK_EQ(IPC_ENDPOINTS_ASSERT, one.endpoints);
	ATF_CHECK(one.uapi);
	ipc_msg_free(&m);
#ifdef __linux__
	next_message(&d.netlink, end, MSG_NETLINK_SOCKET, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_socket(&m.rd, &s));
	ATF_CHECK_EQ(0, s.iface);
	ATF_CHECK(m.fd != -1);
	ipc_msg_free(&m);
#else
	(void)s;
#endif
	/* There is no wireguard-go yet. */
	no_message(&d.netlink, end);
}

/* Netlink gets the peers that may be relayed, before the settings. */
ATF_TC_WITHOUT_HEAD(peers);
ATF_TC_BODY(peers, tc)
{
	struct ipc_msg_netlink_peers v;
	struct ipc_chan *end;
	struct ipc_msg m;

	begin(TOP "interface \"wg0\" { peers all peer \"" KEY "\" }\n"
	    "interface \"wg1\" { peer \"" KEY "\" }\n"
	    "interface \"wg2\"\n");
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, bridge_netlink_configure(&d));
	next_message(&d.netlink, end, MSG_NETLINK_PEERS, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_peers(&m.rd, &v));
	ATF_CHECK_EQ(1, v.iface);
	ATF_REQUIRE_EQ(1, v.npeers);
	ATF_CHECK_EQ(0, memcmp(v.peers, "\034\210\050\367", 4));
	ipc_msg_free(&m);
	next_message(&d.netlink, end, MSG_NETLINK_CONF, &m);
	ipc_msg_free(&m);
}

/* A socket that is broken is made again; of an unknown interface, not. */
ATF_TC_WITHOUT_HEAD(wants);
ATF_TC_BODY(wants, tc)
{
#ifdef __linux__
	struct ipc_msg_netlink_want want = { 0 };
	struct ipc_chan *end;
	struct ipc_msg m;
	int i;

	begin(TOP PREFIX);
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, ipc_send_netlink_want(end, &want));
	ATF_CHECK_EQ(0, handled(&d.netlink, end, bridge_netlink_message));
	next_message(&d.netlink, end, MSG_NETLINK_SOCKET, &m);
	ipc_msg_free(&m);
	for (i = 1; i < 600; i++) {
		ATF_REQUIRE_EQ(0, ipc_send_netlink_want(end, &want));
		ATF_CHECK_EQ(0, handled(&d.netlink, end,
		    bridge_netlink_message));
		if (i < 500) {
			next_message(&d.netlink, end, MSG_NETLINK_SOCKET, &m);
			ipc_msg_free(&m);
		}
	}
	no_message(&d.netlink, end);
	now_ms += 10000;
	want.iface = 9;
	ATF_REQUIRE_EQ(0, ipc_send_netlink_want(end, &want));
	ATF_CHECK_EQ(0, handled(&d.netlink, end, bridge_netlink_message));
	no_message(&d.netlink, end);
#else
	atf_tc_skip("only Linux has generic netlink");
#endif
}

/* One that was taken over can't keep the parent at the disk. */
ATF_TC_WITHOUT_HEAD(floods);
ATF_TC_BODY(floods, tc)
{
	struct ipc_msg_netlink_save save = { "abc", 3 };
	char text[1024], dir[512];
	struct ipc_chan *end;
	int i;

	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(text, sizeof(text), "map file \"/m\"\nstatedir \"%s\"\n"
	    PREFIX, dir);
	begin(text);
	end = runs(&d.netlink);
	for (i = 0; i < 300; i++) {
		ATF_REQUIRE_EQ(0, ipc_send_netlink_save(end, &save));
		if (handled(&d.netlink, end, bridge_netlink_message) == -1)
			break;
	}
	ATF_CHECK_EQ(200, i);
	now_ms += 10000;
	ATF_REQUIRE_EQ(0, ipc_send_netlink_save(end, &save));
	ATF_CHECK_EQ(0, handled(&d.netlink, end, bridge_netlink_message));
}

/* What netlink saves comes back to the next one, whole. */
ATF_TC_WITHOUT_HEAD(state);
ATF_TC_BODY(state, tc)
{
	char text[1024], dir[512], big[4096];
	struct ipc_msg_netlink_save save = { "abc", 3 };
	struct ipc_msg_netlink_state v;
	struct ipc_chan *end;
	struct ipc_msg m;
	struct stat st;
	FILE *f;
	int i;

	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(text, sizeof(text), "map file \"/m\"\nstatedir \"%s/new\"\n"
	    PREFIX, dir);
	begin(text);
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, bridge_state_check(&d));
	ATF_REQUIRE_EQ(0, stat("new", &st));
	ATF_CHECK_EQ(0700, st.st_mode & 07777);
	/* Nobody else may put a file there. */
	ATF_REQUIRE_EQ(0, chmod("new", 01777));
	ATF_CHECK_EQ(-1, bridge_state_check(&d));
	ATF_REQUIRE_EQ(0, chmod("new", 0755));
	ATF_CHECK_EQ(0, bridge_state_check(&d));

	ATF_REQUIRE_EQ(0, bridge_state_send(&d.netlink));
	next_message(&d.netlink, end, MSG_NETLINK_STATE, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_state(&m.rd, &v));
	ATF_CHECK_EQ(0, v.len);
	ipc_msg_free(&m);

	/* Netlink has ended: what it had sent before is saved. */
	ATF_REQUIRE_EQ(0, ipc_send_netlink_save(end, &save));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end, WAIT_MS));
	ipc_chan_free(end);
	bridge_netlink_drain(&d.netlink);
	ipc_chan_free(d.netlink.c.chan);
	ATF_REQUIRE_EQ(0, stat(d.conf->state_file, &st));
	ATF_CHECK_EQ(0600, st.st_mode & 07777);
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, bridge_state_send(&d.netlink));
	next_message(&d.netlink, end, MSG_NETLINK_STATE, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_state(&m.rd, &v));
	ATF_REQUIRE_EQ(3, v.len);
	ATF_CHECK_EQ(0, memcmp(v.state, "abc", 3));
	ipc_msg_free(&m);

	/* A file that netlink can't have saved is not read. */
	memset(big, 'x', sizeof(big));
	ATF_REQUIRE((f = fopen(d.conf->state_file, "w")) != NULL);
	for (i = 0; i <= IPC_BRIDGE_STATESIZE / (int)sizeof(big); i++)
		ATF_REQUIRE_EQ(sizeof(big), fwrite(big, 1, sizeof(big), f));
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE_EQ(0, bridge_state_send(&d.netlink));
	next_message(&d.netlink, end, MSG_NETLINK_STATE, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_state(&m.rd, &v));
	ATF_CHECK_EQ(0, v.len);
	ipc_msg_free(&m);
}

/* The namespace's file is another one: netlink gets another socket. */
ATF_TC_WITHOUT_HEAD(namespaces);
ATF_TC_BODY(namespaces, tc)
{
#ifdef __linux__
	char text[1024], dir[512];
	struct ipc_chan *end;
	struct ipc_msg m;

	if (geteuid() != 0)
		atf_tc_skip("needs root to enter a namespace");
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(text, sizeof(text), TOP "interface \"wg0\" { namespace "
	    "\"%s/ns\" }\n", dir);
	begin(text);
	end = runs(&d.netlink);
	/* It is not there yet. */
	ATF_REQUIRE_EQ(0, bridge_netlink_configure(&d));
	next_message(&d.netlink, end, MSG_NETLINK_CONF, &m);
	ipc_msg_free(&m);
	bridge_netns_look(&d);
	no_message(&d.netlink, end);
	/* It comes. */
	ATF_REQUIRE_EQ(0, symlink("/proc/self/ns/net", "ns"));
	bridge_netns_look(&d);
	next_message(&d.netlink, end, MSG_NETLINK_SOCKET, &m);
	ipc_msg_free(&m);
	/* It stays. */
	bridge_netns_look(&d);
	no_message(&d.netlink, end);
	/* Another one has its name. */
	d.ifaces[0].ns_ino++;
	bridge_netns_look(&d);
	next_message(&d.netlink, end, MSG_NETLINK_SOCKET, &m);
	ipc_msg_free(&m);
	bridge_netns_look(&d);
	no_message(&d.netlink, end);
#else
	atf_tc_skip("only Linux has network namespaces");
#endif
}

/* Only derpbridged -R asks for it. */
ATF_TC_WITHOUT_HEAD(restored);
ATF_TC_BODY(restored, tc)
{
	struct ipc_msg_netlink_restored v = { 3, 1, "" };
	struct ipc_chan *end;

	begin(TOP PREFIX);
	end = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, ipc_send_netlink_restored(end, &v));
	ATF_CHECK_EQ(-1, handled(&d.netlink, end, bridge_netlink_message));
	d.restoring = 1;
	ATF_REQUIRE_EQ(0, ipc_send_netlink_restored(end, &v));
	ATF_CHECK_EQ(0, handled(&d.netlink, end, bridge_netlink_message));
	ATF_CHECK(d.done && !d.super.failed);
	v.why = "wg1: no such interface";
	ATF_REQUIRE_EQ(0, ipc_send_netlink_restored(end, &v));
	ATF_CHECK_EQ(0, handled(&d.netlink, end, bridge_netlink_message));
	ATF_CHECK(d.super.failed);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, peers);
	ATF_TP_ADD_TC(tp, wants);
	ATF_TP_ADD_TC(tp, floods);
	ATF_TP_ADD_TC(tp, state);
	ATF_TP_ADD_TC(tp, namespaces);
	ATF_TP_ADD_TC(tp, restored);
	return (atf_no_error());
}

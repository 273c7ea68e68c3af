/*
 * wg_test: the process that reads interfaces, in its sandbox, between its
 * parent, the worker, keys and a kernel; and what is left in its memory.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childpeer.h"
#include "childscan.h"
#include "fakekernel.h"
#include "wg.h"

#define IFACE	3
#define PORT	41641

static struct wg_fake	 kernel;
static int		 netlink = -1;	/* the process's socket of the kernel */
static struct ipc_chan	*worker, *keys;

static void
add(struct ipc_wr *w, const char *name)
{
	struct ipc_wg_iface v = {
		.iface = IFACE, .local = { 127, 128, 0, 0 }, .bits = 9,
		.port = PORT
	};

	strlcpy(v.name, name, sizeof(v.name));
	ipc_add_wg_iface(w, &v);
}

/* Settings of one interface, or (NULL) of none. */
static void
configure(const char *name)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, name != NULL);
	if (name != NULL)
		add(&w, name);
	child_tell(MSG_NETLINK_CONF, &w);
}

/* A message of this type, the next one of it; the others are passed over. */
static void
await(struct ipc_chan *c, uint32_t type, struct ipc_msg *m)
{
	for (;;) {
		ATF_REQUIRE_MSG(ipc_chan_recv(c, m, WAIT_MS) == 0, "%s: %s",
		    ipc_msg_name(type), strerror(errno));
		if (m->type == type)
			return;
		ipc_msg_free(m);
	}
}

static void
skip(struct ipc_chan *c, uint32_t type)
{
	struct ipc_msg m;

	await(c, type, &m);
	ipc_msg_free(&m);
}

static void
give_kernel(void)
{
	struct ipc_msg_netlink_socket v = { IFACE };

	ATF_REQUIRE_EQ(0, ipc_send_netlink_socket(child, &v, netlink));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	netlink = -1;
}

static struct ipc_chan *
give(enum ipc_role self, uint32_t type)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((c = ipc_chan_new(NULL, sv[0], self, ROLE_NETLINK, NULL,
	    NULL, NULL)) != NULL);
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, type, NULL, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	return (c);
}

/* Start the process; the kernel has two peers, one without an endpoint. */
static void
begin(const char *state)
{
	struct ipc_msg_netlink_state v = { state, strlen(state) };

	ATF_REQUIRE(sodium_init() != -1);
	child_fork(ROLE_NETLINK, wg_main, 0);
	/* After the fork, so that the process has no copy of the key. */
	netlink = wg_fake_start(&kernel, 0);
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	ATF_REQUIRE_EQ(0, ipc_send_netlink_state(child, &v));
	worker = give(ROLE_WORKER, MSG_NETLINK_WORKER);
	configure("wg0");
	child_is_ready();
	give_kernel();
	keys = give(ROLE_WGKEYS, MSG_NETLINK_KEYS);
}

static void
end(void)
{
	ipc_chan_free(worker);
	ipc_chan_free(keys);
	wg_fake_stop(&kernel);
}

/* The peer with this key must be told next; returns its number. */
static uint32_t
told_peer(unsigned int n, uint8_t local[4])
{
	struct ipc_msg_dev_peer v;
	struct ipc_msg m;
	uint32_t id;

	await(worker, MSG_DEV_PEER, &m);
	ATF_REQUIRE_EQ(0, ipc_get_dev_peer(&m.rd, &v));
	ATF_CHECK_EQ(IFACE, v.iface);
	ATF_CHECK_EQ(n, v.key[0]);
	memcpy(local, v.local, 4);
	id = v.peer;
	ipc_msg_free(&m);
	return (id);
}

/* The interface must be told, as it is or as it is not. */
static void
told_iface(int up)
{
	struct ipc_msg_dev_iface v;
	struct ipc_msg m;

	do {
		await(worker, MSG_DEV_IFACE, &m);
		ATF_REQUIRE_EQ(0, ipc_get_dev_iface(&m.rd, &v));
		ATF_CHECK_EQ(IFACE, v.iface);
		if (v.up)
			ATF_CHECK(v.listen_port == 51820 && *v.why == '\0' &&
			    memcmp(v.key, kernel.public_key, IPC_KEYLEN) == 0);
		else
			ATF_CHECK(*v.why != '\0');
		ipc_msg_free(&m);
	} while (v.up != up);
}

/* Wait for a poll that saw this peer's endpoint there. */
static void
sees(uint32_t id, enum ipc_endpoint at)
{
	struct ipc_msg_dev_stats v;
	struct ipc_wg_stats s;
	struct ipc_msg m;
	int found = 0;

	while (!found) {
		await(worker, MSG_DEV_STATS, &m);
		ATF_REQUIRE_EQ(0, ipc_get_dev_stats(&m.rd, &v));
		ATF_CHECK_EQ(2, v.npeers);
		while (v.npeers-- > 0 &&
		    ipc_next_wg_stats(&v.peers_left, &s) == 0)
			found |= s.peer == id && s.endpoint == at;
		ipc_msg_free(&m);
		skip(worker, MSG_DEV_POLLED);
	}
}

static void
set(uint32_t id, int to_relay)
{
	struct ipc_msg_dev_set v = { IFACE, id, to_relay };

	ATF_REQUIRE_EQ(0, ipc_send_dev_set(worker, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(worker, WAIT_MS));
}

/* The next text to be saved must have these bytes. */
static void
saves(const char *what)
{
	struct ipc_msg_netlink_save v;
	struct ipc_msg m;

	await(child, MSG_NETLINK_SAVE, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_save(&m.rd, &v));
	ATF_CHECK_MSG(memmem(v.state, v.len, what, strlen(what)) != NULL,
	    "%.*s", (int)v.len, (const char *)v.state);
	ipc_msg_free(&m);
}

/* Bring peer 1 to the relay; returns its number. */
static uint32_t
relayed(void)
{
	char want[WG_ENDPOINT_TEXT];
	uint8_t local[4], other[4];
	uint32_t id;

	told_iface(1);
	id = told_peer(1, local);
	ATF_CHECK(told_peer(2, other) != id);
	ATF_CHECK(memcmp(local, other, 4) != 0);
	sees(id, IPC_ENDPOINT_DIRECT);
	saves("192.0.2.1:51820");
	set(id, 1);
	sees(id, IPC_ENDPOINT_RELAY);
	snprintf(want, sizeof(want), "%d.%d.%d.%d:%d", local[0], local[1],
	    local[2], local[3], PORT);
	ATF_CHECK_STREQ(want, wg_fake_endpoint(&kernel, 1));
	return (id);
}

/* There and back; at its end all is as it was. */
ATF_TC_WITHOUT_HEAD(serves);
ATF_TC_BODY(serves, tc)
{
	uint32_t id;

	begin("");
	id = relayed();
	set(id, 0);
	sees(id, IPC_ENDPOINT_DIRECT);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	set(id, 1);
	sees(id, IPC_ENDPOINT_RELAY);
	child_stop();
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_EQ(0, kernel.bad_sets);
	end();
}

/* The settings list one peer alone: the other one is not relayed any more. */
ATF_TC_WITHOUT_HEAD(listed);
ATF_TC_BODY(listed, tc)
{
	struct ipc_msg_netlink_peers v = { IFACE, 1, kernel.peers[1].key };
	uint32_t id;

	begin("");
	id = relayed();
	ATF_REQUIRE_EQ(0, ipc_send_netlink_peers(child, &v));
	configure("wg0");
	sees(id, IPC_ENDPOINT_DIRECT);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	child_stop();
	end();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	begin("");
	(void)relayed();
	child_leave();
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	end();
}

/* An interface that is configured no more is left as it was. */
ATF_TC_WITHOUT_HEAD(dropped);
ATF_TC_BODY(dropped, tc)
{
	struct ipc_msg_netlink_want v;
	struct ipc_msg m;

	begin("");
	(void)relayed();
	configure(NULL);
	skip(worker, MSG_DEV_PEER_GONE);
	skip(worker, MSG_DEV_PEER_GONE);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	/* Another one of that number needs a socket of its own. */
	configure("wg1");
	await(child, MSG_NETLINK_WANT, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_want(&m.rd, &v));
	ATF_CHECK_EQ(IFACE, v.iface);
	ipc_msg_free(&m);
	told_iface(0);
	child_stop();
	end();
}

/* The kernel refuses with this error. */
static void
fails_to_restore(int error, const char *why)
{
	struct ipc_msg_netlink_restored v;
	struct ipc_msg m;

	WG_FAKE_LOCK(&kernel);
	kernel.error = error;
	WG_FAKE_UNLOCK(&kernel);
	child_tell(MSG_NETLINK_RESTORE, NULL);
	await(child, MSG_NETLINK_RESTORED, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_restored(&m.rd, &v));
	ATF_CHECK_STREQ(why, v.why);
	ATF_CHECK_EQ(0, v.restored + v.left);
	ipc_msg_free(&m);
}

/* What was saved by an earlier run is restored, for -R too. */
ATF_TC_WITHOUT_HEAD(restores);
ATF_TC_BODY(restores, tc)
{
	struct ipc_msg_netlink_restored v;
	struct ipc_msg m;

	begin("derpbridge state 1\n"
	    "wg0 AQABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= 127.128.0.9 "
	    "192.0.2.77:7 4000000\n"
	    "wg0 junk\n");
	WG_FAKE_LOCK(&kernel);
	wg_endpoint_ipv4(&kernel.peers[0].endpoint, 0x7f800009, 1);
	wg_endpoint_ipv4(&kernel.peers[1].endpoint, 0x7f80000a, 1);
	WG_FAKE_UNLOCK(&kernel);
	child_tell(MSG_NETLINK_RESTORE, NULL);
	await(child, MSG_NETLINK_RESTORED, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_restored(&m.rd, &v));
	ATF_CHECK_EQ(1, v.restored);
	ATF_CHECK_EQ(1, v.left);
	ATF_CHECK_STREQ("", v.why);
	ipc_msg_free(&m);
	ATF_CHECK_STREQ("192.0.2.77:7", wg_fake_endpoint(&kernel, 1));
	fails_to_restore(EPERM, "wg0: can't read the interface (Operation not "
	    "permitted): the kernel refuses: derpbridged must be started with "
	    "CAP_NET_ADMIN in the user namespace of the interface");
	/* An interface that does not exist has nothing to restore. */
	fails_to_restore(ENODEV, "");
	child_stop();
	end();
}

/* The answer to a request for a key. */
static void
asks(uint32_t number, const char *why)
{
	struct ipc_msg_wgkey_want q = { number };
	struct ipc_msg_wgkey v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_send_wgkey_want(keys, &q));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
	await(keys, MSG_WGKEY, &m);
	ATF_REQUIRE_EQ(0, ipc_get_wgkey(&m.rd, &v));
	ATF_CHECK_EQ(number, v.iface);
	ATF_CHECK_STREQ(why, v.why);
	ATF_REQUIRE_EQ(*why == '\0', v.secret != NULL);
	if (v.secret != NULL)
		ATF_CHECK(v.secret_len == IPC_KEYLEN && memcmp(v.secret,
		    kernel.private_key, IPC_KEYLEN) == 0);
	ipc_msg_free(&m);
}

/* A private key that went through the process is nowhere in it. */
ATF_TC_WITHOUT_HEAD(private_keys);
ATF_TC_BODY(private_keys, tc)
{
	unsigned int n;

	begin("");
	told_iface(1);
	skip(worker, MSG_DEV_POLLED);
	asks(IFACE, "");
	asks(IFACE + 1, "there is no such interface");
	skip(worker, MSG_DEV_POLLED);
	n = child_copies(kernel.private_key, IPC_KEYLEN);
	ATF_CHECK_EQ_MSG(0, n, "the key is there %u times", n);
	child_stop();
	end();
}

/* Junk ends its channel, not the process; a new one is told all. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	struct ipc_msg_netlink_chanless v;
	struct ipc_msg m;
	uint8_t local[4];
	uint32_t id;

	begin("");
	id = relayed();
	ATF_REQUIRE_EQ(0, ipc_chan_send(worker, MSG_DEV_SET, NULL, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(worker, WAIT_MS));
	await(child, MSG_NETLINK_CHANLESS, &m);
	ATF_REQUIRE_EQ(0, ipc_get_netlink_chanless(&m.rd, &v));
	ATF_CHECK(v.worker && !v.keys);
	ipc_msg_free(&m);
	ipc_chan_free(worker);
	worker = give(ROLE_WORKER, MSG_NETLINK_WORKER);
	told_iface(1);
	ATF_CHECK_EQ(id, told_peer(1, local));
	sees(id, IPC_ENDPOINT_RELAY);
	/* No such peer, no such interface. */
	set(id + 100, 1);
	ATF_REQUIRE_EQ(0, ipc_send_dev_set(worker,
	    &(struct ipc_msg_dev_set){ IFACE + 1, id, 1 }));
	set(id, 0);
	sees(id, IPC_ENDPOINT_DIRECT);
	child_stop();
	end();
}

/* Without a worker for some seconds, all is as if there were no bridge. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	uint8_t local[4];
	uint32_t id;
	int i;

	begin("");
	id = relayed();
	/* There is one from the start. */
	for (i = 0; i < 16; i++)
		sees(id, IPC_ENDPOINT_RELAY);
	ATF_CHECK_EQ(1, kernel.sets);
	ipc_chan_free(worker);
	for (i = 0; i < WAIT_MS / 100 && strcmp("192.0.2.1:51820",
	    wg_fake_endpoint(&kernel, 1)) != 0; i++)
		usleep(100000);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	worker = give(ROLE_WORKER, MSG_NETLINK_WORKER);
	id = told_peer(1, local);
	sees(id, IPC_ENDPOINT_DIRECT);
	child_stop();
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, serves);
	ATF_TP_ADD_TC(tp, listed);
	ATF_TP_ADD_TC(tp, parent_gone);
	ATF_TP_ADD_TC(tp, dropped);
	ATF_TP_ADD_TC(tp, restores);
	ATF_TP_ADD_TC(tp, private_keys);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, alone);
	return (atf_no_error());
}

/*
 * ifaceset_test: endpoints that are set, remembered and restored.
 */
#include <errno.h>
#include <stdlib.h>

#include "ifacefixture.h"

/* The device has another endpoint for a peer: it roamed, or a tool set it. */
static void
moves(unsigned int n, const char *to)
{
	struct wg_endpoint e;
	unsigned int i;

	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&e, to));
	WG_FAKE_LOCK(&kernel);
	for (i = 0; i < kernel.npeers; i++)
		if (kernel.peers[i].key[0] == n)
			kernel.peers[i].endpoint = e;
	WG_FAKE_UNLOCK(&kernel);
}

static void
set(unsigned int n, int to_relay)
{
	wg_iface_set(&iface, peer(n)->id, to_relay, now);
}

ATF_TC_WITHOUT_HEAD(there_and_back);
ATF_TC_BODY(there_and_back, tc)
{
	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	poll_it();
	(void)happened();
	set(1, 1);
	/* What is about to be overwritten is saved before, once. */
	ATF_CHECK_STREQ("save ", happened());
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, peer(1)->at);
	ATF_CHECK_EQ(now + WG_POLL_FAST_MS, iface.due);
	set(1, 1);
	ATF_CHECK_EQ(1, kernel.sets);
	set(1, 0);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(1)->at);
	set(1, 0);
	ATF_CHECK_EQ(2, kernel.sets);
	set(1, 1);
	ATF_CHECK_STREQ("", happened());
	/* One without a direct endpoint can't go back to it. */
	set(2, 1);
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	set(2, 0);
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	wg_iface_set(&iface, 999, 1, now);
	ATF_CHECK_EQ(4, kernel.sets);
	ATF_CHECK_EQ(0, kernel.bad_sets);
	end();
}

/* Polls are frequent after a switch, for a moment. */
ATF_TC_WITHOUT_HEAD(pace);
ATF_TC_BODY(pace, tc)
{
	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	ATF_CHECK_EQ(now + WG_POLL_MS, iface.due);
	set(1, 1);
	wg_iface_poll(&iface, now + WG_POLL_FAST_MS);
	ATF_CHECK_EQ(now + 2 * WG_POLL_FAST_MS, iface.due);
	wg_iface_poll(&iface, now + WG_FAST_MS);
	ATF_CHECK_EQ(now + WG_FAST_MS + WG_POLL_MS, iface.due);
	end();
}

/* The last direct endpoint counts, be it of roaming or of another program. */
ATF_TC_WITHOUT_HEAD(roaming);
ATF_TC_BODY(roaming, tc)
{
	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	moves(1, "[2001:db8::1]:9");
	poll_it();
	set(1, 1);
	/* While it is relayed, too. */
	moves(1, "192.0.2.9:1");
	poll_it();
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(1)->at);
	set(1, 1);
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	/* Since the last poll: a switch looks before it sets. */
	moves(1, "192.0.2.10:1");
	now += WG_FRESH_MS + 1;
	set(1, 1);
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	set(1, 0);
	ATF_CHECK_STREQ("192.0.2.10:1", wg_fake_endpoint(&kernel, 1));
	/* A relayed packet moves it to the loopback address. */
	moves(1, relay(1));
	poll_it();
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, peer(1)->at);
	end();
}

/* The address of another peer, or of another run, is corrected. */
ATF_TC_WITHOUT_HEAD(corrected);
ATF_TC_BODY(corrected, tc)
{
	char other[WG_ENDPOINT_TEXT];

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	poll_it();
	strlcpy(other, relay(2), sizeof(other));
	moves(1, other);
	poll_it();
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_STREQ("192.0.2.1:51820", (set(1, 0), wg_fake_endpoint(&kernel,
	    1)));
	moves(2, "127.128.0.9:1");
	poll_it();
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	/* Addresses of other programs are theirs. */
	moves(2, "127.0.0.1:9000");
	poll_it();
	ATF_CHECK_STREQ("127.0.0.1:9000", wg_fake_endpoint(&kernel, 2));
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(2)->at);
	end();
}

/* The worker can't have packets of others, by its order or by its addresses. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	struct wg_served list = { 0, NULL, 0 };
	char was[WG_ENDPOINT_TEXT];
	uint8_t keys[2][WG_KEYLEN];

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "192.0.2.2:51820");
	wg_fake_peer(&kernel, 3, "none");
	poll_it();
	set(2, 1);
	strlcpy(was, relay(2), sizeof(was));
	memcpy(keys[0], peer(3)->now.key, WG_KEYLEN);
	memcpy(keys[1], peer(1)->now.key, WG_KEYLEN);
	ATF_REQUIRE_EQ(0, wg_served_set(&list, keys[0], 2));
	wg_iface_serve(&iface, &list);
	ATF_CHECK_EQ(0, list.listed);
	/* One that was served, or is at the relay since an earlier run. */
	ATF_CHECK_STREQ(was, wg_fake_endpoint(&kernel, 2));
	poll_it();
	ATF_CHECK_STREQ("192.0.2.2:51820", wg_fake_endpoint(&kernel, 2));
	set(2, 1);
	ATF_CHECK_STREQ("192.0.2.2:51820", wg_fake_endpoint(&kernel, 2));
	set(1, 1);
	set(3, 1);
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_STREQ(relay(3), wg_fake_endpoint(&kernel, 3));
	/* An address of the worker's choice is no direct endpoint. */
	moves(1, "127.0.0.2:41641");
	poll_it();
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	set(1, 0);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	/* All are served again. */
	wg_iface_serve(&iface, &list);
	set(2, 1);
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	end();
}

ATF_TC_WITHOUT_HEAD(restored);
ATF_TC_BODY(restored, tc)
{
	uint32_t n = 0, left = 0;

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	wg_fake_peer(&kernel, 3, "192.0.2.3:51820");
	poll_it();
	set(1, 1);
	set(2, 1);
	/* The port of the next run is another one, as is that of -R. */
	iface.conf.port = 0;
	ATF_CHECK_EQ(0, wg_iface_restore(&iface, now, &n, &left));
	ATF_CHECK_EQ(1, n);
	ATF_CHECK_EQ(1, left);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	ATF_CHECK_STREQ("192.0.2.3:51820", wg_fake_endpoint(&kernel, 3));
	ATF_CHECK_EQ(3, kernel.sets);
	kernel.error = EPERM;
	ATF_CHECK_EQ(-1, wg_iface_restore(&iface, now, &n, &left));
	ATF_CHECK_MSG(strstr(iface.why, "can't read the interface") != NULL,
	    "%s", iface.why);
	end();
}

/* After a crash, by what was saved. */
ATF_TC_WITHOUT_HEAD(crash);
ATF_TC_BODY(crash, tc)
{
	char text[1024], was[WG_ENDPOINT_TEXT];
	uint32_t n = 0, left = 0;
	size_t len, left_out;
	int fd;

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	set(1, 1);
	strlcpy(was, relay(1), sizeof(was));
	len = wg_memory_text(&memory, text, sizeof(text), 1, &left_out);
	wg_iface_free(&iface);
	wg_memory_free(&memory);
	fd = wg_fake_again(&kernel);
	ATF_REQUIRE_EQ(0, wg_memory_load(&memory, text, len, 1));
	wg_iface_init(&iface, &conf, &memory, buf, &ops, &now);
	wg_backend_open(&iface.backend, fd);
	poll_it();
	ATF_CHECK_STREQ(was, relay(1));
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, peer(1)->at);
	ATF_CHECK_EQ(1, kernel.sets);
	ATF_CHECK_EQ(0, wg_iface_restore(&iface, now, &n, &left));
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	end();
}

/* Addresses of another network are no direct endpoints. */
ATF_TC_WITHOUT_HEAD(network);
ATF_TC_BODY(network, tc)
{
	struct ipc_wg_iface c = conf;

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	poll_it();
	set(1, 1);
	set(2, 1);
	c.local[1] = 64;
	c.bits = 16;
	wg_iface_settings(&iface, &c);
	poll_it();
	ATF_CHECK_EQ(0x7f400000, peer(1)->memo->local & 0xffff0000);
	ATF_CHECK_STREQ(relay(1), wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_STREQ(relay(2), wg_fake_endpoint(&kernel, 2));
	set(1, 0);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	ATF_CHECK_EQ(0, peer(2)->memo->direct.port);
	end();
}

/* The same over a restart. */
ATF_TC_WITHOUT_HEAD(network_restart);
ATF_TC_BODY(network_restart, tc)
{
	struct ipc_wg_iface c = conf;
	char text[1024];
	uint32_t n = 0, left = 0;
	size_t len, left_out;

	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	set(1, 1);
	len = wg_memory_text(&memory, text, sizeof(text), 1, &left_out);
	wg_iface_free(&iface);
	wg_memory_free(&memory);
	ATF_REQUIRE_EQ(0, wg_memory_load(&memory, text, len, 1));
	c.local[1] = 64;
	c.bits = 16;
	wg_iface_init(&iface, &c, &memory, buf, &ops, &now);
	wg_backend_open(&iface.backend, wg_fake_again(&kernel));
	ATF_CHECK_EQ(0, wg_iface_restore(&iface, now, &n, &left));
	ATF_CHECK_EQ(1, n);
	ATF_CHECK_STREQ("192.0.2.1:51820", wg_fake_endpoint(&kernel, 1));
	end();
}

/* A dry run sets nothing, and believes the device alone. */
ATF_TC_WITHOUT_HEAD(dry);
ATF_TC_BODY(dry, tc)
{
	uint32_t n = 0, left = 0;

	begin();
	iface.conf.dry = 1;
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "127.128.0.200:7");
	poll_it();
	set(1, 1);
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(1)->at);
	(void)wg_iface_restore(&iface, now, &n, &left);
	ATF_CHECK_EQ(0, kernel.sets);
	end();
}

/* A kernel that refuses. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	begin();
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	kernel.error = EPERM;
	set(1, 1);
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(1)->at);
	kernel.error = 0;
	set(1, 1);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, peer(1)->at);
	/* It is gone when the switch looks at it. */
	kernel.exists = 0;
	now += 1000;
	set(1, 0);
	ATF_CHECK(!iface.up);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, there_and_back);
	ATF_TP_ADD_TC(tp, pace);
	ATF_TP_ADD_TC(tp, roaming);
	ATF_TP_ADD_TC(tp, corrected);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, restored);
	ATF_TP_ADD_TC(tp, crash);
	ATF_TP_ADD_TC(tp, network);
	ATF_TP_ADD_TC(tp, network_restart);
	ATF_TP_ADD_TC(tp, dry);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}

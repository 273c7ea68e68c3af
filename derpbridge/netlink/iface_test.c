/*
 * iface_test: what an interface reports of itself and its peers.
 */
#include <errno.h>
#include <stdlib.h>

#include "ifacefixture.h"

/* Give a peer an address that a test can know. */
static void
knows(unsigned int n, uint32_t local, const char *direct)
{
	uint8_t key[WG_KEYLEN];
	struct wg_endpoint e;
	struct wg_memo *o;

	memset(key, (int)n, sizeof(key));
	key[1] = 0;
	ATF_REQUIRE((o = wg_memory_get(&memory, "wg0", key)) != NULL);
	wg_memo_local(&memory, o, local);
	if (direct == NULL)
		return;
	ATF_REQUIRE_EQ(0, wg_endpoint_parse(&e, direct));
	wg_memo_direct(&memory, o, &e);
}

ATF_TC_WITHOUT_HEAD(peers);
ATF_TC_BODY(peers, tc)
{
	begin();
	knows(1, 0x7f800001, NULL);
	knows(2, 0x7f800002, NULL);
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	wg_fake_peer(&kernel, 2, "none");
	wg_iface_report(&iface);
	ATF_CHECK_STREQ("", happened());
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 peer 2=2@127.128.0.2 ",
	    happened());
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, peer(1)->at);
	ATF_CHECK_EQ(IPC_ENDPOINT_NONE, peer(2)->at);
	ATF_CHECK(peer(1)->memo->direct.port == 51820);
	poll_it();
	ATF_CHECK_STREQ("", happened());
	ATF_CHECK_EQ(2, polls);
	/* Counters are no news, a keepalive is. */
	kernel.peers[0].rx_bytes = 99;
	kernel.peers[0].handshake_ns = 5;
	poll_it();
	ATF_CHECK_STREQ("", happened());
	ATF_CHECK_EQ(99, peer(1)->now.rx_bytes);
	kernel.peers[0].keepalive = 25;
	poll_it();
	ATF_CHECK_STREQ("peer 1=1@127.128.0.1 ", happened());
	/* One is removed, and comes back: another number, the same address. */
	kernel.npeers = 1;
	poll_it();
	ATF_CHECK_STREQ("gone 2=2@127.128.0.2 ", happened());
	wg_fake_peer(&kernel, 2, "none");
	poll_it();
	ATF_CHECK_STREQ("peer 3=2@127.128.0.2 ", happened());
	wg_iface_report(&iface);
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 peer 3=2@127.128.0.2 ",
	    happened());
	ATF_CHECK_EQ(0, kernel.sets);
	end();
}

/* No two peers have one address; what the device uses is kept. */
ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	struct wg_peer *p, *q;
	unsigned int i;

	begin();
	/* Of an earlier run whose memory is lost. */
	wg_fake_peer(&kernel, 1, "127.128.3.4:41641");
	knows(2, 0x7f800002, NULL);
	wg_fake_peer(&kernel, 2, "127.128.0.2:41641");
	for (i = 3; i < 200; i++)
		wg_fake_peer(&kernel, i, "127.128.3.4:41641");
	poll_it();
	ATF_CHECK_EQ(0x7f800304, peer(1)->memo->local);
	ATF_CHECK_EQ(0x7f800002, peer(2)->memo->local);
	ATF_CHECK_EQ(199, HASH_CNT(by_key, iface.peers));
	for (p = iface.peers; p != NULL; p = p->by_key.next) {
		HASH_FIND(by_local, iface.locals, &p->memo->local,
		    sizeof(p->memo->local), q);
		ATF_CHECK(p == q);
		ATF_CHECK_STREQ(relay(p->now.key[0]),
		    wg_fake_endpoint(&kernel, p->now.key[0]));
	}
	/* The others had the address of a peer, and were corrected. */
	ATF_CHECK_EQ(197, kernel.sets);
	ATF_CHECK_EQ(0, kernel.bad_sets);
	end();
}

/* Not all peers find a place. */
ATF_TC_WITHOUT_HEAD(crowded);
ATF_TC_BODY(crowded, tc)
{
	struct ipc_wg_iface c = conf;
	unsigned int i;

	begin();
	for (i = 1; i <= 9; i++)
		wg_fake_peer(&kernel, i, "none");
	c.bits = 29;
	wg_iface_settings(&iface, &c);
	poll_it();
	ATF_CHECK_EQ(6, HASH_CNT(by_key, iface.peers));
	ATF_CHECK_EQ(3, iface.unserved);
	/* A place becomes free. */
	memmove(kernel.peers, kernel.peers + 1, 8 * sizeof(kernel.peers[0]));
	kernel.npeers = 8;
	poll_it();
	poll_it();
	ATF_CHECK_EQ(6, HASH_CNT(by_key, iface.peers));
	ATF_CHECK_EQ(2, iface.unserved);
	/* Another network, with room for all. */
	(void)happened();
	iface.conf.local[1] = 200;
	iface.conf.bits = 16;
	c = iface.conf;
	wg_iface_settings(&iface, &c);
	ATF_CHECK_EQ(0, iface.due);
	poll_it();
	ATF_CHECK_EQ(8, HASH_CNT(by_key, iface.peers));
	for (i = 2; i <= 9; i++)
		ATF_CHECK_EQ(0x7fc80000, peer(i)->memo->local & 0xffff0000);
	ATF_CHECK(strstr(happened(), "peer 2=") != NULL);
	end();
}

/* The device names a peer twice; the kernel does not, but who knows. */
ATF_TC_WITHOUT_HEAD(twice);
ATF_TC_BODY(twice, tc)
{
	begin();
	knows(1, 0x7f800001, NULL);
	knows(2, 0x7f800002, NULL);
	wg_fake_peer(&kernel, 1, "none");
	wg_fake_peer(&kernel, 2, "none");
	wg_fake_peer(&kernel, 1, "192.0.2.1:1");
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 peer 2=2@127.128.0.2 ",
	    happened());
	end();
}

ATF_TC_WITHOUT_HEAD(interface);
ATF_TC_BODY(interface, tc)
{
	begin();
	knows(1, 0x7f800001, NULL);
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	kernel.exists = 0;
	poll_it();
	ATF_CHECK_STREQ("down ", happened());
	ATF_CHECK_STREQ("can't read the interface (No such device): there is "
	    "no such interface", iface.why);
	poll_it();
	ATF_CHECK_STREQ("", happened());
	kernel.exists = 1;
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 ", happened());
	/* Each of these changes is told, with all peers. */
	kernel.port++;
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 ", happened());
	kernel.fwmark++;
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 ", happened());
	kernel.public_key[5]++;
	poll_it();
	ATF_CHECK_STREQ("up peer 1=1@127.128.0.1 ", happened());
	ATF_CHECK(memcmp(iface.key, kernel.public_key, WG_KEYLEN) == 0);
	/* Removed and made again between two polls. */
	kernel.ifindex++;
	poll_it();
	ATF_CHECK_STREQ("gone 1=1@127.128.0.1 up peer 2=1@127.128.0.1 ",
	    happened());
	kernel.has_key = 0;
	poll_it();
	ATF_CHECK_STREQ("gone 2=1@127.128.0.1 down ", happened());
	ATF_CHECK_STREQ("the interface has no private key", iface.why);
	end();
}

/* What may pass is given time, unlike an interface that is gone. */
ATF_TC_WITHOUT_HEAD(failures);
ATF_TC_BODY(failures, tc)
{
	int i;

	begin();
	knows(1, 0x7f800001, NULL);
	wg_fake_peer(&kernel, 1, "192.0.2.1:51820");
	poll_it();
	(void)happened();
	kernel.error = ENOBUFS;
	for (i = 1; i < WG_FAILURES; i++) {
		poll_it();
		ATF_CHECK_STREQ("", happened());
	}
	kernel.error = 0;
	poll_it();
	kernel.error = ENOBUFS;
	for (i = 1; i < WG_FAILURES; i++)
		poll_it();
	ATF_CHECK_STREQ("", happened());
	poll_it();
	ATF_CHECK_STREQ("gone 1=1@127.128.0.1 down ", happened());
	kernel.error = 0;
	poll_it();
	ATF_CHECK_STREQ("up peer 2=1@127.128.0.1 ", happened());
	kernel.exists = 0;
	poll_it();
	ATF_CHECK_STREQ("gone 2=1@127.128.0.1 down ", happened());
	/* Without a descriptor. */
	wg_backend_close(&iface.backend);
	for (i = 0; i < WG_FAILURES; i++)
		poll_it();
	ATF_CHECK_STREQ("down ", happened());
	ATF_CHECK(strstr(iface.why, "there is no netlink socket") != NULL);
	end();
}

ATF_TC_WITHOUT_HEAD(key);
ATF_TC_BODY(key, tc)
{
	uint8_t secret[WG_KEYLEN], zero[WG_KEYLEN] = { 0 };
	char why[IPC_WHYSIZE];

	begin();
	ATF_CHECK_EQ(0, wg_iface_key(&iface, secret, why));
	ATF_CHECK(memcmp(secret, kernel.private_key, WG_KEYLEN) == 0);
	kernel.has_key = 0;
	ATF_CHECK_EQ(-1, wg_iface_key(&iface, secret, why));
	ATF_CHECK_STREQ("the interface wg0 has no private key", why);
	ATF_CHECK(memcmp(secret, zero, WG_KEYLEN) == 0);
	kernel.error = EPERM;
	memset(secret, 1, sizeof(secret));
	ATF_CHECK_EQ(-1, wg_iface_key(&iface, secret, why));
	ATF_CHECK(strstr(why, "CAP_NET_ADMIN") != NULL);
	ATF_CHECK(memcmp(secret, zero, WG_KEYLEN) == 0);
	ATF_CHECK(iface.dump.private_key == NULL);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, peers);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, crowded);
	ATF_TP_ADD_TC(tp, twice);
	ATF_TP_ADD_TC(tp, interface);
	ATF_TP_ADD_TC(tp, failures);
	ATF_TP_ADD_TC(tp, key);
	return (atf_no_error());
}

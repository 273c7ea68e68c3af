/*
 * wgkeys_test: the process that makes logins, in its sandbox, between its
 * parent, netlink and the worker; and what is left in its memory.
 */
#include <sys/types.h>
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "childpeer.h"
#include "childscan.h"
#include "frame.h"
#include "wgkeys.h"
#include "wgkeys_asks.h"
#include "wgkeys_box.h"

#define IFACE	2

static struct ipc_chan	*netlink, *worker;
static uint8_t		 secret[IPC_KEYLEN], public[IPC_KEYLEN];
static uint8_t		 relay[IPC_KEYLEN], relay_secret[IPC_KEYLEN];

/* Give the process one end of a new channel. */
static struct ipc_chan *
give(enum ipc_role self, uint32_t type)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((c = ipc_chan_new(NULL, sv[0], self, ROLE_WGKEYS, NULL,
	    NULL, NULL)) != NULL);
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, type, NULL, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	return (c);
}

static void
begin(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	child_fork(ROLE_WGKEYS, wgkeys_main, 0);
	child_is_ready();
	/* After the fork, so that the process has no copy. */
	crypto_box_keypair(public, secret);
	crypto_box_keypair(relay, relay_secret);
	netlink = give(ROLE_NETLINK, MSG_WGKEYS_NETLINK);
	worker = give(ROLE_WORKER, MSG_WGKEYS_WORKER);
}

static void
ask(uint64_t cookie)
{
	struct ipc_msg_wglogin v = { cookie, IFACE, public, relay };

	ATF_REQUIRE_EQ(0, ipc_send_wglogin(worker, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(worker, WAIT_MS));
}

/* Netlink must be asked for the key. */
static void
wanted(void)
{
	struct ipc_msg_wgkey_want v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(netlink, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_WGKEY_WANT, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_wgkey_want(&m.rd, &v));
	ATF_CHECK_EQ(IFACE, v.iface);
	ipc_msg_free(&m);
}

/* Netlink's answer. */
static void
key(const uint8_t *p, size_t len, const char *why)
{
	struct ipc_msg_wgkey v = { IFACE, p, len, why };

	ATF_REQUIRE_EQ(0, ipc_send_wgkey(netlink, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(netlink, WAIT_MS));
}

/* The worker must get this answer: a login, or why there is none. */
static void
logged(uint64_t cookie, const char *why)
{
	const size_t head = FRAME_KEY_LEN + FRAME_NONCE_LEN;
	struct ipc_msg_wglogged v;
	const uint8_t *info;
	uint8_t text[256];
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(worker, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_WGLOGGED, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_wglogged(&m.rd, &v));
	ATF_CHECK_EQ(cookie, v.cookie);
	ATF_CHECK_STREQ(why, v.why);
	ATF_REQUIRE_EQ(*why == '\0', v.ok);
	if (v.ok) {
		info = v.info;
		ATF_REQUIRE(v.info_len > head && v.info_len < sizeof(text));
		ATF_CHECK(memcmp(v.info, public, sizeof(public)) == 0);
		ATF_CHECK_EQ(0, crypto_box_open_easy(text, info + head,
		    v.info_len - head, info + FRAME_KEY_LEN, public,
		    relay_secret));
	} else
		ATF_CHECK_EQ(0, v.info_len);
	ipc_msg_free(&m);
}

static void
chanless(int no_netlink, int no_worker)
{
	struct ipc_msg_wgkeys_chanless v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_WGKEYS_CHANLESS, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_wgkeys_chanless(&m.rd, &v));
	ATF_CHECK_EQ(no_netlink, v.netlink);
	ATF_CHECK_EQ(no_worker, v.worker);
	ipc_msg_free(&m);
}

/* One login needs the key, the next ones find it. */
ATF_TC_WITHOUT_HEAD(logins);
ATF_TC_BODY(logins, tc)
{
	begin();
	ask(7);
	wanted();
	ask(8);
	key(secret, sizeof(secret), "");
	logged(7, "");
	logged(8, "");
	ask(9);
	logged(9, "");
	memset(relay, 0, sizeof(relay));
	ask(10);
	logged(10, "the relay's key is of low order");
	child_stop();
}

ATF_TC_WITHOUT_HEAD(no_key);
ATF_TC_BODY(no_key, tc)
{
	static const uint8_t zero[IPC_KEYLEN];
	struct ipc_msg_wgkey unwanted = {
		.iface = IFACE + 1, .secret_len = IPC_KEYLEN, .why = ""
	};
	struct ipc_msg_wglogin login = { .cookie = 4, .iface = IFACE + 1 };
	struct ipc_msg m;

	begin();
	ask(1);
	wanted();
	key(NULL, 0, "there is no interface wg0");
	logged(1, "there is no interface wg0");
	ask(2);
	wanted();
	key(zero, sizeof(zero), "");
	logged(2, "the interface has no private key");
	/* What nobody wants is not kept: here the key of another interface. */
	ask(3);
	wanted();
	unwanted.secret = secret;
	ATF_REQUIRE_EQ(0, ipc_send_wgkey(netlink, &unwanted));
	key(secret, sizeof(secret), "");
	logged(3, "");
	login.own_key = public;
	login.server_key = relay;
	ATF_REQUIRE_EQ(0, ipc_send_wglogin(worker, &login));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(worker, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(netlink, &m, WAIT_MS));
	ATF_CHECK_EQ(MSG_WGKEY_WANT, m.type);
	ipc_msg_free(&m);
	child_stop();
}

/* The interface has another key, or another interface has its number. */
ATF_TC_WITHOUT_HEAD(other_key);
ATF_TC_BODY(other_key, tc)
{
	uint8_t old[IPC_KEYLEN];

	begin();
	memcpy(old, secret, sizeof(old));
	crypto_box_keypair(public, secret);
	ask(1);
	wanted();
	key(old, sizeof(old), "");
	logged(1, "the interface has another key");
	usleep(WGKEYS_FRESH_MS * 1000);
	ask(2);
	wanted();
	key(secret, sizeof(secret), "");
	logged(2, "");
	child_stop();
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	int i;

	begin();
	for (i = 0; i <= WGKEYS_ASKS_MAX; i++)
		ask((uint64_t)i);
	logged(WGKEYS_ASKS_MAX, "too many logins wait for keys of interfaces");
	for (i = 0; i < WGKEYS_ASKS_MAX; i++)
		logged((uint64_t)i, "netlink did not give the key of the "
		    "interface in time");
	child_stop();
}

/* Another netlink is asked again; another worker gets nothing of the first. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	begin();
	ask(1);
	wanted();
	ipc_chan_free(netlink);
	chanless(1, 0);
	netlink = give(ROLE_NETLINK, MSG_WGKEYS_NETLINK);
	wanted();
	key(secret, sizeof(secret), "");
	logged(1, "");
	ipc_chan_free(worker);
	chanless(0, 1);
	worker = give(ROLE_WORKER, MSG_WGKEYS_WORKER);
	ask(2);
	wanted();
	ipc_chan_free(worker);
	chanless(0, 1);
	worker = give(ROLE_WORKER, MSG_WGKEYS_WORKER);
	key(secret, sizeof(secret), "");
	ask(3);
	wanted();
	key(secret, sizeof(secret), "");
	logged(3, "");
	child_stop();
}

/* Junk ends its channel, not the process. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	begin();
	ask(1);
	wanted();
	key(secret, sizeof(secret) - 1, "");
	chanless(1, 0);
	ATF_REQUIRE_EQ(0, ipc_chan_send(worker, MSG_WGLOGIN, NULL, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(worker, WAIT_MS));
	chanless(0, 1);
	child_stop();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	begin();
	ipc_chan_free(child);
	child = NULL;
	child_ends(0);
}

/* The address sanitizer turns mlock(2) off. */
#define CAN_LOCK	1
#if defined(__SANITIZE_ADDRESS__)
#undef CAN_LOCK
#define CAN_LOCK	0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef CAN_LOCK
#define CAN_LOCK	0
#endif
#endif

/* KiB of locked memory of the process. */
static long
locked(void)
{
	char path[64], line[256];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)child_pid);
	ATF_REQUIRE((f = fopen(path, "r")) != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmLck: %ld", &n);
	fclose(f);
	return (n);
}

/* The key is in locked memory alone, and nowhere when nobody wants it. */
ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	unsigned int n;

	begin();
	ATF_CHECK_EQ(0, child_copies(secret, sizeof(secret)));
	ATF_CHECK(locked() > 0 || !CAN_LOCK);
	ask(1);
	wanted();
	key(secret, sizeof(secret), "");
	logged(1, "");
	n = child_copies(secret, sizeof(secret));
	ATF_CHECK_EQ_MSG(1, n, "the key is there %u times", n);
	ipc_chan_free(worker);
	chanless(0, 1);
	ATF_CHECK_EQ(0, child_copies(secret, sizeof(secret)));
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, logins);
	ATF_TP_ADD_TC(tp, no_key);
	ATF_TP_ADD_TC(tp, other_key);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, parent_gone);
	ATF_TP_ADD_TC(tp, memory);
	return (atf_no_error());
}

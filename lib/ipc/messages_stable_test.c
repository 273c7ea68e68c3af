/*
 * messages_stable_test: rows of messages.def that two builds use with each
 * other: their numbers and bytes are fixed.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "messages.h"

/* In order.  A new row of these kinds is the last of all such rows. */
static const char *const names[] = {
	"CTL_HELLO", "CTL_BUILD", "CTL_STATUS", "CTL_RELOAD", "CTL_VERBOSE",
	"CTL_CLIENTS", "CTL_NODE", "CTL_MAP", "CTL_CERT", "CTL_CERT_DO",
	"CTL_TEXT", "CTL_CLIENT", "CTL_DONE", "CTL_KICK", "CTL_GROUPS",
	"CTL_LIST", "CTL_LISTED", "CTL_HEALTH", "CTL_MESH", "CTL_DRAIN",
	"CTL_BRIDGE", "CTL_UPGRADE", "CTL_RESTART_RELAY",
	"UP_SOCKET", "UP_BEGIN", "UP_READY", "UP_ACCEPT", "UP_MOVE", "UP_TOOK",
	"UP_COMMIT", "UP_TAKEN", "UP_ABORT", "UP_FAILED",
	"MOVE_BEGIN", "MOVE_SESSION", "MOVE_BYTES", "MOVE_QUEUE",
	"MOVE_PACKET", "MOVE_HEARD", "MOVE_FAR", "MOVE_END", "MOVE_TAKEN",
	"MOVE_KEPT", "MOVE_LINK"
};
#define NNAMES	(sizeof(names) / sizeof(names[0]))

static int
is_stable(const char *name)
{
	return (strncmp(name, "MSG_CTL_", 8) == 0 ||
	    strncmp(name, "MSG_UP_", 7) == 0 ||
	    strncmp(name, "MSG_MOVE_", 9) == 0);
}

ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	char want[32];
	uint32_t i;

	(void)tc;
	for (i = 0; i < NNAMES; i++) {
		snprintf(want, sizeof(want), "MSG_%s", names[i]);
		ATF_CHECK_STREQ(want, ipc_msg_name(i + 1));
	}
	for (; i + 1 < MSG_MAX; i++)
		ATF_CHECK_MSG(!is_stable(ipc_msg_name(i + 1)),
		    "%s is not held", ipc_msg_name(i + 1));
}

/* The payload must be these bytes; blanks are for the reader.  It is freed. */
static void
check(struct ipc_wr *w, const char *want)
{
	char *got, digits[2048];
	size_t n = 0;

	ATF_REQUIRE(ipc_wr_ok(w));
	for (; *want != '\0'; want++)
		if (*want != ' ')
			digits[n++] = *want;
	digits[n] = '\0';
	ATF_REQUIRE((got = malloc(2 * w->len + 1)) != NULL);
	base_hex_put(got, w->p, w->len);
	ATF_CHECK_STREQ(got, digits);
	free(got);
	ipc_wr_free(w);
}

#define CHECK(name, want, ...) do {					\
	struct ipc_msg_##name check_v = { __VA_ARGS__ };		\
	struct ipc_wr check_w;						\
	ipc_wr_init(&check_w);						\
	ipc_put_##name(&check_w, &check_v);				\
	check(&check_w, want);						\
} while (0)

#define KEY	"01010101010101010101010101010101"	\
		"01010101010101010101010101010101"
#define ADDR	"02020202020202020202020202020202"
#define SECRET	"03030303030303030303030303030303"
#define HASH	"04040404040404040404040404040404"
#define NODES	"05050505050505050505050505050505"	\
		"05050505050505050505050505050505"
#define NODE	"05" NODES			/* number and hash */

static uint8_t key[IPC_KEYLEN], addr[IPC_ADDRLEN];
static uint8_t secret[IPC_SLOT_SECRETLEN], hash[IPC_MESHHASH_LEN];
static uint8_t nodes[IPC_MAXNODES], node[IPC_NODE_LEN];

static void
begin(void)
{
	memset(key, 1, sizeof(key));
	memset(addr, 2, sizeof(addr));
	memset(secret, 3, sizeof(secret));
	memset(hash, 4, sizeof(hash));
	memset(nodes, 5, sizeof(nodes));
	memset(node, 5, sizeof(node));
}

ATF_TC_WITHOUT_HEAD(successor_bytes);
ATF_TC_BODY(successor_bytes, tc)
{
	(void)tc;
	begin();
	CHECK(up_socket, "00", .kind = IPC_UP_LISTEN);
	CHECK(up_socket, "01", .kind = IPC_UP_STUN);
	CHECK(up_socket, "02", .kind = IPC_UP_METRICS);
	CHECK(up_socket, "03", .kind = IPC_UP_CONTROL);
	CHECK(up_begin, "00000001 00000002 616200 00000003" SECRET
	    HASH "01 00000001" NODE, .version = 1, .build = "ab",
	    .nworkers = 3, .slot_secret = secret, .mesh_hash = hash,
	    .stun = 1, .nnodes = 1, .nodes = node);
	CHECK(up_ready, "00000003" KEY NODES, .nworkers = 3, .node_key = key,
	    .nodes = nodes);
	CHECK(up_move, "00000001 00000002", .from = 1, .to = 2);
	CHECK(up_took, "01020304", .sessions = 0x01020304);
	CHECK(up_abort, "00000002 6e6f00", .why = "no");
	CHECK(up_failed, "00000002 6e6f00", .why = "no");
}

ATF_TC_WITHOUT_HEAD(session_bytes);
ATF_TC_BODY(session_bytes, tc)
{
	(void)tc;
	begin();
	CHECK(move_session,
	    "0000000000000004 0000007f" KEY ADDR "0102"
	    "00000003 aabbcc"			/* record */
	    "00000005 0000000000000006 0000000000000007"
	    "0000000000000018 0000000000000008"	/* mesh_end, number */
	    "00000009 00000002 787900 0000000a"	/* version, app, told */
	    "000000000000000b fffffffffffffffe 0000000c"	/* rate */
	    "000000000000000d 0000000e"		/* notices */
	    "00000001 6700 000000000000000f 0000000000000010"	/* group */
	    "00001000 00000011"			/* watched, senders */
	    "0000000000000012 0000000000000013 0000000000000014"
	    "0000000000000015 0000000000000016"
	    "00000017",				/* keep-alive */
	    .id = 4, .flags = IPC_MOVE_MESH | IPC_MOVE_PROBER |
	    IPC_MOVE_NOT_IDEAL | IPC_MOVE_HOME | IPC_MOVE_DUP |
	    IPC_MOVE_PROXIED | IPC_MOVE_WATCHES, .key = key, .addr = addr,
	    .port = 0x0102, .record = (const uint8_t *)"\xaa\xbb\xcc",
	    .record_len = 3, .skip = 5, .login_us = 6, .login_ns = 7,
	    .number = 8, .version = 9, .app = "xy", .told = 10,
	    .rate_at = 11, .rate_tokens = (uint64_t)-2, .rate_part = 12,
	    .notice_at = 13, .notice_tokens = 14, .group = "g",
	    .group_rate = 15, .group_burst = 16, .watched = 4096,
	    .senders = 17, .rx_bytes = 18, .tx_bytes = 19, .rx_packets = 20,
	    .tx_packets = 21, .drops = 22, .alive = 23, .mesh_end = 24);
}

ATF_TC_WITHOUT_HEAD(move_bytes);
ATF_TC_BODY(move_bytes, tc)
{
	static const uint8_t p[16] = { 0xaa, 0xbb };

	(void)tc;
	begin();
	CHECK(move_begin, "00000001", .version = IPC_MOVE_VERSION);
	CHECK(move_bytes, "00 00000002 aabb", .what = IPC_MOVE_CIPHER, .p = p,
	    .n = 2);
	CHECK(move_bytes, "01 00000000", .what = IPC_MOVE_PLAIN, .p = p);
	CHECK(move_bytes, "02 00000000", .what = IPC_MOVE_PART, .p = p);
	CHECK(move_bytes, "03 00000000", .what = IPC_MOVE_PONGS, .p = p);
	CHECK(move_bytes, "04 00000000", .what = IPC_MOVE_OUT, .p = p);
	CHECK(move_bytes, "05 00000000", .what = IPC_MOVE_OWN, .p = p);
	CHECK(move_queue, "01 00000002 00000003 01 0000000000000004"
	    "0000000000000005 00000006", .disco = 1, .count = 2,
	    .lastcount = 3, .dropping = 1, .first_above = 4, .drop_next = 5,
	    .run = 6);
	CHECK(move_packet, "01 0000000000000002 00000002 aabb", .disco = 1,
	    .at = 2, .p = p, .n = 2);
	CHECK(move_heard, KEY "01 00000002 aabb000000000000 0000000000000000",
	    .key = key, .far = 1, .nids = 2, .ids = p);
	CHECK(move_far, "00000005" KEY, .link = 5, .key = key);
	CHECK(move_far, "ffffffff" KEY, .link = IPC_NOLINK, .key = key);
	CHECK(move_link, "00000005" KEY ADDR "0102 00000001 aa 00000006"
	    "0000000000000007 0000000000000008 00000009 00000002 aabb"
	    "00000001 aa", .link = 5, .key = key, .addr = addr,
	    .port = 0x0102, .record = p, .record_len = 1, .number = 6,
	    .login_us = 7, .end = 8, .skip = 9, .part = p, .part_len = 2,
	    .health = p, .health_len = 1);
	CHECK(move_end, "00000007", .sessions = 7);
}

/* The flags of MOVE_SESSION, and what they count in. */
ATF_TC_WITHOUT_HEAD(flags);
ATF_TC_BODY(flags, tc)
{
	(void)tc;
	ATF_CHECK_EQ(IPC_MOVE_MESH, 0x01);
	ATF_CHECK_EQ(IPC_MOVE_PROBER, 0x02);
	ATF_CHECK_EQ(IPC_MOVE_NOT_IDEAL, 0x04);
	ATF_CHECK_EQ(IPC_MOVE_HOME, 0x08);
	ATF_CHECK_EQ(IPC_MOVE_DUP, 0x10);
	ATF_CHECK_EQ(IPC_MOVE_PROXIED, 0x20);
	ATF_CHECK_EQ(IPC_MOVE_WATCHES, 0x40);
	ATF_CHECK_EQ(IPC_SLOTS, 4096);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, numbers);
	ATF_TP_ADD_TC(tp, successor_bytes);
	ATF_TP_ADD_TC(tp, session_bytes);
	ATF_TP_ADD_TC(tp, move_bytes);
	ATF_TP_ADD_TC(tp, flags);
	return (atf_no_error());
}

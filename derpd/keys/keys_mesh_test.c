/*
 * keys_mesh_test: logins at other nodes, in the process itself and at the keys
 * process within its sandbox, as mesh processes request them.
 */
#include <sodium.h>

#include "askfixture.h"
#include "hex.h"
#include "keys_mesh.h"

#define HEX	"00112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"

static uint8_t	 server_pub[32], server_sec[32];

static void
set_up(void)
{
	uint8_t	 sec[32], key[32];

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_box_preload());
	randombytes_buf(sec, sizeof(sec));
	keys_box_set_node(sec, key);
	ATF_REQUIRE_EQ(0, base_hex_get(key, sizeof(key), HEX));
	keys_box_stage_mesh(key);
	keys_box_commit_mesh(1);
	crypto_box_keypair(server_pub, server_sec);
}

/* The result of a login in this process. */
static int
try(unsigned int node, uint64_t ms, const char *why)
{
	char	 err[IPC_WHYSIZE] = "";
	uint8_t	 info[BOX_LOGINSIZE];
	size_t	 n;

	n = keys_mesh_login(node, server_pub, ms, info, err, sizeof(err));
	if (why != NULL)
		ATF_CHECK_STREQ(why, err);
	return (n > 0);
}

/* One a second for each node, after some at once. */
ATF_TC_WITHOUT_HEAD(often);
ATF_TC_BODY(often, tc)
{
	int	 i;

	set_up();
	for (i = 0; i < KEYS_MESH_BURST; i++)
		ATF_CHECK(try(0, 5000, NULL));
	ATF_CHECK(!try(0, 5000, "too many logins: one a second"));
	ATF_CHECK(!try(0, 5999, "too many logins: one a second"));
	ATF_CHECK(try(1, 5000, NULL));
	ATF_CHECK(try(0, 6000, NULL));
	ATF_CHECK(!try(0, 6000, NULL));
	for (i = 0; i < KEYS_MESH_BURST; i++)
		ATF_CHECK(try(0, 100000, NULL));
	ATF_CHECK(!try(0, 100000, NULL));
	ATF_CHECK(!try(IPC_MAXNODES, 5000, "there is no such node"));
}

ATF_TC_WITHOUT_HEAD(pins);
ATF_TC_BODY(pins, tc)
{
	uint8_t	 other[32];

	set_up();
	memcpy(other, server_pub, sizeof(other));
	other[5] ^= 1;
	keys_mesh_pin(3, other);
	ATF_CHECK(!try(3, 5000, "the server has another key than `server key' "
	    "says"));
	ATF_CHECK(try(2, 5000, NULL));
	keys_mesh_pin(3, server_pub);
	ATF_CHECK(try(3, 5000, NULL));
	keys_mesh_pin(3, other);
	keys_mesh_pin(3, NULL);
	ATF_CHECK(try(3, 5000, NULL));
}

/* Ask the process for a login at the server; 1 and its text, or 0 and why. */
static int
ask(struct ipc_chan *c, uint64_t cookie, char *text, size_t size)
{
	struct ipc_msg_mesh_login v = { cookie, server_pub };
	struct ipc_msg_mesh_logged a;
	struct ipc_msg	 m;
	const uint8_t	*p;
	int		 ok;

	ATF_REQUIRE_EQ(0, ipc_send_mesh_login(c, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_MESH_LOGGED, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_logged(&m.rd, &a));
	ATF_CHECK_EQ(cookie, a.cookie);
	ok = a.ok;
	p = a.info;
	if (ok) {
		ATF_REQUIRE(a.info_len > 72 && a.info_len - 72 < size);
		ATF_REQUIRE_EQ(0, crypto_box_open_easy((uint8_t *)text, p + 56,
		    a.info_len - 56, p + 32, p, server_sec));
		text[a.info_len - 72] = '\0';
	} else
		strlcpy(text, a.why, size);
	ipc_msg_free(&m);
	return (ok);
}

static void
pin(unsigned int node, const uint8_t *key, size_t len)
{
	struct ipc_msg_key_node_pin v = { node, key, len };

	ATF_REQUIRE_EQ(0, ipc_send_key_node_pin(child, &v));
}

ATF_TC_WITHOUT_HEAD(process);
ATF_TC_BODY(process, tc)
{
	uint8_t		 node[32], hash[IPC_MESHHASH_LEN];
	char		 err[256], text[512];
	struct ipc_chan	*c, *d;
	struct ipc_wr	 w;

	ATF_REQUIRE(sodium_init() != -1);
	crypto_box_keypair(server_pub, server_sec);
	start();
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node, sizeof(node), err));
	c = worker_channel(7, KEYCHAN_MESH);
	ATF_CHECK_EQ(0, ask(c, 1, text, sizeof(text)));
	ATF_CHECK_STREQ("there is no mesh key", text);
	ATF_REQUIRE_EQ(sizeof(hash), key_ask(MSG_KEY_MESH, NULL,
	    text_file("mesh", HEX "\n"), hash, sizeof(hash), err));
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ipc_wr_u32(&w, 0);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_RETAIN, &w, -1, err, 0, err));
	ATF_CHECK_EQ(1, ask(c, 1ULL << 40, text, sizeof(text)));
	ATF_CHECK(strstr(text, "\"meshKey\":\"" HEX "\"") != NULL);
	pin(7, node, sizeof(node));
	d = worker_channel(7, KEYCHAN_MESH);
	check_closed(c);
	ATF_CHECK_EQ(0, ask(d, 2, text, sizeof(text)));
	ATF_CHECK(strstr(text, "another key") != NULL);
	/* Junk closes the channel. */
	ATF_REQUIRE_EQ(0, ipc_chan_send(d, MSG_MESH_LOGIN, NULL, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(d, WAIT_MS));
	check_closed(d);
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, often);
	ATF_TP_ADD_TC(tp, pins);
	ATF_TP_ADD_TC(tp, process);
	return (atf_no_error());
}

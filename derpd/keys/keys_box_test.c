/*
 * keys_box_test: login boxes and the mesh key.
 */

#include <atf-c.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "hex.h"
#include "keys.h"

static uint8_t		 node_pub[32], client_pub[32], client_sec[32];
static struct keys_box_opened result;

static void
setup(void)
{
	uint8_t	 sec[32];

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_box_preload());
	crypto_box_keypair(client_pub, client_sec);
	ATF_REQUIRE_EQ(-1, keys_box_node(node_pub));
	randombytes_buf(sec, sizeof(sec));
	keys_box_set_node(sec, node_pub);
}

/* Log in with `text', sealed with `sec'; the result of keys_box_open(). */
static int
login(const void *text, size_t len, const uint8_t *sec)
{
	static const uint8_t	 nonce[24] = { 9 };
	struct keys_box_login	 l;
	uint8_t			*box;
	int			 rv;

	ATF_REQUIRE((box = malloc(len + 16)) != NULL);
	ATF_REQUIRE_EQ(0, crypto_box_easy(box, text, len, nonce, node_pub,
	    sec));
	l.client = client_pub;
	l.nonce = nonce;
	l.box = box;
	l.boxlen = len + 16;
	rv = keys_box_open(&l, &result);
	free(box);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(open_box);
ATF_TC_BODY(open_box, tc)
{
	const char	*text = "{\"version\":2}";
	uint8_t		 other[32], pub[32];

	setup();
	ATF_REQUIRE_EQ(0, keys_box_node(pub));
	ATF_CHECK(memcmp(pub, node_pub, 32) == 0);
	ATF_REQUIRE_EQ(0, login(text, strlen(text), client_sec));
	ATF_REQUIRE_EQ(strlen(text), result.textlen);
	ATF_CHECK(memcmp(result.text, text, result.textlen) == 0);
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);

	randombytes_buf(other, sizeof(other));
	ATF_CHECK_EQ(-1, login(text, strlen(text), other));
	ATF_CHECK_EQ(0, login("", 0, client_sec));
	ATF_CHECK_EQ(0, result.textlen);
	/* A client key of low order has no secret. */
	memset(client_pub, 0, sizeof(client_pub));
	ATF_CHECK_EQ(-1, login(text, strlen(text), client_sec));
}

/* The client opens what is sealed with the secret of its box. */
ATF_TC_WITHOUT_HEAD(seal);
ATF_TC_BODY(seal, tc)
{
	static char	 big[BOX_MAXINFO + 1];
	const char	*info = "{\"version\":2 }";
	uint8_t		 sealed[BOX_SEALEDSIZE], open[BOX_MAXINFO], shared[32];
	size_t		 n;

	setup();
	ATF_REQUIRE_EQ(0, login("{}", 2, client_sec));
	memcpy(shared, result.shared, sizeof(shared));
	keys_box_forget();
	ATF_CHECK(sodium_is_zero(result.shared, sizeof(shared)));
	n = keys_box_seal(shared, info, strlen(info), sealed);
	ATF_REQUIRE_EQ(24 + 16 + strlen(info), n);
	ATF_REQUIRE_EQ(0, crypto_box_open_easy(open, sealed + 24, n - 24,
	    sealed, node_pub, client_sec));
	ATF_CHECK(memcmp(open, info, strlen(info)) == 0);
	memcpy(open, sealed, 24);
	ATF_REQUIRE_EQ(n, keys_box_seal(shared, info, strlen(info), sealed));
	ATF_CHECK(memcmp(open, sealed, 24) != 0);	/* a new nonce */
	ATF_CHECK_EQ(sizeof(sealed), keys_box_seal(shared, big, BOX_MAXINFO,
	    sealed));
	ATF_CHECK_EQ(0, keys_box_seal(shared, big, sizeof(big), sealed));
}

/* Open the sealed text as the login box of that client. */
static int
sent_back(const uint8_t *pub, const uint8_t *sealed, size_t n)
{
	struct keys_box_login	 l = { .client = pub, .nonce = sealed,
				    .box = sealed + 24, .boxlen = n - 24 };

	return (keys_box_open(&l, &result));
}

/*
 * For a client that did not log in here, too; and what is sealed for a client
 * is not a login box of it.
 */
ATF_TC_WITHOUT_HEAD(seal_for);
ATF_TC_BODY(seal_for, tc)
{
	const uint8_t	 low_order[32] = { 1 };
	uint8_t		 sealed[BOX_SEALEDSIZE], open[BOX_MAXINFO],
	    sec[32], again[32];
	size_t		 n;
	int		 i;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_box_preload());
	crypto_box_keypair(client_pub, client_sec);
	ATF_CHECK_EQ(0, keys_box_seal_for(client_pub, "{}", 2, sealed));
	randombytes_buf(sec, sizeof(sec));
	keys_box_set_node(sec, node_pub);
	ATF_CHECK_EQ(0, keys_box_seal_for(low_order, "{}", 2, sealed));
	for (i = 0; i < 100; i++) {
		n = keys_box_seal_for(client_pub, "{}", 2, sealed);
		ATF_REQUIRE_EQ(24 + 16 + 2, n);
		ATF_REQUIRE_EQ(0, crypto_box_open_easy(open, sealed + 24,
		    n - 24, sealed, node_pub, client_sec));
		ATF_CHECK(memcmp(open, "{}", 2) == 0);
		ATF_CHECK_EQ(-1, sent_back(client_pub, sealed, n));
	}
	/* Nor under the same key after it was another one. */
	randombytes_buf(again, sizeof(again));
	keys_box_set_node(again, node_pub);
	keys_box_set_node(sec, node_pub);
	ATF_CHECK_EQ(-1, sent_back(client_pub, sealed, n));
	/* With any other nonce it would be one. */
	sealed[23] ^= 1;
	ATF_REQUIRE_EQ(0, crypto_box_easy(sealed + 24, (const uint8_t *)"{}", 2,
	    sealed, node_pub, client_sec));
	ATF_CHECK_EQ(0, sent_back(client_pub, sealed, n));
}

ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	size_t		 max = FRAME_MAX_CLIENTINFO - 32 - 24 - 16;
	struct keys_box_login l = { NULL, NULL, NULL, 0 };
	uint8_t		 zero[32] = { 0 };
	char		*text;

	setup();
	ATF_REQUIRE((text = calloc(1, max + 1)) != NULL);
	memset(text, '"', max);
	ATF_CHECK_EQ(0, login(text, max, client_sec));
	ATF_CHECK_EQ(max, result.textlen);
	ATF_CHECK(memcmp(result.text, text, max) == 0);
	keys_box_forget();
	ATF_CHECK_EQ(0, result.text[0]);
	ATF_CHECK_EQ(0, result.text[max - 1]);
	free(text);

	l.client = client_pub;
	l.nonce = l.box = zero;
	l.boxlen = 15;
	ATF_CHECK_EQ(-1, keys_box_open(&l, &result));
	l.boxlen = FRAME_MAX_CLIENTINFO + 1;
	ATF_CHECK_EQ(-1, keys_box_open(&l, &result));
}

#define HEX_A	"00112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"
#define HEX_AUP	"00112233445566778899AABBCCDDEEFF" \
		"00112233445566778899aabbccddeeff"
#define HEX_B	"10112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"
#define ZEROS	"00000000000000000000000000000000" \
		"00000000000000000000000000000000"

/* Offset at which `key' is found in `text'; `text' must then equal `after'. */
static uint32_t
find(const char *key, const char *text, const char *after)
{
	uint8_t		 raw[32];
	char		 buf[512];
	uint32_t	 off;

	ATF_REQUIRE_EQ(0, base_hex_get(raw, sizeof(raw), key));
	ATF_REQUIRE(strlcpy(buf, text, sizeof(buf)) < sizeof(buf));
	off = keys_box_find_mesh((uint8_t *)buf, strlen(text), raw);
	ATF_CHECK_STREQ(after == NULL ? text : after, buf);
	return (off);
}

ATF_TC_WITHOUT_HEAD(mesh_scan);
ATF_TC_BODY(mesh_scan, tc)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_CHECK_EQ(12, find(HEX_A, "{\"meshKey\":\"" HEX_A "\"}",
	    "{\"meshKey\":\"" ZEROS "\"}"));
	ATF_CHECK_EQ(12, find(HEX_A, "{\"meshKey\":\"" HEX_AUP "\"}",
	    "{\"meshKey\":\"" ZEROS "\"}"));
	ATF_CHECK_EQ(1, find(HEX_A, "\"" HEX_A "\"", "\"" ZEROS "\""));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "\"" HEX_B "\"",
	    "\"" ZEROS "\""));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "\"" HEX_A, NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, HEX_A "\"", NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "\"0" HEX_A "\"", NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "\"" HEX_A "0\"", NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "\" " HEX_A "\"", NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(HEX_A, "", NULL));
	/* All keys are blanked; the last offset of this one is reported. */
	ATF_CHECK_EQ(68, find(HEX_A, "\"" HEX_A "\",\"" HEX_A "\"",
	    "\"" ZEROS "\",\"" ZEROS "\""));
	ATF_CHECK_EQ(68, find(HEX_A, "\"" HEX_B "\",\"" HEX_A "\"",
	    "\"" ZEROS "\",\"" ZEROS "\""));
	ATF_CHECK_EQ(1, find(HEX_A, "\"" HEX_A "\",\"" HEX_B "\"",
	    "\"" ZEROS "\",\"" ZEROS "\""));
	/* The all-zero key, which means none, never matches. */
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(ZEROS, "\"" ZEROS "\"", NULL));
	ATF_CHECK_EQ(KEYS_NOOFFSET, find(ZEROS, "\"" HEX_A "\"",
	    "\"" ZEROS "\""));
}

ATF_TC_WITHOUT_HEAD(mesh_login);
ATF_TC_BODY(mesh_login, tc)
{
	const char	*text = "{\"meshKey\":\"" HEX_A "\",\"version\":2}";
	const char	*zero = "{\"meshKey\":\"" ZEROS "\",\"version\":2}";
	uint8_t		 key[32];

	setup();
	ATF_REQUIRE_EQ(0, base_hex_get(key, sizeof(key), HEX_A));
	/* No mesh key is set yet. */
	ATF_REQUIRE_EQ(0, login(text, strlen(text), client_sec));
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);
	ATF_REQUIRE_EQ(0, login(zero, strlen(zero), client_sec));
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);

	keys_box_stage_mesh(key);
	keys_box_commit_mesh(1);
	ATF_REQUIRE_EQ(0, login(text, strlen(text), client_sec));
	ATF_CHECK_EQ(12, result.mesh);
	ATF_CHECK(memcmp(result.text, zero, strlen(zero)) == 0);
	ATF_REQUIRE_EQ(0, login(zero, strlen(zero), client_sec));
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);

	/* A node that has another key, while the region gets a new one. */
	ATF_REQUIRE_EQ(0, base_hex_get(key, sizeof(key), HEX_B));
	keys_box_stage_mesh(key);
	keys_box_commit_mesh(1);
	ATF_REQUIRE_EQ(0, login(text, strlen(text), client_sec));
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);
	ATF_CHECK(memcmp(result.text, zero, strlen(zero)) == 0);

	keys_box_stage_mesh(NULL);
	keys_box_commit_mesh(1);
	ATF_REQUIRE_EQ(0, login(text, strlen(text), client_sec));
	ATF_CHECK_EQ(KEYS_NOOFFSET, result.mesh);
	ATF_CHECK(memcmp(result.text, zero, strlen(zero)) == 0);
}

/* Put a mesh key in force. */
static void
use_mesh(const char *hex)
{
	uint8_t	 key[32];

	ATF_REQUIRE_EQ(0, base_hex_get(key, sizeof(key), hex));
	keys_box_stage_mesh(key);
	keys_box_commit_mesh(1);
}

/*
 * The login of this node at another one, which opens it and finds the mesh key;
 * here it opens nothing, whoever sends it.
 */
ATF_TC_WITHOUT_HEAD(own_login);
ATF_TC_BODY(own_login, tc)
{
	static const char text[] = "{\"meshKey\":\"" HEX_A "\",\"version\":2,"
	    "\"CanAckPings\":true,\"AppName\":\"derpd\"}";
	const uint8_t	 low_order[32] = { 1 };
	uint8_t		 info[BOX_LOGINSIZE], again[BOX_LOGINSIZE],
	    open[BOX_LOGINTEXT], pub[32];
	const char	*why = NULL;
	size_t		 n;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_box_preload());
	crypto_box_keypair(client_pub, client_sec);
	ATF_CHECK_EQ(0, keys_box_login(client_pub, info, &why));
	ATF_CHECK_STREQ("there is no node key yet", why);
	randombytes_buf(pub, sizeof(pub));
	keys_box_set_node(pub, node_pub);
	ATF_CHECK_EQ(0, keys_box_login(client_pub, info, &why));
	ATF_CHECK_STREQ("there is no mesh key", why);
	use_mesh(HEX_A);
	ATF_CHECK_EQ(0, keys_box_login(node_pub, info, &why));
	ATF_CHECK_STREQ("the server has the key of this node", why);
	ATF_CHECK_EQ(0, keys_box_login(low_order, info, &why));
	ATF_CHECK_STREQ("the server's key is of low order", why);

	n = keys_box_login(client_pub, info, &why);
	ATF_REQUIRE_EQ(32 + 24 + 16 + strlen(text), n);
	ATF_CHECK(memcmp(info, node_pub, 32) == 0);
	ATF_REQUIRE_EQ(0, crypto_box_open_easy(open, info + 56, n - 56,
	    info + 32, node_pub, client_sec));
	ATF_CHECK(memcmp(open, text, strlen(text)) == 0);
	ATF_REQUIRE_EQ(n, keys_box_login(client_pub, again, &why));
	ATF_CHECK(memcmp(info + 32, again + 32, 24) != 0);

	/* The other node sends it back. */
	ATF_CHECK_EQ(-1, sent_back(client_pub, info + 32, n - 32));
	/* It is a login there. */
	keys_box_set_node(client_sec, pub);
	ATF_REQUIRE_EQ(0, sent_back(node_pub, info + 32, n - 32));
	ATF_CHECK_EQ(12, result.mesh);
	keys_box_forget();
}

ATF_TC_WITHOUT_HEAD(mesh_hash);
ATF_TC_BODY(mesh_hash, tc)
{
	uint8_t	 key[32] = { 7 }, a[IPC_MESHHASH_LEN], b[IPC_MESHHASH_LEN];

	ATF_REQUIRE(sodium_init() != -1);
	keys_box_hash_mesh(key, a);
	keys_box_hash_mesh(key, b);
	ATF_CHECK(memcmp(a, b, sizeof(a)) == 0);
	key[31] ^= 1;
	keys_box_hash_mesh(key, b);
	ATF_CHECK(memcmp(a, b, sizeof(a)) != 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, open_box);
	ATF_TP_ADD_TC(tp, seal);
	ATF_TP_ADD_TC(tp, seal_for);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, mesh_scan);
	ATF_TP_ADD_TC(tp, mesh_login);
	ATF_TP_ADD_TC(tp, own_login);
	ATF_TP_ADD_TC(tp, mesh_hash);
	return (atf_no_error());
}

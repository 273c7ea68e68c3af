/*
 * wgkeys_box_test: logins with the key of an interface, and how long it is
 * kept.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "frame.h"
#include "wgkeys_box.h"

#define IFACE	3
#define NOW	1000000

static uint8_t	secret[IPC_KEYLEN], public[IPC_KEYLEN];	/* the interface's */
static uint8_t	relay[IPC_KEYLEN], relay_secret[IPC_KEYLEN];
static uint8_t	info[WGKEYS_INFOSIZE];

static void
begin(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, wgkeys_box_preload());
	crypto_box_keypair(public, secret);
	crypto_box_keypair(relay, relay_secret);
}

/* Open a login as the relay; its text. */
static const char *
opened(const uint8_t *p, size_t len)
{
	static char text[WGKEYS_INFOSIZE + 1];
	const uint8_t *nonce = p + FRAME_KEY_LEN;
	const size_t head = FRAME_KEY_LEN + FRAME_NONCE_LEN;

	ATF_REQUIRE(len > head + FRAME_BOX_OVERHEAD);
	ATF_CHECK(memcmp(p, public, sizeof(public)) == 0);
	memset(text, 0, sizeof(text));
	if (crypto_box_open_easy((uint8_t *)text, p + head, len - head, nonce,
	    p, relay_secret) == -1)
		return ("does not open");
	return (text);
}

ATF_TC_WITHOUT_HEAD(login);
ATF_TC_BODY(login, tc)
{
	uint8_t again[WGKEYS_INFOSIZE];
	const char *why = "";
	size_t n;

	begin();
	ATF_CHECK_EQ(0, wgkeys_box_has(IFACE));
	ATF_REQUIRE_EQ(0, wgkeys_box_set(IFACE, secret, NOW));
	ATF_CHECK_EQ(1, wgkeys_box_has(IFACE));
	ATF_CHECK_EQ(0, wgkeys_box_has(IFACE - 1));
	n = wgkeys_box_login(IFACE, relay, info, &why);
	ATF_CHECK_STREQ("{\"version\":2,\"CanAckPings\":true,"
	    "\"AppName\":\"derpbridge\"}", opened(info, n));
	/* No nonce comes twice. */
	ATF_CHECK_EQ(n, wgkeys_box_login(IFACE, relay, again, &why));
	ATF_CHECK(memcmp(info + FRAME_KEY_LEN, again + FRAME_KEY_LEN,
	    FRAME_NONCE_LEN) != 0);
}

/* Keys that no relay has. */
ATF_TC_WITHOUT_HEAD(relays);
ATF_TC_BODY(relays, tc)
{
	static const uint8_t zero[IPC_KEYLEN], one[IPC_KEYLEN] = { 1 };
	const char *why = "";

	begin();
	ATF_REQUIRE_EQ(0, wgkeys_box_set(IFACE, secret, NOW));
	ATF_CHECK_EQ(0, wgkeys_box_login(IFACE, zero, info, &why));
	ATF_CHECK_STREQ("the relay's key is of low order", why);
	ATF_CHECK_EQ(0, wgkeys_box_login(IFACE, one, info, &why));
	ATF_CHECK_EQ(0, wgkeys_box_login(IFACE, public, info, &why));
	ATF_CHECK_STREQ("the relay has the key of the interface", why);
}

ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	static const uint8_t zero[IPC_KEYLEN];

	begin();
	ATF_CHECK_EQ(0, wgkeys_box_expire(UINT64_MAX));
	ATF_REQUIRE_EQ(0, wgkeys_box_set(IFACE, secret, NOW));
	ATF_REQUIRE_EQ(0, wgkeys_box_set(0, secret, NOW + 1));
	ATF_CHECK_EQ(2, wgkeys_box_expire(NOW + WGKEYS_KEEP_MS - 1));
	ATF_CHECK_EQ(1, wgkeys_box_expire(NOW + WGKEYS_KEEP_MS));
	ATF_CHECK_EQ(0, wgkeys_box_has(IFACE));
	ATF_CHECK_EQ(1, wgkeys_box_has(0));
	ATF_CHECK_EQ(0, wgkeys_box_expire(NOW + WGKEYS_KEEP_MS + 1));
	ATF_CHECK_EQ(0, wgkeys_box_has(0));
	/* An interface without a key loses that of before. */
	ATF_REQUIRE_EQ(0, wgkeys_box_set(IFACE, secret, NOW));
	ATF_CHECK_EQ(-1, wgkeys_box_set(IFACE, zero, NOW));
	ATF_CHECK_EQ(0, wgkeys_box_has(IFACE));
}

/* A key that is not that of the interface any more. */
ATF_TC_WITHOUT_HEAD(outdated);
ATF_TC_BODY(outdated, tc)
{
	begin();
	ATF_CHECK_EQ(0, wgkeys_box_is(IFACE, public));
	ATF_CHECK_EQ(0, wgkeys_box_outdated(IFACE, relay, NOW));
	ATF_REQUIRE_EQ(0, wgkeys_box_set(IFACE, secret, NOW));
	ATF_CHECK_EQ(1, wgkeys_box_is(IFACE, public));
	ATF_CHECK_EQ(0, wgkeys_box_is(IFACE, relay));
	ATF_CHECK_EQ(0, wgkeys_box_outdated(IFACE, relay,
	    NOW + WGKEYS_FRESH_MS - 1));
	ATF_CHECK_EQ(1, wgkeys_box_outdated(IFACE, relay,
	    NOW + WGKEYS_FRESH_MS));
	ATF_CHECK_EQ(0, wgkeys_box_outdated(IFACE, public,
	    NOW + WGKEYS_FRESH_MS));
	wgkeys_box_forget(IFACE);
	ATF_CHECK_EQ(0, wgkeys_box_is(IFACE, public));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, login);
	ATF_TP_ADD_TC(tp, relays);
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, outdated);
	return (atf_no_error());
}

/*
 * stunclient_test: Tests of the requests of STUN clients, and of what counts as
 * an answer.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "stunclient.h"

static const uint8_t id[NET_STUN_ID] = "transaction";

/* A response with an attribute for 192.0.2.1 port 1234, XORed. */
static const uint8_t good[32] = { 1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42,
    't', 'r', 'a', 'n', 's', 'a', 'c', 't', 'i', 'o', 'n', 0,
    0, 0x20, 0, 8, 0, 1, 0x04 ^ 0x21, 0xd2 ^ 0x12,
    192 ^ 0x21, 0 ^ 0x12, 2 ^ 0xa4, 1 ^ 0x42 };

static struct net_stun_answer a;

/* Parse a copy of exactly `len' bytes, to detect overreads. */
static enum net_stun_kind
parse(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	enum net_stun_kind kind;

	ATF_REQUIRE(copy != NULL);
	memcpy(copy, p, len);
	kind = net_stun_parse(copy, len, &a);
	free(copy);
	return (kind);
}

/* The request of Tailscale's clients; the CRC is that of net/stun. */
ATF_TC_WITHOUT_HEAD(request);
ATF_TC_BODY(request, tc)
{
	static const uint8_t want[40] = { 0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42,
	    't', 'r', 'a', 'n', 's', 'a', 'c', 't', 'i', 'o', 'n', 0,
	    0x80, 0x22, 0, 8, 't', 'a', 'i', 'l', 'n', 'o', 'd', 'e',
	    0x80, 0x28, 0, 4, 0x99, 0x0d, 0x7c, 0x79 };
	uint8_t q[NET_STUN_REQUEST];

	ATF_CHECK_EQ(40, net_stun_request(NET_STUN_TAILSCALE, id, q));
	ATF_CHECK_EQ(0, memcmp(q, want, sizeof(want)));
	ATF_CHECK_EQ(20, net_stun_request(NET_STUN_BARE, id, q));
	ATF_CHECK_EQ(0, q[3]);
	ATF_CHECK_EQ(0, memcmp(q + 4, want + 4, 16));
}

ATF_TC_WITHOUT_HEAD(mapped);
ATF_TC_BODY(mapped, tc)
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2,
	    1 };
	uint8_t p[64], i;

	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(good, sizeof(good)));
	ATF_CHECK_EQ(0, memcmp(a.addr, v4, 16));
	ATF_CHECK_EQ(1234, a.port);
	ATF_CHECK_EQ(0, memcmp(a.id, id, sizeof(id)));
	/* The number of the attribute in old servers. */
	memcpy(p, good, sizeof(good));
	p[20] = 0x80;
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, sizeof(good)));
	ATF_CHECK_EQ(0, memcmp(a.addr, v4, 16));
	/* An IPv4-mapped address is one of IPv4, as derper writes it. */
	memcpy(p, good, sizeof(good));
	p[3] = 24;
	p[23] = 20;
	p[25] = 2;
	for (i = 0; i < 16; i++)
		p[28 + i] = v4[i] ^ p[4 + i];
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, 44));
	ATF_CHECK_EQ(0, memcmp(a.addr, v4, 16));
	/* Bytes behind the message do not count. */
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, 50));
}

/* MAPPED-ADDRESS counts when there is no other, before or after it. */
ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	static const uint8_t attr[12] = { 0, 1, 0, 8, 0, 1, 0, 80, 10, 1, 2,
	    3 };
	uint8_t p[64];

	memcpy(p, good, 20);
	memcpy(p + 20, attr, sizeof(attr));
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, 32));
	ATF_CHECK_EQ(80, a.port);
	ATF_CHECK_EQ(10, a.addr[12]);
	p[3] = 24;
	memcpy(p + 32, good + 20, 12);
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, 44));
	ATF_CHECK_EQ(1234, a.port);
	memcpy(p + 20, good + 20, 12);
	memcpy(p + 32, attr, sizeof(attr));
	ATF_CHECK_EQ(NET_STUN_MAPPED, parse(p, 44));
	ATF_CHECK_EQ(1234, a.port);
	ATF_CHECK_EQ(192, a.addr[12]);
}

ATF_TC_WITHOUT_HEAD(error);
ATF_TC_BODY(error, tc)
{
	uint8_t p[28] = { 1, 0x11, 0, 8, 0x21, 0x12, 0xa4, 0x42 };

	memcpy(p + 20, "\0\11\0\4\0\0\4\24", 8);
	ATF_CHECK_EQ(NET_STUN_ERROR, parse(p, 28));
	ATF_CHECK_EQ(420, a.code);
	p[3] = 0;
	ATF_CHECK_EQ(NET_STUN_ERROR, parse(p, 20));
	ATF_CHECK_EQ(0, a.code);
}

static void
broken(size_t at, uint8_t value, const char *why)
{
	uint8_t p[sizeof(good)];

	memcpy(p, good, sizeof(good));
	p[at] = value;
	ATF_CHECK_EQ(NET_STUN_BROKEN, parse(p, sizeof(p)));
	ATF_CHECK_STREQ(why, a.why);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	size_t len;

	for (len = 0; len < sizeof(good); len++)
		ATF_CHECK_EQ(NET_STUN_BROKEN, parse(good, len));
	ATF_CHECK_STREQ("it is cut short", a.why);
	broken(0, 0x41, "it is no STUN message");
	broken(7, 0x43, "it is no STUN message");
	broken(0, 0, "it is no response to a Binding request");
	broken(3, 8, "its attributes are malformed");
	broken(3, 10, "its attributes are malformed");
	broken(3, 0, "it has no XOR-MAPPED-ADDRESS");
	broken(21, 0x25, "it has no XOR-MAPPED-ADDRESS");
	broken(23, 9, "its attributes are malformed");
	broken(23, 7, "its attributes are malformed");
	broken(25, 2, "its attributes are malformed");
	broken(25, 3, "its attributes are malformed");
	ATF_CHECK_EQ(NET_STUN_BROKEN, parse((const uint8_t *)
	    "\1\1\0\14!\22\244Btransaction\0\0 \0\10\0\1!\22abcd", 32));
	ATF_CHECK_STREQ("it says port 0", a.why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, request);
	ATF_TP_ADD_TC(tp, mapped);
	ATF_TP_ADD_TC(tp, plain);
	ATF_TP_ADD_TC(tp, error);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}

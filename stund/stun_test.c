/*
 * stun_test: requests with the exact bytes of their answer, and messages
 * without an answer.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hex.h"
#include "stun.h"
#include "testaddr.h"

#define COOKIE	"2112a442"
#define ID	"b7e7a701bc34d686fa87dfae"	/* of RFC 5769 */
#define MAX	2048

/* A message under construction. */
struct attr_text {
	uint8_t	p[MAX];
	size_t	len;
};

static void
set_length(struct attr_text *t)
{
	t->p[2] = (uint8_t)((t->len - STUN_HEADER) >> 8);
	t->p[3] = (uint8_t)(t->len - STUN_HEADER);
}

/* Append the bytes in `hex'. */
static void
add(struct attr_text *t, const char *hex)
{
	size_t n = strlen(hex) / 2;

	ATF_REQUIRE(n <= sizeof(t->p) - t->len);
	ATF_REQUIRE_EQ(0, base_hex_get(t->p + t->len, n, hex));
	t->len += n;
}

/* Make a request of these attributes, with its length. */
static void
request(struct attr_text *t, const char *attributes)
{
	t->len = 0;
	add(t, "00010000" COOKIE ID);
	add(t, attributes);
	set_length(t);
}

/* Append a FINGERPRINT, correct except for the bits of `wrong'. */
static void
fingerprint(struct attr_text *t, uint32_t wrong)
{
	uint32_t crc;

	add(t, "8028000400000000");
	set_length(t);
	crc = ((uint32_t)crc32(0, t->p, (uInt)t->len - 8) ^ 0x5354554eU) ^
	    wrong;
	t->p[t->len - 4] = (uint8_t)(crc >> 24);
	t->p[t->len - 3] = (uint8_t)(crc >> 16);
	t->p[t->len - 2] = (uint8_t)(crc >> 8);
	t->p[t->len - 1] = (uint8_t)crc;
}

/* Use memory of exactly the message's size, to detect reads beyond its end. */
static enum stund_kind
parse(const struct attr_text *t, struct stund_request *q)
{
	enum stund_kind kind;
	uint8_t *p = malloc(t->len > 0 ? t->len : 1);

	ATF_REQUIRE(p != NULL);
	memcpy(p, t->p, t->len);
	kind = stund_parse(p, t->len, q);
	free(p);
	return (kind);
}

static void
check_kind(enum stund_kind want, const struct attr_text *t, const char *what)
{
	struct stund_request q;

	ATF_CHECK_EQ_MSG(want, parse(t, &q), "%s", what);
}

static void
check_hex(const char *want, const uint8_t *p, size_t len)
{
	char got[2 * STUN_MAX_REPLY + 1];

	ATF_REQUIRE(len <= STUN_MAX_REPLY);
	base_hex_put(got, p, len);
	ATF_CHECK_STREQ(want, got);
}

/* The success response for a source. */
static void
check_success(const struct attr_text *t, const char *addr, uint16_t port,
    const char *want)
{
	struct sockaddr_storage ss;
	struct stund_request q;
	uint8_t dst[STUN_MAX_REPLY];
	size_t len;

	ATF_REQUIRE_EQ(STUN_BINDING, parse(t, &q));
	net_test_address(&ss, addr, port);
	len = stund_success(&q, (const struct sockaddr *)&ss, dst);
	check_hex(want, dst, len);
}

/* RFC 5769, 2.2 and 2.3: their addresses, port and transaction. */
#define SUCCESS4 "0101000c" COOKIE ID "002000080001a147e112a643"
#define SUCCESS6 "01010018" COOKIE ID \
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
#define SOURCE6	"2001:db8:1234:5678:11:2233:4455:6677"

ATF_TC_WITHOUT_HEAD(bare);
ATF_TC_BODY(bare, tc)
{
	struct attr_text t;

	request(&t, "");
	check_success(&t, "192.0.2.1", 32853, SUCCESS4);
	check_success(&t, SOURCE6, 32853, SUCCESS6);
}

/* On an IPv6 socket with mapped addresses the client gets its IPv4 address. */
ATF_TC_WITHOUT_HEAD(mapped);
ATF_TC_BODY(mapped, tc)
{
	struct attr_text t;

	request(&t, "");
	check_success(&t, "::ffff:192.0.2.1", 32853, SUCCESS4);
}

ATF_TC_WITHOUT_HEAD(other_family);
ATF_TC_BODY(other_family, tc)
{
	struct sockaddr_storage ss;
	struct stund_request q;
	struct attr_text t;
	uint8_t dst[STUN_MAX_REPLY];

	request(&t, "");
	ATF_REQUIRE_EQ(STUN_BINDING, parse(&t, &q));
	memset(&ss, 0, sizeof(ss));
	ss.ss_family = AF_UNIX;
	ATF_CHECK_EQ(0, stund_success(&q, (const struct sockaddr *)&ss, dst));
}

/* Requests of Tailscale: SOFTWARE "tailnode" and FINGERPRINT. */
ATF_TC_WITHOUT_HEAD(tailscale);
ATF_TC_BODY(tailscale, tc)
{
	struct attr_text t;

	request(&t, "80220008" "7461696c6e6f6465");
	fingerprint(&t, 0);
	ATF_CHECK_EQ(40, t.len);
	check_success(&t, "192.0.2.1", 32853, SUCCESS4);
	check_success(&t, SOURCE6, 32853, SUCCESS6);
	ATF_CHECK_EQ(2 * 32, strlen(SUCCESS4));
	ATF_CHECK_EQ(2 * 44, strlen(SUCCESS6));
}

/* RFC 5769, 2.1: ICE's PRIORITY is mandatory but unknown to stund. */
ATF_TC_WITHOUT_HEAD(rfc5769_request);
ATF_TC_BODY(rfc5769_request, tc)
{
	struct stund_request q;
	struct attr_text t;
	uint8_t dst[STUN_MAX_REPLY];

	request(&t, "80220010" "5354554e207465737420636c69656e74"
	    "00240004" "6e0001ff"
	    "80290008" "932ff9b151263b36"
	    "00060009" "6576746a3a68367659202020"
	    "00080014" "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
	    "80280004" "e57a3bcf");
	ATF_REQUIRE_EQ(STUN_REFUSED, parse(&t, &q));
	ATF_REQUIRE_EQ(1, q.nunknown);
	ATF_CHECK_EQ(0x0024, q.unknown[0]);
	check_hex("01110010" COOKIE ID "0009000400000414" "000a000200240000",
	    dst, stund_refusal(&q, dst));
	t.p[t.len - 1] ^= 1;
	check_kind(STUN_JUNK, &t, "FINGERPRINT of RFC 5769, changed");
}

/* RFC 5769, 2.4: credentials are ignored by a server without secrets. */
ATF_TC_WITHOUT_HEAD(rfc5769_long_term);
ATF_TC_BODY(rfc5769_long_term, tc)
{
	struct attr_text t;

	t.len = 0;
	add(&t, "00010060" COOKIE "78ad3433c6ad72c029da412e"
	    "00060012" "e3839ee38388e383aae38383e382afe382b90000"
	    "0015001c"
	    "662f2f3439396b39353464364f4c33346f4c39465354767936347341"
	    "0014000b" "6578616d706c652e6f726700"
	    "00080014" "f67024656dd64a3e02b8e0712e85c9a28ca89666");
	ATF_REQUIRE_EQ(116, t.len);
	check_success(&t, "192.0.2.1", 32853, "0101000c" COOKIE
	    "78ad3433c6ad72c029da412e" "002000080001a147e112a643");
}

/* Every attribute of RFC 8489 and of the range of optional attributes. */
ATF_TC_WITHOUT_HEAD(known);
ATF_TC_BODY(known, tc)
{
	struct attr_text t;

	request(&t, "00010000" "00060000" "00090000" "000a0000" "00140000"
	    "00150000" "001d0000" "001e0000" "00200000" "80000000"
	    "80020000" "80220000" "80230000" "ffff0000");
	check_kind(STUN_BINDING, &t, "known attributes");
	request(&t, "80220001" "61000000" "80220002" "61620000"
	    "80220003" "61626300");
	check_kind(STUN_BINDING, &t, "padding");
}

ATF_TC_WITHOUT_HEAD(junk_header);
ATF_TC_BODY(junk_header, tc)
{
	struct attr_text t;
	unsigned int type;
	size_t i;

	request(&t, "");
	for (i = 0; i < STUN_HEADER; i++) {
		t.len = i;
		check_kind(STUN_JUNK, &t, "short");
	}
	t.len = STUN_HEADER;
	for (type = 0; type <= 0xffff; type++) {
		t.p[0] = (uint8_t)(type >> 8);
		t.p[1] = (uint8_t)type;
		check_kind(type == 1 ? STUN_BINDING : STUN_JUNK, &t, "type");
	}
	for (i = 4; i < 8; i++) {
		request(&t, "");
		t.p[i] ^= 0x10;
		check_kind(STUN_JUNK, &t, "cookie");
	}
}

ATF_TC_WITHOUT_HEAD(junk_length);
ATF_TC_BODY(junk_length, tc)
{
	struct attr_text t;
	unsigned int field;
	size_t extra;

	for (extra = 1; extra < 4; extra++) {
		request(&t, "80220000");
		t.len += extra;
		check_kind(STUN_JUNK, &t, "bytes behind the end");
		set_length(&t);
		check_kind(STUN_JUNK, &t, "not a multiple of 4");
	}
	request(&t, "8022000461626364");
	for (field = 0; field <= 0xffff; field++) {
		t.p[2] = (uint8_t)(field >> 8);
		t.p[3] = (uint8_t)field;
		check_kind(field == 8 ? STUN_BINDING : STUN_JUNK, &t,
		    "length field");
	}
	request(&t, "8022000461626364");
	t.len -= 4;
	check_kind(STUN_JUNK, &t, "cut");
}

ATF_TC_WITHOUT_HEAD(junk_attribute);
ATF_TC_BODY(junk_attribute, tc)
{
	struct attr_text t;
	unsigned int size;

	request(&t, "80220000" "61626364");
	for (size = 1; size <= 0xffff; size++) {
		t.p[STUN_HEADER + 2] = (uint8_t)(size >> 8);
		t.p[STUN_HEADER + 3] = (uint8_t)size;
		check_kind(size <= 4 ? STUN_BINDING : STUN_JUNK, &t,
		    "length of an attribute");
	}
	request(&t, "00030004" "00000000" "80220001");
	check_kind(STUN_JUNK, &t, "overrun behind an unknown one");
	request(&t, "00080014" "80220004");
	check_kind(STUN_JUNK, &t, "MESSAGE-INTEGRITY overruns");
}

ATF_TC_WITHOUT_HEAD(junk_fingerprint);
ATF_TC_BODY(junk_fingerprint, tc)
{
	struct attr_text t;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		request(&t, "802200087461696c6e6f6465");
		fingerprint(&t, 1U << bit);
		check_kind(STUN_JUNK, &t, "wrong FINGERPRINT");
	}
	request(&t, "");
	fingerprint(&t, 0);
	check_kind(STUN_BINDING, &t, "FINGERPRINT alone");
	fingerprint(&t, 0);
	check_kind(STUN_JUNK, &t, "two FINGERPRINTs");
	/*
	 * A correct FINGERPRINT, whose length includes the attribute after it.
	 */
	request(&t, "");
	t.p[3] = 12;
	fingerprint(&t, 0);
	add(&t, "80220000");
	set_length(&t);
	check_kind(STUN_JUNK, &t, "FINGERPRINT not last");
	request(&t, "80280000");
	check_kind(STUN_JUNK, &t, "empty FINGERPRINT");
	request(&t, "802800080000000000000000");
	check_kind(STUN_JUNK, &t, "long FINGERPRINT");
	request(&t, "00030004" "00000006");
	fingerprint(&t, 1);
	check_kind(STUN_JUNK, &t, "wrong FINGERPRINT before a 420");
}

/* Indications, responses and TURN requests have other types. */
ATF_TC_WITHOUT_HEAD(own_answers);
ATF_TC_BODY(own_answers, tc)
{
	struct attr_text t;

	t.len = 0;
	add(&t, SUCCESS4);
	check_kind(STUN_JUNK, &t, "success response");
	t.len = 0;
	add(&t, "01110010" COOKIE ID "0009000400000414" "000a000200030000");
	check_kind(STUN_JUNK, &t, "error response");
	t.len = 0;
	add(&t, "00110000" COOKIE ID);
	check_kind(STUN_JUNK, &t, "indication");
}

/* RFC 5780's CHANGE-REQUEST twice, and another: each is listed once. */
ATF_TC_WITHOUT_HEAD(unknown);
ATF_TC_BODY(unknown, tc)
{
	struct stund_request q;
	struct attr_text t;
	uint8_t dst[STUN_MAX_REPLY];

	request(&t, "00030004" "00000006" "80220000" "7fff0000"
	    "00030004" "00000002");
	fingerprint(&t, 0);
	ATF_REQUIRE_EQ(STUN_REFUSED, parse(&t, &q));
	check_hex("01110010" COOKIE ID "0009000400000414" "000a000400037fff",
	    dst, stund_refusal(&q, dst));
}

/*
 * More attributes than an answer lists.  The answer must then be no longer than
 * its request, whatever the request contains.
 */
ATF_TC_WITHOUT_HEAD(unknown_many);
ATF_TC_BODY(unknown_many, tc)
{
	static const char hex[] = "0123456789abcdef";
	struct stund_request q;
	struct attr_text t;
	char attr[9] = "40xx0000";
	uint8_t dst[STUN_MAX_REPLY];
	size_t i, len, want;

	request(&t, "");
	for (i = 0; i < 256; i++) {
		attr[2] = hex[i / 16];
		attr[3] = hex[i % 16];
		add(&t, attr);
		set_length(&t);
		ATF_REQUIRE_EQ(STUN_REFUSED, parse(&t, &q));
		want = i + 1 < STUN_MAX_UNKNOWN ? i + 1 : STUN_MAX_UNKNOWN;
		ATF_CHECK_EQ(want, q.nunknown);
		len = stund_refusal(&q, dst);
		ATF_CHECK(len <= STUN_MAX_REPLY && len % 4 == 0);
		ATF_CHECK_EQ(len - STUN_HEADER, dst[3]);
		ATF_CHECK_EQ(2 * want, dst[STUN_HEADER + 11]);
	}
	ATF_CHECK_EQ(STUN_MAX_REPLY, len);
	for (i = 0; i < STUN_MAX_UNKNOWN; i++)
		ATF_CHECK_EQ(0x4000 + i, q.unknown[i]);
}

/* Attributes after MESSAGE-INTEGRITY are not authenticated (14.5, 14.6). */
ATF_TC_WITHOUT_HEAD(behind_integrity);
ATF_TC_BODY(behind_integrity, tc)
{
	static const char mac[] = "00080014"
	    "0000000000000000000000000000000000000000";
	static const char mac256[] = "001c0010"
	    "00000000000000000000000000000000";
	struct stund_request q;
	struct attr_text t;

	request(&t, mac);
	add(&t, "00030004" "00000006");
	fingerprint(&t, 0);
	check_kind(STUN_BINDING, &t, "behind MESSAGE-INTEGRITY");
	request(&t, mac256);
	add(&t, "00030004" "00000006");
	set_length(&t);
	check_kind(STUN_BINDING, &t, "behind MESSAGE-INTEGRITY-SHA256");
	request(&t, "7ffe0000");
	add(&t, mac);
	add(&t, "00030004" "00000006");
	set_length(&t);
	ATF_REQUIRE_EQ(STUN_REFUSED, parse(&t, &q));
	ATF_REQUIRE_EQ(1, q.nunknown);
	ATF_CHECK_EQ(0x7ffe, q.unknown[0]);
	request(&t, mac);
	fingerprint(&t, 4);
	check_kind(STUN_JUNK, &t, "wrong FINGERPRINT all the same");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bare);
	ATF_TP_ADD_TC(tp, mapped);
	ATF_TP_ADD_TC(tp, other_family);
	ATF_TP_ADD_TC(tp, tailscale);
	ATF_TP_ADD_TC(tp, rfc5769_request);
	ATF_TP_ADD_TC(tp, rfc5769_long_term);
	ATF_TP_ADD_TC(tp, known);
	ATF_TP_ADD_TC(tp, junk_header);
	ATF_TP_ADD_TC(tp, junk_length);
	ATF_TP_ADD_TC(tp, junk_attribute);
	ATF_TP_ADD_TC(tp, junk_fingerprint);
	ATF_TP_ADD_TC(tp, own_answers);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, unknown_many);
	ATF_TP_ADD_TC(tp, behind_integrity);

	return atf_no_error();
}

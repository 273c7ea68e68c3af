/*
 * record_test: Tests of record.h: received records, and those that are refused.
 */
#include <atf-c.h>
#include <string.h>

#include "record.h"
#include "recordfixture.h"

static uint8_t wire[WIRE_SIZE];

/* RFC 8448 section 3: the secrets and records of a simple handshake. */
#define CLIENT_SECRET \
	"9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
#define SERVER_SECRET \
	"a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
#define CLIENT_DATA \
	"1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b" \
	"9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aee" \
	"bb21694915e4"
#define SERVER_DATA \
	"17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e3" \
	"0efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd0" \
	"32e167c2955d"
#define CLIENT_CLOSE	"1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"
#define SERVER_CLOSE	"1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"

ATF_TC_WITHOUT_HEAD(rfc8448);
ATF_TC_BODY(rfc8448, tc)
{
	uint8_t up[32], down[32], out[128], data[50];
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t i, n;

	(void)tc;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	ATF_REQUIRE_EQ(unhex(CLIENT_SECRET, up), 32);
	ATF_REQUIRE_EQ(unhex(SERVER_SECRET, down), 32);
	for (i = 0; cache_of(&c, i, 8); i++) {
		/* As the server, read the client's records. */
		ATF_REQUIRE_EQ(net_record_begin(&s, &c, 0x1301, up, down, 32,
		    0, 0), 0);
		n = unhex(CLIENT_DATA, wire);
		ATF_REQUIRE_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_DATA);
		ATF_CHECK_EQ(in.used, n);
		ATF_CHECK_EQ(in.len, sizeof(data));
		ATF_CHECK(memcmp(in.data, data, sizeof(data)) == 0);
		n = unhex(CLIENT_CLOSE, wire);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_CLOSED);
		ATF_CHECK_EQ(in.alert, NET_ALERT_CLOSE_NOTIFY);

		/* The server's record 0 was a ticket. */
		s.out.seq = 1;
		n = unhex(SERVER_DATA, wire);
		ATF_CHECK_EQ(put(&s, data, sizeof(data), out), n);
		ATF_CHECK(memcmp(out, wire, n) == 0);
		n = unhex(SERVER_CLOSE, wire);
		ATF_CHECK_EQ(net_record_alert(&s, NET_ALERT_CLOSE_NOTIFY, out),
		    (ssize_t)n);
		ATF_CHECK(memcmp(out, wire, n) == 0);

		/* As the client. */
		ATF_REQUIRE_EQ(net_record_begin(&k, &c, 0x1301, down, up, 32,
		    0, 1), 0);
		n = unhex(CLIENT_DATA, wire);
		ATF_CHECK_EQ(put(&k, data, sizeof(data), out), n);
		ATF_CHECK(memcmp(out, wire, n) == 0);
		net_record_end(&s);
		net_record_end(&k);
		net_record_cache_free(&c);
	}
	ATF_CHECK(i > 0);
}

/* A change of any byte is detected: header, content, tag. */
ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 };
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	enum net_record_status st;
	size_t i, j, b, n;

	(void)tc;
	for (i = 0; cache_of(&c, i, 8); i++) {
		for (j = 0; j < 3; j++) {
			pair(&s, &c, &k, &c, suites[j], 1);
			n = put(&k, "some bytes", 10, wire);
			for (b = 0; b < n; b++) {
				wire[b] ^= 1;
				st = net_record_read(&s, wire, n, &in);
				/* With too large a length, more is needed. */
				if (b == 3 || (b == 4 && st !=
				    NET_RECORD_FAILED))
					ATF_CHECK(st == NET_RECORD_MORE ||
					    st == NET_RECORD_FAILED);
				else
					ATF_CHECK_EQ_MSG(st,
					    NET_RECORD_FAILED, "byte %zu", b);
				if (b == 0)
					ATF_CHECK_EQ(in.alert,
					    NET_ALERT_UNEXPECTED_MESSAGE);
				else if (b != 3 && b != 4)
					ATF_CHECK_EQ(in.alert,
					    NET_ALERT_BAD_RECORD_MAC);
				pair(&s, &c, &k, &c, suites[j], 1);
				ATF_REQUIRE_EQ(put(&k, "some bytes", 10, wire),
				    n);
			}
			ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_DATA);
			net_record_end(&s);
			net_record_end(&k);
		}
		net_record_cache_free(&c);
	}
}

/* An incomplete record is not processed. */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t b, n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 1);
	n = put(&k, "some bytes", 10, wire);
	for (b = 0; b < n; b++) {
		ATF_CHECK_EQ(net_record_read(&s, wire, b, &in),
		    NET_RECORD_MORE);
		ATF_CHECK_EQ(in.used, b < NET_RECORD_HDR ? NET_RECORD_HDR : n);
	}
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_DATA);
	ATF_CHECK_EQ(in.len, 10);
	/* For an invalid header, no more bytes are used than were given. */
	wire[0] = 20;
	ATF_CHECK_EQ(net_record_read(&s, wire, 3, &in), NET_RECORD_FAILED);
	ATF_CHECK(in.used <= 3);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

/* Check that a record of `type' is refused, as from a hostile peer. */
static void
refused(uint8_t type, const void *p, size_t n, size_t pad, int client,
    enum net_alert a)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t len;

	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 1);
	if (client)
		len = forge(&s, type, p, n, pad, wire);
	else
		len = forge(&k, type, p, n, pad, wire);
	ATF_CHECK_EQ_MSG(net_record_read(client ? &k : &s, wire, len, &in),
	    NET_RECORD_FAILED, "type %u, %zu bytes", type, n);
	ATF_CHECK_EQ_MSG(in.alert, a, "%d is not %d: %s", in.alert, a, in.why);
	/* Every further read fails. */
	ATF_CHECK_EQ(net_record_read(client ? &k : &s, wire, len, &in),
	    NET_RECORD_FAILED);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static uint8_t big[NET_RECORD_MAX + 1];
	int i;

	(void)tc;
	for (i = 0; i < 2; i++) {
		refused(20, "\1", 1, 0, i, NET_ALERT_UNEXPECTED_MESSAGE);
		refused(24, "x", 1, 0, i, NET_ALERT_UNEXPECTED_MESSAGE);
		refused(0, "", 0, 0, i, NET_ALERT_UNEXPECTED_MESSAGE);
		refused(0, "", 0, 100, i, NET_ALERT_UNEXPECTED_MESSAGE);
		refused(21, "", 0, 0, i, NET_ALERT_UNEXPECTED_MESSAGE);
		refused(21, "\1", 1, 0, i, NET_ALERT_DECODE_ERROR);
		refused(21, "\1\0\0", 3, 0, i, NET_ALERT_DECODE_ERROR);
		refused(22, "", 0, 0, i, NET_ALERT_UNEXPECTED_MESSAGE);
		/* ClientHello, Finished, CertificateRequest. */
		refused(22, "\1\0\0\1x", 5, 0, i,
		    NET_ALERT_UNEXPECTED_MESSAGE);
		refused(22, "\24\0\0\1x", 5, 0, i,
		    NET_ALERT_UNEXPECTED_MESSAGE);
		refused(22, "\15\0\0\1x", 5, 0, i,
		    NET_ALERT_UNEXPECTED_MESSAGE);
		/* KeyUpdate: empty, too long, two, neither 0 nor 1. */
		refused(22, "\30\0\0\0", 4, 0, i, NET_ALERT_DECODE_ERROR);
		refused(22, "\30\0\0\2\0\0", 6, 0, i,
		    NET_ALERT_DECODE_ERROR);
		refused(22, "\30\1\0\1\0", 5, 0, i,
		    NET_ALERT_DECODE_ERROR);
		refused(22, "\30\0\0\1\0\0", 6, 0, i,
		    NET_ALERT_UNEXPECTED_MESSAGE);
		refused(22, "\30\0\0\1\0\30\0\0\1\0", 10, 0, i,
		    NET_ALERT_UNEXPECTED_MESSAGE);
		refused(22, "\30\0\0\1\2", 5, 0, i,
		    NET_ALERT_ILLEGAL_PARAMETER);
		/* RFC 8446 section 5.4: content and padding count together. */
		refused(23, big, NET_RECORD_MAX + 1, 0, i,
		    NET_ALERT_RECORD_OVERFLOW);
		refused(23, big, 1, NET_RECORD_MAX, i,
		    NET_ALERT_RECORD_OVERFLOW);
		refused(23, big, NET_RECORD_MAX, 300, i,
		    NET_ALERT_RECORD_OVERFLOW);
	}
	/* A ticket sent to a server; a malformed ticket sent to a client. */
	refused(22, "\4\0\0\1x", 5, 0, 0, NET_ALERT_UNEXPECTED_MESSAGE);
	refused(22, "\4\0\0\0", 4, 0, 1, NET_ALERT_DECODE_ERROR);
	refused(22, "\4\377\377\377", 4, 0, 1, NET_ALERT_DECODE_ERROR);
}

/* Record lengths below 17 or above the limit are refused. */
ATF_TC_WITHOUT_HEAD(lengths);
ATF_TC_BODY(lengths, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t len;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	memset(wire, 0, 64 * 1024 + 8);
	wire[0] = 23;
	wire[1] = wire[2] = 3;
	for (len = 0; len <= 65535; len += len < 40 || len > 16600 ? 1 : 7) {
		pair(&s, &c, &k, &c, 0x1301, 1);
		wire[3] = (uint8_t)(len >> 8);
		wire[4] = (uint8_t)len;
		ATF_CHECK_EQ_MSG(net_record_read(&s, wire, NET_RECORD_HDR,
		    &in), len < 17 || len > 16384 + 256 ? NET_RECORD_FAILED :
		    NET_RECORD_MORE, "%zu", len);
		if (len > 16384 + 256)
			ATF_CHECK_EQ(in.alert, NET_ALERT_RECORD_OVERFLOW);
		else if (len < 17)
			ATF_CHECK_EQ(in.alert, NET_ALERT_BAD_RECORD_MAC);
	}
	net_record_cache_free(&c);
}

/* The largest content and the longest padding allowed. */
ATF_TC_WITHOUT_HEAD(largest);
ATF_TC_BODY(largest, tc)
{
	static uint8_t big[NET_RECORD_MAX];
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t n;

	(void)tc;
	memset(big, 7, sizeof(big));
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 1);
	n = forge(&k, 23, big, sizeof(big), 0, wire);
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_DATA);
	ATF_CHECK_EQ(in.len, sizeof(big));
	n = forge(&k, 23, big, 1, NET_RECORD_MAX - 1, wire);
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_DATA);
	ATF_CHECK_EQ(in.len, 1);
	ATF_CHECK_EQ(in.data[0], 7);
	/* Content may end in zeroes; the type marks its end. */
	n = forge(&k, 23, "a\0\0", 3, 5, wire);
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_DATA);
	ATF_CHECK_EQ(in.len, 3);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

/* Empty records are tolerated up to a limit, which content resets. */
ATF_TC_WITHOUT_HEAD(empties);
ATF_TC_BODY(empties, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t i, n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 1);
	for (i = 0; i < 100; i++) {
		n = forge(&k, 23, "x", i % 10 == 9, 0, wire);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), i % 10 == 9 ?
		    NET_RECORD_DATA : NET_RECORD_NONE);
	}
	for (i = 0; i < c.limits.empties; i++) {
		n = i % 2 ? forge(&k, 21, "\1\132", 2, 0, wire) :
		    forge(&k, 23, "", 0, 3, wire);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
	}
	n = forge(&k, 23, "", 0, 0, wire);
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_FAILED);
	ATF_CHECK_EQ(in.alert, NET_ALERT_UNEXPECTED_MESSAGE);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

ATF_TC_WITHOUT_HEAD(alerts);
ATF_TC_BODY(alerts, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	ssize_t n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 1);
	n = net_record_alert(&k, NET_ALERT_RECORD_OVERFLOW, wire);
	ATF_CHECK_EQ(n, NET_RECORD_ALERT);
	ATF_CHECK_EQ(net_record_read(&s, wire, (size_t)n, &in),
	    NET_RECORD_CLOSED);
	ATF_CHECK_EQ(in.alert, NET_ALERT_RECORD_OVERFLOW);
	/* After an alert nothing is received or sent. */
	ATF_CHECK_EQ(net_record_read(&s, wire, (size_t)n, &in),
	    NET_RECORD_FAILED);
	ATF_CHECK_EQ(net_record_alert(&k, NET_ALERT_CLOSE_NOTIFY, wire), -1);
	ATF_CHECK_EQ(net_record_write(&k, NULL, 0, 0, wire), -1);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rfc8448);
	ATF_TP_ADD_TC(tp, changed);
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, lengths);
	ATF_TP_ADD_TC(tp, largest);
	ATF_TP_ADD_TC(tp, empties);
	ATF_TP_ADD_TC(tp, alerts);
	return (atf_no_error());
}

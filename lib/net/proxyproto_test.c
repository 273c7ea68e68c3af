/*
 * proxyproto_test: headers of the PROXY protocol, whole and cut at every byte.
 */
#include <atf-c.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxyproto.h"

#define SIG	"\r\n\r\n\0\r\nQUIT\n"
#define SIGLEN	12

static uint8_t	 stream[70000];
static size_t	 len;

static void
put(const void *p, size_t n)
{
	ATF_REQUIRE(len + n <= sizeof(stream));
	memcpy(stream + len, p, n);
	len += n;
}

/* A header of version 2, with `n' bytes after its head. */
static void
v2(uint8_t command, uint8_t family, const void *p, size_t n)
{
	const uint8_t head[] = { command, family, (uint8_t)(n >> 8),
	    (uint8_t)n };

	len = 0;
	put(SIG, SIGLEN);
	put(head, sizeof(head));
	put(p, n);
}

/*
 * Parse what is in the stream, from a copy of exactly its bytes, so that a
 * sanitizer sees a read beyond them.
 */
static int
parse(struct net_proxyproto *h, size_t n)
{
	uint8_t *p = malloc(n == 0 ? 1 : n);
	int rv;

	ATF_REQUIRE(p != NULL);
	memcpy(p, stream, n);
	rv = net_proxyproto_parse(h, p, n);
	free(p);
	return (rv);
}

/*
 * The stream is a header with this client ("": none), and nothing shorter is;
 * what follows it changes nothing.
 */
static void
good(const char *addr, int port)
{
	struct net_proxyproto h;
	char text[INET6_ADDRSTRLEN] = "";
	size_t n, whole = len;

	for (n = 0; n < whole; n++)
		ATF_REQUIRE_EQ_MSG(0, parse(&h, n), "%zu of %zu bytes", n,
		    whole);
	ATF_REQUIRE_EQ_MSG((int)whole, parse(&h, whole), "%.*s", (int)whole,
	    (const char *)stream);
	put("\x16\x03\x01\r\nPROXY", 10);
	ATF_CHECK_EQ((int)whole, parse(&h, len));
	ATF_CHECK_EQ(*addr != '\0', h.known);
	if (h.known)
		ATF_REQUIRE(inet_ntop(AF_INET6, h.addr, text, sizeof(text)) !=
		    NULL);
	ATF_CHECK_STREQ(addr, text);
	ATF_CHECK_EQ(port, h.port);
}

/* The stream is refused at this byte, and with all longer ones. */
static void
bad_at(size_t at)
{
	struct net_proxyproto h;
	size_t n;

	for (n = 0; n <= len; n++)
		ATF_REQUIRE_EQ_MSG(n < at ? 0 : -1, parse(&h, n),
		    "%zu bytes of: %.*s", n, (int)len, (const char *)stream);
}

static void
line(const char *s, const char *addr, int port)
{
	len = 0;
	put(s, strlen(s));
	good(addr, port);
}

/* A line that is refused when it is whole. */
static void
bad_line(const char *s)
{
	len = 0;
	put(s, strlen(s));
	put("\r\n", 2);
	bad_at(len);
}

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	line("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
	    "::ffff:192.0.2.1", 56324);
	line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
	    "::ffff:255.255.255.255", 65535);
	line("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "::ffff:0.0.0.0", 0);
	line("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n", "2001:db8::1", 1);
	line("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
	line("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "::ffff:192.0.2.1", 1);
	line("PROXY UNKNOWN\r\n", "", 0);
	line("PROXY UNKNOWN \r\n", "", 0);
	line("PROXY UNKNOWN TCP4 192.0.2.1 \n \r x\r\n", "", 0);
	line("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "", 0);
	ATF_CHECK_EQ(107 + 10, len);
}

ATF_TC_WITHOUT_HEAD(bad_lines);
ATF_TC_BODY(bad_lines, tc)
{
	char text[200];

	/* Other families than the one that is named. */
	bad_line("PROXY TCP4 2001:db8::1 2001:db8::2 1 2");
	bad_line("PROXY TCP4 192.0.2.1 2001:db8::2 1 2");
	bad_line("PROXY TCP6 192.0.2.1 192.0.2.2 1 2");
	bad_line("PROXY TCP6 2001:db8::1 192.0.2.2 1 2");
	/* Addresses and ports in other forms. */
	bad_line("PROXY TCP4 192.0.2.01 192.0.2.2 1 2");
	bad_line("PROXY TCP4 192.0.2 192.0.2.2 1 2");
	bad_line("PROXY TCP4 192.0.2.256 192.0.2.2 1 2");
	bad_line("PROXY TCP6 ::1%lo ::2 1 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 01 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 0x1 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 000001 2");
	/* Too few, too many, other blanks. */
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 ");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 ");
	bad_line("PROXY TCP4  192.0.2.1 192.0.2.2 1 2");
	bad_line("PROXY TCP4 192.0.2.1  192.0.2.2 1 2");
	bad_line("PROXY TCP4 192.0.2.1\t192.0.2.2 1 2");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r");
	bad_line("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n");
	bad_line("PROXY TCP4 ");
	/* A NUL. */
	len = 0;
	put("PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n", 37);
	bad_at(len);
	len = 0;
	put("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n", 37);
	bad_at(len);
	/* No end in 107 bytes. */
	memset(text, 'x', sizeof(text));
	len = 0;
	put("PROXY UNKNOWN ", 14);
	put(text, 93);
	put("\r\n", 2);
	bad_at(107);
	len = 0;
	put("PROXY TCP4 ", 11);
	put(text, 95);
	put("\r\n", 2);
	bad_at(107);
}

/* What is no header is refused at the first byte that tells. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	static const struct {
		const char	*s;
		size_t		 at;
	} t[] = {
		{ "\x16\x03\x01 a ClientHello", 1 },
		{ "GET / HTTP/1.1\r\n", 1 },
		{ "POST / HTTP/1.1\r\n", 2 },
		{ "PROXZ", 5 },
		{ "PROXY\tTCP4", 6 },
		{ "PROXY TCP5 ", 10 },
		{ "PROXY UDP4 ", 8 },
		{ "PROXY TCP4\r\n", 11 },
		{ "proxy tcp4 ", 1 },
		{ "PROXY UNKNOWNX", 14 },
		{ "PROXY UNKNOWN\rX", 15 },
		{ "PROXY UNKNOWN\n", 14 },
		{ "\r\n\r\nX", 5 },
		{ "\r\n\r\r", 4 }
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		len = 0;
		put(t[i].s, strlen(t[i].s));
		bad_at(t[i].at);
	}
}

static const uint8_t	 tcp4[12] = { 192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 4,
    1, 0xbb };
static const uint8_t	 tcp6[36] = { 0x20, 1, 0x0d, 0xb8, [15] = 9, [31] = 1,
    [32] = 0x12, 0x34, 0, 80 };
static const uint8_t	 zero[4096];

ATF_TC_WITHOUT_HEAD(binary);
ATF_TC_BODY(binary, tc)
{
	uint8_t block[4096] = { 0 };
	size_t i;
	/* Families without an address of a client: more may follow. */
	static const uint8_t none[] = { 0x00, 0x01, 0x02, 0x10, 0x12, 0x20,
	    0x22, 0x30, 0x31, 0x32 };

	v2(0x21, 0x11, tcp4, sizeof(tcp4));
	good("::ffff:192.0.2.1", 56324);
	v2(0x21, 0x21, tcp6, sizeof(tcp6));
	good("2001:db8::9", 0x1234);
	/* Port 0. */
	v2(0x21, 0x11, zero, 12);
	good("::ffff:0.0.0.0", 0);
	/* TLVs, also broken ones, up to the bound. */
	memcpy(block, tcp4, sizeof(tcp4));
	memcpy(block + 12, "\x04\x00\x02xx\x03\x00\x04yyyy\xff", 13);
	v2(0x21, 0x11, block, 25);
	good("::ffff:192.0.2.1", 56324);
	v2(0x21, 0x11, block, 4080);
	good("::ffff:192.0.2.1", 56324);
	/* LOCAL, with whatever family and length. */
	v2(0x20, 0x00, zero, 0);
	good("", 0);
	v2(0x20, 0x11, tcp4, sizeof(tcp4));
	good("", 0);
	v2(0x20, 0xff, zero, 3);
	good("", 0);
	v2(0x20, 0x21, zero, 4080);
	good("", 0);
	for (i = 0; i < sizeof(none); i++) {
		v2(0x21, none[i], zero, 216);
		good("", 0);
		v2(0x21, none[i], zero, 300);
		good("", 0);
	}
	v2(0x21, 0x00, zero, 0);
	good("", 0);
}

ATF_TC_WITHOUT_HEAD(bad_binary);
ATF_TC_BODY(bad_binary, tc)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		if (i != 0x20 && i != 0x21) {
			v2((uint8_t)i, 0x11, tcp4, sizeof(tcp4));
			bad_at(13);
		}
	for (i = 0; i < 256; i++)
		if (i >> 4 > 3 || (i & 15) > 2) {
			v2(0x21, (uint8_t)i, zero, 216);
			bad_at(14);
		}
	/* Too short for the addresses of the family. */
	v2(0x21, 0x11, tcp4, sizeof(tcp4) - 1);
	bad_at(16);
	v2(0x21, 0x12, tcp4, sizeof(tcp4) - 1);
	bad_at(16);
	v2(0x21, 0x21, tcp6, sizeof(tcp6) - 1);
	bad_at(16);
	v2(0x21, 0x31, zero, 215);
	bad_at(16);
	/* Too long. */
	v2(0x21, 0x11, zero, 4081);
	bad_at(16);
	v2(0x20, 0x00, zero, 0);
	stream[14] = stream[15] = 0xff;
	bad_at(16);
}

/* A header of our own. */
ATF_TC_WITHOUT_HEAD(local);
ATF_TC_BODY(local, tc)
{
	net_proxyproto_put_local(stream);
	len = NET_PROXYPROTO_LOCAL;
	good("", 0);
	v2(0x20, 0, zero, 0);
	net_proxyproto_put_local(stream + 100);
	ATF_CHECK_EQ(0, memcmp(stream, stream + 100, 16));
}

/* A header with addresses is one that we take. */
ATF_TC_WITHOUT_HEAD(own_line);
ATF_TC_BODY(own_line, tc)
{
	struct sockaddr_storage a = { .ss_family = AF_INET },
	    b = { .ss_family = AF_INET6 }, c = { .ss_family = AF_UNIX };
	char line[NET_PROXYPROTO_LINE + 1];
	struct net_proxyproto h;
	size_t n;

	((struct sockaddr_in *)&a)->sin_port = htons(65535);
	((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(0xc0000201);
	n = net_proxyproto_put_line(line, &a, &a);
	ATF_CHECK_STREQ("PROXY TCP4 192.0.2.1 192.0.2.1 65535 65535\r\n", line);
	ATF_CHECK_EQ((int)n, net_proxyproto_parse(&h, (uint8_t *)line, n));
	ATF_CHECK_EQ(65535, h.port);
	memset(&((struct sockaddr_in6 *)&b)->sin6_addr, 0xff, 16);
	n = net_proxyproto_put_line(line, &b, &b);
	ATF_CHECK_EQ(n, strlen(line));
	ATF_CHECK_EQ((int)n, net_proxyproto_parse(&h, (uint8_t *)line, n));
	ATF_CHECK_EQ(0, net_proxyproto_put_line(line, &a, &b));
	ATF_CHECK_EQ(0, net_proxyproto_put_line(line, &c, &c));
}

/* What begins like a header, and requests, which do not. */
ATF_TC_WITHOUT_HEAD(beginnings);
ATF_TC_BODY(beginnings, tc)
{
	static const struct {
		const char	*text;
		int		 begins;
	} t[] = {
		{ "P", 1 }, { "PROXY", 1 }, { "PROXY x", 1 }, { "\r\n", 1 },
		{ "POST / HTTP/1.1\r\n", 0 }, { "PROXYX / HTTP/1.1\r\n", 0 },
		{ "PROXY\r\n", 0 }, { "proxy TCP4 ", 0 }, { "\n", 0 },
		{ "\r\nGET / HTTP/1.1\r\n", 0 }, { "GET /", 0 }
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(t[i].begins, net_proxyproto_begins(
		    (const uint8_t *)t[i].text, strlen(t[i].text)), "%s",
		    t[i].text);
	v2(0x7f, 0, zero, 0);
	ATF_CHECK(net_proxyproto_begins(stream, len));
	stream[11]++;
	ATF_CHECK(!net_proxyproto_begins(stream, len));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lines);
	ATF_TP_ADD_TC(tp, bad_lines);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, binary);
	ATF_TP_ADD_TC(tp, bad_binary);
	ATF_TP_ADD_TC(tp, local);
	ATF_TP_ADD_TC(tp, own_line);
	ATF_TP_ADD_TC(tp, beginnings);
	return (atf_no_error());
}

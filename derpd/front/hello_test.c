/*
 * hello_test: when the first flight of a TLS client is whole.
 */
#include <atf-c.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"

static uint8_t	stream[200000];
static size_t	len;

/* Append one record with `n' bytes of the message `msg', from `off' on. */
static void
put_record(const uint8_t *msg, size_t off, size_t n)
{
	uint8_t *p = stream + len;

	p[0] = 22;
	p[1] = 3;
	p[2] = 1;
	p[3] = (uint8_t)(n >> 8);
	p[4] = (uint8_t)n;
	memcpy(p + 5, msg + off, n);
	len += 5 + n;
}

/* A ClientHello of `n' bytes after its header, in records of `cut' bytes. */
static void
put_hello(size_t n, size_t cut)
{
	static uint8_t msg[70000];
	size_t off, k;

	memset(msg, 'h', sizeof(msg));
	msg[0] = 1;
	msg[1] = (uint8_t)(n >> 16);
	msg[2] = (uint8_t)(n >> 8);
	msg[3] = (uint8_t)n;
	len = 0;
	for (off = 0; off < 4 + n; off += k) {
		k = 4 + n - off < cut ? 4 + n - off : cut;
		put_record(msg, off, k);
	}
}

/* Check all bytes at once. */
static enum front_hello
check_all(const uint8_t *p, size_t n)
{
	struct front_hello_state st = { 0, 0, 0 };

	return (front_hello_check(&st, p, n));
}

/* The whole stream is `want', any less is partial; also byte by byte. */
static void
check(enum front_hello want)
{
	struct front_hello_state st = { 0, 0, 0 };
	size_t n;

	for (n = 0; n < len; n++) {
		ATF_REQUIRE_EQ_MSG(HELLO_MORE, check_all(stream, n),
		    "%zu of %zu bytes", n, len);
		ATF_REQUIRE_EQ(HELLO_MORE, front_hello_check(&st, stream, n));
		/* Whole records are not checked again. */
		ATF_REQUIRE_EQ(0, front_hello_record(stream + st.off,
		    n - st.off));
		/* A second call has the same result. */
		ATF_REQUIRE_EQ(HELLO_MORE, front_hello_check(&st, stream, n));
	}
	ATF_CHECK_EQ(want, check_all(stream, len));
	ATF_CHECK_EQ(want, front_hello_check(&st, stream, len));
	ATF_CHECK_EQ(want, front_hello_check(&st, stream, len));
}

ATF_TC_WITHOUT_HEAD(cuts);
ATF_TC_BODY(cuts, tc)
{
	size_t cut;

	for (cut = 1; cut < 12; cut++) {
		put_hello(300, cut);
		check(HELLO_WHOLE);
	}
	put_hello(300, 304);
	check(HELLO_WHOLE);
	put_hello(1800, 16384);
	check(HELLO_WHOLE);
	/* Bytes behind it have no effect. */
	memset(stream + len, 0xff, 100);
	ATF_CHECK_EQ(HELLO_WHOLE, check_all(stream, len + 100));
	put_hello(0, 4);
	check(HELLO_WHOLE);
}

ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	put_hello(HELLO_MAX, 4000);
	ATF_CHECK_EQ(HELLO_MORE, check_all(stream, len - 1));
	ATF_CHECK_EQ(HELLO_WHOLE, check_all(stream, len));
	put_hello(HELLO_MAX + 1, 4000);
	ATF_CHECK_EQ(HELLO_MORE, check_all(stream, 8));
	ATF_CHECK_EQ(HELLO_LONG, check_all(stream, 9));
	/* In tiny records it may not use several times its length. */
	put_hello(HELLO_MAX, 1);
	ATF_CHECK_EQ(HELLO_MORE, check_all(stream, HELLO_STREAM - 1));
	ATF_CHECK_EQ(HELLO_LONG, check_all(stream, HELLO_STREAM));
}

/* Anything but a ClientHello is passed to libtls at once. */
ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	static const struct {
		const char	*p;
		size_t		 n;
	} give[] = {
		{ "G", 1 }, { "\x16\x02", 2 }, { "\x80\x2e\1\3\1", 5 },
		{ "\x16\3\1\0\0", 5 }, { "\x16\3\1\x41\1", 5 },
		{ "\x16\3\1\x40\0\2", 6 }, { "\x15\3\1\0\2\2\0", 7 },
		{ "\x17\3\3\0\5hello", 10 }
	};
	size_t i;

	for (i = 0; i < sizeof(give) / sizeof(give[0]); i++)
		ATF_CHECK_EQ_MSG(HELLO_WHOLE, check_all((const uint8_t *)
		    give[i].p, give[i].n), "number %zu", i);
	ATF_CHECK_EQ(HELLO_MORE, check_all(stream, 0));
}

ATF_TC_WITHOUT_HEAD(records);
ATF_TC_BODY(records, tc)
{
	put_hello(600, 300);
	ATF_CHECK_EQ(0, front_hello_record(stream, 0));
	ATF_CHECK_EQ(0, front_hello_record(stream, 4));
	ATF_CHECK_EQ(0, front_hello_record(stream, 304));
	ATF_CHECK_EQ(305, front_hello_record(stream, 305));
	ATF_CHECK_EQ(305, front_hello_record(stream, len));
	/* The longest record, and input that is none. */
	memcpy(stream, "\x17\3\3\x41\0", 5);
	ATF_CHECK_EQ(0, front_hello_record(stream, 5 + 16640 - 1));
	ATF_CHECK_EQ(5 + 16640, front_hello_record(stream, 5 + 16640));
	memcpy(stream, "\x17\3\3\x41\1", 5);
	ATF_CHECK_EQ(77, front_hello_record(stream, 77));
	memcpy(stream, "\x18\3\3\0\1", 5);
	ATF_CHECK_EQ(77, front_hello_record(stream, 77));
	memcpy(stream, "GET / ", 6);
	ATF_CHECK_EQ(6, front_hello_record(stream, 6));
}

/* The ClientHello of a real client, byte by byte. */
ATF_TC_WITHOUT_HEAD(real);
ATF_TC_BODY(real, tc)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	BIO *out = BIO_new(BIO_s_mem());

	ATF_REQUIRE(ssl != NULL && out != NULL);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
	SSL_set_tlsext_host_name(ssl, "relay.example.org");
	ATF_REQUIRE_EQ(-1, SSL_connect(ssl));
	len = (size_t)BIO_read(out, stream, (int)sizeof(stream));
	ATF_REQUIRE(len > 100 && len < 10000);
	check(HELLO_WHOLE);
	ATF_CHECK_EQ(len, front_hello_record(stream, len));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

/* The protocols of a client in wire form, as libssl sends them. */
static void
put_client(const char *server, const char *alpn, size_t cut)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO *out = BIO_new(BIO_s_mem()), *in = BIO_new(BIO_s_mem());
	uint8_t *p, msg[HELLO_STREAM];
	SSL *ssl;
	size_t n, off, k;

	ATF_REQUIRE((ssl = SSL_new(ctx)) != NULL);
	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	if (server != NULL)
		SSL_set_tlsext_host_name(ssl, server);
	if (alpn != NULL)
		SSL_set_alpn_protos(ssl, (const uint8_t *)alpn,
		    (unsigned int)strlen(alpn));
	(void)SSL_do_handshake(ssl);
	n = (size_t)BIO_get_mem_data(out, (char **)&p) - 5;
	ATF_REQUIRE(n < sizeof(msg));
	memcpy(msg, p + 5, n);
	for (len = off = 0; off < n; off += k) {
		k = n - off < cut ? n - off : cut;
		put_record(msg, off, k);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

ATF_TC_WITHOUT_HEAD(wish);
ATF_TC_BODY(wish, tc)
{
	static const struct {
		const char *server, *alpn;
		int validates;
	} t[] = {
		{ "relay.test", "\012acme-tls/1", 1 },
		{ "1.2.0.192.in-addr.arpa", "\012acme-tls/1", 1 },
		{ NULL, "\012acme-tls/1", 1 },
		{ "relay.test", "\012acme-tls/1\010http/1.1", 0 },
		{ "relay.test", "\010http/1.1\012acme-tls/1", 0 },
		{ "relay.test", "\010http/1.1", 0 },
		{ "relay.test", "\013acme-tls/1x", 0 },
		{ "relay.test", NULL, 0 }
	};
	static const size_t cuts[] = { 16384, 100, 7, 1 };
	struct front_hello_wish w;
	size_t i, c, n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
			put_client(t[i].server, t[i].alpn, cuts[c]);
			ATF_REQUIRE_EQ(0, front_hello_wish(stream, len, &w));
			ATF_CHECK_STREQ(t[i].server == NULL ? "" :
			    t[i].server, w.server);
			ATF_CHECK_EQ(t[i].validates, w.validates);
		}
	/* A hello that is cut is none. */
	put_client("relay.test", "\012acme-tls/1", 16384);
	for (n = 0; n < len; n++) {
		ATF_CHECK_EQ(-1, front_hello_wish(stream, n, &w));
		ATF_CHECK(w.server[0] == '\0' && !w.validates);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, wish);
	ATF_TP_ADD_TC(tp, cuts);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, records);
	ATF_TP_ADD_TC(tp, real);
	return (atf_no_error());
}

/*
 * tlsctx_test: the settings of tlsctx.c from a client's view, and the memory of
 * an idle connection.
 */

#include "clock.h"
#include "tlsfixture.h"

/* LibreSSL's libtls has settings of its own. */
#ifdef LIBRESSL_VERSION_NUMBER
#define NEED_SETTINGS()	atf_tc_skip("LibreSSL's settings are its own")
#else
#define NEED_SETTINGS()	((void)0)
#endif

static void
check_alpn(struct tls *server, const char *alpn, const char *want, int good)
{
	struct offer		 o = { 0 };
	struct pair		 p;
	const unsigned char	*got;
	unsigned int		 len;

	o.alpn = alpn;
	shake(&p, server, &o);
	ATF_CHECK_EQ_MSG(good, p.server_done, "%s", alpn);
	ATF_CHECK_EQ_MSG(good, p.client_done, "%s", alpn);
	SSL_get0_alpn_selected(p.client, &got, &len);
	ATF_CHECK_EQ_MSG(strlen(want), len, "%s", alpn);
	ATF_CHECK(len == 0 || len != strlen(want) ||
	    memcmp(got, want, len) == 0);
	if (good == 1 && len != 0)
		ATF_CHECK_STREQ(want, tls_conn_alpn_selected(p.server));
	hang_up(&p);
}

ATF_TC_WITHOUT_HEAD(alpn);
ATF_TC_BODY(alpn, tc)
{
	enum cert_kind	 kind = P_256;
	struct tls	*server;

	NEED_SETTINGS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	check_alpn(server, "\x08http/1.1", "http/1.1", 1);
	check_alpn(server, "\x02h2\x08http/1.1", "http/1.1", 1);
	check_alpn(server, "\x03" "foo\x08http/1.1", "http/1.1", 1);
	check_alpn(server, "\x02h2", "", 1);
	check_alpn(server, "\x03" "foo\x02h2", "", 1);
	check_alpn(server, "\x03" "foo", "", -1);
	check_alpn(server, "\x0a" "acme-tls/1", "", -1);
	tls_free(server);
	stop_signer();
}

/* What validates a name speaks acme-tls/1, and nothing else does. */
ATF_TC_WITHOUT_HEAD(validates);
ATF_TC_BODY(validates, tc)
{
	enum cert_kind		 kind = P_256;
	struct tls_config	*cfg;
	struct tls		*server;

	start_signer(&kind, 1, GOOD, 5000);
	ATF_REQUIRE((cfg = front_tlsctx_config(certs, ncerts, err,
	    sizeof(err))) != NULL);
	ATF_REQUIRE_EQ(0, front_tlsctx_validates(cfg));
	ATF_REQUIRE((server = front_tlsctx_server(cfg, err, sizeof(err))) !=
	    NULL);
	tls_config_free(cfg);
	check_alpn(server, "\x0a" "acme-tls/1", "acme-tls/1", 1);
	tls_free(server);
	stop_signer();
}

/* Count sessions that the client could resume. */
static int
tickets(SSL *client)
{
	SSL_SESSION	*s = SSL_get1_session(client);
	int		 n = s != NULL && SSL_SESSION_is_resumable(s);

	SSL_SESSION_free(s);
	return (n);
}

ATF_TC_WITHOUT_HEAD(no_tickets);
ATF_TC_BODY(no_tickets, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct tls	*server;
	struct pair	 p;
	int		 v;

	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		o.version = v;
		shake(&p, server, &o);
		ATF_REQUIRE_EQ(1, p.server_done);
		talk(&p);
		ATF_CHECK_EQ_MSG(0, tickets(p.client), "version %x", v);
		hang_up(&p);
	}
	tls_free(server);
	stop_signer();
}

static void
check_suite(struct tls *server, int version, const char *offer,
    const char *want)
{
	struct offer	 o = { 0 };
	struct pair	 p;

	o.version = version;
	if (version == TLS1_3_VERSION)
		o.suites13 = offer;
	else
		o.suites12 = offer;
	shake(&p, server, &o);
	if (want == NULL)
		ATF_CHECK_EQ_MSG(-1, p.server_done, "%s", offer);
	else {
		ATF_REQUIRE_EQ_MSG(1, p.server_done, "%s", offer);
		ATF_CHECK_STREQ(want, SSL_get_cipher(p.client));
	}
	hang_up(&p);
}

ATF_TC_WITHOUT_HEAD(suites);
ATF_TC_BODY(suites, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct pair	 p;
	struct tls	*server;

	NEED_SETTINGS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	check_suite(server, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384:"
	    "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
	    "TLS_AES_128_GCM_SHA256");
	check_suite(server, TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256:"
	    "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256");
	check_suite(server, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384",
	    "TLS_AES_256_GCM_SHA384");
	check_suite(server, TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384:"
	    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256");
	/* No CBC, and nothing below TLS 1.2. */
	check_suite(server, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", NULL);
	o.version = TLS1_1_VERSION;
	o.suites12 = "ALL:@SECLEVEL=0";
	shake(&p, server, &o);
	ATF_CHECK_EQ(-1, p.server_done);
	hang_up(&p);
	tls_free(server);
	stop_signer();
}

/* Memory that libcrypto holds, counted in its allocation calls. */
static size_t	 held;

static void *
count_malloc(size_t n, const char *file, int line)
{
	size_t	*p;

	(void)file;
	(void)line;
	if ((p = malloc(n + 16)) == NULL)
		return (NULL);
	*p = n;
	held += n;
	return ((char *)p + 16);
}

static void
count_free(void *v, const char *file, int line)
{
	(void)file;
	(void)line;
	if (v == NULL)
		return;
	v = (char *)v - 16;
	held -= *(size_t *)v;
	free(v);
}

static void *
count_realloc(void *v, size_t n, const char *file, int line)
{
	void	*p = count_malloc(n, file, line);
	size_t	 old;

	if (v == NULL || p == NULL)
		return (p);
	old = *(size_t *)(void *)((char *)v - 16);
	memcpy(p, v, old < n ? old : n);
	count_free(v, file, line);
	return (p);
}

/*
 * An idle connection has no record buffers: its two ends hold far less than one
 * pair of buffers, each of which has more than 16 KiB.
 */
ATF_TC_WITHOUT_HEAD(buffers_released);
ATF_TC_BODY(buffers_released, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct tls	*server;
	struct pair	 p[8];
	size_t		 before, i;

	NEED_SETTINGS();
	ATF_REQUIRE_EQ(1, CRYPTO_set_mem_functions(count_malloc, count_realloc,
	    count_free));
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	check_good(server, &o, 0);
	before = held;
	for (i = 0; i < 8; i++) {
		shake(&p[i], server, &o);
		ATF_REQUIRE_EQ(1, p[i].server_done);
		talk(&p[i]);
		SSL_free(p[i].client);
		p[i].client = NULL;
	}
	printf("%zu bytes a connection\n", (held - before) / 8);
	ATF_CHECK_MSG((held - before) / 8 < 16384, "%zu bytes a connection",
	    (held - before) / 8);
	for (i = 0; i < 8; i++)
		hang_up(&p[i]);
	tls_free(server);
	stop_signer();
}

/* The clock of tlsctx.c, which the test sets. */
static uint64_t	 seconds = 1000;

uint64_t
base_clock_us(void)
{
	return (seconds * 1000000);
}

uint64_t
base_clock_ms(void)
{
	return (base_clock_us() / 1000);
}

/* `n' key updates of the client and a byte; return the server's read. */
static ssize_t
update_keys(struct pair *p, int n, int type)
{
	char	 buf[16];

	while (n-- > 0) {
		ATF_REQUIRE_EQ(1, SSL_key_update(p->client, type));
		ATF_REQUIRE_EQ(1, SSL_do_handshake(p->client));
	}
	ATF_REQUIRE_EQ(1, SSL_write(p->client, "x", 1));
	return (tls_read(p->server, buf, sizeof(buf)));
}

ATF_TC_WITHOUT_HEAD(key_updates);
ATF_TC_BODY(key_updates, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { .version = TLS1_3_VERSION };
	struct tls	*server;
	struct pair	 p;
	int		 i;

	NEED_SETTINGS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	shake(&p, server, &o);
	/* A few at once are accepted, of either kind. */
	ATF_CHECK_EQ(1, update_keys(&p, 4, SSL_KEY_UPDATE_NOT_REQUESTED));
	ATF_CHECK_EQ(1, update_keys(&p, 4, SSL_KEY_UPDATE_REQUESTED));
	/* One in 15 s is always accepted. */
	for (i = 0; i < 100; i++) {
		seconds += 15;
		ATF_REQUIRE_EQ(1, update_keys(&p, 1,
		    SSL_KEY_UPDATE_NOT_REQUESTED));
	}
	/* One in 14 s is not: it uses up the credit of the pause before. */
	seconds += 3600;
	for (i = 0; i < 110; i++) {
		seconds += 14;
		if (update_keys(&p, 1, SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
			break;
	}
	ATF_CHECK_MSG(i >= 100 && i < 110, "%d were taken", i);
	ATF_CHECK_EQ(0, update_keys(&p, 0, SSL_KEY_UPDATE_NOT_REQUESTED));
	hang_up(&p);
	/* A burst ends the connection; data behind it is not read. */
	shake(&p, server, &o);
	ATF_CHECK_EQ(0, update_keys(&p, 9, SSL_KEY_UPDATE_NOT_REQUESTED));
	ATF_CHECK_EQ(0, update_keys(&p, 0, SSL_KEY_UPDATE_NOT_REQUESTED));
	hang_up(&p);
	tls_free(server);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(renegotiation);
ATF_TC_BODY(renegotiation, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { .version = TLS1_2_VERSION };
	struct tls	*server;
	struct pair	 p;
	char		 buf[16];

	NEED_SETTINGS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	shake(&p, server, &o);
	SSL_clear_options(p.client, SSL_OP_NO_RENEGOTIATION);
	ATF_REQUIRE_EQ(1, SSL_renegotiate(p.client));
	ATF_CHECK_EQ(-1, SSL_do_handshake(p.client));
	(void)tls_read(p.server, buf, sizeof(buf));
	ATF_CHECK_EQ(0, tls_read(p.server, buf, sizeof(buf)));
	hang_up(&p);
	tls_free(server);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(bad_certificates);
ATF_TC_BODY(bad_certificates, tc)
{
	struct front_tlsctx_cert	 c = { "rubbish", 7, { 0 } };

	front_tlsctx_preload();
	ATF_CHECK(front_tlsctx_config(&c, 1, err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "PEM") != NULL, "%s", err);
	ATF_CHECK(front_tlsctx_config(NULL, 0, err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "no certificate") != NULL, "%s", err);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, alpn);
	ATF_TP_ADD_TC(tp, validates);
	ATF_TP_ADD_TC(tp, no_tickets);
	ATF_TP_ADD_TC(tp, suites);
	ATF_TP_ADD_TC(tp, buffers_released);
	ATF_TP_ADD_TC(tp, key_updates);
	ATF_TP_ADD_TC(tp, renegotiation);
	ATF_TP_ADD_TC(tp, bad_certificates);
	return (atf_no_error());
}

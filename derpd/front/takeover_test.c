/*
 * Tests of what tlsctx.h has of a handshake's end: the secrets go over to
 * lib/net/record.c, and a client that is plain libssl notices nothing.
 */
#include "tlsfixture.h"
#include "tlssecrets.h"

#ifdef LIBRESSL_VERSION_NUMBER
#define NEED_SECRETS() atf_tc_skip("LibreSSL gives no secrets")
#else
#define NEED_SECRETS() do { } while (0)
#endif

/* The server's end with records of our own. */
struct takeover_end {
	struct net_record_cache	 cache;
	struct net_record	 rec;
	struct net_tlssecrets secrets;
	int			 rv;		/* of the take-over */
};

/* A handshake whose secrets are noted, with records of at most `most' bytes. */
static void
shake_and_take(struct pair *p, struct takeover_end *e, struct tls *server,
    const struct offer *o, uint8_t most)
{
	SSL_CTX	*ctx = client_ctx(o);
	int	 i, r;

	memset(p, 0, sizeof(*p));
	memset(e, 0, sizeof(*e));
	net_record_cache_init(&e->cache, net_aead_best(), 8);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    p->fd));
	ATF_REQUIRE_EQ(0, tls_accept_fds(server, &p->server, p->fd[0],
	    p->fd[0]));
	if (most != 0)
		ATF_REQUIRE_EQ(1,
		    SSL_CTX_set_tlsext_max_fragment_length(ctx, most));
	ATF_REQUIRE((p->client = SSL_new(ctx)) != NULL);
	SSL_CTX_free(ctx);
	ATF_REQUIRE_EQ(1, SSL_set_fd(p->client, p->fd[1]));
	SSL_set_connect_state(p->client);
	for (i = 0; i < 50 && (!p->client_done || !p->server_done); i++) {
		if (!p->client_done)
			p->client_done = step_client(p->client);
		if (p->server_done)
			continue;
		r = net_tlssecrets_handshake(p->server, &e->secrets);
		p->server_done = r == 0 ? 1 : r == TLS_WANT_POLLIN ||
		    r == TLS_WANT_POLLOUT ? 0 : -1;
	}
	ATF_REQUIRE_EQ(1, p->server_done);
	ATF_REQUIRE_EQ(1, p->client_done);
	e->rv = net_tlssecrets_take_over(&e->secrets, &e->rec, &e->cache);
	if (e->rv == 1) {
		tls_free(p->server);
		p->server = NULL;
	}
}

static void
let_go(struct pair *p, struct takeover_end *e)
{
	net_record_end(&e->rec);
	net_record_cache_free(&e->cache);
	hang_up(p);
}

/* Bytes of the server to the client; the longest record on the wire. */
static size_t
serve_bytes(struct pair *p, struct takeover_end *e, uint8_t *text, size_t n)
{
	static uint8_t wire[65536], got[32768];
	struct iovec v = { text, n };
	size_t off, len, most = 0, have = 0;
	ssize_t k;
	int r;

	ATF_REQUIRE(net_record_room(&e->rec, n) <= sizeof(wire));
	ATF_REQUIRE((k = net_record_write(&e->rec, &v, 1, n, wire)) > 0);
	for (off = 0; off < (size_t)k; off += len) {
		len = 5U + ((size_t)wire[off + 3] << 8) + wire[off + 4];
		if (len > most)
			most = len;
	}
	ATF_REQUIRE_EQ(k, send(p->fd[0], wire, (size_t)k, 0));
	while (have < n &&
	    (r = SSL_read(p->client, got + have, (int)(n - have))) > 0)
		have += (size_t)r;
	ATF_REQUIRE_EQ(n, have);
	ATF_CHECK(memcmp(got, text, n) == 0);
	return (most);
}

/* Bytes of the client to the server, in one record. */
static void
take_bytes(struct pair *p, struct takeover_end *e, uint8_t *text, size_t n)
{
	static uint8_t wire[65536];
	struct net_record_input in;
	ssize_t k;

	ATF_REQUIRE_EQ((int)n, SSL_write(p->client, text, (int)n));
	ATF_REQUIRE((k = recv(p->fd[0], wire, sizeof(wire), 0)) > 0);
	ATF_REQUIRE_EQ(NET_RECORD_DATA,
	    net_record_read(&e->rec, wire, (size_t)k, &in));
	ATF_REQUIRE_EQ(n, in.len);
	ATF_CHECK(memcmp(in.data, text, n) == 0);
}

ATF_TC_WITHOUT_HEAD(suites);
ATF_TC_BODY(suites, tc)
{
	static const char *const names[] = { "TLS_AES_128_GCM_SHA256",
	    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" };
	static uint8_t text[20000];
	enum cert_kind kind = P_256;
	struct offer o = { .version = TLS1_3_VERSION };
	struct tls *server;
	struct pair p;
	struct takeover_end e;
	size_t i;

	(void)tc;
	NEED_SECRETS();
	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + (i >> 8));
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	for (i = 0; i < 3; i++) {
		o.suites13 = names[i];
		shake_and_take(&p, &e, server, &o, 0);
		ATF_REQUIRE_EQ(1, e.rv);
		take_bytes(&p, &e, text, 100);
		ATF_CHECK_EQ(16384 + 22, serve_bytes(&p, &e, text, 20000));
		take_bytes(&p, &e, text, 16384);
		ATF_CHECK_EQ(1 + 22, serve_bytes(&p, &e, text, 1));
		let_go(&p, &e);
	}
	tls_free(server);
	stop_signer();
}

/* RFC 6066 4: records of ours obey what was agreed on. */
ATF_TC_WITHOUT_HEAD(fragments);
ATF_TC_BODY(fragments, tc)
{
	static uint8_t text[20000];
	enum cert_kind kind = P_256;
	struct offer o = { .version = TLS1_3_VERSION };
	struct tls *server;
	struct pair p;
	struct takeover_end e;
	uint8_t mode;

	(void)tc;
	NEED_SECRETS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	for (mode = TLSEXT_max_fragment_length_512;
	    mode <= TLSEXT_max_fragment_length_4096; mode++) {
		shake_and_take(&p, &e, server, &o, mode);
		ATF_REQUIRE_EQ(1, e.rv);
		ATF_CHECK_EQ((256U << mode) + 22,
		    serve_bytes(&p, &e, text, 20000));
		let_go(&p, &e);
	}
	tls_free(server);
	stop_signer();
}

/* Under TLS 1.2 libtls goes on. */
ATF_TC_WITHOUT_HEAD(older);
ATF_TC_BODY(older, tc)
{
	enum cert_kind kind = P_256;
	struct offer o = { .version = TLS1_2_VERSION };
	struct tls *server;
	struct pair p;
	struct takeover_end e;

	(void)tc;
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	shake_and_take(&p, &e, server, &o, 0);
	ATF_CHECK_EQ(0, e.rv);
	ATF_CHECK_EQ(0, e.secrets.nclient + e.secrets.nserver);
	talk(&p);
	let_go(&p, &e);
	tls_free(server);
	stop_signer();
}

/* Two handshakes at a time have secrets of their own. */
ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	static uint8_t text[100];
	enum cert_kind kind = P_256;
	struct offer o = { .version = TLS1_3_VERSION };
	struct tls *server;
	struct pair p[2];
	struct takeover_end e[2];

	(void)tc;
	NEED_SECRETS();
	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	shake_and_take(&p[0], &e[0], server, &o, 0);
	shake_and_take(&p[1], &e[1], server, &o, 0);
	ATF_CHECK_EQ(32, e[0].secrets.nclient);
	ATF_CHECK_EQ(32, e[0].secrets.nserver);
	ATF_CHECK(memcmp(e[0].secrets.client, e[1].secrets.client, 32) != 0);
	ATF_CHECK(memcmp(e[0].secrets.client, e[0].secrets.server, 32) != 0);
	take_bytes(&p[0], &e[0], text, 100);
	take_bytes(&p[1], &e[1], text, 100);
	let_go(&p[0], &e[0]);
	let_go(&p[1], &e[1]);
	tls_free(server);
	stop_signer();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, suites);
	ATF_TP_ADD_TC(tp, fragments);
	ATF_TP_ADD_TC(tp, older);
	ATF_TP_ADD_TC(tp, apart);
	return (atf_no_error());
}

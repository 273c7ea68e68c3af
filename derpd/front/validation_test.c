/*
 * validation_test: who gets a certificate that validates a name, which one, and
 * how long.
 */
#include "tlsfixture.h"
#include "tlsgen.h"
#include "validation.h"

#define ACME	"\012acme-tls/1"
#define HTTP	"\010http/1.1"

static struct front_validations	 set;
static uint8_t			 hello[2048];	/* the last one */
static size_t			 hellolen;

/* Begin with a certificate of each kind of key, and none that is served. */
static void
begin(size_t n)
{
	static const enum cert_kind kinds[] = { P_256, RSA_2048 };

	start_signer(kinds, n, GOOD, 5000);
}

static void
end(void)
{
	front_validation_free(&set);
	stop_signer();
}

/* Serve certs[i] for this server name. */
static int
add(const char *server, size_t i)
{
	struct ipc_msg_front_validation m = { .token = "token",
	    .server = server, .hash = certs[i].hash,
	    .pem = (const uint8_t *)certs[i].pem, .len = certs[i].pem_len };

	return (front_validation_add(&set, &m));
}

/* Make the ClientHello of a client; `server' and `alpn' NULL: not in it. */
static void
make_hello(const char *server, const char *alpn)
{
	struct offer	 o = { .alpn = alpn };
	SSL_CTX		*ctx = client_ctx(&o);
	BIO		*out = BIO_new(BIO_s_mem());
	SSL		*ssl;
	int		 n;

	ATF_REQUIRE(out != NULL && (ssl = SSL_new(ctx)) != NULL);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
	SSL_set_connect_state(ssl);
	if (server != NULL)
		SSL_set_tlsext_host_name(ssl, server);
	(void)SSL_do_handshake(ssl);
	n = BIO_read(out, hello, sizeof(hello));
	ATF_REQUIRE(n > 0 && n < (int)sizeof(hello));
	hellolen = (size_t)n;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

/* What this client gets; NULL: it is an ordinary client. */
static struct front_tlsgen *
find(const char *server, const char *alpn)
{
	make_hello(server, alpn);
	return (front_validation_find(&set, hello, hellolen));
}

/* A directory that validates this name sees certs[i]. */
static void
check_served(const char *server, size_t i)
{
	struct offer		 o = { .sni = server, .alpn = ACME };
	struct front_tlsgen	*g = find(server, ACME);

	ATF_REQUIRE_MSG(g != NULL, "%s", server);
	check_good(g->tls, &o, i);
	front_tlsgen_unref(g);
}

static void
check_ordinary(const char *server, const char *alpn)
{
	ATF_CHECK_MSG(find(server, alpn) == NULL, "%s, %s",
	    server != NULL ? server : "no name",
	    alpn != NULL ? alpn : "no protocol");
}

ATF_TC_WITHOUT_HEAD(clients);
ATF_TC_BODY(clients, tc)
{
	size_t	 n;

	begin(1);
	check_ordinary("relay.test", ACME);	/* no order */
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	check_served("relay.test", 0);
	/* Server names have no case (RFC 6066 3). */
	check_served("RELAY.test", 0);
	check_ordinary("relay.test", ACME HTTP);
	check_ordinary("relay.test", HTTP ACME);
	check_ordinary("relay.test", "\002h2" ACME HTTP);
	check_ordinary("relay.test", HTTP);
	check_ordinary("relay.test", NULL);
	check_ordinary("other.test", ACME);
	check_ordinary("a.relay.test", ACME);
	check_ordinary("relay.tes", ACME);
	check_ordinary("relay.testx", ACME);
	check_ordinary(NULL, ACME);
	check_ordinary(NULL, NULL);
	/* One that is cut is refused by libtls. */
	make_hello("relay.test", ACME);
	for (n = 0; n < hellolen; n++)
		ATF_CHECK(front_validation_find(&set, hello, n) == NULL);
	end();
}

/* Each name has its own. */
ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	begin(2);
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	check_ordinary("1.2.0.192.in-addr.arpa", ACME);
	ATF_REQUIRE_EQ(0, add("1.2.0.192.in-addr.arpa", 1));
	check_served("relay.test", 0);
	check_served("1.2.0.192.in-addr.arpa", 1);
	end();
}

/* A newer one is served in place of the older, which a handshake may use. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	struct offer		 o = { .sni = "relay.test", .alpn = ACME };
	struct front_tlsgen	*g;

	begin(2);
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	ATF_REQUIRE((g = find("relay.test", ACME)) != NULL);
	ATF_CHECK_EQ(2, g->refs);
	ATF_REQUIRE_EQ(0, add("Relay.test", 1));
	ATF_CHECK_EQ(1, set.n);
	check_served("relay.test", 1);
	ATF_REQUIRE_EQ(1, g->refs);
	check_good(g->tls, &o, 0);
	front_tlsgen_unref(g);
	end();
}

/* After the order there is none, but a handshake goes on. */
ATF_TC_WITHOUT_HEAD(forgotten);
ATF_TC_BODY(forgotten, tc)
{
	struct offer		 o = { .sni = "relay.test", .alpn = ACME };
	struct front_tlsgen	*g;

	begin(1);
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	ATF_REQUIRE((g = find("relay.test", ACME)) != NULL);
	front_validation_free(&set);
	check_ordinary("relay.test", ACME);
	ATF_REQUIRE_EQ(1, g->refs);
	check_good(g->tls, &o, 0);
	front_tlsgen_unref(g);
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	check_served("relay.test", 0);
	end();
}

/* What can't be served is refused, and changes nothing. */
ATF_TC_WITHOUT_HEAD(unfit);
ATF_TC_BODY(unfit, tc)
{
	static const uint8_t	 hash[IPC_KEYHASH_LEN];
	struct ipc_msg_front_validation m = { .token = "token",
	    .server = "relay.test", .hash = hash,
	    .pem = (const uint8_t *)"rubbish", .len = 7 };

	begin(1);
	ATF_CHECK_EQ(-1, front_validation_add(&set, &m));
	ATF_CHECK_EQ(0, set.n);
	check_ordinary("relay.test", ACME);
	ATF_REQUIRE_EQ(0, add("relay.test", 0));
	ATF_CHECK_EQ(-1, front_validation_add(&set, &m));
	check_served("relay.test", 0);
	end();
}

ATF_TC_WITHOUT_HEAD(most);
ATF_TC_BODY(most, tc)
{
	char	 name[32];
	size_t	 i;

	begin(2);
	for (i = 0; i < IPC_ACME_MAXNAMES; i++) {
		snprintf(name, sizeof(name), "n%zu.test", i);
		ATF_REQUIRE_EQ(0, add(name, 0));
	}
	ATF_CHECK_EQ(-1, add("more.test", 0));
	ATF_CHECK_EQ(IPC_ACME_MAXNAMES, set.n);
	check_ordinary("more.test", ACME);
	/* One of them may still be replaced. */
	ATF_CHECK_EQ(0, add("n0.test", 1));
	check_served("n0.test", 1);
	check_served(name, 0);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, clients);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, forgotten);
	ATF_TP_ADD_TC(tp, unfit);
	ATF_TP_ADD_TC(tp, most);
	return (atf_no_error());
}

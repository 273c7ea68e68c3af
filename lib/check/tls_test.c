/*
 * tls_test: Tests of tcp.c, tls.c and handshake.c against servers on 127.0.0.1
 * that each do one thing wrong.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ssl.h>

#include "certfixture.h"
#include "proxyproto.h"

#define MS	600	/* for a step: what is silent costs it */

/* What the server does; 0 is a good one with u.leaf and u.ca. */
struct server_plan {
	const char	*says;		/* at once, without TLS */
	const char	*answers;	/* to the first bytes, without TLS */
	const char	*page;		/* the same to HTTP */
	int		 mute;		/* closes at once */
	int		 silent;	/* never closes nor says anything */
	int		 proxied;	/* wants a PROXY header of version 1
					   or 2 */
	const char	*ciphers;	/* of TLS 1.2; NULL: all */
	int		 nameless;	/* closes when it gets a name; 2: says
					   no more */
	int		 max;		/* version of TLS */
	int		 alert;		/* for clients with a name */
	int		 strict;	/* for those without, too */
	const char	*alpn;		/* the one it takes */
	int		 lenient;	/* about others */
	int		 asks;		/* for a client's certificate; 2:
					   requires one */
	X509		*first;		/* in place of u.leaf */
	EVP_PKEY	*key;		/* in place of that of u.leaf */
	X509		*nameless_cert;	/* for clients without a name */
};

static struct run_fixture	 x;
static struct cert_usual	 u;
static struct check_addr	*a;
static struct server_plan	 plan;
static pid_t			 server;

static int
on_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)arg;
	if (name == NULL && plan.nameless_cert != NULL)
		SSL_use_certificate(ssl, plan.nameless_cert);
	if (name != NULL && plan.nameless == 2)
		(void)pause();
	if (name != NULL && plan.nameless)
		_exit(0);
	if (plan.alert == 0 || (name == NULL && !plan.strict))
		return (SSL_TLSEXT_ERR_OK);
	*alert = plan.alert;
	return (SSL_TLSEXT_ERR_ALERT_FATAL);
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	const unsigned int want = (unsigned int)strlen(plan.alpn);
	unsigned int i;

	(void)ssl;
	(void)arg;
	for (i = 0; i < inlen && i + in[i] < inlen; i += in[i] + 1U)
		if (in[i] == want && memcmp(in + i + 1, plan.alpn, want) == 0) {
			*out = in + i + 1;
			*outlen = in[i];
			return (SSL_TLSEXT_ERR_OK);
		}
	return (plan.lenient ? SSL_TLSEXT_ERR_NOACK :
	    SSL_TLSEXT_ERR_ALERT_FATAL);
}

static int
on_client(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return (1);
}

/* In the child: a context of the plan. */
static SSL_CTX *
server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, plan.max);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	/* Tests are linked with front's SSL_CTX_new(), which sets one. */
	SSL_CTX_set_alpn_select_cb(ctx, plan.alpn != NULL ? on_alpn : NULL,
	    NULL);
	if (plan.ciphers != NULL)
		SSL_CTX_set_cipher_list(ctx, plan.ciphers);
	if (plan.asks)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (plan.asks == 2 ?
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), on_client);
	if (SSL_CTX_use_certificate(ctx, plan.first != NULL ? plan.first :
	    u.leaf.x) != 1 || SSL_CTX_use_PrivateKey(ctx, plan.key != NULL ?
	    plan.key : u.leaf.key) != 1 || SSL_CTX_add1_chain_cert(ctx,
	    plan.first == u.ca.x ? u.leaf.x : u.ca.x) != 1)
		_exit(3);
	return (ctx);
}

static void
serve_tls(int fd)
{
	SSL *ssl = SSL_new(server_context());
	char c;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, &c, 1) > 0)
			continue;
	SSL_free(ssl);
}

/* Does a connection begin with the PROXY header that is wanted? */
static int
has_header(int fd)
{
	struct net_proxyproto h;
	uint8_t buf[256];
	size_t n;
	int got = 0;

	for (n = 0; got == 0 && n < sizeof(buf) && read(fd, buf + n, 1) == 1;)
		got = net_proxyproto_parse(&h, buf, ++n);
	/* Only version 1 has the client's address. */
	return (got > 0 && h.known == (plan.proxied == 1) &&
	    (!h.known || h.addr[12] == 127));
}

/* In a child of its own: one connection. */
static void
serve(int fd)
{
	uint8_t buf[64];

	alarm(60);
	if (plan.says != NULL && write(fd, plan.says, strlen(plan.says)) == -1)
		_exit(0);
	if (plan.mute || plan.says != NULL)
		_exit(0);
	if (plan.answers != NULL && read(fd, buf, 1) == 1) {
		if (plan.page != NULL && buf[0] == 'G')
			plan.answers = plan.page;
		if (write(fd, plan.answers, strlen(plan.answers)) == -1)
			_exit(1);
	}
	if (plan.page != NULL && plan.answers == NULL) {
		if (read(fd, buf, 1) == 1 && buf[0] == 'G' &&
		    write(fd, plan.page, strlen(plan.page)) == -1)
			_exit(1);
		plan.silent = 1;
	}
	if (plan.answers != NULL || plan.silent) {
		/* Closing with unread input would reset the connection. */
		if (!plan.silent)
			shutdown(fd, SHUT_WR);
		while (read(fd, buf, sizeof(buf)) > 0)
			continue;
		_exit(0);
	}
	if (plan.proxied && !has_header(fd))
		_exit(0);
	serve_tls(fd);
	_exit(0);
}

static void
serve_all(int lfd)
{
	int fd;

	signal(SIGCHLD, SIG_IGN);
	alarm(120);
	while ((fd = accept(lfd, NULL, NULL)) != -1) {
		if (fork() == 0)
			serve(fd);
		close(fd);
	}
	_exit(0);
}

/* A free port of 127.0.0.1, listening. */
static int
listener(void)
{
	const int fd = run_port(&x.node.port);

	ATF_REQUIRE_EQ(0, listen(fd, 16));
	return (fd);
}

static void
begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	cert_begin(&u, &x);
	x.opts.ms = MS;
	a = run_address(&x, "127.0.0.1");
}

/* Start a server and check it.  Returns what check_tls() does. */
static int
check(struct server_plan p)
{
	int lfd = listener(), rv;

	plan = p;
	x.nfound = x.nmeasured = 0;
	ATF_REQUIRE((server = fork()) != -1);
	if (server == 0)
		serve_all(lfd);
	close(lfd);
	ATF_CHECK_EQ(1, check_tcp(&x.run, a));
	rv = check_tls(&x.run, a);
	kill(server, SIGTERM);
	ATF_REQUIRE_EQ(server, waitpid(server, NULL, 0));
	ATF_CHECK_STREQ("", x.run.local);
	return (rv);
}

#define CHECK(...)	check((struct server_plan){ __VA_ARGS__ })

/* One fault that ends the checks, and what it says. */
#define ENDS(fault, text, ...)						\
	do {								\
		ATF_CHECK_EQ(0, CHECK(__VA_ARGS__));			\
		run_only(&x, fault, text);				\
	} while (0)

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	begin();
	ATF_CHECK_EQ(1, CHECK(.alpn = "http/1.1"));
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(run_measure(&x, CHECK_FACT_CONNECT) != NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_TLS)->n > 0);
	ATF_CHECK(run_measure(&x, CHECK_FACT_ALPN) == NULL);
	ATF_CHECK_EQ(0, a->has_meta + a->asks_cert);
	ATF_CHECK_EQ(1, CHECK(.asks = 1));
	ATF_CHECK_EQ(1, a->asks_cert);
	ATF_CHECK_EQ(0, x.nfound);
	x.opts.plain = 1;
	ATF_CHECK_EQ(1, CHECK(.mute = 1));
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TC_WITHOUT_HEAD(details);
ATF_TC_BODY(details, tc)
{
	struct cert_made other;

	begin();
	x.opts.what |= CHECK_DETAILS;
	ATF_CHECK_EQ(1, CHECK(.alpn = "http/1.1"));
	ATF_CHECK_STREQ("TLSv1.3 TLSv1.2",
	    run_text(&x, CHECK_FACT_TLS_VERSIONS));
	ATF_CHECK_STREQ("http/1.1", run_text(&x, CHECK_FACT_ALPN));
	ATF_CHECK_STREQ("the same certificate",
	    run_text(&x, CHECK_FACT_NO_NAME));
	ATF_CHECK_EQ(0, a->h2_alone);
	other = cert_keep((struct cert_made){ X509_dup(u.leaf.x), NULL });
	X509_gmtime_adj(X509_getm_notAfter(other.x), DAY);
	ATF_REQUIRE(X509_sign(other.x, u.ca.key, EVP_sha256()) > 0);
	ATF_CHECK_EQ(1, CHECK(.alpn = "h2", .lenient = 1));
	ATF_CHECK_STREQ("h2", run_text(&x, CHECK_FACT_ALPN));
	ATF_CHECK_EQ(1, a->h2_alone);
	ATF_CHECK_EQ(1, CHECK(0));
	ATF_CHECK_STREQ("none", run_text(&x, CHECK_FACT_ALPN));
	ATF_CHECK_EQ(0, a->h2_alone);
	ATF_CHECK_EQ(1, CHECK(.max = TLS1_2_VERSION, .nameless_cert = other.x));
	ATF_CHECK_STREQ("TLSv1.2", run_text(&x, CHECK_FACT_TLS_VERSIONS));
	ATF_CHECK_STREQ("none", run_text(&x, CHECK_FACT_ALPN));
	ATF_CHECK_STREQ("another certificate",
	    run_text(&x, CHECK_FACT_NO_NAME));
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TC_WITHOUT_HEAD(no_port);
ATF_TC_BODY(no_port, tc)
{
	begin();
	close(listener());
	ATF_CHECK_EQ(0, check_tcp(&x.run, a));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_PORT_CLOSED));
	HAS(x.found[0].what, "Connection refused");
	/* A port that closes between two connections. */
	ATF_CHECK_EQ(0, check_tls(&x.run, a));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_PORT_UNSTEADY));
	ATF_CHECK_EQ(2, x.nfound);
	/* What this machine can't do is no fault. */
	x.opts.source = "192.0.2.77";
	ATF_CHECK_EQ(0, check_tcp(&x.run, a));
	ATF_CHECK_EQ(2, x.nfound);
	HAS(x.run.local, "connect to 127.0.0.1 port ");
}

/* A queue of connections that is full drops what comes. */
ATF_TC_WITHOUT_HEAD(silent_port);
ATF_TC_BODY(silent_port, tc)
{
	int i, fd, lfd;

	begin();
	x.opts.ms = 200;
	lfd = listener();
	ATF_REQUIRE_EQ(0, listen(lfd, 0));
	for (i = 0; i < 8; i++) {
		fd = check_dial(&x.run, a, x.node.port, net_stream_until(50));
		if (fd == -1)
			break;
	}
	ATF_REQUIRE(i < 8);
	ATF_CHECK_EQ(0, check_tcp(&x.run, a));
	ATF_REQUIRE_EQ(1, run_count(&x, CHECK_PORT_SILENT));
	HAS(x.found[0].what, "no answer within 0 seconds");
}

ATF_TC_WITHOUT_HEAD(other_service);
ATF_TC_BODY(other_service, tc)
{
	begin();
	ENDS(CHECK_OTHER_SERVICE, "SSH: \"SSH-2.0-OpenSSH_9.2\"",
	    .says = "SSH-2.0-OpenSSH_9.2\r\n");
	ENDS(CHECK_OTHER_SERVICE, "unknown service: \"who are you?\"",
	    .answers = "who are you?\n");
	ENDS(CHECK_PLAIN_HTTP, "\"HTTP/1.1 400 Bad Request\" of the server "
	    "nginx/1.22", .answers = "HTTP/1.1 400 Bad Request\r\n"
	    "Server: nginx/1.22\r\n\r\n");
	ENDS(CHECK_PLAIN_HTTP, "\"HTTP/1.0 400 Bad Request\"",
	    .answers = "HTTP/1.0 400 Bad Request\r\n\r\n");
	/* Caddy, as Go, says who it is only to a request. */
	ENDS(CHECK_PLAIN_HTTP, "\"HTTP/1.0 200 OK\" of the server Caddy",
	    .answers = "HTTP/1.1 400 Bad Request\r\n\r\n",
	    .page = "HTTP/1.0 200 OK\r\nServer: Caddy\r\n\r\n");
}

ATF_TC_WITHOUT_HEAD(mute);
ATF_TC_BODY(mute, tc)
{
	begin();
	ENDS(CHECK_TLS_CLOSED, "closes the connection without an answer",
	    .mute = 1);
	ENDS(CHECK_TLS_SILENT, "does not answer the TLS handshake",
	    .silent = 1);
	ENDS(CHECK_TLS_CLOSED, "", .proxied = 1);
	x.opts.what |= CHECK_DETAILS;
	ENDS(CHECK_WANTS_PROXY, "succeeds behind a PROXY header", .proxied = 1);
	ENDS(CHECK_WANTS_PROXY, "succeeds behind a PROXY header", .proxied = 2);
	ENDS(CHECK_TLS_NAME_CUT, "a client that asks for \"relay.test\" is cut "
	    "off, one that sends no name is answered", .nameless = 1);
	ENDS(CHECK_TLS_NAME_CUT, "gets no answer, one that", .nameless = 2);
	ENDS(CHECK_TLS_SILENT, "does not answer", .page = "HTTP/1.0 400 Bad "
	    "Request\r\n\r\nClient sent an HTTP request to an HTTPS server.");
}

ATF_TC_WITHOUT_HEAD(alerts);
ATF_TC_BODY(alerts, tc)
{
	begin();
	ENDS(CHECK_TLS_NAME, "asks for \"relay.test\" with the alert 112 "
	    "(unrecognized_name): it does not serve the name", .alert = 112);
	ENDS(CHECK_TLS_NAME, "alert 80 (internal_error): it has no cert",
	    .alert = 80);
	ENDS(CHECK_TLS_NAME, "alert 40 (handshake_failure)", .alert = 40);
	ENDS(CHECK_TLS_ALERT, "alert 49 (access_denied): it does not let the "
	    "client in", .alert = 49);
	snprintf(x.node.host, sizeof(x.node.host), "127.0.0.1");
	ATF_CHECK_EQ(1, CHECK(.alert = 112));
	ENDS(CHECK_TLS_NAME, "sends no name, as for an address: it wants its "
	    "name", .alert = 80, .strict = 1);
}

ATF_TC_WITHOUT_HEAD(protocols);
ATF_TC_BODY(protocols, tc)
{
	begin();
	ENDS(CHECK_TLS_OLD, "the newest version that it speaks is TLSv1.1",
	    .max = TLS1_1_VERSION);
	ENDS(CHECK_H2_ALONE, "takes h2", .alpn = "h2");
	ENDS(CHECK_TLS_ALERT, "no_application_protocol", .alpn = "imap");
	ENDS(CHECK_CLIENT_CERT, "asks for one, and then sends the alert 116 "
	    "(certificate_required)", .asks = 2);
	ENDS(CHECK_CLIENT_CERT, "alert 40 (handshake_failure)", .asks = 2,
	    .max = TLS1_2_VERSION);
}

/* An answer that is TLS at first. */
ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	static char record[5 + 257 + 1] = "\26\3\3\1\1";

	begin();
	memset(record + 5, 1, 257);
	ENDS(CHECK_TLS_BROKEN, "closes the connection after the first 9 bytes",
	    .answers = "\26\3\3\1\1\2\1\1\1");
	ENDS(CHECK_TLS_BROKEN, "it stops after the first 9 bytes",
	    .answers = "\26\3\3\1\1\2\1\1\1", .silent = 1);
	ENDS(CHECK_TLS_BROKEN, "libssl says of its answer: ",
	    .answers = record, .silent = 1);
	/* Ciphers that Go does not have. */
	ENDS(CHECK_TLS_ALERT, "shares no cipher", .max = TLS1_2_VERSION,
	    .ciphers = "ECDHE-ECDSA-AES256-CCM");
}

/* A key with the public half of one and the private half of another. */
static EVP_PKEY *
crossed(EVP_PKEY *public, EVP_PKEY *private)
{
	EC_KEY *key = EC_KEY_dup(EVP_PKEY_get0_EC_KEY(private));
	EVP_PKEY *pkey = EVP_PKEY_new();

	ATF_REQUIRE(key != NULL && pkey != NULL);
	ATF_REQUIRE_EQ(1, EC_KEY_set_public_key(key,
	    EC_KEY_get0_public_key(EVP_PKEY_get0_EC_KEY(public))));
	ATF_REQUIRE_EQ(1, EVP_PKEY_assign_EC_KEY(pkey, key));
	return (cert_keep((struct cert_made){ NULL, pkey }).key);
}

ATF_TC_WITHOUT_HEAD(wrong_key);
ATF_TC_BODY(wrong_key, tc)
{
	begin();
	ENDS(CHECK_CERT_KEY, "not with the key of the certificate",
	    .key = crossed(u.leaf.key, u.ca.key));
	ENDS(CHECK_CERT_ORDER, "the first of 2 certificates is that of the CA "
	    "Intermediate", .first = u.ca.x,
	    .key = crossed(u.ca.key, u.leaf.key));
}

/* A fault of the certificate does not end the checks. */
ATF_TC_WITHOUT_HEAD(certificate);
ATF_TC_BODY(certificate, tc)
{
	struct cert_made weak;

	begin();
	snprintf(x.node.host, sizeof(x.node.host), "other.test");
	ATF_CHECK_EQ(1, CHECK(0));
	ATF_CHECK_EQ(1, x.nfound);
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_NAME));
	snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	weak = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.ca,
	    .rsa = 1024);
	ATF_CHECK_EQ(1, CHECK(.first = weak.x, .key = weak.key));
	ATF_CHECK_EQ(1, x.nfound);
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_WEAK));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, details);
	ATF_TP_ADD_TC(tp, no_port);
	ATF_TP_ADD_TC(tp, silent_port);
	ATF_TP_ADD_TC(tp, other_service);
	ATF_TP_ADD_TC(tp, mute);
	ATF_TP_ADD_TC(tp, alerts);
	ATF_TP_ADD_TC(tp, protocols);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, wrong_key);
	ATF_TP_ADD_TC(tp, certificate);
	return (atf_no_error());
}

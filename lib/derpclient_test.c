/*
 * Tests of derpcert.c, stream.c and derpclient.c: pins and announced keys, and
 * servers that are not what they should be.  The server is a child process that
 * speaks TLS over a socket pair, reads one request and says what a case tells
 * it to.  Logging in to a good server is tested end to end with derpctl probe.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "derpcert.h"
#include "derpclient.h"
#include "hex.h"

#define DAY	(24L * 60 * 60)
#define META_HEX	"000102030405060708090a0b0c0d0e0f" \
			"101112131415161718191a1b1c1d1e1f"

/* A certificate with its key, in PEM, and its pin. */
struct made {
	char	 cert[4096];
	char	 key[1024];
	char	 pin[96];
};

/* The content of a memory BIO as a string of `size' bytes. */
static void
take(BIO *bio, char *dst, size_t size)
{
	int	n;

	n = BIO_read(bio, dst, (int)size - 1);
	ATF_REQUIRE(n > 0 && (size_t)n < size - 1);
	dst[n] = '\0';
	BIO_free(bio);
}

/* Make a self-signed P-256 certificate for `cn', valid as said from now. */
static void
make(struct made *m, const char *cn, long from, long until)
{
	const unsigned char	*name = (const unsigned char *)cn;
	unsigned char		 hash[EVP_MAX_MD_SIZE];
	EVP_PKEY_CTX		*ctx;
	EVP_PKEY		*key = NULL;
	X509_NAME		*subj;
	X509			*x;
	BIO			*bio;

	ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	ATF_REQUIRE(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	ATF_REQUIRE(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1) == 1 && EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	ATF_REQUIRE((x = X509_new()) != NULL);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 2);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), until);
	subj = X509_get_subject_name(x);
	/* The common name's own bound of 64 characters is shorter than ours. */
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(subj, "CN",
	    strlen(cn) > 64 ? V_ASN1_UTF8STRING : MBSTRING_ASC, name, -1, -1,
	    0) == 1);
	X509_set_issuer_name(x, subj);
	X509_set_pubkey(x, key);
	ATF_REQUIRE(X509_sign(x, key, EVP_sha256()) > 0);
	X509_digest(x, EVP_sha256(), hash, NULL);
	strlcpy(m->pin, DERPCERT_PIN_PREFIX, sizeof(m->pin));
	hex_put(m->pin + strlen(m->pin), hash, 32);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, x);
	take(bio, m->cert, sizeof(m->cert));
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	take(bio, m->key, sizeof(m->key));
	X509_free(x);
	EVP_PKEY_free(key);
}

/* Does the chain `a' then `b' (NULL none) fit the pin?  "" or why not. */
static const char *
check(const struct made *a, const struct made *b, const char *pin)
{
	static char	 chain[8192];
	const char	*why;

	strlcpy(chain, a == NULL ? "" : a->cert, sizeof(chain));
	strlcat(chain, b == NULL ? "" : b->cert, sizeof(chain));
	why = derpcert_check_pin((const uint8_t *)chain, strlen(chain), pin);
	return why == NULL ? "" : why;
}

ATF_TC_WITHOUT_HEAD(pin_form);
ATF_TC_BODY(pin_form, tc)
{
	ATF_CHECK(derpcert_is_pin("sha256-raw:" META_HEX));
	ATF_CHECK(!derpcert_is_pin("sha256-raw:" META_HEX "0"));
	ATF_CHECK(!derpcert_is_pin("sha256:" META_HEX));
	ATF_CHECK(!derpcert_is_pin("sha256-raw:"));
	ATF_CHECK(!derpcert_is_pin(META_HEX));
	ATF_CHECK(!derpcert_is_pin("sha256-raw:x00102030405060708090a0b0c0d0e0"
	    "f101112131415161718191a1b1c1d1e1f"));
}

ATF_TC_WITHOUT_HEAD(pin_match);
ATF_TC_BODY(pin_match, tc)
{
	struct made	a, b, meta, old, young;

	make(&a, "relay.test", -DAY, DAY);
	make(&b, "other.test", -DAY, DAY);
	make(&meta, "derpkey" META_HEX, -DAY, DAY);
	make(&old, "relay.test", -2 * DAY, -DAY);
	make(&young, "relay.test", DAY, 2 * DAY);
	ATF_CHECK_STREQ(check(&a, NULL, a.pin), "");
	ATF_CHECK_STREQ(check(&a, &meta, a.pin), "");
	ATF_CHECK(strstr(check(&b, NULL, a.pin), "does not match") != NULL);
	ATF_CHECK(strstr(check(&a, &b, a.pin), "more than one") != NULL);
	ATF_CHECK(strstr(check(&old, NULL, old.pin), "expired") != NULL);
	ATF_CHECK(strstr(check(&young, NULL, young.pin), "not valid") != NULL);
	ATF_CHECK(strstr(check(&meta, NULL, meta.pin), "no certificate") !=
	    NULL);
	ATF_CHECK(strstr(check(NULL, NULL, a.pin), "no certificate") != NULL);
	ATF_CHECK(strstr(check(&a, NULL, "sha256-raw:12"), "malformed") !=
	    NULL);
}

ATF_TC_WITHOUT_HEAD(meta_key);
ATF_TC_BODY(meta_key, tc)
{
	struct made	a, meta, cut;
	char		chain[8192];
	uint8_t		key[32], want[32];
	size_t		i;

	for (i = 0; i < sizeof(want); i++)
		want[i] = (uint8_t)i;
	make(&a, "relay.test", -DAY, DAY);
	make(&meta, "derpkey" META_HEX, -DAY, DAY);
	make(&cut, "derpkey0001", -DAY, DAY);
	snprintf(chain, sizeof(chain), "%s%s", a.cert, meta.cert);
	ATF_CHECK_EQ(derpcert_meta_key((uint8_t *)chain, strlen(chain), key),
	    0);
	ATF_CHECK(memcmp(key, want, sizeof(key)) == 0);
	/* Last means last. */
	snprintf(chain, sizeof(chain), "%s%s", meta.cert, a.cert);
	ATF_CHECK_EQ(derpcert_meta_key((uint8_t *)chain, strlen(chain), key),
	    -1);
	snprintf(chain, sizeof(chain), "%s%s", a.cert, cut.cert);
	ATF_CHECK_EQ(derpcert_meta_key((uint8_t *)chain, strlen(chain), key),
	    -1);
	ATF_CHECK_EQ(derpcert_meta_key((const uint8_t *)"", 0, key), -1);
}

/* In the child: serve one connection with `say' after the request's head. */
static void
serve(int fd, const struct made *m, const char *say, size_t len, int linger)
{
	struct tls_config	*conf = tls_config_new();
	struct tls		*srv = tls_server(), *t;
	char			 buf[4096];
	size_t			 got = 0;
	ssize_t			 n;

	alarm(60);
	if (tls_config_set_keypair_mem(conf, (const uint8_t *)m->cert,
	    strlen(m->cert), (const uint8_t *)m->key, strlen(m->key)) == -1 ||
	    tls_configure(srv, conf) == -1 ||
	    tls_accept_socket(srv, &t, fd) == -1)
		_exit(2);
	while (got < sizeof(buf) - 1 &&
	    (n = tls_read(t, buf + got, sizeof(buf) - 1 - got)) > 0) {
		got += (size_t)n;
		buf[got] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			break;
	}
	if (len > 0 && tls_write(t, say, len) != (ssize_t)len)
		_exit(3);
	/* Silent: until the client has had enough. */
	while (linger && tls_read(t, buf, sizeof(buf)) > 0)
		continue;
	tls_close(t);
	_exit(0);
}

/* Open a client against such a server; "" when that works, else why not. */
static const char *
meet(const struct made *m, const struct derpclient_opts *o, const char *say,
    size_t len, int linger, int ms)
{
	static char		 why[1024];
	struct derpclient	*c;
	pid_t			 pid;
	int			 sv[2], rv;

	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		close(sv[0]);
		serve(sv[1], m, say, len, linger);
	}
	close(sv[1]);
	ATF_REQUIRE((c = derpclient_new()) != NULL);
	rv = derpclient_open_fd(c, sv[0], o, ms);
	strlcpy(why, rv == 0 ? "" : derpclient_error(c), sizeof(why));
	derpclient_free(c);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	return why;
}

#define SAYS(why, part)							\
	do {								\
		const char *w_ = (why);					\
		ATF_CHECK_MSG(strstr(w_, (part)) != NULL,		\
		    "\"%s\" is not in \"%s\"", (part), w_);		\
	} while (0)

ATF_TC_WITHOUT_HEAD(trust);
ATF_TC_BODY(trust, tc)
{
	struct derpclient_opts	 o = { .host = "relay.test", .port = "443" };
	struct made		 a, b;
	static const char	 no[] = "HTTP/1.1 404 Not Found\r\n"
				    "Content-Length: 0\r\n\r\n";
	const size_t		 len = sizeof(no) - 1;

	make(&a, "relay.test", -DAY, DAY);
	make(&b, "relay.test", -DAY, DAY);
	/* Trusted is whatever gets as far as the answer. */
	o.trust = STREAM_ANY;
	SAYS(meet(&a, &o, no, len, 0, 20000), "status 404");
	o.trust = STREAM_PIN;
	o.trust_arg = a.pin;
	SAYS(meet(&a, &o, no, len, 0, 20000), "status 404");
	SAYS(meet(&b, &o, no, len, 0, 20000), "does not match the pin");
	o.host = "other.test";
	SAYS(meet(&a, &o, no, len, 0, 20000), "other.test");
	o.name = "relay.test";
	SAYS(meet(&a, &o, no, len, 0, 20000), "status 404");
	o.trust_arg = "sha256-raw:zz";
	SAYS(meet(&a, &o, no, len, 0, 20000), "64 hexadecimal digits");
	o.trust = STREAM_ROOTS;
	o.trust_arg = NULL;
	SAYS(meet(&a, &o, no, len, 0, 20000), "TLS: ");
	o.trust = STREAM_CAFILE;
	o.trust_arg = "ca.pem";
	SAYS(meet(&a, &o, no, len, 0, 20000), "ca.pem");
	atf_utils_create_file("ca.pem", "%s", a.cert);
	SAYS(meet(&a, &o, no, len, 0, 20000), "status 404");
	SAYS(meet(&b, &o, no, len, 0, 20000), "TLS: ");
}

/* The server says this and closes: why does the client refuse it? */
#define ANSWER(say)	meet(&a, &o, (say), sizeof(say) - 1, 0, 20000)
#define SWITCH		"HTTP/1.1 101 Switching Protocols\r\n"		\
			"Upgrade: DERP\r\nConnection: Upgrade\r\n"

ATF_TC_WITHOUT_HEAD(not_a_relay);
ATF_TC_BODY(not_a_relay, tc)
{
	struct derpclient_opts	 o = { .host = "relay.test", .port = "443",
				    .trust = STREAM_ANY };
	struct made		 a;

	make(&a, "relay.test", -DAY, DAY);
	SAYS(ANSWER("SSH-2.0-x\r\n\r\n"), "not HTTP");
	SAYS(ANSWER("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n"),
	    "another protocol");
	SAYS(ANSWER(""), "closed");
	SAYS(ANSWER("HTTP/1.1 101 x\r\nUpgr"), "closed");
	SAYS(ANSWER(SWITCH "Derp-Public-Key: 12\r\n\r\n"), "malformed");
	SAYS(ANSWER(SWITCH "\r\n"), "ServerKey");
	/* KeepAlive where ServerKey belongs; no magic; beyond 1 MiB. */
	SAYS(ANSWER(SWITCH "\r\n\x06\0\0\0\0"), "0x06");
	SAYS(ANSWER(SWITCH "\r\n\x01\0\0\0\x28" "DERP1234" META_HEX),
	    "malformed");
	SAYS(ANSWER(SWITCH "\r\n\x01\0\x10\0\x01"), "more than");
	/* A key here and another one there. */
	SAYS(ANSWER(SWITCH "Derp-Public-Key: " META_HEX "\r\n\r\n"
	    "\x01\0\0\0\x28" FRAME_MAGIC META_HEX), "another relay key");
	o.start = DERPCLIENT_FAST;
	SAYS(ANSWER(""), "no fast start");
}

ATF_TC_WITHOUT_HEAD(silence);
ATF_TC_BODY(silence, tc)
{
	struct derpclient_opts	 o = { .host = "relay.test", .port = "443",
				    .trust = STREAM_ANY };
	struct made		 a;

	make(&a, "relay.test", -DAY, DAY);
	SAYS(meet(&a, &o, "", 0, 1, 2000), "in time");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pin_form);
	ATF_TP_ADD_TC(tp, pin_match);
	ATF_TP_ADD_TC(tp, meta_key);
	ATF_TP_ADD_TC(tp, trust);
	ATF_TP_ADD_TC(tp, not_a_relay);
	ATF_TP_ADD_TC(tp, silence);
	return atf_no_error();
}

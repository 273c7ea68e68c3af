/*
 * derpclient_test: Tests of derpcert.c, stream.c and derpclient.c: pins,
 * announced keys, and misbehaving servers.  The server is a child process that
 * speaks TLS over a socket pair, reads one request and sends what the test case
 * gives it.  The login at a correct server is tested end to end with derpctl
 * probe.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tls.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "derpcert.h"
#include "derpclient.h"
#include "hex.h"
#include "tlspeer.h"

#define META_HEX	"000102030405060708090a0b0c0d0e0f" \
			"101112131415161718191a1b1c1d1e1f"

/* Check the chain `a', `b' (NULL: none) against the pin.  "" or the error. */
static const char *
check(const struct made *a, const struct made *b, const char *pin)
{
	static char	 chain[8192];
	const char	*why;

	strlcpy(chain, a == NULL ? "" : a->cert, sizeof(chain));
	strlcat(chain, b == NULL ? "" : b->cert, sizeof(chain));
	why = net_derpcert_check_pin((const uint8_t *)chain, strlen(chain),
	    pin);
	return why == NULL ? "" : why;
}

ATF_TC_WITHOUT_HEAD(pin_form);
ATF_TC_BODY(pin_form, tc)
{
	ATF_CHECK(net_derpcert_is_pin("sha256-raw:" META_HEX));
	ATF_CHECK(!net_derpcert_is_pin("sha256-raw:" META_HEX "0"));
	ATF_CHECK(!net_derpcert_is_pin("sha256:" META_HEX));
	ATF_CHECK(!net_derpcert_is_pin("sha256-raw:"));
	ATF_CHECK(!net_derpcert_is_pin(META_HEX));
	ATF_CHECK(!net_derpcert_is_pin(
	    "sha256-raw:x00102030405060708090a0b0c0d0e0"
	    "f101112131415161718191a1b1c1d1e1f"));
}

ATF_TC_WITHOUT_HEAD(pin_match);
ATF_TC_BODY(pin_match, tc)
{
	struct made	a, b, meta, old, young;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	make_cert(&b, "other.test", NULL, -DAY, DAY);
	make_cert(&meta, "derpkey" META_HEX, NULL, -DAY, DAY);
	make_cert(&old, "relay.test", NULL, -2 * DAY, -DAY);
	make_cert(&young, "relay.test", NULL, DAY, 2 * DAY);
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
	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	make_cert(&meta, "derpkey" META_HEX, NULL, -DAY, DAY);
	make_cert(&cut, "derpkey0001", NULL, -DAY, DAY);
	snprintf(chain, sizeof(chain), "%s%s", a.cert, meta.cert);
	ATF_CHECK_EQ(net_derpcert_meta_key((uint8_t *)chain, strlen(chain),
	    key), 0);
	ATF_CHECK(memcmp(key, want, sizeof(key)) == 0);
	/* The certificate with the key must be the last one. */
	snprintf(chain, sizeof(chain), "%s%s", meta.cert, a.cert);
	ATF_CHECK_EQ(net_derpcert_meta_key((uint8_t *)chain, strlen(chain),
	    key), -1);
	snprintf(chain, sizeof(chain), "%s%s", a.cert, cut.cert);
	ATF_CHECK_EQ(net_derpcert_meta_key((uint8_t *)chain, strlen(chain),
	    key), -1);
	ATF_CHECK_EQ(net_derpcert_meta_key((const uint8_t *)"", 0, key), -1);
}

/* Check the certificate as a client of `name' at `now'.  "" or the error. */
static const char *
leaf(const struct made *m, const char *name, time_t now)
{
	const char	*why;

	why = net_derpcert_check_leaf((const uint8_t *)m->cert, strlen(m->cert),
	    name, now);
	return why == NULL ? "" : why;
}

ATF_TC_WITHOUT_HEAD(leaf_certificate);
ATF_TC_BODY(leaf_certificate, tc)
{
	struct made	ca, a, bare, wild, own;
	time_t		now = time(NULL);

	make_cert(&ca, "Some CA", NULL, -DAY, DAY);
	make_signed(&a, "relay.test",
	    "DNS:relay.test,DNS:b.test,IP:192.0.2.1,IP:2001:db8::1", -DAY, DAY,
	    &ca);
	ATF_CHECK_STREQ(leaf(&a, "relay.test", now), "");
	ATF_CHECK_STREQ(leaf(&a, "RELAY.test", now), "");
	ATF_CHECK_STREQ(leaf(&a, "b.test", now), "");
	ATF_CHECK_STREQ(leaf(&a, "192.0.2.1", now), "");
	ATF_CHECK_STREQ(leaf(&a, "2001:db8:0::1", now), "");
	HAS(leaf(&a, "192.0.2.2", now), "does not cover");
	HAS(leaf(&a, "other.test", now), "does not cover");
	HAS(leaf(&a, "x.relay.test", now), "does not cover");
	HAS(leaf(&a, "relay.test", now + 2 * DAY), "expired");
	HAS(leaf(&a, "relay.test", now - 2 * DAY), "not valid yet");
	make_signed(&wild, "x", "DNS:*.relay.test", -DAY, DAY, &ca);
	ATF_CHECK_STREQ(leaf(&wild, "x.relay.test", now), "");
	HAS(leaf(&wild, "relay.test", now), "does not cover");
	HAS(leaf(&wild, "x", now), "does not cover");
	/* The common name counts only if self-signed and pinned. */
	make_signed(&bare, "relay.test", NULL, -DAY, DAY, &ca);
	HAS(leaf(&bare, "relay.test", now), "does not cover");
	make_cert(&own, "relay.test", NULL, -DAY, DAY);
	ATF_CHECK_STREQ(leaf(&own, "relay.test", now), "");
	HAS(leaf(&own, "other.test", now), "does not cover");
	HAS(leaf(&own, "relay.test", now + 2 * DAY), "expired");
	own.cert[0] = '\0';
	HAS(leaf(&own, "relay.test", now), "no certificate");
}

/* In the child: serve one connection; `say' follows the request's head. */
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
	/* Silent until the client closes. */
	while (linger && tls_read(t, buf, sizeof(buf)) > 0)
		continue;
	tls_close(t);
	_exit(0);
}

static enum net_derpclient_phase	phase;	/* of the last meet() */
static enum net_derpclient_cause	cause;

/* Open a client to such a server.  Returns "" on success, else the error. */
static const char *
meet(const struct made *m, const struct net_derpclient_opts *o, const char *say,
    size_t len, int linger, int ms)
{
	static char		 why[1024];
	const char		*refusal;
	struct net_derpclient	*c;
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
	ATF_REQUIRE((c = net_derpclient_new()) != NULL);
	rv = net_derpclient_open_fd(c, sv[0], o, ms);
	strlcpy(why, rv == 0 ? "" : net_derpclient_error(c), sizeof(why));
	phase = net_derpclient_phase(c);
	cause = net_derpclient_cause(c);
	refusal = net_derpclient_refusal(c);
	ATF_CHECK_EQ_MSG(refusal != NULL, strstr(why, "refuses it") != NULL,
	    "%s", why);
	if (refusal != NULL)
		ATF_CHECK_STREQ(refusal, "not admitted");
	net_derpclient_free(c);
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
	struct net_derpclient_opts	 o = { .host = "relay.test",
	    .port = "443" };
	struct made			 a, b;
	static const char		 no[] = "HTTP/1.1 404 Not Found\r\n"
				    "Content-Length: 0\r\n\r\n";
	const size_t		 len = sizeof(no) - 1;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	make_cert(&b, "relay.test", NULL, -DAY, DAY);
	/* A client that reports the answer's status trusted the certificate. */
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

/* The server sends `say' and closes.  Returns the client's error. */
#define ANSWER(say)	meet(&a, &o, (say), sizeof(say) - 1, 0, 20000)
#define SWITCH		"HTTP/1.1 101 Switching Protocols\r\n"		\
			"Upgrade: DERP\r\nConnection: Upgrade\r\n"

ATF_TC_WITHOUT_HEAD(not_a_relay);
ATF_TC_BODY(not_a_relay, tc)
{
	struct net_derpclient_opts	 o = { .host = "relay.test",
				    .port = "443", .trust = STREAM_ANY };
	struct made		 a;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	SAYS(ANSWER("SSH-2.0-x\r\n\r\n"), "not HTTP");
	SAYS(ANSWER("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n"),
	    "another protocol");
	SAYS(ANSWER(""), "closed");
	SAYS(ANSWER("HTTP/1.1 101 x\r\nUpgr"), "closed");
	SAYS(ANSWER(SWITCH "Derp-Public-Key: 12\r\n\r\n"), "malformed");
	SAYS(ANSWER(SWITCH "\r\n"), "ServerKey");
	/* KeepAlive, not ServerKey; a wrong magic; more than 1 MiB. */
	SAYS(ANSWER(SWITCH "\r\n\x06\0\0\0\0"), "0x06");
	SAYS(ANSWER(SWITCH "\r\n\x01\0\0\0\x28" "DERP1234" META_HEX),
	    "malformed");
	SAYS(ANSWER(SWITCH "\r\n\x01\0\x10\0\x01"), "more than");
	/* The header and the ServerKey frame announce different keys. */
	SAYS(ANSWER(SWITCH "Derp-Public-Key: " META_HEX "\r\n\r\n"
	    "\x01\0\0\0\x28" FRAME_MAGIC META_HEX), "another relay key");
	/* Headscale's relay writes the key with a prefix. */
	SAYS(ANSWER(SWITCH "Derp-Public-Key: nodekey:" META_HEX "\r\n\r\n"
	    "\x01\0\0\0\x28" FRAME_MAGIC META_HEX), "another relay key");
	o.start = DERPCLIENT_FAST;
	SAYS(ANSWER(""), "no fast start");
}

#define ENDED(p, c)							\
	do {								\
		ATF_CHECK_EQ(phase, DERPCLIENT_##p);			\
		ATF_CHECK_EQ(cause, DERPCLIENT_##c);			\
	} while (0)

/* How far the client came, and what ended it. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	static const char		 key[] = SWITCH "\r\n\x01\0\0\0\x28"
	    FRAME_MAGIC "0123456789abcdef0123456789abcdef";
	struct net_derpclient_opts	 o = { .host = "relay.test",
				    .port = "443", .trust = STREAM_ROOTS };
	struct made		 a;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	(void)ANSWER("");
	ATF_CHECK_EQ(phase, DERPCLIENT_TLS);
	o.trust = STREAM_ANY;
	(void)ANSWER("");
	ENDED(UPGRADE, CLOSED);
	(void)ANSWER("HTTP/1.1 404 Not Found\r\n\r\n");
	ENDED(UPGRADE, WRONG);
	(void)ANSWER(SWITCH "\r\n");
	ENDED(SERVER_KEY, CLOSED);
	(void)ANSWER(key);
	ENDED(SERVER_INFO, CLOSED);
	(void)meet(&a, &o, key, sizeof(key) - 1, 1, 1000);
	ENDED(SERVER_INFO, TIMEOUT);
}

/* The server gives a reason in place of ServerInfo. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const char		 say[] = SWITCH "\r\n"
	    "\x01\0\0\0\x28" FRAME_MAGIC "0123456789abcdef0123456789abcdef"
	    "\x14\0\0\0\x0cnot admitted\x06";
	struct net_derpclient_opts	 o = { .host = "relay.test",
				    .port = "443", .trust = STREAM_ANY };
	struct made		 a;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	SAYS(meet(&a, &o, say, sizeof(say) - 1, 1, 20000),
	    "refuses it: not admitted");
}

ATF_TC_WITHOUT_HEAD(silence);
ATF_TC_BODY(silence, tc)
{
	struct net_derpclient_opts	 o = { .host = "relay.test",
				    .port = "443", .trust = STREAM_ANY };
	struct made		 a;

	make_cert(&a, "relay.test", NULL, -DAY, DAY);
	SAYS(meet(&a, &o, "", 0, 1, 2000), "in time");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pin_form);
	ATF_TP_ADD_TC(tp, pin_match);
	ATF_TP_ADD_TC(tp, meta_key);
	ATF_TP_ADD_TC(tp, leaf_certificate);
	ATF_TP_ADD_TC(tp, trust);
	ATF_TP_ADD_TC(tp, not_a_relay);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, silence);
	return atf_no_error();
}

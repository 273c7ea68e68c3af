/*
 * raw_tls: cases about TLS itself, about connections of other protocols, about
 * floods, and about a lack of file descriptors.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "raw.h"

/* Require the protocol that ALPN selected, "" for none; closes. */
static void
want_alpn(const char *offer, size_t n, const char *want)
{
	struct tls_how how = { .alpn = offer, .alpn_len = n };
	struct raw_conn *c = conn_tls(&how);
	const uint8_t *p;
	unsigned int len;

	SSL_get0_alpn_selected(c->ssl, &p, &len);
	if (len != strlen(want) || (len > 0 && memcmp(p, want, len) != 0))
		fail("ALPN chose `%.*s', wanted `%s'", (int)len,
		    (const char *)p, want);
	sess_close(sess_login_on(c, NULL), 0);
}

void
tls_alpn(void)
{
	struct tls_how foreign = { .alpn = "\003foo\003bar", .alpn_len = 8 };
	struct raw_conn *c;

	want_alpn("\010http/1.1", 9, "http/1.1");
	want_alpn("\002h2\010http/1.1", 12, "http/1.1");
	if (!opt.derper) /* derper accepts h2 when nothing else is offered */
		want_alpn("\002h2", 3, "");
	want_alpn("", 0, "");
	report("http/1.1 when it is offered");
	c = conn_try_tls(&foreign);
	if (c != NULL)
		fail("unknown names alone were accepted, wanted an alert");
	report("an alert for foreign names");
}

void
tls_sni(void)
{
	struct tls_how none = { .no_sni = 1 };
	struct tls_how other = { .sni = "unknown.example" };
	struct tls_how odd = { .sni = "*.-_" };

	if (opt.derper) {
		report("left out: derper refuses them");
		return;
	}
	sess_close(sess_login_on(conn_tls(&none), NULL), 0);
	sess_close(sess_login_on(conn_tls(&other), NULL), 0);
	conn_close(conn_try_tls(&odd), 0);
	sess_close(sess_login(), 0);
	report("no name and an unknown name are served");
}

void
tls_versions(void)
{
	struct tls_how v12 = { .max = TLS1_2_VERSION };
	struct tls_how v13 = { .min = TLS1_3_VERSION };
	struct tls_how v11 = { .min = TLS1_VERSION, .max = TLS1_1_VERSION };
	struct sess *a, *b;

	a = sess_login_on(conn_tls(&v12), NULL);
	b = sess_login_on(conn_tls(&v13), NULL);
	exchange(a, b);
	if (conn_try_tls(&v11) != NULL)
		fail("TLS 1.1 was accepted");
	want_alive(a);
	sess_close(a, 0);
	sess_close(b, 0);
	report("1.2 and 1.3 are served, 1.1 is not");
}

void
tls_key_update(void)
{
#ifdef SSL_KEY_UPDATE_REQUESTED
	struct sess *s = sess_login();
	int i;

	for (i = 0; i < 5; i++) {
		if (SSL_key_update(s->c->ssl, SSL_KEY_UPDATE_REQUESTED) != 1)
			fail("can't update keys");
		want_alive(s);
	}
	report("%d key updates are answered", i);
	if (opt.derper) {
		report("left out: derper takes a flood of them");
		return;
	}
	for (i = 0; i < 20; i++)
		if (SSL_key_update(s->c->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) !=
		    1 || SSL_do_handshake(s->c->ssl) != 1)
			fail("can't update keys");
	(void)conn_try_write(s->c, "\x12\0\0\0\x08pingping", 13);
	want_end(s, "20 key updates at once");
	sess_close(s, 0);
	report("20 at once end the connection");
#else
	report("left out: this TLS library can't ask for it");
#endif
}

/* Input that is not TLS is closed; others are served. */
void
tls_junk(void)
{
	struct sess *other = sess_login();
	uint8_t p[4096];
	struct raw_conn *c;
	int i;

	static const struct {
		const char	*what;
		const char	*p;
		size_t		 n;
	} junk[] = {
		{ "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27 },
		{ "SSH", "SSH-2.0-OpenSSH_9.9\r\n", 21 },
		{ "a TLS record of type 0", "\0\3\1\0\5hello", 10 },
		{ "a TLS alert", "\x15\3\1\0\2\2\0", 7 },
		{ "application data", "\x17\3\3\0\5hello", 10 },
		{ "a ClientHello of one byte", "\x16\3\1\0\5\1\0\0\1\3", 10 }
	};

	for (i = 0; i < (int)(sizeof(junk) / sizeof(junk[0])); i++) {
		c = conn_tcp(opt.port);
		conn_write(c, junk[i].p, junk[i].n);
		if (!conn_ends(c, WAIT_MS))
			fail("%s in place of TLS: not closed", junk[i].what);
		conn_close(c, 0);
	}
	report("%d things that are not TLS were closed", i);
	for (i = 0; i < 200; i++) {
		c = conn_tcp(opt.port);
		randombytes_buf(p, sizeof(p));
		if (i % 2 == 0)
			memcpy(p, "\x16\3\1\x0f\xf0\1", 6);
		(void)conn_try_write(c, p, 1 + randombytes_uniform(4000));
		conn_half_close(c);
		if (!conn_ends(c, WAIT_MS))
			fail("random bytes and the end: not closed");
		conn_close(c, 0);
	}
	want_alive(other);
	sess_close(other, 0);
	report("200 connections of random bytes harmed no other");
}

/* Connections that end at each stage, with and without a reset. */
void
abrupt_ends(void)
{
	struct sess *other = sess_login(), *s;
	uint8_t key[32];
	struct raw_conn *c;
	int i;

	for (i = 0; i < 20; i++) {
		conn_close(conn_tcp(opt.port), i % 2);
		c = conn_tcp(opt.port);
		conn_half_close(c);
		if (!conn_ends(c, WAIT_MS))
			fail("an end before the first byte: not closed");
		conn_close(c, 0);
		conn_close(conn_tls(NULL), i % 2);
		s = sess_upgraded();
		sess_close(s, i % 2);
		s = sess_login();
		sess_packet(s, other->pub, "x", 1);
		want_packet(other, s->pub, "x", 1);
		memcpy(key, s->pub, sizeof(key));
		if (i % 4 == 0) {
			conn_write(s->c, "\4\0\0\1\0", 5);
			conn_half_close(s->c);
			if (!conn_ends(s->c, WAIT_MS))
				fail("an end within a frame: not closed");
		}
		sess_close(s, i % 2);
		want_gone(other, key, PEER_GONE_DISCONNECTED);
	}
	want_alive(other);
	sess_close(other, 0);
	report("ends in every stage were noticed");
}

void
connect_floods(void)
{
	struct sess *a = sess_login(), *b = sess_login();
	struct raw_conn *c[50];
	int i, j;

	for (i = 0; i < 40; i++) {
		for (j = 0; j < 50; j++)
			c[j] = conn_tcp(opt.port);
		for (j = 0; j < 50; j++)
			conn_close(c[j], j % 2);
		if (i % 10 == 0)
			exchange(a, b);
	}
	report("2000 connections of TCP alone");
	for (i = 0; i < 300; i++) {
		conn_close(conn_tls(NULL), i % 2);
		if (i % 50 == 0)
			exchange(a, b);
	}
	report("300 of TLS");
	exchange(a, b);
	sess_close(a, 0);
	sess_close(b, 0);
	sess_close(sess_login(), 0);
}

static volatile sig_atomic_t told;

static void
tell(int sig)
{
	(void)sig;
	told = 1;
}

void
wait_term(struct sess *a, struct sess *b)
{
	struct sigaction sa = { .sa_handler = tell };
	int64_t until = now_ms() + 60000;

	sigaction(SIGTERM, &sa, NULL);
	ready();
	while (!told) {
		if (now_ms() > until)
			fail("the caller did not continue the case");
		if (a != NULL && b != NULL)
			exchange(a, b);
		usleep(20000);
	}
}

/*
 * More connections than the server has file descriptors: existing ones are
 * always served, and when the others leave new ones are served again.
 */
void
exhaustion(void)
{
	struct sess *a = sess_login(), *b = sess_login();
	struct raw_conn **c = calloc((size_t)opt.count, sizeof(*c));
	int i;

	if (c == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		c[i] = conn_tcp(opt.port);
	exchange(a, b);
	report("%d connections are open", opt.count);
	wait_term(a, b);
	for (i = 0; i < opt.count; i++)
		conn_close(c[i], 0);
	free(c);
	sess_close(sess_login(), 0);
	exchange(a, b);
	report("they are gone; new clients are served");
}

/*
 * Sessions that stay until SIGTERM and are always served.  Each exchanges
 * packets with the one before it.
 */
void
idle(void)
{
	struct sess **s = calloc((size_t)opt.count, sizeof(*s));
	int i;

	if (s == NULL || opt.count < 2)
		fail("needs a count of 2 or more");
	for (i = 0; i < opt.count; i++) {
		s[i] = sess_login();
		if (i > 0)
			exchange(s[i - 1], s[i]);
	}
	wait_term(s[0], s[1]);
	for (i = 0; i < opt.count; i++)
		want_alive(s[i]);
	report("%d sessions stayed", opt.count);
}

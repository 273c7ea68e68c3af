/*
 * raw_login: cases about the login, and about clients that are slow: to log
 * in, or to read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "raw.h"

/* Mesh keys without their first digit. */
#define KEY63	"0112233445566778899AABBCCDDEEFF" \
		"00112233445566778899aabbccddeeff"
#define ZERO63	"0000000000000000000000000000000" \
		"00000000000000000000000000000000"

/* The JSON text of the longest ClientInfo. */
#define BIGGEST_JSON	(FRAME_MAX_CLIENTINFO - FRAME_KEY_LEN - \
			    FRAME_NONCE_LEN - FRAME_BOX_OVERHEAD)

#define SLOW_LOGIN_MS	15000	/* deadline of 10 s with a margin */
#define SLOW_HTTP_MS	45000	/* deadline of 30 s with a margin */

/* Send a ClientInfo with `json'; return 1 if logged in, 0 if refused. */
static int
login_with(const char *json, size_t n)
{
	struct sess *s = sess_upgraded();
	struct frame *f;
	uint8_t *info;
	size_t len;
	int in;

	info = client_info(s, json, n, &len);
	(void)conn_try_write(s->c, info, len);
	free(info);
	f = sess_try_next(s, WAIT_MS);
	in = f != NULL && f->type == FRAME_SERVER_INFO;
	if (f == NULL && !s->c->eof)
		fail("ClientInfo %.60s: neither accepted nor refused", json);
	if (in)
		want_alive(s);
	sess_close(s, 0);
	return (in);
}

/* Require that these bytes in place of ClientInfo end the connection. */
static void
refused_bytes(const void *p, size_t n, const char *what)
{
	struct sess *s = sess_upgraded();

	(void)conn_try_write(s->c, p, n);
	want_end(s, what);
	sess_close(s, 0);
}

/* Send a header of ClientInfo with a wrong length and some bytes. */
static void
refused_length(uint32_t len, size_t follow, const char *what)
{
	uint8_t *p = calloc(1, FRAME_HDR_LEN + follow);

	if (p == NULL)
		fail("out of memory");
	net_frame_put_hdr(p, FRAME_CLIENT_INFO, len);
	refused_bytes(p, FRAME_HDR_LEN + follow, what);
	free(p);
}

/* Send a valid ClientInfo with one bit flipped at `at'. */
static void
refused_flip(size_t at, const char *what)
{
	struct sess *s = sess_upgraded();
	uint8_t *p;
	size_t n;

	p = client_info(s, "{\"version\":2}", 13, &n);
	p[at] ^= 1;
	(void)conn_try_write(s->c, p, n);
	want_end(s, what);
	free(p);
	sess_close(s, 0);
}

static void
refused_json(void)
{
	static const char *const bad[] = { "", "[]", "\"x\"", "2", "{",
	    "{\"version\":2", "{\"version\":2}x", "{\"version\":2}{}",
	    "{\"version\":2,}", "{version:2}", "{\"version\":\"2\"}",
	    "{\"version\":2.5}", "{\"version\":[2]}",
	    "{\"CanAckPings\":1}", "{\"CanAckPings\":\"true\"}",
	    "{\"IsProber\":\"\"}", "{\"AppName\":5}", "{\"meshKey\":5}",
	    "{\"meshKey\":\"zz\"}", "{\"meshKey\":\"00112233\"}",
	    "{\"meshKey\":\"g" KEY63 "\"}" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (login_with(bad[i], strlen(bad[i])))
			fail("logged in with ClientInfo `%s'", bad[i]);
	report("%zu wrong JSON texts were refused", i);
}

void
bad_logins(void)
{
	struct sess *other = sess_login();
	uint8_t zeros[512] = { 0 };

	refused_length(0, 0, "ClientInfo of 0");
	refused_length(55, 55, "ClientInfo of 55");
	refused_length(56, 56, "ClientInfo of zeros");
	refused_length(FRAME_MAX_CLIENTINFO + 1, 1000,
	    "ClientInfo of 256 KiB and one");
	refused_length(0xffffffff, 1000, "ClientInfo of 4 GiB");
	refused_flip(FRAME_HDR_LEN, "ClientInfo with a wrong key");
	refused_flip(FRAME_HDR_LEN + FRAME_KEY_LEN,
	    "ClientInfo with a wrong nonce");
	refused_flip(FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_NONCE_LEN,
	    "ClientInfo with a wrong box");
	net_frame_put_hdr(zeros, FRAME_PING, FRAME_PING_LEN);
	refused_bytes(zeros, 100, "Ping before the login");
	net_frame_put_hdr(zeros, 0x77, 0);
	refused_bytes(zeros, 100, "an unknown frame before the login");
	net_frame_put_hdr(zeros, FRAME_SEND_PACKET, 100);
	refused_bytes(zeros, 105, "SendPacket before the login");
	refused_bytes("GET / HTTP/1.1\r\n\r\n", 18, "HTTP for a login");
	report("wrong frames, lengths and boxes were refused");
	refused_json();
	want_alive(other);
	sess_close(other, 0);
}

void
good_logins(void)
{
	static const char *const good[] = { "{}", "{\"version\":2}",
	    "{\"version\":99}", " {\"version\" : 2 }\n",
	    "{\"unknown\":{\"a\":[1,2,{\"b\":null}]},\"version\":2}",
	    "{\"version\":2,\"CanAckPings\":false,\"IsProber\":true,"
	    "\"AppName\":\"a \\u00fc\\ud83d\\ude00\"}",
	    "{\"meshKey\":\"A" KEY63 "\"}",
	    "{\"meshKey\":\"0" ZERO63 "\"}" };
	static char big[BIGGEST_JSON + 1];
	size_t i, n;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!login_with(good[i], strlen(good[i])))
			fail("refused with ClientInfo `%s'", good[i]);
	n = (size_t)snprintf(big, sizeof(big), "{\"version\":2,\"AppName\":\"");
	memset(big + n, 'a', sizeof(big) - n);
	memcpy(big + BIGGEST_JSON - 2, "\"}", 2);
	if (!login_with(big, BIGGEST_JSON))
		fail("refused with a ClientInfo of %d bytes",
		    FRAME_MAX_CLIENTINFO);
	report("%zu valid texts and one of %d bytes were accepted", i,
	    BIGGEST_JSON);
	memcpy(big + BIGGEST_JSON - 2, "a\"}", 3);
	if (login_with(big, BIGGEST_JSON + 1))
		fail("logged in with a ClientInfo of %d bytes",
		    FRAME_MAX_CLIENTINFO + 1);
	report("a longer one was refused");
}

/* Send the `n' bytes of a ClientInfo as they are; return 1 if logged in. */
static int
login_sent(struct sess *s, const uint8_t *info, size_t n)
{
	struct frame *f;

	conn_write(s->c, info, n);
	f = sess_try_next(s, WAIT_MS);
	if (f == NULL && !s->c->eof)
		fail("ClientInfo: neither accepted nor refused");
	return (f != NULL && f->type == FRAME_SERVER_INFO);
}

/* Three connections send that ClientInfo, which must not let them in. */
static void
refused_again(const uint8_t *info, size_t n)
{
	struct sess *s;
	int i;

	for (i = 0; i < 3; i++) {
		s = sess_upgraded();
		if (login_sent(s, info, n))
			fail("logged in with a ClientInfo that was used");
		sess_close(s, 0);
	}
}

/*
 * A captured ClientInfo that is sent again, while the client is connected and
 * afterwards, lets nobody in; the client itself returns with a new one.
 */
void
replayed_logins(void)
{
	static const char json[] = "{\"version\":2}";
	struct sess *s = sess_upgraded(), *again, *other = sess_login();
	struct sess keys = *s;
	uint8_t *info;
	size_t n;

	info = client_info(s, json, sizeof(json) - 1, &n);
	if (!login_sent(s, info, n))
		fail("refused with a new ClientInfo");
	if (opt.derper) {
		report("left out: derper accepts a used one");
		return;
	}
	refused_again(info, n);
	exchange(s, other);
	sess_close(s, 0);
	want_gone(other, keys.pub, PEER_GONE_DISCONNECTED);
	refused_again(info, n);
	report("a ClientInfo that was used is refused");
	again = sess_login_dup(&keys);
	exchange(again, other);
	report("its client came in with a new one");
	free(info);
	sess_close(again, 0);
	sess_close(other, 0);
}

/*
 * Connections that stop half-way.  All wait at the same time; the server must
 * close each.  Those that send byte by byte must not gain time.
 */
struct slow {
	const char	*what;
	struct raw_conn	*c;
	int64_t		 bound;		/* ms */
	const char	*drip;		/* bytes that are sent one at a time */
};

static size_t
start_slow(struct slow *sl)
{
	const char *head = upgrade_head(0);
	struct sess *s;
	uint8_t *info;
	size_t n = 0, len;

	sl[n++] = (struct slow){ "no byte of TLS", conn_tcp(opt.port),
	    SLOW_HTTP_MS, NULL };
	sl[n] = (struct slow){ "a piece of ClientHello", conn_tcp(opt.port),
	    SLOW_HTTP_MS, NULL };
	conn_write(sl[n++].c, "\x16\x03\x01\x01\x00\x01\x00", 7);
	sl[n++] = (struct slow){ "no request", conn_tls(NULL), SLOW_HTTP_MS,
	    NULL };
	sl[n] = (struct slow){ "half a request", conn_tls(NULL), SLOW_HTTP_MS,
	    NULL };
	conn_write(sl[n++].c, head, strlen(head) / 2);
	sl[n++] = (struct slow){ "a request that drips", conn_tls(NULL),
	    SLOW_HTTP_MS, "GET / HTTP/1.1\r\nHost: "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	s = sess_upgraded();
	sl[n++] = (struct slow){ "no ClientInfo", s->c, SLOW_LOGIN_MS, NULL };
	s = sess_upgraded();
	info = client_info(s, "{\"version\":2}", 13, &len);
	conn_write(s->c, info, len - 1);
	sl[n++] = (struct slow){ "a ClientInfo without its last byte", s->c,
	    SLOW_LOGIN_MS, NULL };
	s = sess_upgraded();
	conn_write(s->c, "\x02\x00\x00\x01\x00", 5);
	sl[n++] = (struct slow){ "a ClientInfo that drips", s->c,
	    SLOW_LOGIN_MS,
	    "................................................................"
	    "................................................................"
	    "..............................................................." };
	return (n);
}

void
slow_logins(void)
{
	struct slow sl[16];
	struct sess *other = sess_login();
	int64_t start, next_drip = 0, age;
	size_t n, i, left;

	n = left = start_slow(sl);
	start = now_ms();
	while (left > 0) {
		age = now_ms() - start;
		for (i = 0; i < n; i++) {
			if (sl[i].c == NULL)
				continue;
			if (conn_ends(sl[i].c, 10)) {
				report("%s: closed after %lld s", sl[i].what,
				    (long long)age / 1000);
				sl[i].c = NULL;
				left--;
			} else if (age > sl[i].bound)
				fail("%s: still open after %lld s",
				    sl[i].what, (long long)age / 1000);
			else if (age >= next_drip && sl[i].drip != NULL &&
			    *sl[i].drip != '\0')
				(void)conn_try_write(sl[i].c, sl[i].drip++, 1);
		}
		if (age >= next_drip)
			next_drip += 500;
	}
	want_alive(other);
	sess_close(other, 0);
}

/*
 * A destination that never reads: its sender is not delayed, others are served,
 * and it is closed eventually, which a disco packet to it shows.
 */
void
slow_reader(void)
{
	struct tls_how how = { .rcvbuf = 4096 };
	struct sess *lazy = sess_login_on(conn_tls(&how), NULL);
	struct sess *s = sess_login(), *a = sess_login(), *b = sess_login();
	static uint8_t pkt[FRAME_MAX_PACKET];
	int64_t until = now_ms() + 30000;
	struct frame *f = NULL;
	uint8_t disco[100];
	int i;

	randombytes_buf(pkt, sizeof(pkt));
	for (i = 0; i < 512; i++) {
		sess_packet(s, lazy->pub, pkt, sizeof(pkt));
		if (i % 64 == 0)
			exchange(a, b);
	}
	want_alive(s);
	report("32 MiB were sent to a client that does not read; others were "
	    "served");
	put_disco(disco, sizeof(disco));
	while (f == NULL) {
		if (now_ms() > until)
			fail("the client that does not read stays connected");
		sess_packet(s, lazy->pub, disco, sizeof(disco));
		sess_packet(s, lazy->pub, pkt, 10000);
		f = sess_try_next(s, 100);
	}
	if (f->type != FRAME_PEER_GONE || f->len != FRAME_KEY_LEN + 1 ||
	    f->p[FRAME_KEY_LEN] != PEER_GONE_NOT_HERE)
		fail("got frame type %#x, wanted PeerGone", f->type);
	exchange(a, b);
	if (!conn_ends(lazy->c, WAIT_MS))
		fail("the client that does not read was not closed");
	report("it was closed");
	sess_close(s, 0);
	sess_close(a, 0);
	sess_close(b, 0);
	sess_close(lazy, 0);
}

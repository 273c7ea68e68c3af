/*
 * raw_split: cases about where the bytes of a session are split, and about
 * bytes that arrive early.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "raw.h"

#define JSON	"{\"version\":2}"

/*
 * Give the server time to read what was written so far.  The tests are valid
 * without it; it makes a split more likely to reach the server.
 */
static void
settle(void)
{
	struct timespec ts = { 0, 300000 };

	nanosleep(&ts, NULL);
}

/* Write `n' bytes in two parts, split before byte `at'. */
static void
write_cut(struct raw_conn *c, const uint8_t *p, size_t n, size_t at)
{
	conn_write(c, p, at);
	settle();
	conn_write(c, p + at, n - at);
}

/* Require ServerKey, ServerInfo and the answer to a ping after the upgrade. */
static void
want_session(struct sess *s, int reply)
{
	struct frame *f;
	char head[2048];

	if (reply && read_head(s, head, sizeof(head)) != 101)
		fail("no 101 came");
	f = sess_next(s);
	if (f->type != FRAME_SERVER_KEY)
		fail("got frame type %#x, wanted ServerKey", f->type);
	f = sess_next(s);
	if (f->type != FRAME_SERVER_INFO)
		fail("got frame type %#x, wanted ServerInfo", f->type);
	want_alive(s);
}

void
split_head(void)
{
	const char *head = upgrade_head(0);
	size_t i, n, len = strlen(head);
	uint8_t *info;
	struct sess *s;

	for (i = 1; i < len; i++) {
		s = sess_new(conn_tls(NULL));
		write_cut(s->c, (const uint8_t *)head, len, i);
		info = client_info(s, JSON, strlen(JSON), &n);
		conn_write(s->c, info, n);
		want_session(s, 1);
		free(info);
		sess_close(s, 0);
	}
	report("a request head cut at each of its %zu bytes", len);
}

void
split_login(void)
{
	uint8_t *info;
	struct sess *s;
	size_t i, n = 2;

	for (i = 1; i < n; i++) {
		s = sess_upgraded();
		info = client_info(s, JSON, strlen(JSON), &n);
		write_cut(s->c, info, n, i);
		if (sess_next(s)->type != FRAME_SERVER_INFO)
			fail("cut at %zu: no ServerInfo", i);
		want_alive(s);
		free(info);
		sess_close(s, 0);
	}
	report("a ClientInfo cut at each of its %zu bytes", n);
}

/* Append a frame to `p'; return its bytes. */
static size_t
put_frame(uint8_t *p, uint8_t type, const void *payload, size_t n)
{
	net_frame_put_hdr(p, type, (uint32_t)n);
	memcpy(p + FRAME_HDR_LEN, payload, n);
	return (FRAME_HDR_LEN + n);
}

/*
 * Append a few frames of every kind that an ordinary client sends, and a packet
 * to the client itself; return their bytes.
 */
static size_t
put_frames(uint8_t *p, const uint8_t *key, const uint8_t *data)
{
	uint8_t pkt[FRAME_KEY_LEN + 100];
	size_t n = 0;

	memcpy(pkt, key, FRAME_KEY_LEN);
	memcpy(pkt + FRAME_KEY_LEN, data, 100);
	n += put_frame(p + n, FRAME_NOTE_PREFERRED, "\1", 1);
	n += put_frame(p + n, FRAME_SEND_PACKET, pkt, sizeof(pkt));
	n += put_frame(p + n, 0x77, "unknown", 7);
	n += put_frame(p + n, FRAME_SEND_PACKET, pkt, FRAME_KEY_LEN);
	return (n);
}

/* Require the answers to put_frames(), then to a ping. */
static void
want_frames(struct sess *s, const uint8_t *data)
{
	want_packet(s, s->pub, data, 100);
	want_packet(s, s->pub, data, 0);
	want_alive(s);
}

void
split_frames(void)
{
	struct sess *s = sess_login();
	uint8_t p[1024], data[100];
	size_t i, n = 2;

	for (i = 1; i < n; i++) {
		randombytes_buf(data, sizeof(data));
		n = put_frames(p, s->pub, data);
		write_cut(s->c, p, n, i);
		want_frames(s, data);
	}
	report("%zu bytes of frames cut at each byte", n);
	sess_close(s, 0);
}

/* Return a head and a ClientInfo in one piece, *n bytes; to be freed. */
static uint8_t *
flight(struct sess *s, int fast, size_t *n)
{
	size_t head = strlen(upgrade_head(fast)), len;
	uint8_t *info = client_info(s, JSON, strlen(JSON), &len), *p;

	p = malloc(head + len);
	if (p == NULL)
		fail("out of memory");
	memcpy(p, upgrade_head(fast), head);
	memcpy(p + head, info, len);
	free(info);
	*n = head + len;
	return (p);
}

void
split_fast(void)
{
	struct sess *s;
	size_t i, n = 2;
	uint8_t *p;

	for (i = 1; i < n; i++) {
		s = sess_new(conn_tls(NULL));
		p = flight(s, 1, &n);
		write_cut(s->c, p, n, i);
		want_session(s, 0);
		free(p);
		sess_close(s, 0);
	}
	report("a fast start cut at each of its %zu bytes", n);
}

/* Head, ClientInfo, frames and a ping in one write. */
static void
one_flight(int fast)
{
	struct sess *s = sess_new(conn_tls(NULL));
	uint8_t data[100], all[4096], *p;
	struct frame *f;
	char head[2048];
	size_t n;

	randombytes_buf(data, sizeof(data));
	p = flight(s, fast, &n);
	memcpy(all, p, n);
	n += put_frames(all + n, s->pub, data);
	conn_write(s->c, all, n);
	if (!fast && read_head(s, head, sizeof(head)) != 101)
		fail("no 101 came");
	f = sess_next(s);
	if (f->type != FRAME_SERVER_KEY)
		fail("got frame type %#x, wanted ServerKey", f->type);
	f = sess_next(s);
	if (f->type != FRAME_SERVER_INFO)
		fail("got frame type %#x, wanted ServerInfo", f->type);
	want_frames(s, data);
	free(p);
	sess_close(s, 0);
}

void
fast_start(void)
{
	one_flight(1);
	report("head, login and frames in one write, without a reply");
	one_flight(0);
	report("the same with a reply");
}

void
one_byte_records(void)
{
	struct sess *s = sess_new(conn_tls(NULL));
	uint8_t p[1024], data[100], *all;
	size_t n;

	all = flight(s, 1, &n);
	conn_write_bytes(s->c, all, n);
	want_session(s, 0);
	free(all);
	randombytes_buf(data, sizeof(data));
	n = put_frames(p, s->pub, data);
	conn_write_bytes(s->c, p, n);
	want_frames(s, data);
	report("a session of TLS records of one byte");
	sess_close(s, 0);
}

void
one_byte_segments(void)
{
	struct tls_how how = { .chunk = 1 };
	struct sess *s = sess_login_on(conn_tls(&how), NULL);
	uint8_t p[1024], data[100];
	size_t n;

	randombytes_buf(data, sizeof(data));
	n = put_frames(p, s->pub, data);
	conn_write(s->c, p, n);
	want_frames(s, data);
	report("a session of TCP writes of one byte, TLS handshake included");
	sess_close(s, 0);
}

/*
 * Several TLS records in one TCP write: the frames behind ClientInfo are there
 * while the server still handles it, and no input follows.
 */
void
records_at_once(void)
{
	struct sess *s;
	uint8_t p[1024], data[100], ping[FRAME_PING_LEN], *info;
	unsigned int seen = 0;
	int fast;
	size_t n;

	for (fast = 0; fast < 2; fast++) {
		s = fast ? sess_new(conn_tls(NULL)) : sess_upgraded();
		randombytes_buf(data, sizeof(data));
		s->c->cork = 1;
		if (fast)
			conn_write(s->c, upgrade_head(1),
			    strlen(upgrade_head(1)));
		info = client_info(s, JSON, strlen(JSON), &n);
		conn_write(s->c, info, n);
		free(info);
		n = put_frames(p, s->pub, data);
		conn_write(s->c, p, n);
		randombytes_buf(ping, sizeof(ping));
		s->c->cork = 0;
		sess_send(s, FRAME_PING, ping, sizeof(ping));
		if (fast && sess_next(s)->type != FRAME_SERVER_KEY)
			fail("no ServerKey");
		if (sess_next(s)->type != FRAME_SERVER_INFO)
			fail("no ServerInfo");
		/* A pong may overtake packets. */
		for (n = 0; n < 3; n++)
			seen += 1U << sess_next(s)->type % 32;
		sess_close(s, 0);
		if (seen != (2U << FRAME_RECV_PACKET) + (1U << FRAME_PONG))
			fail("two packets and a pong were wanted");
		seen = 0;
	}
	report("login, frames and a ping as records in one TCP write");
}

/* Many frames a write; packets cross record borders. */
void
coalesced(void)
{
	struct sess *s = sess_login(), *d = sess_login();
	static uint8_t p[300000], pkt[FRAME_KEY_LEN + 40000];
	size_t sizes[] = { 0, 1, 100, 16384, 5, 40000, 16000, 1400, 40000 };
	size_t i, n = 0, count = sizeof(sizes) / sizeof(sizes[0]);

	randombytes_buf(pkt, sizeof(pkt));
	memcpy(pkt, d->pub, FRAME_KEY_LEN);
	for (i = 0; i < count; i++)
		n += put_frame(p + n, FRAME_SEND_PACKET, pkt,
		    FRAME_KEY_LEN + sizes[i]);
	conn_write(s->c, p, n);
	for (i = 0; i < count; i++)
		want_packet(d, s->pub, pkt + FRAME_KEY_LEN, sizes[i]);
	for (i = 0, n = 0; i < 30; i++)
		n += put_frame(p + n, FRAME_SEND_PACKET, pkt,
		    FRAME_KEY_LEN + i);
	conn_write(s->c, p, n);
	for (i = 0; i < 30; i++)
		want_packet(d, s->pub, pkt + FRAME_KEY_LEN, i);
	want_alive(s);
	report("%zu large and 30 small packets in two writes", count);
	sess_close(s, 0);
	sess_close(d, 0);
}

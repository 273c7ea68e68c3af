/*
 * raw_limit: cases about limits on logged-in clients, each by its exact value:
 * how fast a client may send, and the output pending for one that does not
 * read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

#define BURST		65568	/* as limits_test.sh configures it */
#define FRAME		1024	/* bytes, so that no TLS record splits one */
#define PACKET		(FRAME - FRAME_HDR_LEN - FRAME_KEY_LEN)

/* Send packets `from' to `to' - 1, with ascending numbers, in one write. */
static void
send_numbers(struct sess *s, const uint8_t *key, unsigned int from,
    unsigned int to)
{
	size_t n = (to - from) * (size_t)FRAME;
	uint8_t *all = calloc(1, n), *p = all;

	if (all == NULL)
		fail("out of memory");
	for (; from < to; from++, p += FRAME) {
		net_frame_put_hdr(p, FRAME_SEND_PACKET, FRAME - FRAME_HDR_LEN);
		memcpy(p + FRAME_HDR_LEN, key, FRAME_KEY_LEN);
		memcpy(p + FRAME_HDR_LEN + FRAME_KEY_LEN, &from,
		    sizeof(from));
	}
	conn_write(s->c, all, n);
	free(all);
}

/* Require that the next packet from `src' has this number. */
static void
want_number(struct sess *s, const uint8_t *src, unsigned int number)
{
	uint8_t p[PACKET] = { 0 };

	memcpy(p, &number, sizeof(number));
	want_packet(s, src, p, sizeof(p));
}

/*
 * With a rate of one byte a second only a burst of a client is relayed: the
 * frame that uses it up, and none after it.  Others are not affected.
 */
void
client_burst(void)
{
	struct sess *a = sess_login(), *b = sess_login(), *c = sess_login();
	unsigned int i, n = BURST / FRAME + 1;

	send_numbers(a, b->pub, 0, 3 * n);
	for (i = 0; i < n; i++)
		want_number(b, a->pub, i);
	for (i = 0; i < 20; i++) {
		sess_packet(c, b->pub, "x", 1);
		want_packet(b, c->pub, "x", 1);
		usleep(20000);
	}
	report("%u frames of %d bytes went through, not one more", n, FRAME);
	sess_close(a, 1);
	sess_close(b, 0);
	sess_close(c, 0);
}

/*
 * With a rate of 32768 bytes a second: never more than that and the burst, and
 * all in the end.
 */
void
client_rate(void)
{
	struct sess *a = sess_login(), *b = sess_login();
	unsigned int i, n = BURST / FRAME + 3 * 32768 / FRAME;
	int64_t start = now_ms(), age;
	uint64_t most;

	if (strstr(a->info, "\"TokenBucketBytesPerSecond\":32768") == NULL ||
	    strstr(a->info, "\"TokenBucketBytesBurst\":65568") == NULL)
		fail("ServerInfo does not contain the rate: %s", a->info);
	send_numbers(a, b->pub, 0, n);
	for (i = 0; i < n; i++) {
		want_number(b, a->pub, i);
		age = now_ms() - start + 1;
		most = BURST + (uint64_t)age * 32768 / 1000 + FRAME;
		if ((i + 1) * (uint64_t)FRAME > most)
			fail("%llu bytes after %lld ms", (i + 1) *
			    (unsigned long long)FRAME, (long long)age);
	}
	want_alive(a);
	report("%u frames went through, none too early", n);
	sess_close(a, 0);
	sess_close(b, 0);
}

/* Mesh peers have no limit. */
void
mesh_rate(void)
{
	struct sess *m = sess_login_mesh(), *b = sess_login();
	unsigned int i, n = 5 * BURST / FRAME;

	send_numbers(m, b->pub, 0, n);
	for (i = 0; i < n; i++)
		want_number(b, m->pub, i);
	want_alive(m);
	report("a mesh peer sent %u frames of %d bytes at once", n, FRAME);
	sess_close(m, 0);
	sess_close(b, 0);
}

/* Return the value of this counter, -1 for an unknown one. */
static long
counter(const char *name)
{
	struct sess *s = sess_new(conn_tls(NULL));
	char head[4096], text[65536], *p;
	size_t len = 0;
	ssize_t n;

	snprintf(head, sizeof(head), "GET /debug/varz HTTP/1.1\r\nHost: %s"
	    "\r\nConnection: close\r\n\r\n", opt.name);
	conn_write(s->c, head, strlen(head));
	if (read_head(s, head, sizeof(head)) != 200)
		fail("no counters");
	len = s->len - s->off;
	if (len >= sizeof(text))
		fail("too many counters");
	memcpy(text, s->buf + s->off, len);
	while ((n = conn_read(s->c, text + len, sizeof(text) - 1 - len,
	    WAIT_MS)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	sess_close(s, 0);
	for (p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		len = strlen(name);
		if (strncmp(p, name, len) == 0 && p[len] == ' ')
			return (strtol(p + len, NULL, 10));
	}
	return (-1);
}

/*
 * Two connections that accept nothing: a client is closed after the write
 * timeout of a second, not by TCP after 15; a mesh peer has longer.
 */
void
write_timeout(void)
{
	struct tls_how how = { .rcvbuf = 65536 };
	struct sess *s = sess_login(), *lazy, *mesh;
	static uint8_t pkt[FRAME_MAX_PACKET];
	int64_t start, until = now_ms() + WAIT_MS;
	struct frame *f;
	char json[256];
	int i;

	snprintf(json, sizeof(json), "{\"version\":2,\"meshKey\":\"%s\"}",
	    opt.mesh);
	lazy = sess_login_on(conn_tls(&how), NULL);
	mesh = sess_login_on(conn_tls(&how), json);
	sess_packet(lazy, s->pub, "x", 1);
	want_packet(s, lazy->pub, "x", 1);
	for (i = 0; i < 64; i++) {
		sess_packet(s, mesh->pub, pkt, sizeof(pkt));
		sess_packet(s, lazy->pub, pkt, sizeof(pkt));
	}
	want_alive(s);
	start = now_ms();
	while (counter("derp_sclient_write_timeouts") != 1) {
		if (now_ms() > until)
			fail("a client that takes nothing was not closed "
			    "for it");
		usleep(50000);
	}
	want_gone(s, lazy->pub, PEER_GONE_DISCONNECTED);

	report("a client was closed after %lld ms", (long long)(now_ms() -
	    start));

	/*
	 * Much longer than the client's timeout; both began at the same time.
	 */
	while (now_ms() - start < 4000) {
		want_alive(s);
		usleep(100000);
	}
	if (counter("derp_sclient_write_timeouts") != 1)
		fail("a mesh peer was closed like a client");
	sess_send(mesh, FRAME_PING, "12345678", FRAME_PING_LEN);
	while ((f = sess_next(mesh))->type != FRAME_PONG)
		if (f->type != FRAME_RECV_PACKET)
			fail("got frame type %#x", f->type);
	report("a mesh peer was not");
	sess_close(s, 0);
	sess_close(mesh, 0);
}

/*
 * Measure the bytes ahead of a disco packet that is sent when the queue of a
 * client that does not read yet is full: the content of its socket, plus the
 * unsent limit of the kernel here, which is opt.count KiB, and a batch.
 */
void
unsent_limit(void)
{
	struct tls_how how = { .rcvbuf = 4096 };
	struct sess *s = sess_login(), *r;
	size_t limit = (size_t)opt.count * 1024, before = 0;
	static uint8_t pkt[1200];
	uint8_t disco[100];
	struct frame *f;
	int i;

	r = sess_login_on(conn_tls(&how), NULL);
	for (i = 0; i < 1500; i++)
		sess_packet(s, r->pub, pkt, sizeof(pkt));
	want_alive(s);
	memset(disco, 'd', sizeof(disco));
	memcpy(disco, "TS\xf0\x9f\x92\xac", 6);
	sess_packet(s, r->pub, disco, sizeof(disco));
	want_alive(s);
	for (;;) {
		f = sess_next(r);
		if (f->type != FRAME_RECV_PACKET)
			fail("got frame type %#x, wanted a packet", f->type);
		if (f->len == FRAME_KEY_LEN + sizeof(disco))
			break;
		before += FRAME_HDR_LEN + f->len;
	}
	report("%zu bytes came before the disco packet, the limit is %zu",
	    before, limit);
	if (before < limit / 2)
		fail("the limit is lower than configured");
	if (before > limit + 65536)
		fail("the limit is not kept");
	sess_close(s, 0);
	sess_close(r, 0);
}

/*
 * A watcher gets so many PeerPresent frames that they are split at the end of a
 * batch, and has sent a ping: the pong is not sent within a frame.
 */
void
watch_pong(void)
{
	static const uint8_t ask[2 * FRAME_HDR_LEN + FRAME_PING_LEN] = {
	    FRAME_WATCH_CONNS, 0, 0, 0, 0,
	    FRAME_PING, 0, 0, 0, FRAME_PING_LEN, 'p', 'i', 'n', 'g' };
	struct sess *w = sess_login_mesh(), **s;
	int i, present, pongs;
	struct frame *f;
	char *seen;

	s = calloc((size_t)opt.count, sizeof(*s));
	seen = calloc(1, (size_t)opt.count);
	if (s == NULL || seen == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		s[i] = sess_login();
	conn_write(w->c, ask, sizeof(ask));
	for (present = pongs = 0; present < opt.count || pongs == 0; ) {
		f = sess_next(w);
		if (f->type == FRAME_PONG && f->len == FRAME_PING_LEN) {
			if (memcmp(f->p, "ping\0\0\0\0", 8) != 0 || pongs++)
				fail("a pong for no ping");
			continue;
		}
		if (f->type != FRAME_PEER_PRESENT ||
		    f->len != FRAME_PEER_PRESENT_SIZE - FRAME_HDR_LEN)
			fail("got frame type %#x of %u bytes", f->type,
			    f->len);
		if (memcmp(f->p, w->pub, FRAME_KEY_LEN) == 0)
			continue;	/* the watcher itself */
		for (i = 0; i < opt.count; i++)
			if (memcmp(f->p, s[i]->pub, FRAME_KEY_LEN) == 0)
				break;
		if (i == opt.count || seen[i]++)
			fail("PeerPresent of an unknown peer, or twice");
		present++;
	}
	want_alive(w);
	report("%d peers and a pong, each whole", present);
}

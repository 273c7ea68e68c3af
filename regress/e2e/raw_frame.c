/*
 * raw_frame: cases about frames that a well-behaved client does not send, and
 * about the rules for pings and PeerGone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "raw.h"

/* Two sessions that other connections must not affect. */
static struct sess *near_by[2];

static void
bystanders(void)
{
	near_by[0] = sess_login();
	near_by[1] = sess_login();
	exchange(near_by[0], near_by[1]);
}

static void
unharmed(void)
{
	want_alive(near_by[0]);
	want_alive(near_by[1]);
	exchange(near_by[0], near_by[1]);
}

/* A header with a wrong length, followed by `sent' bytes. */
struct bad_frame {
	const char	*what;
	uint8_t		 type;
	uint32_t	 len;
	size_t		 sent;
};

static void
send_bad(struct sess *s, const struct bad_frame *b)
{
	uint8_t *p = calloc(1, FRAME_HDR_LEN + b->sent);

	if (p == NULL)
		fail("out of memory");
	net_frame_put_hdr(p, b->type, b->len);
	(void)conn_try_write(s->c, p, FRAME_HDR_LEN + b->sent);
	free(p);
	want_end(s, b->what);
	sess_close(s, 0);
}

void
bad_frames(void)
{
	static const struct bad_frame bad[] = {
		{ "SendPacket of 0", FRAME_SEND_PACKET, 0, 0 },
		{ "SendPacket of 31", FRAME_SEND_PACKET, 31, 31 },
		{ "SendPacket of 65569", FRAME_SEND_PACKET, 65569, 65569 },
		{ "SendPacket of 65569, not yet all there", FRAME_SEND_PACKET,
		    65569, 32 },
		{ "SendPacket of 1 MiB", FRAME_SEND_PACKET, 1 << 20, 100 },
		{ "SendPacket of 2 GiB", FRAME_SEND_PACKET, 0x80000000, 100 },
		{ "SendPacket of 4 GiB", FRAME_SEND_PACKET, 0xffffffff, 100 },
		{ "NotePreferred of 0", FRAME_NOTE_PREFERRED, 0, 0 },
		{ "NotePreferred of 2", FRAME_NOTE_PREFERRED, 2, 2 },
		{ "NotePreferred of 4 GiB", FRAME_NOTE_PREFERRED, 0xffffffff,
		    1 },
		{ "Ping of 0", FRAME_PING, 0, 0 },
		{ "Ping of 7", FRAME_PING, 7, 7 },
		{ "Ping of 1001", FRAME_PING, 1001, 1001 },
		{ "Ping of 4 GiB", FRAME_PING, 0xffffffff, 8 },
		{ "WatchConns", FRAME_WATCH_CONNS, 0, 0 },
		{ "WatchConns of 1", FRAME_WATCH_CONNS, 1, 1 },
		{ "ClosePeer", FRAME_CLOSE_PEER, 32, 32 },
		{ "ClosePeer of 31", FRAME_CLOSE_PEER, 31, 31 },
		{ "ForwardPacket", FRAME_FORWARD_PACKET, 100, 100 },
		{ "ForwardPacket of 63", FRAME_FORWARD_PACKET, 63, 63 }
	};
	size_t i;

	bystanders();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bad(sess_login(), &bad[i]);
		unharmed();
	}
	report("%zu malformed or forbidden frames, each ended its connection "
	    "and no other", i);
}

void
bad_mesh_frames(void)
{
	static const struct bad_frame bad[] = {
		{ "WatchConns of 1", FRAME_WATCH_CONNS, 1, 1 },
		{ "ClosePeer of 0", FRAME_CLOSE_PEER, 0, 0 },
		{ "ClosePeer of 31", FRAME_CLOSE_PEER, 31, 31 },
		{ "ClosePeer of 33", FRAME_CLOSE_PEER, 33, 33 },
		{ "ForwardPacket of 0", FRAME_FORWARD_PACKET, 0, 0 },
		{ "ForwardPacket of 63", FRAME_FORWARD_PACKET, 63, 63 },
		{ "ForwardPacket of 65601", FRAME_FORWARD_PACKET, 65601,
		    65601 },
		{ "ForwardPacket of 4 GiB", FRAME_FORWARD_PACKET, 0xffffffff,
		    100 }
	};
	size_t i;

	if (opt.mesh[0] == '\0') {
		report("left out: no mesh key was given");
		return;
	}
	bystanders();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bad(sess_login_mesh(), &bad[i]);
		unharmed();
	}
	report("%zu malformed frames of mesh peers", i);
}

void
unknown_frames(void)
{
	static const uint8_t types[] = { 0x00, FRAME_SERVER_KEY,
	    FRAME_CLIENT_INFO, FRAME_SERVER_INFO, FRAME_RECV_PACKET,
	    FRAME_KEEP_ALIVE, FRAME_PEER_GONE, FRAME_PEER_PRESENT, FRAME_PONG,
	    FRAME_HEALTH, FRAME_RESTARTING, 0x0b, 0x20, 0x7f, 0xff };
	static const size_t lens[] = { 0, 1, 8, 1000, 70000 };
	struct sess *s = sess_login();
	static uint8_t zeros[1024 * 1024];
	uint8_t hdr[FRAME_HDR_LEN];
	size_t i, j;

	for (i = 0; i < sizeof(types); i++)
		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			sess_send(s, types[i], zeros, lens[j]);
			want_alive(s);
		}
	sess_send(s, 0x7e, zeros, sizeof(zeros));
	want_alive(s);
	net_frame_put_hdr(hdr, 0x7d, 16 * sizeof(zeros));
	conn_write(s->c, hdr, sizeof(hdr));
	for (i = 0; i < 16; i++)
		conn_write(s->c, zeros, sizeof(zeros));
	want_alive(s);
	report("%zu unknown types of 0 to 70000 bytes, one of 1 MiB and one of "
	    "16 MiB were passed over", sizeof(types));
	sess_close(s, 0);
}

/* Send random bytes, half of them behind a plausible header. */
static void
send_garbage(struct sess *s)
{
	uint8_t p[2048];
	size_t n = 1 + randombytes_uniform(sizeof(p) - 1);

	randombytes_buf(p, sizeof(p));
	if (randombytes_uniform(2) == 0 && n > FRAME_HDR_LEN)
		net_frame_put_hdr(p, (uint8_t)randombytes_uniform(0x18),
		    randombytes_uniform(200));
	(void)conn_try_write(s->c, p, n);
}

void
garbage(void)
{
	struct sess *s;
	int i, j;

	bystanders();
	for (i = 0; i < 150; i++) {
		s = i % 3 == 0 ? sess_upgraded() : sess_login();
		for (j = 0; j < 5; j++)
			send_garbage(s);
		sess_close(s, i % 2);
	}
	unharmed();
	report("150 connections with random bytes harmed no other");
}

#define FLOOD		5000
#define MANY_PINGS	8	/* in one flight that all get a pong */

/*
 * Send the pings `first' to `last', which contain their numbers, in one write.
 */
static void
send_pings(struct sess *s, unsigned int first, unsigned int last)
{
	static uint8_t b[FLOOD * (FRAME_HDR_LEN + FRAME_PING_LEN)];
	uint8_t *p = b;
	unsigned int i;

	for (i = first; i <= last; i++) {
		net_frame_put_hdr(p, FRAME_PING, FRAME_PING_LEN);
		p += FRAME_HDR_LEN;
		memset(p, 0, FRAME_PING_LEN);
		p[0] = (uint8_t)(i >> 8);
		p[1] = (uint8_t)i;
		p += FRAME_PING_LEN;
	}
	conn_write(s->c, b, (size_t)(p - b));
}

/* Return the number of the ping to which the next frame, a pong, belongs. */
static unsigned int
next_pong(struct sess *s)
{
	static const uint8_t zeros[FRAME_PING_LEN - 2];
	struct frame *f = sess_next(s);

	if (f->type != FRAME_PONG || f->len != FRAME_PING_LEN)
		fail("got frame type %#x, wanted Pong", f->type);
	if (memcmp(f->p + 2, zeros, sizeof(zeros)) != 0)
		fail("a pong with other bytes than its ping");
	return ((unsigned int)f->p[0] << 8 | f->p[1]);
}

/*
 * A flood gets pongs in the order of its pings, at most one each, and far from
 * all of them, because pending pongs are bounded.
 */
static void
ping_flood(struct sess *s)
{
	unsigned int got, last = 0, pongs = 0;

	send_pings(s, 1, FLOOD);
	/* The last ping may be ignored too: repeat it until it is answered. */
	do {
		send_pings(s, FLOOD + 1, FLOOD + 1);
		got = next_pong(s);
		if (got <= last || got > FLOOD + 1)
			fail("the pong of ping %u after that of %u", got, last);
		last = got;
		pongs++;
	} while (got != FLOOD + 1);
	if (pongs > FLOOD / 2)
		fail("%u pongs for %u pings at once", pongs, FLOOD);
	report("%u pings at once got %u pongs", FLOOD, pongs - 1);
}

void
ping_limits(void)
{
	struct sess *s = sess_login();
	uint8_t p[FRAME_MAX_PING];
	static const size_t lens[] = { 8, 9, 100, 999, 1000 };
	unsigned int n, flight = opt.derper ? 1 : MANY_PINGS;
	size_t i;

	randombytes_buf(p, sizeof(p));
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		sess_send(s, FRAME_PING, p, lens[i]);
		want_frame(s, FRAME_PONG, p, FRAME_PING_LEN);
	}
	send_pings(s, 1, flight);
	for (n = 1; n <= flight; n++)
		if (next_pong(s) != n)
			fail("not the pong of ping %u of %u", n, flight);
	want_alive(s);
	ping_flood(s);
	sess_close(s, 0);
}

/*
 * Section 3: which clients get PeerGone, when several connections of a key sent
 * packets, when one ends with a reset, and not-here by size.
 */
void
gone_rules(void)
{
	struct sess *a = sess_login(), *b = sess_login(), *c = sess_login();
	struct sess *a2;
	uint8_t disco[62], nobody[32], key[32];

	/*
	 * Sent by one connection; PeerGone when the key's last one has ended.
	 */
	memcpy(key, a->pub, sizeof(key));
	a2 = sess_login_dup(a);
	sess_packet(a, b->pub, "x", 1);
	want_packet(b, key, "x", 1);
	sess_close(a, 0);
	sess_packet(a2, c->pub, "y", 1);
	want_packet(c, key, "y", 1);
	want_alive(b);
	sess_close(a2, 1);
	want_gone(c, key, PEER_GONE_DISCONNECTED);
	want_gone(b, key, PEER_GONE_DISCONNECTED);
	report("told after the last connection of a key, and after a reset");

	/* Not here: for disco packets, from 62 bytes on. */
	randombytes_buf(nobody, sizeof(nobody));
	put_disco(disco, sizeof(disco));
	sess_packet(c, nobody, disco, 61);
	sess_packet(c, nobody, disco, 6);
	sess_packet(c, nobody, "", 0);
	nobody[0] ^= 1;
	sess_packet(c, nobody, disco, 62);
	want_gone(c, nobody, PEER_GONE_NOT_HERE);
	disco[5] ^= 1;
	sess_packet(c, nobody, disco, 62);
	want_alive(c);
	report("not here is told for disco packets alone");

	/* One PeerGone only: not again when the receiver leaves or stays. */
	exchange(b, c);
	memcpy(key, b->pub, sizeof(key));
	sess_close(b, 1);
	want_gone(c, key, PEER_GONE_DISCONNECTED);
	want_alive(c);
	sess_close(c, 0);
}

/*
 * soak_act: actions of logged-in DERP clients, and how they leave.
 */
#include <sys/socket.h>

#include <string.h>

#include "soak.h"

#define OUT_MAX		(512 * 1024)	/* unsent bytes before it waits */
#define BUSY_FRAME	1024		/* each frame of a busy client */

/* Return a random size, often one at a limit. */
static size_t
some_size(struct bot *b)
{
	switch (rnd_below(&b->rnd, 20)) {
	case 0:
		return (PACKET_MAX);
	case 1:
		return (PACKET_MIN);
	case 2:
	case 3:
		return (PACKET_MIN + rnd_below(&b->rnd,
		    PACKET_MAX - PACKET_MIN + 1));
	default:
		return (PACKET_MIN + rnd_below(&b->rnd, 1400));
	}
}

/* Send one packet, as ForwardPacket from another key if the peer may. */
static void
send_packet(struct bot *b, int dst, int disco, size_t n)
{
	static uint8_t p[2 * FRAME_KEY_LEN + PACKET_MAX];
	int src = b->derp->key, forward;
	size_t at = 0;

	forward = b->derp->mesh && rnd_chance(&b->rnd, 80);
	if (forward) {
		src = (int)rnd_below(&b->rnd, opt.slots);
		memcpy(p, keys[src].pub, FRAME_KEY_LEN);
		at = FRAME_KEY_LEN;
	}
	memcpy(p + at, keys[dst].pub, FRAME_KEY_LEN);
	at += FRAME_KEY_LEN;
	packet_make(b, src, dst, disco, p + at, n);
	derp_frame(b, forward ? FRAME_FORWARD_PACKET : FRAME_SEND_PACKET, p,
	    at + n);
}

void
derp_burst(struct bot *b, unsigned int n)
{
	int dst = (int)rnd_below(&b->rnd, opt.slots);

	for (; n > 0; n--) {
		if (rnd_chance(&b->rnd, 10))
			dst = (int)rnd_below(&b->rnd, opt.slots);
		send_packet(b, dst, rnd_chance(&b->rnd, 25), some_size(b));
	}
}

/* Send as much at once as makes a worker flush within its input. */
static void
busy(struct bot *b)
{
	static uint8_t all[1024 * BUSY_FRAME];
	unsigned int i, n = b->derp->busy;
	uint8_t *p = all;

	if (b->derp->ws) {
		derp_burst(b, n / 8);
		return;
	}
	if (rnd_chance(&b->rnd, 5))
		b->derp->busy_dst = (int)rnd_below(&b->rnd, opt.slots);
	for (i = 0; i < n; i++, p += BUSY_FRAME) {
		net_frame_put_hdr(p, FRAME_SEND_PACKET, BUSY_FRAME -
		    FRAME_HDR_LEN);
		memcpy(p + FRAME_HDR_LEN, keys[b->derp->busy_dst].pub,
		    FRAME_KEY_LEN);
		packet_make(b, b->derp->key, b->derp->busy_dst, 0,
		    p + FRAME_HDR_LEN + FRAME_KEY_LEN,
		    BUSY_FRAME - FRAME_HDR_LEN - FRAME_KEY_LEN);
	}
	wire_put(&b->w, all, (size_t)(p - all), 0);
}

/* Send an unknown frame, which is skipped. */
static void
unknown(struct bot *b)
{
	static const uint8_t types[] = { 0x00, FRAME_SERVER_INFO,
	    FRAME_RECV_PACKET, FRAME_PONG, FRAME_HEALTH, 0x0b, 0x7f, 0xff };
	static uint8_t p[65536];

	rnd_bytes(&b->rnd, p, 64);
	derp_frame(b, types[rnd_below(&b->rnd, sizeof(types))], p,
	    rnd_below(&b->rnd, rnd_chance(&b->rnd, 10) ? sizeof(p) : 300));
}

static void
close_peer(struct bot *b)
{
	struct key *k = &keys[rnd_below(&b->rnd, opt.slots)];

	k->close_until = now + PATIENCE_MS / 2;
	counts.closed_peers++;
	derp_frame(b, FRAME_CLOSE_PEER, k->pub, FRAME_KEY_LEN);
}

/* Act as only a mesh peer may.  Return 1, or 0: nothing was done. */
static int
act_mesh(struct bot *b)
{
	if (!b->derp->watching && rnd_chance(&b->rnd, 30)) {
		b->derp->watching = 1;
		derp_frame(b, FRAME_WATCH_CONNS, NULL, 0);
		return (1);
	}
	if (rnd_chance(&b->rnd, 4)) {
		close_peer(b);
		return (1);
	}
	return (0);
}

/*
 * From now on the server may end the connection, and must within PATIENCE_MS.
 */
static void
await_end(struct bot *b, const char *what)
{
	b->may_end = 1;
	b->state = BOT_LEAVING;
	b->owed = what;
	b->owed_at = now;
}

/* Send a frame that must end the connection. */
static void
malformed(struct bot *b)
{
	static const struct {
		uint8_t		 type;
		uint32_t	 len;
	} bad[] = {
		{ FRAME_SEND_PACKET, 31 }, { FRAME_SEND_PACKET, 65569 },
		{ FRAME_NOTE_PREFERRED, 2 }, { FRAME_PING, 7 },
		{ FRAME_PING, 1001 }, { FRAME_WATCH_CONNS, 1 },
		{ FRAME_CLOSE_PEER, 31 }, { FRAME_FORWARD_PACKET, 63 },
		{ FRAME_SEND_PACKET, 0xffffffff }
	};
	unsigned int i = rnd_below(&b->rnd, sizeof(bad) / sizeof(bad[0]));
	uint8_t p[FRAME_HDR_LEN + 31] = { 0 };

	net_frame_put_hdr(p, bad[i].type, bad[i].len);
	derp_put(b, p, sizeof(p));
	await_end(b, "an end after a malformed frame");
}

/* Leave after its lifetime. */
static void
leave(struct bot *b)
{
	uint8_t text[16];
	unsigned int how = rnd_below(&b->rnd, 100);

	if (how < 15)
		bot_leave(b, LEAVE_RESET);
	else if (how < 25)
		bot_leave(b, LEAVE_FIN);
	else if (how < 35 && bytes_left(&b->w.out) == 0) {
		shutdown(b->w.fd, SHUT_WR);
		await_end(b, "an end after it had closed its side");
	} else if (how < 45 && !b->derp->mute) {
		/* Others continue to send to it. */
		b->derp->mute = b->w.no_read = b->may_end = 1;
		b->owed_at = 0;
		b->dies_at = now + 1000 + rnd_below(&b->rnd, 3000);
	} else if (b->derp->mute)
		bot_leave(b, LEAVE_RESET);
	else if (how < 55)
		malformed(b);
	else if (how < 70 && b->derp->ws) {
		wire_put(&b->w, text, soak_ws_wrap(&b->rnd, text, 1,
		    (const uint8_t *)"text", 4), 0);
		await_end(b, "an end after a text message");
	} else {
		/* A pong shows that all earlier frames were handled. */
		b->state = BOT_LEAVING;
		derp_ping(b);
	}
}

void
derp_act(struct bot *b)
{
	uint8_t home;

	if (b->state == BOT_LOGIN || b->state == BOT_LEAVING) {
		b->act_at = now + 1000;
		return;
	}
	b->act_at = now + 5 + rnd_below(&b->rnd, b->derp->busy ? 20 : 200);
	if (now >= b->dies_at) {
		leave(b);
		return;
	}
	if (b->derp->mute || bytes_left(&b->w.out) > OUT_MAX ||
	    (b->derp->mesh && act_mesh(b)))
		return;
	switch (rnd_below(&b->rnd, 10)) {
	case 0:
		derp_ping(b);
		break;
	case 1:
		home = (uint8_t)rnd_below(&b->rnd, 2);
		derp_frame(b, FRAME_NOTE_PREFERRED, &home, 1);
		break;
	case 2:
		unknown(b);
		break;
	default:
		if (b->derp->busy)
			busy(b);
		else
			derp_burst(b, 1 + rnd_below(&b->rnd, 24));
		break;
	}
}

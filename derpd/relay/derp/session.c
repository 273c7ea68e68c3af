/*
 * session: DERP frames from a client (derp(7), sections 1 to 4).
 * Called by conn.c with the bytes of a connection in CONN_INFO or CONN_UP.
 *
 * A frame that lies whole in the bytes at hand is handled in place; only one
 * that is cut is collected first.
 */
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"
#include "session.h"
#include "watch.h"

#define GONE_BURST	3	/* PeerGone(not here) at once, then 1 a s */
#define HOME_SETTLE_US	5000000	/* a later NotePreferred is a move */

void
session_drop(struct relay *r, enum drop_reason why, const uint8_t *p,
    size_t n)
{
	int kind = frame_is_disco(p, n) ? KIND_DISCO : KIND_OTHER;

	r->stats.packets_dropped[why][kind]++;
	r->stats.bytes_dropped[why][kind] += n;
}

uint8_t
session_flags(const struct conn *c)
{
	uint8_t f = 0;

	if (c->session.mesh)
		f |= PEER_MESH;
	if (c->session.prober)
		f |= PEER_PROBER;
	if (c->session.not_ideal)
		f |= PEER_NOT_IDEAL;
	return (f == 0 ? PEER_REGULAR : f);
}

/* Nobody has the key: a client that looks for a path is told so. */
static void
tell_not_here(struct conn *c, const uint8_t *key, const uint8_t *p, size_t n)
{
	struct relay *r = c->r;
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	uint64_t secs;

	if (!frame_is_disco(p, n))
		return;
	secs = (r->now_us - c->session.gone_at) / 1000000;
	if (c->session.gone_at == 0 || secs >= GONE_BURST) {
		c->session.gone_tokens = GONE_BURST;
		c->session.gone_at = r->now_us;
	} else if (secs > 0) {
		c->session.gone_tokens += (unsigned int)secs;
		if (c->session.gone_tokens > GONE_BURST)
			c->session.gone_tokens = GONE_BURST;
		c->session.gone_at += secs * 1000000;
	}
	if (c->session.gone_tokens == 0)
		return;
	c->session.gone_tokens--;
	conn_send(c, frame, frame_put_peer_gone(frame, key,
	    PEER_GONE_NOT_HERE));
	r->stats.gone_not_here++;
}

/* The peer with that key; the last one is remembered. */
static struct peer *
find_dst(struct conn *c, const uint8_t *key)
{
	uint64_t gen = peers_generation();
	struct peer *p;

	if (c->session.dst != NULL && c->session.dst_gen == gen &&
	    memcmp(c->session.dst->key, key, FRAME_KEY_LEN) == 0)
		return (c->session.dst);
	if ((p = peers_find(key)) != NULL) {
		c->session.dst = p;
		c->session.dst_gen = gen;
	}
	return (p);
}

/* Give a packet to whoever has the destination; 0, or -1 nobody has. */
static int
give(struct relay *r, struct peer *dst, const uint8_t *src, const uint8_t *p,
    size_t n)
{
	if (dst == NULL)
		return (-1);
	if (dst->active != NULL)
		conn_enqueue(dst->active, src, p, n);
	else if (dst->ractive == NULL)
		return (-1);
	else if (link_packet(r, dst->ractive->worker, src, dst->key, p,
	    n) == -1)
		session_drop(r, DROP_QUEUE_TAIL, p, n);
	return (0);
}

static void
got_send(struct conn *c, const uint8_t *p, size_t n)
{
	struct relay *r = c->r;
	const uint8_t *key = p;

	p += FRAME_KEY_LEN;
	n -= FRAME_KEY_LEN;
	r->stats.packets_received++;
	r->stats.bytes_received += n;
	if (frame_is_disco(p, n))
		r->stats.received_disco++;
	else
		r->stats.received_other++;
	c->session.rx_packets++;
	c->session.rx_bytes += n;
	if (give(r, find_dst(c, key), c->session.key, p, n) == -1) {
		session_drop(r, DROP_UNKNOWN_DEST, p, n);
		tell_not_here(c, key, p, n);
	}
}

static void
got_forward(struct conn *c, const uint8_t *p, size_t n)
{
	const uint8_t *src = p, *dst = p + FRAME_KEY_LEN;

	p += 2 * FRAME_KEY_LEN;
	n -= 2 * FRAME_KEY_LEN;
	c->r->stats.forwarded_in++;
	c->session.rx_packets++;
	c->session.rx_bytes += n;
	if (give(c->r, find_dst(c, dst), src, p, n) == -1) {
		session_drop(c->r, DROP_UNKNOWN_DEST_ON_FWD, p, n);
		tell_not_here(c, dst, p, n);
	}
}

void
session_deliver(struct relay *r, const uint8_t *src, const uint8_t *dst,
    const uint8_t *p, size_t n)
{
	struct peer *peer = peers_find(dst);
	struct conn *c;

	/* Not sent on: the sender's table may only be a moment behind ours. */
	if (peer == NULL ||
	    ((c = peer->active) == NULL &&
	    (c = TAILQ_FIRST(&peer->local)) == NULL))
		session_drop(r, DROP_GONE_DISCONNECTED, p, n);
	else
		conn_enqueue(c, src, p, n);
}

static void
got_preferred(struct conn *c, int home)
{
	struct relay *r = c->r;

	if (c->session.home == home)
		return;
	c->session.home = home != 0;
	if (home)
		r->stats.home_connections++;
	else
		r->stats.home_connections--;
	if (r->now_us - c->session.login_us <= HOME_SETTLE_US)
		return;
	if (home)
		r->stats.home_moves_in++;
	else
		r->stats.home_moves_out++;
}

static void
got_ping(struct conn *c, const uint8_t *p)
{
	c->r->stats.got_ping++;
	if (c->session.npongs == PONGS_MAX)
		return;		/* it does not take those it asked for */
	memcpy(c->session.pongs[c->session.npongs++], p, FRAME_PING_LEN);
	conn_dirty(c);
}

void
session_close_peer(const uint8_t key[FRAME_KEY_LEN])
{
	struct conn *c;
	struct peer *p;

	if ((p = peers_find(key)) == NULL)
		return;
	TAILQ_FOREACH(c, &p->local, session.same)
		conn_close(c, "closed by a mesh peer");
}

static void
got_close_peer(struct conn *c, const uint8_t *key)
{
	link_close_peer(c->r, key);
	session_close_peer(key);
}

/* Frames that only mesh peers may send. */
static void
got_mesh_frame(struct conn *c, uint8_t type, const uint8_t *p, size_t n)
{
	if (!c->session.mesh) {
		conn_close(c, "mesh frame without the mesh key");
		return;
	}
	if (type == FRAME_FORWARD_PACKET)
		got_forward(c, p, n);
	else if (type == FRAME_CLOSE_PEER)
		got_close_peer(c, p);
	else if (memcmp(c->session.key, c->r->conf.node_key,
	    FRAME_KEY_LEN) != 0)
		watch_begin(c);		/* a node does not watch itself */
}

static void
got_frame(struct conn *c, uint8_t type, const uint8_t *p, size_t n)
{
	if (c->state == CONN_INFO) {
		login_info(c, p, n);
		return;
	}
	switch (type) {
	case FRAME_SEND_PACKET:
		got_send(c, p, n);
		break;
	case FRAME_NOTE_PREFERRED:
		got_preferred(c, p[0] != 0);
		break;
	case FRAME_PING:
		got_ping(c, p);
		break;
	default:
		got_mesh_frame(c, type, p, n);
		break;
	}
}

/* May this frame follow?  FRAME_TAKE: yes, collect it. */
static enum frame_verdict
judge(struct conn *c, uint8_t type, uint32_t len)
{
	enum frame_verdict v;

	if (c->state == CONN_INFO)
		return (type == FRAME_CLIENT_INFO &&
		    len >= FRAME_KEY_LEN + FRAME_NONCE_LEN &&
		    len <= FRAME_MAX_CLIENTINFO ? FRAME_TAKE : FRAME_BAD);
	if ((v = frame_judge(type, len)) == FRAME_BAD)
		return (v);
	/* Every frame is activity, also one that is passed over. */
	if (c->session.peer != NULL && peers_conns(c->session.peer) > 1)
		peers_activity(c);
	return (v);
}

/*
 * A header is whole: begin to pass over, or to take, `len' bytes.  0, or -1:
 * the connection is closed.
 */
static int
begin_frame(struct conn *c, uint8_t type, uint32_t len, int *take)
{
	enum frame_verdict v = judge(c, type, len);

	*take = v == FRAME_TAKE;
	if (v == FRAME_BAD) {
		conn_close(c, "malformed frame");
		return (-1);
	}
	if (v == FRAME_SKIP)
		c->input.skip = len;
	return (rate_take(c, FRAME_HDR_LEN + (uint64_t)len));
}

/*
 * Continue the frame that began in earlier bytes: its first bytes are in
 * c->input.part, the header judged once those are FRAME_HDR_LEN.
 */
static size_t
continue_frame(struct conn *c, const uint8_t *p, size_t n)
{
	size_t have = buf_left(&c->input.part), want, k;
	struct buf whole;
	uint32_t len;
	uint8_t type;
	int take;

	want = FRAME_HDR_LEN;
	if (have >= FRAME_HDR_LEN) {
		frame_get_hdr(buf_head(&c->input.part), &type, &len);
		want += len;
	}
	k = want - have < n ? want - have : n;
	if ((c->state == CONN_UP ? buf_add(&c->input.part, p, k) :
	    buf_add_tight(&c->input.part, p, k)) == -1) {
		conn_close(c, "out of memory");
		return (n);
	}
	if (have + k < want)
		return (k);
	frame_get_hdr(buf_head(&c->input.part), &type, &len);
	if (have < FRAME_HDR_LEN) {
		if (begin_frame(c, type, len, &take) == -1)
			return (k);
		if (!take || len > 0) {
			if (!take)
				buf_free(&c->input.part);
			return (k);
		}
	}
	whole = c->input.part;
	memset(&c->input.part, 0, sizeof(c->input.part));
	got_frame(c, type, buf_head(&whole) + FRAME_HDR_LEN, len);
	buf_free(&whole);
	return (k);
}

size_t
session_input(struct conn *c, const uint8_t *p, size_t n)
{
	uint32_t len;
	uint8_t type;
	size_t k;
	int take;

	if (c->input.skip > 0) {
		k = c->input.skip < n ? c->input.skip : n;
		c->input.skip -= (uint32_t)k;
		return (k);
	}
	if (buf_left(&c->input.part) > 0)
		return (continue_frame(c, p, n));
	if (n >= FRAME_HDR_LEN) {
		frame_get_hdr(p, &type, &len);
		if (n - FRAME_HDR_LEN >= len) {
			if (begin_frame(c, type, len, &take) == -1)
				return (n);
			if (!take)
				return (FRAME_HDR_LEN);
			got_frame(c, type, p + FRAME_HDR_LEN, len);
			return (FRAME_HDR_LEN + len);
		}
	}
	return (continue_frame(c, p, n < FRAME_HDR_LEN ? n : FRAME_HDR_LEN));
}

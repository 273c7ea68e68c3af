/*
 * session: see session.h.  Called by relayconn.c with the bytes of a client.
 *
 * A frame that is whole in the input is handled in place; only a partial one is
 * copied.
 */
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "relayconf.h"
#include "session.h"

#define GONE_BURST	3	/* PeerGone(not here) at once, then 1 a s */
#define DEBT_MAX	(1024 * 1024)	/* bytes above a rate, at most */
#define HOME_SETTLE_US	5000000	/* a later NotePreferred is a move */

void
derp_count_drop(struct conn_stats *stats, enum conn_drop_reason why,
    const uint8_t *p, size_t n)
{
	int kind = net_frame_is_disco(p, n) ? KIND_DISCO : KIND_OTHER;

	stats->packets_dropped[why][kind]++;
	stats->bytes_dropped[why][kind] += n;
}

uint8_t
derp_flags(const struct derp_session *s)
{
	uint8_t f = 0;

	if (s->mesh)
		f |= PEER_MESH;
	if (s->prober)
		f |= PEER_PROBER;
	if (s->not_ideal)
		f |= PEER_NOT_IDEAL;
	return (f == 0 ? PEER_REGULAR : f);
}

int
derp_may_notify(struct derp_notices *b, uint64_t now)
{
	uint64_t secs = (now - b->at) / 1000000;

	if (b->at == 0 || secs >= GONE_BURST) {
		b->tokens = GONE_BURST;
		b->at = now;
	} else if (secs > 0) {
		b->tokens += (unsigned int)secs;
		if (b->tokens > GONE_BURST)
			b->tokens = GONE_BURST;
		b->at += secs * 1000000;
	}
	if (b->tokens == 0)
		return (0);
	b->tokens--;
	return (1);
}

void
derp_not_here(struct derp_session *s, const uint8_t *key)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];

	if (!derp_may_notify(&s->notices, *s->env->now_us))
		return;
	s->env->ops->send(s, frame, net_frame_put_peer_gone(frame, key,
	    PEER_GONE_NOT_HERE));
	s->env->stats->gone_not_here++;
}

/*
 * Drop a packet to a key that is not connected; a client that looks for a path
 * gets a PeerGone.
 */
static void
not_here(struct derp_session *s, enum conn_drop_reason why, const uint8_t *key,
    const uint8_t *p, size_t n)
{
	derp_count_drop(s->env->stats, why, p, n);
	if (net_frame_is_disco(p, n))
		derp_not_here(s, key);
}

static void
got_send_packet(struct derp_session *s, const uint8_t *p, size_t n)
{
	struct conn_stats *stats = s->env->stats;
	const uint8_t *key = p;

	p += FRAME_KEY_LEN;
	n -= FRAME_KEY_LEN;
	stats->packets_received++;
	stats->bytes_received += n;
	if (net_frame_is_disco(p, n))
		stats->received_disco++;
	else
		stats->received_other++;
	s->rx_packets++;
	s->rx_bytes += n;
	if (s->env->ops->packet(s, key, s->key, p, n) == -1)
		not_here(s, DROP_UNKNOWN_DEST, key, p, n);
}

static void
got_forward_packet(struct derp_session *s, const uint8_t *p, size_t n)
{
	const uint8_t *src = p, *dst = p + FRAME_KEY_LEN;

	p += 2 * FRAME_KEY_LEN;
	n -= 2 * FRAME_KEY_LEN;
	s->env->stats->forwarded_in++;
	s->rx_packets++;
	s->rx_bytes += n;
	if (s->env->ops->packet(s, dst, src, p, n) == -1)
		not_here(s, DROP_UNKNOWN_DEST_ON_FWD, dst, p, n);
}

static void
got_note_preferred(struct derp_session *s, const uint8_t *p, size_t n)
{
	struct conn_stats *stats = s->env->stats;
	const int home = p[0] != 0;

	(void)n;
	if (s->home == home)
		return;
	s->home = home != 0;
	if (home)
		stats->home_connections++;
	else
		stats->home_connections--;
	if (*s->env->now_us - s->login_us <= HOME_SETTLE_US)
		return;
	if (home)
		stats->home_moves_in++;
	else
		stats->home_moves_out++;
}

static void
got_ping(struct derp_session *s, const uint8_t *p, size_t n)
{
	(void)n;
	s->env->stats->got_ping++;
	if (conn_buf_left(&s->pongs) == PONGS_MAX * FRAME_PING_LEN)
		return;		/* the client does not read its pongs */
	if (conn_buf_add(&s->pongs, p, FRAME_PING_LEN) == -1)
		s->env->ops->close(s, "out of memory");
	else
		s->env->ops->pong(s);
}

static void
got_close_peer(struct derp_session *s, const uint8_t *p, size_t n)
{
	(void)n;
	s->env->ops->close_peer(s, p);
}

/* A node does not watch itself. */
static void
got_watch_conns(struct derp_session *s, const uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	if (memcmp(s->key, s->env->conf->node_key, FRAME_KEY_LEN) != 0)
		s->env->ops->watch(s);
}

/* The function for each frame that a client may send, from frames.def. */
#define FROM_LOGIN(TYPE, name)
#define FROM_CLIENT(TYPE, name)	[FRAME_##TYPE] = got_##name,
#define FROM_MESH(TYPE, name)	[FRAME_##TYPE] = got_##name,
#define FROM_SERVER(TYPE, name)
static void (*const got[FRAME_TYPE_END])(struct derp_session *,
    const uint8_t *, size_t) = {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
	FROM_##sender(TYPE, name)
#include "frames.def"
};

/* What the client is, for the rules of frames.def. */
static enum net_frame_sender
sender(const struct derp_session *s)
{
	return (s->mesh ? FRAME_FROM_MESH : FRAME_FROM_CLIENT);
}

/* A frame is whole; its header was found valid. */
static void
got_frame(struct derp_session *s, uint8_t type, const uint8_t *p, size_t n)
{
	if (net_frame_allowed(sender(s), type))
		got[type](s, p, n);
	else
		s->env->ops->close(s, "mesh frame without the mesh key");
}

/* Charge `n' bytes to the client's own rate. */
static void
charge_client(struct derp_session *s, uint64_t n)
{
	const struct ipc_relay_conf *conf = s->env->conf;
	uint64_t us;

	us = derp_rate_charge(&s->rate, conf->client_rate, conf->client_burst,
	    *s->env->now_us, n);
	if (us > 0)
		s->env->ops->wait(s, us);
}

/*
 * Charge `n' bytes: above its rate, or that of its group, the client must wait.
 * Mesh peers never do; they are in no group.
 */
static void
charge(struct derp_session *s, uint64_t n)
{
	if (s->env->conf->client_rate != 0 && !s->mesh)
		charge_client(s, n);
	if (s->member != NULL && derp_group_charge(s->member, n))
		s->env->ops->hold(s);
}

/*
 * Handle a whole header: begin to collect or to skip `len' bytes.  A skipped
 * payload may be 4 GiB long; it is charged as it arrives.
 */
static enum net_frame_verdict
begin_frame(struct derp_session *s, uint8_t type, uint32_t len)
{
	enum net_frame_verdict v = net_frame_check(sender(s), type, len);

	if (v == FRAME_BAD) {
		s->env->ops->close(s, "malformed frame");
		return (v);
	}
	/* Every frame is activity, a skipped one too. */
	if (s->notified_dup)
		s->env->ops->activity(s);
	if (v == FRAME_SKIP)
		s->skip = len;
	charge(s, FRAME_HDR_LEN + (uint64_t)(v == FRAME_VALID ? len : 0));
	return (v);
}

/*
 * Continue a frame whose first bytes are in s->part; its header is checked once
 * FRAME_HDR_LEN bytes are there.
 */
static size_t
continue_frame(struct derp_session *s, const uint8_t *p, size_t n)
{
	size_t have = conn_buf_left(&s->part), want, k;
	struct conn_buf whole;
	uint32_t len;
	uint8_t type;

	want = FRAME_HDR_LEN;
	if (have >= FRAME_HDR_LEN) {
		net_frame_get_hdr(conn_buf_head(&s->part), &type, &len);
		want += len;
	}
	k = want - have < n ? want - have : n;
	if (conn_buf_add(&s->part, p, k) == -1) {
		s->env->ops->close(s, "out of memory");
		return (n);
	}
	if (have + k < want)
		return (k);
	net_frame_get_hdr(conn_buf_head(&s->part), &type, &len);
	if (have < FRAME_HDR_LEN) {
		switch (begin_frame(s, type, len)) {
		case FRAME_BAD:
			return (k);
		case FRAME_SKIP:
			conn_buf_free(&s->part);
			return (k);
		case FRAME_VALID:
			if (len > 0)
				return (k);
			break;
		}
	}
	whole = s->part;
	memset(&s->part, 0, sizeof(s->part));
	got_frame(s, type, conn_buf_head(&whole) + FRAME_HDR_LEN, len);
	conn_buf_free(&whole);
	return (k);
}

size_t
derp_input(struct derp_session *s, const uint8_t *p, size_t n)
{
	uint32_t len;
	uint8_t type;
	size_t k;

	if (s->skip > 0) {
		k = s->skip < n ? s->skip : n;
		s->skip -= (uint32_t)k;
		charge(s, k);
		return (k);
	}
	if (conn_buf_left(&s->part) > 0)
		return (continue_frame(s, p, n));
	if (n >= FRAME_HDR_LEN) {
		net_frame_get_hdr(p, &type, &len);
		if (n - FRAME_HDR_LEN >= len) {
			switch (begin_frame(s, type, len)) {
			case FRAME_BAD:
				return (n);
			case FRAME_SKIP:
				return (FRAME_HDR_LEN);
			case FRAME_VALID:
				got_frame(s, type, p + FRAME_HDR_LEN, len);
				break;
			}
			return (FRAME_HDR_LEN + len);
		}
	}
	return (continue_frame(s, p, n < FRAME_HDR_LEN ? n : FRAME_HDR_LEN));
}

/* Return 1 if a partial frame is the begin of a valid one, else 0. */
static int
is_part(const struct derp_session *s)
{
	const size_t n = conn_buf_left(&s->part);
	uint32_t len;
	uint8_t type;

	if (n < FRAME_HDR_LEN)
		return (n == 0 || s->skip == 0);
	net_frame_get_hdr(conn_buf_head(&s->part), &type, &len);
	return (s->skip == 0 && n - FRAME_HDR_LEN < len &&
	    net_frame_check(sender(s), type, len) == FRAME_VALID);
}

static void
not_ahead(uint64_t *us, uint64_t now)
{
	if (*us > now)
		*us = now;
}

int
derp_restored(struct derp_session *s)
{
	const uint64_t now = *s->env->now_us;
	const int64_t burst = (int64_t)s->env->conf->client_burst;
	const size_t pongs = conn_buf_left(&s->pongs);
	struct derp_rate *b = &s->rate;

	not_ahead(&s->login_us, now);
	not_ahead(&s->notices.at, now);
	not_ahead(&b->at, now);
	if (b->tokens > burst)
		b->tokens = burst;
	if (b->tokens < -DEBT_MAX)
		b->tokens = -DEBT_MAX;
	if (b->part >= 1000000)
		b->part = 0;
	if (s->notices.tokens > GONE_BURST)
		s->notices.tokens = GONE_BURST;
	return (is_part(s) && pongs <= PONGS_MAX * FRAME_PING_LEN &&
	    pongs % FRAME_PING_LEN == 0 ? 0 : -1);
}

void
derp_go_on(struct derp_session *s)
{
	if (s->env->conf->client_rate != 0 && !s->mesh && s->rate.at != 0)
		charge_client(s, 0);
}

void
derp_free(struct derp_session *s)
{
	conn_buf_free(&s->part);
	conn_buf_free(&s->pongs);
	free(s->app);
	s->app = NULL;
}

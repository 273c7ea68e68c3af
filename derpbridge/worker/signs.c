/*
 * signs: what the polls of a device say about a peer; see signs.h.  Called by
 * path.c.  Pure.
 *
 * That a packet came directly is concluded in two ways.  More was received than
 * the relay can have brought: packets that the kernel was given before a poll
 * may be counted after it, so two intervals are compared.  Or something was
 * received, and the endpoint was direct at both polls: a new packet from the
 * relay would have moved it.  The second way holds for peers that send
 * everything both ways, where the first packet of each pair counts and both
 * sums are equal.
 */
#include <string.h>

#include "signs.h"

#define INITIATION	148	/* bytes of WireGuard's messages */
#define INITIATION_TYPE	1	/* ... and the first one */
#define RESPONSE	92
#define KEEPALIVE	32	/* data of no bytes; others have 48 or more */
#define MAX_HANDSHAKES	3	/* of one peer in an interval */

#define FRESH_MS	3000	/* the direct path lives for so long after a
				   packet */
#define MISSED_MS	1000	/* ... or so long, if the relay brings more */
#define UNHEARD_MS	8000	/* from an initiation to the third */
#define UNHEARD_MAX_MS	30000
#define BELIEVED_MS	3600000	/* the relay is believed for so long */
#define ACTIVE_MS	2500	/* data within this: it is exchanged */
#define REKEY_MS	119000	/* after a handshake a sender begins the next */
#define REKEY_END_MS	125000
#define LAG_MS		500	/* the relay is not so much faster */

void
worker_signs_init(struct worker_signs *s)
{
	memset(s, 0, sizeof(*s));
}

void
worker_signs_restart(struct worker_signs *s)
{
	s->data_at = 0;
	s->initiation_at = 0;
	s->still_at = 0;
	s->begun_at = 0;
	s->unheard = 0;
}

/* Are these bytes keepalives, at most `max' of them? */
static int
keepalives(uint64_t bytes, uint64_t max)
{
	return (bytes % KEEPALIVE == 0 && bytes / KEEPALIVE <= max);
}

/*
 * What are these bytes?  Messages of handshakes have lengths of their own, but
 * that of data is a multiple of 16 (or as long as a packet may be).
 */
static enum worker_signs_kind
kind_of(uint64_t bytes, uint64_t max_keepalives)
{
	uint64_t n;

	if (bytes == 0)
		return (WORKER_SIGNS_NOTHING);
	if (keepalives(bytes, max_keepalives))
		return (WORKER_SIGNS_KEEPALIVE);
	for (n = 1; n <= MAX_HANDSHAKES; n++) {
		if (bytes >= n * INITIATION &&
		    keepalives(bytes - n * INITIATION, max_keepalives))
			return (WORKER_SIGNS_INITIATION);
		if (bytes >= n * RESPONSE &&
		    keepalives(bytes - n * RESPONSE, max_keepalives))
			return (WORKER_SIGNS_RESPONSE);
	}
	return (WORKER_SIGNS_DATA);
}

/* Forget all but the endpoint, and what the kernel may not have counted yet. */
static void
begin(struct worker_signs *s, const struct ipc_wg_stats *stats, uint64_t now)
{
	uint64_t delivered = s->delivered;

	worker_signs_init(s);
	s->polled = 1;
	s->at = now;
	s->last = *stats;
	s->delivered_before = delivered;
}

/* Did a packet come directly between the last poll and this one? */
static int
came_directly(const struct worker_signs *s, const struct ipc_wg_stats *stats)
{
	uint64_t got = stats->rx - s->last.rx;

	if (got > s->delivered + s->delivered_before)
		return (1);
	return (got > 0 && stats->endpoint == IPC_ENDPOINT_DIRECT &&
	    s->last.endpoint == IPC_ENDPOINT_DIRECT);
}

static void
note_direct(struct worker_signs *s, uint64_t now)
{
	if (s->direct) {
		s->direct_at = now;
		s->missed_at = 0;
	} else if (s->missed_at != 0 && now - s->missed_at >= LAG_MS) {
		s->direct_at = 0;
		s->missed_at = 0;
	}
}

/* Set a time that is not set. */
static void
first_time(uint64_t *at, uint64_t now)
{
	if (*at == 0)
		*at = now;
}

/* What was sent, and whether there is an answer to it. */
static void
note_unanswered(struct worker_signs *s, uint64_t now)
{
	if (s->heard) {
		s->data_at = 0;
		s->initiation_at = 0;
		s->still_at = 0;
		return;
	}
	if (s->sent == WORKER_SIGNS_NOTHING)
		first_time(&s->still_at, s->at);
	else
		s->still_at = 0;
	if (s->sent == WORKER_SIGNS_DATA)
		first_time(&s->data_at, now);
	else if (s->sent == WORKER_SIGNS_INITIATION)
		first_time(&s->initiation_at, now);
}

static void
note_times(struct worker_signs *s, uint64_t now)
{
	if (s->sent == WORKER_SIGNS_DATA)
		s->sent_data_at = now;
	if (s->sent == WORKER_SIGNS_DATA || s->sent == WORKER_SIGNS_INITIATION)
		s->sent_at = now;
	if (s->got == WORKER_SIGNS_DATA)
		s->got_data_at = now;
}

/*
 * The peer has begun a handshake.  One that arrived directly was answered
 * directly, and what follows completes the handshake: there is no second one
 * unless the answer was lost, time and again.
 */
static void
note_begun(struct worker_signs *s, uint64_t now)
{
	if (s->begun_at == 0 || now - s->begun_at > UNHEARD_MAX_MS)
		s->begun_at = now;
	else if (now - s->begun_at >= UNHEARD_MS)
		s->unheard = 1;
}

/* The peer began a handshake, as the kernel counts it. */
static void
note_initiation(struct worker_signs *s, uint64_t now)
{
	note_begun(s, now);
	if (s->unheard)
		s->believed_until = now + BELIEVED_MS;
}

int
worker_signs_take(struct worker_signs *s, const struct ipc_wg_stats *stats,
    unsigned int keepalive, uint64_t now)
{
	uint64_t max = 1;

	if (!s->polled || now - s->at > WORKER_SIGNS_GAP_MS ||
	    stats->tx < s->last.tx || stats->rx < s->last.rx) {
		begin(s, stats, now);
		return (0);
	}
	if (keepalive > 0)
		max += (now - s->at) / ((uint64_t)keepalive * 1000);
	s->sent = kind_of(stats->tx - s->last.tx, max);
	s->got = kind_of(stats->rx - s->last.rx, 1);
	s->heard = stats->rx != s->last.rx ||
	    stats->handshake != s->last.handshake;
	if (stats->handshake != s->last.handshake) {
		s->handshake_at = now;
		s->begun_at = 0;
		s->unheard = 0;
	} else if (s->got == WORKER_SIGNS_INITIATION)
		note_initiation(s, now);
	s->direct = came_directly(s, stats);
	note_direct(s, now);
	note_unanswered(s, now);
	note_times(s, now);
	s->delivered_before = s->delivered;
	s->delivered = 0;
	s->last = *stats;
	s->at = now;
	return (1);
}

/*
 * A relay can forge initiations.  So they count only if the kernel has told of
 * such ones lately; it can't when data come beside them.
 */
void
worker_signs_relayed(struct worker_signs *s, const void *packet, size_t n,
    uint64_t now)
{
	if (now < s->believed_until && n == INITIATION &&
	    *(const uint8_t *)packet == INITIATION_TYPE)
		note_begun(s, now);
}

int
worker_signs_needed(struct worker_signs *s, uint64_t now)
{
	if (s->direct_at == 0 || now - s->direct_at >= FRESH_MS)
		return (1);
	if (now - s->direct_at >= MISSED_MS)
		first_time(&s->missed_at, now);
	return (0);
}

void
worker_signs_delivered(struct worker_signs *s, size_t n)
{
	s->delivered += n;
}

/* Was anything of this kind seen a moment ago? */
static int
is_recent(uint64_t at, uint64_t now)
{
	return (at != 0 && now - at < ACTIVE_MS);
}

int
worker_signs_promise(const struct worker_signs *s, uint64_t now)
{
	if (!is_recent(s->sent_data_at, now))
		return (0);
	if (is_recent(s->got_data_at, now))
		return (1);
	return (s->handshake_at != 0 && now - s->handshake_at >= REKEY_MS &&
	    now - s->handshake_at < REKEY_END_MS);
}

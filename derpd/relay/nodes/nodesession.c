/*
 * nodesession: see nodesession.h.  Called by nodeslink.c with the bytes of a
 * node, which may be hostile.
 *
 * Of each frame only the first bytes are of use, at most NODES_TEXT; they are
 * handled in place, or collected if they are cut.  The rest of the payload is
 * skipped.
 */
#include <string.h>

#include "nodesession.h"

static void
got_peer_present(struct nodes_session *s, const uint8_t *p, size_t n)
{
	(void)n;
	s->ops->present(s, p);
}

/* For either reason, the key is not there (any more). */
static void
got_peer_gone(struct nodes_session *s, const uint8_t *p, size_t n)
{
	(void)n;
	s->ops->gone(s, p);
}

static void
got_ping(struct nodes_session *s, const uint8_t *p, size_t n)
{
	(void)n;
	s->ops->ping(s, p);
}

static void
got_health(struct nodes_session *s, const uint8_t *p, size_t n)
{
	s->ops->health(s, p, n);
}

static void
got_restarting(struct nodes_session *s, const uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	s->ops->restarting(s);
}

/*
 * The frames that mean something here: the shortest valid payload, and how many
 * bytes of it are of use.  Older nodes send PeerGone without a reason, and
 * PeerPresent without an address.
 */
static const struct nodes_session_row {
	uint32_t	 least, used;
	void		(*got)(struct nodes_session *, const uint8_t *, size_t);
} rows[FRAME_TYPE_END] = {
	[FRAME_PEER_PRESENT] = { FRAME_KEY_LEN, FRAME_KEY_LEN,
	    got_peer_present },
	[FRAME_PEER_GONE] = { FRAME_KEY_LEN, FRAME_KEY_LEN, got_peer_gone },
	[FRAME_PING] = { FRAME_PING_LEN, FRAME_PING_LEN, got_ping },
	[FRAME_HEALTH] = { 0, NODES_TEXT, got_health },
	[FRAME_RESTARTING] = { 0, 0, got_restarting }
};

static const struct nodes_session_row *
row_of(uint8_t type)
{
	static const struct nodes_session_row other;

	return (type < FRAME_TYPE_END ? &rows[type] : &other);
}

/* Return how many bytes of the payload are of use, or -1: malformed. */
static int
used_of(const uint8_t *hdr)
{
	const struct nodes_session_row *row;
	uint32_t len;
	uint8_t type;

	net_frame_get_hdr(hdr, &type, &len);
	row = row_of(type);
	if (len < row->least || len > FRAME_MAX_SERVER)
		return (-1);
	return ((int)(len < row->used ? len : row->used));
}

/* The same for a header that has come. */
static int
check(struct nodes_session *s, const uint8_t *hdr)
{
	int used = used_of(hdr);

	if (used == -1)
		s->ops->close(s, "it sent a malformed frame");
	return (used);
}

/* Handle the frame at `p', whose `used' bytes behind the header are there. */
static void
handle(struct nodes_session *s, const uint8_t *p, size_t used)
{
	const struct nodes_session_row *row;
	uint32_t len;
	uint8_t type;

	net_frame_get_hdr(p, &type, &len);
	s->skip = len - (uint32_t)used;
	row = row_of(type);
	if (row->got != NULL)
		row->got(s, p + FRAME_HDR_LEN, used);
}

/* Keep up to `n' bytes at `p', until `part' has `want'.  Return how many. */
static size_t
keep(struct nodes_session *s, const uint8_t *p, size_t n, size_t want)
{
	size_t k = want - s->part_len;

	if (k > n)
		k = n;
	memcpy(s->part + s->part_len, p, k);
	s->part_len += (uint32_t)k;
	return (k);
}

/* Continue a frame whose first bytes are in s->part, or begin a cut one. */
static size_t
collect(struct nodes_session *s, const uint8_t *p, size_t n)
{
	size_t k = 0;
	int used;

	if (s->part_len < FRAME_HDR_LEN)
		k = keep(s, p, n, FRAME_HDR_LEN);
	if (s->part_len < FRAME_HDR_LEN)
		return (k);
	if ((used = check(s, s->part)) == -1)
		return (n);
	k += keep(s, p + k, n - k, FRAME_HDR_LEN + (size_t)used);
	if (s->part_len < FRAME_HDR_LEN + (size_t)used)
		return (k);
	s->part_len = 0;
	handle(s, s->part, (size_t)used);
	return (k);
}

int
nodes_session_restore(struct nodes_session *s, uint32_t skip, const void *part,
    size_t n)
{
	int used;

	if (skip > FRAME_MAX_SERVER || (skip > 0 && n > 0))
		return (-1);
	if (n >= FRAME_HDR_LEN && ((used = used_of(part)) == -1 ||
	    n >= FRAME_HDR_LEN + (size_t)used))
		return (-1);
	memcpy(s->part, part, n);
	s->part_len = (uint32_t)n;
	s->skip = skip;
	return (0);
}

size_t
nodes_session_input(struct nodes_session *s, const uint8_t *p, size_t n)
{
	size_t k;
	int used;

	if (s->skip > 0) {
		k = s->skip < n ? s->skip : n;
		s->skip -= (uint32_t)k;
		return (k);
	}
	if (s->part_len > 0 || n < FRAME_HDR_LEN)
		return (collect(s, p, n));
	if ((used = check(s, p)) == -1)
		return (n);
	if (n - FRAME_HDR_LEN < (size_t)used)
		return (collect(s, p, n));
	handle(s, p, (size_t)used);
	return (FRAME_HDR_LEN + (size_t)used);
}

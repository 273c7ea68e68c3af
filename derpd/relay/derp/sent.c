/*
 * sent: who has had a packet from whom; see sent.h.  Called by output.c when a
 * packet is written, by peers.c when a key is gone, by conn.c when a connection
 * ends.
 *
 * Each source has a set of the connections that heard from it: an open hash
 * table with 8 bytes an entry.  A connection that ends is not looked for in all
 * the sets: it leaves the table of slots, so that its entries no longer fit.
 * They are dropped when their set is made anew.  A set is bounded, and so are
 * all of them together; what falls out costs a PeerGone that is not sent.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "sent.h"

#define MIN_BITS	3
#define MAX_BITS	14
#define MEMORY_MAX	(32 * 1024 * 1024)	/* of all sets */
#define SLOTS_MIN	64

/* Which connection: number of its slot (not 0), and low half of its id. */
typedef uint64_t entry_t;

struct sent {
	TAILQ_ENTRY(sent) entry;	/* sets of that size */
	struct peer	*src;
	unsigned int	 bits;		/* there is room for 1 << bits */
	unsigned int	 n;		/* in use */
	entry_t		 v[];		/* 0: free */
};
TAILQ_HEAD(sent_list, sent);

/* A connection that heard something. */
struct slot {
	struct conn	*c;		/* NULL: free, */
	uint32_t	 next;		/* and the next free one, 0 none */
};

static struct sent_list	 sets[MAX_BITS + 1];
static size_t		 memory;	/* of all sets */
static uint64_t		 secret;	/* factor of the hash; 0 not set up */
static struct slot	*slots;		/* [0] is not used */
static uint32_t		 nslots, free_slot;

static void
set_up(void)
{
	unsigned int i;

	randombytes_buf(&secret, sizeof(secret));
	secret |= 1;
	for (i = 0; i <= MAX_BITS; i++)
		TAILQ_INIT(&sets[i]);
}

/* 0, or -1 without memory. */
static int
slots_grow(void)
{
	uint32_t i, n = nslots == 0 ? SLOTS_MIN : nslots * 2;
	struct slot *v;

	if (n < nslots || (v = reallocarray(slots, n, sizeof(*v))) == NULL)
		return (-1);
	for (i = n - 1; i >= nslots && i > 0; i--) {
		v[i].c = NULL;
		v[i].next = free_slot;
		free_slot = i;
	}
	slots = v;
	nslots = n;
	return (0);
}

/* 0, or -1 without memory. */
static int
slot_take(struct conn *c)
{
	uint32_t i;

	if (free_slot == 0 && slots_grow() == -1)
		return (-1);
	i = free_slot;
	free_slot = slots[i].next;
	slots[i].c = c;
	c->session.heard_slot = i;
	return (0);
}

static entry_t
entry_of(const struct conn *c)
{
	return ((uint64_t)c->session.heard_slot << 32 | (uint32_t)c->id);
}

/* The connection, NULL when it has ended. */
static struct conn *
conn_of(entry_t e)
{
	struct conn *c = slots[e >> 32].c;

	return (c != NULL && entry_of(c) == e ? c : NULL);
}

static size_t
set_size(unsigned int bits)
{
	return (sizeof(struct sent) + ((size_t)1 << bits) * sizeof(entry_t));
}

static void
set_free(struct sent *s)
{
	s->src->told = NULL;
	TAILQ_REMOVE(&sets[s->bits], s, entry);
	memory -= set_size(s->bits);
	free(s);
}

/* An empty set; the largest ones are forgotten for it.  NULL without memory. */
static struct sent *
set_new(unsigned int bits)
{
	unsigned int k = MAX_BITS;
	struct sent *s;

	while (memory + set_size(bits) > MEMORY_MAX && k > 0) {
		if ((s = TAILQ_FIRST(&sets[k])) != NULL)
			set_free(s);
		else
			k--;
	}
	if ((s = calloc(1, set_size(bits))) == NULL)
		return (NULL);
	s->bits = bits;
	TAILQ_INSERT_TAIL(&sets[bits], s, entry);
	memory += set_size(bits);
	return (s);
}

/* Where the entry is, or is to be. */
static entry_t *
set_find(struct sent *s, entry_t e)
{
	size_t mask = ((size_t)1 << s->bits) - 1;
	size_t i = (size_t)(e * secret >> (64 - s->bits));

	while (s->v[i] != 0 && s->v[i] != e)
		i = (i + 1) & mask;
	return (&s->v[i]);
}

/* Bits of a set that is at most half full with the living entries of `s'. */
static unsigned int
bits_for(const struct sent *s)
{
	unsigned int bits = MIN_BITS;
	size_t i, n = 0;

	for (i = 0; i < (size_t)1 << s->bits; i++)
		n += s->v[i] != 0 && conn_of(s->v[i]) != NULL;
	while (bits < MAX_BITS && n > (size_t)1 << bits >> 1)
		bits++;
	return (bits);
}

/* The living entries of `from', as many as fill a half of `s'. */
static void
set_copy(struct sent *s, const struct sent *from)
{
	size_t i;

	for (i = 0; i < (size_t)1 << from->bits &&
	    s->n < 1U << s->bits >> 1; i++)
		if (from->v[i] != 0 && conn_of(from->v[i]) != NULL) {
			*set_find(s, from->v[i]) = from->v[i];
			s->n++;
		}
}

/* The set of `p', with room for one more; NULL without memory. */
static struct sent *
set_of(struct peer *p)
{
	struct sent *s = p->told, *old;

	if (s != NULL && s->n < 3U << s->bits >> 2)
		return (s);
	if ((s = set_new(s == NULL ? MIN_BITS : bits_for(s))) == NULL)
		return (NULL);
	if ((old = p->told) != NULL) {	/* it may have been forgotten */
		set_copy(s, old);
		set_free(old);
	}
	s->src = p;
	p->told = s;
	return (s);
}

int
sent_note(struct conn *c, const uint8_t src[FRAME_KEY_LEN])
{
	struct peer *p;
	struct sent *s;
	entry_t *e;

	if (secret == 0)
		set_up();
	if ((p = peers_find(src)) == NULL)
		return (-1);
	if (c->session.heard_slot == 0 && slot_take(c) == -1)
		return (-1);
	if (p->told != NULL && *set_find(p->told, entry_of(c)) != 0)
		return (0);
	if ((s = set_of(p)) == NULL)
		return (-1);
	e = set_find(s, entry_of(c));
	*e = entry_of(c);
	s->n++;
	return (0);
}

void
sent_gone(struct peer *p)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	struct sent *s = p->told;
	struct conn *c;
	size_t i, n;

	if (s == NULL)
		return;
	n = frame_put_peer_gone(frame, p->key, PEER_GONE_DISCONNECTED);
	for (i = 0; i < (size_t)1 << s->bits; i++)
		if (s->v[i] != 0 && (c = conn_of(s->v[i])) != NULL) {
			conn_send(c, frame, n);
			c->r->stats.gone_disconnected++;
		}
	set_free(s);
}

void
sent_forget(struct conn *c)
{
	uint32_t i = c->session.heard_slot;

	if (i == 0)
		return;
	slots[i].c = NULL;
	slots[i].next = free_slot;
	free_slot = i;
	c->session.heard_slot = 0;
}

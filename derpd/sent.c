/*
 * sent: who has had a packet from whom; see sent.h.  Called by output.c when a
 * packet is written, by peers.c when a key is gone.
 */
#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "peers.h"
#include "sent.h"

struct pair {
	struct peer	*src;
	struct conn	*dst;
};

struct sent {
	struct pair	 pair;
	LIST_ENTRY(sent) by_src;
	LIST_ENTRY(sent) by_dst;
	UT_hash_handle	 hh;
};

static struct sent *table;

static void
forget(struct sent *s)
{
	LIST_REMOVE(s, by_src);
	LIST_REMOVE(s, by_dst);
	HASH_DELETE(hh, table, s);
	free(s);
}

int
sent_note(struct conn *c, const uint8_t src[FRAME_KEY_LEN])
{
	struct pair key;
	struct sent *s;

	memset(&key, 0, sizeof(key));
	if ((key.src = peers_find(src)) == NULL)
		return (-1);
	key.dst = c;
	HASH_FIND(hh, table, &key, sizeof(key), s);
	if (s != NULL)
		return (0);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (-1);
	s->pair = key;
	HASH_ADD(hh, table, pair, sizeof(s->pair), s);
	if (s->hh.tbl == NULL) {
		free(s);
		return (-1);
	}
	LIST_INSERT_HEAD(&key.src->told, s, by_src);
	LIST_INSERT_HEAD(&c->heard, s, by_dst);
	return (0);
}

void
sent_gone(struct peer *p)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	struct sent *s;
	size_t n;

	n = frame_put_peer_gone(frame, p->key, PEER_GONE_DISCONNECTED);
	while ((s = LIST_FIRST(&p->told)) != NULL) {
		conn_send(s->pair.dst, frame, n);
		s->pair.dst->r->stats.gone_disconnected++;
		forget(s);
	}
}

void
sent_forget(struct conn *c)
{
	struct sent *s;

	while ((s = LIST_FIRST(&c->heard)) != NULL)
		forget(s);
}

/*
 * far: the keys at other nodes of the region; see far.h.  Called by relay/nodes
 * about its links, by linkmsg.c and linkfar.c with what other workers say, by
 * cluster.c, route.c, relayadmit.c, relay.c and relay/move.
 */
#include "far.h"
#include "fartable.h"
#include "link.h"
#include "owner.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"

/* No node has the key any more, and no client here. */
static void
gone(void *arg, const uint8_t key[FRAME_KEY_LEN])
{
	struct relay *r = arg;

	derp_sent_gone(r->sent, key);
	cluster_link_gone(r, key, 0, 1);
}

int
cluster_far_init(struct relay *r)
{
	r->far.table = cluster_fartable_new(gone, r);
	return (r->far.table == NULL ? -1 : 0);
}

unsigned int
cluster_far_worker(const struct relay *r, unsigned int link)
{
	return (link / 2 % r->conf.nworkers);
}

/* Links of this worker */

static void
say(struct relay *r, unsigned int link, const uint8_t *key, int here)
{
	const unsigned int owner = cluster_owner(r, key);

	if (owner == r->conf.worker)
		cluster_far_told(r, link, key, here);
	else if (cluster_link_far(r, owner, link, key, here) == -1 &&
	    owner < IPC_MAXWORKERS)
		r->far.missed |= 1ULL << owner;
}

void
cluster_far_present(struct relay *r, unsigned int link,
    const uint8_t key[FRAME_KEY_LEN])
{
	say(r, link, key, 1);
}

void
cluster_far_gone(struct relay *r, unsigned int link,
    const uint8_t key[FRAME_KEY_LEN])
{
	say(r, link, key, 0);
}

void
cluster_far_lost(struct relay *r, unsigned int link)
{
	cluster_far_ended(r, link);
	cluster_link_far_lost(r, link);
}

unsigned int
cluster_far_keys(const struct relay *r, unsigned int node)
{
	return (cluster_fartable_claims(r->far.table, 2 * node) +
	    cluster_fartable_claims(r->far.table, 2 * node + 1));
}

/* Keys of this worker */

void
cluster_far_told(struct relay *r, unsigned int link,
    const uint8_t key[FRAME_KEY_LEN], int here)
{
	if (!here)
		cluster_fartable_unclaim(r->far.table, link, key);
	else if (cluster_fartable_claim(r->far.table, link, key,
	    cluster_peers_find(r->peers, key) != NULL) == -1)
		log_limited_warnx(&r->far.full, "a key at node %u of the mesh "
		    "is not reached: that node has more than %d keys, all have "
		    "more than %d, or memory is short", link / 2,
		    FAR_CLAIMS_MAX, FAR_KEYS_MAX);
}

void
cluster_far_ended(struct relay *r, unsigned int link)
{
	cluster_fartable_lost(r->far.table, 1ULL << link);
}

int
cluster_far_packet(struct relay *r, const uint8_t *dst, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	unsigned int worker;
	int link;

	if ((link = cluster_fartable_find(r->far.table, dst)) == -1)
		return (-1);
	worker = cluster_far_worker(r, (unsigned int)link);
	if (worker == r->conf.worker)
		return (r->far_ops->forward(r, (unsigned int)link, src, dst, p,
		    n));
	return (cluster_link_via(r, worker, (unsigned int)link, src, dst, p,
	    n));
}

int
cluster_far_has(const struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	return (cluster_fartable_links(r->far.table, key) != 0);
}

void
cluster_far_close_peer(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	const uint64_t links = cluster_fartable_links(r->far.table, key);
	unsigned int i, worker;

	for (i = 0; i < FAR_LINKS; i++) {
		if ((links & 1ULL << i) == 0)
			continue;
		worker = cluster_far_worker(r, i);
		if (worker == r->conf.worker)
			r->far_ops->close_peer(r, i, key);
		else
			cluster_link_far_close(r, worker, i, key);
	}
}

void
cluster_far_came(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	cluster_fartable_local(r->far.table, key, 1);
}

int
cluster_far_left(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	cluster_fartable_local(r->far.table, key, 0);
	return (cluster_fartable_links(r->far.table, key) == 0);
}

void
cluster_far_count(struct relay *r)
{
	cluster_fartable_count(r->far.table, r->stats);
}

void
cluster_far_work(struct relay *r)
{
	r->far.sweeping = 1;
	cluster_fartable_work(r->far.table);
	r->far.sweeping = 0;
}

int
cluster_far_more(const struct relay *r)
{
	return (cluster_fartable_more(r->far.table));
}

/* Other workers */

void
cluster_far_succeeded(struct relay *r, unsigned int worker, uint32_t lost)
{
	uint64_t links = 0;
	unsigned int i;

	for (i = 0; i < FAR_LINKS; i++)
		if (cluster_far_worker(r, i) == worker &&
		    (lost & 1U << i / 2) != 0)
			links |= 1ULL << i;
	cluster_fartable_lost(r->far.table, links);
}

void
cluster_far_worker_lost(struct relay *r, unsigned int worker)
{
	cluster_far_succeeded(r, worker, UINT32_MAX);
	r->far.missed |= 1ULL << worker;
}

void
cluster_far_linked(struct relay *r, unsigned int worker)
{
	if ((r->far.missed & 1ULL << worker) == 0)
		return;
	r->far.missed &= ~(1ULL << worker);
	r->far_ops->anew(r);
}

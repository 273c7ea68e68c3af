/*
 * linkfar: the messages between workers about other nodes of the region; see
 * link.h and linkmsg.h.  Called by far.c to send, by linkmsg.c with received
 * messages.
 *
 * A worker is believed about its own links, and about packets to keys that it
 * owns.  Whose packets these are it can't prove: the owner of a destination had
 * them from the owners of their sources.
 */
#include <stdint.h>

#include "far.h"
#include "linkmsg.h"
#include "relay.h"

int
cluster_link_far(struct relay *r, unsigned int worker, unsigned int far,
    const uint8_t key[FRAME_KEY_LEN], int here)
{
	struct ipc_msg_link_far v = { far, key, here };
	struct ipc_wr w;

	if (worker >= IPC_MAXWORKERS)
		return (-1);
	ipc_wr_init(&w);
	ipc_put_link_far(&w, &v);
	return (cluster_link_send(r->links.to[worker], IPC_RING_NEWS,
	    MSG_LINK_FAR, &w));
}

void
cluster_link_far_lost(struct relay *r, unsigned int far)
{
	struct ipc_msg_link_far_lost v = { far };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_far_lost(&w, &v);
	cluster_link_send_all(r, IPC_RING_NEWS, MSG_LINK_FAR_LOST, &w);
}

int
cluster_link_via(struct relay *r, unsigned int worker, unsigned int far,
    const uint8_t *src, const uint8_t *dst, const uint8_t *p, size_t n)
{
	struct ipc_msg_link_via v = { far, src, dst, NULL, 0 };
	struct cluster_link *l = r->links.to[worker];
	uint8_t head[LINK_VIA_HEAD];
	struct ipc_wr w;

	if (l == NULL)
		return (-1);
	/* The packet is copied only once, into the ring. */
	ipc_wr_fixed(&w, head, sizeof(head));
	ipc_put_link_via(&w, &v);
	/* Behind the mark it would be lost with the ring, uncounted. */
	if (r->links.marked != 0 || cluster_link_put(l, IPC_RING_PACKET,
	    MSG_LINK_VIA, w.p, w.len, p, n) == -1)
		derp_count_drop(r->stats, DROP_QUEUE_TAIL, p, n);
	return (0);
}

void
cluster_link_far_close(struct relay *r, unsigned int worker, unsigned int far,
    const uint8_t key[FRAME_KEY_LEN])
{
	struct ipc_msg_link_far_close v = { far, key };
	struct ipc_wr w;

	if (r->links.marked != 0)
		return;
	ipc_wr_init(&w);
	ipc_put_link_far_close(&w, &v);
	(void)cluster_link_send(r->links.to[worker], IPC_RING_NEWS,
	    MSG_LINK_FAR_CLOSE, &w);
}

/* Return 1 if the worker has the link to another node, else 0 (counted). */
static int
has_link(struct cluster_link *l, unsigned int worker, unsigned int far)
{
	if (!cluster_link_may_mesh(l))
		return (0);
	if (cluster_far_worker(l->r, far) == worker)
		return (1);
	cluster_link_refused(l, "a link to a node that is not at that worker");
	return (0);
}

int
cluster_link_on_via(struct cluster_link *l, const uint8_t *head,
    const uint8_t *p, size_t n)
{
	struct ipc_msg_link_via v;
	struct relay *r = l->r;
	struct ipc_rd rd;

	ipc_rd_init(&rd, head, LINK_VIA_HEAD);
	if (ipc_get_link_via(&rd, &v) == -1)
		return (-1);
	if (!has_link(l, r->conf.worker, v.link) ||
	    !cluster_link_is_theirs(l, v.destination))
		return (0);
	/* The link may have ended meanwhile. */
	if (r->far_ops->forward(r, v.link, v.source, v.destination, p,
	    n) == -1)
		derp_count_drop(r->stats, DROP_UNKNOWN_DEST, p, n);
	return (0);
}

int
cluster_link_on_far(void *arg, const struct ipc_msg_link_far *v)
{
	struct cluster_link *l = arg;

	if (has_link(l, l->worker, v->link) && cluster_link_is_ours(l, v->key))
		cluster_far_told(l->r, v->link, v->key, v->here);
	return (0);
}

int
cluster_link_on_far_lost(void *arg, const struct ipc_msg_link_far_lost *v)
{
	struct cluster_link *l = arg;

	if (has_link(l, l->worker, v->link))
		cluster_far_ended(l->r, v->link);
	return (0);
}

int
cluster_link_on_far_close(void *arg, const struct ipc_msg_link_far_close *v)
{
	struct cluster_link *l = arg;
	struct relay *r = l->r;

	if (has_link(l, r->conf.worker, v->link) &&
	    cluster_link_is_theirs(l, v->key))
		r->far_ops->close_peer(r, v->link, v->key);
	return (0);
}

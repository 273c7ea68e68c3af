/*
 * linkmsg: the interface between link.c (the links), linkmsg.c and linkfar.c
 * (their messages).  Only these include it.
 */
#ifndef LINKMSG_H
#define LINKMSG_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "link.h"
#include "messages.h"
#include "ring.h"

/* The messages that carry a packet, in place: keys, then the packet. */
#define LINK_FIRST_PACKET	MSG_LINK_PACKET
#define LINK_LAST_PACKET	MSG_LINK_VIA
#define LINK_VIA_HEAD		(4 + 2 * FRAME_KEY_LEN)
#define LINK_MAX_HEAD		(3 * FRAME_KEY_LEN)

struct cluster_link {
	struct relay		*r;
	unsigned int		 worker;
	struct ipc_ring		*ring;
	struct event		*ev_read, *ev_write;
	int			 broken;	/* this side gave it up */
	int			 ended;		/* the other worker ended */
	int			 more;		/* there is more to read */
	uint32_t		 mark;		/* last one it sent; 0: none */

	/* of linkmsg.c */
	int		 watched;	/* it wants news of our connections */
	uint64_t	 flooding; /* our watcher whose flood is due; 0 none */
	/* a flood that it has asked for, sent at the end of the turn */
	int		 flood_due;
	uint64_t	 flood_id;	/* the watcher */
	unsigned int	 flood_slot;
};

/* link.c */

/*
 * Queue a frame of `type' with the `alen' bytes at `a' and the `blen' bytes at
 * `b' (both copied), as ipc_ring_put() with that `kind'.  Return 0, or -1: a
 * packet was refused, or the link was closed.
 */
int	cluster_link_put(struct cluster_link *l, enum ipc_ring_kind kind,
	    uint8_t type, const void *a, size_t alen, const void *b,
	    size_t blen);

/* linkmsg.c */

/*
 * Handle a whole frame of `type' with `n' bytes of payload at `p', which the
 * other worker may change meanwhile if it is a packet.  Return 0, or -1 when it
 * is malformed.
 */
int	cluster_link_frame(struct cluster_link *l, uint8_t type,
	    const uint8_t *p, size_t n);

/*
 * Send a message, made by ipc_put_NAME() into `w', which is freed, as
 * cluster_link_put(); -1 also if `l' is NULL.
 */
int	cluster_link_send(struct cluster_link *l, enum ipc_ring_kind kind,
	    enum ipc_msg_type type, struct ipc_wr *w);

/* Send the same to all workers. */
void	cluster_link_send_all(struct relay *r, enum ipc_ring_kind kind,
	    enum ipc_msg_type type, struct ipc_wr *w);

/* Count a message that is ignored: no honest worker sends it. */
void	cluster_link_refused(struct cluster_link *l, const char *what);

/*
 * Return 1 if the worker at the other end, or this one, owns the key, else 0
 * (counted).
 */
int	cluster_link_is_theirs(struct cluster_link *l, const uint8_t *key);
int	cluster_link_is_ours(struct cluster_link *l, const uint8_t *key);

/* Return 1 if there can be mesh peers and other nodes, else 0 (counted). */
int	cluster_link_may_mesh(struct cluster_link *l);

/*
 * A link was opened: say if we have watchers, and ask again for what a worker
 * that was succeeded did not answer.
 */
void	cluster_link_greet(struct cluster_link *l);

/* Called at the end of a turn: send what the other side has asked for. */
void	cluster_link_answer(struct cluster_link *l);

/* The link to that worker is lost: all its clients are gone. */
void	cluster_link_lost(struct relay *r, unsigned int worker);

/* linkfar.c */

/*
 * Handle LINK_VIA: the LINK_VIA_HEAD bytes at `head', and a packet of `n' bytes
 * at `p', which the other worker may change meanwhile.  Return 0, or -1 when it
 * is malformed.
 */
int	cluster_link_on_via(struct cluster_link *l, const uint8_t *head,
	    const uint8_t *p, size_t n);

/* Handlers of messages; `arg' is the link. */
int	cluster_link_on_far(void *arg, const struct ipc_msg_link_far *v);
int	cluster_link_on_far_lost(void *arg,
	    const struct ipc_msg_link_far_lost *v);
int	cluster_link_on_far_close(void *arg,
	    const struct ipc_msg_link_far_close *v);

#endif

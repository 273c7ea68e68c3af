/*
 * workerlink: an established DERP connection to a relay: its records, its
 * frames, what waits to be sent, and whether the relay is still there.
 *
 * workernode.c makes a link of a connection that has logged in, and ends it;
 * all others use workernode.h.  A link sends what was queued by one call of
 * worker_link_flush() at the end of a turn, in few records and few calls of
 * send(2).  Times are monotonic milliseconds.
 */
#ifndef WORKERLINK_H
#define WORKERLINK_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "outqueue.h"
#include "record.h"
#include "transport.h"

#define WORKER_SILENCE_MS	120000	/* until a silent relay is given up */
#define WORKER_PING_MS		5000	/* sent, nothing received: ping */
#define WORKER_PONG_MS		5000	/* ... and so long until it ends */
#define WORKER_HEALTH		200	/* bytes of a Health that are kept */

struct worker_link;

/* What a link tells.  All are called from the event loop. */
struct worker_link_ops {
	/*
	 * A packet of `n' bytes (0 to FRAME_MAX_PACKET) from the peer `src'.
	 * The bytes at `p' stay where they are until read_over() has returned,
	 * so that packets can be collected and passed on together; they may be
	 * changed.  `src' does not outlive the call.
	 */
	void	(*packet)(struct worker_link *l,
		    const uint8_t src[FRAME_KEY_LEN], uint8_t *p, size_t n,
		    void *arg);

	/* All packets of one read have been passed on. */
	void	(*read_over)(struct worker_link *l, void *arg);

	/* The peer is not at this relay; `reason' is PEER_GONE_*. */
	void	(*gone)(struct worker_link *l,
		    const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
		    void *arg);

	/* l->health has changed. */
	void	(*health)(struct worker_link *l, void *arg);

	/*
	 * The link has ended, for `why' (one line, which may quote the relay,
	 * printable).  `reconnect_ms' is how long the relay asks clients to
	 * wait, 0: it did not ask.  The callee calls worker_link_end(), or
	 * does so later.
	 */
	void	(*ended)(struct worker_link *l, const char *why,
		    unsigned int reconnect_ms, void *arg);
};

/* Bytes and frames of a link, since its begin. */
struct worker_link_counts {
	uint64_t	 rx_packets, rx_bytes;	/* bytes of packets alone */
	uint64_t	 tx_packets, tx_bytes;
	uint64_t	 rx_ignored;	/* frames that mean nothing here */
};

/*
 * What all links of the process share: buffers of one turn and the expanded
 * keys.  Made once.
 */
struct worker_links;

/* Make it; exits with a message when there is no memory. */
struct worker_links *worker_links_new(struct event_base *base);

/* To be called each second: frees keys that were not used for a while. */
void	 worker_links_tick(struct worker_links *s);

/* Free it; no link may exist any more. */
void	 worker_links_free(struct worker_links *s);

struct worker_link {
	struct worker_links *shared;
	const struct worker_link_ops *ops;
	void		*arg;
	struct worker_outqueue *queue;	/* packets that wait */

	int		 fd;		/* -1: there is no connection */
	struct net_record *rec;		/* records of our own, or */
	struct net_transport tls;	/* libtls (TLS 1.2, LibreSSL) */
	struct event	 readable, writable, timer;

	uint64_t	 since;		/* begin */
	uint64_t	 last_in;	/* anything was received */
	uint64_t	 last_packet;	/* a packet was received or sent */
	uint64_t	 unanswered;	/* the first packet sent since last_in,
					   0: none */
	uint64_t	 pinged;	/* a ping is under way, 0: none */
	char		 health[WORKER_HEALTH]; /* what the relay says is wrong
					   (printable); "": nothing */
	struct worker_link_counts counts;

	uint8_t		*in;		/* cut records, or a cut frame's */
	size_t		 in_len;
	uint8_t		*part;		/* a frame that is cut */
	size_t		 part_len;
	size_t		 skip;		/* bytes of a frame to be skipped */
	uint8_t		*out;		/* what the socket did not take */
	size_t		 out_len, out_done;
	unsigned int	 unsent;	/* upper bound of the kernel's bytes */
	int		 blocked;	/* waits for the socket */
	int		 dead;		/* ended() was called */
};

/*
 * Begin with the connection `t', which has logged in (its records are our own
 * or libtls's) and is the link's from now on, and with the `n' bytes at `p'
 * that came behind the login.  `l' is all zeros but for shared, ops, arg and
 * queue.  Frames among these bytes are handled by the event loop, later.
 * Returns 0, or -1: the connection is closed.
 */
int	 worker_link_begin(struct worker_link *l, struct net_transport *t,
	    const uint8_t *p, size_t n, uint64_t now);

/* Close the connection and free all but the queue.  Call it once. */
void	 worker_link_end(struct worker_link *l);

/* Send what is in the queue, as much as the socket takes. */
void	 worker_link_flush(struct worker_link *l, uint64_t now);

#endif

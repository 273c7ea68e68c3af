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
#define WORKER_UNSENT		(128 * 1024)	/* bytes that the kernel may
						   hold unsent */
#define WORKER_HEALTH		200	/* bytes of a Health that are kept */
#define WORKER_WHY		200	/* bytes of a reason */
#define WORKER_CONTROL		(8 * FRAME_PONG_SIZE)

struct worker_link;

/*
 * What a link tells.  All are called from the event loop; a link must not be
 * ended from within, except from ended().
 */
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
	 * The link has ended for l->why, and sends nothing more.  The callee
	 * calls worker_link_end(), or does so later.
	 */
	void	(*ended)(struct worker_link *l, void *arg);
};

/* Bytes on the heap. */
struct worker_link_bytes {
	uint8_t		*p;
	size_t		 len, size;
};

/* Packets and frames; they go on when a link begins again. */
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

/*
 * Make it, and initialise libtls and the ciphers: before confinement, and once.
 * Exits with a message on failure.
 */
struct worker_links *worker_links_new(struct event_base *base);

/* The cache of expanded keys, for what dials. */
struct net_record_cache *worker_links_records(struct worker_links *s);

/* To be called each second: frees keys that were not used for a while. */
void	 worker_links_tick(struct worker_links *s);

/* Free it; no link may exist any more. */
void	 worker_links_free(struct worker_links *s);

struct worker_link {
	/* Set by the owner. */
	struct worker_links *shared;
	const struct worker_link_ops *ops;
	void		*arg;
	struct worker_outqueue *queue;	/* packets that wait */

	/* To be read by the owner. */
	uint64_t	 since;		/* begin */
	uint64_t	 last_in;	/* anything was received */
	uint64_t	 last_packet;	/* a packet was received or sent */
	struct worker_link_counts counts;
	char		 health[WORKER_HEALTH]; /* what the relay says is wrong
					   (printable); "": nothing */
	char		 why[WORKER_WHY];	/* why it has ended, printable,
					   which may quote the relay; "" */
	unsigned int	 reconnect_ms;	/* how long the relay asks to wait
					   before the next login, 0: not */

	/* Its own. */
	int		 fd;		/* -1: there is no connection */
	struct net_record *rec;		/* records of our own, or */
	struct net_transport *tls;	/* libtls's (TLS 1.2, LibreSSL) */
	struct event	 readable, writable, tick;
	int		 dead;		/* ended() was called, or will be */
	unsigned int	 ticks;

	/* Input. */
	struct worker_link_bytes early;	/* came behind the login */
	struct worker_link_bytes cut;	/* a record that is cut */
	struct worker_link_bytes saved;	/* a frame that is cut, */
	uint8_t		*part;		/* and where it is during a read */
	size_t		 part_len;
	size_t		 skip;		/* bytes of a frame to be skipped */
	unsigned int	 passed;	/* packets of this read */

	/* Output. */
	uint8_t		 control[WORKER_CONTROL];	/* Ping, Pong */
	size_t		 control_len;
	struct worker_link_bytes rest;	/* what the socket did not take */
	size_t		 rest_done;
	uint64_t	 given;		/* bytes that the socket took */
	size_t		 unsent;	/* upper bound of the kernel's bytes */
	int		 blocked;	/* waits for the socket */

	/* Is the relay there? */
	uint64_t	 unanswered;	/* the first packet sent since last_in,
					   0: none */
	uint64_t	 pinged;	/* when the relay was pinged, 0: it has
					   answered */
	uint64_t	 ping_end;	/* `given' with the ping; 0: it waits */
	uint64_t	 acked;		/* bytes, when that was looked at
					   last */
};

/*
 * Begin with the connection `t', which has logged in, and with the `n' bytes at
 * `p' that came behind the login.  `l' is all zeros but for shared, ops, arg,
 * queue and counts.  Records of our own are taken out of `t'; those of libtls
 * stay there, and `t' where it is, until the end of the link, which closes it.
 * Frames among these bytes are handled by the event loop, later.  Returns 0, or
 * -1: the connection is closed.
 */
int	 worker_link_begin(struct worker_link *l, struct net_transport *t,
	    const uint8_t *p, size_t n, uint64_t now);

/* Close the connection and free all but the queue.  Call it once. */
void	 worker_link_end(struct worker_link *l);

/*
 * Send what is in the queue, as much as the socket takes; the rest follows by
 * itself.
 */
void	 worker_link_flush(struct worker_link *l, uint64_t now);

/*
 * Ping the relay now: the network may have changed, or the machine may have
 * slept.  The link ends when no answer comes.
 */
void	 worker_link_probe(struct worker_link *l, uint64_t now);

#endif

/*
 * output: what goes out to the connections of a relay worker: what waits for
 * each, and how it is written.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "frame.h"
#include "queue.h"

struct conn;
struct event;
struct relay;

#define RECORD_SIZE	16384		/* plaintext of a TLS record, at most */

/* What waits to be written to one connection. */
struct relay_output {
	struct buf	 out;		/* what the socket refused */
	struct buf	 ctl;		/* our own frames, before all packets */
	struct queue	 queue;
	struct event	*ev_write;	/* made when first blocked */
	TAILQ_ENTRY(conn) dirty;	/* on outputs.dirty */
	unsigned int	 outq;		/* bytes unacknowledged at last look */
	unsigned int	 unsent;	/* bytes in the kernel, at most */
	unsigned int	 is_dirty:1, want_write:1, woken:1, overflow:1;
	uint64_t	 src_gen;	/* last_src noted, while this fits */
	uint8_t		 last_src[FRAME_KEY_LEN];
};

/* Of all connections of a worker. */
struct relay_outputs {
	TAILQ_HEAD(, conn) dirty;	/* output that the turn writes */
	size_t		 ctl_memory;	/* bytes of the own frames of all */
	struct conn	*staging;	/* whose records go to the stage */
	size_t		 stage_len;
	size_t		 fresh_bytes;	/* queued since the last flush */
};

/* It has something to send at the end of this round. */
void	conn_dirty(struct conn *c);

/*
 * Append the `n' DERP bytes at `p' before all packets: our own frames.  With
 * too many waiting, the connection is closed at the end of the turn.
 */
void	conn_send(struct conn *c, const void *p, size_t n);

/*
 * Write `n' bytes that are not DERP: HTTP replies, WebSocket control frames.
 * With too many waiting, the connection is closed at the end of the turn.
 */
void	conn_write(struct conn *c, const void *p, size_t n);

/*
 * Write an HTTP reply, `n' bytes of head and `m' of body, with one system call
 * if nothing waits before it.  May close the connection.
 */
void	conn_reply(struct conn *c, const void *head, size_t n,
	    const void *body, size_t m);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' as RecvPacket; the
 * oldest are dropped for it if need be.
 */
void	conn_enqueue(struct conn *c, const uint8_t src[FRAME_KEY_LEN],
	    const uint8_t *p, size_t n);

/* Free what waits to be written, but for packets. */
void	output_free(struct conn *c);

/* Count the packet that the queue of the connection `arg' gave up. */
void	output_dropped(struct pkt *p, void *arg);

/*
 * Write what the socket takes for every dirty connection.  Handles no input
 * and frees nothing; never called while input is being handled.
 */
void	output_flush(struct relay *r);

/*
 * The same if much has been queued since the last time: packets are still in
 * the cache of the CPU if they go out soon.  Between two pieces of input.
 */
void	output_relieve(struct relay *r);

/*
 * Take `n' bytes for the wire (copied), from libtls or of a plain connection.
 * 0, or -1 when too many wait or there is no memory.
 */
int	output_raw(struct conn *c, const void *p, size_t n);

#endif

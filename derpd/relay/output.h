/*
 * output: what goes out to the connections of a relay worker: what waits for
 * each, and how it is written.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "frame.h"
#include "queue.h"
#include "session.h"

struct event;
struct relay;
struct relay_conn;

#define OUTPUT_BATCH	(64 * 1024)	/* plaintext gathered at once */
#define OUTPUT_BATCH_MAX (OUTPUT_BATCH + PONGS_MAX * FRAME_PONG_SIZE + \
			    FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_MAX_PACKET)
#define OUTPUT_STAGE	(OUTPUT_BATCH_MAX + 16 * 1024) /* and overhead */
#define OUTPUT_LEVELS	14		/* of own frames: 16 KiB to 128 MiB */

/* How bytes leave; output_sock.c has that for sockets. */
struct relay_output_ops {
	/* Encrypt `n' bytes for relay_output_raw().  0, or -1: to be closed. */
	int	(*encrypt)(struct relay_conn *c, const uint8_t *p, size_t n);
	/* As send(2): the bytes that were taken, or -1 and errno. */
	ssize_t	(*send)(struct relay_conn *c, const void *p, size_t n);
	/* Bytes that wait in the kernel; 0 where that can't be known. */
	unsigned int (*unsent)(struct relay_conn *c);
	/* Bytes that the client has not acknowledged; likewise. */
	unsigned int (*unacked)(struct relay_conn *c);
	/*
	 * Call relay_output_ready() when more can be sent, or
	 * relay_output_overdue() after `ms' milliseconds (0: never).  0, or
	 * -1 without memory.
	 */
	int	(*wait)(struct relay_conn *c, unsigned int ms);
	/* The stream is over: its last record, to relay_output_raw(). */
	void	(*end)(struct relay_conn *c);
	/* All is sent, that record too: only read from now on.  0 or -1. */
	int	(*shut)(struct relay_conn *c);
};

/* What waits to be written to one connection. */
struct relay_output {
	struct relay_buf	 out;		/* what the socket refused */
	struct relay_buf	 ctl;		/* our own frames, before all
						   packets */
	struct derp_queue	 queue;
	struct event		*ev_write;	/* made when first blocked */
	TAILQ_ENTRY(relay_conn) dirty;		/* on outputs.dirty */
	TAILQ_ENTRY(relay_conn) holder;		/* in `held_in' */
	struct relay_output_holders *held_in;	/* by size of ctl; NULL none */
	unsigned int		 outq;		/* bytes unacknowledged at last
						   look */
	unsigned int		 unsent;	/* bytes in the kernel, at
						   most */
	unsigned int		 is_dirty:1, want_write:1, woken:1, overflow:1;
	uint64_t		 src_gen;	/* last_src noted, while this
						   fits */
	uint8_t			 last_src[FRAME_KEY_LEN];
};

TAILQ_HEAD(relay_output_holders, relay_conn);

/* Of all connections of a worker. */
struct relay_outputs {
	const struct relay_output_ops *ops;
	TAILQ_HEAD(, relay_conn) dirty;	/* output that the turn writes */
	size_t		 ctl_memory;	/* bytes of the own frames of all */
	/* whose own frames take 16 KiB or more, by that: clients, mesh peers */
	struct relay_output_holders holders[2][OUTPUT_LEVELS];
	struct relay_conn	*staging;	/* whose records go to the
						   stage */
	size_t			 stage_len;
	size_t			 fresh_bytes;	/* queued since the last
						   flush */

	/* of one connection at a time, within its flush */
	uint8_t		 batch[OUTPUT_BATCH_MAX];
	uint8_t		 stage[OUTPUT_STAGE];
};

/* Set up `o', all zero; `ops' is static. */
void	relay_outputs_init(struct relay_outputs *o,
	    const struct relay_output_ops *ops);

/* The way of output to sockets by TLS. */
extern const struct relay_output_ops relay_output_sock;

/* It has something to send at the end of this round. */
void	relay_conn_dirty(struct relay_conn *c);

/*
 * Append the `n' DERP bytes at `p' before all packets: our own frames.  With
 * too many waiting, the connection is closed at the end of the turn.  When all
 * connections together have too many, those that have most are.
 */
void	relay_conn_send(struct relay_conn *c, const void *p, size_t n);

/*
 * Write `n' bytes that are not DERP: HTTP replies, WebSocket control frames.
 * With too many waiting, the connection is closed at the end of the turn.
 */
void	relay_conn_write(struct relay_conn *c, const void *p, size_t n);

/*
 * Write an HTTP reply, `n' bytes of head and `m' of body, with one system call
 * if nothing waits before it.  May close the connection.
 */
void	relay_conn_reply(struct relay_conn *c, const void *head, size_t n,
	    const void *body, size_t m);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' as RecvPacket; the
 * oldest are dropped for it if need be.
 */
void	relay_conn_enqueue(struct relay_conn *c,
	    const uint8_t src[FRAME_KEY_LEN], const uint8_t *p, size_t n);

/* Free what waits to be written, but for packets. */
void	relay_output_free(struct relay_conn *c);

/* Count the packet that the queue of the connection `arg' gave up. */
void	relay_output_dropped(struct derp_pkt *p, void *arg);

/*
 * Write what the socket takes for every dirty connection.  Handles no input
 * and frees nothing; never called while input is being handled.
 */
void	relay_output_flush(struct relay *r);

/*
 * The same if much has been queued since the last time: packets are still in
 * the cache of the CPU if they go out soon.  Between two pieces of input.
 */
void	relay_output_relieve(struct relay *r);

/*
 * Take `n' bytes for the wire (copied), from libtls or of a plain connection.
 * 0, or -1 when too many wait or there is no memory.
 */
int	relay_output_raw(struct relay_conn *c, const void *p, size_t n);

/* More can be sent to the connection. */
void	relay_output_ready(struct relay_conn *c);

/* The time of the write deadline is over. */
void	relay_output_overdue(struct relay_conn *c);

#endif

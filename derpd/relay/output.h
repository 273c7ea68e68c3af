/*
 * output: the pending output of the connections of a relay worker, and how it
 * is written.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "frame.h"
#include "queue.h"
#include "session.h"

struct event;
struct relay;
struct relay_conn;

#define OUTPUT_BATCH	(64 * 1024)	/* plaintext of one batch */
#define OUTPUT_BATCH_MAX (OUTPUT_BATCH + PONGS_MAX * FRAME_PONG_SIZE + \
			    FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_MAX_PACKET)
#define OUTPUT_STAGE	(OUTPUT_BATCH_MAX + 16 * 1024) /* and overhead */
#define OUTPUT_PIECES	256		/* pieces of a batch */
#define OUTPUT_LEVELS	14		/* of own frames: 16 KiB to 128 MiB */

/* Call-backs for sending; output_sock.c implements them for sockets. */
struct relay_output_ops {
	/* Encrypt `n' bytes for relay_output_raw().  0, or -1: close it. */
	int	(*encrypt)(struct relay_conn *c, const uint8_t *p, size_t n);
	/*
	 * Encrypt `cnt' pieces, `n' bytes in all, directly from their place to
	 * relay_output_stage().  NULL if not supported.  Return 0, -1 (close
	 * it), or 1: not supported for this connection.
	 */
	int	(*encrypt_pieces)(struct relay_conn *c, const struct iovec *v,
		    size_t cnt, size_t n);
	/* Return 1 if encrypt() must add a record even without data, else 0. */
	int	(*owes)(const struct relay_conn *c);
	/* As send(2): the number of bytes accepted, or -1 and errno. */
	ssize_t	(*send)(struct relay_conn *c, const void *p, size_t n);
	/* Return the unsent bytes in the kernel; 0 if unknown. */
	unsigned int (*unsent)(struct relay_conn *c);
	/*
	 * Return the bytes that the client has not acknowledged; 0 if unknown.
	 */
	unsigned int (*unacked)(struct relay_conn *c);
	/*
	 * Call relay_output_ready() when more can be sent, or
	 * relay_output_overdue() after `ms' milliseconds (0: never).  Return 0,
	 * or -1 without memory.
	 */
	int	(*wait)(struct relay_conn *c, unsigned int ms);
	/* Pass the last record of the stream to relay_output_raw(). */
	void	(*end)(struct relay_conn *c);
	/* Shut down sending, after the last record.  Return 0 or -1. */
	int	(*shut)(struct relay_conn *c);
};

/* The pending output of one connection. */
struct relay_output {
	struct relay_buf	 out;		/* refused by the socket */
	struct relay_buf	 ctl;	/* own frames, before all packets */
	struct derp_queue	*queue;	/* NULL: no packet waits */
	struct event		*ev_write;	/* while it waits, else NULL */
	TAILQ_ENTRY(relay_conn) dirty;		/* on outputs.dirty */
	TAILQ_ENTRY(relay_conn) holder;		/* entry of `held_in' */
	struct relay_output_holders *held_in;	/* by size of ctl; NULL: none */
	/* unacknowledged bytes at the last query */
	unsigned int		 outq;
	/* unsent bytes in the kernel, an upper bound */
	unsigned int		 unsent;
	unsigned int		 is_dirty:1, want_write:1, woken:1, overflow:1;
	/* last_src is recorded while this is current */
	uint64_t		 src_gen;
	uint8_t			 last_src[FRAME_KEY_LEN];
};

TAILQ_HEAD(relay_output_holders, relay_conn);

/* The output state of a worker. */
struct relay_outputs {
	const struct relay_output_ops *ops;
	TAILQ_HEAD(, relay_conn) dirty;	/* output for this turn */
	size_t		 ctl_memory; /* own frames of all connections, bytes */
	/* by memory of own frames, from 16 KiB on: clients, mesh peers */
	struct relay_output_holders holders[2][OUTPUT_LEVELS];
	struct relay_conn	*staging; /* records are written to the stage */
	size_t			 stage_len;
	size_t			 fresh_bytes; /* queued since the last flush */

	/* of one connection at a time, within its flush */
	struct iovec	 pieces[OUTPUT_PIECES];
	struct derp_pkt	*packets[OUTPUT_PIECES]; /* packets of the pieces */
	size_t		 npieces, npackets;
	uint8_t		 batch[OUTPUT_BATCH_MAX];
	uint8_t		 stage[OUTPUT_STAGE];
};

/* Initialize `o', which is all zero; `ops' is static. */
void	relay_outputs_init(struct relay_outputs *o,
	    const struct relay_output_ops *ops);

/* The call-backs for sockets, with TLS or plain. */
extern const struct relay_output_ops relay_output_sock;

/* The connection has output for the end of this turn. */
void	relay_conn_dirty(struct relay_conn *c);

/*
 * Append the `n' DERP bytes at `p', own frames, before all packets.  A
 * connection with too many is closed at the end of the turn.  When all
 * connections together have too many, those with most are closed.
 */
void	relay_conn_send(struct relay_conn *c, const void *p, size_t n);

/*
 * The same, but behind the first `at' bytes of own frames that still wait, and
 * before all others.
 */
void	relay_conn_send_at(struct relay_conn *c, size_t at, const void *p,
	    size_t n);

/*
 * Write `n' bytes that are not DERP: HTTP replies, WebSocket control frames.  A
 * connection with too many is closed at the end of the turn.
 */
void	relay_conn_write(struct relay_conn *c, const void *p, size_t n);

/*
 * Write an HTTP reply, `n' bytes of head and `m' of body, with one system call
 * if no other output is pending.  May close the connection.
 */
void	relay_conn_reply(struct relay_conn *c, const void *head, size_t n,
	    const void *body, size_t m);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' as RecvPacket; the
 * oldest packets are dropped if necessary.
 */
void	relay_conn_enqueue(struct relay_conn *c,
	    const uint8_t src[FRAME_KEY_LEN], const uint8_t *p, size_t n);

/* Free the pending output, after `drop' with `arg' for each packet. */
void	relay_output_free(struct relay_conn *c, derp_queue_drop_cb drop,
	    void *arg);

/* Free the queue if it is idle.  Called after a flush, and every minute. */
void	relay_output_rest(struct relay_conn *c);

/* Count a packet that the queue of the connection `arg' dropped. */
void	relay_output_dropped(struct derp_pkt *p, void *arg);

/*
 * Write what the socket accepts for every dirty connection.  Handles no input
 * and frees nothing; never called while input is being handled.
 */
void	relay_output_flush(struct relay *r);

/*
 * Flush if much has been queued since the last flush: packets sent soon are
 * still in the CPU's cache.  Called between two pieces of input.
 */
void	relay_output_relieve(struct relay *r);

/*
 * Append `n' bytes for the wire (copied), from libtls or of a plain connection.
 * Return 0, or -1 when too many wait or there is no memory.
 */
int	relay_output_raw(struct relay_conn *c, const void *p, size_t n);

/*
 * relay_output_stage() returns room for `n' bytes of records of the batch that
 * is being encrypted, or NULL; relay_output_staged() reports that `n' bytes
 * were written there.
 */
uint8_t	*relay_output_stage(struct relay_conn *c, size_t n);
void	relay_output_staged(struct relay_conn *c, size_t n);

/* More can be sent to the connection. */
void	relay_output_ready(struct relay_conn *c);

/* The write deadline has passed. */
void	relay_output_overdue(struct relay_conn *c);

#endif

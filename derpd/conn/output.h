/*
 * output: the pending output of connections, and how it is written.
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

struct event;
struct conn_set;
struct conn;

#define CONN_RECORD_SIZE 16384	/* maximum plaintext of a TLS record */

#define OUTPUT_BATCH	(64 * 1024)	/* plaintext of one batch, about */
#define OUTPUT_MORE	(FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME_MAX_PACKET + \
			    1024)	/* beyond it: a packet, and pongs */
#define OUTPUT_BATCH_MAX (OUTPUT_BATCH + OUTPUT_MORE)
#define OUTPUT_STAGE	(OUTPUT_BATCH_MAX + 16 * 1024) /* and overhead */
#define OUTPUT_PIECES	256		/* pieces of a batch */
#define OUTPUT_LEVELS	14		/* of own frames: 16 KiB to 128 MiB */

/* Call-backs of the socket, in output_sock.c; tests have others. */
struct conn_output_ops {
	/* As send(2): the number of bytes accepted, or -1 and errno. */
	ssize_t	(*send)(struct conn *c, const void *p, size_t n);
	/* Return the unsent bytes in the kernel; 0 if unknown. */
	unsigned int (*unsent)(struct conn *c);
	/*
	 * Return the bytes that the client has not acknowledged; 0 if unknown.
	 */
	unsigned int (*unacked)(struct conn *c);
	/*
	 * Call conn_output_ready() when more can be sent, or
	 * conn_output_overdue() after `ms' milliseconds (0: never).  Return 0,
	 * or -1 without memory.
	 */
	int	(*wait)(struct conn *c, unsigned int ms);
	/* Shut down sending, after the last record.  Return 0 or -1. */
	int	(*shut)(struct conn *c);
};

/* The pending output of one connection. */
struct conn_output {
	struct conn_buf	 out;		/* refused by the socket */
	struct conn_buf	 ctl;	/* own frames, before all packets */
	struct event		*ev_write;	/* while it waits, else NULL */
	TAILQ_ENTRY(conn) dirty;		/* on outputs.dirty */
	TAILQ_ENTRY(conn) holder;		/* entry of `held_in' */
	struct conn_output_holders *held_in;	/* by size of ctl; NULL: none */
	/* unacknowledged bytes at the last query */
	unsigned int		 outq;
	/* unsent bytes in the kernel, an upper bound */
	unsigned int		 unsent;
	unsigned int		 is_dirty:1, want_write:1, woken:1, overflow:1;
};

TAILQ_HEAD(conn_output_holders, conn);

/* The output state that connections share. */
struct conn_outputs {
	const struct conn_output_ops *ops;
	TAILQ_HEAD(, conn) dirty;	/* output for this turn */
	size_t		 ctl_memory; /* own frames of all connections, bytes */
	/* by memory of own frames, from 16 KiB on: clients, mesh peers */
	struct conn_output_holders holders[2][OUTPUT_LEVELS];
	struct conn	*staging; /* records are written to the stage */
	size_t			 stage_len;
	size_t			 fresh_bytes; /* queued since the last flush */

	/* of one connection at a time, within its flush */
	struct iovec	 pieces[OUTPUT_PIECES];
	size_t		 npieces;
	uint8_t		 batch[OUTPUT_BATCH_MAX];
	uint8_t		 stage[OUTPUT_STAGE];
};

/* Initialize `o', which is all zero; `ops' is static. */
void	conn_outputs_init(struct conn_outputs *o,
	    const struct conn_output_ops *ops);

/* The call-backs for sockets. */
extern const struct conn_output_ops conn_output_sock;

/* The connection has output for the end of this turn. */
void	conn_dirty(struct conn *c);

/*
 * Append the `n' DERP bytes at `p', own frames, before all packets.  A
 * connection with too many is closed at the end of the turn.  When all
 * connections together have too many, those with most are closed.
 */
void	conn_send(struct conn *c, const void *p, size_t n);

/* The same, but ahead of all own frames that still wait. */
void	conn_send_first(struct conn *c, const void *p, size_t n);

/*
 * Write `n' bytes that are not DERP: HTTP replies, WebSocket control frames.  A
 * connection with too many is closed at the end of the turn.
 */
void	conn_write(struct conn *c, const void *p, size_t n);

/*
 * Write an HTTP reply, `n' bytes of head and `m' of body, with one system call
 * if no other output is pending.  May close the connection.
 */
void	conn_reply(struct conn *c, const void *head, size_t n,
	    const void *body, size_t m);

/*
 * Append the `n' bytes at `p' to the batch, in place; for ops->gather(), at
 * most OUTPUT_PIECES.
 */
void	conn_output_piece(struct conn_set *s, void *p, size_t n);

/*
 * Copy the pieces of the batch together; return the bytes, valid until the next
 * batch.
 */
const uint8_t *conn_output_flatten(struct conn_set *s);

/* Free the pending output. */
void	conn_output_free(struct conn *c);

/* The connection leaves: no more output. */
void	conn_output_end(struct conn *c);

/*
 * Write what the socket accepts for every dirty connection.  Handles no input
 * and frees nothing; never called while input is being handled.
 */
void	conn_output_flush(struct conn_set *s);

/*
 * Flush if much has been queued since the last flush: packets sent soon are
 * still in the CPU's cache.  Called between two pieces of input.
 */
void	conn_output_relieve(struct conn_set *s);

/*
 * Append `n' bytes for the wire (copied), from libtls or of a plain connection.
 * Return 0, or -1 when too many wait or there is no memory.
 */
int	conn_output_raw(struct conn *c, const void *p, size_t n);

/*
 * conn_output_stage() returns room for `n' bytes of records of the batch that
 * is being encrypted, or NULL; conn_output_staged() reports that `n' bytes
 * were written there.
 */
uint8_t	*conn_output_stage(struct conn *c, size_t n);
void	conn_output_staged(struct conn *c, size_t n);

/* More can be sent to the connection. */
void	conn_output_ready(struct conn *c);

/* The write deadline has passed. */
void	conn_output_overdue(struct conn *c);

#endif

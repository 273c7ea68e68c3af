/*
 * input: input of connections, and the reasons to pause it.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "record.h"

struct conn;
struct conn_set;

#define CONN_IN_SIZE	(128 * 1024)	/* one recv */
#define IN_CUT		NET_RECORD_WIRE	/* bytes of a partial record */

/* Reasons to pause input; bits. */
#define PAUSE_LOGIN	0x01	/* the login is not complete */
#define PAUSE_KEYS	0x02	/* no signer */
#define PAUSE_RATE	0x04	/* above its receive rate */
#define PAUSE_GROUP	0x08	/* its group is above its rate */
#define PAUSE_DRAIN	0x10	/* the connection ends */
#define PAUSE_BODY	0x20	/* the previous answer is being sent */
#define PAUSE_TURN	0x40	/* resumed: queued for the turn */
#define PAUSE_NEXT	0x80	/* continues in the next turn */
#define PAUSE_PUMP	0x100	/* the session reads slowly */
#define PAUSE_LIST	0x200	/* the answer is being made */
#define PAUSE_NEWS	0x400	/* what a node says waits for a worker */
#define PAUSE_HOLD	0x800	/* by conn_hold() */

/* Bytes that are not processed yet. */
struct conn_cursor {
	uint8_t	*p;
	size_t	 n;
};

/* Input of a client that was not handled yet. */
struct conn_input {
	struct conn_cursor	*src;	/* ciphertext, within conn_records() */
	struct conn_buf		 held;	/* ciphertext kept while paused */
	struct conn_buf		 pend;	/* plaintext kept while paused */
	/* bytes to discard before the end */
	uint32_t		 linger_left;
};

/*
 * Pause input for the reasons `why' (PAUSE_*), or remove these reasons.  When
 * none is left, the connection is queued for conn_work(), and its input is
 * handled only there.
 */
void	conn_pause(struct conn *c, unsigned int why);
void	conn_resume(struct conn *c, unsigned int why);

/* Continue with the input in the next turn, after other clients. */
void	conn_next_turn(struct conn *c);

/*
 * For ops->may_read(): read nothing from the connection, in whatever state it
 * is, until conn_unhold() of all.
 */
void	conn_hold(struct conn *c);
void	conn_unhold(struct conn_set *s);

/* Handle kept input of the connections that were resumed. */
void	conn_work(struct conn_set *s);

/*
 * For ops->work(): read the socket again, and handle kept plaintext.  If the
 * connection is paused again, the rest is kept.
 */
void	conn_work_plain(struct conn *c);

/* For ops->work(): handle kept ciphertext, also if there is none. */
void	conn_work_records(struct conn *c);

/*
 * Handle the `n' bytes of plaintext at `p' by ops->input(), and keep the rest
 * if the connection is paused.  Return the bytes consumed: fewer when the
 * stream is wrapped from now on.
 */
size_t	conn_feed(struct conn *c, const uint8_t *p, size_t n);

/*
 * Handle the `n' bytes of plaintext at `p'.  All are consumed; the connection
 * may be closed afterwards.
 */
void	conn_plain(struct conn *c, const uint8_t *p, size_t n);

/*
 * Read the connection's socket once and handle what came.  Called when the
 * socket is readable, and by timers.
 */
void	conn_input_read(struct conn *c);

/* Prepare to read from the connection. */
void	conn_input_assign(struct conn *c);

/* Start to read from the connection.  Return 0, or -1 without memory. */
int	conn_input_begin(struct conn *c);

/* Stop reading and remove the connection from the queues of input. */
void	conn_input_end(struct conn *c);

/* Free the input that is kept. */
void	conn_input_free(struct conn *c);

#endif

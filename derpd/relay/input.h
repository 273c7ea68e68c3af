/*
 * input: input of clients of a relay worker, and the reasons to pause it.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "record.h"

struct relay;
struct relay_conn;
struct relay_cursor;

#define RELAY_IN_SIZE	(128 * 1024)	/* one recv */
#define IN_CUT		NET_RECORD_WIRE	/* bytes of a partial record */

/* Reasons to pause input; bits. */
#define PAUSE_LOGIN	0x01	/* keys or admission has not answered */
#define PAUSE_KEYS	0x02	/* no keys process to sign with */
#define PAUSE_RATE	0x04	/* above its receive rate */
#define PAUSE_PUMP	0x08	/* the session reads slowly */
#define PAUSE_DRAIN	0x10	/* the connection ends */
#define PAUSE_BODY	0x20	/* the previous answer is being sent */
#define PAUSE_TURN	0x40	/* resumed: queued for the turn */
#define PAUSE_NEXT	0x80	/* continues in the next turn */

/* conn.shaking: what r->shaking holds the connection for. */
#define SHAKE_HELLO	1	/* a handshake, counted in r->nshaking */
#define SHAKE_REQUEST	2	/* requests */

/* Input of a client that was not handled yet. */
struct relay_input {
	/* ciphertext, within relay_tlsio_pump() */
	struct relay_cursor	*src;
	struct relay_buf	 held;	/* ciphertext kept while paused */
	struct relay_buf	 pend;	/* plaintext kept while paused */
	/* bytes to discard before the end */
	uint32_t		 linger_left;
};

/*
 * Pause input for the reasons `why' (PAUSE_*), or remove these reasons.  When
 * none is left, the connection is queued for relay_conn_work(), and its input
 * is handled only there.
 */
void	relay_conn_pause(struct relay_conn *c, unsigned int why);
void	relay_conn_resume(struct relay_conn *c, unsigned int why);

/* Handle kept input of the connections that were resumed. */
void	relay_conn_work(struct relay *r);

/* Continue handshakes whose input is whole, for a few milliseconds. */
void	relay_conn_shake(struct relay *r);

/*
 * Handle the `n' bytes of plaintext at `p' by the connection's state.  All are
 * consumed; the connection may be closed afterwards.
 */
void	relay_conn_input(struct relay_conn *c, const uint8_t *p, size_t n);

/*
 * Handle DERP bytes of WebSocket messages; a web_ws_data_cb, `arg' is the
 * connection.  Return 0, or -1: it is closed.
 */
int	relay_conn_ws_data(const uint8_t *p, size_t n, void *arg);

/*
 * Read the connection's socket once and handle what came.  Called when the
 * socket is readable, and by beat.c.
 */
void	relay_input_read(struct relay_conn *c);

/* Prepare to read from the connection, which is paused. */
void	relay_input_assign(struct relay_conn *c);

/* Start to read from the connection.  Return 0, or -1 without memory. */
int	relay_input_begin(struct relay_conn *c);

/* Stop reading and remove the connection from the queues of input. */
void	relay_input_end(struct relay_conn *c);

/* Free the input that is kept. */
void	relay_input_free(struct relay_conn *c);

#endif

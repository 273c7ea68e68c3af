/*
 * input: what clients of a relay worker send, and why it may be held back.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "hello.h"

struct relay;
struct relay_conn;
struct relay_cursor;

#define RELAY_IN_SIZE	(128 * 1024)	/* one recv */

/* Why input is held back; bits. */
#define PAUSE_LOGIN	0x01	/* keys or admission has not answered */
#define PAUSE_KEYS	0x02	/* no keys process to sign for us */
#define PAUSE_RATE	0x04	/* over its receive rate */
#define PAUSE_STATS	0x08	/* the answer needs the other workers */
#define PAUSE_DRAIN	0x10	/* nothing more is wanted */
#define PAUSE_BODY	0x20	/* the answer before is still going out */
#define PAUSE_TURN	0x40	/* resumed: the turn has yet to handle it */
#define PAUSE_NEXT	0x80	/* goes on in the next turn */

/* conn.shaking: what waits in r->shaking. */
#define SHAKE_HELLO	1	/* a handshake: one of r->nshaking */
#define SHAKE_REQUEST	2	/* requests */

/* What came from a client and has yet to be handled. */
struct relay_input {
	struct relay_cursor	*src;		/* ciphertext, within
						   relay_tlsio_pump() */
	struct relay_buf	 held;		/* ciphertext not decrypted:
						   paused */
	struct relay_buf	 pend;		/* plaintext not looked at:
						   paused */
	struct relay_hello_state hello;		/* how far `held' was looked
						   at */
	uint32_t		 linger_left;	/* bytes to pass over before its
						   end */
};

/*
 * Hold input back for the reasons `why' (PAUSE_*), or let it go on when none is
 * left: it is then queued for relay_conn_work(), and handled there and nowhere
 * else.
 */
void	relay_conn_pause(struct relay_conn *c, unsigned int why);
void	relay_conn_resume(struct relay_conn *c, unsigned int why);

/* Handle what was held of the connections that were resumed. */
void	relay_conn_work(struct relay *r);

/* Go on with handshakes for which all has come, for a few milliseconds. */
void	relay_conn_shake(struct relay *r);

/*
 * Handle the `n' bytes of plaintext at `p' as the connection's state says.  All
 * are taken; it may be closed afterwards.
 */
void	relay_conn_input(struct relay_conn *c, const uint8_t *p, size_t n);

/*
 * The same for DERP bytes out of WebSocket messages; a web_ws_data_cb, `arg' is
 * the connection.  0, or -1: it is closed.
 */
int	relay_conn_ws_data(const uint8_t *p, size_t n, void *arg);

/* Read from the connection from now on.  0, or -1 without memory. */
int	relay_input_begin(struct relay_conn *c);

/* The connection ends: it is read no more, and waits for no turn. */
void	relay_input_end(struct relay_conn *c);

/* Free the bytes that are kept. */
void	relay_input_free(struct relay_conn *c);

#endif

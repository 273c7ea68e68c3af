/*
 * pump: a client whose records or WebSocket stay with libtls and libwslay
 * while its session is elsewhere: plain DERP goes over a pair of sockets.
 */
#ifndef PUMP_H
#define PUMP_H

#include <stddef.h>
#include <stdint.h>

struct front_conn;
struct front_pump;

/*
 * Make the pair and keep one end, for a connection that becomes CONN_PUMP.
 * Return the other end, for the session, or -1 and errno.
 */
int	front_pump_begin(struct front_conn *c);

/*
 * Pass the `n' DERP bytes at `p' from the client to the session.  Return how
 * many went; with fewer, input is paused (PAUSE_PUMP) until the session has
 * read.
 */
size_t	front_pump_input(struct front_conn *c, const uint8_t *p, size_t n);

/* Return 1 if bytes for the client may wait in the pair, else 0. */
int	front_pump_pending(const struct front_conn *c);

/*
 * Read bytes for the client, at most about `max', to `dst' of OUTPUT_BATCH
 * bytes.  Return how many, 0 when none are there.  At the end of the session
 * the connection drains.
 */
size_t	front_pump_read(struct front_conn *c, uint8_t *dst, size_t max);

/* End the session's stream, if it has not ended, and free the state. */
void	front_pump_free(struct front_conn *c);

#endif

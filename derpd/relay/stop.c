/*
 * stop: see stop.h.  Called by relay.c.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "frame.h"
#include "messages.h"
#include "move.h"
#include "relay.h"
#include "stop.h"

#define RECONNECT_MS	1000	/* Restarting: when to reconnect */
#define RECONNECT_TRY_MS 30000	/* how long to try */
#define STOP_POLL_MS	50

/* Exit when all output is sent or the time is over. */
static void
stop_poll(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	struct conn *c;

	(void)fd;
	(void)what;
	/*
	 * Lingering connections count: the client may still send, and to close
	 * now would send a reset, which may overtake our last output.
	 */
	if (base_clock_us() < r->stop_us)
		TAILQ_FOREACH(c, &r->set.conns, entry)
			if (!c->dead && c->state == CONN_DRAIN)
				return;
	exit(0);
}

int
relay_stop_message(void *arg, const struct ipc_msg_stop *v)
{
	struct relay *r = arg;
	uint8_t frame[FRAME_RESTARTING_SIZE];
	struct timeval tv = { 0, STOP_POLL_MS * 1000 };
	struct conn *c;
	size_t n;

	if (r->stopping)
		return (0);
	r->stopping = 1;
	/* Sessions that have yet to go on could not be told. */
	move_take_rest(r);
	r->stop_us = r->set.now_us + (uint64_t)v->ms * 1000;
	n = net_frame_put_restarting(frame, RECONNECT_MS, RECONNECT_TRY_MS);
	TAILQ_FOREACH(c, &r->set.conns, entry) {
		if (c->state == CONN_DRAIN)
			continue;
		if (c->state != CONN_UP) {
			conn_close(c, "stopping");
			continue;
		}
		/* The node of a link is no client. */
		if (relay_conn_of(c)->node == NULL)
			conn_send(c, frame, n);
		conn_drain(c);
	}
	r->ev_stop = event_new(r->set.base, -1, EV_PERSIST, stop_poll, r);
	if (r->ev_stop == NULL || event_add(r->ev_stop, &tv) == -1)
		exit(0);
	return (0);
}

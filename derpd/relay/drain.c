/*
 * drain: see drain.h.  Called by relay.c, adopt.c and relayconn.c.
 *
 * Restarting tells the client to go elsewhere at once: reconnect in 0, try for
 * 0.  Tailscale's client reads it and does nothing.  What moves that one is
 * that its connection ends while the port is closed (derpd/parent/drain.c): it
 * dials the next node of the region, or looks for another home.
 */
#include <event2/event.h>
#include <sodium.h>
#include <string.h>

#include "conn.h"
#include "drain.h"
#include "frame.h"
#include "ipcsend.h"
#include "log.h"
#include "relay.h"

#define PIECE	1024		/* connections in a turn */

static uint64_t
now_ms(const struct relay *r)
{
	return (r->set.now_us / 1000);
}

int
relay_drain_on(const struct relay *r)
{
	return (r->drain.plan.on);
}

/* Set the time of the next wave. */
static void
wait_for_wave(struct relay *r)
{
	unsigned int ms = relay_drain_plan_pause(&r->drain.plan, now_ms(r));
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (event_add(r->drain.ev, &tv) == -1)
		fatal("can't wait for the next wave of a drain (event_add)");
}

/* Begin a wave, unless the one before is not over. */
static void
wave(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	struct relay_drain *d = &r->drain;

	(void)fd;
	(void)what;
	conn_clock(&r->set);
	wait_for_wave(r);
	if (d->walking)
		return;
	d->walking = 1;
	d->left = 0;
	d->place = relay_drain_plan_place(&d->plan, now_ms(r));
	relay_walk_begin(&d->walk, &r->set);
}

static void
end(struct relay *r)
{
	event_del(r->drain.ev);
	r->drain.plan.on = 0;
	r->drain.walking = 0;
	memset(&r->drain.walk, 0, sizeof(r->drain.walk));
}

int
relay_drain_message(void *arg, const struct ipc_msg_relay_drain *v)
{
	struct relay *r = arg;
	struct relay_drain *d = &r->drain;

	if (d->ev == NULL &&
	    (d->ev = evtimer_new(r->set.base, wave, r)) == NULL)
		fatal("can't drain (event_new)");
	conn_clock(&r->set);
	if (v->ms == 0) {
		end(r);
		return (0);
	}
	if (!d->plan.on) {
		randombytes_buf(d->secret, sizeof(d->secret));
		d->told = -1;
	}
	relay_drain_plan_set(&d->plan, now_ms(r), v->ms);
	wait_for_wave(r);
	return (0);
}

void
relay_drain_leave(struct relay_conn *c)
{
	relay_walk_leave(&c->r->drain.walk, &c->conn);
}

/* The place of a key: connections of one have the same. */
static uint64_t
place_of(const struct relay_drain *d, const uint8_t key[FRAME_KEY_LEN])
{
	uint8_t h[crypto_shorthash_BYTES];
	uint32_t place;

	crypto_shorthash(h, key, FRAME_KEY_LEN, d->secret);
	memcpy(&place, h, sizeof(place));
	return (place);
}

/* A client: close it when its time has come. */
static void
look_at(struct relay *r, struct relay_conn *c)
{
	uint8_t frame[FRAME_RESTARTING_SIZE];
	size_t n;

	r->drain.left++;
	/* One that is not logged in yet is closed by the next wave. */
	if (c->conn.state != CONN_UP ||
	    place_of(&r->drain, c->session.key) >= r->drain.place)
		return;
	n = net_frame_put_restarting(frame, 0, 0);
	conn_send(&c->conn, frame, n);
	conn_drain(&c->conn);
}

/* All were met. */
static void
tell(struct relay *r)
{
	struct relay_drain *d = &r->drain;
	struct ipc_msg_relay_drained v = { d->left };

	d->walking = 0;
	if (d->told == d->left)
		return;
	d->told = d->left;
	if (ipc_send_relay_drained(r->parent, &v) == -1)
		fatal("can't report to the parent how many clients are left "
		    "(sendmsg)");
}

void
relay_drain_work(struct relay *r)
{
	struct relay_drain *d = &r->drain;
	struct relay_conn *c;
	struct conn *k;
	int i;

	if (!d->walking)
		return;
	for (i = 0; i < PIECE && (k = relay_walk_next(&d->walk)) != NULL; i++) {
		c = relay_conn_of(k);
		if (c->node == NULL && !c->session.mesh && !k->dead)
			look_at(r, c);
	}
	if (d->walk.at == NULL)
		tell(r);
}

int
relay_drain_more(const struct relay *r)
{
	return (r->drain.walking);
}

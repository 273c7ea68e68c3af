/*
 * handover: see handover.h.  Called by frontlogin.c, frontconn.c and front.c.
 *
 * A client with records of lib/net goes with its descriptor, the state of its
 * records and the bytes that came behind its ClientInfo.  One whose records
 * stay with libtls, or that speaks WebSocket, keeps its connection here, and
 * one end of a pair of sockets goes (pump.c).
 *
 * All that this front wrote is in the kernel before, and the descriptor is out
 * of its event loop.  A client whose owner is being started again waits for it,
 * until the deadline of its login.
 */
#include <string.h>

#include "front.h"
#include "frontlogin.h"
#include "handover.h"
#include "ipcsend.h"
#include "log.h"
#include "pump.h"
#include "slots.h"

#define AHEAD	(1024 * 1024)	/* bytes that an owner has yet to read */
#define HOLD_US	30000000	/* more than a move of sessions takes */

unsigned int
front_handover_owner(const struct front *f, const uint8_t key[IPC_KEYLEN])
{
	if (f->slots == NULL)
		return (0);
	return (ipc_slots_worker(f->slots, ipc_slot_of(key,
	    f->conf.slot_secret), f->conf.nworkers));
}

void
front_hands_init(struct front *f)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		f->hands.to[i].f = f;
		TAILQ_INIT(&f->hands.to[i].waiting);
	}
}

static unsigned int
number(const struct front_hand *h)
{
	return ((unsigned int)(h - h->f->hands.to));
}

static uint64_t
bit(const struct front_hand *h)
{
	return (1ULL << number(h));
}

/* Close the older channel to an owner. */
static void
end_old(struct front_hand *h)
{
	ipc_chan_free(h->ending);
	h->ending = NULL;
	h->f->hands.ending &= ~bit(h);
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct front_hand *h = arg;

	log_debug("the channel of hand-overs to relay %u is closed: %s",
	    number(h), why);
	if (ch == h->ending) {
		end_old(h);
		return;
	}
	ipc_chan_free(ch);
	h->chan = NULL;
	h->f->hands.lost |= bit(h);
}

/* A relay worker has nothing to say. */
static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	(void)m;
	gone(ch, "an unexpected message", arg);
}

/*
 * The channel takes no client any more.  It is closed when it is written, which
 * the owner may delay: then one such channel stays for each owner.
 */
static void
end_channel(struct front_hand *h)
{
	if (h->chan == NULL)
		return;
	end_old(h);
	h->ending = h->chan;
	h->chan = NULL;
	if (ipc_chan_queued(h->ending) == 0)
		end_old(h);
	else
		h->f->hands.ending |= bit(h);
}

int
front_hands_open(struct front *f, int fd, unsigned int worker)
{
	struct front_hand *h = &f->hands.to[worker];
	struct ipc_chan *ch;
	struct conn *c;

	ch = ipc_chan_new(f->set.base, fd, ROLE_FRONT, ROLE_RELAY, message,
	    gone, h);
	if (ch == NULL)
		return (-1);
	end_channel(h);
	h->chan = ch;
	f->hands.lost &= ~bit(h);
	f->hands.held &= ~bit(h);
	TAILQ_FOREACH(c, &f->set.conns, entry)
		if (front_conn_of(c)->login.worker == worker)
			front_login_repeat(front_conn_of(c));
	return (0);
}

void
front_hands_hold(struct front *f)
{
	unsigned int w;

	for (w = 0; w < f->conf.nworkers; w++) {
		end_channel(&f->hands.to[w]);
		f->hands.held |= bit(&f->hands.to[w]);
	}
	f->hands.held_us = f->set.now_us;
	f->hands.lost = 0;
}

/* Close older channels that are written. */
static void
end_written(struct front *f)
{
	struct front_hand *h;
	unsigned int w;

	for (w = 0; w < IPC_MAXWORKERS && f->hands.ending >> w != 0; w++) {
		h = &f->hands.to[w];
		if (h->ending != NULL && ipc_chan_queued(h->ending) == 0)
			end_old(h);
	}
}

int
front_hands_busy(const struct front *f)
{
	const struct front_hand *h;
	unsigned int w;

	for (w = 0; w < IPC_MAXWORKERS; w++) {
		h = &f->hands.to[w];
		if (h->ending != NULL || (h->chan != NULL &&
		    ipc_chan_queued(h->chan) > 0))
			return (1);
	}
	return (0);
}

void
front_hands_tick(struct front *f)
{
	struct ipc_msg_server_unlinked v = { 0 };	/* no links */

	if (f->hands.held != 0 && f->set.now_us - f->hands.held_us > HOLD_US) {
		f->hands.lost |= f->hands.held;
		f->hands.held = 0;
	}
	v.hands = f->hands.lost;
	if (v.hands != 0 && ipc_send_server_unlinked(f->parent, &v) == -1)
		log_warn("can't request channels to relay workers from the "
		    "parent (sendmsg)");
}

void
front_handover_ready(struct front_conn *c)
{
	struct front_hand *h = &c->f->hands.to[c->login.worker];

	if (c->login.waiting)
		return;
	c->login.waiting = 1;
	TAILQ_INSERT_TAIL(&h->waiting, c, login.entry);
	c->f->hands.some |= 1ULL << c->login.worker;
}

void
front_handover_forget(struct front_conn *c)
{
	struct front_hand *h = &c->f->hands.to[c->login.worker];

	if (!c->login.waiting)
		return;
	TAILQ_REMOVE(&h->waiting, c, login.entry);
	c->login.waiting = 0;
}

/*
 * Fill in the message, with the state of records in `saved'.  Return the
 * descriptor that goes with it, or -1.
 */
static int
fill(struct front_conn *c, struct ipc_msg_handover *v,
    uint8_t saved[NET_RECORD_SAVED])
{
	memset(v, 0, sizeof(*v));
	v->ticket = c->login.ticket;
	v->admit = c->login.admit;
	v->mesh = c->login.mesh;
	v->prober = c->login.prober;
	v->not_ideal = c->login.not_ideal;
	v->version = c->login.version;
	v->app = c->login.app;
	v->addr = c->conn.addr;
	v->port = c->conn.port;
	if (c->tls != NULL || c->ws != NULL) {
		v->proxied = 1;
		return (front_pump_begin(c));
	}
	if (c->conn.rec != NULL) {
		if (net_record_save(c->conn.rec, saved) == -1)
			return (-1);	/* it was closed meanwhile */
		v->record = saved;
		v->record_len = NET_RECORD_SAVED;
	}
	v->plain = conn_buf_head(&c->conn.input.pend);
	v->plain_len = conn_buf_left(&c->conn.input.pend);
	v->cipher = conn_buf_head(&c->conn.input.held);
	v->cipher_len = conn_buf_left(&c->conn.input.held);
	return (c->conn.fd);
}

/* The client is handed over: only what a pump needs stays. */
static void
handed(struct front_conn *c, int proxied)
{
	front_login_free(c);
	if (!proxied) {
		conn_close(&c->conn, "handed over");
		return;
	}
	c->conn.state = CONN_PUMP;
	c->conn.patient = 1;	/* its session has a deadline of its own */
	c->counted = 1;
	c->f->npumps++;
	conn_no_deadline(&c->conn);
	front_conn_known(c);
	conn_resume(&c->conn, PAUSE_LOGIN);
}

/* Hand over one client. */
static void
hand_over(struct front_hand *h, struct front_conn *c)
{
	struct ipc_msg_handover v;
	uint8_t saved[NET_RECORD_SAVED];
	int fd, rv = -1;

	if ((fd = fill(c, &v, saved)) != -1) {
		rv = ipc_send_handover(h->chan, &v, fd);
		if (!v.proxied)
			c->conn.fd = -1;	/* it is taken, also on error */
	}
	explicit_bzero(saved, sizeof(saved));
	if (rv == -1)
		conn_close(&c->conn, "can't be handed over");
	else
		handed(c, v.proxied);
}

/* Return 1 if the owner can take one more client now. */
static int
can_take(const struct front_hand *h)
{
	return (h->chan != NULL && ipc_chan_queued(h->chan) < AHEAD);
}

void
front_handover_work(struct front *f)
{
	struct front_hand *h;
	struct front_conn *c;
	unsigned int w;

	end_written(f);
	for (w = 0; w < IPC_MAXWORKERS && f->hands.some >> w != 0; w++) {
		h = &f->hands.to[w];
		while ((c = TAILQ_FIRST(&h->waiting)) != NULL && can_take(h)) {
			front_handover_forget(c);
			if (!c->conn.dead)
				hand_over(h, c);
		}
		if (c == NULL)
			f->hands.some &= ~(1ULL << w);
	}
}

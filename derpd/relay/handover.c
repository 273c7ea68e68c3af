/*
 * handover: see handover.h.  Called by login.c, output.c, conn.c and relay.c.
 *
 * A client with records of lib/net goes with its descriptor, the state of its
 * records and the bytes that came behind its ClientInfo.  One whose records
 * stay with libtls, or that speaks WebSocket, keeps its connection here, and
 * one end of a pair of sockets goes (pump.c).
 *
 * All that this worker wrote is in the kernel before, and the descriptor is out
 * of its event loop.
 */
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "clientinfo.h"
#include "handover.h"
#include "ipcsend.h"
#include "log.h"
#include "owner.h"
#include "pump.h"
#include "relay.h"
#include "session.h"

#define AHEAD	(1024 * 1024)	/* bytes that an owner has yet to read */

unsigned int
relay_handover_owner(struct relay *r, const uint8_t key[IPC_KEYLEN])
{
	return (cluster_owner(r, key));
}

void
relay_hands_init(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		r->hands.to[i].r = r;
		TAILQ_INIT(&r->hands.to[i].waiting);
	}
}

static unsigned int
number(const struct relay_hand *h)
{
	return ((unsigned int)(h - h->r->hands.to));
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct relay_hand *h = arg;

	log_debug("the channel of hand-overs to worker %u is closed: %s",
	    number(h), why);
	ipc_chan_free(ch);
	h->chan = NULL;
	h->r->hands.lost |= 1ULL << number(h);
}

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct relay_hand *h = arg;

	relay_clock(h->r);
	if (relay_adopt_message(h->r, m) == 0)
		return;
	log_warnx("worker %u sent an invalid hand-over: its channel is closed",
	    number(h));
	gone(ch, "invalid", h);
}

int
relay_hands_open(struct relay *r, int fd, unsigned int worker)
{
	struct relay_hand *h = &r->hands.to[worker];
	struct ipc_chan *ch;

	if (worker >= IPC_MAXWORKERS)
		return (-1);
	ch = ipc_chan_new(r->base, fd, ROLE_RELAY, ROLE_RELAY, message, gone,
	    h);
	if (ch == NULL)
		return (-1);
	ipc_chan_free(h->chan);
	h->chan = ch;
	r->hands.lost &= ~(1ULL << worker);
	return (0);
}

void
relay_handover_begin(struct relay_conn *c, const struct derp_clientinfo *ci,
    const uint8_t ticket[IPC_TICKET_LEN])
{
	unsigned int worker = cluster_owner(c->r, c->session.key);
	struct relay_login *l;

	if (worker >= IPC_MAXWORKERS ||
	    (l = calloc(1, sizeof(*l))) == NULL) {
		relay_conn_close(c, "no owner of its key, or no memory");
		return;
	}
	l->c = c;
	l->worker = worker;
	l->mesh = ci->mesh != 0;
	l->prober = ci->is_prober != 0;
	memcpy(l->ticket, ticket, sizeof(l->ticket));
	c->unknown->known = l;
	derp_login_free(c);
	c->state = CONN_HAND;
	relay_conn_dirty(c);	/* the flush calls relay_handover_ready() */
}

void
relay_handover_ready(struct relay_conn *c)
{
	struct relay_login *l = c->unknown->known;

	if (l->waiting)
		return;
	l->waiting = 1;
	TAILQ_INSERT_TAIL(&c->r->hands.to[l->worker].waiting, l, entry);
	c->r->hands.some |= 1ULL << l->worker;
}

void
relay_handover_free(struct relay_conn *c)
{
	struct relay_login *l = c->unknown->known;

	if (l == NULL)
		return;
	if (l->waiting)
		TAILQ_REMOVE(&c->r->hands.to[l->worker].waiting, l, entry);
	free(l);
	c->unknown->known = NULL;
}

/*
 * Fill in the message, with the state of records in `saved'.  Return the
 * descriptor that goes with it, or -1.
 */
static int
fill(struct relay_conn *c, struct ipc_msg_handover *v,
    uint8_t saved[NET_RECORD_SAVED])
{
	const struct relay_login *l = c->unknown->known;

	memset(v, 0, sizeof(*v));
	v->ticket = l->ticket;
	v->mesh = l->mesh;
	v->prober = l->prober;
	v->not_ideal = c->session.not_ideal;
	v->addr = c->addr;
	v->port = c->port;
	if (c->tls != NULL || c->ws != NULL) {
		v->proxied = 1;
		return (relay_pump_begin(c));
	}
	if (c->rec != NULL) {
		if (net_record_save(c->rec, saved) == -1)
			return (-1);	/* it was closed meanwhile */
		v->record = saved;
		v->record_len = NET_RECORD_SAVED;
	}
	v->plain = relay_buf_head(&c->input.pend);
	v->plain_len = relay_buf_left(&c->input.pend);
	v->cipher = relay_buf_head(&c->input.held);
	v->cipher_len = relay_buf_left(&c->input.held);
	return (c->fd);
}

/* The client is handed over: only what a pump needs stays. */
static void
handed(struct relay_conn *c, int proxied)
{
	relay_handover_free(c);
	if (!proxied) {
		relay_conn_close(c, "handed over");
		return;
	}
	c->state = CONN_PUMP;
	c->proxied = 1;
	c->r->npumps++;
	relay_conn_no_deadline(c);
	relay_conn_known(c);
	relay_conn_resume(c, PAUSE_LOGIN);
}

/* Hand over one client. */
static void
hand_over(struct relay_hand *h, struct relay_conn *c)
{
	struct ipc_msg_handover v;
	uint8_t saved[NET_RECORD_SAVED];
	int fd, rv = -1;

	if ((fd = fill(c, &v, saved)) != -1) {
		/* It is taken, also on error. */
		rv = h->chan != NULL ? ipc_send_handover(h->chan, &v, fd) :
		    relay_adopt(h->r, &v, fd);
		if (!v.proxied)
			c->fd = -1;
	}
	explicit_bzero(saved, sizeof(saved));
	if (rv == -1)
		relay_conn_close(c, "can't be handed over");
	else
		handed(c, v.proxied);
}

/* Return 1 if the owner can take one more client now. */
static int
can_take(const struct relay *r, const struct relay_hand *h)
{
	if (h == &r->hands.to[r->conf.worker])
		return (1);
	return (h->chan != NULL && ipc_chan_queued(h->chan) < AHEAD);
}

void
relay_handover_work(struct relay *r)
{
	struct relay_hand *h;
	struct relay_login *l;
	unsigned int w;

	for (w = 0; w < IPC_MAXWORKERS && r->hands.some >> w != 0; w++) {
		h = &r->hands.to[w];
		while ((l = TAILQ_FIRST(&h->waiting)) != NULL &&
		    can_take(r, h)) {
			TAILQ_REMOVE(&h->waiting, l, entry);
			l->waiting = 0;
			if (!l->c->dead)
				hand_over(h, l->c);
		}
		if (l == NULL)
			r->hands.some &= ~(1ULL << w);
	}
}

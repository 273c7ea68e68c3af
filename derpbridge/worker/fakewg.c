/*
 * fakewg: WireGuard as the kernel has it, for tests; see fakewg.h.
 */
#include <string.h>

#include "fakewg.h"

#define INITIATION_BYTES	148
#define RESPONSE_BYTES		92
#define DATA_BYTES		32	/* beside the padded data */

#define REKEY_AFTER	120000
#define REJECT_AFTER	180000
#define REKEY_TIMEOUT	5000
#define KEEPALIVE_TIMEOUT 10000
#define MAX_TRIES	18

static void	send_staged(struct fakewg *);

void
fakewg_init(struct fakewg *w, enum ipc_endpoint endpoint,
    unsigned int keepalive, uint64_t now)
{
	struct fakewg old = *w;

	memset(w, 0, sizeof(*w));
	w->send = old.send;
	w->received = old.received;
	w->arg = old.arg;
	w->number = old.number;
	w->sessions = old.sessions;
	w->tag = old.tag;
	w->endpoint = endpoint;
	w->keepalive = keepalive;
	w->now = now;
	if (keepalive > 0)
		w->persistent = now;
}

static int
usable(const struct fakewg *w, const struct fakewg_session *s)
{
	return (s->id != 0 && w->now - s->birth < REJECT_AFTER);
}

/* wg_timers_any_authenticated_packet_traversal() */
static void
traversal(struct fakewg *w)
{
	if (w->keepalive > 0)
		w->persistent = w->now + w->keepalive * 1000;
}

/* wg_socket_send_skb_to_peer(): what fails is not counted. */
static void
output(struct fakewg *w, struct fakewg_packet *p)
{
	if (w->endpoint == IPC_ENDPOINT_NONE ||
	    (w->endpoint == IPC_ENDPOINT_DIRECT && w->unroutable))
		return;
	w->tx += p->bytes;
	w->send(w, p, w->endpoint, w->arg);
}

/* wg_packet_send_handshake_initiation() */
static void
initiate(struct fakewg *w, int retry)
{
	struct fakewg_packet p = { FAKEWG_INITIATION, INITIATION_BYTES, 0, 0, 0,
	    0 };

	if (!retry)
		w->tries = 0;
	if (w->initiated_at != 0 && w->now - w->initiated_at < REKEY_TIMEOUT)
		return;
	w->initiated_at = w->now;
	w->initiation = p.session = w->now << 16 | w->tag << 15 |
	    (++w->sessions & 0x7fff);
	traversal(w);
	w->send_keepalive = 0;
	output(w, &p);
	w->retransmit = w->now + REKEY_TIMEOUT + w->sessions * 97 % 333;
}

/* keep_key_fresh() of send.c and receive.c */
static void
keep_fresh(struct fakewg *w, uint64_t age)
{
	if (w->cur.id != 0 && w->cur.initiator && w->now - w->cur.birth >= age)
		initiate(w, 0);
}

static void
send_data(struct fakewg *w, int inner, int wants_reply)
{
	struct fakewg_packet p = { FAKEWG_DATA, 0, 0, 0, 0, 0 };

	p.bytes = DATA_BYTES + (uint32_t)(inner + 15) / 16 * 16;
	p.session = w->cur.id;
	p.counter = ++w->number;
	p.inner = inner;
	p.wants_reply = wants_reply;
	traversal(w);
	w->send_keepalive = 0;
	output(w, &p);
	if (inner > 0 && w->new_handshake == 0)
		w->new_handshake = w->now + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT;
	keep_fresh(w, REKEY_AFTER);
}

/* wg_packet_send_staged_packets() */
static void
send_staged(struct fakewg *w)
{
	unsigned int i, n = w->n_staged;

	if (!usable(w, &w->cur)) {
		initiate(w, 0);
		return;
	}
	w->n_staged = 0;
	for (i = 0; i < n; i++)
		send_data(w, w->staged[i].inner, w->staged[i].wants_reply);
}

void
fakewg_data(struct fakewg *w, int inner, int wants_reply)
{
	if (inner > 0 && w->endpoint == IPC_ENDPOINT_NONE)
		return;
	if (w->n_staged == FAKEWG_STAGED)
		memmove(w->staged, w->staged + 1,
		    --w->n_staged * sizeof(w->staged[0]));
	w->staged[w->n_staged].inner = inner;
	w->staged[w->n_staged++].wants_reply = wants_reply;
	send_staged(w);
}

static void
send_keepalive(struct fakewg *w)
{
	if (w->n_staged == 0)
		fakewg_data(w, 0, 0);
	else
		send_staged(w);
}

/* A packet is authentic: it counts, and moves the endpoint. */
static void
accept_from(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint from)
{
	w->moves += w->endpoint != from;
	w->endpoint = from;
	w->rx += p->bytes;
	w->new_handshake = 0;
	traversal(w);
}

static void
handshake_complete(struct fakewg *w)
{
	w->retransmit = 0;
	w->tries = 0;
	w->handshake = w->now * 1000000;
}

static void
input_initiation(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint from)
{
	struct fakewg_packet r = { FAKEWG_RESPONSE, RESPONSE_BYTES, 0, 0, 0,
	    0 };

	if (p->session <= w->newest)
		return;
	w->newest = p->session;
	accept_from(w, p, from);
	w->next.id = r.session = p->session;
	w->next.birth = w->now;
	w->next.initiator = 0;
	w->send_keepalive = 0;
	output(w, &r);
}

static void
input_response(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint from)
{
	if (w->initiation == 0 || p->session != w->initiation)
		return;
	w->initiation = 0;
	accept_from(w, p, from);
	w->prev = w->next.id != 0 ? w->next : w->cur;
	w->next.id = 0;
	w->cur.id = p->session;
	w->cur.birth = w->now;
	w->cur.initiator = 1;
	handshake_complete(w);
	send_keepalive(w);
}

static void
input_data(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint from)
{
	uint64_t *seen = &w->seen[p->counter % FAKEWG_SEEN];
	int confirmed = p->session == w->next.id && usable(w, &w->next);

	if (!confirmed && !(p->session == w->cur.id && usable(w, &w->cur)) &&
	    !(p->session == w->prev.id && usable(w, &w->prev)))
		return;
	if (*seen >= p->counter)
		return;
	*seen = p->counter;
	accept_from(w, p, from);
	if (confirmed) {
		w->prev = w->cur;
		w->cur = w->next;
		w->next.id = 0;
		handshake_complete(w);
		if (w->n_staged > 0)
			send_staged(w);
	}
	keep_fresh(w, REJECT_AFTER - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT);
	if (p->inner == 0)
		return;
	if (w->send_keepalive == 0)
		w->send_keepalive = w->now + KEEPALIVE_TIMEOUT;
	else
		w->need_another = 1;
	w->received(w, p, w->arg);
}

void
fakewg_input(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint from)
{
	switch (p->type) {
	case FAKEWG_INITIATION:
		input_initiation(w, p, from);
		break;
	case FAKEWG_RESPONSE:
		input_response(w, p, from);
		break;
	case FAKEWG_DATA:
		input_data(w, p, from);
		break;
	}
}

/* Does this timer fire now? */
static int
fires(struct fakewg *w, uint64_t *at)
{
	if (*at == 0 || *at > w->now)
		return (0);
	*at = 0;
	return (1);
}

void
fakewg_tick(struct fakewg *w, uint64_t now)
{
	w->now = now;
	if (fires(w, &w->retransmit)) {
		if (++w->tries > MAX_TRIES)
			w->n_staged = 0;
		else
			initiate(w, 1);
	}
	if (fires(w, &w->send_keepalive)) {
		send_keepalive(w);
		if (w->need_another)
			w->send_keepalive = now + KEEPALIVE_TIMEOUT;
		w->need_another = 0;
	}
	if (fires(w, &w->new_handshake))
		initiate(w, 0);
	if (fires(w, &w->persistent))
		send_keepalive(w);
}

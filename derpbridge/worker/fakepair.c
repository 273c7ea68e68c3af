/*
 * fakepair: two hosts, two paths, bridges, for tests; see fakepair.h.
 */
#include <stdio.h>
#include <string.h>

#include "fakepair.h"

#define POLL_MS		1000
#define FAST_MS		250	/* between polls, after an order */
#define FAST_FOR_MS	4000
#define ORDER_MS	20
#define JUNK_BYTES	1232
#define INITIATION_BYTES	148

uint32_t
fakepair_random(struct fakepair *f, uint32_t n)
{
	f->random = f->random * 1664525 + 1013904223;
	return (n == 0 ? 0 : (f->random >> 8) % n);
}

static void
fly(struct fakepair *f, const struct fakewg_packet *p, int to,
    enum ipc_endpoint from)
{
	struct fakepair_flight *v;
	unsigned int ms = from == IPC_ENDPOINT_RELAY ? f->relay_ms :
	    f->direct_ms;

	if (from == IPC_ENDPOINT_RELAY ? !f->relay[!to] : !f->direct[!to])
		return;
	if (fakepair_random(f, 100) < f->loss ||
	    f->n_flight == FAKEPAIR_FLIGHT)
		return;
	v = &f->flight[f->n_flight++];
	v->p = *p;
	v->to = to;
	v->from = from;
	v->at = f->now + ms + fakepair_random(f, f->jitter_ms + 1);
}

static void
wg_send(struct fakewg *w, const struct fakewg_packet *p,
    enum ipc_endpoint where, void *arg)
{
	struct fakepair_host *h = arg;

	(void)w;
	switch (h->kind) {
	case FAKEPAIR_AGENT:
		fly(h->pair, p, !h->number, IPC_ENDPOINT_DIRECT);
		fly(h->pair, p, !h->number, IPC_ENDPOINT_RELAY);
		break;
	case FAKEPAIR_BRIDGE:
		if (where == IPC_ENDPOINT_DIRECT || !h->stopped)
			fly(h->pair, p, !h->number, where);
		break;
	case FAKEPAIR_PLAIN:
		fly(h->pair, p, !h->number, IPC_ENDPOINT_DIRECT);
		break;
	}
}

static void
wg_received(struct fakewg *w, const struct fakewg_packet *p, void *arg)
{
	struct fakepair_host *h = arg;
	uint64_t gap = h->pair->now - h->gap_from;

	h->got++;
	h->got_at = h->gap_from = h->pair->now;
	if (gap > h->gap)
		h->gap = gap;
	if (p->wants_reply)
		fakewg_data(w, p->inner, 0);
}

void
fakepair_init(struct fakepair *f, enum fakepair_kind a, enum fakepair_kind b,
    uint32_t random)
{
	int i;

	memset(f, 0, sizeof(*f));
	f->now = 1000000;
	f->random = random;
	f->direct_ms = 20;
	f->relay_ms = 40;
	for (i = 0; i < 2; i++) {
		struct fakepair_host *h = &f->host[i];

		f->direct[i] = f->relay[i] = 1;
		h->pair = f;
		h->number = i;
		h->kind = i == 0 ? a : b;
		h->wg.send = wg_send;
		h->wg.received = wg_received;
		h->wg.arg = h;
		h->wg.tag = (unsigned int)i;
		h->remembered = 1;
		h->policy.direct = IPC_DIRECT_AUTO;
		h->policy.endpoints = IPC_ENDPOINTS_RESPECT;
		fakewg_init(&h->wg, IPC_ENDPOINT_DIRECT, 0, f->now);
		worker_path_init(&h->path, random + (uint32_t)i);
		h->poll_at = f->now + fakepair_random(f, POLL_MS);
	}
	fakepair_count(f);
}

void
fakepair_count(struct fakepair *f)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct fakepair_host *h = &f->host[i];

		h->gap_from = f->now;
		h->gap = h->sent = h->got = h->dropped = 0;
		h->orders = h->switches = h->lines = 0;
		h->wg.moves = 0;
	}
}

void
fakepair_program(struct fakepair *f, int h, unsigned int every,
    unsigned int size, int wants_reply)
{
	f->host[h].every = every;
	f->host[h].size = size;
	f->host[h].wants_reply = wants_reply;
	f->host[h].next_at = f->now;
}

void
fakepair_udp(struct fakepair *f, int passes)
{
	f->direct[0] = f->direct[1] = passes;
}

void
fakepair_restart(struct fakepair *f, int h)
{
	f->host[h].stopped = 0;
	f->host[h].order_at = 0;
	worker_path_init(&f->host[h].path, fakepair_random(f, 1U << 24));
}

/* What netlink and the worker do at a poll. */
static void
poll_host(struct fakepair_host *h)
{
	struct ipc_wg_stats s = { 0 };
	struct worker_path_step step;

	if (h->wg.endpoint == IPC_ENDPOINT_DIRECT)
		h->remembered = 1;
	s.endpoint = h->wg.endpoint;
	s.remembered = h->remembered;
	s.tx = h->wg.tx;
	s.rx = h->wg.rx;
	s.handshake = h->wg.handshake;
	step = worker_path_poll(&h->path, &h->policy, &s, h->wg.keepalive,
	    h->pair->now);
	if (step.order != WORKER_PATH_KEEP) {
		h->order = step.order;
		h->order_at = h->pair->now + ORDER_MS;
		h->fast_until = h->pair->now + FAST_FOR_MS;
		h->orders++;
	}
	h->switches += (unsigned int)step.switched;
	h->lines += step.switched && !step.quiet;
	if (h->verbose && step.switched)
		printf("%8.3f host %d %s: %s\n", (double)h->pair->now / 1000,
		    h->number, worker_path_state_name(h->path.state),
		    worker_path_reason_text(h->path.reason));
	h->poll_at = h->pair->now +
	    (h->pair->now < h->fast_until ? FAST_MS : POLL_MS);
}

static void
step_bridge(struct fakepair_host *h)
{
	if (h->kind != FAKEPAIR_BRIDGE || h->stopped)
		return;
	if (h->order_at != 0 && h->pair->now >= h->order_at) {
		h->order_at = 0;
		if (h->refuses)
			;
		else if (h->order == WORKER_PATH_TO_RELAY)
			h->wg.endpoint = IPC_ENDPOINT_RELAY;
		else if (h->remembered)
			h->wg.endpoint = IPC_ENDPOINT_DIRECT;
	}
	if (h->pair->now >= h->poll_at)
		poll_host(h);
}

static void
step_programs(struct fakepair_host *h)
{
	if (h->every != 0 && h->pair->now >= h->next_at) {
		h->next_at += h->every;
		h->sent++;
		fakewg_data(&h->wg, (int)h->size, h->wants_reply);
	}
	if (h->tool_every != 0 && h->pair->now >= h->tool_at) {
		h->tool_at = h->pair->now + h->tool_every;
		h->wg.endpoint = IPC_ENDPOINT_DIRECT;
	}
}

/* A packet arrives; that from the relay by way of the bridge. */
static void
arrive(struct fakepair *f, const struct fakepair_flight *v)
{
	struct fakepair_host *h = &f->host[v->to];
	uint8_t bytes[2048] = { 0 };

	if (h->kind == FAKEPAIR_BRIDGE && v->from == IPC_ENDPOINT_RELAY) {
		if (h->stopped)
			return;
		bytes[0] = (uint8_t)(v->p.type == FAKEWG_DATA ? 4 :
		    v->p.type + 1);
		if (!worker_path_admit(&h->path, bytes, v->p.bytes, f->now)) {
			h->dropped++;
			return;
		}
		worker_path_delivered(&h->path, v->p.bytes);
	} else if (h->kind == FAKEPAIR_PLAIN && v->from == IPC_ENDPOINT_RELAY)
		return;
	fakewg_input(&h->wg, &v->p, v->from);
}

static void
step_flight(struct fakepair *f)
{
	struct fakepair_flight v;
	unsigned int i = 0;

	while (i < f->n_flight) {
		v = f->flight[i];
		if (v.at > f->now) {
			i++;
			continue;
		}
		f->flight[i] = f->flight[--f->n_flight];
		arrive(f, &v);
	}
}

/* Junk of a relay that lies: no session has it, and no handshake is so new. */
static void
step_junk(struct fakepair *f)
{
	static const struct fakepair_flight junk = { { FAKEWG_DATA, JUNK_BYTES,
	    1, 1, 1200, 0 }, 0, IPC_ENDPOINT_RELAY, 0 };
	static const struct fakepair_flight forged = { { FAKEWG_INITIATION,
	    INITIATION_BYTES, 0, 0, 0, 0 }, 0, IPC_ENDPOINT_RELAY, 0 };

	if (f->junk_every != 0 && f->now % f->junk_every == 0)
		arrive(f, &junk);
	if (f->forged_every != 0 && f->now % f->forged_every == 0)
		arrive(f, &forged);
}

void
fakepair_run(struct fakepair *f, uint64_t ms)
{
	uint64_t end = f->now + ms;
	int i;

	while (f->now < end) {
		f->now += FAKEPAIR_STEP;
		step_flight(f);
		step_junk(f);
		for (i = 0; i < 2; i++) {
			fakewg_tick(&f->host[i].wg, f->now);
			step_programs(&f->host[i]);
			step_bridge(&f->host[i]);
		}
	}
	for (i = 0; i < 2; i++)
		if (f->now - f->host[i].gap_from > f->host[i].gap)
			f->host[i].gap = f->now - f->host[i].gap_from;
}

/*
 * logins: questions of fronts, and the tickets that answer them; see
 * admitd.h.  Called by ends.c and by the call-backs of admitd.c.
 */
#include <string.h>

#include "admitd.h"
#include "clock.h"

static void
send(struct admit_proc *a, const struct admit_waiter *w,
    const struct ipc_msg_admit_answer *v)
{
	struct ipc_chan *c = a->fronts[w->origin].chan;

	/* A channel that is broken is reported by the loop. */
	if (c != NULL)
		(void)ipc_send_admit_answer(c, v);
}

static void
refuse(struct admit_proc *a, const struct admit_waiter *w,
    enum ipc_admit_verdict verdict)
{
	static const uint8_t none[IPC_ADMIT_LEN];
	const struct ipc_msg_admit_answer v = {
		.cookie = w->cookie,
		.verdict = verdict,
		.ticket = none,
		.why = admit_decide_why(verdict)
	};

	send(a, w, &v);
}

/* Make a ticket for a client that is admitted, and send it. */
static void
admit(struct admit_proc *a, const uint8_t *key, const struct admit_waiter *w,
    const struct admit_grant *g)
{
	uint8_t ticket[IPC_ADMIT_LEN];
	const struct ipc_msg_admit_answer v = {
		.cookie = w->cookie,
		.verdict = IPC_ADMIT_YES,
		.ticket = ticket,
		.why = ""
	};
	struct ipc_admission t = {
		.us = base_clock_boot_us(),
		.group = g->group,
		.rate = g->rate,
		.burst = g->burst
	};

	memcpy(t.client, key, sizeof(t.client));
	memcpy(t.number, w->number, sizeof(t.number));
	ipc_admission_put(&a->keys[w->worker], &t, ticket);
	send(a, w, &v);
}

void
admit_logins_decided(struct admit_proc *a, const uint8_t *key,
    const struct admit_waiter *w, const struct admit_decision *d)
{
	enum ipc_admit_verdict v = d->verdict;
	struct admit_grant g;

	if (v == IPC_ADMIT_YES) {
		admit_judge_grant(a, key, &g);
		if (g.group != 0)
			v = admit_groups_may_join(a->groups, g.group);
	}
	if (v != IPC_ADMIT_YES) {
		refuse(a, w, v);
		return;
	}
	a->stood_in[d->because]++;
	admit(a, key, w, &g);
}

/* Decide about a login now, or when sources have answered. */
static void
decide(struct admit_proc *a, const uint8_t *key, const struct admit_waiter *w)
{
	struct admit_decision d;
	struct admit_facts f;

	admit_judge_facts(a, key, &f);
	admit_judge_answers(a, key, 0, &f);
	d = admit_decide(&f);
	if (!d.made)
		switch (admit_inquiries_join(a->inquiries, key, f.answer, w,
		    admit_now(), &d)) {
		case ADMIT_JOIN_WAITS:
			admit_wake(a);
			return;
		case ADMIT_JOIN_BUSY:
			refuse(a, w, IPC_ADMIT_BUSY);
			return;
		case ADMIT_JOIN_DECIDED:
			break;
		}
	admit_logins_decided(a, key, w, &d);
}

int
admit_logins_ask(struct admit_proc *a, unsigned int front,
    const struct ipc_msg_admit_ask *v)
{
	struct admit_waiter w = {
		.origin = front,
		.cookie = v->cookie,
		.worker = v->worker
	};

	memcpy(w.number, v->number, sizeof(w.number));
	memcpy(w.addr, v->addr, sizeof(w.addr));
	if (a->conf == NULL || !a->have_key[v->worker])
		refuse(a, &w, IPC_ADMIT_NO_SECRET);
	else
		decide(a, v->client, &w);
	return (0);
}

/* A check of a client that is connected, once more. */
static void
check(struct admit_proc *a, const uint8_t *key, const struct admit_waiter *w)
{
	static const enum admit_answer none[IPC_MAXVERIFY];
	struct admit_decision d;
	enum admit_join join = admit_inquiries_join(a->inquiries, key, none, w,
	    admit_now(), &d);

	if (join == ADMIT_JOIN_WAITS)
		return;
	if (join == ADMIT_JOIN_BUSY)
		d.made = 0;		/* it stays, and has its next turn */
	admit_connected_decided(a->connected, w->origin - ADMIT_ORIGIN_RELAY,
	    key, &d);
}

void
admit_logins_again(struct admit_proc *a, const uint8_t *key,
    const struct admit_waiter *w)
{
	if (w->origin < ADMIT_ORIGIN_RELAY)
		decide(a, key, w);
	else
		check(a, key, w);
}

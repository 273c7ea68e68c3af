/*
 * ends: the channels of fronts, relay workers and verify; see admitd.h.
 * Called by parentmsg.c, which gets them from the parent.
 *
 * A process that breaks the protocol, or does not read, loses its channel, and
 * nothing else happens; fronts and relay workers request another one.
 */
#include <stdlib.h>

#include "admitd.h"

#define MAX_UNREAD	(8 * 1024 * 1024)	/* bytes of answers to one */
#define DOUBT_US	2000000

/* Messages */

static int
on_ask(void *arg, const struct ipc_msg_admit_ask *v)
{
	struct admit_end *e = arg;

	return (admit_logins_ask(e->a, e->number, v));
}

static int
on_began(void *arg, const struct ipc_msg_admit_began *v)
{
	struct admit_end *e = arg;

	if (e->a->conf == NULL)
		return (-1);
	admit_wake(e->a);
	return (admit_connected_began(e->a->connected, e->number, v->key,
	    v->addr, v->mesh));
}

static int
on_ended(void *arg, const struct ipc_msg_admit_ended *v)
{
	struct admit_end *e = arg;

	return (admit_connected_ended(e->a->connected, e->number, v->key));
}

static int
on_used(void *arg, const struct ipc_msg_admit_used *v)
{
	struct admit_end *e = arg;

	admit_groups_used(e->a->groups, v->group, e->number, v->bytes,
	    v->wants);
	admit_wake(e->a);
	return (0);
}

static int
on_answer(void *arg, const struct ipc_msg_verify_answer *v)
{
	static const enum admit_answer answers[] = {
		[IPC_VERIFY_NO] = ADMIT_NO,
		[IPC_VERIFY_YES] = ADMIT_YES,
		[IPC_VERIFY_FAILED] = ADMIT_FAILS
	};
	struct admit_end *e = arg;

	admit_inquiries_answer(e->a->inquiries, e->number, v->cookie,
	    answers[v->answer], v->why, admit_now());
	admit_connected_ask(e->a->connected);
	return (0);
}

/* Each kind of channel. */
static const struct admit_end_kind {
	enum ipc_role	 role;
	struct ipc_handlers handlers;
} kinds[] = {
	[IPC_ADMIT_CHAN_FRONT] = { ROLE_FRONT, { .admit_ask = on_ask } },
	[IPC_ADMIT_CHAN_RELAY] = { ROLE_RELAY, {
		.admit_began = on_began,
		.admit_ended = on_ended,
		.admit_used = on_used
	} },
	[IPC_ADMIT_CHAN_VERIFY] = { ROLE_VERIFY, {
		.verify_answer = on_answer
	} }
};

/* Channels */

static struct admit_end *
end_of(struct admit_proc *a, enum ipc_admit_chan_kind kind, unsigned int number)
{
	switch (kind) {
	case IPC_ADMIT_CHAN_FRONT:
		return (&a->fronts[number]);
	case IPC_ADMIT_CHAN_RELAY:
		return (&a->relays[number]);
	default:
		return (number < IPC_MAXVERIFY ? &a->verifies[number] : NULL);
	}
}

void
admit_ends_init(struct admit_proc *a)
{
	enum ipc_admit_chan_kind k;
	struct admit_end *e;
	unsigned int i;

	for (k = IPC_ADMIT_CHAN_FRONT; k <= IPC_ADMIT_CHAN_VERIFY; k++)
		for (i = 0; i < IPC_MAXWORKERS; i++)
			if ((e = end_of(a, k, i)) != NULL) {
				e->a = a;
				e->kind = k;
				e->number = i;
			}
}

/* Close the channel of an end, if it has one, and forget what came by it. */
static void
shut(struct admit_end *e)
{
	struct admit_proc *a = e->a;

	if (e->chan == NULL)
		return;
	ipc_chan_free(e->chan);
	e->chan = NULL;
	e->doubt_us = 0;
	switch (e->kind) {
	case IPC_ADMIT_CHAN_FRONT:
		admit_inquiries_forget(a->inquiries, e->number);
		break;
	case IPC_ADMIT_CHAN_RELAY:
		admit_inquiries_forget(a->inquiries,
		    ADMIT_ORIGIN_RELAY + e->number);
		admit_connected_gone(a->connected, e->number);
		admit_groups_worker_gone(a->groups, e->number);
		break;
	case IPC_ADMIT_CHAN_VERIFY:
		admit_inquiries_channel(a->inquiries, e->number, 0,
		    admit_now());
		break;
	}
}

static void
received(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct admit_end *e = arg;
	const struct admit_end_kind *k = &kinds[e->kind];
	const char *what;

	if (e->chan != c)
		return;			/* closed by an earlier message */
	if ((what = ipc_dispatch(&k->handlers, m, e)) == NULL)
		return;
	log_warnx("%s %u %s: %s", ipc_role_name(k->role), e->number, what,
	    ipc_msg_name(m->type));
	shut(e);
}

static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct admit_end *e = arg;

	(void)c;
	log_debug("channel of %s %u: %s", ipc_role_name(kinds[e->kind].role),
	    e->number, why);
	shut(e);
}

int
admit_ends_open(struct admit_proc *a, enum ipc_admit_chan_kind kind,
    unsigned int number, int *fd)
{
	struct admit_end *e = end_of(a, kind, number);
	const enum ipc_role role = kinds[kind].role;

	if (e == NULL)
		return (-1);
	shut(e);
	e->chan = ipc_chan_new(a->child->base, *fd, ROLE_ADMIT, role,
	    received, gone, e);
	if (e->chan == NULL) {
		log_warn("no channel to %s %u (malloc)", ipc_role_name(role),
		    number);
		return (0);
	}
	*fd = -1;
	ipc_chan_limit(e->chan, MAX_UNREAD);
	if (kind == IPC_ADMIT_CHAN_VERIFY)
		admit_inquiries_channel(a->inquiries, number, 1, admit_now());
	return (0);
}

/* Sources */

void
admit_ends_sources(struct admit_proc *a, unsigned int same)
{
	struct admit_end *e;

	for (e = a->verifies; e < a->verifies + IPC_MAXVERIFY; e++) {
		if (e->chan == NULL)
			continue;
		if (same & 1U << e->number && e->doubt_us == 0)
			admit_inquiries_channel(a->inquiries, e->number, 1,
			    admit_now());
		else
			e->doubt_us = admit_now() + DOUBT_US;
	}
}

void
admit_ends_turn(struct admit_proc *a, uint64_t now_us)
{
	struct admit_end *e;

	for (e = a->verifies; e < a->verifies + IPC_MAXVERIFY; e++)
		if (e->doubt_us != 0 && now_us >= e->doubt_us) {
			e->doubt_us = 0;
			admit_inquiries_channel(a->inquiries, e->number, 1,
			    now_us);
		}
}

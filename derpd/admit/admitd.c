/*
 * admitd: the process; see admitd.h.
 *
 * Messages are handled as they come, each in bounded time; a turn, every 100 ms
 * while something waits, else once a second, does what time brings.
 */
#include <event2/event.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "admitd.h"
#include "clock.h"

/* Call-backs of inquiries */

static int
op_ask(void *arg, unsigned int source, uint64_t cookie, const uint8_t *key,
    const uint8_t *addr)
{
	struct admit_proc *a = arg;
	const struct ipc_msg_verify_ask v = { cookie, key, addr };
	struct ipc_chan *c = a->verifies[source].chan;

	return (c == NULL ? -1 : ipc_send_verify_ask(c, &v));
}

static void
op_heard(void *arg, const uint8_t *key, unsigned int source,
    enum admit_answer answer)
{
	struct admit_proc *a = arg;

	admit_cache_put(a->cache, key, source, answer, admit_now());
	if (answer == ADMIT_YES)
		admit_lately_yes(a->lately, key, source);
	else if (answer == ADMIT_NO)
		admit_lately_no(a->lately, key, source);
}

static void
op_facts(void *arg, const uint8_t *key, struct admit_facts *f)
{
	admit_judge_facts(arg, key, f);
}

static void
op_decided(void *arg, const uint8_t *key, const struct admit_waiter *w,
    const struct admit_decision *d)
{
	struct admit_proc *a = arg;

	if (w->origin < ADMIT_ORIGIN_RELAY)
		admit_logins_decided(a, key, w, d);
	else
		admit_connected_decided(a->connected,
		    w->origin - ADMIT_ORIGIN_RELAY, key, d);
}

static const struct admit_inquiries_ops inquiries_ops = {
	.ask = op_ask,
	.heard = op_heard,
	.facts = op_facts,
	.decided = op_decided
};

/* Call-backs of connected */

static size_t
op_unread(void *arg, unsigned int worker)
{
	const struct admit_proc *a = arg;
	const struct ipc_chan *c = a->relays[worker].chan;

	return (c == NULL ? SIZE_MAX : ipc_chan_queued(c));
}

static void
op_grant_of(void *arg, const uint8_t *key, struct admit_grant *g)
{
	admit_judge_grant(arg, key, g);
}

static void
op_grant(void *arg, unsigned int worker, const uint8_t *key,
    const struct admit_grant *g)
{
	struct admit_proc *a = arg;
	const struct ipc_msg_admit_grant v = {
		.key = key,
		.group = g->group,
		.rate = g->rate,
		.burst = g->burst,
		.group_name = g->group_name,
		.name = g->name
	};

	/* A channel that is broken is reported by the loop. */
	(void)ipc_send_admit_grant(a->relays[worker].chan, &v);
}

static void
op_revoke(void *arg, unsigned int worker, const uint8_t *key,
    enum ipc_admit_verdict verdict)
{
	struct admit_proc *a = arg;
	const struct ipc_msg_admit_revoke v = { key,
	    admit_decide_why(verdict) };

	/* The worker logs it. */
	a->revoked[verdict]++;
	(void)ipc_send_admit_revoke(a->relays[worker].chan, &v);
}

static struct admit_decision
op_judge(void *arg, const uint8_t *key, int fresh, enum admit_listed *listed)
{
	struct admit_proc *a = arg;
	struct admit_facts f;

	admit_judge_facts(a, key, &f);
	if (!fresh)
		admit_judge_answers(a, key, 1, &f);
	f.fail_open = 1;
	*listed = f.listed;
	return (admit_decide(&f));
}

static enum admit_join
op_check(void *arg, unsigned int worker, const uint8_t *key,
    const uint8_t *addr, struct admit_decision *d)
{
	static const enum admit_answer none[IPC_MAXVERIFY];
	struct admit_proc *a = arg;
	struct admit_waiter w = { .origin = ADMIT_ORIGIN_RELAY + worker };

	memcpy(w.addr, addr, sizeof(w.addr));
	return (admit_inquiries_join(a->inquiries, key, none, &w, admit_now(),
	    d));
}

static void
op_group_began(void *arg, uint32_t group, unsigned int worker, int first)
{
	const struct admit_proc *a = arg;

	admit_groups_began(a->groups, group, worker, first);
}

static void
op_group_ended(void *arg, uint32_t group, unsigned int worker, int last)
{
	const struct admit_proc *a = arg;

	admit_groups_ended(a->groups, group, worker, last);
}

static int
op_group_over(void *arg, uint32_t group)
{
	const struct admit_proc *a = arg;

	return (admit_groups_over(a->groups, group));
}

static const struct admit_connected_ops connected_ops = {
	.unread = op_unread,
	.grant_of = op_grant_of,
	.grant = op_grant,
	.revoke = op_revoke,
	.judge = op_judge,
	.ask = op_check,
	.began = op_group_began,
	.ended = op_group_ended,
	.over = op_group_over
};

/* Call-backs of groups */

static void
op_lease(void *arg, unsigned int worker, uint32_t group, uint64_t bytes)
{
	struct admit_proc *a = arg;
	const struct ipc_msg_admit_lease v = { group, bytes };

	if (a->relays[worker].chan != NULL)
		(void)ipc_send_admit_lease(a->relays[worker].chan, &v);
}

static void
op_over(void *arg, uint32_t group)
{
	struct admit_proc *a = arg;
	uint64_t rate, burst;
	const char *name;

	admit_groups_limits(a->groups, group, &rate, &burst, &name);
	log_info("group %s has used up its quota: its clients are "
	    "disconnected until the next month", name);
	admit_connected_changed(a->connected, 0);
}

static const struct admit_groups_ops groups_ops = {
	.lease = op_lease,
	.over = op_over
};

/* Time */

uint64_t
admit_now(void)
{
	return (base_clock_us());
}

static void
schedule(struct admit_proc *a, int soon)
{
	static const struct timeval often = { 0, ADMIT_GROUPS_TURN_MS * 1000 };
	static const struct timeval rarely = { 1, 0 };

	a->soon = soon;
	if (evtimer_add(a->tick, soon ? &often : &rarely) == -1)
		fatal("no timer for turns (evtimer_add)");
}

void
admit_wake(struct admit_proc *a)
{
	if (!a->soon)
		schedule(a, 1);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct admit_proc *a = arg;
	const uint64_t now = admit_now();
	const time_t wall = time(NULL);
	int more;

	(void)fd;
	(void)what;
	schedule(a, 0);
	admit_lately_clock(a->lately, now, wall);
	admit_groups_turn(a->groups, now, wall);
	if (a->conf == NULL)
		return;
	admit_ends_turn(a, now);
	admit_inquiries_turn(a->inquiries, now);
	more = admit_connected_turn(a->connected, now);
	admit_state_turn(a, now);
	admit_report_turn(a, now);
	if (more || admit_inquiries_count(a->inquiries) > 0 ||
	    admit_groups_busy(a->groups))
		admit_wake(a);
}

/* Start */

static void
make_parts(struct admit_proc *a)
{
	a->cache = admit_cache_new(ADMIT_CACHE_MAX);
	a->lately = admit_lately_new(ADMIT_LATELY_MAX);
	a->inquiries = admit_inquiries_new(&inquiries_ops, a);
	a->connected = admit_connected_new(&connected_ops, a);
	a->groups = admit_groups_new(&groups_ops, a);
	if (a->cache == NULL || a->lately == NULL || a->inquiries == NULL ||
	    a->connected == NULL || a->groups == NULL)
		fatal("out of memory for the tables of clients");
}

static void
prepare(struct ipc_child *c)
{
	static struct admit_proc admit;
	struct admit_proc *a = &admit;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	if ((c->base = event_base_new()) == NULL)
		fatal("can't make an event loop (epoll, kqueue)");
	c->arg = a;
	a->child = c;
	make_parts(a);
	admit_ends_init(a);
	if ((a->tick = evtimer_new(c->base, tick, a)) == NULL)
		fatal("can't make a timer (event_new)");
	tick(-1, 0, a);
}

static int
configured(void *arg)
{
	const struct admit_proc *a = arg;

	return (a->conf != NULL);
}

void
admit_main(void)
{
	static struct ipc_child child = {
		.role = ROLE_ADMIT,
		.handlers = &admit_parent_handlers,
		.prepare = prepare,
		.configured = configured
	};

	ipc_child_run(&child);
}

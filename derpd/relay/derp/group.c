/*
 * group: see group.h.  Called by session.c for every frame, by leases.c with
 * the timer, and by adopt.c and relayadmit.c with what admit says.
 *
 * A group has bytes to spend (`tokens').  They come from leases, and are spent
 * evenly over the time until the next one, so that a client that sends little
 * does not wait for the end of a turn.  A frame is charged when it has been
 * read: the tokens then may be below 0.
 *
 * A client that finds none waits in a queue, and the group is tight: whoever
 * sends is charged to its credit, and waits behind the others when that is used
 * up.  What is there to spend is divided among those that wait; but a quantum
 * is large enough to be worth the system calls, so that at a low rate few have
 * a turn.  The group is tight until nobody waits and bytes are left.
 *
 * A group without traffic for a second is idle; then and without leases it
 * fills at its part of the rate, up to its part of the burst, as admit assumes
 * (derpd/admit/groupslease.c).  One without clients stays until it is full.
 */
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include "grouppriv.h"
#include "session.h"

#define SECOND		((uint64_t)1000000)
#define REPORT_US	100000		/* between two reports */
#define IDLE_REPORTS	10		/* without traffic */
#define ALONE_US	500000		/* without an answer of admit */
#define SERVE_US	2000		/* least time between two rounds */
#define QUANTUM_MIN	2048
#define QUANTUM_MAX	65536
#define LIMIT_MAX	((uint64_t)1 << 40)	/* so that nothing overflows */

struct derp_groups *
derp_groups_new(const struct derp_group_ops *ops, void *arg,
    const uint64_t *now_us)
{
	struct derp_groups *gs;

	if ((gs = calloc(1, sizeof(*gs))) == NULL)
		return (NULL);
	gs->ops = ops;
	gs->arg = arg;
	gs->now_us = now_us;
	gs->nworkers = 1;
	TAILQ_INIT(&gs->active);
	TAILQ_INIT(&gs->left);
	return (gs);
}

void
derp_groups_workers(struct derp_groups *gs, unsigned int n)
{
	gs->nworkers = n;
}

void
derp_groups_channel(struct derp_groups *gs, int up)
{
	struct derp_group *g;

	gs->channel = up;
	for (g = gs->by_id; g != NULL; g = g->by_id.next) {
		g->granted = 0;
		g->asked_us = 0;
		derp_group_alone(g);
	}
}

static struct derp_group *
find(struct derp_groups *gs, uint32_t id)
{
	struct derp_group *g;

	HASH_FIND(by_id, gs->by_id, &id, sizeof(id), g);
	return (g);
}

static struct derp_group *
find_name(struct derp_groups *gs, const char *name)
{
	struct derp_group *g;

	HASH_FIND(by_name, gs->by_name, name, strlen(name), g);
	return (g);
}

static struct derp_group *
make(struct derp_groups *gs, uint32_t id)
{
	struct derp_group *g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (NULL);
	g->all = gs;
	g->id = id;
	g->alone = 1;
	TAILQ_INIT(&g->waiting);
	HASH_ADD(by_id, gs->by_id, id, sizeof(g->id), g);
	if (g->by_id.tbl == NULL) {
		free(g);
		return (NULL);
	}
	return (g);
}

/* Put the group on the list, NULL: on none. */
static void
put_on(struct derp_group_list *list, struct derp_group *g)
{
	if (g->list != NULL)
		TAILQ_REMOVE(g->list, g, entry);
	g->list = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, g, entry);
}

static void
forget_name(struct derp_groups *gs, struct derp_group *g)
{
	if (g->is_named)
		HASH_DELETE(by_name, gs->by_name, g);
	g->is_named = 0;
}

static void
end(struct derp_groups *gs, struct derp_group *g)
{
	HASH_DELETE(by_id, gs->by_id, g);
	forget_name(gs, g);
	put_on(NULL, g);
	free(g);
}

/* The group is idle.  Without clients it ends if it is full, or is kept. */
static void
rest(struct derp_groups *gs, struct derp_group *g)
{
	derp_group_alone(g);
	derp_group_refill(g);
	g->asked_us = 0;
	if (g->tokens > derp_group_part(g))
		g->tokens = derp_group_part(g);
	if (g->nmembers > 0)
		put_on(NULL, g);
	else if (g->rate > 0 && g->tokens < derp_group_part(g))
		put_on(&gs->left, g);
	else
		end(gs, g);
}

/* End two of the groups that are left, if they are full by now. */
static void
end_left(struct derp_groups *gs)
{
	struct derp_group *g;
	int i;

	for (i = 0; i < 2 && (g = TAILQ_FIRST(&gs->left)) != NULL; i++)
		rest(gs, g);
}

void
derp_groups_free(struct derp_groups *gs)
{
	struct derp_group *g, *next;

	if (gs == NULL)
		return;
	for (g = gs->by_id; g != NULL; g = next) {
		next = g->by_id.next;
		end(gs, g);
	}
	free(gs);
}

/*
 * The group has this name.  If one of an earlier channel has it, too, this is
 * the same one: it goes on with what that one has.
 */
static void
set_name(struct derp_groups *gs, struct derp_group *g, const char *name)
{
	const size_t len = strlen(name);
	struct derp_group *old = find_name(gs, name);

	if (len == 0 || len >= sizeof(g->name) || old == g)
		return;
	forget_name(gs, g);
	if (old != NULL) {
		g->tokens = old->tokens;
		forget_name(gs, old);
	}
	memcpy(g->name, name, len + 1);
	HASH_ADD_KEYPTR(by_name, gs->by_name, g->name, len, g);
	g->is_named = g->by_name.tbl != NULL;
}

static void
set_limits(struct derp_group *g, uint64_t rate, uint64_t burst)
{
	g->rate = rate < LIMIT_MAX ? rate : LIMIT_MAX;
	g->burst = burst < LIMIT_MAX ? burst : LIMIT_MAX;
	if (g->at_us == 0) {
		g->tokens = derp_group_part(g);
		g->at_us = *g->all->now_us;
	}
	if (g->tokens > derp_group_room(g))
		g->tokens = derp_group_room(g);
}

static void
queue(struct derp_member *m)
{
	TAILQ_INSERT_TAIL(&m->group->waiting, m, entry);
	m->group->nwaiting++;
	m->group->is_tight = 1;
	m->waits = 1;
}

static void
unqueue(struct derp_member *m)
{
	TAILQ_REMOVE(&m->group->waiting, m, entry);
	m->group->nwaiting--;
	m->waits = 0;
}

/* Let the client wait.  Returns 1. */
static int
wait_in(struct derp_group *g, struct derp_member *m)
{
	if (!m->waits)
		queue(m);
	g->all->ops->wake(g->all->arg, SERVE_US);
	return (1);
}

/*
 * The client leaves its group, which gets its credit or its debt.  After the
 * last one the group stays until it is full again: who comes back finds what is
 * left to spend.
 */
static void
part_from(struct derp_groups *gs, struct derp_member *m)
{
	struct derp_group *g = m->group;

	if (m->waits)
		unqueue(m);
	g->tokens += m->credit;
	m->credit = 0;
	if (--g->nmembers == 0 && g->list != &gs->active)
		rest(gs, g);
}

static void
activate(struct derp_group *g)
{
	struct derp_groups *gs = g->all;

	if (g->list == &gs->active)
		return;
	put_on(&gs->active, g);
	derp_group_refill(g);
	g->idle = 0;
	gs->ops->wake(gs->arg, REPORT_US);
}

/* The client joins the group, and waits if others do. */
static void
join(struct derp_groups *gs, struct derp_member *m, struct derp_group *g)
{
	struct derp_group *old = m->group;
	const int waits = m->waits;

	if (old != NULL) {
		if (old->name[0] != '\0' && strcmp(old->name, g->name) == 0) {
			g->used += old->used;
			old->used = old->seen = 0;
		}
		part_from(gs, m);
	}
	m->group = g;
	if (g->nmembers++ == 0 && g->list == &gs->left)
		put_on(NULL, g);
	if (!waits && !g->is_tight)
		return;
	activate(g);
	(void)wait_in(g, m);
	if (!waits)
		gs->ops->hold(m->session);
}

/* The client is to be a member of the group `id'.  NULL without memory. */
static struct derp_group *
member_of(struct derp_groups *gs, struct derp_session *s, uint32_t id)
{
	struct derp_member *m = s->member;
	struct derp_group *g;

	if (m == NULL && (m = calloc(1, sizeof(*m))) == NULL)
		return (NULL);
	end_left(gs);
	if ((g = find(gs, id)) == NULL && (g = make(gs, id)) == NULL) {
		if (s->member == NULL)
			free(m);
		return (NULL);
	}
	m->session = s;
	s->member = m;
	return (g);
}

int
derp_groups_restore(struct derp_groups *gs, struct derp_session *s,
    const char *name, uint64_t rate, uint64_t burst)
{
	struct derp_group *g;
	uint32_t id;

	if (name[0] == '\0' || s->mesh)
		return (0);
	if ((g = find_name(gs, name)) == NULL)
		while (find(gs, --gs->last_id) != NULL)
			;
	id = g == NULL ? gs->last_id : g->id;
	if ((g = member_of(gs, s, id)) == NULL)
		return (-1);
	if (g->name[0] == '\0') {
		g->restored = 1;
		set_limits(g, rate, burst);
		set_name(gs, g, name);
	}
	if (s->member->group == NULL)
		join(gs, s->member, g);
	return (0);
}

int
derp_groups_grant(struct derp_groups *gs, struct derp_session *s, uint32_t id,
    uint64_t rate, uint64_t burst, const char *name)
{
	struct derp_member *m;
	struct derp_group *g;

	if (id == 0 || s->mesh) {
		derp_groups_leave(gs, s);
		return (0);
	}
	if ((g = member_of(gs, s, id)) == NULL)
		return (-1);
	m = s->member;
	g->restored = 0;
	set_limits(g, rate, burst);
	set_name(gs, g, name);
	g->granted |= gs->channel && name[0] != '\0';
	if (m->group != g)
		join(gs, m, g);
	if (g->used > 0)
		activate(g);
	return (0);
}

void
derp_groups_leave(struct derp_groups *gs, struct derp_session *s)
{
	struct derp_member *m = s->member;
	const int waited = m != NULL && m->waits;

	if (m == NULL)
		return;
	part_from(gs, m);
	free(m);
	s->member = NULL;
	if (waited)
		gs->ops->resume(s);
}

void
derp_groups_lease(struct derp_groups *gs, uint32_t id, uint64_t bytes)
{
	struct derp_group *g = find(gs, id);
	uint64_t most;

	if (g == NULL || g->rate == 0)
		return;
	derp_group_refill(g);
	g->alone = 0;
	g->asked_us = 0;
	most = (uint64_t)derp_group_room(g) - g->pending;
	g->pending += bytes < most ? bytes : most;
	g->speed = g->pending * (SECOND / REPORT_US);
	if (g->nwaiting > 0)
		gs->ops->wake(gs->arg, SERVE_US);
}

int
derp_group_charge(struct derp_member *m, uint64_t n)
{
	struct derp_group *g = m->group;

	g->used += n;
	if (g->list == NULL)
		activate(g);
	if (g->rate == 0)
		return (0);
	if (g->is_tight || m->credit > 0) {
		m->credit -= (int64_t)n;
		if (m->credit >= 0)
			return (0);
		if (g->is_tight)
			return (wait_in(g, m));
		n = (uint64_t)(0 - m->credit);
		m->credit = 0;
	}
	g->tokens -= (int64_t)n;
	if (g->tokens >= 0)
		return (0);
	derp_group_refill(g);
	return (g->tokens >= 0 ? 0 : wait_in(g, m));
}

/* Return the next quantum: as all that is there is divided. */
static int64_t
quantum(const struct derp_group *g)
{
	const int64_t q = g->tokens / (int64_t)g->nwaiting;

	return (q < QUANTUM_MIN ? QUANTUM_MIN : q > QUANTUM_MAX ? QUANTUM_MAX :
	    q);
}

/* Resume clients as long as there are tokens. */
static void
serve(struct derp_group *g)
{
	struct derp_member *m;
	int64_t q;

	derp_group_refill(g);
	while ((m = TAILQ_FIRST(&g->waiting)) != NULL) {
		if (g->rate > 0) {
			if (g->tokens <= 0)
				break;
			q = quantum(g);
			g->tokens -= q;
			m->credit += q;
		} else
			m->credit = 0;
		unqueue(m);
		if (m->credit > 0 || g->rate == 0)
			g->all->ops->resume(m->session);
		else
			queue(m);	/* a long frame was not paid yet */
	}
	g->is_tight = !TAILQ_EMPTY(&g->waiting) || (g->rate > 0 &&
	    g->tokens <= 0);
}

/* In how many us there will be a quantum, or a lease. */
static uint64_t
due(const struct derp_group *g)
{
	const uint64_t v = derp_group_speed(g);
	uint64_t us = SERVE_US;

	if (v == 0 || (!g->alone && g->pending == 0))
		return (REPORT_US);
	if (g->tokens < QUANTUM_MIN)
		us = (uint64_t)(QUANTUM_MIN - g->tokens) * SECOND / v;
	if (us < SERVE_US)
		us = SERVE_US;
	return (us < REPORT_US ? us : REPORT_US);
}

/* Report what the group used.  Return 1, or 0: it was idle for a second. */
static int
report(struct derp_groups *gs, struct derp_group *g)
{
	const uint64_t now = *gs->now_us;

	if (g->asked_us != 0 && now - g->asked_us > ALONE_US)
		derp_group_alone(g);
	if (g->used == g->seen && g->nwaiting == 0)
		return (++g->idle < IDLE_REPORTS);
	g->idle = 0;
	/* Who has left gets no grant: the ticket named the group. */
	if (gs->channel && (g->granted ||
	    (g->nmembers == 0 && !g->restored))) {
		gs->ops->used(gs->arg, g->id, g->used, g->nwaiting > 0);
		g->used = 0;
		if (g->rate > 0 && g->asked_us == 0)
			g->asked_us = now;
	}
	g->seen = g->used;
	return (1);
}

static void
report_all(struct derp_groups *gs)
{
	struct derp_group *g, *next;

	gs->report_us = *gs->now_us;
	for (g = TAILQ_FIRST(&gs->active); g != NULL; g = next) {
		next = TAILQ_NEXT(g, entry);
		derp_group_refill(g);
		if (!report(gs, g))
			rest(gs, g);
	}
}

uint64_t
derp_groups_run(struct derp_groups *gs)
{
	uint64_t next, us;
	struct derp_group *g;

	if (*gs->now_us - gs->report_us >= REPORT_US)
		report_all(gs);
	if (TAILQ_EMPTY(&gs->active))
		return (0);
	next = gs->report_us + REPORT_US - *gs->now_us;
	TAILQ_FOREACH(g, &gs->active, entry) {
		if (!g->is_tight)
			continue;
		serve(g);
		if ((us = due(g)) < next)
			next = us;
	}
	return (next);
}

void
derp_group_limits(const struct derp_session *s, uint64_t *rate,
    uint64_t *burst)
{
	*rate = s->member == NULL ? 0 : s->member->group->rate;
	*burst = s->member == NULL ? 0 : s->member->group->burst;
}

const char *
derp_group_name(const struct derp_session *s)
{
	return (s->member == NULL ? "" : s->member->group->name);
}

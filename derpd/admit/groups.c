/*
 * groups: the table of groups, and their connections; see groups.h.  Called by
 * admitd.c, ends.c, judge.c and logins.c.  What groups use is in
 * groupslease.c, quotas are in groupsmonth.c.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include "clientsline.h"
#include "groupspriv.h"

/* Larger limits count as these, so that no sum overflows. */
#define RATE_MAX	((uint64_t)1 << 40)

/*
 * Ids begin anywhere, so that those of an earlier process, which relay workers
 * may still have, name nothing.
 */
struct admit_groups *
admit_groups_new(const struct admit_groups_ops *ops, void *arg)
{
	struct admit_groups *g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (NULL);
	g->ops = ops;
	g->arg = arg;
	g->next_id = randombytes_random();
	TAILQ_INIT(&g->active);
	return (g);
}

static void
drop(struct admit_groups *g, struct admit_group *gr)
{
	HASH_DELETE(by_name, g->by_name, gr);
	HASH_DELETE(by_id, g->by_id, gr);
	if (gr->is_active)
		TAILQ_REMOVE(&g->active, gr, active);
	free(gr->shares);
	free(gr);
}

void
admit_groups_free(struct admit_groups *g)
{
	struct admit_group *gr, *next;

	if (g == NULL)
		return;
	for (gr = g->by_name; gr != NULL; gr = next) {
		next = gr->by_name.next;
		drop(g, gr);
	}
	free(g->ids);
	free(g);
}

struct admit_group *
admit_group_find(const struct admit_groups *g, uint32_t id)
{
	struct admit_group *gr;

	HASH_FIND(by_id, g->by_id, &id, sizeof(id), gr);
	return (gr);
}

struct admit_group *
admit_group_named(const struct admit_groups *g, const char *name)
{
	struct admit_group *gr;

	HASH_FIND(by_name, g->by_name, name, strlen(name), gr);
	return (gr);
}

struct admit_group *
admit_group_make(struct admit_groups *g, const char *name)
{
	struct admit_group *gr;
	const size_t len = strlen(name);

	if (HASH_CNT(by_id, g->by_id) == 2 * ADMIT_GROUPS_MAX ||
	    len >= sizeof(gr->name) || (gr = calloc(1, sizeof(*gr))) == NULL)
		return (NULL);
	memcpy(gr->name, name, len + 1);
	do
		gr->id = g->next_id++;
	while (gr->id == 0 || admit_group_find(g, gr->id) != NULL);
	HASH_ADD(by_id, g->by_id, id, sizeof(gr->id), gr);
	if (gr->by_id.tbl == NULL) {
		free(gr);
		return (NULL);
	}
	HASH_ADD_KEYPTR(by_name, g->by_name, gr->name, len, gr);
	if (gr->by_name.tbl == NULL) {
		HASH_DELETE(by_id, g->by_id, gr);
		free(gr);
		return (NULL);
	}
	return (gr);
}

/* Return 1 when nothing depends on the group any more, else 0. */
static int
is_unused(const struct admit_groups *g, const struct admit_group *gr)
{
	return (!gr->listed && gr->connections == 0 && gr->nplaces == 0 &&
	    !admit_month_any(g, gr));
}

static int
by_name(struct admit_group *a, struct admit_group *b)
{
	return (strcmp(a->name, b->name));
}

void
admit_groups_sort(struct admit_groups *g)
{
	HASH_SRT(by_name, g->by_name, by_name);
}

static void
drop_unused(struct admit_groups *g)
{
	struct admit_group *gr, *next;

	for (gr = g->by_name; gr != NULL; gr = next) {
		next = gr->by_name.next;
		if (is_unused(g, gr))
			drop(g, gr);
	}
}

/* Make the groups of the list that there are not.  0, or -1. */
static int
make_missing(struct admit_groups *g, const struct admit_limits *list, size_t n,
    uint32_t *ids)
{
	struct admit_group *gr;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((gr = admit_group_named(g, list[i].name)) == NULL &&
		    (gr = admit_group_make(g, list[i].name)) == NULL)
			return (-1);
		ids[i] = gr->id;
	}
	return (0);
}

static void
set_limits(struct admit_group *gr, const struct admit_limits *l)
{
	static const struct admit_limits none;
	struct admit_limits old = gr->limits;

	gr->listed = l != NULL;
	gr->limits = l != NULL ? *l : none;
	gr->limits.name = NULL;
	l = &gr->limits;
	if (l->burst == 0)
		gr->limits.burst = l->rate > CLIENTS_MIN_BURST ? l->rate :
		    CLIENTS_MIN_BURST;
	if (l->rate > RATE_MAX)
		gr->limits.rate = RATE_MAX;
	if (l->burst > RATE_MAX)
		gr->limits.burst = RATE_MAX;
	if (l->rate == 0)
		gr->limits.burst = 0;
	if (l->rate != old.rate || l->burst != old.burst)
		admit_lease_limits(gr);
}

int
admit_groups_replace(struct admit_groups *g, const struct admit_limits *list,
    size_t n)
{
	struct admit_group *gr;
	uint32_t *ids = NULL;
	size_t i;

	drop_unused(g);
	if (n > ADMIT_GROUPS_MAX || (n > 0 && (ids = reallocarray(NULL, n,
	    sizeof(*ids))) == NULL) || make_missing(g, list, n, ids) == -1) {
		free(ids);
		drop_unused(g);
		return (-1);
	}
	free(g->ids);
	g->ids = ids;
	g->nids = (uint32_t)n;
	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next)
		gr->listed = 0;
	for (i = 0; i < n; i++)
		set_limits(admit_group_find(g, ids[i]), &list[i]);
	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next)
		if (!gr->listed)
			set_limits(gr, NULL);
	drop_unused(g);
	admit_groups_sort(g);
	g->check_all = 1;
	return (0);
}

uint32_t
admit_groups_id(const struct admit_groups *g, uint32_t n)
{
	return (n >= 1 && n <= g->nids ? g->ids[n - 1] : 0);
}

void
admit_groups_limits(const struct admit_groups *g, uint32_t id, uint64_t *rate,
    uint64_t *burst, const char **name)
{
	const struct admit_group *gr = admit_group_find(g, id);

	*rate = gr == NULL ? 0 : gr->limits.rate;
	*burst = gr == NULL ? 0 : gr->limits.burst;
	*name = gr == NULL ? "" : gr->name;
}

/* Give up the places that were kept long enough. */
static void
expire_places(const struct admit_groups *g, struct admit_group *gr)
{
	const uint64_t now = g->now_us / 1000000;
	unsigned int i;

	if (gr->nplaces == 0 || now < gr->places_sec)
		gr->places_sec = now;
	for (i = 0; gr->places_sec < now && i < ADMIT_GROUPS_PLACE_SECS; i++) {
		gr->places_sec++;
		gr->nplaces -= gr->places[gr->places_sec %
		    ADMIT_GROUPS_PLACE_SECS];
		gr->places[gr->places_sec % ADMIT_GROUPS_PLACE_SECS] = 0;
	}
	gr->places_sec = now;
}

/* The place that was given first is taken. */
static void
take_place(const struct admit_groups *g, struct admit_group *gr)
{
	unsigned int i;
	uint32_t *place;

	expire_places(g, gr);
	if (gr->nplaces == 0)
		return;
	for (i = 1; i <= ADMIT_GROUPS_PLACE_SECS; i++) {
		place = &gr->places[(gr->places_sec + i) %
		    ADMIT_GROUPS_PLACE_SECS];
		if (*place > 0) {
			(*place)--;
			gr->nplaces--;
			return;
		}
	}
}

enum ipc_admit_verdict
admit_groups_may_join(struct admit_groups *g, uint32_t id)
{
	struct admit_group *gr = admit_group_find(g, id);
	const uint32_t max = gr == NULL ? 0 : gr->limits.connections;

	if (gr == NULL)
		return (IPC_ADMIT_YES);
	if (admit_month_over(g, gr))
		return (IPC_ADMIT_QUOTA);
	if (max == 0)
		return (IPC_ADMIT_YES);
	expire_places(g, gr);
	if (gr->connections >= max || gr->nplaces >= max - gr->connections)
		return (IPC_ADMIT_CROWDED);
	gr->places[gr->places_sec % ADMIT_GROUPS_PLACE_SECS]++;
	gr->nplaces++;
	return (IPC_ADMIT_YES);
}

int
admit_groups_over(const struct admit_groups *g, uint32_t id)
{
	const struct admit_group *gr = admit_group_find(g, id);

	return (gr != NULL && admit_month_over(g, gr));
}

/* Return the share of the worker, or NULL: no memory, or no such worker. */
static struct admit_share *
share_of(struct admit_groups *g, struct admit_group *gr, unsigned int worker)
{
	struct admit_share *all;
	const uint32_t n = worker + 1;

	if (worker >= IPC_MAXWORKERS)
		return (NULL);
	if (worker < gr->nshares)
		return (&gr->shares[worker]);
	if ((all = reallocarray(gr->shares, n, sizeof(*all))) == NULL)
		return (NULL);
	memset(all + gr->nshares, 0, (n - gr->nshares) * sizeof(*all));
	gr->shares = all;
	gr->nshares = n;
	if (g->nworkers < n)
		g->nworkers = n;
	return (&gr->shares[worker]);
}

void
admit_groups_began(struct admit_groups *g, uint32_t id, unsigned int worker,
    int first)
{
	struct admit_group *gr = admit_group_find(g, id);
	struct admit_share *s;

	if (gr == NULL || (s = share_of(g, gr, worker)) == NULL)
		return;
	take_place(g, gr);
	s->connections++;
	gr->connections++;
	if (first) {
		s->clients++;
		gr->clients++;
	}
}

void
admit_groups_ended(struct admit_groups *g, uint32_t id, unsigned int worker,
    int last)
{
	struct admit_group *gr = admit_group_find(g, id);
	struct admit_share *s;

	if (gr == NULL || worker >= gr->nshares)
		return;
	s = &gr->shares[worker];
	if (s->connections == 0)
		return;
	gr->connections--;
	if (--s->connections == 0)
		s->left_us = g->now_us;
	if (last && s->clients > 0) {
		s->clients--;
		gr->clients--;
	}
}

void
admit_groups_worker_gone(struct admit_groups *g, unsigned int worker)
{
	struct admit_group *gr;
	struct admit_share *s;

	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next) {
		if (worker >= gr->nshares)
			continue;
		s = &gr->shares[worker];
		gr->connections -= s->connections;
		gr->clients -= s->clients;
		s->connections = s->clients = 0;
		s->left_us = 0;
		admit_lease_drop(gr, worker);
	}
}

int
admit_groups_busy(const struct admit_groups *g)
{
	return (!TAILQ_EMPTY(&g->active));
}

void
admit_groups_turn(struct admit_groups *g, uint64_t now_us, time_t wall)
{
	const uint32_t month = admit_month_of(wall);
	struct admit_group *gr, *next;
	int over;

	g->check_all |= month != g->month;
	g->month = month;
	g->now_us = now_us;
	if (g->check_all) {
		for (gr = g->by_name; gr != NULL; gr = gr->by_name.next) {
			admit_month_turn(g, gr);
			admit_lease_wake(g, gr);
		}
		g->check_all = 0;
	}
	for (gr = TAILQ_FIRST(&g->active); gr != NULL; gr = next) {
		next = TAILQ_NEXT(gr, active);
		over = admit_month_over(g, gr);
		if (over && !gr->was_over)
			g->ops->over(g->arg, gr->id);
		gr->was_over = over != 0;
	}
	admit_lease_turn(g);
}

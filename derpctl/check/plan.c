/*
 * plan: which places are checked, in which order; see task.h.  Touches no
 * network.
 *
 * At most JOBS jobs run at once, one of them of a host (and at an address:
 * meet.c), and one that tells the nodes of a map, so that nodes of several maps
 * are always those of the first.  What needs a node waits for the end of that
 * node's check, and is left out unless the node answers HTTP (for its map) or
 * lets clients in (for the mesh): its fault is reported already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hostname.h"
#include "task.h"

#define JOBS		16
#define MAP_PATH	"/derpmap/default"

struct ctlcheck_task *
ctlcheck_plan_new(enum ctlcheck_kind kind, const char *name)
{
	struct ctlcheck_task *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	if ((t->place.name = strdup(name)) == NULL) {
		free(t);
		return (NULL);
	}
	t->place.kind = kind;
	t->fd = -1;
	return (t);
}

void
ctlcheck_plan_insert(struct ctlcheck_run *run, struct ctlcheck_task *before,
    struct ctlcheck_task *t)
{
	if (before != NULL)
		TAILQ_INSERT_AFTER(&run->tasks, before, t, entry);
	else
		TAILQ_INSERT_TAIL(&run->tasks, t, entry);
	run->ntasks++;
}

/* The last task that this map has told, or the map. */
static struct ctlcheck_task *
last_of(struct ctlcheck_task *map)
{
	struct ctlcheck_task *t = map, *next;

	while ((next = TAILQ_NEXT(t, entry)) != NULL && next->of == map)
		t = next;
	return (t);
}

/* "relay.example.org", with a port that is not 443. */
static void
node_name(char *dst, size_t size, const struct check_node *n)
{
	const int six = net_hostname_is_ipv6(n->host);

	if (n->port == 443)
		(void)snprintf(dst, size, "%s", n->host);
	else
		(void)snprintf(dst, size, "%s%s%s:%u", six ? "[" : "", n->host,
		    six ? "]" : "", n->port);
}

static struct ctlcheck_task *
new_node(struct ctlcheck_run *run, const struct check_node *n)
{
	struct ctlcheck_task *t;
	char name[CHECK_STRING + 16];

	node_name(name, sizeof(name), n);
	if ((t = ctlcheck_plan_new(CTLCHECK_NODE, name)) == NULL)
		return (NULL);
	t->place.node = *n;
	(void)strlcpy(t->host, n->host, sizeof(t->host));
	if (run->only6)
		(void)strlcpy(t->place.node.ipv4, "none",
		    sizeof(t->place.node.ipv4));
	if (run->only4)
		(void)strlcpy(t->place.node.ipv6, "none",
		    sizeof(t->place.node.ipv6));
	return (t);
}

/* The map that the server of this node may serve at `path', and need not. */
static struct ctlcheck_task *
new_served_map(struct ctlcheck_task *node, const char *path)
{
	const struct check_node *n = &node->place.node;
	struct net_url u = { .plain = 0 };
	struct ctlcheck_task *t;
	char url[URL_MAXTEXT];

	(void)strlcpy(u.host, n->host, sizeof(u.host));
	(void)snprintf(u.port, sizeof(u.port), "%u", n->port);
	(void)strlcpy(u.path, path, sizeof(u.path));
	if (net_url_text(&u, url, sizeof(url)) == -1 ||
	    (t = ctlcheck_plan_new(CTLCHECK_MAP, url)) == NULL)
		return (NULL);
	(void)strlcpy(t->url, url, sizeof(t->url));
	(void)strlcpy(t->host, n->host, sizeof(t->host));
	t->place.node.region = n->region;
	(void)strlcpy(t->place.node.code, n->code, sizeof(t->place.node.code));
	t->after = node;
	return (t);
}

/* Is this node checked already, for another map or target? */
static int
is_known(const struct ctlcheck_run *run, const struct check_node *n)
{
	const struct ctlcheck_task *t;
	const struct check_node *k;

	TAILQ_FOREACH(t, &run->tasks, entry) {
		k = &t->place.node;
		if (t->place.kind == CTLCHECK_NODE && k->port == n->port &&
		    k->region == n->region && k->stun == n->stun &&
		    strcmp(k->name, n->name) == 0 &&
		    strcasecmp(k->host, n->host) == 0)
			return (1);
	}
	return (0);
}

int
ctlcheck_plan_target(struct ctlcheck_run *run, const struct ctlcheck_target *t)
{
	struct ctlcheck_task *task, *map;

	if (t->kind == CTLCHECK_HOST && is_known(run, &t->node))
		return (0);
	if (t->kind == CTLCHECK_HOST) {
		if ((task = new_node(run, &t->node)) == NULL)
			return (-1);
		task->guessed = t->guessed;
		ctlcheck_plan_insert(run, NULL, task);
		if ((map = new_served_map(task, MAP_PATH)) == NULL)
			return (-1);
		ctlcheck_plan_insert(run, NULL, map);
		return (0);
	}
	if ((task = ctlcheck_plan_new(CTLCHECK_MAP, strcmp(t->text, "-") == 0 ?
	    "standard input" : t->text)) == NULL)
		return (-1);
	task->needed = 1;
	(void)strlcpy(t->kind == CTLCHECK_URL ? task->url : task->file, t->text,
	    sizeof(task->url));
	(void)strlcpy(task->host, t->node.host, sizeof(task->host));
	ctlcheck_plan_insert(run, NULL, task);
	return (0);
}

int
ctlcheck_plan_node(struct ctlcheck_run *run, struct ctlcheck_task *map,
    const struct check_node *n)
{
	struct ctlcheck_task *t;

	map->nnodes++;
	if (is_known(run, n))
		return (0);
	if ((t = new_node(run, n)) == NULL)
		return (-1);
	t->of = map;
	ctlcheck_plan_insert(run, last_of(map), t);
	return (0);
}

void
ctlcheck_plan_correct(struct ctlcheck_run *run, struct ctlcheck_task *map,
    const struct check_node *n)
{
	struct ctlcheck_task *t = map->after;

	if (!t->guessed || n->stun == t->place.node.stun)
		return;
	t->guessed = 0;
	t->place.node.stun = n->stun;
	ctlcheck_collect_clear(&t->place);
	t->state = CTLCHECK_WAITING;
	run->ndone--;
}

/* How many nodes of the region, from `t' on, follow each other. */
static size_t
count_nodes(const struct ctlcheck_task *t)
{
	const struct ctlcheck_task *k;
	size_t n = 0;

	for (k = t; k != NULL && k->of == t->of &&
	    k->place.kind == CTLCHECK_NODE &&
	    k->place.node.region == t->place.node.region;
	    k = TAILQ_NEXT(k, entry))
		n += !k->place.node.stun_only;
	return (n);
}

/*
 * Ask each node up to `last', the last of its region, for the map that it may
 * serve, to compare them.  A server has it at the path of this map's URL.
 */
static int
add_served_maps(struct ctlcheck_run *run, struct ctlcheck_task *last)
{
	struct ctlcheck_task *t, *map;
	struct net_url u;
	const char *path = MAP_PATH;

	if (last->of->url[0] != '\0' &&
	    net_url_parse(last->of->url, &u) == 0)
		path = u.path;
	for (t = last; t->place.kind == CTLCHECK_NODE && t->of == last->of &&
	    t->place.node.region == last->place.node.region;
	    t = TAILQ_PREV(t, ctlcheck_tasks, entry)) {
		if (t->place.node.stun_only)
			continue;
		if ((map = new_served_map(t, path)) == NULL)
			return (-1);
		map->of = last->of;
		map->mirror = 1;
		ctlcheck_plan_insert(run, last, map);
	}
	return (0);
}

/* Add what a region with several nodes needs, behind the last of them. */
static int
add_region(struct ctlcheck_run *run, struct ctlcheck_task *last)
{
	const struct check_node *n = &last->place.node;
	struct ctlcheck_task *t;
	char name[CHECK_STRING + 32];

	if (add_served_maps(run, last) == -1)
		return (-1);

	(void)snprintf(name, sizeof(name), "region %u%s%s%s", n->region,
	    n->code[0] != '\0' ? " (" : "", n->code,
	    n->code[0] != '\0' ? ")" : "");
	if ((t = ctlcheck_plan_new(CTLCHECK_MESH, name)) == NULL)
		return (-1);
	t->of = last->of;
	t->place.node.region = n->region;
	(void)strlcpy(t->place.node.code, n->code, sizeof(t->place.node.code));
	ctlcheck_plan_insert(run, last, t);
	return (0);
}

int
ctlcheck_plan_regions(struct ctlcheck_run *run, struct ctlcheck_task *map)
{
	struct ctlcheck_task *t, *next;
	unsigned int region = 0;
	size_t n = 0;

	for (t = TAILQ_NEXT(map, entry); t != NULL && t->of == map; t = next) {
		next = TAILQ_NEXT(t, entry);
		if (n == 0 || t->place.node.region != region) {
			region = t->place.node.region;
			n = count_nodes(t);
		}
		if (n > 1 && (next == NULL || next->of != map ||
		    next->place.node.region != region) &&
		    add_region(run, t) == -1)
			return (-1);
	}
	return (0);
}

/* Did clients get so far there that this was measured? */
static int
got_to(const struct ctlcheck_task *t, enum check_fact id)
{
	size_t i;

	for (i = 0; i < t->place.nmeasures; i++)
		if (t->place.measures[i].id == id)
			return (t->state == CTLCHECK_DONE &&
			    t->place.failed == NULL);
	return (0);
}

/* Is `t' a node of the region that `mesh' is about, or the map of one? */
static int
is_in_region(const struct ctlcheck_task *t, const struct ctlcheck_task *mesh)
{
	return (t->of == mesh->of && t != mesh &&
	    t->place.node.region == mesh->place.node.region);
}

size_t
ctlcheck_plan_serving(const struct ctlcheck_run *run,
    const struct ctlcheck_task *mesh, struct check_node *nodes, size_t max)
{
	const struct ctlcheck_task *t;
	size_t n = 0;

	TAILQ_FOREACH(t, &run->tasks, entry)
		if (is_in_region(t, mesh) && n < max &&
		    t->place.kind == CTLCHECK_NODE &&
		    got_to(t, CHECK_FACT_LOGIN))
			nodes[n++] = t->place.node;
	return (n);
}

static int
same_host(const struct ctlcheck_task *a, const struct ctlcheck_task *b)
{
	return (a->host[0] != '\0' && strcasecmp(a->host, b->host) == 0);
}

/* Is this task waiting for one that is not done, or for its host? */
static int
is_held(const struct ctlcheck_run *run, const struct ctlcheck_task *t)
{
	const struct ctlcheck_task *k;

	if (t->after != NULL && t->after->state != CTLCHECK_DONE)
		return (1);
	TAILQ_FOREACH(k, &run->tasks, entry) {
		if (k->needed && t->needed && k->state == CTLCHECK_RUNNING)
			return (1);
		if (t->place.kind == CTLCHECK_MESH &&
		    k->state != CTLCHECK_DONE && is_in_region(k, t))
			return (1);
		if (k->state == CTLCHECK_RUNNING && same_host(k, t))
			return (1);
	}
	return (t->place.kind == CTLCHECK_MESH && ctlcheck_meet_held(run, t));
}

/* Has another fault, which is reported, made this check needless? */
static int
is_needless(const struct ctlcheck_run *run, const struct ctlcheck_task *t)
{
	struct check_node two[2];

	if (t->place.kind == CTLCHECK_MESH)
		return (ctlcheck_plan_serving(run, t, two, 2) < 2);
	return (t->after != NULL && !got_to(t->after, CHECK_FACT_HTTP));
}

struct ctlcheck_task *
ctlcheck_plan_next(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t;
	size_t before;

	if (run->running >= JOBS)
		return (NULL);
	/* A task that is needless may have held another one. */
	do {
		before = run->ndone;
		TAILQ_FOREACH(t, &run->tasks, entry) {
			if (t->state != CTLCHECK_WAITING || is_held(run, t))
				continue;
			if (!is_needless(run, t))
				return (t);
			t->hidden = 1;
			t->state = CTLCHECK_DONE;
			run->ndone++;
		}
	} while (run->ndone != before);
	return (NULL);
}

void
ctlcheck_plan_free(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t;

	while ((t = TAILQ_FIRST(&run->tasks)) != NULL) {
		TAILQ_REMOVE(&run->tasks, t, entry);
		ctlcheck_free_place(&t->place);
		free(t->buf);
		free(t);
	}
}

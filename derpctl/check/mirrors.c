/*
 * mirrors: servers that should send the same map; see task.h.
 *
 * They are the URLs of the command line with the same path, and the nodes of
 * one region of a map: clients of such servers must see the same relays.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "task.h"

/* The path of a URL. */
static const char *
path_of(const char *url)
{
	return (strchr(strstr(url, "://") + 3, '/'));
}

/* Should the servers of these maps send the same bytes? */
static int
are_mirrors(const struct ctlcheck_task *a, const struct ctlcheck_task *b)
{
	if (!a->has_map || !b->has_map || a->url[0] == '\0' ||
	    b->url[0] == '\0' || a->mirror != b->mirror)
		return (0);
	if (a->mirror)
		return (a->of == b->of &&
		    a->place.node.region == b->place.node.region);
	return (a->needed && b->needed && strcasecmp(a->url, b->url) != 0 &&
	    strcmp(path_of(a->url), path_of(b->url)) == 0);
}

/* The first of the mirrors of `t', in the order of the tasks; perhaps `t'. */
static struct ctlcheck_task *
first_of(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	struct ctlcheck_task *k;

	TAILQ_FOREACH(k, &run->tasks, entry)
		if (k == t || are_mirrors(k, t))
			return (k);
	return (t);
}

/* The last one that differs from the first one, or NULL; *n: how many. */
static struct ctlcheck_task *
different(struct ctlcheck_run *run, const struct ctlcheck_task *first,
    size_t *n)
{
	struct ctlcheck_task *k, *other = NULL;

	*n = 0;
	TAILQ_FOREACH(k, &run->tasks, entry)
		if (are_mirrors(k, first) && memcmp(k->hash, first->hash,
		    sizeof(k->hash)) != 0) {
			other = k;
			(*n)++;
		}
	return (other);
}

/* Add the place of these mirrors, behind `last'. */
static int
add_place(struct ctlcheck_run *run, const struct ctlcheck_task *first,
    struct ctlcheck_task *last)
{
	struct check_finding f = { .id = CHECK_MAP_DIFFERS };
	const struct ctlcheck_task *other;
	struct ctlcheck_task *t;
	char name[URL_MAXTEXT + 32];
	size_t n;

	(void)snprintf(name, sizeof(name), "all servers of %s",
	    path_of(first->url));
	if ((t = ctlcheck_plan_new(CTLCHECK_MIRRORS, name)) == NULL)
		return (-1);
	t->state = CTLCHECK_DONE;
	t->place.node.region = first->place.node.region;
	(void)strlcpy(t->place.node.code, first->place.node.code,
	    sizeof(t->place.node.code));
	ctlcheck_plan_insert(run, last, t);
	if ((other = different(run, first, &n)) == NULL)
		return (0);
	(void)snprintf(f.what, sizeof(f.what), n == 1 ?
	    "%.200s and %.200s differ" :
	    "%.200s differs from %.200s, and from %zu more server%s",
	    first->url, other->url, n - 1, n == 2 ? "" : "s");
	return (ctlcheck_collect_found(&t->place, &f));
}

int
ctlcheck_mirrors(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t, *next, *k, *first;

	for (t = TAILQ_FIRST(&run->tasks); t != NULL; t = next) {
		next = TAILQ_NEXT(t, entry);
		if (t->mirror && t->place.nfindings == 0 &&
		    t->place.failed == NULL)
			t->hidden = 1;
		for (k = next; k != NULL && !are_mirrors(k, t);
		    k = TAILQ_NEXT(k, entry))
			continue;
		first = first_of(run, t);
		/* The last one of several. */
		if (k == NULL && first != t && add_place(run, first, t) == -1)
			return (-1);
	}
	return (0);
}

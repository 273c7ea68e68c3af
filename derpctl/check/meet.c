/*
 * meet: no two jobs connect to one address at once, under whatever names a map
 * has it; see task.h.
 *
 * A job tells the addresses that its names have before it connects, and waits.
 * It may go on when no other one is there.  One that waits is nowhere, so no
 * two wait for each other.
 */
#include <sys/socket.h>
#include <string.h>

#include "clock.h"
#include "task.h"

/* Is the address of `len' bytes one of the list? */
static int
has(const char *list, const char *address, size_t len)
{
	size_t n;

	for (; *list != '\0'; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n == len && memcmp(list, address, n) == 0)
			return (1);
	}
	return (0);
}

static int
share(const char *a, const char *b)
{
	size_t n;

	for (; *a != '\0'; a += n) {
		a += strspn(a, " ");
		n = strcspn(a, " ");
		if (n > 0 && has(b, a, n))
			return (1);
	}
	return (0);
}

/* Do `t', or the nodes of the region that it is about, have one of these? */
static int
is_at(const struct ctlcheck_run *run, const struct ctlcheck_task *t,
    const char *addresses)
{
	const struct ctlcheck_task *k;

	if (t->place.kind != CTLCHECK_MESH)
		return (share(t->meets, addresses));
	TAILQ_FOREACH(k, &run->tasks, entry)
		if (k->place.kind == CTLCHECK_NODE && k->of == t->of &&
		    k->place.node.region == t->place.node.region &&
		    share(k->meets, addresses))
			return (1);
	return (0);
}

/* Is another job at one of these addresses? */
static int
is_taken(const struct ctlcheck_run *run, const struct ctlcheck_task *t,
    const char *addresses)
{
	const struct ctlcheck_task *k;

	TAILQ_FOREACH(k, &run->tasks, entry)
		if (k != t && k->state == CTLCHECK_RUNNING && k->asked == 0 &&
		    is_at(run, k, addresses))
			return (1);
	return (0);
}

int
ctlcheck_meet_held(const struct ctlcheck_run *run,
    const struct ctlcheck_task *mesh)
{
	const struct ctlcheck_task *k;

	TAILQ_FOREACH(k, &run->tasks, entry)
		if (k->place.kind == CTLCHECK_NODE && k->of == mesh->of &&
		    k->place.node.region == mesh->place.node.region &&
		    is_taken(run, mesh, k->meets))
			return (1);
	return (0);
}

/*
 * A server that holds a job up would hold up each of those that wait for it:
 * they are given up.
 */
int
ctlcheck_meet_hopeless(const struct ctlcheck_run *run,
    const struct ctlcheck_task *t)
{
	const struct ctlcheck_task *k;

	TAILQ_FOREACH(k, &run->tasks, entry)
		if (k != t && k->state == CTLCHECK_DONE && k->endless &&
		    is_at(run, k, t->meets))
			return (1);
	return (0);
}

void
ctlcheck_meet_ask(struct ctlcheck_task *t, const char *addresses)
{
	(void)strlcpy(t->meets, addresses, sizeof(t->meets));
	t->asked = (int64_t)base_clock_ms();
}

void
ctlcheck_meet_admit(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t;
	int64_t waited;

	TAILQ_FOREACH(t, &run->tasks, entry) {
		if (t->state != CTLCHECK_RUNNING || t->asked == 0 ||
		    is_taken(run, t, t->meets) ||
		    ctlcheck_meet_hopeless(run, t))
			continue;
		/* Waiting is no part of the check. */
		waited = (int64_t)base_clock_ms() - t->asked;
		t->began += waited;
		t->until += waited;
		t->asked = 0;
		/* One that asks without reading is ended by its deadline. */
		(void)send(t->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/*
 * walk: see walk.h.  Called by relayadmit.c and newrate.c.
 *
 * A new connection gets a higher number than all others, and is the last one of
 * the list.
 */
#include <stddef.h>

#include "conn.h"
#include "walk.h"

/* Go on with `c', if it was there when the walk began. */
static void
go_on(struct relay_walk *w, struct conn *c)
{
	w->at = c != NULL && c->id <= w->last ? c : NULL;
}

void
relay_walk_begin(struct relay_walk *w, const struct conn_set *s)
{
	const struct conn *last = TAILQ_LAST(&s->conns, conn_list);

	w->last = last == NULL ? 0 : last->id;
	w->at = TAILQ_FIRST(&s->conns);
}

void
relay_walk_again(struct relay_walk *w, const struct conn_set *s,
    const struct relay_walk *other)
{
	w->last = other->last;
	go_on(w, TAILQ_FIRST(&s->conns));
}

struct conn *
relay_walk_next(struct relay_walk *w)
{
	struct conn *c = w->at;

	if (c != NULL)
		go_on(w, TAILQ_NEXT(c, entry));
	return (c);
}

void
relay_walk_leave(struct relay_walk *w, const struct conn *c)
{
	if (w->at == c)
		go_on(w, TAILQ_NEXT(c, entry));
}

int
relay_walk_ahead(const struct relay_walk *w, const struct conn *c)
{
	return (w->at != NULL && c->id >= w->at->id && c->id <= w->last);
}

/*
 * take: imported sessions go on; see move.h.  Called by relay.c.
 */
#include "move.h"
#include "movepriv.h"
#include "relay.h"

void
move_stop(struct relay *r)
{
	move_export_free(r->move.out);
	r->move.out = NULL;
}

void
move_take(struct relay *r)
{
	r->move.taking = 1;
}

void
move_work(struct relay *r)
{
	if (r->move.out != NULL)
		move_export_work(r->move.out);
}

int
move_more(const struct relay *r)
{
	return (move_export_more(r->move.out));
}

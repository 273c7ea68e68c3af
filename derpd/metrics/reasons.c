/*
 * reasons: why derpd is not well; see view.h.  Called by reply.c and page.c.
 * What the parent says is decided there; that it is silent, here.  Pure.
 */
#include "out.h"
#include "view.h"

#define SILENT_MS	30000

void
metrics_reasons(const struct metrics_view *v, struct ipc_wr *w)
{
	const uint64_t since = v->state == NULL ? v->started_ms : v->state_ms;
	size_t i;

	if (v->now_ms - since >= SILENT_MS)
		metrics_out(w, "the parent has said nothing for %llu s\n",
		    (unsigned long long)(v->now_ms - since) / 1000);
	else if (v->state == NULL)
		metrics_out(w, "the parent has said nothing yet\n");
	for (i = 0; v->state != NULL && i < v->state->nreasons; i++)
		metrics_out(w, "%s\n", v->state->reasons[i]);
}

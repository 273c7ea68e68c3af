/*
 * selfcheck: the faults that the last whole check of the relay by health found;
 * see serve.h.  Called by health.c, and by status.c and wellness.c to show
 * them.
 *
 * They decide nothing: STUN goes by the probes (health.c).
 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "parent.h"
#include "results.h"

#define RESULT_MS	1000	/* least time between two checks */

static int
has(const struct parent_selfcheck *s, enum check_fault id)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->faults[i].id == id)
			return (1);
	return (0);
}

/* Read all of them.  0, or -1: there is none of such a name. */
static int
read_faults(const struct ipc_msg_health_checked *v, struct parent_selfcheck *s)
{
	struct ipc_rd left = v->faults_left;
	struct ipc_fault f;

	for (s->n = 0; s->n < v->nfaults; s->n++) {
		if (ipc_next_fault(&left, &f) == -1 ||
		    (s->faults[s->n].id = check_fault_named(f.name)) ==
		    CHECK_NFAULTS)
			return (-1);
		strlcpy(s->faults[s->n].what, f.what,
		    sizeof(s->faults[s->n].what));
	}
	return (0);
}

static const char *
line(const struct parent_selfcheck *s, size_t i,
    char text[PARENT_SELFCHECK_TEXT])
{
	const struct check_fault_row *row = check_fault_row(s->faults[i].id);

	(void)snprintf(text, PARENT_SELFCHECK_TEXT, "%s: %s: %s. %s",
	    row->name, row->title, s->faults[i].what, row->cure);
	return (text);
}

static void
tell(const struct parent_selfcheck *old, const struct parent_selfcheck *new)
{
	char text[PARENT_SELFCHECK_TEXT];
	size_t i;

	for (i = 0; i < new->n; i++)
		if (!has(old, new->faults[i].id))
			log_warnx("check of the relay: %s", line(new, i,
			    text));
	for (i = 0; i < old->n; i++)
		if (!has(new, old->faults[i].id))
			log_info("check of the relay: no %s any more",
			    check_fault_row(old->faults[i].id)->name);
}

int
parent_selfcheck_result(struct parent *d,
    const struct ipc_msg_health_checked *v, uint64_t now_ms)
{
	struct parent_selfcheck *s = &d->selfcheck, new;

	if (!parent_results_may_come(&s->due_ms, now_ms, RESULT_MS) ||
	    read_faults(v, &new) == -1)
		return (-1);
	/* One that is told to end may have one on the way. */
	if (!parent_health_wanted(d))
		return (0);
	tell(s, &new);
	memcpy(s->faults, new.faults, sizeof(s->faults));
	s->n = new.n;
	parent_metrics_changed(d);
	return (0);
}

const char *
parent_selfcheck_text(const struct parent *d, size_t i,
    char text[PARENT_SELFCHECK_TEXT])
{
	return (line(&d->selfcheck, i, text));
}

void
parent_selfcheck_put(const struct parent *d, struct json_out *o)
{
	const struct parent_selfcheck *s = &d->selfcheck;
	const struct check_fault_row *row;
	size_t i;

	json_out_array(o, "faults");
	for (i = 0; i < s->n; i++) {
		row = check_fault_row(s->faults[i].id);
		json_out_object(o, NULL);
		json_out_str(o, "name", row->name);
		json_out_str(o, "title", row->title);
		json_out_str(o, "what", s->faults[i].what);
		json_out_str(o, "why", row->why);
		json_out_str(o, "cure", row->cure);
		json_out_end(o);
	}
	json_out_end(o);
}

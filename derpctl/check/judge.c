/*
 * judge: what is wrong with this machine, and not with the places; see task.h.
 *
 * When the same is wrong everywhere, at two hosts at least, the reason is here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "task.h"

#define NEAR_S		120	/* clocks agree */

/* So many hosts do not answer for a reason here. */
#define IPV6_HOSTS	3
#define UDP_HOSTS	8

/* Where one kind of fault was found. */
struct survey {
	unsigned int	 without;	/* places where all is well */
	unsigned int	 hosts;		/* that have the fault */
	const char	*host;		/* of the last place that has it */
};

static const struct ctlcheck_measure *
measure_of(const struct ctlcheck_place *p, enum check_fact id)
{
	size_t i;

	for (i = 0; i < p->nmeasures; i++)
		if (p->measures[i].id == id)
			return (&p->measures[i]);
	return (NULL);
}

static int
has(const struct ctlcheck_place *p, enum check_fault id)
{
	size_t i;

	for (i = 0; i < p->nfindings; i++)
		if (p->findings[i].id == id)
			return (1);
	return (0);
}

/* Take the findings of this fault from all places. */
static void
drop(struct ctlcheck_run *run, enum check_fault id)
{
	struct ctlcheck_task *t;
	size_t i, n;

	TAILQ_FOREACH(t, &run->tasks, entry) {
		for (i = n = 0; i < t->place.nfindings; i++)
			if (t->place.findings[i].id != id)
				t->place.findings[n++] = t->place.findings[i];
			else {
				free(t->place.findings[i].where);
				free(t->place.findings[i].what);
			}
		t->place.nfindings = n;
	}
}

/* The fault is at this place, or (0) it is not. */
static void
count(struct survey *s, const struct ctlcheck_task *t, int there)
{
	if (!there) {
		s->without++;
		return;
	}
	if (s->host == NULL || strcasecmp(s->host, t->place.node.host) != 0)
		s->hosts++;
	s->host = t->place.node.host;
}

/* The place of this machine, the first one. */
static struct ctlcheck_task *
here(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t = TAILQ_FIRST(&run->tasks);

	if (t != NULL && t->place.kind == CTLCHECK_HERE)
		return (t);
	if ((t = ctlcheck_plan_new(CTLCHECK_HERE, "this machine")) == NULL)
		return (NULL);
	t->state = CTLCHECK_DONE;
	TAILQ_INSERT_HEAD(&run->tasks, t, entry);
	run->ntasks++;
	return (t);
}

/*
 * All clocks are off by about the same time: certificates can't be judged
 * either.
 */
static int
judge_clocks(struct ctlcheck_run *run)
{
	const struct ctlcheck_measure *m;
	struct survey s = { .hosts = 0 };
	struct ctlcheck_task *t;
	int64_t min = INT64_MAX, max = INT64_MIN;
	char why[CTLCHECK_WHY];

	TAILQ_FOREACH(t, &run->tasks, entry) {
		m = measure_of(&t->place, CHECK_FACT_CLOCK);
		if (t->place.kind != CTLCHECK_NODE || m == NULL)
			continue;
		count(&s, t, has(&t->place, CHECK_CLOCK_OFF));
		min = m->n < min ? m->n : min;
		max = m->n > max ? m->n : max;
	}
	if (s.without > 0 || s.hosts < 2 || max - min > NEAR_S)
		return (0);
	drop(run, CHECK_CLOCK_OFF);
	drop(run, CHECK_CERT_EXPIRED);
	drop(run, CHECK_CERT_EARLY);
	drop(run, CHECK_CERT_ENDS_SOON);
	drop(run, CHECK_CERT_ENDS);
	drop(run, CHECK_CERT_CA_DATE);
	if ((t = here(run)) == NULL)
		return (-1);
	(void)snprintf(why, sizeof(why), "its clock is %s by %lld seconds, "
	    "compared with all relays: correct it, and check again", min < 0 ?
	    "ahead" : "behind", llabs((long long)min));
	ctlcheck_collect_failed(&t->place, why);
	return (0);
}

/*
 * Note something about this machine if it may be why all these places have a
 * fault.  With `enough' hosts it is: nobody forgets the same at so many.
 */
static int
note(struct ctlcheck_run *run, enum check_fault id, enum check_fault own,
    const struct survey *s, unsigned int enough)
{
	struct check_finding f = { .id = own };
	struct ctlcheck_task *t;

	if (s->without > 0 || s->hosts < 2)
		return (0);
	if (s->hosts >= enough)
		drop(run, id);
	if ((t = here(run)) == NULL)
		return (-1);
	(void)snprintf(f.what, sizeof(f.what), "none of %u relays answers",
	    s->hosts);
	return (ctlcheck_collect_found(&t->place, &f));
}

/* Was this measured over IPv6? */
static int
over_ipv6(const struct ctlcheck_place *p, enum check_fact id)
{
	size_t i;

	for (i = 0; i < p->nmeasures; i++)
		if (p->measures[i].id == id &&
		    strchr(p->measures[i].where, ':') != NULL)
			return (1);
	return (0);
}

/* No relay that should can be reached over IPv6. */
static int
judge_ipv6(struct ctlcheck_run *run)
{
	struct survey s = { .hosts = 0 };
	struct ctlcheck_task *t;

	TAILQ_FOREACH(t, &run->tasks, entry)
		if (has(&t->place, CHECK_IPV6_DEAD) ||
		    over_ipv6(&t->place, CHECK_FACT_CONNECT))
			count(&s, t, has(&t->place, CHECK_IPV6_DEAD));
	return (note(run, CHECK_IPV6_DEAD, CHECK_OWN_IPV6, &s, IPV6_HOSTS));
}

/* No STUN server answers. */
static int
judge_udp(struct ctlcheck_run *run)
{
	struct survey s = { .hosts = 0 };
	struct ctlcheck_task *t;

	TAILQ_FOREACH(t, &run->tasks, entry)
		if (has(&t->place, CHECK_STUN_SILENT) ||
		    measure_of(&t->place, CHECK_FACT_STUN) != NULL)
			count(&s, t, has(&t->place, CHECK_STUN_SILENT));
	return (note(run, CHECK_STUN_SILENT, CHECK_OWN_UDP, &s, UDP_HOSTS));
}

int
ctlcheck_judge(struct ctlcheck_run *run)
{
	return (judge_clocks(run) == -1 || judge_ipv6(run) == -1 ||
	    judge_udp(run) == -1 ? -1 : 0);
}

/*
 * frontlists: see frontlists.h.  Called by fronts.c, relays.c and procs.c.
 *
 * A front may have been taken over, and must not keep the relay workers busy:
 * one page at a time is under way, for all fronts, and then the workers rest
 * for longer than it took.  The fronts take turns.
 */
#include <event2/event.h>
#include <string.h>

#include "frontlists.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define LATE_MS		5000	/* for the workers to answer */
#define REST_MS		100	/* between two pages, at least */
#define REST_TIMES	3	/* and so much longer than the last one */
#define MAX_QUEUED	(8 * 1024 * 1024)	/* unread bytes of a front */

static void	timer(evutil_socket_t, short, void *);

/* Arm the timer.  0, or -1 (logged). */
static int
wait_ms(struct parent *d, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
	struct parent_frontlists *l = &d->frontlists;

	if (l->ev == NULL)
		l->ev = evtimer_new(d->super.base, timer, d);
	if (l->ev != NULL && evtimer_add(l->ev, &tv) == 0)
		return (0);
	log_warnx("no memory for a timer of the lists of clients");
	return (-1);
}

/* All workers have answered, or it took too long. */
static void
end(struct parent *d)
{
	struct parent_frontlists *l = &d->frontlists;
	struct parent_proc *front = &d->fronts[l->front];
	const uint64_t took = d->super.system->clock() - l->began_ms;

	l->running = 0;
	l->end.id = l->id;
	if (!l->dropped && front->c.chan != NULL)
		(void)ipc_send_front_list_end(front->c.chan, &l->end);
	l->resting = wait_ms(d, REST_MS + REST_TIMES * took) == 0;
}

/* Ask the relay workers for the page that the front `n' has requested. */
static void
run(struct parent *d, unsigned int n)
{
	struct parent_frontlists *l = &d->frontlists;
	struct ipc_msg_relay_list v = { l->request + 1, l->of[n].query };
	unsigned int i;

	l->of[n].wanted = 0;
	l->next = (n + 1) % IPC_MAXWORKERS;
	l->running = 1;
	l->dropped = 0;
	l->front = n;
	l->id = l->of[n].id;
	l->request++;
	l->limit = v.query.limit;
	memset(l->rows, 0, sizeof(l->rows));
	memset(&l->end, 0, sizeof(l->end));
	l->end.whole = 1;
	l->waiting = 0;
	l->began_ms = d->super.system->clock();
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.ready &&
		    ipc_send_relay_list(d->relays[i].c.chan, &v) == 0)
			l->waiting |= 1ULL << i;
		else
			l->end.whole = 0;
	if (l->waiting == 0 || wait_ms(d, LATE_MS) == -1)
		end(d);
}

static void
run_next(struct parent *d)
{
	struct parent_frontlists *l = &d->frontlists;
	unsigned int i, n;

	for (i = 0; i < IPC_MAXWORKERS && !l->running && !l->resting; i++) {
		n = (l->next + i) % IPC_MAXWORKERS;
		if (l->of[n].wanted)
			run(d, n);
	}
}

/* The workers have rested, or did not answer in time. */
static void
timer(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct parent_frontlists *l = &d->frontlists;

	(void)fd;
	(void)what;
	if (l->running) {
		log_warnx("a relay worker did not list its clients in time: "
		    "the page that front %u shows is incomplete", l->front);
		l->end.whole = 0;
		end(d);
		return;
	}
	l->resting = 0;
	run_next(d);
}

int
parent_frontlists_request(struct parent_proc *front, struct ipc_msg *m)
{
	struct parent_frontlists *l = &front->d->frontlists;
	struct parent_frontlist *one = &l->of[front->c.worker];
	struct ipc_msg_front_list v;

	if (ipc_get_front_list(&m->rd, &v) == -1)
		return (-1);
	if (l->running && l->front == front->c.worker)
		l->dropped = 1;
	one->wanted = 1;
	one->id = v.id;
	one->query = v.query;
	run_next(front->d);
	return (0);
}

/* Pass a row on to the front. */
static void
pass_on(struct parent *d, const struct ipc_list_row *row)
{
	struct parent_frontlists *l = &d->frontlists;
	struct parent_proc *front = &d->fronts[l->front];
	struct ipc_msg_front_listed v = { l->id, *row };

	if (l->dropped || front->c.chan == NULL)
		return;
	if (ipc_chan_queued(front->c.chan) > MAX_QUEUED ||
	    ipc_send_front_listed(front->c.chan, &v) == -1)
		l->end.whole = 0;
}

/* The worker has reported all it has. */
static void
reported(struct parent *d, unsigned int worker,
    const struct ipc_msg_relay_list_end *v)
{
	struct parent_frontlists *l = &d->frontlists;

	l->end.conns += v->conns;
	l->end.keys += v->keys;
	l->end.past += v->past;
	l->end.whole &= v->whole;
	l->waiting &= ~(1ULL << worker);
	if (l->waiting == 0)
		end(d);
}

int
parent_frontlists_answer(struct parent_proc *relay, struct ipc_msg *m)
{
	struct parent_frontlists *l = &relay->d->frontlists;
	const unsigned int w = relay->c.worker;
	struct ipc_msg_relay_listed row;
	struct ipc_msg_relay_list_end v;
	uint32_t request;

	if (m->type == MSG_RELAY_LISTED) {
		if (ipc_get_relay_listed(&m->rd, &row) == -1)
			return (-1);
		request = row.request;
	} else if (m->type != MSG_RELAY_LIST_END ||
	    ipc_get_relay_list_end(&m->rd, &v) == -1)
		return (-1);
	else
		request = v.request;
	if (!l->running || request != l->request ||
	    (l->waiting & 1ULL << w) == 0)
		return (0);		/* too late */
	if (m->type == MSG_RELAY_LIST_END)
		reported(relay->d, w, &v);
	else if (++l->rows[w] > l->limit)
		return (-1);
	else
		pass_on(relay->d, &row.row);
	return (0);
}

void
parent_frontlists_front_gone(struct parent *d, unsigned int front)
{
	struct parent_frontlists *l = &d->frontlists;

	l->of[front].wanted = 0;
	if (l->running && l->front == front)
		l->dropped = 1;
}

void
parent_frontlists_relay_gone(struct parent *d, unsigned int worker)
{
	struct parent_frontlists *l = &d->frontlists;
	const struct ipc_msg_relay_list_end none = { .whole = 0 };

	if (l->running && (l->waiting & 1ULL << worker) != 0)
		reported(d, worker, &none);
}

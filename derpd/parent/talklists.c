/*
 * talklists: what other processes list for derpctl: the clients of relay
 * workers, and the lines of admit.  Called by talk.c; relays.c, the process
 * admit and procs.c report answers and ends.
 */
#include <event2/event.h>
#include <stdio.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"
#include "talk.h"

#define LIST_MS		2000		/* for a process to list all */

static uint32_t		 next_id;

static void
end_list(struct parent_talk *t, struct parent_list *l)
{
	evtimer_del(l->ev_late);
	l->waiting = 0;
	l->id = 0;
	super_talk_done(&t->t, l->lacks);
}

/*
 * Begin a list, which `late' ends when it is not complete in time.  0, or -1:
 * answered.
 */
static int
begin_list(struct parent_talk *t, struct parent_list *l, event_callback_fn late)
{
	struct timeval tv = { LIST_MS / 1000, 0 };
	struct event_base *base = parent_talk_owner(t)->super.base;

	if (l->id != 0) {
		super_talk_done(&t->t, "the same is being listed on this "
		    "connection already");
		return (-1);
	}
	if ((l->ev_late == NULL &&
	    (l->ev_late = evtimer_new(base, late, t)) == NULL) ||
	    evtimer_add(l->ev_late, &tv) == -1) {
		super_talk_done(&t->t, "out of memory");
		return (-1);
	}
	if (++next_id == 0)
		next_id = 1;
	l->id = next_id;
	l->lacks = NULL;
	return (0);
}

static void
clients_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent_talk *t = arg;

	(void)fd;
	(void)what;
	t->clients.lacks = "a relay worker did not answer in time: the list is "
	    "incomplete";
	log_warnx("%s", t->clients.lacks);
	end_list(t, &t->clients);
}

void
parent_talk_list(struct parent_talk *t, int named)
{
	struct parent_list *l = &t->clients;
	struct parent *d = parent_talk_owner(t);
	struct ipc_msg_relay_clients q;
	unsigned int i;

	if (begin_list(t, l, clients_late) == -1)
		return;
	l->named = named;
	q.request = l->id;
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.ready &&
		    ipc_send_relay_clients(d->relays[i].c.chan, &q) == 0)
			l->waiting |= 1ULL << i;
	if (l->waiting == 0)
		end_list(t, l);
}

/* The conversation that waits for this worker's answer `id'; NULL: too late. */
static struct parent_talk *
find_clients(uint32_t id, unsigned int worker)
{
	struct parent_talk *t;

	for (t = parent_talk_first(); t != NULL;
	    t = parent_talk_next(t))
		if (id != 0 && t->clients.id == id &&
		    (t->clients.waiting & 1ULL << worker))
			return (t);
	return (NULL);
}

static void
pass_on(struct parent_talk *t, struct ipc_msg_relay_client *one,
    unsigned int worker)
{
	struct ipc_msg_ctl_listed named;
	struct ipc_msg_ctl_client v;

	if (super_talk_too_much(&t->t)) {
		t->clients.lacks = "derpctl does not read: the list is "
		    "incomplete";
		return;
	}
	one->client.worker = worker;
	if (t->clients.named) {
		named.client = one->client;
		named.name = one->name;
		named.group = one->group;
		(void)ipc_send_ctl_listed(t->t.chan, &named);
	} else {
		v.client = one->client;
		(void)ipc_send_ctl_client(t->t.chan, &v);
	}
}

/* A worker has listed all its clients. */
static void
listed(struct parent_talk *t, unsigned int worker, int whole)
{
	if (!whole)
		t->clients.lacks = "a relay worker has too many clients to "
		    "list: the list is incomplete";
	t->clients.waiting &= ~(1ULL << worker);
	if (t->clients.waiting == 0)
		end_list(t, &t->clients);
}

int
parent_control_client(struct parent_proc *relay, struct ipc_msg *m)
{
	struct ipc_msg_relay_client one;
	struct ipc_msg_relay_clients_end end;
	struct parent_talk *t;

	if (m->type == MSG_RELAY_CLIENT) {
		if (ipc_get_relay_client(&m->rd, &one) == -1)
			return (-1);
		if ((t = find_clients(one.request, relay->c.worker)) != NULL)
			pass_on(t, &one, relay->c.worker);
		return (0);
	}
	if (m->type != MSG_RELAY_CLIENTS_END ||
	    ipc_get_relay_clients_end(&m->rd, &end) == -1)
		return (-1);
	if ((t = find_clients(end.request, relay->c.worker)) != NULL)
		listed(t, relay->c.worker, end.whole);
	return (0);
}

void
parent_control_worker_gone(struct parent *d, unsigned int worker)
{
	struct parent_talk *t;

	(void)d;
	for (t = parent_talk_first(); t != NULL;
	    t = parent_talk_next(t)) {
		if ((t->clients.waiting & 1ULL << worker) == 0)
			continue;
		t->clients.waiting &= ~(1ULL << worker);
		t->clients.lacks = "a relay worker died: the list is "
		    "incomplete";
		if (t->clients.waiting == 0)
			end_list(t, &t->clients);
	}
}

/* Lines of admit */

static void
admit_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent_talk *t = arg;

	(void)fd;
	(void)what;
	t->admit.lacks = "admit did not answer in time: the list is incomplete";
	log_warnx("%s", t->admit.lacks);
	end_list(t, &t->admit);
}

void
parent_talk_groups(struct parent_talk *t)
{
	struct parent *d = parent_talk_owner(t);
	struct ipc_msg_admit_query q;

	if (!super_wanted(&d->admit.c)) {
		super_talk_done(&t->t, "there is no admit { ... } in the "
		    "configuration: everybody may relay");
		return;
	}
	if (begin_list(t, &t->admit, admit_late) == -1)
		return;
	q.request = t->admit.id;
	if (d->admit.c.ready && ipc_send_admit_query(d->admit.c.chan, &q) == 0)
		t->admit.waiting = 1;
	else {
		t->admit.lacks = "admit is not running: try again when it is";
		end_list(t, &t->admit);
	}
}

void
parent_control_admit_line(const struct ipc_msg_admit_line *v)
{
	struct ipc_msg_ctl_text line = { v->text, v->len };
	struct parent_talk *t;

	for (t = parent_talk_first(); t != NULL;
	    t = parent_talk_next(t))
		if (v->request != 0 && t->admit.id == v->request)
			break;
	if (t == NULL)
		return;			/* too late */
	if (v->last)
		end_list(t, &t->admit);
	else if (super_talk_too_much(&t->t))
		t->admit.lacks = "derpctl does not read: the list is "
		    "incomplete";
	else
		(void)ipc_send_ctl_text(t->t.chan, &line);
}

void
parent_control_admit_gone(void)
{
	struct parent_talk *t;

	for (t = parent_talk_first(); t != NULL;
	    t = parent_talk_next(t))
		if (t->admit.waiting != 0) {
			t->admit.lacks = "admit died: the list is incomplete";
			end_list(t, &t->admit);
		}
}

void
parent_talk_end_lists(struct parent_talk *t)
{
	if (t->clients.ev_late != NULL)
		event_free(t->clients.ev_late);
	if (t->admit.ev_late != NULL)
		event_free(t->admit.ev_late);
}

/*
 * keeper: what this derpd keeps after another one has taken over: retired
 * fronts, which finish what they have and pump sessions that are at the new
 * relay workers now; and keys and signers as long as a front shakes hands, for
 * a minute at most.  See replace.h.  Called by replace.c, parent.c and procs.c.
 *
 * Sessions that are pumped end when the new derpd closes their other ends: so
 * this one ends by itself when that one does.  After an hour it ends in any
 * case; those clients connect again.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "between.h"
#include "ipcsend.h"
#include "log.h"
#include "notify.h"
#include "parent.h"

#define KEEP_SECS	3600
#define FINISH_SECS	60	/* for fronts to finish handshakes, logins and
				   requests, which take half of it at most */
#define STOP_MS		5000	/* for processes to end, as at a stop */
#define LATE_MS		(STOP_MS + 1000)

int
upgrade_keeps(const struct parent *d)
{
	return (d->upgrade.old.state == UPGRADE_KEEPING);
}

int
upgrade_gave(const struct parent *d)
{
	const enum upgrade_old_state s = d->upgrade.old.state;

	return (s == UPGRADE_COMMITTED || s == UPGRADE_LOST ||
	    s == UPGRADE_KEEPING);
}

int
upgrade_keeps_fronts(const struct parent *d)
{
	return (upgrade_keeps(d) && !d->upgrade.ending);
}

/* Is this a process that is kept for now? */
static int
is_kept(const struct super_child *c)
{
	return (c->role == ROLE_FRONT || c->role == ROLE_SIGNER ||
	    c->role == ROLE_KEYS);
}

/* Call `cb' in `ms' milliseconds, in place of what was called before. */
static void
timer(struct parent *d, unsigned int ms, event_callback_fn cb)
{
	const struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
	struct upgrade *u = &d->upgrade;

	if (u->ev_keep != NULL)
		event_free(u->ev_keep);
	u->ev_keep = evtimer_new(d->super.base, cb, d);
	if (u->ev_keep == NULL || evtimer_add(u->ev_keep, &tv) == -1)
		fatalx("no timer for the end of what is kept");
}

static void
too_long(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_info("fronts of the derpd that was replaced still had sessions "
	    "after %d minutes: they end", KEEP_SECS / 60);
	upgrade_keep_end(arg);
}

/* Nobody waits for it any more, nor for its end: it may hang. */
static void
end(struct super_child *c)
{
	if (c->chan == NULL)
		return;
	super_forget(c);
	if (c->pid > 0)
		super_kill_one(c);
}

/* Pumps need no private key. */
static void
end_keys(struct parent *d)
{
	unsigned int i;

	end(&d->keys.c);
	for (i = 0; i < parent_signers_count(d); i++)
		end(&d->signers[i].c);
}

/* Does the front have more than pumps, as far as it has said? */
static int
is_busy(const struct parent *d, unsigned int i)
{
	return (d->fronts[i].c.pid > 0 && !d->upgrade.fronts[i].through);
}

/*
 * A front that was taken over could go on to claim logins, to shake hands in
 * the server's name with connections that it accepts in spite of all.
 */
static void
unfinished(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < d->nfronts; i++)
		if (is_busy(d, i))
			super_fail(&d->fronts[i].c, "still had logins or "
			    "requests after a minute");
	end_keys(d);
	timer(d, (KEEP_SECS - FINISH_SECS) * 1000U, too_long);
}

/* Processes that should have ended are killed. */
static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < d->super.n; i++)
		if (d->super.children[i]->pid > 0 &&
		    !is_kept(d->super.children[i]))
			super_kill_one(d->super.children[i]);
	timer(d, FINISH_SECS * 1000U - LATE_MS, unfinished);
}

/*
 * This process still counts for the manager, so READY=1, which ends a reload,
 * comes from here, and not from the new one.
 */
void
upgrade_keep_tell(struct parent *d)
{
	struct upgrade *u = &d->upgrade;
	char text[64];

	if (!upgrade_stand_in_managed(&u->stand_in))
		return;
	if (u->child != 0 && u->child != u->pid) {
		upgrade_between_end(u->child);
		u->child = 0;
	}
	snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", (int)u->pid);
	if (super_notify(text) == -1)
		log_warn("can't tell the service manager that process %d "
		    "serves now (MAINPID)", (int)u->pid);
}

/* Close what the new derpd has. */
static void
close_all(struct parent *d)
{
	parent_control_close();
	parent_listen_close(&d->listens);
	parent_listen_close(&d->stunsocks);
	parent_listen_close(&d->metricsocks);
	parent_certwatch_end(d);
}

/* The sessions are elsewhere: workers end without a word to clients. */
static void
leave(struct parent *d)
{
	unsigned int i;

	for (i = 0; d->upgrade.old.both && i < d->nworkers; i++)
		(void)parent_moves_leave(&d->relays[i]);
}

/* Is there a reload that had to wait? */
static int
reload_waits(const struct parent *d)
{
	const struct parent_gen_request *q;

	TAILQ_FOREACH(q, &d->gens.queue, entry)
		if (q->kind == GEN_RELOAD)
			return (1);
	return (0);
}

void
upgrade_keep(struct parent *d)
{
	struct upgrade *u = &d->upgrade;

	ipc_chan_free(u->chan);
	u->chan = NULL;
	(void)upgrade_stand_in_begin(&u->stand_in, d->super.base, u->pid);
	d->super.stopping = d->super.keeping = 1;
	parent_moves_cancel(d);
	/* The new one may have read derpd.conf before it was changed. */
	if (reload_waits(d))
		(void)kill(u->pid, SIGHUP);
	parent_gens_stop(&d->gens, "derpd was replaced: try again");
	close_all(d);
	leave(d);
	super_stop(&d->super, STOP_MS);
	timer(d, LATE_MS, late);
	upgrade_keep_less(d);
	if (!super_running(&d->super))
		event_base_loopbreak(d->super.base);
}

void
upgrade_keep_less(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->nfronts; i++)
		if (is_busy(d, i))
			return;
	end_keys(d);
}

void
upgrade_keep_end(struct parent *d)
{
	struct upgrade *u = &d->upgrade;

	if (u->ending)
		return;
	u->ending = 1;
	d->super.keeping = 0;
	if (u->ev_keep != NULL)
		event_del(u->ev_keep);
	super_stop_within(&d->super, STOP_MS, "");
}

int
upgrade_signal(struct parent *d, int sig)
{
	struct upgrade *u = &d->upgrade;

	if (!upgrade_keeps(d))
		return (0);
	if (upgrade_stand_in_signal(&u->stand_in, sig) || sig == SIGHUP)
		return (1);
	/* A stop that came before all was handed over is meant for both. */
	if (u->old.stop && u->pid > 0)
		(void)kill(u->pid, sig);
	log_info("stopping: sessions that this process still pumped end");
	upgrade_keep_end(d);
	return (1);
}

int
upgrade_end(struct parent *d)
{
	const struct upgrade_stand_in *s = &d->upgrade.stand_in;

	if (!upgrade_keeps(d) || !s->wanted)
		return (0);
	while (!s->over)
		super_turn(&d->super);
	return (s->status);
}

/*
 * predecessor: see predecessor.h.  Called by replace.c; touches nothing but its
 * own memory.
 */
#include <stdio.h>
#include <string.h>

#include "predecessor.h"

static const char *const names[UPGRADE_NSTATES] = { "IDLE", "WAITING",
    "STARTING", "ACCEPTING", "HOLDING", "MOVING", "COMMITTED", "ENDING",
    "LOST", "KEEPING" };

const char *
upgrade_old_name(enum upgrade_old_state s)
{
	return ((unsigned int)s < UPGRADE_NSTATES ? names[s] : "?");
}

/* Is this a state in which a failure leaves all as it was? */
static int
may_abort(enum upgrade_old_state s)
{
	return (s >= UPGRADE_STARTING && s <= UPGRADE_MOVING);
}

static void
enter(struct upgrade_old *m, enum upgrade_old_state state, unsigned int ms)
{
	m->state = state;
	m->ops->deadline(m->arg, ms);
}

/* Keep the first reason. */
static void
note(struct upgrade_old *m, const char *why)
{
	if (m->why[0] == '\0' && why != NULL)
		snprintf(m->why, sizeof(m->why), "%s", why);
}

/* The upgrade has failed, and nothing of it is left. */
static void
end(struct upgrade_old *m)
{
	note(m, m->how[0] != '\0' ? m->how :
	    "the new derpd closed its channel, and runs on");
	enter(m, UPGRADE_IDLE, 0);
	m->ops->done(m->arg, m->why);
	if (m->stop) {
		m->stop = 0;
		m->ops->stop(m->arg);
	}
}

/* Serve again with what was held and retired in `state' and before. */
static void
undo(struct upgrade_old *m, enum upgrade_old_state state)
{
	if (state >= UPGRADE_HOLDING && m->both)
		m->ops->thaw(m->arg);
	if (state >= UPGRADE_ACCEPTING)
		m->ops->serve(m->arg);
}

/* Before the commit; `why' NULL: how the process ends tells. */
static void
give_up(struct upgrade_old *m, const char *why)
{
	enum upgrade_old_state state = m->state;

	note(m, why);
	m->state = UPGRADE_ENDING;
	m->ops->abort(m->arg, m->why);
	m->ops->kill(m->arg);
	undo(m, state);
	if (m->alive)
		enter(m, UPGRADE_ENDING, UPGRADE_OLD_END_MS);
	else
		end(m);
}

/* After the commit. */
static void
lose(struct upgrade_old *m, const char *why)
{
	note(m, why);
	m->ops->kill(m->arg);
	enter(m, UPGRADE_LOST, UPGRADE_OLD_GONE_MS);
}

/* The new derpd is of no use, whatever the state. */
static void
fail(struct upgrade_old *m, const char *why)
{
	if (may_abort(m->state))
		give_up(m, why);
	else if (m->state == UPGRADE_COMMITTED)
		lose(m, why);
}

/* Nothing else is under way. */
static void
start(struct upgrade_old *m)
{
	const char *why;

	enter(m, UPGRADE_STARTING, UPGRADE_OLD_START_MS);
	if ((why = m->ops->spawn(m->arg)) == NULL) {
		m->alive = 1;
		return;
	}
	note(m, why);
	end(m);
}

/* Wait for other work, or begin. */
static void
look(struct upgrade_old *m)
{
	const char *what = m->ops->under_way(m->arg);
	char why[IPC_ERRORSIZE];

	if (what == NULL)
		start(m);
	else if (m->waited < UPGRADE_OLD_WAIT_MS) {
		m->waited += UPGRADE_OLD_LOOK_MS;
		enter(m, UPGRADE_WAITING, UPGRADE_OLD_LOOK_MS);
	} else {
		snprintf(why, sizeof(why), "%s is still under way after %d s: "
		    "try again when it has ended", what,
		    UPGRADE_OLD_WAIT_MS / 1000);
		note(m, why);
		end(m);
	}
}

const char *
upgrade_old_begin(struct upgrade_old *m)
{
	if (m->state != UPGRADE_IDLE)
		return ("one thing at a time: derpd is being replaced");
	if (m->alive)
		return ("the process of the last try has not ended yet: try "
		    "again");
	m->why[0] = m->how[0] = '\0';
	m->waited = 0;
	m->both = m->moved = m->took = m->unread = 0;
	m->nmoved = m->ntook = 0;
	look(m);
	return (NULL);
}

int
upgrade_old_excludes(const struct upgrade_old *m)
{
	return (m->state >= UPGRADE_STARTING);
}

void
upgrade_old_ready(struct upgrade_old *m, int both)
{
	if (m->state != UPGRADE_STARTING) {
		fail(m, "the new derpd says twice that it is ready");
		return;
	}
	m->both = both;
	enter(m, UPGRADE_ACCEPTING, UPGRADE_OLD_ACCEPT_MS);
	m->ops->accept(m->arg);
}

/* All is the new one's from here on. */
static void
commit(struct upgrade_old *m)
{
	const char *why = m->both ? m->ops->broken(m->arg) : NULL;

	if (why != NULL) {
		fail(m, why);
		return;
	}
	m->late = 0;
	enter(m, UPGRADE_COMMITTED, UPGRADE_OLD_COMMIT_MS);
	m->ops->commit(m->arg);
}

/* Logins that are not handed over by now end. */
static void
after_accepting(struct upgrade_old *m)
{
	if (!m->both) {
		commit(m);
		return;
	}
	enter(m, UPGRADE_HOLDING, UPGRADE_OLD_HOLD_MS);
	m->ops->hold(m->arg);
}

void
upgrade_old_left(struct upgrade_old *m)
{
	if (m->state == UPGRADE_ACCEPTING)
		after_accepting(m);
}

void
upgrade_old_held(struct upgrade_old *m, const char *why)
{
	if (m->state != UPGRADE_HOLDING)
		return;
	if (why != NULL) {
		fail(m, why);
		return;
	}
	enter(m, UPGRADE_MOVING, UPGRADE_OLD_MOVE_MS);
	m->ops->move(m->arg);
}

/* Commit when both sides are through and have counted the same. */
static void
compare(struct upgrade_old *m)
{
	char why[128];

	if (!m->moved || !m->took)
		return;
	if (m->nmoved == m->ntook) {
		commit(m);
		return;
	}
	snprintf(why, sizeof(why), "%u sessions were sent, but %u have come",
	    m->nmoved, m->ntook);
	fail(m, why);
}

void
upgrade_old_moved(struct upgrade_old *m, unsigned int n, const char *why)
{
	if (m->state != UPGRADE_MOVING || m->moved)
		return;
	if (why != NULL) {
		fail(m, why);
		return;
	}
	m->moved = 1;
	m->nmoved = n;
	compare(m);
}

void
upgrade_old_took(struct upgrade_old *m, unsigned int n)
{
	if (m->state != UPGRADE_MOVING || m->took) {
		fail(m, "the new derpd reports sessions that were not sent");
		return;
	}
	m->took = 1;
	m->ntook = n;
	compare(m);
}

void
upgrade_old_taken(struct upgrade_old *m)
{
	if (m->state != UPGRADE_COMMITTED) {
		fail(m, "the new derpd took over before it was asked to");
		return;
	}
	/* Nobody would serve. */
	if (!m->alive) {
		fail(m, NULL);
		return;
	}
	enter(m, UPGRADE_KEEPING, 0);
	m->ops->done(m->arg, NULL);
	m->ops->keep(m->arg);
	if (m->stop)
		m->ops->stop(m->arg);
}

void
upgrade_old_failed(struct upgrade_old *m, const char *why)
{
	fail(m, why);
}

void
upgrade_old_unread(struct upgrade_old *m)
{
	m->unread = 1;
}

void
upgrade_old_closed(struct upgrade_old *m)
{
	fail(m, NULL);
}

void
upgrade_old_exited(struct upgrade_old *m, const char *how)
{
	m->alive = 0;
	snprintf(m->how, sizeof(m->how), "the new derpd %s", how);
	if (may_abort(m->state) || m->state == UPGRADE_COMMITTED)
		/* What it said last may not be read yet. */
		m->ops->deadline(m->arg, UPGRADE_OLD_LAST_MS);
	else if (m->state == UPGRADE_ENDING)
		end(m);
	else if (m->state == UPGRADE_LOST)
		m->ops->deadline(m->arg, UPGRADE_OLD_GONE_MS);
}

void
upgrade_old_worker_gone(struct upgrade_old *m, const char *name)
{
	char why[128];

	if (m->state < UPGRADE_ACCEPTING || !may_abort(m->state))
		return;
	snprintf(why, sizeof(why), "%s ended meanwhile", name);
	fail(m, why);
}

/* The new processes are gone: nobody else has the sessions. */
static void
take_back(struct upgrade_old *m)
{
	m->state = UPGRADE_ENDING;
	if (m->both && m->unread)
		m->ops->thaw(m->arg);
	else if (m->both)
		m->ops->renew(m->arg);
	m->ops->serve(m->arg);
	end(m);
}

void
upgrade_old_late(struct upgrade_old *m)
{
	switch (m->state) {
	case UPGRADE_WAITING:
		look(m);
		break;
	case UPGRADE_STARTING:
		fail(m, m->alive ? "the new derpd was not ready within 60 s" :
		    NULL);
		break;
	case UPGRADE_ACCEPTING:
		if (m->alive)
			after_accepting(m);
		else
			fail(m, NULL);
		break;
	case UPGRADE_HOLDING:
		fail(m, m->alive ? "the relay workers did not come to a halt" :
		    NULL);
		break;
	case UPGRADE_MOVING:
		fail(m, m->alive ? "the sessions were not moved within 10 s" :
		    NULL);
		break;
	case UPGRADE_COMMITTED:
		if (m->alive && !m->late) {
			m->late = 1;
			m->ops->deadline(m->arg, UPGRADE_OLD_GRACE_MS);
		} else
			fail(m, m->alive ? "the new derpd did not take over "
			    "within 5 s" : NULL);
		break;
	case UPGRADE_ENDING:
		end(m);
		break;
	case UPGRADE_LOST:
		if (!m->alive)
			take_back(m);
		else
			lose(m, NULL);
		break;
	case UPGRADE_IDLE:
	case UPGRADE_KEEPING:
	case UPGRADE_NSTATES:
		break;
	}
}

int
upgrade_old_stop(struct upgrade_old *m)
{
	switch (m->state) {
	case UPGRADE_COMMITTED:
	case UPGRADE_LOST:
		m->stop = 1;
		return (0);
	case UPGRADE_WAITING:
		note(m, "derpd stops");
		m->stop = 1;
		end(m);
		return (0);
	default:
		fail(m, "derpd stops");
		break;
	}
	return (1);
}

/*
 * succession: see succession.h.  Called by succeed.c; touches nothing but its
 * own memory.
 */
#include <stdio.h>
#include <string.h>

#include "succession.h"

int
parent_succession_on(const struct parent_succession *s)
{
	return (s->state != PARENT_SUCCESSION_IDLE);
}

static void
answer(struct parent_succession *s, const char *why)
{
	parent_succession_cb done = s->done;

	s->done = NULL;
	if (done != NULL)
		done(s->done_arg, why);
}

static void
enter(struct parent_succession *s, enum parent_succession_state state,
    unsigned int ms)
{
	s->state = state;
	s->ops->deadline(s->arg, ms);
}

/* The other process has ended, or was never there. */
static void
finish(struct parent_succession *s)
{
	enter(s, PARENT_SUCCESSION_IDLE, 0);
	answer(s, s->why[0] == '\0' ? NULL : s->why);
}

/*
 * Before the commit: end the new process, which has touched no session, and
 * make all go on.
 */
static void
undo(struct parent_succession *s)
{
	if (s->runs)
		s->ops->kill(s->arg);
	if (s->state == PARENT_SUCCESSION_HOLDING ||
	    s->state == PARENT_SUCCESSION_MOVING)
		s->ops->thaw(s->arg);
}

static void
fail(struct parent_succession *s, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	undo(s);
	if (!s->runs)
		finish(s);
	else
		enter(s, PARENT_SUCCESSION_ENDING, PARENT_SUCCESSION_END_MS);
}

static void
start(struct parent_succession *s)
{
	enter(s, PARENT_SUCCESSION_STARTING, PARENT_SUCCESSION_START_MS);
	if (s->ops->start(s->arg, s->worker) == 0)
		s->runs = 1;
	else
		fail(s, "the new process can't be started: the log says why");
}

void
parent_succession_begin(struct parent_succession *s, unsigned int worker,
    parent_succession_cb done, void *arg)
{
	if (parent_succession_on(s)) {
		done(arg, "one thing at a time: a relay worker is being "
		    "replaced");
		return;
	}
	s->worker = worker;
	s->done = done;
	s->done_arg = arg;
	s->runs = s->sent = s->took = 0;
	s->nsent = s->ntook = 0;
	s->waited = 0;
	s->why[0] = '\0';
	if (s->ops->busy(s->arg))
		enter(s, PARENT_SUCCESSION_WAITING, PARENT_SUCCESSION_LOOK_MS);
	else
		start(s);
}

void
parent_succession_forget(struct parent_succession *s, const void *arg)
{
	if (s->done_arg == arg)
		s->done = NULL;
}

void
parent_succession_ready(struct parent_succession *s)
{
	if (s->state != PARENT_SUCCESSION_STARTING)
		return;
	enter(s, PARENT_SUCCESSION_HOLDING, 0);
	s->ops->hold(s->arg);
}

void
parent_succession_held(struct parent_succession *s, const char *why)
{
	if (s->state != PARENT_SUCCESSION_HOLDING)
		return;
	if (why != NULL) {
		fail(s, why);
		return;
	}
	enter(s, PARENT_SUCCESSION_MOVING, 0);
	s->ops->move(s->arg, s->worker);
}

/* Both sides have answered: the commit, unless something has failed. */
static void
commit(struct parent_succession *s)
{
	const char *why = s->ops->broken(s->arg);
	char text[128];

	if (why == NULL && s->nsent != s->ntook) {
		snprintf(text, sizeof(text), "%u sessions were sent, %u have "
		    "come", s->nsent, s->ntook);
		why = text;
	}
	if (why != NULL) {
		fail(s, why);
		return;
	}
	enter(s, PARENT_SUCCESSION_ENDING, PARENT_SUCCESSION_END_MS);
	s->ops->commit(s->arg, s->worker, s->ntook);
}

/* One of the two has answered. */
static void
moved(struct parent_succession *s, const char *why)
{
	if (why != NULL)
		fail(s, why);
	else if (s->sent && s->took)
		commit(s);
}

void
parent_succession_sent(struct parent_succession *s, const char *why,
    uint32_t sessions)
{
	if (s->state != PARENT_SUCCESSION_MOVING)
		return;
	s->sent = 1;
	s->nsent = sessions;
	moved(s, why);
}

void
parent_succession_took(struct parent_succession *s, const char *why,
    uint32_t sessions)
{
	if (s->state != PARENT_SUCCESSION_MOVING)
		return;
	s->took = 1;
	s->ntook = sessions;
	moved(s, why);
}

void
parent_succession_gone(struct parent_succession *s)
{
	s->runs = 0;
	if (s->state == PARENT_SUCCESSION_ENDING)
		finish(s);
	else if (parent_succession_on(s))
		fail(s, "the new process ended: the log says why");
}

void
parent_succession_broke(struct parent_succession *s, const char *name)
{
	char text[128];

	/* Later ones fail by their steps, or by ops->broken(). */
	if (s->state != PARENT_SUCCESSION_WAITING &&
	    s->state != PARENT_SUCCESSION_STARTING)
		return;
	snprintf(text, sizeof(text), "%s ended meanwhile", name);
	fail(s, text);
}

/* Look again whether the generation has ended. */
static void
look(struct parent_succession *s)
{
	s->waited += PARENT_SUCCESSION_LOOK_MS;
	if (!s->ops->busy(s->arg))
		start(s);
	else if (s->waited >= PARENT_SUCCESSION_WAIT_MS)
		fail(s, "a reload is under way: try again later");
	else
		enter(s, PARENT_SUCCESSION_WAITING, PARENT_SUCCESSION_LOOK_MS);
}

void
parent_succession_late(struct parent_succession *s)
{
	switch (s->state) {
	case PARENT_SUCCESSION_WAITING:
		look(s);
		break;
	case PARENT_SUCCESSION_STARTING:
		fail(s, "the new process did not become ready in time");
		break;
	case PARENT_SUCCESSION_ENDING:
		/* One that hangs in the system keeps nobody waiting. */
		s->ops->kill(s->arg);
		enter(s, PARENT_SUCCESSION_ENDING, PARENT_SUCCESSION_END_MS);
		answer(s, s->why[0] == '\0' ? NULL : s->why);
		break;
	default:
		break;
	}
}

void
parent_succession_stop(struct parent_succession *s)
{
	if (!parent_succession_on(s))
		return;
	if (s->state != PARENT_SUCCESSION_ENDING)
		undo(s);
	enter(s, PARENT_SUCCESSION_IDLE, 0);
	answer(s, "derpd stops");
}

/*
 * movesteps: see movesteps.h.  Called by moves.c; touches nothing but its own
 * memory.
 */
#include <stdio.h>
#include <string.h>

#include "movesteps.h"

static const char *const doing[PARENT_MOVES_KINDS] = {
	"hold its sessions", "send its sessions", "receive sessions"
};

/* Record the reason of a failure if it is the first since the hold. */
static void
note_broken(struct parent_movesteps *m, const char *why)
{
	if (m->held && m->broken[0] == '\0')
		snprintf(m->broken, sizeof(m->broken), "%s", why);
}

/* The step has ended: call back from the event loop. */
static void
end(struct parent_movesteps *m, enum parent_movesteps_kind kind)
{
	struct parent_movestep *s = &m->steps[kind];

	s->over = 1;
	m->ops->deadline(m->arg, kind, 0);
	m->ops->turn(m->arg);
}

void
parent_movesteps_fail(struct parent_movesteps *m,
    enum parent_movesteps_kind kind, const char *why)
{
	struct parent_movestep *s = &m->steps[kind];

	note_broken(m, why);
	if (!s->on || s->why[0] != '\0')
		return;
	snprintf(s->why, sizeof(s->why), "%s", why);
	end(m, kind);
}

void
parent_movesteps_begin(struct parent_movesteps *m,
    enum parent_movesteps_kind kind, unsigned int ms, parent_moves_cb done,
    void *arg)
{
	struct parent_movestep *s = &m->steps[kind];

	memset(s, 0, sizeof(*s));
	s->on = 1;
	s->done = done;
	s->arg = arg;
	m->ops->deadline(m->arg, kind, ms);
	if (m->broken[0] != '\0')
		parent_movesteps_fail(m, kind, m->broken);
}

void
parent_movesteps_owe(struct parent_movesteps *m,
    enum parent_movesteps_kind kind, unsigned int seat, unsigned int bit)
{
	m->steps[kind].owed[seat] |= 1ULL << bit;
}

/* The first seat that owes an answer; PARENT_MOVES_SEATS: none. */
static unsigned int
owing(const struct parent_movestep *s)
{
	unsigned int i;

	for (i = 0; i < PARENT_MOVES_SEATS && s->owed[i] == 0; i++)
		;
	return (i);
}

void
parent_movesteps_asked(struct parent_movesteps *m,
    enum parent_movesteps_kind kind)
{
	struct parent_movestep *s = &m->steps[kind];

	if (s->on && !s->over && owing(s) == PARENT_MOVES_SEATS)
		end(m, kind);
}

/* Fail for the reason that this seat gives. */
static void
refused(struct parent_movesteps *m, enum parent_movesteps_kind kind,
    unsigned int seat, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s can't %s: %s",
	    m->ops->name(m->arg, seat), doing[kind], why);
	parent_movesteps_fail(m, kind, text);
}

void
parent_movesteps_answer(struct parent_movesteps *m,
    enum parent_movesteps_kind kind, unsigned int seat, unsigned int bit,
    int ok, uint32_t sessions, const char *why)
{
	struct parent_movestep *s = &m->steps[kind];

	if (!ok) {
		refused(m, kind, seat, why);
		return;
	}
	if (!s->on || s->over || (s->owed[seat] & 1ULL << bit) == 0)
		return;
	s->owed[seat] &= ~(1ULL << bit);
	s->sessions += sessions;
	parent_movesteps_asked(m, kind);
}

void
parent_movesteps_gone(struct parent_movesteps *m, const char *name)
{
	char text[128];
	unsigned int i;

	snprintf(text, sizeof(text), "%s ended meanwhile", name);
	note_broken(m, text);
	for (i = 0; i < PARENT_MOVES_KINDS; i++)
		parent_movesteps_fail(m, (enum parent_movesteps_kind)i, text);
}

void
parent_movesteps_late(struct parent_movesteps *m,
    enum parent_movesteps_kind kind)
{
	const struct parent_movestep *s = &m->steps[kind];
	char text[128];

	if (!s->on || s->over)
		return;
	snprintf(text, sizeof(text), "%s did not %s in time",
	    m->ops->name(m->arg, owing(s)), doing[kind]);
	parent_movesteps_fail(m, kind, text);
}

/* Call back; the callback may begin or cancel steps. */
static void
call_back(struct parent_movestep *s)
{
	struct parent_movestep was = *s;

	memset(s, 0, sizeof(*s));
	if (was.why[0] != '\0')
		was.done(was.arg, was.why, 0);
	else
		was.done(was.arg, NULL, was.sessions);
}

void
parent_movesteps_turn(struct parent_movesteps *m)
{
	unsigned int i;

	for (i = 0; i < PARENT_MOVES_KINDS; i++)
		if (m->steps[i].on && m->steps[i].over)
			call_back(&m->steps[i]);
}

void
parent_movesteps_cancel(struct parent_movesteps *m)
{
	unsigned int i;

	for (i = 0; i < PARENT_MOVES_KINDS; i++) {
		m->ops->deadline(m->arg, (enum parent_movesteps_kind)i, 0);
		memset(&m->steps[i], 0, sizeof(m->steps[i]));
	}
}

void
parent_movesteps_stop(struct parent_movesteps *m)
{
	unsigned int i;

	for (i = 0; i < PARENT_MOVES_KINDS; i++)
		parent_movesteps_fail(m, (enum parent_movesteps_kind)i,
		    "derpd stops");
	parent_movesteps_turn(m);
}

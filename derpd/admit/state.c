/*
 * state: what survives a restart of admit: who was admitted lately, and the use
 * of quotas; see admitd.h.  The parent keeps it in files and does not read
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admitd.h"
#include "clock.h"
#include "readfd.h"

#define PIECE		(1024 * 1024)	/* bytes of a message */
#define MAX_UNREAD	(2 * PIECE)	/* no more pieces before it is less */
#define EVERY_US	60000000	/* between two states of a kind */
#define NKINDS		IPC_ADMIT_STATE_QUOTA

static const char *
name_of(enum ipc_admit_state_kind kind)
{
	return (kind == IPC_ADMIT_STATE_LATELY ? "who was admitted lately" :
	    "the use of quotas");
}

static void
ignored(enum ipc_admit_state_kind kind, const char *why)
{
	log_warnx("the saved state of %s is ignored: %s", name_of(kind), why);
}

void
admit_state_read(struct admit_proc *a, enum ipc_admit_state_kind kind, int fd)
{
	const char *why;
	size_t n;
	void *p;

	if ((p = admit_readfd(fd, IPC_ADMIT_STATESIZE, &n)) == NULL) {
		ignored(kind, strerror(errno));
		return;
	}
	if (kind == IPC_ADMIT_STATE_LATELY) {
		free(a->lately_state);
		a->lately_state = p;
		a->lately_len = n;
		if (a->conf != NULL)
			admit_state_load(a);
		return;
	}
	if (n > 0 && admit_groups_load(a->groups, p, n, &why) == -1)
		ignored(kind, why);
	free(p);
}

void
admit_state_load(struct admit_proc *a)
{
	const char *why;

	if (a->lately_len > 0 && (why = admit_lately_load(a->lately,
	    a->lately_state, a->lately_len)) != NULL)
		ignored(IPC_ADMIT_STATE_LATELY, why);
	free(a->lately_state);
	a->lately_state = NULL;
	a->lately_len = 0;
}

static struct admit_saving *
saving_of(struct admit_proc *a, enum ipc_admit_state_kind kind)
{
	return (&a->saving[kind - IPC_ADMIT_STATE_LATELY]);
}

/* Is the state in memory another one than on disk, as far as is known? */
static int
is_due(struct admit_proc *a, enum ipc_admit_state_kind kind)
{
	if (saving_of(a, kind)->unsaved)
		return (1);
	return (kind == IPC_ADMIT_STATE_LATELY ?
	    admit_lately_changed(a->lately) : admit_groups_changed(a->groups));
}

static void
finish(struct admit_saving *s)
{
	ipc_wr_free(&s->w);
	s->active = 0;
}

/* Begin to save a state. */
static void
begin(struct admit_proc *a, struct admit_saving *s,
    enum ipc_admit_state_kind kind)
{
	s->active = 1;
	s->sent = 0;
	ipc_wr_init(&s->w);
	if (kind == IPC_ADMIT_STATE_LATELY)
		admit_lately_save(a->lately, &s->w);
	else
		admit_groups_save(a->groups, &s->w);
	if (!ipc_wr_ok(&s->w)) {
		log_warnx("out of memory: the state of %s is saved later",
		    name_of(kind));
		finish(s);
	} else if (s->w.len == 0)
		finish(s);		/* no state is to be written now */
}

/* Send the next piece. */
static void
send_piece(struct admit_proc *a, struct admit_saving *s,
    enum ipc_admit_state_kind kind)
{
	size_t n = s->w.len - s->sent;
	struct ipc_msg_admit_save v = { .which = kind,
	    .offset = (uint32_t)s->sent };

	if (n > PIECE)
		n = PIECE;
	v.last = s->sent + n == s->w.len;
	v.bytes = s->w.p + s->sent;
	v.len = n;
	if (ipc_send_admit_save(a->child->parent, &v) == -1)
		fatal("can't send the state of %s to the parent (sendmsg)",
		    name_of(kind));
	s->sent += n;
	if (v.last) {
		s->unsaved = 1;
		finish(s);
	}
}

void
admit_state_saved(struct admit_proc *a, enum ipc_admit_state_kind kind)
{
	saving_of(a, kind)->unsaved = 0;
}

static int
has_room(const struct admit_proc *a)
{
	return (ipc_chan_queued(a->child->parent) < MAX_UNREAD);
}

void
admit_state_turn(struct admit_proc *a, uint64_t now_us)
{
	enum ipc_admit_state_kind kind;
	struct admit_saving *s;

	for (kind = IPC_ADMIT_STATE_LATELY; kind <= NKINDS; kind++) {
		s = saving_of(a, kind);
		if (!s->active && now_us >= s->next_us &&
		    is_due(a, kind)) {
			begin(a, s, kind);
			s->next_us = now_us + EVERY_US;
		}
		while (s->active && has_room(a))
			send_piece(a, s, kind);
		if (s->active)
			admit_wake(a);
	}
}

void
admit_state_end(struct admit_proc *a, uint32_t ms)
{
	const uint64_t end = base_clock_ms() + ms;
	enum ipc_admit_state_kind kind;
	struct admit_saving *s;
	uint64_t now;

	for (kind = IPC_ADMIT_STATE_LATELY; kind <= NKINDS; kind++) {
		s = saving_of(a, kind);
		if (!s->active && is_due(a, kind))
			begin(a, s, kind);
		while (s->active) {
			send_piece(a, s, kind);
			now = base_clock_ms();
			if (ipc_chan_flush(a->child->parent,
			    now < end ? (int)(end - now) : 0) == -1)
				return;
		}
	}
}

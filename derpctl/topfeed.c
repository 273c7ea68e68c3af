/*
 * topfeed: see topfeed.h.  Used by top.  One request is under way at a time: a
 * list, then the status.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "clock.h"
#include "ipcsend.h"
#include "topfeed.h"

#define RESTS		4	/* derpd lists in one part of so many of its
				   time at most */

enum feed_state {
	FEED_AWAY,		/* not connected */
	FEED_GREETS,		/* the builds are exchanged */
	FEED_RESTS,
	FEED_LISTS,
	FEED_ASKS_STATUS
};

struct ctl_feed {
	struct event_base		*base;
	const char			*path;
	const struct ctl_feed_ops	*ops;
	void				*arg;
	struct ipc_chan			*chan;
	enum feed_state			 state;
	int				 away;	/* changed() was told so */
	int				 other_build;
	int				 nameless;	/* derpd knows no
							   MSG_CTL_LIST */
	int				 no_memory;
	uint64_t			 since_ms;	/* of the request */
	uint64_t			 took_ms;	/* for the last list */
	uint64_t			 list_ms;	/* of the last for a
							   list */
	struct ctl_list			 next;	/* is being received */
	char				 lacks[IPC_CTLSIZE];	/* why `next' is
							   not whole */
	struct ctl_feed_lists		 lists;
};

static void	got(struct ipc_chan *, struct ipc_msg *, void *);
static void	gone(struct ipc_chan *, const char *, void *);

struct ctl_feed *
ctl_feed_new(struct event_base *base, const char *path,
    const struct ctl_feed_ops *ops, void *arg)
{
	struct ctl_feed	*f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->base = base;
	f->path = path;
	f->ops = ops;
	f->arg = arg;
	return f;
}

void
ctl_feed_free(struct ctl_feed *f)
{
	if (f == NULL)
		return;
	ipc_chan_free(f->chan);
	ctl_list_free(&f->next);
	ctl_list_free(&f->lists.was);
	ctl_list_free(&f->lists.now);
	free(f);
}

/* Enter a state in which derpd owes an answer. */
static void
wait_in(struct ctl_feed *f, enum feed_state state, uint64_t now_ms)
{
	f->state = state;
	f->since_ms = now_ms;
}

int
ctl_feed_connect(struct ctl_feed *f)
{
	const struct ipc_msg_ctl_hello	own = { ipc_build_id() };
	int				fd;

	if ((fd = ctl_dial(f->path, SOCK_NONBLOCK)) == -1)
		return -1;
	f->chan = ipc_chan_new(f->base, fd, ROLE_CTL, ROLE_PARENT, got, gone,
	    f);
	if (f->chan == NULL) {
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	/* A failure is reported by gone(). */
	(void)ipc_send_ctl_hello(f->chan, &own);
	wait_in(f, FEED_GREETS, base_clock_ms());
	return 0;
}

/* Close the connection; the list that was being received is dropped. */
static void
hang_up(struct ctl_feed *f)
{
	ipc_chan_free(f->chan);
	f->chan = NULL;
	f->state = FEED_AWAY;
	ctl_list_free(&f->next);
}

/*
 * derpd has ended, or sent what it must not.  What the next one counts begins
 * at 0, so that there is nothing to compare its first list with.
 */
static void
lose(struct ctl_feed *f, const char *why)
{
	hang_up(f);
	f->lists.was_ms = f->lists.now_ms = 0;
	f->nameless = 0;
	if (!f->away) {
		f->away = 1;
		f->ops->changed(f->arg, why);
	}
}

static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct ctl_feed	*f = arg;

	(void)c;
	/* A derpd of an older build does not know the list with names. */
	if (f->state == FEED_LISTS && f->other_build && !f->nameless &&
	    f->next.n == 0) {
		hang_up(f);
		f->nameless = 1;
		if (ctl_feed_connect(f) == 0)
			return;
	}
	lose(f, why);
}

static void
ask_list(struct ctl_feed *f, uint64_t now_ms)
{
	wait_in(f, FEED_LISTS, now_ms);
	f->list_ms = now_ms;
	f->lacks[0] = '\0';
	f->no_memory = 0;
	(void)ipc_chan_send(f->chan, f->nameless ? MSG_CTL_CLIENTS :
	    MSG_CTL_LIST, NULL, -1);
}

void
ctl_feed_next(struct ctl_feed *f, uint64_t now_ms)
{
	if (f->state == FEED_AWAY)
		(void)ctl_feed_connect(f);
	else if (f->state == FEED_RESTS &&
	    now_ms - f->list_ms >= RESTS * f->took_ms)
		ask_list(f, now_ms);
}

/* The builds are exchanged. */
static int
got_build(struct ctl_feed *f, struct ipc_msg *m)
{
	struct ipc_msg_ctl_build	v;

	if (m->type != MSG_CTL_BUILD || ipc_get_ctl_build(&m->rd, &v) == -1)
		return -1;
	f->other_build = strcmp(v.build, ipc_build_id()) != 0;
	if (f->away) {
		f->away = 0;
		f->ops->changed(f->arg, NULL);
	}
	ask_list(f, base_clock_ms());
	return 0;
}

/* The list that was received is the last one now. */
static void
turn_over(struct ctl_feed *f)
{
	struct ctl_feed_lists	*l = &f->lists;

	ctl_list_free(&l->was);
	l->was = l->now;
	l->was_ms = l->now_ms;
	l->now = f->next;
	l->now_ms = f->list_ms;
	memset(&f->next, 0, sizeof(f->next));
}

/* A part of the list, or its end. */
static int
got_list(struct ctl_feed *f, struct ipc_msg *m)
{
	struct ipc_msg_ctl_listed	one;
	struct ipc_msg_ctl_done		v;

	if (m->type != MSG_CTL_DONE) {
		if (ctl_list_read(m, &one) == -1)
			return -1;
		if (ctl_list_add(&f->next, &one) == -1)
			f->no_memory = 1;
		return 0;
	}
	if (ipc_get_ctl_done(&m->rd, &v) == -1)
		return -1;
	f->took_ms = base_clock_ms() - f->list_ms;
	if (!v.ok)
		strlcpy(f->lacks, v.why, sizeof(f->lacks));
	else if (f->no_memory)
		strlcpy(f->lacks, "no memory for all of the list",
		    sizeof(f->lacks));
	wait_in(f, FEED_ASKS_STATUS, base_clock_ms());
	(void)ipc_chan_send(f->chan, MSG_CTL_STATUS, NULL, -1);
	return 0;
}

/* The status, or the end of the answer. */
static int
got_status(struct ctl_feed *f, struct ipc_msg *m)
{
	struct ipc_msg_ctl_text	text;
	struct ipc_msg_ctl_done	v;

	if (m->type == MSG_CTL_TEXT)
		return ipc_get_ctl_text(&m->rd, &text) == -1 ? -1 :
		    ctl_top_status_read(&f->lists.status, text.text, text.len);
	if (m->type != MSG_CTL_DONE || ipc_get_ctl_done(&m->rd, &v) == -1)
		return -1;
	f->state = FEED_RESTS;
	turn_over(f);
	f->ops->listed(f->arg, f->lacks[0] != '\0' ? f->lacks : NULL);
	return 0;
}

static void
got(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ctl_feed	*f = arg;
	int		 rv = -1;

	(void)c;
	switch (f->state) {
	case FEED_GREETS:
		rv = got_build(f, m);
		break;
	case FEED_LISTS:
		rv = got_list(f, m);
		break;
	case FEED_ASKS_STATUS:
		rv = got_status(f, m);
		break;
	case FEED_RESTS:
	case FEED_AWAY:
		break;
	}
	if (rv == -1)
		lose(f, "its answer is malformed");
}

struct ctl_feed_lists *
ctl_feed_lists(struct ctl_feed *f)
{
	return &f->lists;
}

uint64_t
ctl_feed_waits(const struct ctl_feed *f)
{
	return f->state == FEED_AWAY || f->state == FEED_RESTS ? 0 :
	    f->since_ms;
}

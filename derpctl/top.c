/*
 * top: `derpctl top': the clients that send and receive most, live or once.
 *
 * One event loop: the channel to derpd (topfeed.c), the
 * interval, keys (topkeys.c) and signals; after each, the view (topview.c) is
 * shown on the screen (screen.h).
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "screen.h"
#include "table.h"
#include "topfeed.h"
#include "topkeys.h"

#define INTERVAL_SECS	2
#define SOON_SECS	1	/* between the first two lists */
#define NOTE_SECS	5	/* how long a note is shown */
#define SLOW_MS		3000	/* an answer is overdue */
#define NSIGNALS	5

struct ctl_top {
	const struct ctl	*ctl;
	int			 once;		/* -b */
	unsigned int		 interval;	/* seconds */
	struct event_base	*base;
	struct ctl_feed		*feed;
	struct event		*ev_interval;
	struct event		*ev_keys;
	struct event		*ev_signals[NSIGNALS];
	struct ctl_top_view	 view;
	size_t			 shown;
	uint64_t		 note_ms;	/* since when; 0: it stays */
	int			 on_screen;
	int			 listed;	/* a list has come */
	int			 by_signal;	/* ends the program */
	int			 rv;
	char			 why[IPC_CTLSIZE];	/* of rv 1 */
};

/* End the loop after an error. */
static void
give_up(struct ctl_top *t, const char *why)
{
	t->rv = 1;
	strlcpy(t->why, why, sizeof(t->why));
	event_base_loopbreak(t->base);
}

static void
set_note(struct ctl_top *t, const char *note, int stays)
{
	strlcpy(t->view.note, note, sizeof(t->view.note));
	t->note_ms = stays ? 0 : base_clock_ms();
}

/* How many clients fit into the screen. */
static size_t
page(void)
{
	unsigned int	rows, columns;

	ctl_screen_size(&rows, &columns);
	return rows > CTL_TOP_HEAD + 1 ? rows - CTL_TOP_HEAD - 1 : 1;
}

static void
show(struct ctl_top *t)
{
	struct ctl_top_view	*v = &t->view;
	unsigned int		 rows, columns;
	char			*text = NULL;
	size_t			 len;
	FILE			*fp;
	int			 at[2] = { -1, 0 };

	if (!t->on_screen)
		return;
	ctl_screen_size(&rows, &columns);
	if ((fp = open_memstream(&text, &len)) == NULL)
		return;
	t->shown = ctl_top_print(fp, v, columns, rows);
	if (fclose(fp) == 0) {
		if (v->typing) {
			at[0] = CTL_TOP_PROMPT;
			at[1] = 1 + (int)ctl_table_width(v->filter.word,
			    strlen(v->filter.word));
		}
		ctl_screen_show(text, len, CTL_TOP_HEAD - 1, at);
	}
	free(text);
}

/* Compare the lists, and sort. */
static void
compare(struct ctl_top *t)
{
	struct ctl_feed_lists	*l = ctl_feed_lists(t->feed);
	struct ctl_top_view	*v = &t->view;

	ctl_rates_free(&v->rates);
	v->status = l->status;
	if (ctl_rates_make(&v->rates, l->was_ms != 0 ? &l->was : NULL, &l->now,
	    l->now_ms - l->was_ms) == -1)
		set_note(t, "no memory for the clients", 0);
	ctl_rates_sort(&v->rates, v->order, v->reverse);
}

static void
set_time(struct ctl_top_view *v)
{
	time_t		 now = time(NULL);
	struct tm	 tm;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(v->time, sizeof(v->time), "%H:%M:%S", &tm) == 0)
		v->time[0] = '\0';
}

static void
got_list(void *arg, const char *why)
{
	struct ctl_top	*t = arg;
	int		 second = t->listed;

	t->listed = 1;
	set_time(&t->view);
	compare(t);
	if (why != NULL)
		set_note(t, why, 0);
	else if (t->note_ms == 0)
		t->view.note[0] = '\0';
	if (t->once && second) {
		if (why != NULL)
			give_up(t, why);
		else
			event_base_loopbreak(t->base);
	}
	show(t);
}

static void
changed(void *arg, const char *why)
{
	struct ctl_top	*t = arg;
	char		 note[256];

	if (why == NULL) {
		set_note(t, "connected to derpd again", 0);
		show(t);
		return;
	}
	snprintf(note, sizeof(note), "derpd on %s: %s", t->ctl->socket,
	    strcmp(why, "closed") == 0 ? "it closed the connection; see its "
	    "log for the reason" : why);
	if (t->once || !t->listed) {
		give_up(t, note);
		return;
	}
	snprintf(note, sizeof(note), "derpd has closed the connection: "
	    "trying to connect again");
	set_note(t, note, 1);
	show(t);
}

static const struct ctl_feed_ops feed_ops = {
	.listed = got_list,
	.changed = changed
};

/* Say so when derpd owes an answer for long, and drop old notes. */
static void
look_at_notes(struct ctl_top *t, uint64_t now_ms)
{
	uint64_t	since = ctl_feed_waits(t->feed);
	char		note[128];

	if (since != 0 && now_ms - since > SLOW_MS) {
		snprintf(note, sizeof(note), "waiting for an answer of derpd "
		    "for %llu s", (unsigned long long)(now_ms - since) / 1000);
		set_note(t, note, 1);
	} else if (t->note_ms != 0 && now_ms - t->note_ms >
	    NOTE_SECS * 1000)
		t->view.note[0] = '\0';
}

/* Go on after the interval, or soon when there are no two lists to compare. */
static int
set_timer(struct ctl_top *t)
{
	struct timeval	tv = { SOON_SECS, 0 };

	if (ctl_feed_lists(t->feed)->was_ms != 0)
		tv.tv_sec = (time_t)t->interval;
	return event_add(t->ev_interval, &tv);
}

static void
interval(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_top	*t = arg;
	uint64_t	 now_ms = base_clock_ms();

	(void)fd;
	(void)what;
	if (!t->view.paused)
		ctl_feed_next(t->feed, now_ms);
	look_at_notes(t, now_ms);
	show(t);
	(void)set_timer(t);
}

static void
typed(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_top		*t = arg;
	enum ctl_top_does	 does = CTL_TOP_NOTHING;
	int			 key, n = 0;

	(void)what;
	if (ioctl(fd, FIONREAD, &n) == -1 || n == 0) {
		give_up(t, "the terminal is gone");
		return;
	}
	while (does != CTL_TOP_QUIT &&
	    (key = ctl_screen_key()) != CTL_KEY_NONE) {
		does = ctl_top_key(&t->view, key, t->shown, page());
		if (does == CTL_TOP_SORT)
			ctl_rates_sort(&t->view.rates, t->view.order,
			    t->view.reverse);
		if (does != CTL_TOP_NOTHING)
			show(t);
	}
	if (does == CTL_TOP_QUIT)
		event_base_loopbreak(t->base);
}

static void
signalled(evutil_socket_t number, short what, void *arg)
{
	struct ctl_top	*t = arg;

	(void)what;
	if (number == SIGWINCH) {
		ctl_screen_resized();
		show(t);
		return;
	}
	t->by_signal = (int)number;
	event_base_loopbreak(t->base);
}

static const int signals[NSIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
    SIGWINCH };

/* Make the events of the screen.  Returns 0, or -1 without memory. */
static int
add_screen_events(struct ctl_top *t)
{
	size_t	i;

	t->ev_keys = event_new(t->base, STDIN_FILENO, EV_READ | EV_PERSIST,
	    typed, t);
	if (t->ev_keys == NULL || event_add(t->ev_keys, NULL) == -1)
		return -1;
	for (i = 0; i < NSIGNALS; i++) {
		t->ev_signals[i] = evsignal_new(t->base, signals[i], signalled,
		    t);
		if (t->ev_signals[i] == NULL ||
		    event_add(t->ev_signals[i], NULL) == -1)
			return -1;
	}
	return 0;
}

/* Connect, with a timer for what follows.  0, or -1 after give_up(). */
static int
begin(struct ctl_top *t)
{
	char	why[sizeof(t->why)];

	if ((t->feed = ctl_feed_new(t->base, t->ctl->socket, &feed_ops, t)) ==
	    NULL || (t->ev_interval = evtimer_new(t->base, interval, t)) ==
	    NULL || set_timer(t) == -1 ||
	    (t->on_screen && add_screen_events(t) == -1)) {
		give_up(t, "top: out of memory");
		return -1;
	}
	if (ctl_feed_connect(t->feed) == 0)
		return 0;
	snprintf(why, sizeof(why), "%s: %s%s", t->ctl->socket,
	    strerror(errno), ctl_dial_advice(errno));
	give_up(t, why);
	return -1;
}

static void
tear_down(struct ctl_top *t)
{
	size_t	i;

	for (i = 0; i < NSIGNALS; i++)
		if (t->ev_signals[i] != NULL)
			event_free(t->ev_signals[i]);
	if (t->ev_keys != NULL)
		event_free(t->ev_keys);
	if (t->ev_interval != NULL)
		event_free(t->ev_interval);
	ctl_rates_free(&t->view.rates);
	ctl_feed_free(t->feed);
	if (t->base != NULL)
		event_base_free(t->base);
}

/* Print what -b has found. */
static void
put_once(struct ctl_top *t)
{
	struct ctl_json	cj;

	if (!t->ctl->json) {
		ctl_top_print(stdout, &t->view, ctl_table_columns(), 0);
		return;
	}
	ctl_json_begin(&cj);
	ctl_top_json(&cj.o, &t->view);
	ctl_json_end(&cj, stdout);
}

static int
run(struct ctl_top *t)
{
	const char	*why;

	if ((t->base = event_base_new()) == NULL)
		return ctl_failed(t->ctl, "top: out of memory");
	if (!t->once && (why = ctl_screen_begin()) != NULL)
		return ctl_failed(t->ctl, "top: %s", why);
	t->on_screen = !t->once;
	ctl_confine_top(t->ctl->socket, t->on_screen);
	if (begin(t) == 0)
		event_base_dispatch(t->base);
	if (t->on_screen)
		ctl_screen_end();
	if (t->rv != 0)
		return ctl_failed(t->ctl, "%s", t->why);
	if (t->once)
		put_once(t);
	return 0;
}

/* Returns 0, or 1 with a reported error. */
static int
options(struct ctl_top *t, const struct command_words *w)
{
	t->once = w->option['b'] != NULL;
	t->interval = (unsigned int)command_number(w->option['i'],
	    INTERVAL_SECS);
	if (ctl_filter_set(&t->view.filter, w->arg[0], w->option['g']) == -1)
		return ctl_failed(t->ctl, "top: %.20s...: a word of at most "
		    "%d bytes is expected", w->arg[0], CTL_WORD_SIZE - 1);
	return 0;
}

int
ctl_cmd_top(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl_top	t = { .ctl = ctl };
	int		rv;

	if (options(&t, w) != 0)
		return 1;
	if (ctl->json && !t.once)
		return ctl_failed(ctl, "top: -j needs -b");
	if (t.once)
		ctl_table_locale();
	rv = run(&t);
	tear_down(&t);
	if (t.by_signal != 0) {
		signal(t.by_signal, SIG_DFL);
		raise(t.by_signal);
	}
	return rv;
}

/*
 * jobs: a process for each place that is checked, some at once; see task.h.
 * Called by check.c.  Forks, and reads the records of jobs from sockets.
 *
 * What a job tells is bounded, in bytes and in time: one that hangs, crashes or
 * writes junk costs its place alone.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "task.h"

#define MAX_BYTES	(1024 * 1024)	/* that a job may tell */
#define READ_SIZE	16384
#define MAX_POLL	64

static volatile sig_atomic_t ends;	/* the signal that asks to end */

static void
on_signal(int sig)
{
	ends = sig;
}

static void
watch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
	/* Whoever started this may ignore it: then jobs have no status. */
	(void)signal(SIGCHLD, SIG_DFL);
}

/* In a new process: keep no socket of another job. */
static void
close_others(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t;

	TAILQ_FOREACH(t, &run->tasks, entry)
		if (t->fd != -1)
			(void)close(t->fd);
}

static void
done(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	t->state = CTLCHECK_DONE;
	t->place.took_ms = (int64_t)base_clock_ms() - t->began;
	free(t->buf);
	t->buf = NULL;
	t->len = 0;
	run->ndone++;
}

/* The job can't start: that is this machine's fault. */
static void
not_started(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	char why[CTLCHECK_WHY];

	(void)snprintf(why, sizeof(why), "can't start a process for it: %s",
	    strerror(errno));
	ctlcheck_collect_failed(&t->place, why);
	done(run, t);
}

static void
start(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	int p[2];

	t->began = (int64_t)base_clock_ms();
	t->until = t->began + run->job_ms;
	t->total = 0;
	t->ended = t->endless = 0;
	t->asked = 0;
	t->meets[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) == -1) {
		not_started(run, t);
		return;
	}
	switch (t->pid = fork()) {
	case -1:
		not_started(run, t);
		(void)close(p[0]);
		(void)close(p[1]);
		return;
	case 0:
		(void)close(p[0]);
		close_others(run);
		ctlcheck_job(run, t, p[1]);
	default:
		(void)close(p[1]);
		t->fd = p[0];
		t->state = CTLCHECK_RUNNING;
		run->running++;
	}
}

/*
 * Kill the job if it lives, wait for it, and say how it ended.  The status of
 * one that is ending by itself stays.
 */
static void
stop(struct ctlcheck_run *run, struct ctlcheck_task *t, const char *failed)
{
	char why[CTLCHECK_WHY];
	int status = 0;

	(void)kill(t->pid, SIGKILL);
	(void)close(t->fd);
	t->fd = -1;
	while (waitpid(t->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	run->running--;
	if (failed != NULL)
		ctlcheck_collect_failed(&t->place, failed);
	else if (!t->ended) {
		(void)snprintf(why, sizeof(why), WIFSIGNALED(status) ?
		    "its process was ended by signal %d" :
		    "its process ended with %d", WIFSIGNALED(status) ?
		    WTERMSIG(status) : WEXITSTATUS(status));
		ctlcheck_collect_failed(&t->place, why);
	}
	done(run, t);
}

/* Handle a record.  Returns 0 or -1. */
static int
handle(struct ctlcheck_run *run, struct ctlcheck_task *t,
    const struct ctlcheck_record *r)
{
	switch (r->type) {
	case CTLCHECK_FOUND:
		return (ctlcheck_collect_found(&t->place, &r->finding));
	case CTLCHECK_MEASURED:
		return (ctlcheck_collect_measured(&t->place, &r->measure));
	case CTLCHECK_STEP:
		(void)strlcpy(t->step, r->text, sizeof(t->step));
		ctlcheck_progress(run, t);
		return (0);
	case CTLCHECK_MEETS:
		ctlcheck_meet_ask(t, r->text);
		return (0);
	case CTLCHECK_FAILED:
		ctlcheck_collect_failed(&t->place, r->text);
		return (0);
	case CTLCHECK_HAS_NODE:
		if (t->needed)
			return (t->nnodes == CTLCHECK_NODES ? -1 :
			    ctlcheck_plan_node(run, t, &r->node));
		if (t->after == NULL)
			return (-1);
		ctlcheck_plan_correct(run, t, &r->node);
		return (0);
	case CTLCHECK_HAS_MAP:
		memcpy(t->hash, r->hash, sizeof(t->hash));
		t->has_map = 1;
		return (0);
	case CTLCHECK_ABSENT:
		t->absent = 1;
		t->hidden = 1;
		return (0);
	case CTLCHECK_END:
		t->ended = 1;
		return (t->nnodes > 0 ? ctlcheck_plan_regions(run, t) : 0);
	}
	return (-1);
}

/* Handle the records that are complete.  Returns 0 or -1. */
static int
decode(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	struct ctlcheck_record r;
	size_t at = 0, used;
	int rv;

	while ((rv = ctlcheck_record_get(t->buf + at, t->len - at, &used,
	    &r)) == 1) {
		at += used;
		if (t->ended || handle(run, t, &r) == -1)
			return (-1);
	}
	memmove(t->buf, t->buf + at, t->len - at);
	t->len -= at;
	return (rv);
}

/* Read what a job tells.  Its end is the end of the pipe. */
static void
receive(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	uint8_t *p;
	ssize_t n;

	if ((p = realloc(t->buf, t->len + READ_SIZE)) == NULL) {
		stop(run, t, "out of memory");
		return;
	}
	t->buf = p;
	if ((n = read(t->fd, p + t->len, READ_SIZE)) <= 0) {
		if (n == 0 || errno != EINTR)
			stop(run, t, NULL);
		return;
	}
	t->len += (size_t)n;
	t->total += (size_t)n;
	if (t->total > MAX_BYTES)
		stop(run, t, "its process told more than 1 MiB");
	else if (decode(run, t) == -1)
		stop(run, t, "its process told something malformed");
}

static const char *
too_long(const struct ctlcheck_run *run, char why[CTLCHECK_WHY])
{
	(void)snprintf(why, CTLCHECK_WHY, "the check did not end within %d "
	    "seconds", run->job_ms / 1000);
	return (why);
}

/* End a job that would wait for a server that held up another one. */
static void
give_up(struct ctlcheck_run *run, struct ctlcheck_task *t)
{
	if (ctlcheck_meet_hopeless(run, t))
		stop(run, t, "the check of something else at its address did "
		    "not end in time");
}

/* End jobs that take too long.  Returns ms up to the next deadline. */
static int
expire(struct ctlcheck_run *run)
{
	int64_t now = (int64_t)base_clock_ms(), next = now + run->job_ms;
	struct ctlcheck_task *t;
	char why[CTLCHECK_WHY];

	TAILQ_FOREACH(t, &run->tasks, entry) {
		if (t->state != CTLCHECK_RUNNING)
			continue;
		if (t->asked != 0)
			give_up(run, t);
		else if (t->until <= now) {
			t->endless = 1;
			stop(run, t, too_long(run, why));
		} else if (t->until < next)
			next = t->until;
	}
	return ((int)(next - now) + 1);
}

/* Wait until a job tells something, or has to end. */
static void
wait_jobs(struct ctlcheck_run *run)
{
	struct pollfd pfd[MAX_POLL];
	struct ctlcheck_task *t, *tasks[MAX_POLL];
	const int ms = expire(run);
	nfds_t i, n = 0;

	TAILQ_FOREACH(t, &run->tasks, entry)
		if (t->state == CTLCHECK_RUNNING && n < MAX_POLL) {
			pfd[n].fd = t->fd;
			pfd[n].events = POLLIN;
			tasks[n++] = t;
		}
	if (n == 0 || poll(pfd, n, ms) <= 0)
		return;
	for (i = 0; i < n; i++)
		if (pfd[i].revents != 0)
			receive(run, tasks[i]);
}

int
ctlcheck_jobs(struct ctlcheck_run *run)
{
	struct ctlcheck_task *t;

	watch_signals();
	while (!ends) {
		while ((t = ctlcheck_plan_next(run)) != NULL)
			start(run, t);
		if (run->running == 0)
			break;
		ctlcheck_meet_admit(run);
		wait_jobs(run);
	}
	TAILQ_FOREACH(t, &run->tasks, entry)
		if (t->state == CTLCHECK_RUNNING)
			stop(run, t, "interrupted");
	ctlcheck_progress_end(run);
	return (ends);
}

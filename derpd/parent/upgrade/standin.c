/*
 * standin: see standin.h.  Called by replace.c and keeper.c.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <event2/event.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "log.h"
#include "standin.h"
#include "startnew.h"

#define GONE_MS		1000	/* for the end of one whose pipe is closed */

/* What successors write. */
struct upgrade_said {
	uint32_t number;	/* of the parent `pid' under the stand-in */
	int32_t	 ended;		/* 0: it serves; 1: it has ended, with */
	int32_t	 pid;
	int32_t	 status;	/* as of waitpid() */
};

/*
 * The pipe to a stand-in that this parent was started with, or -1; *number: of
 * this parent.
 */
static int
inherited(unsigned int *number)
{
	const char *v = getenv(UPGRADE_STAND_IN_ENV);
	struct stat st;

	*number = v == NULL ? 0 : (unsigned int)strtonum(v, 1, INT_MAX, NULL);
	(void)unsetenv(UPGRADE_STAND_IN_ENV);
	if (*number == 0 || fstat(UPGRADE_STAND_IN_FD, &st) == -1 ||
	    !S_ISFIFO(st.st_mode) ||
	    fcntl(UPGRADE_STAND_IN_FD, F_SETFD, FD_CLOEXEC) == -1)
		return (-1);
	return (UPGRADE_STAND_IN_FD);
}

void
upgrade_stand_in_init(struct upgrade_stand_in *s, int debug,
    void (*ended)(void *), void *arg)
{
	memset(s, 0, sizeof(*s));
	s->in = s->next_out = -1;
	s->out = inherited(&s->number);
	s->wanted = s->out == -1 && (getpid() == 1 ||
	    (debug && getenv("NOTIFY_SOCKET") == NULL));
	s->ended = ended;
	s->arg = arg;
}

int
upgrade_stand_in_managed(const struct upgrade_stand_in *s)
{
	return (!s->wanted && s->out == -1 && getenv("NOTIFY_SOCKET") != NULL);
}

/* Let children of those that have ended become ours.  0, or -1. */
static int
adopt(void)
{
	if (getpid() == 1)
		return (0);
#ifdef PR_SET_CHILD_SUBREAPER
	return (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
#else
	return (-1);
#endif
}

int
upgrade_stand_in_pass(struct upgrade_stand_in *s)
{
	int pfd[2];

	if (!s->wanted)
		return (s->out);
	upgrade_stand_in_undo(s);
	if (adopt() == -1)
		return (-1);
	if (pipe2(pfd, O_CLOEXEC | O_NONBLOCK) == -1) {
		log_warn("no pipe (pipe2): the new derpd will stand in for its "
		    "successors itself");
		return (-1);
	}
	s->in = pfd[0];
	s->next_out = pfd[1];
	return (s->next_out);
}

void
upgrade_stand_in_undo(struct upgrade_stand_in *s)
{
	if (s->in != -1)
		close(s->in);
	if (s->next_out != -1)
		close(s->next_out);
	s->in = s->next_out = -1;
}

static void
tell(const struct upgrade_stand_in *s, int ended, pid_t pid, int status)
{
	const struct upgrade_said w = { s->number + 1, ended, (int32_t)pid,
	    status };

	if (write(s->out, &w, sizeof(w)) != (ssize_t)sizeof(w))
		log_warn("can't tell the process that stands in for derpd of "
		    "process %d (write to a pipe)", (int)pid);
}

/* What it stands in for has ended. */
static void
over(struct upgrade_stand_in *s, int status)
{
	if (s->over)
		return;
	s->over = 1;
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	log_debug("process %d has ended: this one, which stood in for it, does "
	    "so, too", (int)s->serves);
	s->ended(s->arg);
}

static void
gone(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	over(arg, 1 << 8);	/* nobody saw how: status 1 */
}

/* All writers are gone: the end of the last one comes, or nobody sees it. */
static void
no_writer(struct upgrade_stand_in *s)
{
	const struct timeval tv = { GONE_MS / 1000, GONE_MS % 1000 * 1000 };

	(void)event_del(s->ev);
	if (evtimer_add(s->ev_gone, &tv) == -1)
		gone(-1, 0, s);
}

/* Read all that successors have written. */
static void
listen_to(struct upgrade_stand_in *s)
{
	struct upgrade_said w;
	ssize_t n;

	if (s->ev == NULL)
		return;
	while ((n = read(s->in, &w, sizeof(w))) == (ssize_t)sizeof(w)) {
		/* What one says of its successor may be read after that. */
		if (!w.ended && w.number > s->number) {
			s->number = w.number;
			s->serves = w.pid;
		} else if (w.ended && w.number == s->number)
			over(s, w.status);
	}
	if (n != -1)
		no_writer(s);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	listen_to(arg);
}

int
upgrade_stand_in_begin(struct upgrade_stand_in *s, struct event_base *base,
    pid_t pid)
{
	if (s->out != -1)
		tell(s, 0, pid, 0);
	if (!s->wanted)
		return (0);
	s->number++;
	s->serves = pid;
	if (s->in == -1)
		return (1);
	close(s->next_out);
	s->next_out = -1;
	s->ev = event_new(base, s->in, EV_READ | EV_PERSIST, readable, s);
	s->ev_gone = evtimer_new(base, gone, s);
	if (s->ev == NULL || s->ev_gone == NULL || event_add(s->ev, NULL) == -1)
		fatalx("no event to stand in for the new derpd");
	return (1);
}

int
upgrade_stand_in_signal(const struct upgrade_stand_in *s, int sig)
{
	if (!s->wanted || s->serves == 0)
		return (0);
	if (!s->over && kill(s->serves, sig) == -1)
		log_warn("can't pass signal %d on to process %d (kill)", sig,
		    (int)s->serves);
	return (1);
}

void
upgrade_stand_in_reaped(struct upgrade_stand_in *s, pid_t pid, int status,
    pid_t next)
{
	/* One that was replaced has written so before it ended. */
	listen_to(s);
	if (s->serves != 0 && pid == s->serves)
		over(s, status);
	else if (s->out != -1 && pid == next)
		tell(s, 1, pid, status);
}

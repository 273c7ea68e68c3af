/*
 * load_logintime: the time of one login after the other, while other load
 * generators keep the server busy.  Called by derpload.c; prints one line of
 * key=value.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define PAUSE_USEC	20000	/* between two logins */

/* Log in, in a process of its own, and write the seconds to fd. */
static void
child(const struct load *l, int fd)
{
	struct load_conn	c;
	double			t = now();

	conn_dial(&c, l, NULL);
	t = now() - t;
	if (write(fd, &t, sizeof(t)) != sizeof(t))
		err(1, "pipe");
	_exit(0);
}

/* Seconds of one login, -1 when it failed. */
static double
one_login(const struct load *l)
{
	double	t;
	pid_t	pid;
	int	fd[2], status;

	if (pipe(fd) == -1 || (pid = fork()) == -1)
		err(1, "a process for a login");
	if (pid == 0)
		child(l, fd[1]);
	close(fd[1]);
	if (read(fd[0], &t, sizeof(t)) != sizeof(t))
		t = -1;
	close(fd[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return (t);
}

int
mode_login(const struct load *l)
{
	double	start = now(), t;
	int	done = 0, failed = 0;

	while (now() < start + l->secs) {
		if ((t = one_login(l)) < 0)
			failed++;
		else {
			packet_note(t);
			done++;
		}
		usleep(PAUSE_USEC);
	}
	printf("mode=login done=%d failed=%d p50_ms=%.2f p99_ms=%.2f "
	    "max_ms=%.2f\n", done, failed, packet_percentile(0.5) / 1e3,
	    packet_percentile(0.99) / 1e3, packet_percentile(1) / 1e3);
	return (done == 0);
}

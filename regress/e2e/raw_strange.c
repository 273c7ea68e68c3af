/*
 * raw_strange: cases about connections that are not logged in: how many the
 * server takes, and what it keeps of them.
 */
#include <sys/wait.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

/* Of the `n' connections at `c', those that the server has not ended. */
static int
count_open(struct conn **c, int n)
{
	int i, open = 0;

	for (i = 0; i < n; i++) {
		if (!c[i]->eof)
			(void)conn_ends(c[i], 0);
		open += !c[i]->eof;
	}
	return (open);
}

/* The same, once nothing has changed for a second. */
static int
settled(struct conn **c, int n)
{
	int64_t since = now_ms(), until = since + WAIT_MS;
	int now, was = -1;

	while (now_ms() - since < 1000) {
		if ((now = count_open(c, n)) != was)
			since = now_ms();
		was = now;
		if (now_ms() > until)
			fail("connections end all the time");
		poll(NULL, 0, 20);
	}
	return (was);
}

/* `n' connections of TCP alone. */
static struct conn **
many(int n)
{
	struct conn **c = calloc((size_t)n, sizeof(*c));
	int i;

	if (c == NULL)
		fail("out of memory");
	for (i = 0; i < n; i++)
		c[i] = conn_tcp(opt.port);
	return (c);
}

/*
 * With an accept rate of one a second and a burst of five: of many at once
 * five stay, or a few more that came in later seconds.  Then one a second.
 */
void
accept_rate(void)
{
	int64_t start = now_ms();
	struct conn **c, *one;
	int open, n = 0;

	c = many(40);
	open = (int)((now_ms() - start) / 1000);
	if (settled(c, 40) < 5 || count_open(c, 40) > 6 + open)
		fail("%d of 40 stayed, with a burst of 5", count_open(c, 40));
	say("%d of 40 stayed, with a burst of 5", count_open(c, 40));
	/* What the second of looking gave is used up by the first ones. */
	start = now_ms();
	while (n < 6) {
		if (now_ms() - start > 10000)
			fail("%d of 6 in 10 s", n);
		one = conn_tcp(opt.port);
		n += !conn_ends(one, 100);
		conn_close(one, 0);
	}
	if (now_ms() - start < 3000)
		fail("%d more within 3 s, with a rate of one", n);
	say("6 more took %lld ms", (long long)(now_ms() - start));
}

/*
 * With as many clients as -c says: the last of them is served, the next one is
 * when one of them leaves.
 */
void
max_clients(void)
{
	struct sess **s = calloc((size_t)opt.count, sizeof(*s));
	int i, status;
	pid_t pid;

	if (s == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		s[i] = sess_login();
	say("%d are logged in", i);
	if ((pid = fork()) == -1)
		fail("can't fork");
	if (pid == 0) {
		sess_close(sess_login(), 0);
		_exit(0);
	}
	for (i = 0; i < 10; i++) {
		want_alive(s[i % opt.count]);
		if (waitpid(pid, &status, WNOHANG) != 0)
			fail("one more was served");
		poll(NULL, 0, 100);
	}
	sess_close(s[0], 0);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		fail("the one that waited was not served");
	say("one more was served when another one had left");
}

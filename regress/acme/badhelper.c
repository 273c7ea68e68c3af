/*
 * badhelper: replaces acme-helper with a process that runs commands of a test
 * against derpd, like a compromised one.  For hostile_test.sh.
 *
 * derpd runs it from a directory of the test.  There it writes a line for each
 * message to helper.log.  When helper.cmd exists, badhelper removes it and runs
 * its commands, one in each line:
 *
 *	await		continue when there is a job
 *	chain FILE	report success of the job with that chain
 *	window FROM TO LINE	report success with this window for renewal; in
 *			LINE, \n is the end of a line and \e the escape
 *	end N LINE	report failure with enum ipc_acme_outcome N; LINE as
 *			above
 *	token NAME	request that the workers answer a token
 *	set		continue when they answer it
 *	flood N		request N tokens at once
 *	forget		withdraw all tokens
 *	garbage		send a truncated result
 *	exit		end
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "msg.h"

#define POLL_MS	100

static struct ipc_chan	*parent;
static char		 dir[PATH_MAX];
static FILE		*logfile;
static uint32_t		 job;
static int		 working, is_set;

/* A message from the parent. */
static void
handle(struct ipc_msg *m)
{
	char	 name[256];
	uint8_t	 what, next;

	switch (m->type) {
	case MSG_ACME_DO:
		job = ipc_rd_u32(&m->rd);
		what = ipc_rd_u8(&m->rd);
		next = ipc_rd_u8(&m->rd);
		fprintf(logfile, "job %u next %u\n", what, next);
		working = 1;
		break;
	case MSG_ACME_TOKEN_SET:
		ipc_rd_str(&m->rd, name, sizeof(name));
		fprintf(logfile, "set %s\n", name);
		is_set = 1;
		break;
	case MSG_STOP:
		exit(0);
	default:
		fprintf(logfile, "%s\n", ipc_msg_name(m->type));
		break;
	}
}

/* Wait for a message. */
static void
handle_next(void)
{
	struct ipc_msg	 m;

	if (ipc_chan_recv(parent, &m, POLL_MS) == 0) {
		handle(&m);
		ipc_msg_free(&m);
	} else if (errno != ETIMEDOUT)
		exit(0);
}

static void
send_parent(uint32_t type, struct ipc_wr *w)
{
	if (ipc_chan_send(parent, type, w, -1) == -1 ||
	    ipc_chan_flush(parent, 10000) == -1)
		exit(0);
	ipc_wr_free(w);
}

static void
token(const char *name)
{
	struct ipc_wr	 w;

	is_set = 0;
	ipc_wr_init(&w);
	ipc_wr_str(&w, name);
	ipc_wr_str(&w, "");
	send_parent(MSG_ACME_TOKEN, &w);
}

static void
flood(int n)
{
	char	 name[32];

	for (; n > 0; n--) {
		snprintf(name, sizeof(name), "t%d", n);
		token(name);
	}
}

/* Replace "\n" and "\e" in place by their characters. */
static char *
unescape(char *s)
{
	char	*p = s, *q = s;

	for (; *p != '\0'; p++)
		if (p[0] == '\\' && (p[1] == 'n' || p[1] == 'e'))
			*q++ = *++p == 'n' ? '\n' : '\033';
		else
			*q++ = *p;
	*q = '\0';
	return (s);
}

static void
result(int end, const char *line, const void *pem, size_t len, uint64_t from,
    uint64_t to, const char *why)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, job);
	ipc_wr_u8(&w, (uint8_t)end);
	ipc_wr_str(&w, line);
	ipc_wr_u64(&w, 0);
	ipc_wr_blob(&w, pem, len);
	ipc_wr_u64(&w, from);
	ipc_wr_u64(&w, to);
	ipc_wr_str(&w, why);
	working = 0;
	send_parent(MSG_ACME_RESULT, &w);
}

static void
chain(const char *file)
{
	static char	 text[256 * 1024];
	char		 path[PATH_MAX];
	size_t		 n;
	FILE		*fp;

	snprintf(path, sizeof(path), "%.2000s/%s", dir, file);
	if ((fp = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	n = fread(text, 1, sizeof(text), fp);
	fclose(fp);
	result(0, "", text, n, 0, 0, "");
}

static void
garbage(void)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, job);
	send_parent(MSG_ACME_RESULT, &w);
}

/* Read up to `max' numbers of `s' into n[]; returns the rest. */
static char *
numbers(char *s, unsigned long long *n, int max)
{
	for (; max > 0; max--)
		*n++ = strtoull(s, &s, 10);
	return (s + (*s == ' '));
}

static void
obey(char *s)
{
	unsigned long long	 n[2] = { 0, 0 };
	char			*arg = strchr(s, ' ');

	if (arg != NULL)
		*arg++ = '\0';
	else
		arg = s + strlen(s);
	if (strcmp(s, "await") == 0)
		while (!working)
			handle_next();
	else if (strcmp(s, "chain") == 0)
		chain(arg);
	else if (strcmp(s, "window") == 0) {
		arg = numbers(arg, n, 2);
		result(0, "", "", 0, n[0], n[1], unescape(arg));
	} else if (strcmp(s, "end") == 0) {
		arg = numbers(arg, n, 1);
		result((int)n[0], unescape(arg), "", 0, 0, 0, "");
	} else if (strcmp(s, "token") == 0)
		token(arg);
	else if (strcmp(s, "set") == 0)
		while (!is_set)
			handle_next();
	else if (strcmp(s, "flood") == 0) {
		(void)numbers(arg, n, 1);
		flood((int)n[0]);
	} else if (strcmp(s, "forget") == 0)
		token("");
	else if (strcmp(s, "garbage") == 0)
		garbage();
	else if (strcmp(s, "exit") == 0)
		exit(3);
	else
		errx(1, "unknown command %s", s);
	fprintf(logfile, "done %s\n", s);
}

/* Run the commands of helper.cmd, if it exists. */
static void
commands(void)
{
	char	 path[PATH_MAX], line[4096];
	FILE	*fp;

	snprintf(path, sizeof(path), "%.2000s/helper.cmd", dir);
	if ((fp = fopen(path, "r")) == NULL)
		return;
	(void)unlink(path);
	while (fgets(line, sizeof(line), fp) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	fclose(fp);
}

int
main(int argc, char **argv)
{
	struct ipc_child_start	 st;
	struct ipc_wr		 w;
	char			 path[PATH_MAX], *slash;

#ifdef HAVE_LIBBSD
	extern char		**environ;

	setproctitle_init(argc, argv, environ);
#else
	(void)argc;
#endif
	snprintf(dir, sizeof(dir), "%s", argv[0]);
	if ((slash = strrchr(dir, '/')) == NULL)
		errx(1, "run by its path");
	*slash = '\0';
	parent = ipc_child_init(ROLE_ACME, &st);
	snprintf(path, sizeof(path), "%.2000s/helper.log", dir);
	if ((logfile = fopen(path, "a")) == NULL)
		err(1, "%s", path);
	setvbuf(logfile, NULL, _IOLBF, 0);
	fprintf(logfile, "started\n");
	ipc_wr_init(&w);
	ipc_wr_str(&w, "none");
	send_parent(MSG_READY, &w);
	for (;;) {
		commands();
		handle_next();
	}
}

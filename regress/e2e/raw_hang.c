/*
 * raw_hang: cases during which a process of the server hangs or is replaced:
 * logins under way, and existing sessions.  The caller stops the process when
 * the case is ready, and then creates the file READY.go.
 */
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "raw.h"

#define POLL_MS		20
#define LOGIN_MS	30000	/* limit of a login or a refusal */
#define PING_MS		4000	/* limit of a pong */
#define KNOCKERS	4	/* processes that open handshakes constantly */

/* Return 1 once the caller has created the file READY.go. */
static int
may_go(void)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s.go", opt.ready);
	return (access(path, F_OK) == 0);
}

static void
wait_to_go(void)
{
	int64_t until = now_ms() + 2 * LOGIN_MS;

	while (!may_go()) {
		if (now_ms() > until)
			fail("the file %s.go was not created", opt.ready);
		poll(NULL, 0, POLL_MS);
	}
}

/* Return the result of a login: 1 accepted, 0 refused. */
static int
outcome(struct sess *s, int64_t until)
{
	struct frame *f = sess_try_next(s, until - now_ms());

	if (f == NULL && !s->c->eof)
		fail("a login is neither accepted nor refused");
	if (f == NULL)
		return (0);
	if (f->type != FRAME_SERVER_INFO)
		fail("frame %u instead of ServerInfo", f->type);
	return (1);
}

/* Sessions wait before ClientInfo, and continue when a process hangs. */
void
held_logins(void)
{
	struct sess **s = calloc((size_t)opt.count, sizeof(*s));
	int64_t until;
	uint8_t *info;
	size_t n;
	int i, in = 0;

	if (s == NULL || opt.ready == NULL)
		fail("needs a ready file");
	for (i = 0; i < opt.count; i++)
		s[i] = sess_upgraded();
	(void)server_key();	/* over another connection */
	ready();
	wait_to_go();
	until = now_ms() + LOGIN_MS;
	for (i = 0; i < opt.count; i++) {
		info = client_info(s[i], "{\"version\":2}", 13, &n);
		(void)conn_try_write(s[i]->c, info, n);
		free(info);
	}
	for (i = 0; i < opt.count; i++)
		in += outcome(s[i], until);
	for (i = 0; i < opt.count; i++)
		sess_close(s[i], 0);
	report("%d in, %d refused", in, opt.count - in);
}

/* Open handshakes in a process of its own, until it is killed. */
static pid_t
knock(void)
{
	struct raw_conn *c;
	pid_t pid = fork();

	if (pid == -1)
		fail("no process");
	if (pid != 0)
		return (pid);
	for (;;) {
		if ((c = conn_try_tls(NULL)) != NULL)
			conn_close(c, 0);
		poll(NULL, 0, POLL_MS);
	}
}

/* Pings of a session are answered while others open handshakes. */
void
steady_pings(void)
{
	struct sess *s = sess_login();
	uint8_t data[8] = "steady!";
	pid_t pids[KNOCKERS];
	struct frame *f;
	int64_t start, ms, most = 0;
	int i, n = 0;

	if (opt.ready == NULL)
		fail("needs a ready file");
	for (i = 0; i < KNOCKERS; i++)
		pids[i] = knock();
	ready();
	while (!may_go()) {
		start = now_ms();
		sess_send(s, FRAME_PING, data, sizeof(data));
		f = sess_try_next(s, PING_MS);
		ms = now_ms() - start;
		if (f == NULL || f->type != FRAME_PONG)
			break;
		most = ms > most ? ms : most;
		n++;
		poll(NULL, 0, POLL_MS);
	}
	for (i = 0; i < KNOCKERS; i++) {
		kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	if (!may_go())
		fail("a ping was not answered within %d ms", PING_MS);
	report("%d pings, the slowest %lld ms", n, (long long)most);
	sess_close(s, 0);
}

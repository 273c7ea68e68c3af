/*
 * raw_unfinished: cases about unauthenticated connections: how many the server
 * accepts, and how much memory they use.
 */
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

/* Count those of the `n' connections at `c' that the server has not ended. */
static int
count_open(struct raw_conn **c, int n)
{
	int i, open = 0;

	for (i = 0; i < n; i++) {
		if (!c[i]->eof)
			(void)conn_ends(c[i], 0);
		open += !c[i]->eof;
	}
	return (open);
}

/* Count them once nothing has changed for a second. */
static int
settled(struct raw_conn **c, int n)
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

/* Open `n' connections of plain TCP. */
static struct raw_conn **
many(int n)
{
	struct raw_conn **c = calloc((size_t)n, sizeof(*c));
	int i;

	if (c == NULL)
		fail("out of memory");
	for (i = 0; i < n; i++)
		c[i] = conn_tcp(opt.port);
	return (c);
}

/*
 * With an accept rate of one a second and a burst of five: of many at once five
 * stay, plus a few of later seconds.  Then one a second.
 */
void
accept_rate(void)
{
	int64_t start = now_ms();
	struct raw_conn **c, *one;
	int open, n = 0;

	c = many(40);
	open = (int)((now_ms() - start) / 1000);
	if (settled(c, 40) < 5 || count_open(c, 40) > 6 + open)
		fail("%d of 40 stayed, with a burst of 5", count_open(c, 40));
	report("%d of 40 stayed, with a burst of 5", count_open(c, 40));
	/*
	 * The first ones use up the credit of the second that settled() took.
	 */
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
	report("6 more took %lld ms", (long long)(now_ms() - start));
}

/*
 * With max clients of opt.count: the last one is served, and another one only
 * when one of them leaves or has not logged in for some seconds.
 */
void
max_clients(void)
{
	struct sess **s = calloc((size_t)opt.count, sizeof(*s));
	struct raw_conn **c;
	int i, status;
	pid_t pid;

	if (s == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		s[i] = sess_login();
	report("%d are logged in", i);
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
	report("one more was served when another one had left");
	sess_close(s[1], 0);
	c = many(2);
	sess_close(sess_login(), 0);
	if (settled(c, 2) != 1)
		fail("%d of two that do nothing are open", count_open(c, 2));
	for (i = 2; i < opt.count; i++)
		want_alive(s[i]);
	report("one more was served when one had not logged in for long");
}

/* Send `head', whose answer closes, and then `n' more bytes. */
static void
answer_then_more(struct raw_conn *c, const char *head, int status, size_t n)
{
	static uint8_t junk[65536];
	struct sess *s = sess_new(c);
	char reply[8192];
	size_t sent = 0;
	int got;

	memset(junk, 'j', sizeof(junk));
	conn_write(c, head, strlen(head));
	while (sent < n && conn_try_write(c, junk, sizeof(junk)) == 0)
		sent += sizeof(junk);
	got = read_head(s, reply, sizeof(reply));
	if (got != status)
		fail("%.40s: answered with %d, wanted %d, after %zu bytes "
		    "more", head, got, status, sent);
	if (!conn_ends(c, WAIT_MS))
		fail("%.40s: the connection was kept", head);
	if (n > sizeof(junk) && sent >= n)
		fail("%.40s: %zu bytes were read after the answer", head,
		    sent);
	report("%.20s: %d arrived, %zu bytes later it was over", head, got,
	    sent);
	sess_close(s, 0);
}

/*
 * Input behind a request that ends the connection is not read to its end, and
 * its answer arrives anyway, also at a client that sends everything first.
 */
void
linger(void)
{
	static const char post[] = "POST / HTTP/1.1\r\nHost: relay.test\r\n"
	    "Content-Length: 900000000\r\n\r\n";
	static const char closing[] = "GET /robots.txt HTTP/1.1\r\nHost: "
	    "relay.test\r\nConnection: close\r\n\r\n";
	static char head[20000];
	struct sess *other = sess_login();
	size_t big = 64 * 1024 * 1024;

	memset(head, 'x', sizeof(head) - 1);
	memcpy(head, "GET / HTTP/1.1\r\nX: y\r\nZ: ", 26);
	answer_then_more(conn_tls(NULL), head, 431, big);
	answer_then_more(conn_tls(NULL), head, 431, 65536);
	answer_then_more(conn_tls(NULL), post, 200, big);
	answer_then_more(conn_tls(NULL), closing, 200, big);
	answer_then_more(conn_tls(NULL), closing, 200, 65536);
	if (opt.plain != NULL) {
		answer_then_more(conn_tcp(opt.plain), head, 431, big);
		answer_then_more(conn_tcp(opt.plain), head, 431, 65536);
	}
	want_alive(other);
	sess_close(other, 0);
}

/* Open `n' connections of plain TCP from 127.0.0.`host'. */
static struct raw_conn **
many_from(int host, int n)
{
	static char addr[32];
	struct raw_conn **c;

	snprintf(addr, sizeof(addr), "127.0.0.%d", host);
	opt.from = addr;
	c = many(n);
	opt.from = NULL;
	return (c);
}

static void
want_open(struct raw_conn **c, int n, int want, const char *what)
{
	int now = settled(c, n);

	if (now != want)
		fail("%s: %d of %d are open, wanted %d", what, now, n, want);
}

/*
 * With at most 20 unauthenticated connections, 8 from one address: the oldest
 * are closed for others; within a source only those whose time is over.
 */
void
unfinished(void)
{
	struct raw_conn **a, **b, **c, **late;
	struct sess *in[30];
	int64_t start;
	int i, n;

	for (i = 0; i < 30; i++)
		in[i] = sess_login();
	a = many_from(2, 9);
	want_open(a, 9, 8, "9 from one address");
	if (a[8]->eof == 0)
		fail("the newest of a full source was not closed");
	start = now_ms();
	b = many_from(3, 8);
	c = many_from(4, 8);
	want_open(a, 8, 4, "16 more from other addresses");
	for (i = 0; i < 4; i++)
		if (!a[i]->eof)
			fail("the oldest ones were not closed");
	want_open(b, 8, 8, "those of the second address");
	want_open(c, 8, 8, "those of the third address");
	/* One that logs in uses a place until then. */
	sess_close(sess_login(), 0);
	want_open(a, 8, 3, "a login when all places are taken");
	sess_close(sess_login(), 0);
	want_open(a, 8, 3, "a login when there is a place");
	report("the oldest were closed for others");
	for (n = 0; n == 0; ) {
		late = many_from(3, 1);
		n = settled(late, 1);
		if (now_ms() - start > WAIT_MS)
			fail("a full source stays full");
	}
	if (now_ms() - start < 4000)
		fail("one of a source was closed within %lld ms",
		    (long long)(now_ms() - start));
	want_open(b, 8, 7, "one more from a source with old ones");
	if (!b[0]->eof)
		fail("the oldest one of the source was not closed");
	report("in a full source it did after %lld ms",
	    (long long)(now_ms() - start));
	for (i = 0; i < 30; i++)
		want_alive(in[i]);
	report("30 sessions stayed");
}

static uint8_t junk[200000];

/* Send half of the longest ClientHello: a record and a part of the next one. */
static void
leave_hello(void)
{
	struct raw_conn *c = conn_tcp(opt.port);

	conn_write(c, "\x16\3\1\x0f\xa0\1\0\x3f\xfc\3\3", 11);
	conn_write(c, junk, 4000 - 6);
	conn_write(c, "\x16\3\1\x0f\xa0", 5);
	conn_write(c, junk, 3000);
}

/* Send half of a record. */
static void
leave_record(void)
{
	struct raw_conn *c = conn_tls(NULL);

	c->ssl = NULL;
	conn_write(c, "\x17\3\3\x40\0", 5);
	conn_write(c, junk, 7000);
}

/* Send half of the longest head. */
static void
leave_head(void)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: relay.test\r\nX: ";
	struct raw_conn *c = conn_tls(NULL);

	conn_write(c, head, sizeof(head) - 1);
	memset(junk, 'a', 7000);
	conn_write(c, junk, 7000);
}

/* Send most of the longest ClientInfo. */
static void
leave_info(void)
{
	struct raw_conn *c = sess_upgraded()->c;

	net_frame_put_hdr(junk, FRAME_CLIENT_INFO, FRAME_MAX_CLIENTINFO);
	(void)conn_try_write(c, junk, sizeof(junk));
}

/* Leave opt.count connections unfinished; others are served. */
static void
leave(void (*one)(void))
{
	struct sess *in = sess_login();
	int i;

	for (i = 0; i < opt.count; i++)
		one();
	sess_close(sess_login(), 0);
	wait_term(in, sess_login());
	report("%d were left unfinished", opt.count);
}

void
unfinished_hello(void)
{
	leave(leave_hello);
}

void
unfinished_record(void)
{
	leave(leave_record);
}

void
unfinished_head(void)
{
	leave(leave_head);
}

void
unfinished_info(void)
{
	leave(leave_info);
}

/* A login in another process fails. */
static void
want_refused(void)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		fail("can't fork");
	if (pid == 0) {
		sess_close(sess_login(), 0);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 0)
		fail("one more was served");
}

/*
 * opt.count sessions use all file descriptors of a relay worker that clients
 * may have, and more connections arrive.
 */
void
full_house(void)
{
	struct sess **s = calloc((size_t)opt.count, sizeof(*s));
	struct raw_conn **c;
	int i;

	if (s == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		s[i] = sess_login();
	report("%d are logged in", i);
	c = many(40);
	want_refused();
	want_alive(s[0]);
	wait_term(s[0], s[1]);
	for (i = 0; i < opt.count; i++)
		want_alive(s[i]);
	for (i = 0; i < 40; i++)
		conn_close(c[i], 0);
	sess_close(s[--opt.count], 0);
	sess_close(sess_login(), 0);
	for (i = 0; i < opt.count; i++)
		want_alive(s[i]);
	report("one left, one more was served");
}

/* Count those of the `n' connections at `c' that have received something. */
static int
count_answered(struct raw_conn **c, int n)
{
	struct pollfd p;
	int i, some = 0;

	for (i = 0; i < n; i++) {
		p.fd = c[i]->fd;
		p.events = POLLIN;
		some += poll(&p, 1, 0) == 1;
	}
	return (some);
}

/* The process that FRONT_PID names. */
static pid_t
front_pid(void)
{
	const char *text = getenv("FRONT_PID");
	pid_t pid = text == NULL ? 0 : (pid_t)strtol(text, NULL, 10);

	if (pid <= 1)
		fail("FRONT_PID names no process");
	return (pid);
}

/*
 * The front FRONT_PID is stopped while opt.count clients connect, send a
 * ClientHello and leave.  Another one is served when it continues.
 */
void
hello_left(void)
{
	pid_t pid = front_pid();
	struct raw_conn *c;
	uint8_t hello[4096];
	size_t n = conn_hello(hello, sizeof(hello));
	int i;

	if (kill(pid, SIGSTOP) == -1)
		fail("can't stop process %d", (int)pid);
	for (i = 0; i < opt.count; i++) {
		c = conn_tcp(opt.port);
		conn_write(c, hello, n);
		conn_close(c, 0);
	}
	kill(pid, SIGCONT);
	sess_close(sess_login(), 0);
}

/* Stop the front, and send a ClientHello over the opt.count connections. */
static void
stop_for(pid_t pid, struct raw_conn **c)
{
	uint8_t hello[4096];
	size_t n = conn_hello(hello, sizeof(hello));
	int i;

	if (kill(pid, SIGSTOP) == -1)
		fail("can't stop process %d", (int)pid);
	poll(NULL, 0, 100);
	for (i = 0; i < opt.count; i++)
		conn_write(c[i], hello, n);
}

static struct raw_conn **crowd;	/* of finish_first() */

static void
crowd_comes(void)
{
	stop_for(front_pid(), crowd);
}

/*
 * The front FRONT_PID is stopped while a client is in the middle of its
 * handshake, opt.count others send a ClientHello, and the client goes on: when
 * the front continues, it is served before most of them.
 */
void
finish_first(void)
{
	static const char request[] = "GET /derp/probe HTTP/1.1\r\n"
	    "Host: relay.test\r\n\r\n";
	struct tls_how how = { .midway = crowd_comes };
	struct raw_conn *c;
	char answer[256];
	int before;

	crowd = many(opt.count);
	if (settled(crowd, opt.count) != opt.count)
		fail("not all are open");
	c = conn_tls(&how);
	conn_write(c, request, sizeof(request) - 1);
	kill(front_pid(), SIGCONT);
	if (conn_read(c, answer, sizeof(answer), WAIT_MS) <= 0)
		fail("no answer");
	before = count_answered(crowd, opt.count);
	if (before > opt.count / 4)
		fail("%d of %d handshakes came before the answer", before,
		    opt.count);
	report("%d of %d handshakes came before the answer", before,
	    opt.count);
}

/*
 * The front FRONT_PID is stopped while opt.count clients send a ClientHello,
 * and after them a logged-in one a ping: when it continues, the pong arrives
 * long before all handshakes are answered, which they are.
 */
void
shakes(void)
{
	pid_t pid = front_pid();
	struct sess *s = sess_login();
	int64_t until;
	struct raw_conn **c = many(opt.count);
	int i, before;

	if (settled(c, opt.count) != opt.count)
		fail("not all are open");
	want_alive(s);
	stop_for(pid, c);
	sess_send(s, FRAME_PING, "pingping", 8);
	kill(pid, SIGCONT);
	want_frame(s, FRAME_PONG, "pingping", 8);
	before = count_answered(c, opt.count);
	if (before > opt.count / 4)
		fail("%d of %d handshakes came before the pong", before,
		    opt.count);
	until = now_ms() + WAIT_MS;
	while ((i = count_answered(c, opt.count)) < opt.count) {
		if (now_ms() > until)
			fail("%d of %d handshakes were answered", i,
			    opt.count);
		poll(NULL, 0, 10);
	}
	report("%d of %d handshakes came before the pong, all in the end",
	    before, opt.count);
}

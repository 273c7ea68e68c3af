/*
 * raw_turn: cases of the test driver: input that must be handled in order and
 * in time, however much arrives at once.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "raw.h"

#define HOST		"Host: relay.test\r\n"
#define VARZ		"GET /debug/varz HTTP/1.1\r\n" HOST "\r\n"
#define PROBE		"GET /generate_204 HTTP/1.1\r\n" HOST "\r\n"
#define LAST		"GET /robots.txt HTTP/1.1\r\n" HOST \
			"Connection: close\r\n\r\n"
#define UNREAD		100	/* answers that stay unread for a while */
#define FLIGHT		8	/* pings whose pong may be pending */

/* Read until the server closes; a NUL is appended. */
static char *
read_all(struct raw_conn *c)
{
	size_t len = 0, cap = 4 * 1024 * 1024;
	char *buf = malloc(cap);
	ssize_t n;

	if (buf == NULL)
		fail("out of memory");
	while ((n = conn_read(c, buf + len, cap - len - 1, WAIT_MS)) > 0)
		len += (size_t)n;
	if (n == -1)
		fail("the answers do not end");
	buf[len] = '\0';
	return (buf);
}

/* Count lines of `text' that begin with `what'. */
static int
count_lines(const char *text, const char *what)
{
	const char *p;
	int n = 0;

	for (p = text; (p = strstr(p, what)) != NULL; p++)
		n += p == text || p[-1] == '\n' || p[-1] == '}';
	return (n);
}

/*
 * Send `request' `n' times in records of their own, then the last, in one
 * write.
 */
static struct raw_conn *
request_many(const char *request, int n)
{
	struct raw_conn *c = conn_tls(NULL);
	int i;

	c->cork = 1;
	for (i = 0; i < n; i++)
		conn_write(c, request, strlen(request));
	c->cork = 0;
	conn_write(c, LAST, strlen(LAST));
	return (c);
}

/*
 * Requests behind one for the counters, whose answer they wait for: all are
 * answered, in order.
 */
void
varz_pipelined(void)
{
	const char *first, *second;
	struct raw_conn *c;
	char *all;

	c = request_many(VARZ PROBE, 20);
	all = read_all(c);
	if (count_lines(all, "derp_accepts ") != 20 ||
	    count_lines(all, "HTTP/1.1 204 ") != 20 ||
	    count_lines(all, "User-agent: *") != 1)
		fail("%d counters, %d probes and %d last answers for 20, 20, 1",
		    count_lines(all, "derp_accepts "),
		    count_lines(all, "HTTP/1.1 204 "),
		    count_lines(all, "User-agent: *"));
	first = strstr(all, "\nderp_accepts ");
	second = strstr(first + 1, "\nderp_accepts ");
	if (strstr(all, "HTTP/1.1 204 ") < first ||
	    strstr(all, "HTTP/1.1 204 ") > second)
		fail("the answers are not in the order of the requests");
	free(all);
	conn_close(c, 0);

	/* More answers than the server buffers: it stops reading. */
	c = request_many(VARZ, UNREAD);
	want_alive(sess_login());
	all = read_all(c);
	if (count_lines(all, "derp_accepts ") != UNREAD)
		fail("%d of %d unread answers arrived",
		    count_lines(all, "derp_accepts "), UNREAD);
	free(all);
	conn_close(c, 0);
}

/* Section 1: this many pings in one flight are all answered, in order. */
void
ping_flight(void)
{
	struct sess *s = sess_login();
	uint8_t p[FLIGHT][FRAME_PING_LEN];
	int i, round;

	for (round = 0; round < 3; round++) {
		randombytes_buf(p, sizeof(p));
		s->c->cork = 1;
		for (i = 0; i < FLIGHT; i++) {
			s->c->cork = i < FLIGHT - 1;
			sess_send(s, FRAME_PING, p[i], sizeof(p[i]));
		}
		for (i = 0; i < FLIGHT; i++)
			want_frame(s, FRAME_PONG, p[i], sizeof(p[i]));
	}
	want_alive(s);
	sess_close(s, 0);
}

static volatile sig_atomic_t told;

static void
on_term(int sig)
{
	(void)sig;
	told = 1;
}

/*
 * A session with much output in the server's kernel, which resets its
 * connection on SIGTERM.
 */
void
reset_unread(void)
{
	struct tls_how how = { .rcvbuf = 1024 * 1024 };
	struct sigaction sa = { .sa_handler = on_term };
	static uint8_t p[10000];
	struct sess *s;
	int i;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	s = sess_login_on(conn_tls(&how), NULL);
	/* Reading at first makes the kernel's buffer grow. */
	for (i = 0; i < 5000; i++) {
		sess_packet(s, s->pub, p, sizeof(p));
		if (i >= 50)
			want_packet(s, s->pub, p, sizeof(p));
	}
	for (i = 0; i < 1000; i++)
		sess_packet(s, s->pub, p, sizeof(p));
	want_alive(sess_login());
	ready();
	while (!told)
		usleep(10000);
	sess_close(s, 1);
}

/*
 * A session that continues to send while the server stops, and reads nothing
 * meanwhile: it is not reset, even when a connection that it had packets from
 * leaves before it, and then gets Restarting.
 */
void
stop_sending(void)
{
	struct sess *s = sess_login(), *other = sess_login();
	struct pollfd pfd = { .fd = s->c->fd, .events = POLLIN };
	uint8_t nobody[32], p[100];
	struct frame *f;
	int i;

	randombytes_buf(nobody, sizeof(nobody));
	memset(p, 0, sizeof(p));
	sess_packet(other, s->pub, p, sizeof(p));
	f = sess_next(s);
	if (f->type != FRAME_RECV_PACKET)
		fail("frame 0x%02x came, wanted RecvPacket", f->type);
	ready();
	while (poll(&pfd, 1, 5) == 0)
		sess_packet(s, nobody, p, sizeof(p));
	sess_close(other, 0);
	for (i = 0; i < 100; i++) {
		sess_packet(s, nobody, p, sizeof(p));
		(void)poll(NULL, 0, 5);
	}
	f = sess_next(s);
	if (f->type != FRAME_RESTARTING)
		fail("frame 0x%02x came, wanted Restarting", f->type);
	want_end(s, "stopped");
	sess_close(s, 0);
}

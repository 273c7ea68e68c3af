/*
 * mapload: requests a small file from an HTTPS server, as fast as it answers;
 * called by bench_map.sh.  For Linux.
 *
 *	mapload [-cx] [-m get|new|check] [-n conns] [-d secs] [-p path]
 *	    [-P pid] [-f file -r times] name address port
 *
 * get: persistent connections, one request after the other on each.
 * new: a new TLS 1.3 connection for each request, closed by us; with -c the
 * request has Connection: close, and the server closes; -x offers X25519 alone.
 * check: as get, half of the connections with gzip and some of them new each
 * time, while `file' is replaced -r times by other maps; each body must be the
 * whole of a map that was written.
 *
 * Prints one line of key=value.  Opens sockets, and writes `file'.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mapload.h"

#define MAX_CONNS	1024
#define BODY_MAX	(1024 * 1024)
#define WAIT_SECS	5		/* limit for an answer */

enum mapload_state { CLOSED, CONNECTING, SHAKING, WRITING, READING };

struct map_client {
	int			 fd;
	SSL			*ssl;		/* NULL: by map_tls.c */
	struct mtls		*lean;		/* of mode new */
	enum mapload_state	 state;
	int			 gzip;		/* requests gzip */
	int			 fresh;		/* a new connection each time */
	int			 writing;	/* epoll: also for writing */
	double			 since;		/* of this request */
	char			*in;
	size_t			 len, cap;
	size_t			 head, need;	/* bytes of it, of all; 0
						   unknown */
};

static struct settings {
	const char	*mode, *name, *path, *file;
	struct sockaddr_in addr;
	int		 conns, times, close, classic;
	double		 secs;
	pid_t		 pid;
} set = { "get", NULL, "/derpmap/default", NULL, { 0 }, 64, 100, 0, 0, 4, 0 };

static struct map_client	 clients[MAX_CONNS];
static SSL_CTX			*ctx;
static int			 ep, checking;
static char			 requests[2][1024];
static size_t			 request_len[2];
static unsigned long long replies, connections, failed, mixed, bytes;

static void	begin(struct map_client *);

/* The certificate is not validated: only the time is measured. */
static int
trust(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return (1);
}

static void
watch(struct map_client *c, int op, int writing)
{
	struct epoll_event ev = { .data.ptr = c };

	c->writing = writing;
	ev.events = EPOLLIN | (writing ? (unsigned int)EPOLLOUT : 0);
	if (epoll_ctl(ep, op, c->fd, &ev) == -1)
		err(1, "epoll_ctl");
}

static void
hang_up(struct map_client *c)
{
	uint8_t last[MTLS_OUT];

	if (c->ssl != NULL) {
		if (c->state >= WRITING)
			(void)SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	} else if (c->state == READING)
		(void)send(c->fd, last, mtls_close(c->lean, last), 0);
	if (c->fd != -1)
		close(c->fd);
	c->ssl = NULL;
	c->fd = -1;
	c->state = CLOSED;
}

/* The request failed: repeat it on a new connection. */
static void
fail(struct map_client *c, const char *why)
{
	if (failed++ < 3)
		warnx("%s", why);
	hang_up(c);
	begin(c);
}

static void
dial(struct map_client *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		err(1, "socket");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&set.addr,
	    sizeof(set.addr)) == -1 && errno != EINPROGRESS)
		err(1, "connect");
	c->state = CONNECTING;
	if (c->lean != NULL) {
		watch(c, EPOLL_CTL_ADD, 1);
		return;
	}
	if ((c->ssl = SSL_new(ctx)) == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, set.name) != 1)
		errx(1, "out of memory");
	SSL_set_connect_state(c->ssl);
	watch(c, EPOLL_CTL_ADD, 1);
}

/* Start a request, on the present connection or a new one. */
static void
begin(struct map_client *c)
{
	c->since = now();
	c->len = c->head = c->need = 0;
	if (c->state == CLOSED)
		dial(c);
	else
		c->state = WRITING;
}

/* Register for what OpenSSL requires: 0, or -1: the connection failed. */
static int
wants(struct map_client *c, int rv)
{
	switch (SSL_get_error(c->ssl, rv)) {
	case SSL_ERROR_WANT_READ:
		if (c->writing)
			watch(c, EPOLL_CTL_MOD, 0);
		return (0);
	case SSL_ERROR_WANT_WRITE:
		if (!c->writing)
			watch(c, EPOLL_CTL_MOD, 1);
		return (0);
	default:
		return (-1);
	}
}

/* The head is complete: set the length of the reply.  0, or -1: invalid. */
static int
measure(struct map_client *c, const char *end)
{
	const char *p;

	c->head = (size_t)(end - c->in) + 4;
	if (c->len < 12 || memcmp(c->in + 9, "200", 3) != 0)
		return (-1);
	p = strcasestr(c->in, "\r\nContent-Length:");
	if (p == NULL || p > end)
		return (-1);
	c->need = c->head + strtoul(p + 17, NULL, 10);
	return (c->need > BODY_MAX ? -1 : 0);
}

/* Make room for `n' more bytes and a NUL in the reply. */
static void
grow(struct map_client *c, size_t n)
{
	if (c->cap - c->len > n)
		return;
	c->cap = c->cap * 2 + n + 1;
	if ((c->in = realloc(c->in, c->cap)) == NULL)
		err(1, "realloc");
}

/* Parse the reply: 1 complete, 0 not yet, -1 invalid. */
static int
check_answer(struct map_client *c)
{
	const char *end;

	c->in[c->len] = '\0';
	if (c->need == 0 && (end = strstr(c->in, "\r\n\r\n")) != NULL &&
	    measure(c, end) == -1)
		return (-1);
	if (c->need == 0 || c->len < c->need)
		return (0);
	return (c->len == c->need ? 1 : -1);
}

/* Check that the body is a map that was written. */
static int
good_body(const struct map_client *c)
{
	const char *p = strcasestr(c->in, "\r\nContent-Encoding: gzip");

	return (versions_know(c->in + c->head, c->need - c->head,
	    p != NULL && p < c->in + c->head));
}

/* The reply is complete. */
static void
done(struct map_client *c)
{
	replies++;
	bytes += c->need - c->head;
	if (checking && !good_body(c))
		mixed++;
	if (c->fresh)
		hang_up(c);
	begin(c);
}

/* Read the available data; 1 the reply is complete, 0 not yet, -1 failed. */
static int
receive(struct map_client *c)
{
	int n, rv;

	for (;;) {
		grow(c, 16384);
		n = SSL_read(c->ssl, c->in + c->len, 16384);
		if (n <= 0)
			return (wants(c, n));
		c->len += (size_t)n;
		if ((rv = check_answer(c)) != 0)
			return (rv);
	}
}

/* As receive(), for map_tls.c. */
static int
receive_lean(struct map_client *c)
{
	struct mtls *t = c->lean;
	uint8_t out[MTLS_OUT];
	size_t outlen, n;
	ssize_t k;

	k = recv(c->fd, t->raw + t->len, sizeof(t->raw) - t->len, 0);
	if (k <= 0)
		return (k == -1 && errno == EAGAIN ? 0 : -1);
	grow(c, MTLS_RAW);
	if (mtls_input(t, (size_t)k, out, &outlen, c->in + c->len, &n) == -1 ||
	    (outlen > 0 && send(c->fd, out, outlen, 0) != (ssize_t)outlen))
		return (-1);
	if (t->state == MTLS_UP && c->state == SHAKING) {
		connections++;
		c->state = READING;
	}
	c->len += n;
	return (check_answer(c));
}

static void
step_lean(struct map_client *c)
{
	const uint8_t *p;
	size_t n;
	int rv;

	if (c->state == CONNECTING) {
		p = mtls_begin(c->lean, &n);
		if (send(c->fd, p, n, 0) != (ssize_t)n) {
			fail(c, "no connection");
			return;
		}
		c->state = SHAKING;
		watch(c, EPOLL_CTL_MOD, 0);
		return;
	}
	if ((rv = receive_lean(c)) == -1)
		fail(c, "handshake failed, bad reply, or connection lost");
	else if (rv == 1)
		done(c);
}

/* Continue a connection until it would block. */
static void
step(struct map_client *c)
{
	int rv;

	if (c->lean != NULL) {
		step_lean(c);
		return;
	}
	if (c->state == CONNECTING)
		c->state = SHAKING;
	if (c->state == SHAKING) {
		if ((rv = SSL_do_handshake(c->ssl)) != 1) {
			if (wants(c, rv) == -1)
				fail(c, "handshake failed");
			return;
		}
		connections++;
		c->state = WRITING;
	}
	for (;;) {
		if (c->state == WRITING) {
			rv = SSL_write(c->ssl, requests[c->gzip],
			    (int)request_len[c->gzip]);
			if (rv <= 0) {
				if (wants(c, rv) == -1)
					fail(c, "connection lost");
				return;
			}
			c->state = READING;
			if (c->writing)
				watch(c, EPOLL_CTL_MOD, 0);
			return;		/* the answer takes a while */
		}
		if ((rv = receive(c)) == 0)
			return;
		if (rv == -1) {
			fail(c, "bad reply, or connection lost");
			return;
		}
		done(c);
		if (c->state != WRITING)
			return;
	}
}

/* Requests beyond the time limit have failed. */
static void
give_up(double t)
{
	int i;

	for (i = 0; i < set.conns; i++)
		if (t - clients[i].since > WAIT_SECS)
			fail(&clients[i], "no answer");
}

/* Serve all connections until `end'. */
static void
run_until(double end)
{
	struct epoll_event ev[256];
	double t, looked = now();
	int i, n;

	while ((t = now()) < end) {
		n = epoll_wait(ep, ev, 256, 1 + (int)((end - t) * 1000));
		if (n == -1 && errno != EINTR)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++)
			step(ev[i].data.ptr);
		if (t - looked > 1) {
			give_up(t);
			looked = t;
		}
	}
}

static void
make_requests(void)
{
	int i, n;

	for (i = 0; i < 2; i++) {
		n = snprintf(requests[i], sizeof(requests[i]),
		    "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mapload\r\n"
		    "%s%s\r\n", set.path, set.name,
		    i == 1 ? "Accept-Encoding: gzip\r\n" : "",
		    set.close ? "Connection: close\r\n" : "");
		if (n < 0 || (size_t)n >= sizeof(requests[i]))
			errx(1, "the path or the name is too long");
		request_len[i] = (size_t)n;
	}
}

static void
start(void)
{
	int i;

	make_requests();
	mtls_setup(set.name, requests[0], !set.classic);
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
		errx(1, "TLS can't be set up");
	SSL_CTX_set_cert_verify_callback(ctx, trust, NULL);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 0; i < set.conns; i++) {
		clients[i].fd = -1;
		clients[i].fresh = checking && i % 8 < 2;
		if (strcmp(set.mode, "new") == 0) {
			clients[i].fresh = 1;
			clients[i].lean = malloc(sizeof(struct mtls));
			if (clients[i].lean == NULL)
				err(1, "malloc");
		}
		clients[i].gzip = checking && i % 2 == 1;
		begin(&clients[i]);
	}
}

/* Replace the file again and again while requests run. */
static void
replace_all(void)
{
	int i;

	for (i = 1; i <= set.times; i++) {
		versions_write(set.file, i);
		run_until(now() + set.secs / set.times);
	}
}

static void
report(double secs, const struct usage *before)
{
	struct usage after;

	usage_of(set.pid, &after);
	printf("mode=%s secs=%.2f replies=%llu per_s=%.0f connections=%llu "
	    "failed=%llu mixed=%llu bytes=%llu server_cpu=%.3f "
	    "server_us=%.1f", set.mode, secs, replies,
	    (double)replies / secs, connections, failed, mixed, bytes,
	    (after.cpu - before->cpu) / secs,
	    replies == 0 ? 0 : (after.cpu - before->cpu) * 1e6 /
	    (double)replies);
	if (checking)
		printf(" versions=%d seen=%d", set.times, versions_seen());
	printf("\n");
}

static void
usage(void)
{
	fprintf(stderr, "usage: mapload [-cx] [-m get|new|check] [-n conns] "
	    "[-d secs] [-p path]\n    [-P pid] [-f file -r times] name "
	    "address port\n");
	exit(2);
}

static void
options(int argc, char *argv[])
{
	int ch;

	while ((ch = getopt(argc, argv, "cd:f:m:n:p:P:r:x")) != -1)
		switch (ch) {
		case 'c':
			set.close = 1;
			break;
		case 'd':
			set.secs = strtod(optarg, NULL);
			break;
		case 'f':
			set.file = optarg;
			break;
		case 'm':
			set.mode = optarg;
			break;
		case 'n':
			set.conns = (int)strtol(optarg, NULL, 10);
			break;
		case 'p':
			set.path = optarg;
			break;
		case 'P':
			set.pid = (pid_t)strtol(optarg, NULL, 10);
			break;
		case 'r':
			set.times = (int)strtol(optarg, NULL, 10);
			break;
		case 'x':
			set.classic = 1;
			break;
		default:
			usage();
		}
	argv += optind;
	checking = strcmp(set.mode, "check") == 0;
	if (argc - optind != 3 || set.conns < 1 || set.conns > MAX_CONNS ||
	    set.secs <= 0 || (checking && (set.file == NULL ||
	    set.times < 1 || set.times > VERSIONS_MAX)) || (!checking &&
	    strcmp(set.mode, "get") != 0 && strcmp(set.mode, "new") != 0))
		usage();
	set.name = argv[0];
	set.addr.sin_family = AF_INET;
	set.addr.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if (inet_pton(AF_INET, argv[1], &set.addr.sin_addr) != 1)
		errx(1, "%s: expected an IPv4 address", argv[1]);
}

int
main(int argc, char *argv[])
{
	struct usage before;
	double begun;

	options(argc, argv);
	(void)signal(SIGPIPE, SIG_IGN);
	if (checking)
		versions_start(set.file);
	start();
	/* Warm-up: connections are open, the server has its memory. */
	if (!checking)
		run_until(now() + 0.5);
	replies = connections = bytes = 0;
	usage_of(set.pid, &before);
	begun = now();
	if (checking)
		replace_all();
	else
		run_until(begun + set.secs);
	report(now() - begun, &before);
	return (failed > 0 || mixed > 0);
}

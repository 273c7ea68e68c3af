/*
 * herd_crowd: the process of the herd: clients that connect within a moment,
 * and again when that fails, as real ones do.  Called by herdload.c.
 *
 * Tailscale's client (derphttp, magicsock) gives TCP 1.5 s and a login 10 s;
 * after the n-th failure it waits about n^2 times 10 ms, at most 5 s.  Agents
 * try again at once.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "herdload.h"

#define TCP_SECS	1.5
#define LOGIN_SECS	10
#define BACKOFF_SECS	0.01
#define BACKOFF_MAX	5
#define EVENTS		64
#define SCAN_SECS	0.005	/* between two looks at the deadlines */
#define NET		0x7f010000	/* 127.1.0.0: the sources */

struct crowd {
	const struct herd	*h;
	struct herd_client	*c;
	double			*due;	/* of each: deadline, or next try */
	int			 ep;
	int			 next;	/* the first that has yet to begin */
	double			 start;
	double			 scanned;
	struct herd_result	 r;
};

static int
is_agent(const struct crowd *w, int i)
{
	return (i % 100 < w->h->agents);
}

/* Try again when a client of this kind does. */
static void
again(struct crowd *w, int i, double t)
{
	struct herd_client	*c = &w->c[i];
	double			 d = BACKOFF_SECS * c->tries * c->tries;

	if (d > BACKOFF_MAX)
		d = BACKOFF_MAX;
	d *= 0.5 + randombytes_uniform(1000) / 1000.0;
	w->due[i] = t + (is_agent(w, i) ? 0 : d);
}

static void
end(struct herd_client *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	herd_client_forget(c);
	c->state = HERD_OUT;
}

/* Count a failed try by what the client saw. */
static unsigned int *
reason(struct herd_result *r, const struct herd_client *c, int error)
{
	if (c->state == HERD_IN)
		return (&r->dropped);
	if (error == ETIMEDOUT)
		return (c->state == HERD_TCP ? &r->no_connect : &r->late);
	if (error == ECONNREFUSED)
		return (&r->refused);
	if (error == EPROTO)
		return (&r->wrong);
	return (error == 0 ? &r->closed : &r->reset);
}

static void
failed(struct crowd *w, int i, int error)
{
	struct herd_client	*c = &w->c[i];

	(*reason(&w->r, c, error))++;
	if (c->state == HERD_IN)
		w->r.in--;
	end(c);
	again(w, i, now());
}

/* Begin a try. */
static void
begin(struct crowd *w, int i, double t)
{
	struct epoll_event	 e = { .events = EPOLLOUT };
	struct herd_client	*c = &w->c[i];

	if (++c->tries > w->r.tries)
		w->r.tries = c->tries;
	c->state = HERD_TCP;
	c->end = t + LOGIN_SECS;
	w->due[i] = t + TCP_SECS;
	if ((c->fd = conn_open(&c->source)) == -1) {
		failed(w, i, errno);
		return;
	}
	e.data.u32 = (uint32_t)i;
	if (epoll_ctl(w->ep, EPOLL_CTL_ADD, c->fd, &e) == -1)
		err(1, "epoll_ctl");
}

static void
connected(struct crowd *w, int i)
{
	struct epoll_event	 e = { .events = EPOLLIN };
	struct herd_client	*c = &w->c[i];
	socklen_t		 len = sizeof(int);
	int			 error = 0;

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0 && herd_client_hello(c) == -1)
		error = errno;
	if (error != 0) {
		failed(w, i, error);
		return;
	}
	w->due[i] = c->end;
	e.data.u32 = (uint32_t)i;
	if (epoll_ctl(w->ep, EPOLL_CTL_MOD, c->fd, &e) == -1)
		err(1, "epoll_ctl");
}

static void
readable(struct crowd *w, int i)
{
	struct herd_client	*c = &w->c[i];
	enum herd_state		 was = c->state;

	if (herd_client_read(c) == -1) {
		failed(w, i, errno);
		return;
	}
	if (c->state == was || c->state != HERD_IN)
		return;
	c->in = now() - w->start;
	w->due[i] = w->start + 1e9;
	w->r.in++;
}

/* Handle the tries that are over or due. */
static void
scan(struct crowd *w, double t)
{
	int	i;

	if (t < w->scanned + SCAN_SECS)
		return;
	w->scanned = t;
	for (i = 0; i < w->next; i++) {
		if (w->due[i] > t)
			continue;
		if (w->c[i].state == HERD_OUT)
			begin(w, i, t);
		else
			failed(w, i, ETIMEDOUT);
	}
}

/* Begin those whose time has come, one between two looks at the others. */
static int
first_tries(struct crowd *w, double t)
{
	const struct herd	*h = w->h;

	if (w->next == h->n || t < w->start + h->within * w->next / h->n)
		return (0);
	begin(w, w->next++, t);
	if (w->next == h->n)
		w->r.begun = t - w->start;
	return (1);
}

static void
turn(struct crowd *w)
{
	struct epoll_event	 ev[EVENTS];
	double			 t = now();
	int			 i, n, ms = 1;

	scan(w, t);
	for (i = 0; i < EVENTS && first_tries(w, t); i++)
		ms = 0;
	t = now();
	n = epoll_wait(w->ep, ev, EVENTS, ms);
	w->r.spare += now() - t;
	for (i = 0; i < n; i++)
		if (w->c[ev[i].data.u32].state == HERD_TCP)
			connected(w, (int)ev[i].data.u32);
		else
			readable(w, (int)ev[i].data.u32);
}

static void
prepare(struct crowd *w)
{
	const struct herd	*h = w->h;
	int			 i;

	w->c = calloc((size_t)h->n, sizeof(*w->c));
	w->due = calloc((size_t)h->n, sizeof(*w->due));
	if (w->c == NULL || w->due == NULL)
		err(1, "%d clients", h->n);
	if ((w->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	herd_tls_setup(&h->load);
	for (i = 0; i < h->n; i++) {
		herd_client_key(&w->c[i]);
		w->c[i].source.sin_family = AF_INET;
		w->c[i].source.sin_addr.s_addr = htonl(NET + 1 +
		    (uint32_t)(i % h->sources));
	}
}

static int
by_size(const void *a, const void *b)
{
	double	x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return ((x > y) - (x < y));
}

/* The times until a share of all was in; -1 when it never was. */
static void
times(struct crowd *w)
{
	const int	 n = w->h->n;
	double		*v;
	int		 i, k = 0;

	if ((v = calloc((size_t)n, sizeof(*v))) == NULL)
		err(1, "%d times", n);
	for (i = 0; i < n; i++)
		if (w->c[i].state == HERD_IN)
			v[k++] = w->c[i].in;
	qsort(v, (size_t)k, sizeof(*v), by_size);
	w->r.p50 = k >= (n + 1) / 2 ? v[(n + 1) / 2 - 1] : -1;
	w->r.p99 = k >= n - n / 100 ? v[n - n / 100 - 1] : -1;
	w->r.all = k == n ? v[n - 1] : -1;
	free(v);
}

static double
cpu_time(void)
{
	struct rusage	 u;

	(void)getrusage(RUSAGE_SELF, &u);
	return ((double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

static void
tell(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		err(1, "pipe");
}

void
herd_crowd(const struct herd *h, int in, int out)
{
	struct crowd	 w = { .h = h };
	double		 cpu;
	char		 byte = 0;

	prepare(&w);
	tell(out, &byte, 1);
	if (read(in, &byte, 1) != 1)
		exit(1);
	cpu = cpu_time();
	w.start = now();
	while (w.r.in < h->n && now() < w.start + h->limit)
		turn(&w);
	w.r.cpu = cpu_time() - cpu;
	times(&w);
	tell(out, &w.r, sizeof(w.r));
	/* All stay until the sessions were looked at once more. */
	exit(read(in, &byte, 1) != 0);
}

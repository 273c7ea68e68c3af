/*
 * load_modes: the measured loops.  Called by derpload.c; prints one line of
 * key=value on standard output.
 *
 * The first of each pair of connections sends to the second.  Each frame is a
 * TLS record of its own, as with the reference client, and one system call
 * sends several records.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define EVENTS		256
#define WINDOW		16	/* packets under way of mode verify */
#define STALL_SECS	3	/* mode verify gives up */
#define DRAIN_SECS	0.2	/* for packets under way at the end */
#define PROBE_SECS	0.002	/* between packets of mode latency */

enum load_kind { TPUT, VERIFY, LATENCY, STREAMS };

struct run {
	const struct load *l;
	enum load_kind		 kind;
	struct load_conn	*conns;		/* pairs, then near and far */
	int			 n;		/* connections of pairs */
	struct load_conn	*near, *far;	/* of mode latency, else NULL */
	int			 ep;
	int			 blocked;	/* senders whose socket is
						   full */
	double			 start, end;
	double			 progress;	/* time of the last data */
	double			 probe;		/* when near sends next */
	double			 spare;		/* seconds without work */
	struct flood		*flood;		/* beside, or NULL */
	struct usage		 before, after;
};

/* Packets that the receivers of the pairs have. */
struct total {
	uint64_t	 sent, rcvd, bytes, bad, reorder;
};

static void
add_event(struct run *r, int i)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

	if (epoll_ctl(r->ep, EPOLL_CTL_ADD, r->conns[i].fd, &e) == -1)
		err(1, "epoll_ctl");
}

/* A client that is there and does nothing. */
static void
idler(const struct load *l)
{
	struct load_conn	*c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(1, "an idle client");
	conn_dial(c, l, NULL);
	conn_release(c);
}

static void
run_begin(struct run *r, const struct load *l, enum load_kind kind)
{
	int	i, total;

	memset(r, 0, sizeof(*r));
	r->l = l;
	r->kind = kind;
	r->n = 2 * l->pairs;
	total = r->n + (kind == LATENCY ? 2 : 0);
	if ((r->conns = calloc((size_t)total, sizeof(*r->conns))) == NULL)
		err(1, "%d connections", total);
	if ((r->ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 0; i < l->idlers; i++)
		idler(l);
	for (i = 0; i < total; i++) {
		if ((i & 1) == 0)
			conn_dial(&r->conns[i], l, l->onekey && i > 0 &&
			    i < r->n ? &r->conns[0] : NULL);
		else
			conn_dial_far(&r->conns[i], l, NULL);
		r->conns[i].peer = &r->conns[i ^ 1];
		r->conns[i].sender = (i & 1) == 0;
		add_event(r, i);
	}
	if (kind == LATENCY) {
		r->near = &r->conns[r->n];
		r->far = &r->conns[r->n + 1];
	}
	if (l->flood > 0)
		r->flood = flood_new(l);
	usleep(200000);		/* let the server settle after the logins */
	usage_of(l->pid, &r->before);
	r->start = r->progress = r->probe = now();
	r->end = r->start + l->secs;
}

static struct total
sum(const struct run *r)
{
	struct total	 t = { 0, 0, 0, 0, 0 };
	const struct load_conn *c;

	for (c = r->conns; c < r->conns + r->n; c++) {
		t.sent += c->sent;
		t.rcvd += c->rcvd;
		t.bytes += c->rbytes;
		t.bad += c->bad;
		t.reorder += c->reorder;
	}
	if (r->l->count_only) {
		/* Frame head, source key and a byte of TLS's own. */
		t.rcvd = t.bytes / (uint64_t)(r->l->size + 38);
		t.bytes = t.rcvd * (uint64_t)r->l->size;
	}
	return (t);
}

static int
is_over(const struct run *r, double t)
{
	if (r->kind != VERIFY)
		return (t >= r->end);
	return (sum(r).rcvd >= (uint64_t)(r->l->packets * r->l->pairs) ||
	    t - r->progress > STALL_SECS);
}

/* The number of packets that a sender may write now. */
static int
allowance(const struct run *r, const struct load_conn *c, double t)
{
	const struct load *l = r->l;
	uint64_t	 flying;
	double		 due;

	if (r->kind == STREAMS)
		return (c->sent == c->rcvd);
	if (r->kind == VERIFY) {
		/* A small window, so that no queue overflows. */
		flying = c->sent - c->peer->rcvd;
		if (flying >= WINDOW)
			return (0);
		due = (double)(WINDOW - flying);
		if ((double)c->sent + due > (double)l->packets)
			due = (double)l->packets - (double)c->sent;
		return ((int)due);
	}
	if (l->rate <= 0)
		return (l->batch);
	due = l->rate / l->pairs * (t - r->start) - (double)c->sent;
	if (due < 1)
		return (0);
	return (due < l->batch ? (int)due : l->batch);
}

/* Sizes of mode verify: mostly small, some tiny, some as large as can be. */
static size_t
verify_size(uint64_t seq)
{
	uint32_t	r = (uint32_t)(seq * 2654435761u);

	if (r % 100 == 0)
		return (PACKET_MAX);
	if (r % 7 == 0)
		return (PACKET_MIN + r % 64);
	return (PACKET_MIN + r % 1500);
}

/* The number of packets that were made. */
static int
send_some(struct run *r, struct load_conn *c, double t)
{
	size_t	size = (size_t)r->l->size;
	int	k, n;

	if (c->outlen > 0)
		switch (conn_flush(c)) {
		case -1:
			err(1, "a sender's connection broke");
		case 0:
			r->blocked++;
			return (0);
		}
	n = allowance(r, c, t);
	for (k = n; k > 0; k--) {
		if (r->kind == VERIFY)
			size = verify_size(c->nextseq + 1);
		packet_send(c, c->peer, size, r->kind == VERIFY);
	}
	if (conn_flush(c) == -1)
		err(1, "a sender's connection broke");
	return (n);
}

/* The number of packets that were made. */
static int
send_round(struct run *r, double t)
{
	int	i, made = 0;

	r->blocked = 0;
	for (i = 0; i < r->n; i += 2)
		made += send_some(r, &r->conns[i], t);
	if (r->kind == LATENCY && t >= r->probe) {
		packet_send(r->near, r->far, (size_t)r->l->size, 0);
		if (conn_flush(r->near) == -1)
			err(1, "the near end's connection broke");
		r->probe = t + PROBE_SECS;
		made++;
	}
	return (made);
}

/* Count bytes without decrypting them: the load costs less. */
static void
discard(struct run *r, struct load_conn *c, double t)
{
	ssize_t	n;

	n = recv(c->fd, NULL, 8 << 20, MSG_TRUNC);
	if (n == 0)
		errx(1, "a receiver was closed by the server");
	if (n > 0) {
		c->rbytes += (uint64_t)n;
		r->progress = t;
	}
}

static void
receive(struct run *r, struct load_conn *c, double t)
{
	if (r->l->count_only && !c->sender && c != r->far) {
		discard(r, c, t);
		return;
	}
	switch (conn_read(c)) {
	case -1:
		errx(1, "a connection was closed by the server");
	case 1:
		r->progress = t;
		break;
	}
	if (c == r->far)
		packet_echo(c, r->near);
	else if (r->kind == STREAMS && !c->sender)
		packet_echo(c, c->peer);
	else if (c == r->near)
		packet_time(c);
	else
		packet_count(c, r->kind == VERIFY);
	if (c->outlen > 0 && conn_flush(c) == -1)
		err(1, "a connection broke");
}

/*
 * Time in which the load had nothing to do counts as spare: the wait for
 * events, and turns that neither sent nor received.
 */
static void
run_loop(struct run *r)
{
	struct epoll_event ev[EVENTS];
	double		 t, asleep;
	int		 i, n, work, idle;

	while (!is_over(r, t = now())) {
		work = send_round(r, t);
		if (r->flood != NULL)
			work += flood_step(r->flood, 0);
		idle = r->flood == NULL && (r->kind == VERIFY ||
		    r->kind == STREAMS ||
		    (r->kind == TPUT && r->blocked == r->l->pairs));
		asleep = idle ? now() : 0;
		n = epoll_wait(r->ep, ev, EVENTS, idle ? 1 : 0);
		if (idle)
			r->spare += now() - asleep;
		else if (work == 0 && n == 0)
			r->spare += now() - t;
		for (i = 0; i < n; i++)
			receive(r, &r->conns[ev[i].data.u32], t);
	}
	r->end = now();
	usage_of(r->l->pid, &r->after);
}

/* The end of each line of results: how busy the load generator was. */
static void
print_busy(const struct run *r)
{
	double	secs = r->end - r->start;

	if (r->flood != NULL)
		printf(" flood_per_s=%.0f",
		    (double)flood_answered(r->flood) / secs);
	printf(" load_busy=%.2f\n", 1 - r->spare / secs);
}

/* Each pair has one packet under way, there and back. */
int
mode_streams(const struct load *l)
{
	struct total	 t;
	struct run	 r;
	double		 secs, cpu;

	run_begin(&r, l, STREAMS);
	run_loop(&r);
	t = sum(&r);
	secs = r.end - r.start;
	cpu = r.after.cpu - r.before.cpu;
	printf("mode=streams pairs=%d size=%d secs=%.2f pps=%.0f "
	    "server_cpu_s=%.2f cpu_us_per_packet=%.2f", l->pairs, l->size,
	    secs, (double)t.rcvd * 2 / secs, cpu,
	    t.rcvd > 0 ? cpu * 1e6 / ((double)t.rcvd * 2) : 0);
	print_busy(&r);
	return (0);
}

/* Seconds of CPU time a GB that the receivers got. */
static double
per_gb(double cpu, const struct total *t)
{
	return (t->bytes > 0 ? cpu * 1e9 / (double)t->bytes : 0);
}

/*
 * The share of packets that were lost.  At a rate below what the server does,
 * those under way at the end are waited for first; flat out they are in queues
 * that take seconds.
 */
static double
loss(struct run *r)
{
	struct epoll_event ev[EVENTS];
	struct total	 t = sum(r);
	double		 end = now() + DRAIN_SECS;
	int		 i, n;

	while (r->l->rate > 0 && t.rcvd < t.sent && now() < end) {
		n = epoll_wait(r->ep, ev, EVENTS, 1);
		for (i = 0; i < n; i++)
			receive(r, &r->conns[ev[i].data.u32], now());
		t = sum(r);
	}
	return (t.sent > 0 ? 1 - (double)t.rcvd / (double)t.sent : 0);
}

static void
print_tput(struct run *r, const struct total *t)
{
	double	secs = r->end - r->start, cpu = r->after.cpu - r->before.cpu;

	printf("mode=%s pairs=%d size=%d secs=%.2f tx_pps=%.0f rx_pps=%.0f "
	    "rx_mbps=%.0f loss=%.4f reorder=%" PRIu64 " bad=%" PRIu64
	    " server_cpu_s=%.2f cpu_util=%.2f cpu_s_per_gb=%.3f pss_kb=%ld",
	    r->kind == VERIFY ? "verify" : "tput", r->l->pairs, r->l->size,
	    secs, (double)t->sent / secs, (double)t->rcvd / secs,
	    (double)t->bytes * 8 / secs / 1e6,
	    loss(r), t->reorder, t->bad, cpu, cpu / secs, per_gb(cpu, t),
	    r->after.pss);
	print_busy(r);
}

int
mode_tput(const struct load *l)
{
	struct total	 t;
	struct run	 r;

	run_begin(&r, l, TPUT);
	run_loop(&r);
	t = sum(&r);
	print_tput(&r, &t);
	return (0);
}

int
mode_verify(const struct load *l)
{
	struct total	 t;
	struct run	 r;

	run_begin(&r, l, VERIFY);
	run_loop(&r);
	t = sum(&r);
	print_tput(&r, &t);
	return (t.rcvd != (uint64_t)(l->packets * l->pairs) || t.bad != 0 ||
	    t.reorder != 0);
}

int
mode_latency(const struct load *l)
{
	struct total	 t;
	struct run	 r;

	run_begin(&r, l, LATENCY);
	run_loop(&r);
	t = sum(&r);
	printf("mode=latency n=%" PRIu64 " lost=%" PRId64 " p50_us=%.0f "
	    "p90_us=%.0f p99_us=%.0f p999_us=%.0f max_us=%.0f bg_rx_pps=%.0f "
	    "bg_loss=%.4f cpu_s_per_gb=%.3f",
	    r.near->rcvd, (int64_t)(r.near->sent - r.near->rcvd),
	    packet_percentile(0.5), packet_percentile(0.9),
	    packet_percentile(0.99), packet_percentile(0.999),
	    packet_percentile(1), (double)t.rcvd / (r.end - r.start), loss(&r),
	    per_gb(r.after.cpu - r.before.cpu, &t));
	print_busy(&r);
	return (0);
}

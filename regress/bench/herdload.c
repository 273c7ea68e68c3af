/*
 * herdload: a herd of clients after a power cut, for any DERP server.
 *
 *	herdload [-A agents] [-a secs] [-b secs] [-l secs] [-n clients]
 *	    [-N nice] [-P pid] [-p pairs] [-r pps] [-S sources] [-w secs]
 *	    host port
 *
 * -A n    percent of the clients that try again at once (50); the others wait
 *         as Tailscale's client does
 * -a secs, -b secs  rest after and before the herd (2)
 * -l secs  clients that are not in then count as refused for good (60)
 * -n n    clients (10000)
 * -N n    nice value of the herd's process (0)
 * -P pid  sum the CPU time of that process and its descendants
 * -p n    pairs of sessions that are in (50)
 * -r pps  packets a second of all pairs together (1000)
 * -S n    addresses of 127.1.0.0/16 that the clients come from (1000)
 * -w secs  all connect within this time (1)
 *
 * Two processes: one measures sessions that are in, ahead of all others if the
 * system lets it; the other is the herd.  Prints a line of key=value; times of
 * packets are in microseconds, one way.  herd_busy is the share of the time in
 * which the herd's process had work, or waited for a processor: near 1, it was
 * the limit, not the server.  For Linux.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <err.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "herdload.h"

#define SOURCES_MAX	65000
#define SETTLE_SECS	0.5

static void
usage(void)
{
	fprintf(stderr, "usage: herdload [-A agents] [-a secs] [-b secs] "
	    "[-l secs] [-n clients] [-N nice]\n"
	    "                [-P pid] [-p pairs] [-r pps] [-S sources] "
	    "[-w secs] host port\n");
	exit(2);
}

static int
number(const char *s, long long min, long long max)
{
	const char	*why;
	long long	 n;

	n = strtonum(s, min, max, &why);
	if (why != NULL)
		errx(2, "%s: %s, a number from %lld to %lld is expected", s,
		    why, min, max);
	return ((int)n);
}

static double
seconds(const char *s)
{
	char	*end;
	double	 v;

	v = strtod(s, &end);
	if (end == s || *end != '\0' || !(v > 0 && v <= 1e6))
		errx(2, "%s: not a number above 0, up to 1e6", s);
	return (v);
}

static void
option(struct herd *h, int ch)
{
	switch (ch) {
	case 'A': h->agents = number(optarg, 0, 100); break;
	case 'a': h->after = seconds(optarg); break;
	case 'b': h->before = seconds(optarg); break;
	case 'l': h->limit = seconds(optarg); break;
	case 'n': h->n = number(optarg, 1, 1000000); break;
	case 'N': h->nice = number(optarg, -20, 19); break;
	case 'P': h->load.pid = (pid_t)number(optarg, 0, 1 << 22); break;
	case 'p': h->pairs = number(optarg, 1, 10000); break;
	case 'r': h->rate = seconds(optarg); break;
	case 'S': h->sources = number(optarg, 1, SOURCES_MAX); break;
	case 'w': h->within = seconds(optarg); break;
	default: usage();
	}
}

/* The herd's process: `from' ends when this one does. */
static void
crowd(const struct herd *h, const int to[2], const int from[2])
{
	close(to[1]);
	close(from[0]);
	(void)setpriority(PRIO_PROCESS, 0, h->nice);
	herd_crowd(h, to[0], from[1]);
}

/* Go ahead of all others; what that is called. */
static const char *
go_first(void)
{
	struct sched_param	 p = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) == 0)
		return ("fifo");
	return (setpriority(PRIO_PROCESS, 0, -20) == 0 ? "nice" : "none");
}

static void
print_herd(const struct herd *h, const struct herd_result *r, double secs)
{
	printf("mode=herd clients=%d sources=%d in=%d refused_for_good=%d "
	    "begun_ms=%.0f in50_ms=%.0f in99_ms=%.0f in100_ms=%.0f "
	    "tries_max=%d refused=%u no_connect=%u reset=%u closed=%u late=%u "
	    "wrong=%u dropped=%u herd_cpu_s=%.2f herd_busy=%.2f", h->n,
	    h->sources, r->in, h->n - r->in, r->begun * 1e3, r->p50 * 1e3,
	    r->p99 * 1e3, r->all * 1e3, r->tries, r->refused, r->no_connect,
	    r->reset, r->closed, r->late, r->wrong, r->dropped, r->cpu,
	    1 - r->spare / secs);
}

static void
print_latency(const char *when, const struct herd_latency *l)
{
	printf(" %s_n=%" PRIu64 " %s_p50_us=%.0f %s_p99_us=%.0f "
	    "%s_max_us=%.0f", when, l->n, when, l->p50, when, l->p99, when,
	    l->max);
}

/* Let the herd come; it is told by `to', and tells by `from'. */
static void
measure(const struct herd *h, struct herd_watch *w, int to, int from)
{
	struct herd_latency	 before, during, after;
	struct herd_result	 r;
	struct usage		 was, is;
	const char		*first = go_first();
	double			 start, secs;
	char			 byte = 0;

	if (read(from, &byte, 1) != 1)
		errx(1, "the herd is not there");
	herd_watch_run(w, SETTLE_SECS, -1, &before);
	herd_watch_run(w, h->before, -1, &before);
	usage_of(h->load.pid, &was);
	start = now();
	if (write(to, &byte, 1) != 1)
		err(1, "pipe");
	herd_watch_run(w, h->limit + 10, from, &during);
	secs = now() - start;
	usage_of(h->load.pid, &is);
	if (read(from, &r, sizeof(r)) != sizeof(r))
		errx(1, "the herd has ended");
	herd_watch_run(w, h->after, -1, &after);
	print_herd(h, &r, secs);
	print_latency("before", &before);
	print_latency("during", &during);
	print_latency("after", &after);
	printf(" lost=%" PRId64 " secs=%.2f server_cpu_s=%.2f watch=%s\n",
	    herd_watch_lost(w), secs, is.cpu - was.cpu, first);
}

int
main(int argc, char *argv[])
{
	struct herd	 h = { .n = 10000, .sources = 1000, .agents = 50,
	    .within = 1, .limit = 60, .pairs = 50, .rate = 1000, .before = 2,
	    .after = 2 };
	struct herd_watch *w;
	int		 to[2], from[2], ch;

	while ((ch = getopt(argc, argv, "A:a:b:l:n:N:P:p:r:S:w:")) != -1)
		option(&h, ch);
	if (argc - optind != 2)
		usage();
	h.load.host = argv[optind];
	h.load.port = argv[optind + 1];
	signal(SIGPIPE, SIG_IGN);
	conn_setup(&h.load);
	w = herd_watch_new(&h);
	herd_client_setup(&h.load, herd_watch_key(w));
	if (pipe(to) == -1 || pipe(from) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		crowd(&h, to, from);
	}
	close(to[0]);
	close(from[1]);
	measure(&h, w, to[1], from[0]);
	close(to[1]);
	(void)wait(NULL);
	return (0);
}

/*
 * stund: answers STUN Binding requests; see stund(8).  Started by derpd as
 * `stund -x stund', which passes the sockets; confined before the first
 * datagram is read.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "batch.h"
#include "childrun.h"
#include "clock.h"
#include "counters.h"
#include "log.h"
#include "sourcelimit.h"
#include "sources.h"
#include "stunstats.h"

#define MAX_SOCKETS	4096
#define TURNS		16	/* batches of one socket before the next
				   socket */
#define SOURCE_V4	32	/* bits of a source's prefix */
#define SOURCE_V6	64

struct stund {
	struct event_base *base;
	struct stund_batch	*batch;
	struct net_sourcelimit	*limit;
	struct stund_sources	 sources;
	struct ipc_counters *page;
	struct net_stun_stats *stats;	/* in the page, or in `none' */
	struct net_stun_stats none;
	struct event	*ev_sockets[MAX_SOCKETS];
	size_t		 nsockets;
	int		 configured;
	int		 answer;
	struct log_limit complained;
};

static void
warn_sources(struct stund *s, const struct sockaddr *from)
{
	switch (stund_sources_count(&s->sources, from)) {
	case SOURCES_PRIVATE:
		log_warnx("nearly all STUN requests come from private "
		    "addresses: if these are not your clients' own, a proxy "
		    "or a container network stands in front, and clients "
		    "learn wrong addresses; run stund on the host's network");
		break;
	case SOURCES_ONE:
		log_warnx("nearly all STUN requests come from one address: if "
		    "your clients are not all behind one NAT, a proxy stands "
		    "in front, and clients learn its address instead of "
		    "theirs");
		break;
	case SOURCES_FINE:
		break;
	}
}

static void
count_family(struct stund *s, const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		s->stats->ipv4++;
	else
		s->stats->ipv6++;
}

/* Handle one datagram; its answer, if any, is added to the batch. */
static void
handle_datagram(struct stund *s, int i, uint64_t now)
{
	struct stund_request q;
	struct stund_datagram d;
	enum stund_kind kind;
	uint8_t addr[16];
	size_t len;

	stund_batch_get(s->batch, i, &d);
	if ((kind = stund_parse(d.p, d.len, &q)) == STUN_JUNK) {
		s->stats->junk++;
		return;
	}
	count_family(s, d.from);
	warn_sources(s, d.from);
	if (!s->answer) {
		s->stats->silent++;
		return;
	}
	(void)net_address_get(d.from, addr);
	if (!net_sourcelimit_allow(s->limit, addr, now)) {
		s->stats->limited++;
		return;
	}
	if (kind == STUN_REFUSED) {
		s->stats->refused++;
		len = stund_refusal(&q, stund_batch_room(s->batch));
	} else {
		s->stats->success++;
		len = stund_success(&q, d.from, stund_batch_room(s->batch));
	}
	if (len > 0)
		stund_batch_answer(s->batch, i, len);
}

/*
 * Errors of an earlier sent datagram are reported by the next call and do not
 * concern the waiting datagrams.
 */
static void
read_error(struct stund *s)
{
	s->stats->read_errors++;
	log_limited_warnx(&s->complained, "can't receive from a STUN socket "
	    "(recvmmsg): %s; such errors are counted, as disposition "
	    "read_error", strerror(errno));
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct stund *s = arg;
	uint64_t now;
	int i, n, turn;

	(void)what;
	for (turn = 0; turn < TURNS; turn++) {
		if ((n = stund_batch_receive(s->batch, (int)fd)) == -1)
			read_error(s);
		if (n <= 0)
			return;
		now = base_clock_us();
		for (i = 0; i < n; i++)
			handle_datagram(s, i, now);
		s->stats->write_errors +=
		    (uint64_t)stund_batch_send(s->batch, (int)fd);
		if (n < BATCH_SIZE)
			return;
	}
}

static int
on_socket(void *arg, int *fd)
{
	struct stund *s = arg;
	struct event *ev;

	if (s->nsockets == MAX_SOCKETS || s->configured)
		return (-1);
	ev = event_new(s->base, *fd, EV_READ | EV_PERSIST, readable, s);
	if (ev == NULL)
		fatal("can't watch a STUN socket (epoll, kqueue)");
	*fd = -1;
	s->ev_sockets[s->nsockets++] = ev;
	return (0);
}

static int
on_conf(void *arg, const struct ipc_msg_stun_conf *v)
{
	struct stund *s = arg;

	net_sourcelimit_free(s->limit);
	if ((s->limit = net_sourcelimit_new(v->rate, v->burst, SOURCE_V4,
	    SOURCE_V6)) == NULL)
		fatal("out of memory for the table of sources");
	s->configured = 1;
	return (0);
}

static int
on_answer(void *arg, const struct ipc_msg_stun_answer *v)
{
	struct stund *s = arg;

	s->answer = v->answer;
	return (0);
}

static int
on_counters(void *arg, int *fd)
{
	struct stund *s = arg;
	int page = *fd;

	*fd = -1;
	if (s->page != NULL) {
		close(page);
		return (-1);
	}
	if ((s->page = ipc_counters_map_write(page)) == NULL)
		fatal("can't map the page of counters (mmap)");
	s->stats = net_stun_stats_of(s->page);
	ipc_counters_begin(s->page);
	return (0);
}

static void
prepare(struct ipc_child *c)
{
	static struct stund s;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	if ((s.batch = stund_batch_new()) == NULL)
		fatal("out of memory for the buffers of a batch of datagrams");
	if ((s.base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
	s.stats = &s.none;
	c->base = s.base;
	c->arg = &s;
}

static int
configured(void *arg)
{
	const struct stund *s = arg;

	return (s->configured);
}

static void
begin(void *arg)
{
	struct stund *s = arg;
	size_t i;

	for (i = 0; i < s->nsockets; i++)
		if (event_add(s->ev_sockets[i], NULL) == -1)
			fatal("can't watch a STUN socket (epoll, kqueue)");
}

static const struct ipc_handlers handlers = {
	.stun_counters = on_counters,
	.stun_socket = on_socket,
	.stun_conf = on_conf,
	.stun_answer = on_answer
};

static void
stund_main(void)
{
	struct ipc_child child = {
		.role = ROLE_STUN,
		.handlers = &handlers,
		.prepare = prepare,
		.configured = configured,
		.begin = begin
	};

	ipc_child_run(&child);
}

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_STUN, stund_main };

	return (ipc_child_program(argc, argv, &role, 1));
}

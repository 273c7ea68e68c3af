/*
 * output_test: what a worker keeps for clients that don't read.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "relay.h"

#define MIB	(1024 * 1024)

static struct relay *
set_up(void)
{
	struct relay *r = calloc(1, sizeof(*r));
	int i;

	ATF_REQUIRE(r != NULL);
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->outputs.dirty);
	TAILQ_INIT(&r->resumed);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	LIST_INIT(&r->watchers);
	LIST_INIT(&r->acceptor.listeners);
	pool_init(&r->pool);
	queue_set_init(&r->queues, &r->pool, output_dropped);
	strangers_init(&r->strangers);
	strangers_limits(&r->strangers, 1, 1);
	r->now_us = clock_us();
	ATF_REQUIRE((r->base = event_base_new()) != NULL);
	return (r);
}

/* A logged-in client. */
static struct conn *
client(struct relay *r, int mesh)
{
	static const uint8_t addr[16];
	struct conn *c;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	close(sv[1]);
	ATF_REQUIRE((c = conn_new(r, sv[0], 0, addr, 1)) != NULL);
	conn_known(c);
	c->state = CONN_UP;
	c->session.mesh = mesh != 0;
	return (c);
}

/*
 * Send it frames of its own, at most `max' bytes, until it is closed for that;
 * how many bytes.
 */
static size_t
fill(struct conn *c, size_t max)
{
	static const uint8_t frame[1000];
	size_t n;

	for (n = 0; n < max && !c->output.overflow; n += sizeof(frame))
		conn_send(c, frame, sizeof(frame));
	return (n);
}

static void
bound(int mesh, size_t least, size_t most)
{
	struct relay *r = set_up();
	struct conn *c = client(r, mesh), *other = client(r, mesh);
	size_t n;

	n = fill(c, 2 * most);
	ATF_CHECK_MSG(n >= least && n <= most, "%zu", n);
	ATF_CHECK(c->output.ctl.cap <= most * 3 / 2);
	ATF_CHECK(!c->dead);		/* only marked within the turn */
	conn_send(other, "x", 1);
	ATF_CHECK(!other->output.overflow);
	/* DERP is for TLS alone. */
	TAILQ_REMOVE(&r->outputs.dirty, other, output.dirty);
	output_flush(r);
	ATF_CHECK(c->dead && !other->dead);
	conn_send(c, "x", 1);
	conn_reap(r);
	ATF_CHECK(r->outputs.ctl_memory <= 16);
	ATF_CHECK_EQ(r->nconns, 1);
}

ATF_TC_WITHOUT_HEAD(own_frames);
ATF_TC_BODY(own_frames, tc)
{
	bound(0, MIB - 1000, MIB + 1000);
}

/* A mesh peer hears of all connections of the service: it may have more. */
ATF_TC_WITHOUT_HEAD(own_frames_watcher);
ATF_TC_BODY(own_frames_watcher, tc)
{
	bound(1, 64 * MIB - 1000, 64 * MIB + 1000);
}

/* Many clients together: beyond 128 MiB each one may have only a little. */
ATF_TC_WITHOUT_HEAD(own_frames_all);
ATF_TC_BODY(own_frames_all, tc)
{
	struct relay *r = set_up();
	struct conn *c;
	unsigned int i;

	for (i = 0; i < 150; i++) {
		c = client(r, 0);
		fill(c, 1000 * 1000);
	}
	ATF_CHECK_MSG(r->outputs.ctl_memory < 150 * MIB, "%zu",
	    r->outputs.ctl_memory);
	c = client(r, 0);
	fill(c, 15000);
	ATF_CHECK(!c->output.overflow);
	fill(c, 15000);
	ATF_CHECK(c->output.overflow);
	while ((c = TAILQ_FIRST(&r->conns)) != NULL) {
		conn_close(c, "end of the test");
		conn_reap(r);
	}
	ATF_CHECK_EQ(r->outputs.ctl_memory, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, own_frames);
	ATF_TP_ADD_TC(tp, own_frames_watcher);
	ATF_TP_ADD_TC(tp, own_frames_all);
	return (atf_no_error());
}

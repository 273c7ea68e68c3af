/*
 * output_test: what goes out to clients, in which order, and what is kept for
 * those that don't read.  The way to the client is a fake: no socket, no TLS,
 * no event loop.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "frame.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"

#define MIB	(1024 * 1024)
#define WIRE	(4 * MIB)

/* What left, of the connection that sent last, and what may leave. */
static uint8_t		*wire;
static size_t		 nwire, nsends;
static size_t		 room;		/* bytes that are taken; then: */
static int		 error;		/* this error */
static unsigned int	 in_kernel, not_acked;
static int		 waits, ends, shuts, wait_fails;
static unsigned int	 deadline;

static int
fake_encrypt(struct conn *c, const uint8_t *p, size_t n)
{
	return (output_raw(c, p, n));
}

static ssize_t
fake_send(struct conn *c, const void *p, size_t n)
{
	(void)c;
	nsends++;
	if (room == 0) {
		errno = error;
		return (-1);
	}
	if (n > room)
		n = room;
	ATF_REQUIRE(nwire + n <= WIRE);
	memcpy(wire + nwire, p, n);
	nwire += n;
	room -= n;
	in_kernel += (unsigned int)n;
	return ((ssize_t)n);
}

static unsigned int
fake_unsent(struct conn *c)
{
	(void)c;
	return (in_kernel);
}

static unsigned int
fake_unacked(struct conn *c)
{
	(void)c;
	return (not_acked);
}

static int
fake_wait(struct conn *c, unsigned int ms)
{
	ATF_CHECK(!c->dead);
	waits++;
	deadline = ms;
	return (wait_fails ? -1 : 0);
}

static void
fake_end(struct conn *c)
{
	ends++;
	ATF_CHECK_EQ(output_raw(c, "END", 3), 0);
}

static int
fake_shut(struct conn *c)
{
	ATF_CHECK_EQ(buf_left(&c->output.out), 0);
	shuts++;
	return (0);
}

static const struct output_ops fake = {
	.encrypt = fake_encrypt,
	.send = fake_send,
	.unsent = fake_unsent,
	.unacked = fake_unacked,
	.wait = fake_wait,
	.end = fake_end,
	.shut = fake_shut
};

static struct relay *
set_up(void)
{
	struct relay *r = calloc(1, sizeof(*r));
	int i;

	ATF_REQUIRE(r != NULL);
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->resumed);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	outputs_init(&r->outputs, &fake);
	ATF_REQUIRE_EQ(cluster_init(r), 0);
	pool_init(&r->pool);
	queue_set_init(&r->queues, &r->pool, output_dropped);
	r->now_us = 1000000;
	r->conf.queue_bytes = WIRE;
	r->conf.queue_packets = 100000;
	r->conf.write_timeout = 2000;
	if (wire == NULL)
		ATF_REQUIRE((wire = malloc(WIRE)) != NULL);
	nwire = nsends = 0;
	room = WIRE;
	error = EAGAIN;
	in_kernel = not_acked = 0;
	waits = ends = shuts = wait_fails = 0;
	return (r);
}

/* A logged-in client. */
static struct conn *
client(struct relay *r, int mesh)
{
	struct conn *c = calloc(1, sizeof(*c));

	ATF_REQUIRE(c != NULL);
	c->r = r;
	c->fd = -1;
	c->id = ++r->next_id;
	c->state = CONN_UP;
	c->session.mesh = mesh != 0;
	queue_init(&c->output.queue, &r->queues, c);
	TAILQ_INSERT_TAIL(&r->conns, c, entry);
	return (c);
}

/* As conn_reap() does it, as far as output is concerned. */
static void
drop(struct conn *c)
{
	struct relay *r = c->r;

	if (c->dead)
		TAILQ_REMOVE(&r->dead, c, dead_link);
	if (c->output.is_dirty)
		TAILQ_REMOVE(&r->outputs.dirty, c, output.dirty);
	TAILQ_REMOVE(&r->conns, c, entry);
	queue_clear(&c->output.queue, NULL, NULL);
	output_free(c);
	free(c);
}

static void
drop_all(struct relay *r)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&r->conns)) != NULL)
		drop(c);
	ATF_CHECK_EQ(r->outputs.ctl_memory, 0);
	cluster_peers_free(r->peers);
	derp_sent_free(r->sent);
	free(r);
}

/* Queue a packet of `n' bytes, each of them `fill'. */
static void
packet(struct conn *c, uint8_t fill, size_t n)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	static uint8_t p[FRAME_MAX_PACKET];

	ATF_REQUIRE(n <= sizeof(p));
	memset(p, fill, n);
	conn_enqueue(c, src, p, n);
}

/* A frame of ours of `n' bytes with a payload of `fill'. */
static void
own(struct conn *c, uint8_t fill, size_t n)
{
	uint8_t p[2000];

	ATF_REQUIRE(n >= FRAME_HDR_LEN && n <= sizeof(p));
	frame_put_hdr(p, FRAME_HEALTH, (uint32_t)(n - FRAME_HDR_LEN));
	memset(p + FRAME_HDR_LEN, fill, n - FRAME_HDR_LEN);
	conn_send(c, p, n);
}

/*
 * The frames on the wire, a letter each: o own frame, p packet, P pong; `.'
 * for what is not whole.
 */
static const char *
frames(void)
{
	static char text[10000];
	size_t off = 0, n = 0;
	uint32_t len;
	uint8_t type;

	while (off < nwire) {
		ATF_REQUIRE(n < sizeof(text) - 2);
		if (nwire - off < FRAME_HDR_LEN)
			break;
		frame_get_hdr(wire + off, &type, &len);
		if (nwire - off - FRAME_HDR_LEN < len)
			break;
		off += FRAME_HDR_LEN + len;
		text[n++] = type == FRAME_RECV_PACKET ? 'p' :
		    type == FRAME_HEALTH ? 'o' :
		    type == FRAME_PONG ? 'P' : '?';
	}
	if (off < nwire)
		text[n++] = '.';
	text[n] = '\0';
	return (text);
}

/* Own frames before pongs before packets, all with one send. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0);

	packet(c, 1, 100);
	c->session.npongs = 2;
	packet(c, 2, 0);
	own(c, 3, 50);
	ATF_CHECK_EQ(nsends, 0);		/* nothing before the flush */
	output_flush(r);
	ATF_CHECK_STREQ("oPPpp", frames());
	ATF_CHECK_EQ(nsends, 1);
	ATF_CHECK_EQ(waits, 0);
	ATF_CHECK_EQ(r->stats.packets_sent, 2);
	ATF_CHECK_EQ(r->stats.sent_pong, 2);
	ATF_CHECK_EQ(c->session.tx_bytes, 100);
	output_flush(r);
	ATF_CHECK_EQ(nsends, 1);
	drop_all(r);
}

/* A pong is not ahead of what other workers know; ServerInfo neither. */
ATF_TC_WITHOUT_HEAD(not_agreed);
ATF_TC_BODY(not_agreed, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0);

	c->session.acks = 2;
	c->session.npongs = 1;
	own(c, 3, 50);
	packet(c, 1, 10);
	output_flush(r);
	ATF_CHECK_STREQ("op", frames());
	c->session.acks = 0;
	conn_dirty(c);
	output_flush(r);
	ATF_CHECK_STREQ("opP", frames());
	c->session.acks = 2;
	c->state = CONN_ADMIT;
	own(c, 3, 50);
	output_flush(r);
	ATF_CHECK_STREQ("opP", frames());
	c->session.acks = 0;
	c->state = CONN_UP;
	conn_dirty(c);
	output_flush(r);
	ATF_CHECK_STREQ("opPo", frames());
	drop_all(r);
}

/* Wherever the socket takes no more, the stream goes on there. */
ATF_TC_WITHOUT_HEAD(partial);
ATF_TC_BODY(partial, tc)
{
	struct relay *r;
	struct conn *c;
	uint8_t *whole = NULL;
	size_t nwhole = 0, k;

	for (k = 0; k < 400; k++) {
		r = set_up();
		c = client(r, 0);
		if (k > 0)
			room = k;
		own(c, 'a', 60);
		packet(c, 'b', 100);
		packet(c, 'c', 30);
		output_flush(r);
		if (k > 0 && k < nwhole) {
			ATF_REQUIRE_EQ(nwire, k);
			ATF_CHECK_EQ(waits, 1);
			ATF_CHECK_EQ(deadline, 2000);
			/* What comes meanwhile waits behind that. */
			own(c, 'd', 10);
			output_flush(r);
			ATF_REQUIRE_EQ(nwire, k);
			room = 1;
			output_ready(c);
			output_flush(r);
			ATF_REQUIRE_EQ(nwire, k + 1);
			room = WIRE;
			output_ready(c);
			output_flush(r);
			ATF_REQUIRE_EQ(nwire, nwhole + 10);
		} else
			ATF_CHECK_EQ(waits, 0);
		if (k == 0) {
			nwhole = nwire;
			ATF_REQUIRE((whole = malloc(nwhole)) != NULL);
			memcpy(whole, wire, nwhole);
			ATF_CHECK_STREQ("opp", frames());
		}
		ATF_REQUIRE_EQ(memcmp(whole, wire, nwhole), 0);
		drop_all(r);
	}
	free(whole);
}

/*
 * Own frames may be cut between two batches, but stay in order, and nothing
 * comes in between.
 */
ATF_TC_WITHOUT_HEAD(long_own);
ATF_TC_BODY(long_own, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0);
	size_t i;

	packet(c, 1, 10);
	c->session.npongs = 1;
	for (i = 0; i < 300; i++)
		own(c, (uint8_t)i, 1000);
	output_flush(r);
	ATF_CHECK_EQ(strspn(frames(), "o"), 300);
	ATF_CHECK_STREQ("Pp", frames() + 300);
	for (i = 0; i < 300; i++)
		ATF_REQUIRE_EQ(wire[i * 1000 + 500], (uint8_t)i);
	drop_all(r);
}

/* A connection that is lost is closed; what a full kernel says is no loss. */
ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const struct { int error, dead; } t[] = {
		{ EAGAIN, 0 }, { ENOBUFS, 0 }, { ECONNRESET, 1 }, { EPIPE, 1 }
	};
	struct relay *r;
	struct conn *c;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = set_up();
		c = client(r, 0);
		room = 0;
		error = t[i].error;
		own(c, 1, 100);
		output_flush(r);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, !t[i].dead);
		drop_all(r);
		/* The same for what is tried again. */
		r = set_up();
		c = client(r, 0);
		room = 10;
		own(c, 1, 100);
		output_flush(r);
		ATF_CHECK(!c->dead);
		error = t[i].error;
		output_ready(c);
		output_flush(r);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, t[i].dead ? 1 : 2);
		drop_all(r);
	}
	r = set_up();
	c = client(r, 0);
	wait_fails = 1;
	room = 0;
	own(c, 1, 100);
	output_flush(r);
	output_flush(r);
	ATF_CHECK(c->dead);
	drop_all(r);
}

/* No more is handed to the kernel than it may hold unsent. */
ATF_TC_WITHOUT_HEAD(unsent_limit);
ATF_TC_BODY(unsent_limit, tc)
{
	const size_t lowat = 32 * 1024, frame = 1437;
	struct relay *r = set_up();
	struct conn *c = client(r, 0);
	size_t i, before;

	r->conf.notsent_lowat = (uint32_t)lowat;
	for (i = 0; i < 200; i++)
		packet(c, (uint8_t)i, 1400);
	output_flush(r);
	ATF_CHECK_MSG(nwire >= lowat && nwire < lowat + frame, "%zu", nwire);
	ATF_CHECK_EQ(waits, 1);
	/* While it waits nothing goes, whatever comes. */
	packet(c, 200, 1400);
	output_flush(r);
	ATF_CHECK(nwire < lowat + frame);
	/* Half of it left. */
	in_kernel = (unsigned int)lowat / 2;
	before = nwire;
	output_ready(c);
	output_flush(r);
	ATF_CHECK_MSG(nwire - before >= lowat / 2 &&
	    nwire - before < lowat / 2 + frame, "%zu", nwire - before);
	/*
	 * It may be writable because it was reset: then one frame goes, which
	 * fails if it was.
	 */
	before = nwire;
	output_ready(c);
	output_flush(r);
	ATF_CHECK_MSG(nwire - before == frame, "%zu", nwire - before);
	room = 0;
	error = ECONNRESET;
	output_ready(c);
	output_flush(r);
	ATF_CHECK(c->dead);
	drop_all(r);

	/* Without a limit all goes at once. */
	r = set_up();
	c = client(r, 0);
	for (i = 0; i < 200; i++)
		packet(c, (uint8_t)i, 1400);
	output_flush(r);
	ATF_CHECK_EQ(nwire, 200 * frame);
	drop_all(r);
}

/* The write deadline: who takes something in that time has it anew. */
ATF_TC_WITHOUT_HEAD(deadlines);
ATF_TC_BODY(deadlines, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0), *m = client(r, 1);

	room = 0;
	not_acked = 5000;
	own(c, 1, 100);
	output_flush(r);
	ATF_CHECK_EQ(deadline, 2000);
	not_acked = 4999;
	output_overdue(c);
	ATF_CHECK(!c->dead);
	ATF_CHECK_EQ(waits, 2);
	output_overdue(c);
	ATF_CHECK(c->dead);
	ATF_CHECK_EQ(r->stats.write_timeouts, 1);
	own(m, 1, 100);
	output_flush(r);
	ATF_CHECK_EQ(deadline, MESH_WRITE_MS);
	drop_all(r);
}

/* The last words go out, and the end of the stream, and then it lingers. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0);

	room = 20;
	own(c, 1, 100);
	c->state = CONN_DRAIN;
	output_flush(r);
	ATF_CHECK_EQ(ends + shuts, 0);
	room = WIRE;
	output_ready(c);
	output_flush(r);
	ATF_CHECK_EQ(nwire, 103);
	ATF_CHECK_EQ(memcmp(wire + 100, "END", 3), 0);
	ATF_CHECK_EQ(shuts, 1);
	ATF_CHECK(c->lingering && !c->dead && c->on_wheel);
	conn_dirty(c);
	output_flush(r);
	ATF_CHECK_EQ(shuts, 1);
	TAILQ_REMOVE(&r->wheel[c->slot], c, wheel);
	drop_all(r);
}

/* Within a turn there is a flush when much is new, not before. */
ATF_TC_WITHOUT_HEAD(relief);
ATF_TC_BODY(relief, tc)
{
	struct relay *r = set_up();
	struct conn *c = client(r, 0);
	size_t n;

	for (n = 0; n < 300 * 1024; n += 1400) {
		packet(c, 1, 1400);
		output_relieve(r);
		ATF_REQUIRE(nwire == 0 || n >= 255 * 1024);
	}
	ATF_CHECK(nwire > 256 * 1024);
	drop_all(r);
}

/*
 * Send it frames of its own, at most `max' bytes, until it is closed for that;
 * how many bytes.
 */
static size_t
fill(struct conn *c, size_t max)
{
	size_t n;

	for (n = 0; n < max && !c->output.overflow; n += 1000)
		own(c, 1, 1000);
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
	own(other, 1, 10);
	ATF_CHECK(!other->output.overflow);
	output_flush(r);
	ATF_CHECK(c->dead && !other->dead);
	ATF_CHECK_EQ(nwire, 10);
	own(c, 1, 10);
	drop(c);
	ATF_CHECK(r->outputs.ctl_memory <= 16);
	drop_all(r);
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

/* Connections that are to be closed for what they do not read. */
static unsigned int
closing(struct relay *r)
{
	struct conn *c;
	unsigned int n = 0;

	TAILQ_FOREACH(c, &r->conns, entry)
		n += c->output.overflow;
	return (n);
}

/* Many clients together: beyond 128 MiB those that have most are closed. */
ATF_TC_WITHOUT_HEAD(own_frames_all);
ATF_TC_BODY(own_frames_all, tc)
{
	struct relay *r = set_up();
	struct conn *c, *small;
	unsigned int i, n;

	small = client(r, 0);
	fill(small, 15000);
	for (i = 0; i < 150; i++) {
		c = client(r, 0);
		fill(c, 1000 * 1000);
		ATF_REQUIRE(!c->output.overflow);	/* none that is new */
		ATF_REQUIRE_MSG(r->outputs.ctl_memory <= 128 * MIB, "%zu",
		    r->outputs.ctl_memory);
	}
	n = closing(r);
	ATF_CHECK_MSG(n >= 20 && n < 60, "%u", n);
	ATF_CHECK(!small->output.overflow);
	ATF_CHECK(r->outputs.ctl_memory > 100 * MIB);
	drop_all(r);
}

/*
 * A mesh peer hears of every connection at once: no client that does not read
 * is a reason to close it.
 */
ATF_TC_WITHOUT_HEAD(own_frames_flood);
ATF_TC_BODY(own_frames_flood, tc)
{
	struct relay *r = set_up();
	struct conn *c, *mesh;
	unsigned int i;

	for (i = 0; i < 128; i++)
		fill(client(r, 0), 1000 * 1000);
	mesh = client(r, 1);
	ATF_CHECK_EQ(fill(mesh, 50 * MIB), (50 * MIB + 999) / 1000 * 1000);
	ATF_CHECK(!mesh->output.overflow);
	ATF_CHECK(r->outputs.ctl_memory <= 128 * MIB);
	ATF_CHECK(closing(r) > 30);
	/* Clients that come later give way to mesh peers, too. */
	for (i = 0; i < 200; i++)
		fill(client(r, 0), 1000 * 1000);
	ATF_CHECK(!mesh->output.overflow);
	ATF_CHECK(r->outputs.ctl_memory <= 128 * MIB);
	/* Of mesh peers the one that has most gives way. */
	c = client(r, 1);
	fill(c, 10 * MIB);
	fill(mesh, 10 * MIB);
	i = closing(r);
	for (i = 0; i < 3; i++)
		fill(client(r, 1), 40 * MIB);
	ATF_CHECK(mesh->output.overflow);
	ATF_CHECK(!c->output.overflow);
	drop_all(r);
}

/* Where nobody has much, everybody may have a little. */
ATF_TC_WITHOUT_HEAD(own_frames_little);
ATF_TC_BODY(own_frames_little, tc)
{
	struct relay *r = set_up();
	struct conn *c;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		c = client(r, 0);
		fill(c, 7000);
		ATF_REQUIRE(!c->output.overflow);
	}
	ATF_CHECK(r->outputs.ctl_memory > 128 * MIB);
	ATF_CHECK_EQ(closing(r), 0);
	fill(c, 20000);
	ATF_CHECK(c->output.overflow);
	drop_all(r);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, not_agreed);
	ATF_TP_ADD_TC(tp, partial);
	ATF_TP_ADD_TC(tp, long_own);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, unsent_limit);
	ATF_TP_ADD_TC(tp, deadlines);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, relief);
	ATF_TP_ADD_TC(tp, own_frames);
	ATF_TP_ADD_TC(tp, own_frames_watcher);
	ATF_TP_ADD_TC(tp, own_frames_all);
	ATF_TP_ADD_TC(tp, own_frames_flood);
	ATF_TP_ADD_TC(tp, own_frames_little);
	return (atf_no_error());
}

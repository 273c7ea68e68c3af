/*
 * output_own_test: own frames that are kept for clients that don't read.
 */
#include "outputfixture.h"

/*
 * Send own frames, at most `max' bytes, until the connection is closed for
 * that; return how many bytes.
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
	struct conn_set *s = set_up();
	struct conn *c = client(s, mesh), *other = client(s, mesh);
	size_t n;

	n = fill(c, 2 * most);
	ATF_CHECK_MSG(n >= least && n <= most, "%zu", n);
	ATF_CHECK(conn_buf_memory(&c->output.ctl) <= most * 3 / 2);
	ATF_CHECK(!c->dead);		/* only marked within the turn */
	own(other, 1, 10);
	ATF_CHECK(!other->output.overflow);
	conn_output_flush(s);
	ATF_CHECK(c->dead && !other->dead);
	ATF_CHECK_EQ(nwire, 10);
	own(c, 1, 10);
	drop(c);
	ATF_CHECK(s->outputs.ctl_memory <= 16);
	drop_all(s);
}

ATF_TC_WITHOUT_HEAD(own_frames);
ATF_TC_BODY(own_frames, tc)
{
	bound(0, MIB - 1000, MIB + 1000);
}

/*
 * A mesh peer is notified of all connections of the service: it may have more.
 */
ATF_TC_WITHOUT_HEAD(own_frames_watcher);
ATF_TC_BODY(own_frames_watcher, tc)
{
	bound(1, 64 * MIB - 1000, 64 * MIB + 1000);
}

/* Count connections that will be closed because they do not read. */
static unsigned int
closing(struct conn_set *s)
{
	struct conn *c;
	unsigned int n = 0;

	TAILQ_FOREACH(c, &s->conns, entry)
		n += c->output.overflow;
	return (n);
}

/* Many clients together: above 128 MiB those with most are closed. */
ATF_TC_WITHOUT_HEAD(own_frames_all);
ATF_TC_BODY(own_frames_all, tc)
{
	struct conn_set *s = set_up();
	struct conn *c, *small;
	unsigned int i, n;

	small = client(s, 0);
	fill(small, 15000);
	for (i = 0; i < 150; i++) {
		c = client(s, 0);
		fill(c, 1000 * 1000);
		ATF_REQUIRE(!c->output.overflow);	/* not a new one */
		ATF_REQUIRE_MSG(s->outputs.ctl_memory <= 128 * MIB, "%zu",
		    s->outputs.ctl_memory);
	}
	n = closing(s);
	ATF_CHECK_MSG(n >= 20 && n < 60, "%u", n);
	ATF_CHECK(!small->output.overflow);
	ATF_CHECK(s->outputs.ctl_memory > 100 * MIB);
	drop_all(s);
}

/*
 * A mesh peer is notified of every connection at once: it is not closed for the
 * memory of clients that do not read.
 */
ATF_TC_WITHOUT_HEAD(own_frames_flood);
ATF_TC_BODY(own_frames_flood, tc)
{
	struct conn_set *s = set_up();
	struct conn *c, *mesh;
	unsigned int i;

	for (i = 0; i < 128; i++)
		fill(client(s, 0), 1000 * 1000);
	mesh = client(s, 1);
	ATF_CHECK_EQ(fill(mesh, 50 * MIB), (50 * MIB + 999) / 1000 * 1000);
	ATF_CHECK(!mesh->output.overflow);
	ATF_CHECK(s->outputs.ctl_memory <= 128 * MIB);
	ATF_CHECK(closing(s) > 30);
	/* Later clients are closed rather than mesh peers, too. */
	for (i = 0; i < 200; i++)
		fill(client(s, 0), 1000 * 1000);
	ATF_CHECK(!mesh->output.overflow);
	ATF_CHECK(s->outputs.ctl_memory <= 128 * MIB);
	/* Of mesh peers the one with most is closed. */
	c = client(s, 1);
	fill(c, 10 * MIB);
	fill(mesh, 10 * MIB);
	i = closing(s);
	for (i = 0; i < 3; i++)
		fill(client(s, 1), 40 * MIB);
	ATF_CHECK(mesh->output.overflow);
	ATF_CHECK(!c->output.overflow);
	drop_all(s);
}

/* Where no connection has many, each may have a few. */
ATF_TC_WITHOUT_HEAD(own_frames_little);
ATF_TC_BODY(own_frames_little, tc)
{
	struct conn_set *s = set_up();
	struct conn *c;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		c = client(s, 0);
		fill(c, 7000);
		ATF_REQUIRE(!c->output.overflow);
	}
	ATF_CHECK(s->outputs.ctl_memory > 128 * MIB);
	ATF_CHECK_EQ(closing(s), 0);
	fill(c, 20000);
	ATF_CHECK(c->output.overflow);
	drop_all(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, own_frames);
	ATF_TP_ADD_TC(tp, own_frames_watcher);
	ATF_TP_ADD_TC(tp, own_frames_all);
	ATF_TP_ADD_TC(tp, own_frames_flood);
	ATF_TP_ADD_TC(tp, own_frames_little);
	return (atf_no_error());
}

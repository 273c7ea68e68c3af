/*
 * connected_test: who is revoked and who stays, what relay workers are told,
 * and how checks are spread.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "connected.h"

#define SEC	UINT64_C(1000000)
#define MANY	20000
#define REL	3		/* the worker of most tests */

/* What is known of client `n'. */
static struct known {
	int		 no;	/* the sources say so */
	int		 unknown;	/* their answers are not known */
	int		 needs;	/* they must be asked */
	enum admit_listed listed;
	uint32_t	 group;
	const char	*name;
	/* what happened */
	unsigned int	 asked, revoked, granted;
	enum ipc_admit_verdict verdict;
} known[MANY];

static char	 told[256];
static size_t	 unread;
static int	 busy, waits;
static uint32_t	 over_group;
static int	 in_group[8];	/* connections */
static int	 keys_in_group[8];
static struct admit_connected *c;
static uint64_t	 now = 100 * SEC;

static struct known *
of(const uint8_t *key)
{
	uint32_t n;

	memcpy(&n, key, sizeof(n));
	return (&known[n]);
}

static const uint8_t *
key_of(uint32_t n)
{
	static uint8_t key[IPC_KEYLEN];

	memcpy(key, &n, sizeof(n));
	return (key);
}

static size_t
op_unread(void *arg, unsigned int worker)
{
	(void)arg;
	return (worker == REL ? unread : 0);
}

static void
op_grant_of(void *arg, const uint8_t *key, struct admit_grant *g)
{
	(void)arg;
	g->group = of(key)->group;
	g->group_name = g->group == 0 ? "" : "students";
	g->rate = g->group * 1000;
	if (of(key)->name != NULL)
		g->name = of(key)->name;
}

static void
op_grant(void *arg, unsigned int worker, const uint8_t *key,
    const struct admit_grant *g)
{
	(void)arg;
	of(key)->granted++;
	snprintf(told, sizeof(told), "%u: %u %s %llu %s", worker, g->group,
	    g->group_name, (unsigned long long)g->rate, g->name);
}

static void
op_revoke(void *arg, unsigned int worker, const uint8_t *key,
    enum ipc_admit_verdict v)
{
	(void)arg;
	(void)worker;
	of(key)->revoked++;
	of(key)->verdict = v;
}

static struct admit_decision
verdict_of(const struct known *k)
{
	struct admit_decision d = { .made = 1 };

	if (k->listed == ADMIT_DENIES)
		d.verdict = IPC_ADMIT_DENIED;
	else if (k->no)
		d.verdict = IPC_ADMIT_REFUSED;
	return (d);
}

static struct admit_decision
op_judge(void *arg, const uint8_t *key, int fresh, enum admit_listed *listed)
{
	static const struct admit_decision none;
	const struct known *k = of(key);

	(void)arg;
	*listed = k->listed;
	if (k->listed != ADMIT_DENIES && (k->unknown || (k->needs && fresh)))
		return (none);
	return (verdict_of(k));
}

static enum admit_join
op_ask(void *arg, unsigned int worker, const uint8_t *key,
    const uint8_t *addr, struct admit_decision *d)
{
	(void)arg;
	(void)worker;
	ATF_CHECK_EQ(9, addr[15]);
	if (busy)
		return (ADMIT_JOIN_BUSY);
	of(key)->asked++;
	*d = verdict_of(of(key));
	return (waits ? ADMIT_JOIN_WAITS : ADMIT_JOIN_DECIDED);
}

static void
op_began(void *arg, uint32_t group, unsigned int worker, int first)
{
	(void)arg;
	(void)worker;
	in_group[group]++;
	keys_in_group[group] += first;
}

static void
op_ended(void *arg, uint32_t group, unsigned int worker, int last)
{
	(void)arg;
	(void)worker;
	in_group[group]--;
	keys_in_group[group] -= last;
}

static int
op_over(void *arg, uint32_t group)
{
	(void)arg;
	return (group == over_group);
}

static const struct admit_connected_ops ops = { op_unread, op_grant_of,
    op_grant, op_revoke, op_judge, op_ask, op_began, op_ended, op_over };

static void
set_up(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((c = admit_connected_new(&ops, NULL)) != NULL);
	admit_connected_turn(c, now);
}

static void
began_as(unsigned int worker, uint32_t n, int mesh)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [15] = 9 };

	ATF_REQUIRE_EQ(0, admit_connected_began(c, worker, key_of(n), addr,
	    mesh));
}

static void
began(uint32_t n)
{
	began_as(REL, n, 0);
}

static void
ended(uint32_t n)
{
	ATF_REQUIRE_EQ(0, admit_connected_ended(c, REL, key_of(n)));
}

/* Let all be done that is to be done at once. */
static void
turns(void)
{
	int i;

	for (i = 0; i < 100 && admit_connected_turn(c, now); i++)
		;
	ATF_CHECK(i < 100);
}

/* Let time pass, a turn each 100 ms. */
static void
pass(unsigned int secs)
{
	unsigned int i;

	for (i = 0; i < 10 * secs; i++) {
		now += SEC / 10;
		admit_connected_turn(c, now);
	}
}

static void
check_told(const char *want)
{
	ATF_CHECK_STREQ(want, told);
	told[0] = '\0';
}

/* Names and groups go to the worker, once, and again when they change. */
ATF_TC_WITHOUT_HEAD(grants);
ATF_TC_BODY(grants, tc)
{
	set_up();
	began(1);
	turns();
	check_told("");
	known[2].name = "laptop";
	known[2].group = 1;
	began(2);
	ATF_CHECK_EQ(1, in_group[1]);	/* at once */
	turns();
	check_told("3: 1 students 1000 laptop");
	began(2);			/* its second connection */
	turns();
	check_told("3: 1 students 1000 laptop");
	ATF_CHECK_EQ(2, in_group[1]);
	ATF_CHECK_EQ(1, keys_in_group[1]);
	admit_connected_changed(c, 0);
	turns();
	check_told("");
	known[2].group = 2;
	admit_connected_changed(c, 0);
	turns();
	check_told("3: 2 students 2000 laptop");
	ATF_CHECK_EQ(0, in_group[1]);
	ATF_CHECK_EQ(0, keys_in_group[1]);
	ATF_CHECK_EQ(2, in_group[2]);
	ATF_CHECK_EQ(1, keys_in_group[2]);
	known[2].group = 0;
	known[2].name = NULL;
	admit_connected_changed(c, 0);
	turns();
	check_told("3: 0  0 ");
	ATF_CHECK_EQ(0, in_group[2]);
	ended(2);
	ATF_CHECK_EQ(2, admit_connected_count(c));
	ended(2);
	ATF_CHECK_EQ(1, admit_connected_count(c));
	ATF_CHECK_EQ(-1, admit_connected_ended(c, REL, key_of(2)));
	ATF_CHECK_EQ(-1, admit_connected_ended(c, REL + 1, key_of(1)));
	admit_connected_free(c);
	admit_connected_free(NULL);
}

/* A file or settings change: those that are not admitted any more go. */
ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	set_up();
	began(1);
	began(2);
	began(3);
	turns();
	known[1].listed = ADMIT_DENIES;
	turns();
	ATF_CHECK_EQ(0, known[1].revoked);
	admit_connected_changed(c, 0);
	turns();
	ATF_CHECK_EQ(1, known[1].revoked);
	ATF_CHECK_EQ(IPC_ADMIT_DENIED, known[1].verdict);
	ATF_CHECK_EQ(0, known[2].revoked);
	/* Only of whom the file says something else the sources are asked. */
	known[2].unknown = known[3].unknown = 1;
	known[3].listed = ADMIT_LISTED;
	admit_connected_changed(c, 0);
	turns();
	ATF_CHECK_EQ(0, known[2].asked);
	ATF_CHECK_EQ(1, known[3].asked);
	/* With other sources, they are asked about all. */
	known[2].no = 1;
	admit_connected_changed(c, 1);
	turns();
	ATF_CHECK_EQ(1, known[2].asked);
	ATF_CHECK_EQ(1, known[2].revoked);
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, known[2].verdict);
	ATF_CHECK_EQ(2, known[3].asked);
	ATF_CHECK_EQ(0, known[3].revoked);
	admit_connected_free(c);
}

/* A worker reports clients that nothing is known of: the sources are asked. */
ATF_TC_WITHOUT_HEAD(reported);
ATF_TC_BODY(reported, tc)
{
	const struct admit_decision no = { 1, IPC_ADMIT_UNKNOWN, 0 };

	set_up();
	known[1].unknown = 1;
	known[2].unknown = 1;
	known[3].no = 1;
	waits = 1;
	began(1);
	began(2);
	began(3);
	ATF_CHECK_EQ(0, admit_connected_turn(c, now));
	ATF_CHECK_EQ(1, known[1].asked);
	ATF_CHECK_EQ(1, known[2].asked);
	ATF_CHECK_EQ(0, known[3].asked);
	ATF_CHECK_EQ(1, known[3].revoked);
	ended(2);
	admit_connected_decided(c, REL, key_of(1), &no);
	admit_connected_decided(c, REL, key_of(2), &no);
	ATF_CHECK_EQ(1, known[1].revoked);
	ATF_CHECK_EQ(0, known[2].revoked);
	/* While it goes it is left alone; a new connection is not. */
	known[1].unknown = 0;
	known[1].no = 1;
	admit_connected_changed(c, 1);
	turns();
	ATF_CHECK_EQ(1, known[1].revoked);
	began(1);
	turns();
	ATF_CHECK_EQ(2, known[1].revoked);
	ended(1);
	/* The worker has a new channel: it reports all again. */
	known[1].group = 4;
	began(1);
	admit_connected_gone(c, REL);
	ATF_CHECK_EQ(0, admit_connected_count(c));
	ATF_CHECK_EQ(-1, admit_connected_ended(c, REL, key_of(1)));
	admit_connected_free(c);
}

ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	set_up();
	known[1].no = known[2].no = known[3].unknown = 1;
	known[1].group = 1;
	known[1].name = "relay-2";
	began_as(REL, 1, 1);
	began_as(REL, 2, 1);
	began_as(REL, 3, 1);
	turns();
	ATF_CHECK_EQ(0, known[1].revoked);
	ATF_CHECK_EQ(0, known[2].revoked);
	ATF_CHECK_EQ(0, known[3].asked);
	check_told("3: 0  0 relay-2");
	ATF_CHECK_EQ(0, in_group[1]);
	/* A second connection that is not. */
	began(1);
	turns();
	ATF_CHECK_EQ(0, known[1].revoked);
	admit_connected_every(c, 2 * SEC);
	pass(4);
	ATF_CHECK_EQ(0, known[1].asked);
	/* The other way round it leaves its group. */
	known[4].group = 1;
	began(4);
	ATF_CHECK_EQ(1, in_group[1]);
	began_as(REL, 4, 1);
	ATF_CHECK_EQ(0, in_group[1]);
	admit_connected_free(c);
}

ATF_TC_WITHOUT_HEAD(quota);
ATF_TC_BODY(quota, tc)
{
	set_up();
	known[1].group = known[2].group = 1;
	known[3].group = 2;
	began(1);
	began_as(REL + 1, 2, 0);
	began(3);
	turns();
	over_group = 1;
	admit_connected_changed(c, 0);
	turns();
	ATF_CHECK_EQ(1, known[1].revoked);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, known[1].verdict);
	ATF_CHECK_EQ(1, known[2].revoked);
	ATF_CHECK_EQ(0, known[3].revoked);
	admit_connected_free(c);
}

/* Checks are spread evenly, each client once in the time. */
ATF_TC_WITHOUT_HEAD(spread);
ATF_TC_BODY(spread, tc)
{
	unsigned int i, s, n, before, most = 0;

	set_up();
	admit_connected_every(c, 60 * SEC);
	for (i = 0; i < 600; i++) {
		known[i].needs = 1;
		began(i);
	}
	turns();
	for (s = 0; s < 60; s++) {
		for (i = before = 0; i < 600; i++)
			before += known[i].asked;
		pass(1);
		for (i = n = 0; i < 600; i++)
			n += known[i].asked;
		if (n - before > most)
			most = n - before;
	}
	ATF_CHECK_EQ(10, most);
	for (i = 0; i < 600; i++)
		ATF_REQUIRE_EQ(1, known[i].asked);
	pass(60);
	for (i = 0; i < 600; i++)
		ATF_REQUIRE_EQ(2, known[i].asked);
	/* One that says no now is revoked within that time. */
	known[77].no = 1;
	pass(60);
	ATF_CHECK_EQ(1, known[77].revoked);
	/* What the clients file decides needs no question. */
	known[88].needs = 0;
	n = known[88].asked;
	pass(60);
	ATF_CHECK_EQ(n, known[88].asked);
	admit_connected_free(c);
}

/* Few clients: the time that passed between turns adds up. */
ATF_TC_WITHOUT_HEAD(few);
ATF_TC_BODY(few, tc)
{
	int i;

	set_up();
	admit_connected_every(c, 60 * SEC);
	known[1].needs = 1;
	began(1);
	turns();
	for (i = 0; i < 120; i++) {
		now += SEC;
		admit_connected_turn(c, now);
	}
	ATF_CHECK_EQ(2, known[1].asked);
	admit_connected_free(c);
}

/* At most so many checks wait at a time; those behind follow. */
ATF_TC_WITHOUT_HEAD(paced);
ATF_TC_BODY(paced, tc)
{
	const struct admit_decision yes = { 1, IPC_ADMIT_YES, 0 };
	unsigned int i, n;

	set_up();
	waits = 1;
	for (i = 0; i < 100; i++) {
		known[i].unknown = 1;
		began(i);
	}
	ATF_CHECK_EQ(1, admit_connected_turn(c, now));
	for (i = n = 0; i < 100; i++)
		n += known[i].asked;
	ATF_CHECK_EQ(ADMIT_CONNECTED_ASKS, n);
	admit_connected_decided(c, REL, key_of(0), &yes);
	admit_connected_decided(c, REL, key_of(1), &yes);
	admit_connected_ask(c);
	for (i = n = 0; i < 100; i++)
		n += known[i].asked;
	ATF_CHECK_EQ(ADMIT_CONNECTED_ASKS + 2, n);
	/* Another worker has checks of its own. */
	known[200].unknown = 1;
	began_as(REL + 1, 200, 0);
	admit_connected_turn(c, now);
	ATF_CHECK_EQ(1, known[200].asked);
	/* While questions are full, they wait. */
	busy = 1;
	known[201].unknown = 1;
	began_as(REL + 1, 201, 0);
	ATF_CHECK_EQ(1, admit_connected_turn(c, now));
	busy = 0;
	admit_connected_turn(c, now);
	ATF_CHECK_EQ(1, known[201].asked);
	admit_connected_free(c);
}

/* A worker that does not read gets no more, and holds up no other. */
ATF_TC_WITHOUT_HEAD(stuck);
ATF_TC_BODY(stuck, tc)
{
	set_up();
	known[1].no = known[2].no = 1;
	unread = ADMIT_CONNECTED_UNREAD;
	began(1);
	began_as(REL + 1, 2, 0);
	ATF_CHECK_EQ(1, admit_connected_turn(c, now));
	ATF_CHECK_EQ(0, known[1].revoked);
	ATF_CHECK_EQ(1, known[2].revoked);
	unread = 0;
	ATF_CHECK_EQ(0, admit_connected_turn(c, now));
	ATF_CHECK_EQ(1, known[1].revoked);
	admit_connected_free(c);
}

/* A worker can report so many connections and no more. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	static const uint8_t addr[IPC_ADDRLEN];
	uint32_t i;

	set_up();
	for (i = 0; i < ADMIT_CONNECTED_MAX; i++)
		began(i % MANY);
	ATF_CHECK_EQ(-1, admit_connected_began(c, REL, key_of(1), addr, 0));
	began_as(REL + 1, 1, 0);
	ATF_CHECK_EQ(MANY + 1, admit_connected_count(c));
	ATF_CHECK_EQ(MANY, admit_connected_of(c, REL));
	admit_connected_free(c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, grants);
	ATF_TP_ADD_TC(tp, changes);
	ATF_TP_ADD_TC(tp, reported);
	ATF_TP_ADD_TC(tp, mesh);
	ATF_TP_ADD_TC(tp, quota);
	ATF_TP_ADD_TC(tp, spread);
	ATF_TP_ADD_TC(tp, few);
	ATF_TP_ADD_TC(tp, paced);
	ATF_TP_ADD_TC(tp, stuck);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}

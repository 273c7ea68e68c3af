/*
 * succeed_test: a relay worker is replaced, or not, as the parent does it.  The
 * test plays the relay workers and the system.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "parentfixture.h"

#define NFRONTS	1		/* which do not run */
#define NRELAYS	2

static struct ipc_chan	*ends[NRELAYS];
static int		 answered;
static char		 answer[128];	/* "": it was replaced */

static void
run(struct parent_proc *p, pid_t pid, struct ipc_chan **end)
{
	p->c.pid = pid;
	p->c.ready = 1;
	*end = connect_child(p);
}

static void
done(void *arg, const char *why)
{
	(void)arg;
	answered++;
	strlcpy(answer, why == NULL ? "" : why, sizeof(answer));
}

/*
 * Two relay workers run, and the process that is to replace the first one has
 * been started: as no program was opened it is one that ends at once.
 */
static void
begin(void)
{
	unsigned int	 i;

	conf.worker.queue_packets = 1;
	conf.relay.enabled = 1;
	d.nfronts = NFRONTS;
	d.nworkers = NRELAYS;
	ATF_REQUIRE((d.slots = ipc_slots_new(NRELAYS)) != NULL);
	for (i = 0; i < NFRONTS + NRELAYS; i++)
		ATF_REQUIRE((d.counters[i] = ipc_counters_new()) != NULL);
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	set_up_parent(no_wait, no_kill);
	d.gens.id = 7;		/* there have been some */
	parent_moves_init(&d);
	parent_succeed_init(&d);
	for (i = 0; i < NRELAYS; i++)
		run(&d.relays[i], PID + (pid_t)i, &ends[i]);
	parent_succeed(&d, 0, done, NULL);
	ATF_REQUIRE(d.relaynext.c.pid > 0);
	d.relaynext.c.ready = 1;
}

/* All are held, and the sessions have moved: the commit, or not. */
static void
move(void)
{
	parent_succeed_ready(&d);
	ATF_CHECK(parent_moves_held(&d));
	parent_succession_held(&d.succeed.s, NULL);
	parent_succession_sent(&d.succeed.s, NULL, 3);
	parent_succession_took(&d.succeed.s, NULL, 3);
}

/* The process that is not needed ends: the answer. */
static void
expect(const char *want)
{
	ATF_CHECK_EQ(0, answered);
	ATF_CHECK(!parent_moves_held(&d));
	d.relaynext.c.pid = 0;
	parent_succeed_gone(&d);
	ATF_CHECK_EQ(1, answered);
	ATF_CHECK_STREQ(want, answer);
}

ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	pid_t	 next;

	begin();
	next = d.relaynext.c.pid;
	move();
	ATF_CHECK_EQ(next, d.relays[0].c.pid);
	ATF_CHECK_EQ(PID, d.relaynext.c.pid);
	expect("");
}

/* Settings are staged in the old process alone: it goes on. */
ATF_TC_WITHOUT_HEAD(keys_again);
ATF_TC_BODY(keys_again, tc)
{
	struct parent_generation	 g = { .kind = GEN_KEYS,
	    .state = GEN_AT_STAGE, .id = 8 };

	begin();
	d.gens.id = g.id;
	d.gens.now = &g;
	move();
	ATF_CHECK_EQ(PID, d.relays[0].c.pid);
	expect("keys was started again meanwhile: try again");
}

/* The same when they are in force there. */
ATF_TC_WITHOUT_HEAD(keys_loaded);
ATF_TC_BODY(keys_loaded, tc)
{
	begin();
	d.gens.id++;
	move();
	ATF_CHECK_EQ(PID, d.relays[0].c.pid);
	expect("keys was started again meanwhile: try again");
}

/* A relay worker says that these links have come. */
static void
say_took(struct parent_proc *p, uint32_t links)
{
	const struct ipc_msg_relay_took v = { .ok = 1, .links = links,
	    .why = "" };
	struct ipc_msg	 m;

	ATF_REQUIRE_EQ(0, ipc_send_relay_took(ends[1], &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(ends[1], 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(d.relays[1].c.chan, &m, 1000));
	ATF_CHECK_EQ(0, parent_moves_message(p, &m));
	ipc_msg_free(&m);
}

/* Of links to nodes a worker is believed about its own alone. */
ATF_TC_WITHOUT_HEAD(links);
ATF_TC_BODY(links, tc)
{
	struct ipc_msg_relay_succeeded v;
	struct ipc_msg	 m;
	uint32_t	 type;

	begin();
	parent_succeed_ready(&d);
	/* All have answered. */
	d.moves.steps.steps[PARENT_MOVES_HOLDING].on = 0;
	parent_succession_held(&d.succeed.s, NULL);
	say_took(&d.relaynext, 1U << 4 | 1U << 5);
	say_took(&d.relays[1], UINT32_MAX);
	parent_succession_sent(&d.succeed.s, NULL, 3);
	parent_succession_took(&d.succeed.s, NULL, 3);
	(void)ipc_chan_flush(d.relays[1].c.chan, 1000);
	do {
		ATF_REQUIRE_EQ(0, ipc_chan_recv(ends[1], &m, 1000));
		type = m.type;
		if (type == MSG_RELAY_SUCCEEDED) {
			ATF_REQUIRE_EQ(0, ipc_get_relay_succeeded(&m.rd, &v));
			ATF_CHECK_EQ(0, v.worker);
			ATF_CHECK_EQ(0x55555555U & ~(1U << 4), v.lost);
		}
		ipc_msg_free(&m);
	} while (type != MSG_RELAY_SUCCEEDED);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, keys_again);
	ATF_TP_ADD_TC(tp, keys_loaded);
	return (atf_no_error());
}

/*
 * movetwice_test: both workers are told to go on with the sessions: one does.
 */
#include <sys/wait.h>

#include "movefixture.h"

static struct move_side old, new;
static struct move_peer alice, bob;

/* Two clients whose sessions have come to the new worker. */
static void
move_two(void)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];

	a_worker(&old, 0, 1, 1);
	a_worker(&new, 0, 1, 2);
	key_of(&old, a, 0);
	key_of(&old, b, 1);
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1302, 0);
	connect_move(&old, &new);
	ATF_REQUIRE_EQ(move_all(&old, &new), 2);
}

/* The sessions went on at the old worker alone. */
static void
check_kept(void)
{
	uint8_t frame[FRAME_HDR_LEN + FRAME_KEY_LEN + 300];

	turns(&new);
	ATF_CHECK_EQ(new.r->set.nconns, 0);
	ATF_CHECK_EQ(new.r->stats->connections, 0);
	put(&alice, frame, packet(frame, bob.key, 1, 300, 0));
	turns(&old);
	get_all(&old, &bob);
	ATF_CHECK(bob.n > 300);
}

/* The old worker is told to go on, and ends. */
static void
check_ends(void)
{
	const pid_t pid = fork();
	int status;

	ATF_REQUIRE(pid != -1);
	if (pid == 0) {
		move_stop(old.r);
		_exit(0);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* The parent of the new worker is late: the old one goes on already. */
ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	char why[IPC_WHYSIZE];
	uint32_t sessions;

	(void)tc;
	move_two();
	move_stop(old.r);
	ATF_CHECK_EQ(took(&new, &sessions, why), 0);
	ATF_CHECK_STREQ("the old worker goes on with them", why);
	move_take(new.r, 0);
	check_kept();
}

/* The same, and what the old one said is not read before. */
ATF_TC_WITHOUT_HEAD(kept_unread);
ATF_TC_BODY(kept_unread, tc)
{
	(void)tc;
	move_two();
	move_stop(old.r);
	move_take(new.r, 0);
	check_kept();
}

/* The new worker has gone on: the old one may not any more. */
ATF_TC_WITHOUT_HEAD(taken);
ATF_TC_BODY(taken, tc)
{
	(void)tc;
	move_two();
	move_take(new.r, 0);
	turns(&new);
	held_turns(&old);
	check_ends();
}

/* The new one has ended since, and what it said is not read before. */
ATF_TC_WITHOUT_HEAD(taken_unread);
ATF_TC_BODY(taken_unread, tc)
{
	(void)tc;
	move_two();
	move_take(new.r, 0);
	ipc_chan_free(new.r->move.in[0]->chan);
	new.r->move.in[0]->chan = NULL;
	check_ends();
}

/* Another new worker has ended before, which fails the export. */
ATF_TC_WITHOUT_HEAD(taken_failed);
ATF_TC_BODY(taken_failed, tc)
{
	struct move_side other;
	uint8_t key[FRAME_KEY_LEN];
	uint32_t n;

	(void)tc;
	a_worker(&old, 0, 1, 1);
	a_worker(&new, 0, 2, 2);
	a_worker(&other, 1, 2, 2);
	key_of(&new, key, 0);
	a_client(&old, &alice, key, 0x1301, 0);
	connect_move(&old, &new);
	connect_move(&old, &other);
	ATF_REQUIRE_EQ(move_all(&old, &new), 1);
	turns(&other);
	ipc_chan_free(other.r->move.in[0]->chan);
	other.r->move.in[0]->chan = NULL;
	ATF_CHECK_EQ(moved(&old, &n), 0);
	move_take(new.r, 0);
	check_ends();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, kept_unread);
	ATF_TP_ADD_TC(tp, taken);
	ATF_TP_ADD_TC(tp, taken_unread);
	ATF_TP_ADD_TC(tp, taken_failed);
	return (atf_no_error());
}

/*
 * admitstate_test: what admit keeps over restarts: pieces, files, and what is
 * not taken.
 */
#include <sys/stat.h>

#include "admitsetfixture.h"

#define LATELY	"state/admit-lately.state"
#define QUOTA	"state/admit-quota.state"
#define PIECE	(1024 * 1024)

static uint64_t	 now = 1000000;

static int
save(enum ipc_admit_state_kind which, size_t offset, const void *p, size_t len,
    int last)
{
	struct ipc_msg_admit_save	 v = { .which = which,
	    .offset = (uint32_t)offset, .last = last, .bytes = p, .len = len };

	return (admitset_state_save(&d, &v, now));
}

static void
check_file(const char *path, const char *want)
{
	struct stat	 st;
	char		 buf[64] = "";
	FILE		*f;

	ATF_REQUIRE_MSG((f = fopen(path, "r")) != NULL, "%s", path);
	ATF_CHECK_EQ(strlen(want), fread(buf, 1, sizeof(buf), f));
	fclose(f);
	ATF_CHECK_STREQ(want, buf);
	ATF_REQUIRE_EQ(0, stat(path, &st));
	ATF_CHECK_EQ(0600, st.st_mode & 0777);
}

/* Each state is a file of its own, written when it is complete. */
ATF_TC_WITHOUT_HEAD(saved);
ATF_TC_BODY(saved, tc)
{
	begin("admit { url https://h/v }\n");
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_LATELY, 0, "abc", 3, 0));
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "q", 1, 1));
	ATF_CHECK_EQ(-1, access(LATELY, F_OK));
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_LATELY, 3, "de", 2, 1));
	check_file(LATELY, "abcde");
	check_file(QUOTA, "q");
	/* A new one replaces it, also one that was not complete. */
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_LATELY, 0, "xyz", 3, 0));
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_LATELY, 0, "f", 1, 1));
	check_file(LATELY, "f");
	/* What admit did not complete is forgotten when it ends. */
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_LATELY, 0, "xyz", 3, 0));
	admitset_state_gone(&d);
	ATF_CHECK_EQ(-1, save(IPC_ADMIT_STATE_LATELY, 3, "u", 1, 1));
	check_file(LATELY, "f");
	/* Nothing at all is a state as well. */
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_LATELY, 0, "", 0, 1));
	check_file(LATELY, "");
}

/* Pieces out of order, too many bytes, too many states. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static uint8_t	 piece[PIECE];
	size_t		 i;

	begin("admit { url https://h/v }\n");
	ATF_CHECK_EQ(-1, save(IPC_ADMIT_STATE_QUOTA, 1, "a", 1, 1));
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_QUOTA, 0, "abc", 3, 0));
	ATF_CHECK_EQ(-1, save(IPC_ADMIT_STATE_QUOTA, 4, "d", 1, 1));
	ATF_CHECK_EQ(-1, save(IPC_ADMIT_STATE_QUOTA, 2, "d", 1, 1));
	for (i = 0; i < 32; i++)
		ATF_REQUIRE_EQ(0, save(IPC_ADMIT_STATE_LATELY, i * PIECE, piece,
		    PIECE, 0));
	ATF_CHECK_EQ(-1, save(IPC_ADMIT_STATE_LATELY, 32 * PIECE, "a", 1, 1));
	/* A flood of states would wear the disk. */
	now += 3600 * 1000;
	for (i = 0; i < 16; i++)
		ATF_REQUIRE_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "a", 1, 1));
	check_file(QUOTA, "a");
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_QUOTA, 0, "b", 1, 1));
	check_file(QUOTA, "a");
	now += 10 * 1000;
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "c", 1, 1));
	check_file(QUOTA, "c");
}

/* A directory that can't be written to costs the state alone. */
ATF_TC_WITHOUT_HEAD(no_room);
ATF_TC_BODY(no_room, tc)
{
	begin("admit { url https://h/v }\n");
	put("state", "not a directory");
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_LATELY, 0, "abc", 3, 1));
	ATF_REQUIRE_EQ(0, unlink("state"));
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_LATELY, 0, "abc", 3, 1));
	check_file(LATELY, "abc");
}

static void
expect_state(enum ipc_admit_state_kind which, const char *want)
{
	struct ipc_msg_admit_state	 v;
	struct ipc_msg			 m;
	char				 buf[64] = "";

	next(&d.admit, end_admit, &m, MSG_ADMIT_STATE);
	ATF_REQUIRE_EQ(0, ipc_get_admit_state(&m.rd, &v));
	ATF_CHECK_EQ(which, v.which);
	ATF_CHECK_EQ((ssize_t)strlen(want), read(m.fd, buf, sizeof(buf)));
	ATF_CHECK_STREQ(want, buf);
	ipc_msg_free(&m);
}

/* A new admit gets what there is, unless others could have changed it. */
ATF_TC_WITHOUT_HEAD(sent);
ATF_TC_BODY(sent, tc)
{
	begin("admit { url https://h/v }\n");
	(void)start_admit(&d.admit);
	expect_nothing(&d.admit, end_admit);
	ATF_REQUIRE_EQ(1, save(IPC_ADMIT_STATE_LATELY, 0, "one", 3, 1));
	ATF_REQUIRE_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "two", 3, 1));
	(void)start_admit(&d.admit);
	expect_state(IPC_ADMIT_STATE_LATELY, "one");
	expect_state(IPC_ADMIT_STATE_QUOTA, "two");
	expect_nothing(&d.admit, end_admit);
	ATF_REQUIRE_EQ(0, chmod(LATELY, 0620));
	(void)start_admit(&d.admit);
	expect_state(IPC_ADMIT_STATE_QUOTA, "two");
	expect_nothing(&d.admit, end_admit);
	d.checking = 1;
	(void)start_admit(&d.admit);
	expect_nothing(&d.admit, end_admit);
}

/* Until this derpd has taken over, the files are those of another one. */
ATF_TC_WITHOUT_HEAD(waiting);
ATF_TC_BODY(waiting, tc)
{
	begin("admit { url https://h/v }\n");
	ATF_REQUIRE_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "theirs", 6, 1));
	d.waiting = 1;
	ATF_CHECK_EQ(0, save(IPC_ADMIT_STATE_QUOTA, 0, "own", 3, 1));
	check_file(QUOTA, "theirs");
	d.waiting = 0;
	ATF_CHECK_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "own", 3, 1));
	check_file(QUOTA, "own");
}

/* From the commit on they are those of the next one. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	static const struct {
		enum upgrade_old_state	 state;
		int			 ours;
	} v[] = {
		{ UPGRADE_HOLDING, 1 }, { UPGRADE_MOVING, 1 },
		{ UPGRADE_COMMITTED, 0 }, { UPGRADE_LOST, 0 },
		{ UPGRADE_KEEPING, 0 }, { UPGRADE_IDLE, 1 }
	};
	size_t	 i;

	begin("admit { url https://h/v }\n");
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		ATF_REQUIRE(unlink(QUOTA) == 0 || i == 0);
		d.upgrade.old.state = UPGRADE_IDLE;
		ATF_REQUIRE_EQ(1, save(IPC_ADMIT_STATE_QUOTA, 0, "a", 1, 1));
		d.upgrade.old.state = v[i].state;
		ATF_CHECK_EQ(v[i].ours, save(IPC_ADMIT_STATE_QUOTA, 0, "b", 1,
		    1));
		check_file(QUOTA, v[i].ours ? "b" : "a");
	}
}

static void
say_end(void)
{
	const struct ipc_msg_admit_save	 v = { .which = IPC_ADMIT_STATE_QUOTA,
	    .last = 1, .bytes = "end", .len = 3 };

	ATF_REQUIRE_EQ(0, ipc_send_admit_save(end_admit, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end_admit, 1000));
	admitset_drain(&d.admit);
}

/* admit hears of a state that is on disk, and of no other one. */
ATF_TC_WITHOUT_HEAD(confirmed);
ATF_TC_BODY(confirmed, tc)
{
	struct ipc_msg_admit_saved	 v;
	struct ipc_msg			 m;

	begin("admit { url https://h/v }\n");
	end_admit = run(&d.admit);
	put("state", "not a directory");
	say_end();
	expect_nothing(&d.admit, end_admit);
	ATF_REQUIRE_EQ(0, unlink("state"));
	say_end();
	next(&d.admit, end_admit, &m, MSG_ADMIT_SAVED);
	ATF_REQUIRE_EQ(0, ipc_get_admit_saved(&m.rd, &v));
	ATF_CHECK_EQ(IPC_ADMIT_STATE_QUOTA, v.which);
	ipc_msg_free(&m);
	check_file(QUOTA, "end");
}

/* What admit sent before it ended is read, though its end was noticed first. */
ATF_TC_WITHOUT_HEAD(last_words);
ATF_TC_BODY(last_words, tc)
{
	struct ipc_msg_admit_save	 v = { .which = IPC_ADMIT_STATE_QUOTA,
	    .last = 1, .bytes = "end", .len = 3 };

	begin("admit { url https://h/v }\n");
	end_admit = run(&d.admit);
	ATF_REQUIRE_EQ(0, ipc_send_admit_save(end_admit, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end_admit, 1000));
	ipc_chan_free(end_admit);
	admitset_drain(&d.admit);
	check_file(QUOTA, "end");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, saved);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, no_room);
	ATF_TP_ADD_TC(tp, sent);
	ATF_TP_ADD_TC(tp, waiting);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, confirmed);
	ATF_TP_ADD_TC(tp, last_words);
	return (atf_no_error());
}

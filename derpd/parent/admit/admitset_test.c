/*
 * admitset_test: settings and files of admission until they are in force, and
 * what an admit that is started again gets.
 */
#include "admitsetfixture.h"
#include "filewatch.h"

#define KEYS	"admit { keys \"@/clients\" }\n"

static unsigned int	 called;
static char		 said[512];	/* "": all is good */
static int		 said_child;

static void
staged(const char *why, int child, void *arg)
{
	ATF_CHECK_EQ(&called, arg);
	called++;
	strlcpy(said, why == NULL ? "" : why, sizeof(said));
	said_child = child;
}

static struct admitset_stage *
stage(const struct conf *c, uint32_t id)
{
	called = 0;
	return (admitset_stage(&d, c, id, staged, &called));
}

/* Put the settings in force, as at the start. */
static void
put_in_force(const char *text)
{
	struct admitset_stage	*st;
	struct ipc_admit_conf	 c;

	begin(text);
	ATF_REQUIRE((st = stage(d.conf, 1)) != NULL);
	expect_settings(&c, 0);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "one\n");
	ATF_CHECK_EQ(1, expect_commit(SETTINGS_STAGE));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 1, 1, ""));
	ATF_CHECK_EQ(1, admitset_commit(st));
	ATF_CHECK_EQ(1, expect_commit(SETTINGS_USE));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 1, 1, ""));
	expect_nothing(&d.admit, end_admit);
}

ATF_TC_WITHOUT_HEAD(first);
ATF_TC_BODY(first, tc)
{
	struct ipc_msg_admit_settings	 v;
	struct admitset_stage		*st;
	struct ipc_verify_source	 s;
	struct ipc_msg			 m;

	put("clients", "one\n");
	put("n1", "{}");
	put("n2", "[]");
	begin("admit { keys \"@/clients\" url https://h/v ca file /ca "
	    "tailscaled /t\nsources all fail open remember 5 cache yes 6 no 7 "
	    "check every 8 }\nnames \"@/n1\"\nnames \"@/n2\"\n");
	ATF_REQUIRE((st = stage(d.conf, 3)) != NULL);
	/* There was none: it is started, and gets all to check. */
	ATF_CHECK_EQ(1, starts);
	next(&d.admit, end_admit, &m, MSG_ADMIT_CONF);
	ATF_REQUIRE_EQ(0, ipc_get_admit_settings(&m.rd, &v));
	ATF_CHECK(v.conf.on && v.conf.all && v.conf.keys && v.conf.fail_open);
	ATF_CHECK_EQ(5, v.conf.remember_secs);
	ATF_CHECK_EQ(6, v.conf.yes_secs);
	ATF_CHECK_EQ(7, v.conf.no_secs);
	ATF_CHECK_EQ(8, v.conf.check_secs);
	ATF_REQUIRE_EQ(2, v.nsources);
	ATF_REQUIRE_EQ(0, ipc_next_verify_source(&v.sources_left, &s));
	ATF_CHECK_EQ(IPC_VERIFY_URL, s.kind);
	ATF_CHECK_STREQ("https://h/v", s.name);
	ATF_CHECK_STREQ("/ca", s.cafile);
	ATF_REQUIRE_EQ(0, ipc_next_verify_source(&v.sources_left, &s));
	ATF_CHECK_EQ(IPC_VERIFY_TAILSCALED, s.kind);
	ATF_CHECK_STREQ("/t", s.name);
	ATF_CHECK_STREQ("", s.cafile);
	ipc_msg_free(&m);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "one\n");
	expect_file(IPC_ADMIT_FILE_NAMES, "n1", "{}");
	expect_file(IPC_ADMIT_FILE_NAMES, "n2", "[]");
	ATF_CHECK_EQ(3, expect_commit(SETTINGS_STAGE));
	ATF_CHECK_EQ(0, called);
	ATF_CHECK(!admitset_staged(st));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 3, 1, ""));
	ATF_CHECK_EQ(1, called);
	ATF_CHECK_STREQ("", said);
	ATF_CHECK(admitset_staged(st));
	ATF_CHECK(!d.admitset.in_force);
	ATF_CHECK_EQ(1, admitset_commit(st));
	ATF_CHECK_EQ(3, expect_commit(SETTINGS_USE));
	ATF_CHECK(d.admitset.in_force);
	ATF_CHECK_EQ(3, d.admitset.files.n);
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 3, 1, ""));
	/* An answer that it does not owe. */
	ATF_CHECK_EQ(-1, admitset_result(&d.admit, 3, 1, ""));
}

/* What admit refuses changes nothing. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct admitset_stage	*st;
	struct ipc_admit_conf	 c;

	put("clients", "one\n");
	put_in_force(KEYS);
	put("clients", "bad\n");
	ATF_REQUIRE((st = stage(d.conf, 2)) != NULL);
	expect_settings(&c, 0);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "bad\n");
	ATF_CHECK_EQ(2, expect_commit(SETTINGS_STAGE));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 2, 0, "clients:1:1: no"));
	ATF_CHECK_EQ(1, called);
	ATF_CHECK_STREQ("clients:1:1: no", said);
	ATF_CHECK_EQ(0, said_child);
	admitset_drop(st);
	ATF_CHECK_EQ(2, expect_commit(SETTINGS_DROP));
	/* The next admit gets the file that is in force. */
	end_of_admit();
	ATF_CHECK_EQ(0, start_admit(&d.admit));
	expect_settings(&c, 0);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "one\n");
	ATF_CHECK_EQ(0, expect_commit(SETTINGS_FIRST));
	expect_nothing(&d.admit, end_admit);
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 0, 1, ""));
	/* It can't do without what is in force. */
	end_of_admit();
	ATF_CHECK_EQ(0, start_admit(&d.admit));
	ATF_CHECK_EQ(-1, admitset_result(&d.admit, 0, 0, "no"));
}

/* An admit that ends while it checks fails the check. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	struct admitset_stage	*st;
	struct ipc_admit_conf	 c;

	put("clients", "one\n");
	put_in_force(KEYS);
	ATF_REQUIRE((st = stage(d.conf, 2)) != NULL);
	end_of_admit();
	ATF_CHECK_EQ(1, called);
	ATF_CHECK_STREQ("admit ended while it checked the new settings", said);
	ATF_CHECK_EQ(1, said_child);
	admitset_drop(st);
	/* One that ends later is of no matter: the next one has the stage. */
	ATF_REQUIRE((st = stage(d.conf, 3)) != NULL);
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 0, 1, ""));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 3, 1, ""));
	ATF_CHECK_EQ(1, called);
	end_of_admit();
	ATF_CHECK_EQ(0, start_admit(&d.admit));
	expect_settings(&c, 0);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "one\n");
	ATF_CHECK_EQ(0, expect_commit(SETTINGS_FIRST));
	expect_settings(&c, 0);
	expect_file(IPC_ADMIT_FILE_KEYS, "clients", "one\n");
	ATF_CHECK_EQ(3, expect_commit(SETTINGS_STAGE));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 0, 1, ""));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 3, 1, ""));
	ATF_CHECK_EQ(1, called);
	ATF_CHECK_EQ(1, admitset_commit(st));
	ATF_CHECK_EQ(3, expect_commit(SETTINGS_USE));
	/* Without admit there is nothing to wait for. */
	ATF_REQUIRE((st = stage(d.conf, 4)) != NULL);
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 3, 1, ""));
	ATF_CHECK_EQ(0, admitset_result(&d.admit, 4, 1, ""));
	end_of_admit();
	ATF_CHECK_EQ(0, admitset_commit(st));
}

/* Nobody admits: admit has nothing to do, and its files are forgotten. */
ATF_TC_WITHOUT_HEAD(off);
ATF_TC_BODY(off, tc)
{
	struct admitset_stage	*st;

	put("clients", "one\n");
	put_in_force(KEYS);
	d.conf = conf_with("");
	ATF_REQUIRE((st = stage(d.conf, 2)) != NULL);
	ATF_CHECK(admitset_staged(st));
	expect_nothing(&d.admit, end_admit);
	ATF_CHECK_EQ(0, admitset_commit(st));
	ATF_CHECK(!d.admitset.in_force);
	ATF_CHECK_EQ(0, d.admitset.files.n);
	/* The same without a relay. */
	d.conf->admit.conf.on = 1;
	d.conf->relay.enabled = 0;
	ATF_CHECK(!admitset_wanted(d.conf));
	d.conf->relay.enabled = 1;
	ATF_CHECK(admitset_wanted(d.conf));
}

/* Files that can't be read: path, place and what to do. */
ATF_TC_WITHOUT_HEAD(no_file);
ATF_TC_BODY(no_file, tc)
{
	char	 err[PATH_MAX + 512], want[PATH_MAX + 512];

	put("big", "");
	ATF_REQUIRE_EQ(0, truncate("big", 64 * 1024 * 1024 + 1));
	put("open", "");
	ATF_REQUIRE_EQ(0, chmod("open", 0666));
	begin("admit { keys \"@/none\" }\nnames \"@\"\nnames \"@/big\"\n"
	    "names \"@/open\"\n");
	log_capture(err, sizeof(err));
	ATF_CHECK(stage(d.conf, 2) == NULL);
	log_capture(NULL, 0);
	snprintf(want, sizeof(want), CONF ":5: %s/none: No such file or "
	    "directory", cwd);
	ATF_CHECK_MSG(strncmp(want, err, strlen(want)) == 0, "%s", err);
	ATF_CHECK_EQ(0, starts);
	d.conf = conf_with("names \"@\"\n");
	log_capture(err, sizeof(err));
	ATF_CHECK(stage(d.conf, 2) == NULL);
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(err, ": expected a regular file") != NULL, "%s",
	    err);
	d.conf = conf_with("names \"@/big\"\n");
	log_capture(err, sizeof(err));
	ATF_CHECK(stage(d.conf, 2) == NULL);
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(err, "/big: larger than 64 MiB") != NULL, "%s",
	    err);
	d.conf = conf_with("names \"@/open\"\n");
	log_capture(err, sizeof(err));
	ATF_CHECK(stage(d.conf, 2) == NULL);
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(err, "/open: everybody can change it: chmod o-w")
	    != NULL, "%s", err);
	/* An empty file is for admit to judge. */
	put("empty", "");
	d.conf = conf_with("names \"@/empty\"\n");
	ATF_CHECK(stage(d.conf, 2) != NULL);
}

/* A change of a file begins a generation, also before it is in force. */
ATF_TC_WITHOUT_HEAD(changes);
ATF_TC_BODY(changes, tc)
{
	struct timeval	 tv = { 20, 0 };

	put("clients", "one\n");
	put_in_force(KEYS);
	turns = 0;
	put("clients", "two\n");
	ATF_REQUIRE_EQ(0, event_base_loopexit(d.super.base, &tv));
	while (turns == 0)
		ATF_REQUIRE_EQ(0, event_base_loop(d.super.base, EVLOOP_ONCE));
	ATF_REQUIRE(!TAILQ_EMPTY(&d.gens.queue));
	ATF_CHECK_EQ(GEN_ADMIT, TAILQ_FIRST(&d.gens.queue)->kind);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, first);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, off);
	ATF_TP_ADD_TC(tp, no_file);
	ATF_TP_ADD_TC(tp, changes);
	return (atf_no_error());
}

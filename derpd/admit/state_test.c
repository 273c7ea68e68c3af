/*
 * state_test: what the admit process saves when it is stopped, and what the
 * next one makes of it.
 */
#include <sys/stat.h>

#include "admitdfixture.h"

/* What was saved last of each kind. */
static struct ipc_wr saved[IPC_ADMIT_STATE_QUOTA + 1];

/* Keep a piece of a state. */
static void
keep(struct ipc_msg *m)
{
	struct ipc_msg_admit_save v;
	struct ipc_wr *w;

	ATF_REQUIRE_EQ(0, ipc_get_admit_save(&m->rd, &v));
	w = &saved[v.which];
	if (v.offset == 0)
		ipc_wr_free(w);
	ATF_REQUIRE_EQ(v.offset, w->len);
	ATF_REQUIRE(v.len > 0);
	ipc_wr_bytes(w, v.bytes, v.len);
}

/* Stop the process, and keep what it saves. */
static void
stop(void)
{
	const struct ipc_msg_stop v = { 5000 };
	struct ipc_msg m;

	to_admit(ipc_send_stop(child, &v));
	while (ipc_chan_recv(child, &m, WAIT_MS) == 0) {
		if (m.type == MSG_ADMIT_SAVE)
			keep(&m);
		ipc_msg_free(&m);
	}
	child_ends(0);
}

/* Read what the process saves, until a state is complete. */
static void
complete(void)
{
	struct ipc_msg_admit_save v;
	struct ipc_rd rd;
	struct ipc_msg m;
	int last = 0;

	while (!last) {
		ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
		if (m.type == MSG_ADMIT_SAVE) {
			rd = m.rd;
			ATF_REQUIRE_EQ(0, ipc_get_admit_save(&rd, &v));
			last = v.last;
			keep(&m);
		}
		ipc_msg_free(&m);
	}
}

/* Give the process a state. */
static void
give(enum ipc_admit_state_kind which, const void *p, size_t n)
{
	const struct ipc_msg_admit_state v = { which };
	char name[16];

	snprintf(name, sizeof(name), "state%d", (int)which);
	to_admit(ipc_send_admit_state(child, &v, text_file(name, p, n)));
}

static void
give_saved(void)
{
	unsigned int i;

	for (i = IPC_ADMIT_STATE_LATELY; i <= IPC_ADMIT_STATE_QUOTA; i++)
		give((enum ipc_admit_state_kind)i, saved[i].p, saved[i].len);
}

/* Client `n' logs in while the source answers so. */
static enum ipc_admit_verdict
login_while(struct ipc_chan *front, struct ipc_chan *verify, uint32_t n,
    enum ipc_verify_answer a)
{
	struct ipc_admission t;

	ask(front, n, n);
	reply(verify, asked(verify, n), a);
	return (answered(front, n, n, &t));
}

ATF_TC_WITHOUT_HEAD(lately);
ATF_TC_BODY(lately, tc)
{
	struct ipc_chan *front, *verify;

	nurls = 1;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login_while(front, verify, 1,
	    IPC_VERIFY_YES));
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, login_while(front, verify, 2,
	    IPC_VERIFY_NO));
	stop();
	ATF_CHECK(saved[IPC_ADMIT_STATE_LATELY].len > 0);
	ATF_CHECK_EQ(0, saved[IPC_ADMIT_STATE_QUOTA].len);
	ipc_chan_free(front);
	ipc_chan_free(verify);

	start(NULL);
	give_saved();
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login_while(front, verify, 1,
	    IPC_VERIFY_FAILED));
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, login_while(front, verify, 2,
	    IPC_VERIFY_FAILED));
	/* What has not changed is not saved. */
	ipc_wr_free(&saved[IPC_ADMIT_STATE_LATELY]);
	stop();
	ATF_CHECK_EQ(0, saved[IPC_ADMIT_STATE_LATELY].len);
	ipc_chan_free(front);
	ipc_chan_free(verify);
}

/* The parent could not write a state: it gets the state again. */
ATF_TC_WITHOUT_HEAD(unwritten);
ATF_TC_BODY(unwritten, tc)
{
	const struct ipc_msg_admit_saved done = { IPC_ADMIT_STATE_LATELY };
	struct ipc_chan *front, *verify;
	int written;

	nurls = 1;
	for (written = 0; written < 2; written++) {
		start(NULL);
		front = channel(IPC_ADMIT_CHAN_FRONT, 0);
		verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
		ATF_CHECK_EQ(IPC_ADMIT_YES, login_while(front, verify, 1,
		    IPC_VERIFY_YES));
		complete();
		ATF_CHECK(saved[IPC_ADMIT_STATE_LATELY].len > 0);
		ipc_wr_free(&saved[IPC_ADMIT_STATE_LATELY]);
		if (written)
			to_admit(ipc_send_admit_saved(child, &done));
		stop();
		ATF_CHECK_EQ(!written, saved[IPC_ADMIT_STATE_LATELY].len > 0);
		ipc_wr_free(&saved[IPC_ADMIT_STATE_LATELY]);
		ipc_chan_free(front);
		ipc_chan_free(verify);
	}
}

/* A state comes before there are settings. */
ATF_TC_WITHOUT_HEAD(early);
ATF_TC_BODY(early, tc)
{
	struct ipc_chan *front, *verify;

	nurls = 1;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login_while(front, verify, 1,
	    IPC_VERIFY_YES));
	stop();
	ipc_chan_free(front);
	ipc_chan_free(verify);
	child_fork(ROLE_ADMIT, admit_main, 0);
	give_saved();
	send_settings(NULL);
	ATF_CHECK_STREQ("", commit(0, SETTINGS_FIRST));
	child_is_ready();
	stop();
	start(NULL);
	give_saved();
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login_while(front, verify, 1,
	    IPC_VERIFY_FAILED));
	stop();
	ipc_chan_free(front);
	ipc_chan_free(verify);
}

/* Log to a file instead of standard error. */
static int
log_to(const char *name)
{
	int fd, old = dup(STDERR_FILENO);

	ATF_REQUIRE(old != -1);
	ATF_REQUIRE((fd = open(name, O_WRONLY | O_CREAT | O_TRUNC,
	    0600)) != -1);
	ATF_REQUIRE(dup2(fd, STDERR_FILENO) != -1);
	close(fd);
	return (old);
}

/* States that can't be read are ignored, with a line each. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	static const char *const lines[] = {
		"state of who was admitted lately is ignored: ",
		"state of the use of quotas is ignored: "
	};
	char text[4096];
	int old, fd, i;
	ssize_t n;

	old = log_to("log");
	start("");
	give(IPC_ADMIT_STATE_LATELY, "something else", 14);
	give(IPC_ADMIT_STATE_QUOTA, "something else", 14);
	settled();
	child_stop();
	ATF_REQUIRE(dup2(old, STDERR_FILENO) != -1);
	ATF_REQUIRE((fd = open("log", O_RDONLY)) != -1);
	n = read(fd, text, sizeof(text) - 1);
	ATF_REQUIRE(n > 0);
	text[n] = '\0';
	for (i = 0; i < 2; i++)
		ATF_CHECK_MSG(strstr(text, lines[i]) != NULL, "%s", text);
}

/* The use of a quota outlives a restart. */
ATF_TC_WITHOUT_HEAD(quota);
ATF_TC_BODY(quota, tc)
{
	char text[512];
	struct ipc_msg_admit_used used = { .bytes = 200000 };
	struct ipc_chan *front, *relay;

	snprintf(text, sizeof(text), "%s group students\n"
	    "group students quota 100K\n", key_text(1));
	start(text);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	(void)granted(relay, 1, &used.group);
	flush(relay, ipc_send_admit_used(relay, &used));
	check_revoked(relay, 1, IPC_ADMIT_QUOTA);
	stop();
	ipc_chan_free(relay);
	ATF_CHECK(saved[IPC_ADMIT_STATE_QUOTA].len > 0);
	start(text);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	give_saved();
	settled();
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, login(front, 1));
	stop();
	ipc_chan_free(front);
}

#define MANY	40000

/* A state of more than one message. */
ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	struct ipc_chan *front, *verify;
	struct ipc_admission t;
	uint32_t i;

	nurls = 1;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	for (i = 0; i < MANY; i++) {
		ask(front, i, i);
		reply(verify, asked(verify, i), IPC_VERIFY_YES);
		ATF_REQUIRE_EQ(IPC_ADMIT_YES, answered(front, i, i, &t));
	}
	stop();
	ATF_CHECK(saved[IPC_ADMIT_STATE_LATELY].len > 1024 * 1024);
	ipc_chan_free(front);
	ipc_chan_free(verify);
	start(NULL);
	give_saved();
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	for (i = 0; i < 3; i++) {
		ask(front, i, i);
		reply(verify, asked(verify, i), IPC_VERIFY_FAILED);
		ATF_REQUIRE_EQ(IPC_ADMIT_YES, answered(front, i, i, &t));
	}
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, MANY - 1));
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, login(front, MANY));
	stop();
	ipc_chan_free(front);
	ipc_chan_free(verify);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lately);
	ATF_TP_ADD_TC(tp, unwritten);
	ATF_TP_ADD_TC(tp, early);
	ATF_TP_ADD_TC(tp, damaged);
	ATF_TP_ADD_TC(tp, quota);
	ATF_TP_ADD_TC(tp, pieces);
	return (atf_no_error());
}

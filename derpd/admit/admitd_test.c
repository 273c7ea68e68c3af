/*
 * admitd_test: the admit process within its sandbox: logins, by the keys
 * file and by sources; ends that break the protocol or do not read; reloads.
 */
#include "admitdfixture.h"

/* A clients file: client 1 is in a group, 2 is not, 3 is denied. */
static const char *
three_clients(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s group students name \"Ann's laptop\"\n"
	    "group students rate 1M burst 2M\n", key_text(1));
	snprintf(text + strlen(text), 200, "%s # phone\n", key_text(2));
	snprintf(text + strlen(text), 200, "deny %s\n", key_text(3));
	return (text);
}

ATF_TC_WITHOUT_HEAD(keys_file);
ATF_TC_BODY(keys_file, tc)
{
	struct ipc_msg_admit_health health = { .key = key_of(5) };
	struct ipc_admission t;
	struct ipc_chan *front;

	start(three_clients());
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	ask(front, 1, 1);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	ATF_CHECK(t.group != 0);
	ATF_CHECK_EQ(1024 * 1024, t.rate);
	ATF_CHECK_EQ(2 * 1024 * 1024, t.burst);
	ask(front, 2, 2);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 2, 2, &t));
	ATF_CHECK_EQ(0, t.group);
	ATF_CHECK_EQ(IPC_ADMIT_DENIED, login(front, 3));
	ATF_CHECK_EQ(IPC_ADMIT_UNKNOWN, login(front, 4));
	/* health is always admitted. */
	ATF_CHECK_EQ(IPC_ADMIT_UNKNOWN, login(front, 5));
	to_admit(ipc_send_admit_health(child, &health));
	settled();
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 5));
	ipc_chan_free(front);
	child_stop();
}

/* A relay worker of which admit has no secret yet. */
ATF_TC_WITHOUT_HEAD(no_secret);
ATF_TC_BODY(no_secret, tc)
{
	static const uint8_t addr[IPC_ADDRLEN];
	struct ipc_msg_admit_ask v = { 7, 3, number_of(7), key_of(2), addr };
	struct ipc_admission t;
	struct ipc_chan *front;

	start(three_clients());
	front = channel(IPC_ADMIT_CHAN_FRONT, 5);
	flush(front, ipc_send_admit_ask(front, &v));
	ATF_CHECK_EQ(IPC_ADMIT_NO_SECRET, answered(front, 7, 2, &t));
	ipc_chan_free(front);
	child_stop();
}

ATF_TC_WITHOUT_HEAD(source);
ATF_TC_BODY(source, tc)
{
	struct ipc_chan *front, *other, *verify;
	struct ipc_admission t;
	uint64_t cookie;

	nurls = 1;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	other = channel(IPC_ADMIT_CHAN_FRONT, 1);
	ask(front, 1, 1);		/* there is no channel to verify yet */
	settled();
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	cookie = asked(verify, 1);
	ask(other, 2, 1);		/* joins */
	silent(verify);
	reply(verify, cookie, IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(other, 2, 1, &t));
	/* The answer is kept. */
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(other, 1));
	silent(verify);
	ask(front, 3, 2);
	reply(verify, asked(verify, 2), IPC_VERIFY_NO);
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, answered(front, 3, 2, &t));
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, login(front, 2));
	ipc_chan_free(front);
	ipc_chan_free(other);
	ipc_chan_free(verify);
	child_stop();
}

/* A source that fails refuses those that it has not admitted lately. */
ATF_TC_WITHOUT_HEAD(fails);
ATF_TC_BODY(fails, tc)
{
	struct ipc_chan *front, *verify;
	struct ipc_admission t;

	nurls = 1;
	conf.yes_secs = 0;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ask(front, 1, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	ask(front, 2, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_FAILED);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 2, 1, &t));
	ask(front, 3, 2);
	reply(verify, asked(verify, 2), IPC_VERIFY_FAILED);
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, answered(front, 3, 2, &t));
	ask(front, 4, 3);
	reply(verify, asked(verify, 3), IPC_VERIFY_FAILED);
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, answered(front, 4, 3, &t));
	/* Three times in a row: nobody waits for it any more. */
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, login(front, 4));
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	silent(verify);
	/* verify is started again, and asked at once. */
	ipc_chan_free(verify);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	settled();
	ask(front, 5, 5);
	reply(verify, asked(verify, 5), IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 5, 5, &t));
	ipc_chan_free(front);
	ipc_chan_free(verify);
	child_stop();
}

/* Whom a source has refused was not admitted lately, if it then fails. */
ATF_TC_WITHOUT_HEAD(refuses);
ATF_TC_BODY(refuses, tc)
{
	struct ipc_chan *front, *verify;
	struct ipc_admission t;

	nurls = 1;
	conf.yes_secs = conf.no_secs = 0;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ask(front, 1, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	ask(front, 2, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_NO);
	ATF_CHECK_EQ(IPC_ADMIT_REFUSED, answered(front, 2, 1, &t));
	ask(front, 3, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_FAILED);
	ATF_CHECK_EQ(IPC_ADMIT_FAILED, answered(front, 3, 1, &t));
	ipc_chan_free(front);
	ipc_chan_free(verify);
	child_stop();
}

/* Settings are refused as a whole, or put in force as a whole. */
ATF_TC_WITHOUT_HEAD(reloads);
ATF_TC_BODY(reloads, tc)
{
	char text[256];
	const struct ipc_msg_admit_commit drop = { 8, SETTINGS_DROP };
	struct ipc_msg_admit_settings bare = { .conf = conf };
	struct ipc_chan *front;
	const char *why;

	start(three_clients());
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	snprintf(text, sizeof(text), "%s\nnodekey:0\n", key_text(4));
	send_settings(text);
	why = commit(7, SETTINGS_STAGE);
	ATF_CHECK_MSG(strstr(why, "/etc/derpd/clients:2:1: ") == why, "%s",
	    why);
	ATF_CHECK_EQ(IPC_ADMIT_UNKNOWN, login(front, 4));
	snprintf(text, sizeof(text), "%s\n", key_text(4));
	send_settings(text);
	ATF_CHECK_STREQ("", commit(8, SETTINGS_STAGE));
	ATF_CHECK_EQ(IPC_ADMIT_UNKNOWN, login(front, 4));
	to_admit(ipc_send_admit_commit(child, &drop));
	send_settings(text);
	send_names("{");
	why = commit(9, SETTINGS_STAGE);
	ATF_CHECK_MSG(strstr(why, "nodes.json:1:") == why, "%s", why);
	send_settings(text);
	ATF_CHECK_STREQ("", commit(10, SETTINGS_STAGE));
	ATF_CHECK_STREQ("", commit(10, SETTINGS_USE));
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 4));
	ATF_CHECK_EQ(IPC_ADMIT_UNKNOWN, login(front, 1));
	/* Off: everybody is admitted. */
	conf.on = 0;
	reload(NULL);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	/* A clients file that is announced must come. */
	conf.on = conf.keys = 1;
	to_admit(ipc_send_admit_settings(child, &bare));
	bare.conf = conf;
	to_admit(ipc_send_admit_settings(child, &bare));
	why = commit(99, SETTINGS_STAGE);
	ATF_CHECK_MSG(strstr(why, "did not arrive") != NULL, "%s", why);
	ipc_chan_free(front);
	child_stop();
}

/* Other sources: logins that wait ask them, old answers count no more. */
ATF_TC_WITHOUT_HEAD(other_sources);
ATF_TC_BODY(other_sources, tc)
{
	struct ipc_chan *front, *verify, *second;
	struct ipc_admission t;
	uint64_t old;

	nurls = 1;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ask(front, 1, 1);
	old = asked(verify, 1);
	nurls = 2;
	conf.all = 1;
	reload(NULL);
	second = channel(IPC_ADMIT_CHAN_VERIFY, 1);
	reply(verify, old, IPC_VERIFY_YES);
	reply(second, asked(second, 1), IPC_VERIFY_YES);
	silent(front);
	reply(verify, asked(verify, 1), IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	ipc_chan_free(front);
	ipc_chan_free(verify);
	ipc_chan_free(second);
	child_stop();
}

/* Who breaks the protocol loses its channel; others go on. */
ATF_TC_WITHOUT_HEAD(bad_ends);
ATF_TC_BODY(bad_ends, tc)
{
	const struct ipc_msg_admit_ended ended = { key_of(1) };
	struct ipc_chan *front, *again, *c;
	struct ipc_wr w;

	nurls = 1;
	start(three_clients());
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	/* A message that is cut off. */
	ipc_wr_init(&w);
	ipc_wr_u64(&w, 1);
	c = channel(IPC_ADMIT_CHAN_FRONT, 1);
	flush(c, ipc_chan_send(c, MSG_ADMIT_ASK, &w, -1));
	check_closed(c);
	c = channel(IPC_ADMIT_CHAN_RELAY, 0);
	flush(c, ipc_chan_send(c, MSG_ADMIT_USED, &w, -1));
	check_closed(c);
	c = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	flush(c, ipc_chan_send(c, MSG_VERIFY_ANSWER, &w, -1));
	check_closed(c);
	ipc_wr_free(&w);
	/* A connection that was never reported has ended. */
	c = channel(IPC_ADMIT_CHAN_RELAY, 0);
	flush(c, ipc_send_admit_ended(c, &ended));
	check_closed(c);
	/* A new channel replaces the old one of its number alone. */
	c = channel(IPC_ADMIT_CHAN_RELAY, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	again = channel(IPC_ADMIT_CHAN_FRONT, 0);
	check_closed(front);
	silent(c);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(again, 1));
	ipc_chan_free(again);
	ipc_chan_free(c);
	child_stop();
}

/* A front that reads no answers is left; another one is served meanwhile. */
ATF_TC_WITHOUT_HEAD(stuck_front);
ATF_TC_BODY(stuck_front, tc)
{
	static const uint8_t addr[IPC_ADDRLEN];
	const struct ipc_msg_admit_ask v = { 1, 1, number_of(1), key_of(4),
	    addr };
	struct ipc_chan *stuck, *front;
	int i, rv = 0;

	start(three_clients());
	stuck = channel(IPC_ADMIT_CHAN_FRONT, 0);
	front = channel(IPC_ADMIT_CHAN_FRONT, 1);
	for (i = 0; i < 100000 && rv == 0; i++) {
		rv = ipc_send_admit_ask(stuck, &v);
		if (rv == 0 && i % 100 == 0)
			rv = ipc_chan_flush(stuck, WAIT_MS);
		if (i % 1000 == 0)
			ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	}
	ATF_CHECK_EQ(-1, rv);
	ATF_CHECK_EQ(-1, ipc_chan_fd(stuck));
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	ipc_chan_free(stuck);
	ipc_chan_free(front);
	child_stop();
}

/* The parent dies: so does admit. */
ATF_TC_WITHOUT_HEAD(parent_dies);
ATF_TC_BODY(parent_dies, tc)
{
	start(NULL);
	child_leave();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keys_file);
	ATF_TP_ADD_TC(tp, no_secret);
	ATF_TP_ADD_TC(tp, source);
	ATF_TP_ADD_TC(tp, fails);
	ATF_TP_ADD_TC(tp, refuses);
	ATF_TP_ADD_TC(tp, reloads);
	ATF_TP_ADD_TC(tp, other_sources);
	ATF_TP_ADD_TC(tp, bad_ends);
	ATF_TP_ADD_TC(tp, stuck_front);
	ATF_TP_ADD_TC(tp, parent_dies);
	return (atf_no_error());
}

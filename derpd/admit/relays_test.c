/*
 * relays_test: the admit process within its sandbox, and clients that are
 * connected to relay workers: what the workers are told, who is revoked, the
 * leases of groups.
 */
#include "admitdfixture.h"

/* A clients file with client 1, of this group line, and 2 without a group. */
static const char *
two_clients(const char *group)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s group students name anna\n%s\n",
	    key_text(1), group);
	snprintf(text + strlen(text), 200, "%s # phone\n", key_text(2));
	return (text);
}

static void
ended(struct ipc_chan *c, uint32_t n)
{
	const struct ipc_msg_admit_ended v = { key_of(n) };

	flush(c, ipc_send_admit_ended(c, &v));
}

/* Names and groups, at first and when a file changes. */
ATF_TC_WITHOUT_HEAD(grants);
ATF_TC_BODY(grants, tc)
{
	struct ipc_chan *relay;
	uint32_t group, same;

	start(two_clients("group students rate 1M"));
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	ATF_CHECK_STREQ("students:1048576 anna", granted(relay, 1, &group));
	began(relay, 2, 0);
	ATF_CHECK_STREQ(":0 phone", granted(relay, 2, &same));
	reload(two_clients("group students rate 2M"));
	ATF_CHECK_STREQ("students:2097152 anna", granted(relay, 1, &same));
	ATF_CHECK_EQ(group, same);
	silent(relay);
	/* A mesh peer is in no group. */
	ended(relay, 1);
	began(relay, 1, 1);
	ATF_CHECK_STREQ(":0 anna", granted(relay, 1, &same));
	ipc_chan_free(relay);
	child_stop();
}

/* Names that the clients file does not have come from lists of nodes. */
ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	char json[512];
	struct ipc_chan *relay;
	uint32_t group;

	conf.on = 0;
	start(NULL);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 7, 0);
	silent(relay);
	snprintf(json, sizeof(json), "[{\"node_key\":\"%s\",\"given_name\":"
	    "\"printer\"}]", key_text(7));
	send_settings(NULL);
	send_names(json);
	ATF_CHECK_STREQ("", commit(5, SETTINGS_STAGE));
	ATF_CHECK_STREQ("", commit(5, SETTINGS_USE));
	ATF_CHECK_STREQ(":0 printer", granted(relay, 7, &group));
	ipc_chan_free(relay);
	child_stop();
}

/* Who is not admitted any more is revoked, wherever it is connected. */
ATF_TC_WITHOUT_HEAD(revoked);
ATF_TC_BODY(revoked, tc)
{
	char text[512];
	struct ipc_chan *relay, *other;
	uint32_t group;

	start(two_clients(""));
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	other = channel(IPC_ADMIT_CHAN_RELAY, 2);
	began(relay, 1, 0);
	(void)granted(relay, 1, &group);
	began(other, 2, 0);
	(void)granted(other, 2, &group);
	/* One that nobody admitted, for instance before there was admit. */
	began(relay, 3, 0);
	check_revoked(relay, 3, IPC_ADMIT_UNKNOWN);
	began(relay, 4, 1);		/* a mesh peer */
	snprintf(text, sizeof(text), "deny %s name anna\n", key_text(1));
	reload(text);
	(void)granted(relay, 1, &group);	/* it has no group now */
	check_revoked(relay, 1, IPC_ADMIT_DENIED);
	(void)granted(other, 2, &group);	/* nor that one a name */
	check_revoked(other, 2, IPC_ADMIT_UNKNOWN);
	silent(relay);
	ipc_chan_free(relay);
	ipc_chan_free(other);
	child_stop();
}

/* Sources are asked again about clients that are connected. */
ATF_TC_WITHOUT_HEAD(checks);
ATF_TC_BODY(checks, tc)
{
	struct ipc_chan *front, *relay, *verify;
	struct ipc_admission t;

	nurls = 1;
	conf.check_secs = 1;
	conf.yes_secs = 0;
	conf.remember_secs = 0;
	start(NULL);
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	verify = channel(IPC_ADMIT_CHAN_VERIFY, 0);
	ask(front, 1, 1);
	reply(verify, asked(verify, 1), IPC_VERIFY_YES);
	ATF_CHECK_EQ(IPC_ADMIT_YES, answered(front, 1, 1, &t));
	began(relay, 1, 0);
	/* A source that fails revokes nobody. */
	reply(verify, asked(verify, 1), IPC_VERIFY_FAILED);
	reply(verify, asked(verify, 1), IPC_VERIFY_YES);
	silent(relay);
	reply(verify, asked(verify, 1), IPC_VERIFY_NO);
	check_revoked(relay, 1, IPC_ADMIT_REFUSED);
	/* One that was never admitted here is asked about at once. */
	conf.check_secs = 1000;
	reload(NULL);
	began(relay, 2, 0);
	reply(verify, asked(verify, 2), IPC_VERIFY_NO);
	check_revoked(relay, 2, IPC_ADMIT_REFUSED);
	ipc_chan_free(front);
	ipc_chan_free(relay);
	ipc_chan_free(verify);
	child_stop();
}

/* A worker has a new channel, and reports all again. */
ATF_TC_WITHOUT_HEAD(new_channel);
ATF_TC_BODY(new_channel, tc)
{
	struct ipc_chan *front, *relay;
	uint32_t group;

	start(two_clients("group students connections 2"));
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	began(relay, 1, 0);
	(void)granted(relay, 1, &group);
	settled();
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, login(front, 1));
	ipc_chan_free(relay);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	(void)granted(relay, 1, &group);
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 1));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, login(front, 1));
	ipc_chan_free(front);
	ipc_chan_free(relay);
	child_stop();
}

/* A worker reports what a group used, and may use more. */
ATF_TC_WITHOUT_HEAD(leases);
ATF_TC_BODY(leases, tc)
{
	struct ipc_msg_admit_used used = { .bytes = 1000, .wants = 1 };
	struct ipc_msg_admit_lease lease;
	struct ipc_chan *relay;
	struct ipc_msg m;

	start(two_clients("group students rate 1M"));
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	(void)granted(relay, 1, &used.group);
	flush(relay, ipc_send_admit_used(relay, &used));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(relay, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_ADMIT_LEASE, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_admit_lease(&m.rd, &lease));
	ATF_CHECK_EQ(used.group, lease.group);
	ATF_CHECK(lease.bytes > 0);
	ipc_msg_free(&m);
	ipc_chan_free(relay);
	child_stop();
}

/* A quota is used up: no login, and those that are connected go. */
ATF_TC_WITHOUT_HEAD(quota);
ATF_TC_BODY(quota, tc)
{
	struct ipc_msg_admit_used used = { .bytes = 200000 };
	struct ipc_chan *front, *relay;
	uint32_t group;

	start(two_clients("group students quota 100K"));
	front = channel(IPC_ADMIT_CHAN_FRONT, 0);
	relay = channel(IPC_ADMIT_CHAN_RELAY, 1);
	began(relay, 1, 0);
	(void)granted(relay, 1, &used.group);
	began(relay, 2, 0);
	(void)granted(relay, 2, &group);
	flush(relay, ipc_send_admit_used(relay, &used));
	check_revoked(relay, 1, IPC_ADMIT_QUOTA);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, login(front, 1));
	ATF_CHECK_EQ(IPC_ADMIT_YES, login(front, 2));
	silent(relay);
	ipc_chan_free(front);
	ipc_chan_free(relay);
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, grants);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, revoked);
	ATF_TP_ADD_TC(tp, checks);
	ATF_TP_ADD_TC(tp, new_channel);
	ATF_TP_ADD_TC(tp, leases);
	ATF_TP_ADD_TC(tp, quota);
	return (atf_no_error());
}

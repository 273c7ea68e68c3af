/*
 * msg_test: Tests of which process may send which message.  The rules are given
 * as families of message names, so that a row that grants a process too much
 * fails, and a new row of a known family needs no change here.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "msg.h"

#define P	ROLE_PARENT
#define K	ROLE_KEYS
#define F	ROLE_FRONT
#define R	ROLE_RELAY
#define S	ROLE_SIGNER
#define C	ROLE_CTL
#define A	ROLE_ACME
#define D	ROLE_ADMIT
#define V	ROLE_VERIFY
#define M	ROLE_MESH
#define U	ROLE_SUCCESSOR

/* Families of messages per direction; "X_" is a prefix, others are names. */
static const struct {
	enum ipc_role	 from, to;
	const char	*names[5];
} ways[] = {
	{ P, K, { "KEY_" } },
	{ K, P, { "KEY_RESULT" } },
	{ P, F, { "FRONT_", "SERVER_" } },
	{ F, P, { "FRONT_", "SERVER_" } },
	{ P, R, { "RELAY_", "SERVER_" } },
	{ R, P, { "RELAY_", "SERVER_" } },
	{ F, R, { "HANDOVER" } },
	{ R, R, { "LINK_", "MOVE_" } },
	{ P, U, { "UP_SOCKET", "UP_BEGIN", "UP_ACCEPT", "UP_MOVE" } },
	{ P, U, { "UP_COMMIT", "UP_ABORT" } },
	{ U, P, { "UP_READY", "UP_TOOK", "UP_TAKEN", "UP_FAILED" } },
	{ P, S, { "SIGNER_KEYS", "SIGNER_FRONT" } },
	{ S, P, { "SIGNER_KEYLESS" } },
	/* A signer gets keys, and answers its front alone. */
	{ K, S, { "SIGNER_KEY", "SIGNER_RETAIN" } },
	{ F, S, { "SIGN" } },
	{ S, F, { "SIGNED" } },
	/* Only fronts, relay workers and acme send requests to keys. */
	{ F, K, { "LOGIN" } },
	{ K, F, { "LOGIN_RESULT" } },
	{ R, K, { "SEAL" } },
	{ K, R, { "SEALED" } },
	{ A, K, { "ACME_SIGN" } },
	{ K, A, { "ACME_SIGNED" } },
	{ P, ROLE_STUN, { "STUN_" } },
	{ P, ROLE_MAP, { "MAP_" } },
	{ ROLE_MAP, P, { "MAP_" } },
	{ P, ROLE_FETCH, { "FETCH_" } },
	{ ROLE_FETCH, P, { "FETCH_" } },
	{ P, ROLE_HEALTH, { "HEALTH_" } },
	{ ROLE_HEALTH, P, { "HEALTH_" } },
	{ P, ROLE_METRICS, { "METRICS_" } },
	{ P, D, { "ADMIT_CONF", "ADMIT_FILE", "ADMIT_COMMIT", "ADMIT_CHAN",
	    "ADMIT_SECRET" } },
	{ P, D, { "ADMIT_HEALTH", "ADMIT_STATE", "ADMIT_SAVED",
	    "ADMIT_QUERY" } },
	{ D, P, { "ADMIT_RESULT", "ADMIT_SAVE", "ADMIT_LINE",
	    "ADMIT_STATUS" } },
	/* Fronts ask; relay workers tell who is connected, and obey. */
	{ F, D, { "ADMIT_ASK" } },
	{ D, F, { "ADMIT_ANSWER" } },
	{ R, D, { "ADMIT_BEGAN", "ADMIT_ENDED", "ADMIT_USED" } },
	{ D, R, { "ADMIT_GRANT", "ADMIT_REVOKE", "ADMIT_LEASE" } },
	{ P, V, { "VERIFY_CONF", "VERIFY_CHAN" } },
	{ D, V, { "VERIFY_ASK" } },
	{ V, D, { "VERIFY_ANSWER" } },
	{ P, M, { "MESH_CONF", "MESH_KEYS", "MESH_RELAY", "MESH_REKEY" } },
	{ M, P, { "MESH_CHANLESS", "MESH_STATUS" } },
	/* mesh asks for login boxes, and gives links to relay workers. */
	{ M, K, { "MESH_LOGIN" } },
	{ K, M, { "MESH_LOGGED" } },
	{ M, R, { "MESH_LINK", "MESH_END" } },
	{ R, M, { "MESH_HELLO", "MESH_LOST" } },
	{ P, ROLE_RESOLVE, { "RESOLVE_" } },
	{ ROLE_RESOLVE, P, { "RESOLVE_" } },
	/* The bridge: the worker sets endpoints, and gets logins, no key. */
	{ P, ROLE_NETLINK, { "NETLINK_" } },
	{ ROLE_NETLINK, P, { "NETLINK_" } },
	{ P, ROLE_WGKEYS, { "WGKEYS_" } },
	{ ROLE_WGKEYS, P, { "WGKEYS_CHANLESS" } },
	{ P, ROLE_WORKER, { "WORKER_" } },
	{ ROLE_WORKER, P, { "WORKER_" } },
	{ ROLE_NETLINK, ROLE_WORKER, { "DEV_IFACE", "DEV_PEER",
	    "DEV_PEER_GONE", "DEV_STATS", "DEV_POLLED" } },
	{ ROLE_WORKER, ROLE_NETLINK, { "DEV_SET" } },
	{ ROLE_WGKEYS, ROLE_NETLINK, { "WGKEY_WANT" } },
	{ ROLE_NETLINK, ROLE_WGKEYS, { "WGKEY" } },
	{ ROLE_WORKER, ROLE_WGKEYS, { "WGLOGIN" } },
	{ ROLE_WGKEYS, ROLE_WORKER, { "WGLOGGED" } },
	{ P, A, { "ACME_" } },
	{ A, P, { "ACME_" } },
	{ P, C, { "CTL_" } },
	{ C, P, { "CTL_" } }
};

/* Between the parent and every child. */
static const char *const to_all[] = { "START", "LOG", "STOP", "PING" };
static const char *const from_all[] = { "PONG", "READY" };

/* Whether MSG_`name' belongs to the family. */
static int
fits(const char *name, const char *family)
{
	size_t	n = strlen(family);

	if (family[n - 1] == '_')
		return strncmp(name, family, n) == 0;
	return strcmp(name, family) == 0;
}

static int
is_child(enum ipc_role r)
{
	return r != P && r != C && r != U;
}

static int
may(const char *name, enum ipc_role from, enum ipc_role to)
{
	size_t	i, k;

	for (i = 0; i < sizeof(to_all) / sizeof(to_all[0]); i++)
		if (from == P && is_child(to) && fits(name, to_all[i]))
			return 1;
	for (i = 0; i < sizeof(from_all) / sizeof(from_all[0]); i++)
		if (is_child(from) && to == P && fits(name, from_all[i]))
			return 1;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (k = 0; ways[i].from == from && ways[i].to == to &&
		    k < 5 && ways[i].names[k] != NULL; k++)
			if (fits(name, ways[i].names[k]))
				return 1;
	return 0;
}

/* Call f for each allowed combination of message, sender and receiver. */
static void
each(void (*f)(uint32_t, enum ipc_role, enum ipc_role))
{
	uint32_t	t;
	unsigned int	from, to;

	for (t = 0; t < MSG_MAX + 3; t++)
		for (from = 0; from < ROLE_MAX; from++)
			for (to = 0; to < ROLE_MAX; to++)
				if (ipc_msg_allowed(t, from, to))
					f(t, from, to);
}

static void
check_family(uint32_t t, enum ipc_role from, enum ipc_role to)
{
	ATF_CHECK_MSG(may(ipc_msg_name(t) + 4, from, to), "%s from %s to %s",
	    ipc_msg_name(t), ipc_role_name(from), ipc_role_name(to));
}

ATF_TC_WITHOUT_HEAD(families);
ATF_TC_BODY(families, tc)
{
	each(check_family);
}

/* The same role, or both of those that serve. */
static int
alike(enum ipc_role a, enum ipc_role b)
{
	return a == b || ((a == F || a == R) && (b == F || b == R));
}

static void
check_direction(uint32_t t, enum ipc_role from, enum ipc_role to)
{
	unsigned int	a, b;

	ATF_CHECK_MSG(from == to || !ipc_msg_allowed(t, to, from),
	    "%s goes both ways", ipc_msg_name(t));
	if (from == P && ipc_msg_allowed(t, P, K) && ipc_msg_allowed(t, P, R))
		return;			/* message for every child */
	if (to == P && ipc_msg_allowed(t, K, P) && ipc_msg_allowed(t, R, P))
		return;
	for (a = 0; a < ROLE_MAX; a++)
		for (b = 0; b < ROLE_MAX; b++)
			ATF_CHECK_MSG((alike(a, from) && alike(b, to)) ||
			    !ipc_msg_allowed(t, a, b), "%s goes two ways",
			    ipc_msg_name(t));
}

/*
 * A message has one sender and receiver, or concerns all children, or fronts
 * and relay workers.
 */
ATF_TC_WITHOUT_HEAD(one_way);
ATF_TC_BODY(one_way, tc)
{
	each(check_direction);
}

static void
check_descriptor(uint32_t t, enum ipc_role from, enum ipc_role to)
{
	(void)to;
	ATF_CHECK_MSG(from == P || t == MSG_HANDOVER ||
	    t == MSG_MESH_LINK || t == MSG_MOVE_SESSION ||
	    t == MSG_MOVE_LINK ||
	    ipc_msg_allowed(t, from, to) == IPC_NOFD,
	    "%s gives %s a descriptor", ipc_msg_name(t), ipc_role_name(to));
}

/*
 * Only the parent passes file descriptors, fronts clients, mesh its links, and
 * relay workers sessions that move.
 */
ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	each(check_descriptor);
	ATF_CHECK_EQ(IPC_FD, ipc_msg_allowed(MSG_KEY_TLS, P, K));
	ATF_CHECK_EQ(IPC_MAYFD, ipc_msg_allowed(MSG_KEY_MESH, P, K));
	ATF_CHECK_EQ(IPC_NOFD, ipc_msg_allowed(MSG_SIGN, F, S));
}

/* What only a front, or only a relay worker, may do. */
ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	ATF_CHECK_EQ(IPC_FD, ipc_msg_allowed(MSG_HANDOVER, F, R));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_HANDOVER, R, R));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_SIGN, R, S));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_LOGIN, R, K));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_SEAL, F, K));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_RELAY_SECRET, P, F));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_FRONT_LISTEN, P, R));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_FRONT_CERT, P, R));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_RELAY_FORGED, F, P));
}

/* Messages that every child must be able to receive and send. */
ATF_TC_WITHOUT_HEAD(children);
ATF_TC_BODY(children, tc)
{
	unsigned int	r;

	for (r = 0; r < ROLE_MAX; r++) {
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_START, P, r));
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_LOG, P, r));
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_STOP, P, r));
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_PING, P, r));
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_PONG, r, P));
		ATF_CHECK_EQ(is_child(r), ipc_msg_allowed(MSG_READY, r, P));
	}
}

ATF_TC_WITHOUT_HEAD(out_of_range);
ATF_TC_BODY(out_of_range, tc)
{
	ATF_CHECK_EQ(0, ipc_msg_allowed(UINT32_MAX, P, K));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_NONE, P, K));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_START, ROLE_MAX, K));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_START, P, ROLE_MAX));
	ATF_CHECK_EQ(0, ipc_msg_allowed(MSG_START, P, 33));
	ATF_CHECK_STREQ("?", ipc_msg_name(UINT32_MAX));
	ATF_CHECK_STREQ("?", ipc_msg_name(MSG_NONE));
	ATF_CHECK_STREQ("?", ipc_role_name(ROLE_MAX));
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	uint32_t	t;

	ATF_CHECK_STREQ("MSG_START", ipc_msg_name(MSG_START));
	ATF_CHECK_STREQ("MSG_CTL_DONE", ipc_msg_name(MSG_CTL_DONE));
	ATF_CHECK_STREQ("keys", ipc_role_name(ROLE_KEYS));
	ATF_CHECK_EQ(0, ipc_role_numbered(ROLE_KEYS));
	ATF_CHECK_EQ(0, ipc_role_numbered(ROLE_MAX));
	ATF_CHECK_EQ(1, ipc_role_numbered(ROLE_SIGNER));
	ATF_CHECK_EQ(1, ipc_role_numbered(ROLE_STUN));
	ATF_CHECK_STREQ("acme-helper", ipc_role_name(ROLE_ACME));
	for (t = MSG_NONE + 1; t < MSG_MAX; t++)
		ATF_CHECK_MSG(strncmp(ipc_msg_name(t), "MSG_", 4) == 0,
		    "message %u has no name", t);
}

/* A shared sandbox is that of a child with a sandbox of its own. */
ATF_TC_WITHOUT_HEAD(sandboxes);
ATF_TC_BODY(sandboxes, tc)
{
	unsigned int	r;
	enum ipc_role	of;

	for (r = 0; r < ROLE_MAX + 2; r++) {
		of = ipc_role_sandbox(r);
		if (r >= ROLE_MAX || !is_child(r))
			ATF_CHECK_EQ(ROLE_MAX, of);
		else
			ATF_CHECK_EQ_MSG(of, ipc_role_sandbox(of), "%s",
			    ipc_role_name(r));
	}
	ATF_CHECK_EQ(K, ipc_role_sandbox(K));
	ATF_CHECK_EQ(R, ipc_role_sandbox(R));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sandboxes);
	ATF_TP_ADD_TC(tp, families);
	ATF_TP_ADD_TC(tp, one_way);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, apart);
	ATF_TP_ADD_TC(tp, children);
	ATF_TP_ADD_TC(tp, out_of_range);
	ATF_TP_ADD_TC(tp, names);
	return atf_no_error();
}

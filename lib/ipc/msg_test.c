/*
 * msg_test: the table of who may send what.  The lines below are written from
 * msg.h once more, so that a slip in one of the two is seen.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "msg.h"

#define P	ROLE_PARENT
#define K	ROLE_KEYS
#define R	ROLE_RELAY
#define C	ROLE_CTL
#define S	ROLE_STUN
#define M	ROLE_MAP
#define F	ROLE_FETCH
#define H	ROLE_HEALTH
#define A	ROLE_ACME

/* What every child gets from the parent, or says to it. */
#define TO_ALL(t)	{ t, P, K, 1 }, { t, P, R, 1 }, { t, P, S, 1 },	\
			{ t, P, M, 1 }, { t, P, F, 1 }, { t, P, H, 1 },	\
			{ t, P, A, 1 }
#define FROM_ALL(t)	{ t, K, P, 1 }, { t, R, P, 1 }, { t, S, P, 1 },	\
			{ t, M, P, 1 }, { t, F, P, 1 }, { t, H, P, 1 },	\
			{ t, A, P, 1 }

static const struct {
	uint32_t	type;
	enum role	from, to;
	int		rule;
} rules[] = {
	TO_ALL(MSG_START), TO_ALL(MSG_VERBOSE), TO_ALL(MSG_STOP),
	TO_ALL(MSG_PING), FROM_ALL(MSG_PONG), FROM_ALL(MSG_READY),
	{ MSG_KEY_TLS, P, K, 2 }, { MSG_KEY_NODE, P, K, 2 },
	{ MSG_KEY_NODE_NEW, P, K, 2 }, { MSG_KEY_MESH, P, K, 3 },
	{ MSG_KEY_RETAIN, P, K, 1 }, { MSG_KEY_SELFSIGN, P, K, 2 },
	{ MSG_KEY_METACERT, P, K, 1 }, { MSG_KEY_CHAN, P, K, 2 },
	{ MSG_KEY_ACME_FILE, P, K, 3 }, { MSG_KEY_ACME_CONF, P, K, 1 },
	{ MSG_KEY_ACME_REVOKE, P, K, 1 },
	{ MSG_KEY_RESULT, K, P, 1 },
	{ MSG_SIGN, R, K, 1 }, { MSG_SIGNED, K, R, 1 },
	{ MSG_LOGIN, R, K, 1 }, { MSG_LOGIN_RESULT, K, R, 1 },
	{ MSG_ACME_SIGN, A, K, 1 }, { MSG_ACME_SIGNED, K, A, 1 },
	{ MSG_RELAY_CONF, P, R, 1 }, { MSG_RELAY_CERT, P, R, 1 },
	{ MSG_RELAY_LISTEN, P, R, 2 }, { MSG_RELAY_KEYS, P, R, 2 },
	{ MSG_RELAY_LINK, P, R, 2 }, { MSG_RELAY_COMMIT, P, R, 1 },
	{ MSG_RELAY_TOKEN, P, R, 1 }, { MSG_RELAY_TOKEN_SET, R, P, 1 },
	{ MSG_RELAY_RESULT, R, P, 1 }, { MSG_RELAY_DEAF, R, P, 1 },
	{ MSG_RELAY_KEYLESS, R, P, 1 },
	{ MSG_RELAY_UNLINKED, R, P, 1 },
	{ MSG_RELAY_MAPS, P, R, 1 }, { MSG_RELAY_MAP, P, R, 1 },
	{ MSG_RELAY_METRICS, P, R, 1 },
	{ MSG_STUN_SOCKET, P, S, 2 }, { MSG_STUN_CONF, P, S, 1 },
	{ MSG_STUN_ANSWER, P, S, 1 }, { MSG_STUN_STATS, S, P, 1 },
	{ MSG_MAP_CHECK, P, M, 1 }, { MSG_MAP_RESULT, M, P, 1 },
	{ MSG_FETCH_CONF, P, F, 1 }, { MSG_FETCH_NOW, P, F, 1 },
	{ MSG_FETCH_RESULT, F, P, 1 },
	{ MSG_HEALTH_CONF, P, H, 1 }, { MSG_HEALTH_NOW, P, H, 1 },
	{ MSG_HEALTH_RESULT, H, P, 1 },
	{ MSG_ACME_KEYS, P, A, 2 }, { MSG_ACME_CONF, P, A, 1 },
	{ MSG_ACME_DO, P, A, 1 }, { MSG_ACME_TOKEN_SET, P, A, 1 },
	{ MSG_ACME_TOKEN, A, P, 1 }, { MSG_ACME_RESULT, A, P, 1 },
	{ MSG_CTL_STATUS, C, P, 1 }, { MSG_CTL_RELOAD, C, P, 1 },
	{ MSG_CTL_VERBOSE, C, P, 1 }, { MSG_CTL_CLIENTS, C, P, 1 },
	{ MSG_CTL_CLIENTS, P, R, 1 }, { MSG_CTL_NODE, C, P, 1 },
	{ MSG_CTL_CERT, C, P, 1 }, { MSG_CTL_MAP, C, P, 1 },
	{ MSG_CTL_CERT_DO, C, P, 1 }, { MSG_CTL_TEXT, P, C, 1 },
	{ MSG_CTL_CLIENT, R, P, 1 },
	{ MSG_CTL_CLIENT, P, C, 1 }, { MSG_CTL_CLIENTS_END, R, P, 1 },
	{ MSG_CTL_DONE, P, C, 1 }
};

static int
want(uint32_t type, enum role from, enum role to)
{
	size_t	i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].type == type && rules[i].from == from &&
		    rules[i].to == to)
			return rules[i].rule;
	return 0;
}

ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	uint32_t	t;
	unsigned int	from, to;

	for (t = 0; t < MSG_MAX + 3; t++)
		for (from = 0; from < ROLE_MAX; from++)
			for (to = 0; to < ROLE_MAX; to++)
				ATF_CHECK_EQ_MSG(want(t, from, to),
				    msg_allowed(t, from, to),
				    "%s from %s to %s", msg_name(t),
				    role_name(from), role_name(to));
}

ATF_TC_WITHOUT_HEAD(out_of_range);
ATF_TC_BODY(out_of_range, tc)
{
	ATF_CHECK_EQ(0, msg_allowed(UINT32_MAX, P, K));
	ATF_CHECK_EQ(0, msg_allowed(MSG_START, ROLE_MAX, K));
	ATF_CHECK_EQ(0, msg_allowed(MSG_START, P, ROLE_MAX));
	ATF_CHECK_STREQ("?", msg_name(UINT32_MAX));
	ATF_CHECK_STREQ("?", msg_name(MSG_NONE));
	ATF_CHECK_STREQ("?", role_name(ROLE_MAX));
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	uint32_t	t, u;

	ATF_CHECK_STREQ("MSG_START", msg_name(MSG_START));
	ATF_CHECK_STREQ("keys", role_name(ROLE_KEYS));
	for (t = MSG_NONE + 1; t < MSG_MAX; t++) {
		ATF_CHECK_MSG(strncmp(msg_name(t), "MSG_", 4) == 0,
		    "message %u has no name", t);
		for (u = MSG_NONE + 1; u < t; u++)
			ATF_CHECK(strcmp(msg_name(t), msg_name(u)) != 0);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, out_of_range);
	ATF_TP_ADD_TC(tp, names);
	return atf_no_error();
}

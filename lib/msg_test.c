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

static const struct {
	uint32_t	type;
	enum role	from, to;
	int		rule;
} rules[] = {
	{ MSG_START, P, K, 1 }, { MSG_START, P, R, 1 },
	{ MSG_VERBOSE, P, K, 1 }, { MSG_VERBOSE, P, R, 1 },
	{ MSG_STOP, P, K, 1 }, { MSG_STOP, P, R, 1 },
	{ MSG_READY, K, P, 1 }, { MSG_READY, R, P, 1 },
	{ MSG_KEY_TLS, P, K, 2 }, { MSG_KEY_NODE, P, K, 2 },
	{ MSG_KEY_NODE_NEW, P, K, 2 }, { MSG_KEY_MESH, P, K, 3 },
	{ MSG_KEY_RETAIN, P, K, 1 }, { MSG_KEY_SELFSIGN, P, K, 2 },
	{ MSG_KEY_METACERT, P, K, 1 }, { MSG_KEY_CHAN, P, K, 2 },
	{ MSG_KEY_RESULT, K, P, 1 },
	{ MSG_SIGN, R, K, 1 }, { MSG_SIGNED, K, R, 1 },
	{ MSG_LOGIN, R, K, 1 }, { MSG_LOGIN_RESULT, K, R, 1 },
	{ MSG_RELAY_CONF, P, R, 1 }, { MSG_RELAY_CERT, P, R, 1 },
	{ MSG_RELAY_LISTEN, P, R, 2 }, { MSG_RELAY_KEYS, P, R, 2 },
	{ MSG_RELAY_LINK, P, R, 2 }, { MSG_RELAY_COMMIT, P, R, 1 },
	{ MSG_RELAY_RESULT, R, P, 1 },
	{ MSG_CTL_STATUS, C, P, 1 }, { MSG_CTL_RELOAD, C, P, 1 },
	{ MSG_CTL_VERBOSE, C, P, 1 }, { MSG_CTL_CLIENTS, C, P, 1 },
	{ MSG_CTL_CLIENTS, P, R, 1 }, { MSG_CTL_NODE, C, P, 1 },
	{ MSG_CTL_TEXT, P, C, 1 }, { MSG_CTL_CLIENT, R, P, 1 },
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

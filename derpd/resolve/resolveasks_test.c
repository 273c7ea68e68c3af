/*
 * resolveasks_test: names that wait to be resolved once.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "resolveasks.h"

static struct resolve_asks	asks;
static char			name[IPC_HOSTSIZE];

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	ATF_CHECK_EQ(0, resolve_asks_take(&asks, name));
	ATF_CHECK_EQ(0, resolve_asks_add(&asks, "a.test"));
	ATF_CHECK_EQ(0, resolve_asks_add(&asks, "b.test"));
	/* It waits already. */
	ATF_CHECK_EQ(0, resolve_asks_add(&asks, "a.test"));
	ATF_CHECK_EQ(2, asks.n);
	ATF_CHECK_EQ(1, resolve_asks_take(&asks, name));
	ATF_CHECK_STREQ("a.test", name);
	ATF_CHECK_EQ(1, resolve_asks_take(&asks, name));
	ATF_CHECK_STREQ("b.test", name);
	ATF_CHECK_EQ(0, resolve_asks_take(&asks, name));
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char text[IPC_HOSTSIZE + 1];
	int i;

	for (i = 0; i < RESOLVE_MAXASKS; i++) {
		snprintf(text, sizeof(text), "n%d.test", i);
		ATF_REQUIRE_EQ(0, resolve_asks_add(&asks, text));
	}
	ATF_CHECK_EQ(-1, resolve_asks_add(&asks, "one-more.test"));
	ATF_CHECK_EQ(0, resolve_asks_add(&asks, "n63.test"));
	ATF_CHECK_EQ(1, resolve_asks_take(&asks, name));
	memset(text, 'a', IPC_HOSTSIZE);
	text[IPC_HOSTSIZE] = '\0';
	ATF_CHECK_EQ(-1, resolve_asks_add(&asks, text));
	ATF_CHECK_EQ(0, resolve_asks_add(&asks, "one-more.test"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}

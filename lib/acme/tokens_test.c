/*
 * tokens_test: Tests that tokens are added, found and removed, and that
 * anything else is refused.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "tokens.h"

static struct acme_tokens	 t;

static int
take(const char *name, const char *auth)
{
	return (acme_tokens_add(&t, name, auth));
}

static const char *
find(const char *path)
{
	struct net_http_str	 s = { path, strlen(path) };

	return (acme_tokens_find(&t, s));
}

ATF_TC_WITHOUT_HEAD(come_and_go);
ATF_TC_BODY(come_and_go, tc)
{
	ATF_CHECK(find(TOKEN_PATH "abc") == NULL);
	ATF_REQUIRE_EQ(0, take("abc", "abc.thumb"));
	ATF_REQUIRE_EQ(0, take("d-_", "d-_.thumb"));
	ATF_CHECK_STREQ("abc.thumb", find(TOKEN_PATH "abc"));
	ATF_CHECK_STREQ("d-_.thumb", find(TOKEN_PATH "d-_"));
	ATF_CHECK(find(TOKEN_PATH "ab") == NULL);
	ATF_CHECK(find(TOKEN_PATH "abcd") == NULL);
	ATF_CHECK(find(TOKEN_PATH) == NULL);
	ATF_CHECK(find("/abc") == NULL);
	ATF_CHECK(find("") == NULL);
	ATF_REQUIRE_EQ(0, take("abc", "abc.other"));
	ATF_CHECK_EQ(2, t.n);
	ATF_CHECK_STREQ("abc.other", find(TOKEN_PATH "abc"));
	ATF_REQUIRE_EQ(0, take("", ""));
	ATF_CHECK(find(TOKEN_PATH "abc") == NULL);
	ATF_CHECK_EQ(0, t.n);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	char	name[32], auth[64];
	int	i;

	ATF_CHECK_EQ(-1, take("", "x"));
	ATF_CHECK_EQ(-1, take("abc", ""));
	ATF_CHECK_EQ(-1, take("abc", "abd.thumb"));
	ATF_CHECK_EQ(-1, take("abc", "abc"));
	ATF_CHECK_EQ(-1, take("abc", "abc."));
	ATF_CHECK_EQ(-1, take("abc", "abc.x\r\nX: y"));
	ATF_CHECK_EQ(-1, take("a/c", "a/c.thumb"));
	ATF_CHECK_EQ(0, t.n);
	for (i = 0; i <= IPC_ACME_MAXNAMES; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		snprintf(auth, sizeof(auth), "t%d.thumb", i);
		ATF_CHECK_EQ(i < IPC_ACME_MAXNAMES ? 0 : -1, take(name, auth));
	}
	acme_tokens_free(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, come_and_go);
	ATF_TP_ADD_TC(tp, refused);
	return atf_no_error();
}

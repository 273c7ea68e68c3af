/*
 * link_test: Location and Link fields, valid and malformed.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "acme.h"

#define U	"https://ca.example/"
#define BASE	U "acme/cert/1"

static struct net_http_head	 head;

static void
field(const char *name, const char *value)
{
	struct net_http_field	*f = &head.fields[head.nfields++];

	f->name.p = name;
	f->name.len = strlen(name);
	f->value.p = value;
	f->value.len = strlen(value);
}

/* Check the nth alternate; NULL: there is none. */
static void
expect(unsigned int n, const char *want)
{
	char	 url[IPC_ACME_URLSIZE];
	int	 rv = helper_link(&head, BASE, "alternate", n, url);

	ATF_CHECK_EQ_MSG(want == NULL ? -1 : 0, rv, "%u: %s", n, url);
	ATF_CHECK_STREQ(want == NULL ? "" : want, url);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	memset(&head, 0, sizeof(head));
	field("Link", "<" U "dir>;rel=\"index\"");
	field("link", "<" U "1>;rel=\"alternate\"");
	field("Other", "<" U "no>;rel=\"alternate\"");
	field("LINK", " <" U "2> ; title=\"a,b;c\\\"<\" ; REL = Alternate ,"
	    "<" U "x>;rel=up, <" U "3>; rel=\"up alternate\"");
	expect(0, U "1");
	expect(1, U "2");
	expect(2, U "3");
	expect(3, NULL);
}

/* The target of a reference in an answer to a request for BASE. */
static const char *
resolved(const char *ref)
{
	static char		 url[IPC_ACME_URLSIZE];
	struct net_http_str	 s = { ref, strlen(ref) };

	return (helper_resolve(BASE, s, url) == -1 ? "none" : url);
}

ATF_TC_WITHOUT_HEAD(resolve);
ATF_TC_BODY(resolve, tc)
{
	char			 url[IPC_ACME_URLSIZE];
	struct net_http_str	 none = { NULL, 0 }, nul = { "a\0b", 3 };

	ATF_CHECK_STREQ(U "a/7", resolved("/a/7"));
	ATF_CHECK_STREQ(U "acme/cert/2", resolved("2"));
	ATF_CHECK_STREQ(U "acme/order/2", resolved("../order/2"));
	ATF_CHECK_STREQ(U "acme/cert/1?alt=1", resolved("?alt=1"));
	ATF_CHECK_STREQ("https://b.example/x", resolved("//b.example/x"));
	/* An absolute URL stays unchanged. */
	ATF_CHECK_STREQ("HTTPS://CA.example:443/x/../a",
	    resolved("HTTPS://CA.example:443/x/../a"));
	ATF_CHECK_STREQ(U "a", resolved(U "a#part"));
	ATF_CHECK_STREQ("none", resolved("http://ca.example/a"));
	ATF_CHECK_STREQ("none", resolved("//"));
	ATF_CHECK_STREQ("none", resolved(""));
	ATF_CHECK_STREQ("none", resolved("/a b"));
	ATF_CHECK_EQ(-1, helper_resolve(BASE, none, url));
	ATF_CHECK_EQ(-1, helper_resolve(BASE, nul, url));
	ATF_CHECK_STREQ("", url);
	ATF_CHECK_EQ(-1, helper_resolve("no URL", (struct net_http_str){ "/a",
	    2 }, url));
}

/* Resolve URLs of the maximum length, and one byte more. */
ATF_TC_WITHOUT_HEAD(resolve_long);
ATF_TC_BODY(resolve_long, tc)
{
	char	 ref[2 * IPC_ACME_URLSIZE];
	int	 n = IPC_ACME_URLSIZE - (int)sizeof(U);

	snprintf(ref, sizeof(ref), "/%0*d", n, 0);
	ATF_CHECK_EQ(IPC_ACME_URLSIZE - 1, strlen(resolved(ref)));
	snprintf(ref, sizeof(ref), "/%0*d", n + 1, 0);
	ATF_CHECK_STREQ("none", resolved(ref));
	snprintf(ref, sizeof(ref), "/%0*d", IPC_ACME_URLSIZE, 0);
	ATF_CHECK_STREQ("none", resolved(ref));
}

ATF_TC_WITHOUT_HEAD(location);
ATF_TC_BODY(location, tc)
{
	char	 url[IPC_ACME_URLSIZE];

	memset(&head, 0, sizeof(head));
	ATF_CHECK_EQ(-1, helper_location(&head, BASE, url));
	field("location", "../order/5");
	ATF_CHECK_EQ(0, helper_location(&head, BASE, url));
	ATF_CHECK_STREQ(U "acme/order/5", url);
}

ATF_TC_WITHOUT_HEAD(relative);
ATF_TC_BODY(relative, tc)
{
	memset(&head, 0, sizeof(head));
	field("Link", "</acme/cert/1/1>;rel=\"alternate\", <1/2>;"
	    "rel=alternate,<http://ca.example/3>;rel=alternate");
	field("Link", "<../chain>;rel=alternate");
	expect(0, U "acme/cert/1/1");
	expect(1, U "acme/cert/1/2");
	expect(2, U "acme/chain");
	expect(3, NULL);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const char	*t[] = { "", "<", "<" U, U "1;rel=alternate",
	    "<" U "1>", "<" U "1>rel", "<" U "1>;", "<" U "1>;rel",
	    "<" U "1>;rel=", "<" U "1>;rel=\"", "<" U "1>;rel=\"alternate2\"",
	    "<http://ca.example/1>;rel=alternate",
	    "<>;rel=alternate", "<" U "1>;rev=alternate", ",,,", "<" U
	    "1>;rel=\"alt\",\"ernate\"", "<" U "a b>;rel=alternate" };
	char			 copy[128], url[IPC_ACME_URLSIZE];
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&head, 0, sizeof(head));
		/* Without a terminating NUL. */
		memset(copy, ';', sizeof(copy));
		memcpy(copy, t[i], strlen(t[i]));
		field("Link", t[i]);
		head.fields[0].value.p = copy;
		ATF_CHECK_EQ_MSG(-1, helper_link(&head, BASE,
		    "alternate", 0, url),
		    "%s", t[i]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, resolve);
	ATF_TP_ADD_TC(tp, resolve_long);
	ATF_TP_ADD_TC(tp, location);
	ATF_TP_ADD_TC(tp, relative);
	ATF_TP_ADD_TC(tp, malformed);
	return atf_no_error();
}

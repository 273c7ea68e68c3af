/*
 * link_test: Link fields as they come, and as they should not.
 */
#include <atf-c.h>
#include <string.h>

#include "acme.h"

#define U	"https://ca.example/"

static struct http_head	 head;

static void
field(const char *name, const char *value)
{
	struct http_field	*f = &head.fields[head.nfields++];

	f->name.p = name;
	f->name.len = strlen(name);
	f->value.p = value;
	f->value.len = strlen(value);
}

/* The nth alternate must be this one; NULL: there is none. */
static void
expect(unsigned int n, const char *want)
{
	char	 url[ACME_URLSIZE];
	int	 rv = acme_link(&head, "alternate", n, url);

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

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const char	*t[] = { "", "<", "<" U, U "1;rel=alternate",
	    "<" U "1>", "<" U "1>rel", "<" U "1>;", "<" U "1>;rel",
	    "<" U "1>;rel=", "<" U "1>;rel=\"", "<" U "1>;rel=\"alternate2\"",
	    "<http://ca.example/1>;rel=alternate", "</1>;rel=alternate",
	    "<>;rel=alternate", "<" U "1>;rev=alternate", ",,,", "<" U
	    "1>;rel=\"alt\",\"ernate\"", "<" U "a b>;rel=alternate" };
	char			 copy[128], url[ACME_URLSIZE];
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&head, 0, sizeof(head));
		/* Without a NUL behind it. */
		memset(copy, ';', sizeof(copy));
		memcpy(copy, t[i], strlen(t[i]));
		field("Link", t[i]);
		head.fields[0].value.p = copy;
		ATF_CHECK_EQ_MSG(-1, acme_link(&head, "alternate", 0, url),
		    "%s", t[i]);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, malformed);
	return atf_no_error();
}

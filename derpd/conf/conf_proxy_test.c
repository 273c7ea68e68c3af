/*
 * conf_proxy_test: the load balancers of a listening address.
 */
#include "conf_fixture.h"

#define LISTEN	"listen on 127.0.0.1 port 443 tls "
#define USAGE	\
	"listen on ADDRESS port NUMBER [tls | derp] "			\
	"[proxy from { PREFIX ... }]"

/* Load with `statement' in line 4. */
static struct conf *
with(const char *statement)
{
	char text[8192];

	snprintf(text, sizeof(text), NAME CERT RELAY "%s\n", statement);
	return (good(text));
}

/* The statement in line 4 is refused with one error on `line'. */
static void
wrong(const char *statement, int line, const char *error)
{
	char text[8192];

	snprintf(text, sizeof(text), NAME CERT RELAY "%s\nsandbox off\n",
	    statement);
	bad(text, line, error);
}

/* The text of a prefix; static. */
static const char *
prefix(const struct conf_listen *l, size_t i)
{
	static char text[NET_PREFIX_TEXT];

	if (i >= l->nproxies)
		return ("none");
	net_prefix_text(&l->proxies[i], text);
	return (text);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	const struct conf_listen *l;
	struct conf *c;

	c = with(LISTEN "proxy from { 192.0.2.0/24 2001:db8::/32 ::1 10.1.2.3 "
	    "0.0.0.0/0 }");
	l = TAILQ_FIRST(&c->listens);
	ATF_CHECK_EQ(5, l->nproxies);
	ATF_CHECK_STREQ("192.0.2.0/24", prefix(l, 0));
	ATF_CHECK_STREQ("2001:db8::/32", prefix(l, 1));
	ATF_CHECK_STREQ("::1", prefix(l, 2));
	ATF_CHECK_STREQ("10.1.2.3", prefix(l, 3));
	ATF_CHECK_STREQ("0.0.0.0/0", prefix(l, 4));
	ATF_CHECK(l->tls);
	conf_free(c);

	/* Both addresses of a wildcard, over several lines, from a macro. */
	c = good("lb = \"192.0.2.1 192.0.2.2\"\n" NAME CERT RELAY
	    "listen on * port 443 tls proxy from {\n\t$lb # two\n\n"
	    "\t\"2001:db8::1\"\n}\nlisten on ::1 port 80 proxy from { ::1 }\n"
	    "listen on ::1 port 81\n");
	l = TAILQ_FIRST(&c->listens);
	ATF_CHECK_EQ(3, l->nproxies);
	ATF_CHECK_STREQ("192.0.2.2", prefix(l, 1));
	ATF_CHECK(l->tls && l->wildcard);
	l = TAILQ_NEXT(l, entry);
	ATF_CHECK_EQ(3, l->nproxies);
	ATF_CHECK_STREQ("2001:db8::1", prefix(l, 2));
	ATF_CHECK(l->tls && l->wildcard);
	l = TAILQ_NEXT(l, entry);
	ATF_CHECK(!l->tls);
	ATF_CHECK_STREQ("::1", prefix(l, 0));
	l = TAILQ_NEXT(l, entry);
	ATF_CHECK(!l->tls);
	ATF_CHECK_EQ(0, l->nproxies);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const char *const others[] = { "192.0.2.0/33", "192.0.2/24",
	    "192.0.2.0/", "192.0.2.0/024", "192.0.2.0/-1", "2001:db8::/129",
	    "fe80::1%lo", "lb.example.org", "/24", "192.0.2.0/24/24" };
	char text[256], error[256];
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), LISTEN
		    "proxy from {\n192.0.2.7\n%s }", others[i]);
		snprintf(error, sizeof(error), "proxy from %s: expected an IP "
		    "address or a prefix, such as 192.0.2.0/24 or "
		    "2001:db8::/32", others[i]);
		wrong(text, 6, error);
	}
	wrong(LISTEN "proxy from { 192.0.2.7/24 }", 4, "proxy from "
	    "192.0.2.7/24: the address has bits beyond the prefix: write "
	    "192.0.2.0/24");
	wrong(LISTEN "proxy from { 2001:db8::1/64 }", 4, "proxy from "
	    "2001:db8::1/64: the address has bits beyond the prefix: write "
	    "2001:db8::/64");
	wrong(LISTEN "proxy from", 4, "at the end of the line: expected "
	    USAGE);
	wrong(LISTEN "proxy { ::1 }", 4, "near `{': expected " USAGE);
	wrong(LISTEN "proxy from ::1", 4, "near `::1': expected " USAGE);
	wrong(LISTEN "proxy from { }", 4, "near `}': expected " USAGE);
	wrong(LISTEN "{ ::1 }", 4, "near `{': expected " USAGE);
	wrong(LISTEN "proxy from { ::1 } tls", 4, "near `tls': expected "
	    USAGE);
	wrong(LISTEN "proxy from { ::1 }\n}", 5, "near `}': expected hostname, "
	    "listen on, certificate, acme, relay, stun, map, admit, "
	    "bootstrap-dns, names, debug from, mesh, metrics, control, user, "
	    "keys user, chroot, statedir, sandbox, child timeout, log format, "
	    "include or NAME = \"VALUE\"");
	wrong(LISTEN "proxy from {\n::1\n5\n::2\n}", 6, "near `5': expected "
	    USAGE);
	wrong(LISTEN "proxy from { * }", 4, "near `*': expected " USAGE);
	wrong(LISTEN "proxy from {\ntls\n}", 5, "near `tls': expected " USAGE);
	wrong(LISTEN "proxy from { { ::1 } }", 4, "near `{': expected " USAGE);
	wrong(LISTEN "proxy from { ::1, ::2 }", 4, "near `,': expected "
	    USAGE);
	wrong("user { root }", 4, "near `{': expected user \"NAME\"");
	wrong("stun { listen on * port 1 proxy from { ::1 } }", 4,
	    "near `proxy': expected listen on ADDRESS port NUMBER");
	/* The statement after a forgotten brace. */
	bad(NAME CERT LISTEN "proxy from { ::1\n" RELAY, 4,
	    "near `relay': expected " USAGE);
	bad(NAME CERT RELAY LISTEN "proxy from { ::1", 4, "{ is not closed: "
	    "expected } in the same file");
	put("part", LISTEN "proxy from {\n::1\n");
	(void)load(NAME CERT RELAY "include \"part\"\nsandbox off\n");
	ATF_CHECK_MSG(strstr(errs, ": part:1: { is not closed: expected } in "
	    "the same file\n") != NULL && lines() == 1, "%s", errs);
}

/* At most 64 prefixes. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char text[8192] = LISTEN "proxy from {";
	size_t i, end;
	struct conf *c;

	for (i = 0; i < 64; i++) {
		end = strlen(text);
		snprintf(text + end, sizeof(text) - end, "\n192.0.2.%zu", i);
	}
	end = strlen(text);
	strlcat(text, " }", sizeof(text));
	c = with(text);
	ATF_CHECK_EQ(64, TAILQ_FIRST(&c->listens)->nproxies);
	conf_free(c);
	text[end] = '\0';
	strlcat(text, "\n::1\n::2 }", sizeof(text));
	wrong(text, 69, "proxy from ::1: expected at most 64 in the braces");
}

/* Load balancers change by a reload, addresses by a restart. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	static const char *const lists[] = { "", "proxy from { ::1 }",
	    "proxy from { ::/127 }", "proxy from { ::1 ::2 }" };
	char text[256];
	struct conf *a, *b;
	const char *what;
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			snprintf(text, sizeof(text), LISTEN "%s", lists[i]);
			a = with(text);
			snprintf(text, sizeof(text), LISTEN "%s", lists[k]);
			b = with(text);
			ATF_CHECK(conf_needs_restart(a, b) == NULL);
			what = conf_differs(a, b);
			ATF_CHECK_STREQ(i == k ? "" : "listen proxy from",
			    what == NULL ? "" : what);
			conf_free(a);
			conf_free(b);
		}
	a = with(LISTEN "proxy from { ::1 }");
	b = with("listen on 127.0.0.1 port 444 tls proxy from { ::1 }");
	ATF_CHECK_STREQ("listen", conf_needs_restart(a, b));
	conf_free(a);
	conf_free(b);
}

/* derpd -n -v shows them on one line. */
ATF_TC_WITHOUT_HEAD(print);
ATF_TC_BODY(print, tc)
{
	struct conf *c = with("listen on * port 443 tls proxy from {\n"
	    "192.0.2.0/24\n2001:DB8::0/32\n::1/128\n}");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_REQUIRE(f != NULL);
	conf_print(f, c);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_CHECK_MSG(strstr(text, "\nlisten on * port 443 tls proxy from { "
	    "192.0.2.0/24 2001:db8::/32 ::1 }\n") != NULL, "%s", text);
	free(text);
	conf_free(c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, print);
	return (atf_no_error());
}

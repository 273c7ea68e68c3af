/*
 * places_test: Tests of places.c: which addresses are used, and for how long.
 */
#include <atf-c.h>
#include <stdio.h>

#include "places.h"
#include "resolverfixture.h"
#include "tlspeer.h"

static struct verify_target	 target;
static struct verify_places	 p;
static int			 cleartext;	/* of the settings */

static void
begin(enum ipc_verify_kind kind, const char *name)
{
	struct ipc_verify_source v = { kind, name, "", cleartext };

	ATF_REQUIRE_EQ(0, verify_target_set(&target, &v));
	verify_places_init(&p, &target, &test_resolver);
}

/* The places as text, joined by commas. */
static const char *
places(void)
{
	static char out[1024];
	char one[128];
	size_t i;

	out[0] = '\0';
	for (i = 0; i < p.n; i++) {
		net_place_text(&p.v[i], one, sizeof(one));
		strlcat(out, i > 0 ? ", " : "", sizeof(out));
		strlcat(out, one, sizeof(out));
	}
	return (out);
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	int i;

	begin(IPC_VERIFY_URL, "https://a.test/");
	answer_with("2001:db8::1", 443);
	answer_with("192.0.2.1", 443);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	ATF_CHECK_STREQ("2001:db8::1 port 443, 192.0.2.1 port 443", places());
	for (i = 2; i < 14; i++)
		answer_with("192.0.2.2", (uint16_t)i);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, VERIFY_PLACE_MS + 1));
	ATF_CHECK_EQ(NET_MAXPLACES, p.n);
}

/* They are used for a while, and further ones when the resolver fails. */
ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	begin(IPC_VERIFY_URL, "https://a.test/");
	answer_with("192.0.2.1", 443);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	ATF_REQUIRE_EQ(0, verify_places_find(&p, VERIFY_PLACE_MS));
	ATF_CHECK_EQ(1, resolved);
	resolver_error = EAI_AGAIN;
	ATF_REQUIRE_EQ(0, verify_places_find(&p, VERIFY_PLACE_MS + 1));
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 2 * VERIFY_PLACE_MS));
	ATF_CHECK_EQ(2, resolved);
	ATF_CHECK_STREQ("192.0.2.1 port 443", places());
	resolver_error = 0;
	nanswers = 0;
	answer_with("192.0.2.7", 443);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 2 * VERIFY_PLACE_MS + 1));
	ATF_CHECK_EQ(3, resolved);
	ATF_CHECK_STREQ("192.0.2.7 port 443", places());
}

/* Without any address the resolver is asked again soon, but not each time. */
ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	begin(IPC_VERIFY_URL, "https://a.test/");
	resolver_error = EAI_NONAME;
	ATF_CHECK_EQ(-1, verify_places_find(&p, 1));
	HAS(p.why, "can't resolve a.test: ");
	ATF_CHECK_EQ(-1, verify_places_find(&p, VERIFY_RESOLVE_MS));
	ATF_CHECK_EQ(1, resolved);
	resolver_error = 0;
	ATF_CHECK_EQ(-1, verify_places_find(&p, VERIFY_RESOLVE_MS + 1));
	HAS(p.why, "a.test has no address");
	ATF_CHECK_EQ(2, resolved);
	answer_with("192.0.2.1", 443);
	ATF_CHECK_EQ(0, verify_places_find(&p, 2 * VERIFY_RESOLVE_MS + 1));
}

/* The address that worked comes first, also after it was resolved again. */
ATF_TC_WITHOUT_HEAD(worked);
ATF_TC_BODY(worked, tc)
{
	struct net_place v;

	begin(IPC_VERIFY_URL, "https://a.test/");
	answer_with("192.0.2.1", 1);
	answer_with("192.0.2.2", 2);
	answer_with("192.0.2.3", 3);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	v = p.v[1];
	verify_places_worked(&p, &v);
	ATF_CHECK_STREQ("192.0.2.2 port 2, 192.0.2.1 port 1, 192.0.2.3 port 3",
	    places());
	verify_places_worked(&p, &p.v[0]);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, VERIFY_PLACE_MS + 1));
	ATF_CHECK_STREQ("192.0.2.2 port 2, 192.0.2.1 port 1, 192.0.2.3 port 3",
	    places());
	nanswers = 1;
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 2 * VERIFY_PLACE_MS + 1));
	ATF_CHECK_STREQ("192.0.2.1 port 1", places());
	/* One that is gone meanwhile is not added. */
	verify_places_worked(&p, &v);
	ATF_CHECK_STREQ("192.0.2.1 port 1", places());
}

/* Without TLS, no other machine is asked, whatever the resolver says. */
ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	begin(IPC_VERIFY_URL, "http://localhost:8080/");
	answer_with("192.0.2.1", 8080);
	answer_with("::1", 8080);
	answer_with("::2", 8080);
	answer_with("127.0.0.1", 8080);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	ATF_CHECK_STREQ("::1 port 8080, 127.0.0.1 port 8080", places());
	begin(IPC_VERIFY_URL, "http://localhost:8080/");
	nanswers = 1;
	ATF_CHECK_EQ(-1, verify_places_find(&p, 1));
	HAS(p.why, "no address of this machine");
}

/* Unless the operator wants that. */
ATF_TC_WITHOUT_HEAD(in_cleartext);
ATF_TC_BODY(in_cleartext, tc)
{
	cleartext = 1;
	begin(IPC_VERIFY_URL, "http://headscale:8080/");
	answer_with("192.0.2.1", 8080);
	answer_with("::1", 8080);
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	ATF_CHECK_STREQ("192.0.2.1 port 8080, ::1 port 8080", places());
}

ATF_TC_WITHOUT_HEAD(path);
ATF_TC_BODY(path, tc)
{
	begin(IPC_VERIFY_TAILSCALED, "/run/a.sock");
	ATF_REQUIRE_EQ(0, verify_places_find(&p, 1));
	ATF_CHECK_STREQ("/run/a.sock", places());
	ATF_CHECK_EQ(0, resolved);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, none);
	ATF_TP_ADD_TC(tp, worked);
	ATF_TP_ADD_TC(tp, plain);
	ATF_TP_ADD_TC(tp, in_cleartext);
	ATF_TP_ADD_TC(tp, path);
	return (atf_no_error());
}

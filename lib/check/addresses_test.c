/*
 * addresses_test: Tests of what is reported when the addresses of a node behave
 * in different ways: one fault for one cause.
 */
#include "runfixture.h"

static struct run_fixture x;

static void
begin(void)
{
	run_begin(&x);
	x.run.kept = x.kept;
}

/* An address where a relay with this key serves. */
static struct check_addr *
serving(const char *text, uint8_t key)
{
	struct check_addr *a = run_address(&x, text);

	a->connects = a->speaks_tls = a->serves = a->has_key = 1;
	memset(a->key, key, sizeof(a->key));
	return (a);
}

/* An address that can't be connected to. */
static struct check_addr *
dead(const char *text)
{
	struct check_addr *a = run_address(&x, text);

	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	return (a);
}

/* An address where something else answers. */
static struct check_addr *
wrong(const char *text)
{
	struct check_addr *a = run_address(&x, text);

	a->connects = a->speaks_tls = 1;
	check_found(&x.run, a, 443, CHECK_HTTP_SILENT, "no answer");
	check_found(&x.run, a, 443, CHECK_NOT_RELAY, "it is nginx");
	return (a);
}

static int is_meshed;

static int
meshed(const struct check_run *r, const struct check_addr *a,
    const struct check_addr *b)
{
	ATF_CHECK(r == &x.run && a != b);
	return (is_meshed);
}

/* Judge; the only finding is this one. */
static void
only(enum check_fault id, const char *where, const char *what)
{
	check_addresses_by(&x.run, meshed);
	check_report_kept(&x.run);
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_EQ(id, x.found[0].id);
	ATF_CHECK_STREQ(where, x.found[0].where);
	ATF_CHECK_MATCH(what, x.found[0].what);
}

static void
none(void)
{
	check_addresses_by(&x.run, meshed);
	check_report_kept(&x.run);
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	begin();
	serving("192.0.2.1", 1);
	serving("2001:db8::1", 1);
	none();
}

/* A family is dead when none of its addresses is left. */
ATF_TC_WITHOUT_HEAD(dead_ones);
ATF_TC_BODY(dead_ones, tc)
{
	begin();
	serving("192.0.2.1", 1);
	dead("2001:db8::1");
	dead("2001:db8::2");
	only(CHECK_IPV6_DEAD, "2001:db8::1 and 2001:db8::2 port 443",
	    "^the port refuses connections: refused; 192.0.2.1 works$");
	begin();
	dead("192.0.2.1");
	serving("2001:db8::1", 1);
	only(CHECK_IPV4_DEAD, "192.0.2.1 port 443", "2001:db8::1 works$");
	begin();
	serving("192.0.2.1", 1);
	dead("192.0.2.2");
	only(CHECK_ADDRESS_DEAD, "192.0.2.2 port 443", "refused");
	/* All of them are one closed port. */
	begin();
	dead("192.0.2.1");
	dead("2001:db8::1");
	only(CHECK_PORT_CLOSED, "192.0.2.1 and 2001:db8::1 port 443",
	    "^refused$");
}

/* A family that can't be checked from here is no fault. */
ATF_TC_WITHOUT_HEAD(skipped);
ATF_TC_BODY(skipped, tc)
{
	begin();
	serving("192.0.2.1", 1);
	run_address(&x, "2001:db8::1")->skipped = 1;
	none();
}

/* Without a login it is enough that an address can be connected to. */
ATF_TC_WITHOUT_HEAD(no_login);
ATF_TC_BODY(no_login, tc)
{
	begin();
	x.opts.what = CHECK_NAMES | CHECK_TLS;
	run_address(&x, "192.0.2.1")->connects = 1;
	dead("2001:db8::1");
	only(CHECK_IPV6_DEAD, "2001:db8::1 port 443", "192.0.2.1 works$");
}

/* Another machine at one address is one fault, whatever it does. */
ATF_TC_WITHOUT_HEAD(other);
ATF_TC_BODY(other, tc)
{
	struct check_addr *a;

	begin();
	serving("192.0.2.1", 1);
	wrong("2001:db8::1");
	only(CHECK_ADDRESS_OTHER, "2001:db8::1 port 443",
	    "^the port does not answer HTTP requests: no answer; at 192.0.2.1 "
	    "is the relay$");
	begin();
	serving("192.0.2.1", 1);
	serving("192.0.2.2", 2);
	only(CHECK_ADDRESS_OTHER, "192.0.2.2 port 443",
	    "^a relay with another key than at 192.0.2.1$");
	/* Two relays that forward packets to each other are as one. */
	begin();
	is_meshed = 1;
	serving("192.0.2.1", 1);
	serving("192.0.2.2", 2);
	serving("192.0.2.3", 2)->dns_only = 1;
	none();
	is_meshed = 0;
	/* The one with a fault is the other one. */
	begin();
	check_found(&x.run, serving("192.0.2.1", 1), 443, CHECK_NOT_RELAY,
	    "it is nginx");
	serving("192.0.2.2", 2);
	only(CHECK_ADDRESS_OTHER, "192.0.2.1 port 443",
	    "^a relay with another key than at 192.0.2.2; .*nginx$");
	/* A fault of an address that is a relay all the same stays. */
	begin();
	serving("192.0.2.1", 1);
	check_found(&x.run, serving("192.0.2.2", 1), 443, CHECK_NOT_RELAY,
	    "it is nginx");
	only(CHECK_NOT_RELAY, "192.0.2.2 port 443", "^it is nginx$");
	/* The same relay, where more than the login fails on one way. */
	begin();
	serving("192.0.2.1", 1);
	a = serving("2001:db8::1", 1);
	a->serves = 0;
	check_found(&x.run, a, 443, CHECK_NOT_RELAY, "large packets");
	serving("192.0.2.2", 1)->dns_only = 1;
	x.run.addrs[2].serves = 0;
	only(CHECK_NOT_RELAY, "2001:db8::1 port 443", "^large packets$");
}

/* The map has an address, DNS another. */
ATF_TC_WITHOUT_HEAD(dns);
ATF_TC_BODY(dns, tc)
{
	struct check_addr *a;

	/* It is the same relay, or this machine can't know. */
	begin();
	serving("192.0.2.1", 1);
	serving("192.0.2.2", 1)->dns_only = 1;
	run_address(&x, "192.0.2.3")->dns_only = 1;
	x.run.addrs[2].skipped = 1;
	none();
	/* It is none. */
	begin();
	serving("192.0.2.1", 1);
	a = run_address(&x, "192.0.2.2");
	a->dns_only = 1;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	only(CHECK_NAME_OTHER, "", "^the map says 192.0.2.1, where the relay "
	    "is; DNS says 192.0.2.2: the port refuses connections: refused$");
	/* It is another one. */
	begin();
	serving("192.0.2.1", 1);
	serving("192.0.2.2", 2)->dns_only = 1;
	only(CHECK_NAME_OTHER, "", "another key$");
	/* The map is wrong. */
	begin();
	dead("192.0.2.1");
	serving("192.0.2.2", 2)->dns_only = 1;
	only(CHECK_NAME_OTHER, "", "^DNS says 192.0.2.2, where the relay is; "
	    "the map says 192.0.2.1: the port refuses connections: refused$");
	/* Both are: that is a fault of the relay. */
	begin();
	dead("192.0.2.1");
	a = run_address(&x, "192.0.2.2");
	a->dns_only = 1;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	only(CHECK_PORT_CLOSED, "192.0.2.1 port 443", "^refused$");
	/* DNS answers with a private address in this network. */
	begin();
	serving("8.8.8.8", 1);
	a = run_address(&x, "192.168.0.1");
	a->dns_only = 1;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	only(CHECK_NAME_PRIVATE, "", "^the map says 8.8.8.8, DNS 192.168.0.1");
	ATF_CHECK_EQ(0, x.run.faults);
	/* In this network, both are. */
	begin();
	serving("192.168.0.2", 1);
	a = run_address(&x, "192.168.0.1");
	a->dns_only = 1;
	check_found(&x.run, a, 443, CHECK_PORT_CLOSED, "refused");
	only(CHECK_NAME_OTHER, "", "^the map says 192.168.0.2, ");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, dead_ones);
	ATF_TP_ADD_TC(tp, skipped);
	ATF_TP_ADD_TC(tp, no_login);
	ATF_TP_ADD_TC(tp, other);
	ATF_TP_ADD_TC(tp, dns);
	return (atf_no_error());
}

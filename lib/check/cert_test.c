/*
 * cert_test: Tests of cert.c and the files beside it: each fault of a
 * certificate alone, and those that explain each other.  No network.
 */
#include <time.h>

#include "certfixture.h"

static struct run_fixture	 x;
static struct cert_usual	 u;
static struct check_addr	*a;

static void
begin(void)
{
	cert_begin(&u, &x);
	a = run_address(&x, "192.0.2.1");
}

/* Judge a chain of up to three.  Returns the number of findings. */
static size_t
judge(X509 *first, X509 *second, X509 *third)
{
	struct check_shake s = { .certs = { first, second, third } };

	s.ncerts = first == NULL ? 0 : second == NULL ? 1 : third == NULL ? 2 :
	    3;
	x.nfound = x.nmeasured = 0;
	check_cert(&x.run, a, &s);
	return (x.nfound);
}

#define GOOD(...)	ATF_CHECK_EQ(0, judge(__VA_ARGS__))

/* One fault, and what it says. */
#define ONE(fault, text, ...)						\
	do {								\
		(void)judge(__VA_ARGS__);				\
		run_only(&x, fault, text);				\
		ATF_CHECK_STREQ("192.0.2.1 port 443", x.found[0].where); \
	} while (0)

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	begin();
	GOOD(u.leaf.x, u.ca.x, NULL);
	GOOD(u.leaf.x, u.ca.x, u.root.x);
	ATF_CHECK_STREQ("relay.test", run_text(&x, CHECK_FACT_CERT_NAMES));
	ATF_CHECK_STREQ("Intermediate", run_text(&x, CHECK_FACT_CERT_ISSUER));
	ATF_CHECK_STREQ("ECDSA 256", run_text(&x, CHECK_FACT_CERT_KEY));
	ATF_CHECK(run_measure(&x, CHECK_FACT_CERT_DAYS)->n >= 364);
	ATF_CHECK_EQ(0, run_measure(&x, CHECK_FACT_META)->n);
	ATF_CHECK_EQ(11 + 64, strlen(run_text(&x, CHECK_FACT_CERT_PIN)));
	/* The name that is expected may differ from the host's. */
	snprintf(x.node.host, sizeof(x.node.host), "other.test");
	snprintf(x.node.certname, sizeof(x.node.certname), "relay.test");
	GOOD(u.leaf.x, u.ca.x, NULL);
	/* A CA may be trusted that is no root. */
	cert_save("ca.pem", u.ca.x);
	GOOD(u.leaf.x, NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	struct cert_made wild, none, mail, hostile;

	begin();
	wild = CERT_MAKE(.cn = "x", .san = "DNS:*.relay.test,IP:192.0.2.7,"
	    "IP:2001:db8::7", .by = &u.root);
	none = CERT_MAKE(.cn = "relay.test", .by = &u.root);
	mail = CERT_MAKE(.cn = "x", .san = "email:a@relay.test",
	    .by = &u.root);
	hostile = CERT_MAKE(.cn = "\033[2J\"", .by = &u.root);
	ONE(CHECK_CERT_NAME, "it is for *.relay.test, 192.0.2.7, 2001:db8::7, "
	    "not for relay.test", wild.x, NULL, NULL);
	ONE(CHECK_CERT_NAME, "clients ignore the common name (relay.test)",
	    none.x, NULL, NULL);
	ONE(CHECK_CERT_NAME, "no subjectAltName", mail.x, NULL, NULL);
	ONE(CHECK_CERT_NAME, "(?[2J?)", hostile.x, NULL, NULL);
	snprintf(x.node.host, sizeof(x.node.host), "a.relay.test");
	GOOD(wild.x, NULL, NULL);
	snprintf(x.node.host, sizeof(x.node.host), "a.b.relay.test");
	ATF_CHECK_EQ(1, judge(wild.x, NULL, NULL));
	snprintf(x.node.certname, sizeof(x.node.certname), "b.relay.test");
	GOOD(wild.x, NULL, NULL);
	ONE(CHECK_CERT_NAME, "not for b.relay.test", u.leaf.x, u.ca.x, NULL);
}

/* Clients do not check the name behind an address. */
ATF_TC_WITHOUT_HEAD(address);
ATF_TC_BODY(address, tc)
{
	struct cert_made two;

	begin();
	two = CERT_MAKE(.cn = "x", .san = "IP:192.0.2.7,IP:2001:db8::7",
	    .by = &u.root);
	snprintf(x.node.host, sizeof(x.node.host), "192.0.2.1");
	ONE(CHECK_CERT_ADDRESS, "for relay.test, not for 192.0.2.1",
	    u.leaf.x, u.ca.x, NULL);
	ATF_CHECK_EQ(0, x.run.faults);
	snprintf(x.node.host, sizeof(x.node.host), "2001:db8:0::7");
	GOOD(two.x, NULL, NULL);
	snprintf(x.node.certname, sizeof(x.node.certname), "192.0.2.8");
	ONE(CHECK_CERT_NAME, "not for 192.0.2.8", two.x, NULL, NULL);
	snprintf(x.node.certname, sizeof(x.node.certname), "192.0.2.7");
	GOOD(two.x, NULL, NULL);
}

/* One that is valid for `life' days and has `left' of them. */
static X509 *
aged(long life, long left)
{
	return (CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.root,
	    .from = (left - life) * DAY + 60, .until = left * DAY + 60).x);
}

ATF_TC_WITHOUT_HEAD(dates);
ATF_TC_BODY(dates, tc)
{
	begin();
	ONE(CHECK_CERT_EXPIRED, "UTC, 3 days ago", aged(90, -4), NULL, NULL);
	ONE(CHECK_CERT_EARLY, "UTC, in 4 days", aged(90, 94), NULL, NULL);
	ONE(CHECK_CERT_ENDS_SOON, "UTC, in 3 days", aged(90, 3), NULL, NULL);
	ONE(CHECK_CERT_ENDS_SOON, "UTC, in 24 hours", aged(90, 1), NULL, NULL);
	ATF_CHECK_EQ(4, x.run.faults);
	ONE(CHECK_CERT_ENDS, "UTC, in 13 days", aged(90, 13), NULL, NULL);
	ATF_CHECK_EQ(4, x.run.faults);
	GOOD(aged(90, 14), NULL, NULL);
	/* A certificate that lives for days only is renewed later. */
	GOOD(aged(6, 3), NULL, NULL);
	ONE(CHECK_CERT_ENDS, "in 47 hours", CERT_MAKE(.cn = "x",
	    .san = "DNS:relay.test", .by = &u.root, .from = -5 * DAY,
	    .until = 2 * DAY - 60).x, NULL, NULL);
	ONE(CHECK_CERT_ENDS_SOON, "in 24 hours", aged(7, 1), NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(chains);
ATF_TC_BODY(chains, tc)
{
	struct cert_made ca, leaf, old, own;

	begin();
	ONE(CHECK_CERT_INCOMPLETE, "issuer, Intermediate, does not come with "
	    "it, and is not among the CAs of ca.pem", u.leaf.x, NULL, NULL);
	/* One that did not issue it is of no help. */
	ONE(CHECK_CERT_INCOMPLETE, "Intermediate", u.leaf.x, u.root.x, NULL);
	ca = CERT_MAKE(.cn = "Other CA", .ca = 1);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &ca);
	ONE(CHECK_CERT_UNKNOWN_CA, "the CA Other CA, which is not among the "
	    "CAs of ca.pem", leaf.x, ca.x, NULL);
	cert_save("ca.pem", ca.x);
	ONE(CHECK_CERT_UNKNOWN_CA, "ends with Intermediate, whose issuer, "
	    "Root, is not", u.leaf.x, u.ca.x, NULL);
	cert_save("ca.pem", u.root.x);
	old = CERT_MAKE(.cn = "Intermediate", .ca = 1, .by = &u.root,
	    .until = -DAY);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &old);
	ONE(CHECK_CERT_CA_DATE, "of the CA Intermediate expired on", leaf.x,
	    old.x, NULL);
	/* The same CA, again, with another key. */
	own = CERT_MAKE(.cn = "Intermediate", .ca = 1, .by = &u.root);
	ONE(CHECK_CERT_UNFIT, "certificate 1, of x: certificate signature "
	    "failure", u.leaf.x, own.x, NULL);
	own = CERT_MAKE(.cn = "No CA", .by = &u.root);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &own);
	ONE(CHECK_CERT_UNFIT, "of No CA: invalid CA", leaf.x, own.x, NULL);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.root,
	    .eku = "clientAuth");
	ONE(CHECK_CERT_UNFIT, "purpose", leaf.x, NULL, NULL);
}

/* With the CAs of the system, as clients have them. */
ATF_TC_WITHOUT_HEAD(system_cas);
ATF_TC_BODY(system_cas, tc)
{
	struct cert_made public;

	begin();
	cert_save("none.pem", CERT_MAKE(.cn = "Nobody", .ca = 1).x);
	ATF_REQUIRE_EQ(0, setenv("SSL_CERT_FILE", "none.pem", 1));
	ATF_REQUIRE_EQ(0, setenv("SSL_CERT_DIR", "/nonexistent", 1));
	x.opts.trust = STREAM_ROOTS;
	x.opts.trust_arg = NULL;
	ONE(CHECK_CERT_UNKNOWN_CA, "its issuer, Intermediate, is not among the "
	    "CAs of this system", u.leaf.x, NULL, NULL);
	public = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.ca,
	    .aia = 1);
	ONE(CHECK_CERT_INCOMPLETE, "this system", public.x, NULL, NULL);
	x.node.insecure = 1;
	GOOD(u.leaf.x, NULL, NULL);
	snprintf(x.node.certname, sizeof(x.node.certname), "relay.test");
	ATF_CHECK_EQ(1, judge(u.leaf.x, NULL, NULL));
	ATF_CHECK_STREQ("", x.run.local);
	x.opts.trust = STREAM_CAFILE;
	x.opts.trust_arg = "missing.pem";
	GOOD(u.leaf.x, NULL, NULL);
	HAS(x.run.local, "missing.pem: can't read the CA certificates");
}

ATF_TC_WITHOUT_HEAD(self_signed);
ATF_TC_BODY(self_signed, tc)
{
	struct cert_made own, other;
	char pin[CHECK_PIN];

	begin();
	own = CERT_MAKE(.cn = "x", .san = "DNS:relay.test");
	other = CERT_MAKE(.cn = "default", .san = "DNS:default.test");
	ONE(CHECK_CERT_SELF_SIGNED, check_cert_pin_of(own.x, pin), own.x, NULL,
	    NULL);
	/* The default of a server that does not know the name. */
	ONE(CHECK_CERT_NAME, "default.test, not for relay.test", other.x, NULL,
	    NULL);
}

ATF_TC_WITHOUT_HEAD(pins);
ATF_TC_BODY(pins, tc)
{
	char pin[CHECK_PIN], *p;
	struct cert_made own, old;

	begin();
	own = CERT_MAKE(.cn = "x", .san = "DNS:relay.test");
	x.opts.trust = STREAM_ROOTS;
	check_cert_pin_of(own.x, pin);
	snprintf(x.node.certname, sizeof(x.node.certname), "%s", pin);
	GOOD(own.x, NULL, NULL);
	ONE(CHECK_CERT_PIN_EXTRA, "1 more certificates come with it, the first "
	    "is of Root", own.x, u.root.x, NULL);
	/* Whatever else is wrong with another certificate but its dates. */
	ONE(CHECK_CERT_PIN, pin, u.root.x, u.ca.x, NULL);
	ONE(CHECK_CERT_PIN, "it has the pin sha256-raw:", u.root.x, NULL, NULL);
	old = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .until = -DAY);
	ATF_CHECK_EQ(2, judge(old.x, NULL, NULL));
	/* The pin does not stand for the name, but for that of an address. */
	snprintf(x.node.host, sizeof(x.node.host), "other.test");
	ONE(CHECK_CERT_NAME, "not for other.test", own.x, NULL, NULL);
	snprintf(x.node.host, sizeof(x.node.host), "192.0.2.1");
	ONE(CHECK_CERT_ADDRESS, "not for 192.0.2.1", own.x, NULL, NULL);
	/* Clients compare capitals, too. */
	snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	for (p = x.node.certname + 11; *p != '\0'; p++)
		*p = (char)(*p >= 'a' ? *p - 'a' + 'A' : *p);
	ONE(CHECK_CERT_PIN, pin, own.x, NULL, NULL);
	x.opts.trust = STREAM_PIN;
	x.opts.trust_arg = x.node.certname;
	x.node.certname[0] = '\0';
	x.opts.trust_arg = pin;
	GOOD(own.x, NULL, NULL);
	ONE(CHECK_CERT_PIN, pin, u.leaf.x, u.ca.x, NULL);
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct check_shake s = { .ncerts = 2 };

	begin();
	ONE(CHECK_CERT_ORDER, "certificate 2, of Root, comes before "
	    "certificate 3, of Intermediate, which it issued", u.leaf.x,
	    u.root.x, u.ca.x);
	ONE(CHECK_CERT_EXTRA, "certificate 2, of x, issued none", u.leaf.x,
	    u.leaf.x, u.ca.x);
	ATF_CHECK_EQ(1, x.run.faults);
	ONE(CHECK_CERT_EXTRA, "certificate 3", u.leaf.x, u.ca.x,
	    CERT_MAKE(.cn = "Stranger", .ca = 1).x);
	/* Two of one name, such as cross-signed ones, may follow each other. */
	GOOD(u.leaf.x, u.ca.x, u.ca.x);
	s.certs[0] = u.ca.x;
	x.nfound = 0;
	check_cert_misordered(&x.run, a, &s);
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_ORDER));
	HAS(x.found[0].what, "the first of 2 certificates is that of the CA "
	    "Intermediate");
}

ATF_TC_WITHOUT_HEAD(weak);
ATF_TC_BODY(weak, tc)
{
	struct cert_made rsa, ca, leaf;

	begin();
	rsa = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.root,
	    .rsa = 1024);
	ONE(CHECK_CERT_WEAK, "certificate 1, of x, has an RSA key of 1024 bits",
	    rsa.x, NULL, NULL);
	ATF_CHECK_STREQ("RSA 1024", run_text(&x, CHECK_FACT_CERT_KEY));
	ca = CERT_MAKE(.cn = "Old CA", .ca = 1, .by = &u.root, .sha1 = 1);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &ca);
	ONE(CHECK_CERT_WEAK, "certificate 2, of Old CA, is signed with SHA-1",
	    leaf.x, ca.x, NULL);
	rsa = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u.root,
	    .rsa = 2048);
	GOOD(rsa.x, NULL, NULL);
	/* A root's own signature is of no use to anybody. */
	ca = CERT_MAKE(.cn = "Old Root", .ca = 1, .sha1 = 1);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &ca);
	cert_save("ca.pem", ca.x);
	GOOD(leaf.x, ca.x, NULL);
}

/* Two causes are two faults, and one that is explained is none. */
ATF_TC_WITHOUT_HEAD(several);
ATF_TC_BODY(several, tc)
{
	struct cert_made old, leaf;

	begin();
	old = CERT_MAKE(.cn = "Intermediate", .ca = 1, .by = &u.root,
	    .until = -DAY);
	leaf = CERT_MAKE(.cn = "x", .san = "DNS:other.test", .by = &old,
	    .until = -2 * DAY);
	ATF_CHECK_EQ(2, judge(leaf.x, old.x, NULL));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_EXPIRED));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_NAME));
}

/* Judge a certificate, and compare the clocks.  Returns what is left. */
static size_t
judge_off(X509 *leaf, long off)
{
	x.run.kept = x.kept;
	(void)judge(leaf, NULL, NULL);
	x.run.has[CHECK_CLOCK_OFF] = 0;
	x.run.clock_off = off;
	check_found(&x.run, a, 443, CHECK_CLOCK_OFF, "it is off");
	check_cert_clock(&x.run);
	check_report_kept(&x.run);
	return (x.nfound);
}

/* A wrong clock is one fault, not two. */
ATF_TC_WITHOUT_HEAD(clocks);
ATF_TC_BODY(clocks, tc)
{
	begin();
	ATF_CHECK_EQ(1, judge_off(aged(90, -2), -3 * DAY));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CLOCK_OFF));
	HAS(x.found[0].what, "it is off; by its clock its certificate is "
	    "valid, by the other it is not");
	ATF_CHECK_EQ(1, judge_off(aged(90, 92), 3 * DAY));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CLOCK_OFF));
	/* By neither of them. */
	ATF_CHECK_EQ(2, judge_off(aged(90, -5), -3 * DAY));
	ATF_CHECK_EQ(2, judge_off(aged(90, -2), 3 * DAY));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_CERT_EXPIRED));
}

/* Without the CAs dates and names count, or nothing at all. */
ATF_TC_WITHOUT_HEAD(unverified);
ATF_TC_BODY(unverified, tc)
{
	struct cert_made bad;

	begin();
	bad = CERT_MAKE(.cn = "x", .san = "DNS:other.test", .until = -DAY,
	    .by = &u.ca);
	x.opts.trust = STREAM_ANY;
	x.opts.trust_arg = NULL;
	GOOD(bad.x, NULL, NULL);
	x.opts.no_issuer = 1;
	ATF_CHECK_EQ(2, judge(bad.x, NULL, NULL));
	GOOD(u.leaf.x, NULL, NULL);
}

#define KEY	"000102030405060708090a0b0c0d0e0f" \
		"101112131415161718191a1b1c1d1e1f"

ATF_TC_WITHOUT_HEAD(meta);
ATF_TC_BODY(meta, tc)
{
	struct cert_made good, cut;

	begin();
	good = CERT_MAKE(.cn = "derpkey" KEY);
	cut = CERT_MAKE(.cn = "derpkey0001");
	GOOD(u.leaf.x, u.ca.x, good.x);
	ATF_CHECK_EQ(1, run_measure(&x, CHECK_FACT_META)->n);
	ATF_CHECK_EQ(1, a->has_meta);
	ATF_CHECK_EQ(0x1f, a->meta_key[31]);
	a->has_meta = 0;
	ONE(CHECK_META_MALFORMED, "certificate 3", u.leaf.x, u.ca.x, cut.x);
	ATF_CHECK_EQ(0, a->has_meta);
	ONE(CHECK_TLS_BROKEN, "no certificate but its meta", good.x, NULL,
	    NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, address);
	ATF_TP_ADD_TC(tp, dates);
	ATF_TP_ADD_TC(tp, chains);
	ATF_TP_ADD_TC(tp, system_cas);
	ATF_TP_ADD_TC(tp, self_signed);
	ATF_TP_ADD_TC(tp, pins);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, weak);
	ATF_TP_ADD_TC(tp, several);
	ATF_TP_ADD_TC(tp, clocks);
	ATF_TP_ADD_TC(tp, unverified);
	ATF_TP_ADD_TC(tp, meta);
	return (atf_no_error());
}

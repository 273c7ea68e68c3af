/*
 * names_test: Tests of how the addresses of a node are chosen from its map and
 * DNS, and of what is a fault of DNS.
 */
#include <errno.h>
#include <netdb.h>

#include "runfixture.h"

#define MANY	6

static struct run_fixture x;

/* What DNS says: addresses, or else an error. */
static const char	*dns4[MANY + 1], *dns6[MANY + 1];
static int		 error4, error6;
static int		 asked4, asked6, numeric;
static char		 met[512];

static struct addrinfo		list[MANY];
static struct sockaddr_storage	names[MANY];

static int
fake_resolve(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **res)
{
	const int v4 = hints->ai_family == AF_INET;
	const char **text = v4 ? dns4 : dns6;
	struct run_fixture tmp;
	const struct check_addr *a;
	size_t i;

	ATF_CHECK_EQ(NULL, port);
	ATF_CHECK_STREQ(x.node.host, host);
	asked4 += v4;
	asked6 += !v4;
	numeric += (hints->ai_flags & AI_NUMERICHOST) != 0;
	if ((v4 ? error4 : error6) != 0)
		return (v4 ? error4 : error6);
	memset(list, 0, sizeof(list));
	for (i = 0; text[i] != NULL; i++) {
		run_begin(&tmp);
		a = run_address(&tmp, text[i]);
		names[i] = a->ss;
		list[i].ai_family = hints->ai_family;
		list[i].ai_addr = (struct sockaddr *)&names[i];
		list[i].ai_addrlen = a->len;
		list[i].ai_next = text[i + 1] == NULL ? NULL : &list[i + 1];
	}
	*res = list;
	return (0);
}

static void
fake_release(struct addrinfo *res)
{
	ATF_CHECK_EQ(list, res);
}

static const struct net_resolver fake = { fake_resolve, fake_release };

/* A node with this name; nothing is in DNS yet. */
static void
begin(const char *host)
{
	run_begin(&x);
	(void)snprintf(x.node.host, sizeof(x.node.host), "%s", host);
	memset(dns4, 0, sizeof(dns4));
	memset(dns6, 0, sizeof(dns6));
	error4 = error6 = EAI_NONAME;
	asked4 = asked6 = numeric = 0;
}

static void
map(const char *ipv4, const char *ipv6)
{
	(void)snprintf(x.node.ipv4, sizeof(x.node.ipv4), "%s", ipv4);
	(void)snprintf(x.node.ipv6, sizeof(x.node.ipv6), "%s", ipv6);
}

/* The addresses of the run, with "?" behind those that DNS alone has. */
static const char *
chosen(void)
{
	static char text[512];
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < x.run.naddrs; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s%s", i == 0 ? "" : " ", x.run.addrs[i].text,
		    x.run.addrs[i].dns_only ? "?" : "");
	return (text);
}

/* Without a map DNS decides; each family is asked for by itself. */
ATF_TC_WITHOUT_HEAD(dns);
ATF_TC_BODY(dns, tc)
{
	begin("relay.test");
	dns4[0] = dns4[2] = "127.0.0.1";
	dns4[1] = "127.0.0.2";
	error4 = 0;
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1 127.0.0.2", chosen());
	ATF_CHECK_EQ(1, asked4);
	ATF_CHECK_EQ(1, asked6);
	ATF_CHECK_EQ(0, x.run.faults);
	ATF_CHECK_STREQ("127.0.0.1 127.0.0.2",
	    run_measure(&x, CHECK_FACT_DNS_A)->text);
	ATF_CHECK(run_measure(&x, CHECK_FACT_DNS_AAAA) == NULL);
	/* Private addresses are worth a note. */
	ATF_CHECK_EQ(2, run_count(&x, CHECK_ADDRESS_PRIVATE));
	ATF_CHECK_EQ(0, run_count(&x, CHECK_NAME_HALF));
	begin("relay.test");
	dns4[0] = "198.19.0.7";
	error4 = 0;
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_EQ(1, run_count(&x, CHECK_ADDRESS_PRIVATE));
	ATF_CHECK(strstr(x.found[0].what, "fake-ip") != NULL);
	/* Health resolves nothing and notes nothing. */
	begin("127.0.0.1");
	x.opts.what = CHECK_TLS;
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1", chosen());
	ATF_CHECK_EQ(0, asked4);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, x.nmeasured);
}

/* At most four of a family. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static const char *const text[MANY] = { "127.0.0.1", "127.0.0.2",
	    "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6" };

	begin("relay.test");
	error4 = 0;
	memcpy(dns4, text, sizeof(text));
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4", chosen());
	begin("relay.test");
	error4 = 0;
	memcpy(dns4, text, sizeof(text));
	map("127.0.0.9", "none");
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.9 127.0.0.1? 127.0.0.2?", chosen());
}

/* An address of the map replaces those of DNS, which are compared. */
ATF_TC_WITHOUT_HEAD(by_map);
ATF_TC_BODY(by_map, tc)
{
	begin("relay.test");
	error4 = 0;
	dns4[0] = "127.0.0.1";
	map("127.0.0.1", "none");
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1", chosen());
	ATF_CHECK_EQ(0, asked6);
	begin("relay.test");
	map("127.0.0.1", "none");
	error4 = EAI_AGAIN;
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1", chosen());
	ATF_CHECK_EQ(0, x.run.faults);
	ATF_CHECK_STREQ("", x.run.local);
	/* A family with an address, and one that DNS decides about. */
	begin("relay.test");
	map("127.0.0.1", "");
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_EQ(1, asked6);
	ATF_CHECK_EQ(0, x.run.faults);
}

/* A host that is an address is in no DNS. */
ATF_TC_WITHOUT_HEAD(literal);
ATF_TC_BODY(literal, tc)
{
	begin("127.0.0.1");
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("127.0.0.1", chosen());
	ATF_CHECK_EQ(0, asked4);
	ATF_CHECK_EQ(asked6, numeric);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, x.nmeasured);
}

static void
fails(enum check_fault id, const char *what)
{
	ATF_CHECK_EQ(0, check_names_by(&x.run, &fake));
	ATF_REQUIRE_EQ(1, x.nfound);
	ATF_CHECK_EQ(id, x.found[0].id);
	ATF_CHECK_MATCH(what, x.found[0].what);
	ATF_CHECK_STREQ("", x.run.local);
}

ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	begin("relay.test");
	fails(CHECK_NAME_UNKNOWN, "^relay.test: ");
	begin("relay.test");
	map("none", "none");
	fails(CHECK_ADDRESS_NONE, "^the map says \"none\" for IPv4; "
	    "the map says \"none\" for IPv6$");
	begin("relay.test");
	map("none", "");
	error4 = 0;
	dns4[0] = "127.0.0.1";
	fails(CHECK_ADDRESS_NONE, "^the map says \"none\" for IPv4; "
	    "IPv6 of DNS: .");
	/* What is no address of its family turns that off. */
	begin("relay.test");
	map("2001:db8::1", "192.0.2.1");
	fails(CHECK_ADDRESS_NONE, "2001:db8::1.*192.0.2.1");
}

/* A resolver that fails is this machine's. */
ATF_TC_WITHOUT_HEAD(resolver);
ATF_TC_BODY(resolver, tc)
{
	begin("relay.test");
	error6 = EAI_AGAIN;
	ATF_CHECK_EQ(0, check_names_by(&x.run, &fake));
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_MATCH("^can't resolve relay.test: ", x.run.local);
	/* One family is enough. */
	begin("relay.test");
	error6 = EAI_AGAIN;
	error4 = 0;
	dns4[0] = "127.0.0.1";
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("", x.run.local);
	ATF_CHECK_EQ(1, run_count(&x, CHECK_NAME_HALF));
	ATF_CHECK_EQ(0, x.run.faults);
}

/* An address without a way from here is left out, and no fault. */
ATF_TC_WITHOUT_HEAD(route);
ATF_TC_BODY(route, tc)
{
	begin("relay.test");
	error4 = 0;
	dns4[0] = "255.255.255.255";
	dns4[1] = "127.0.0.1";
	ATF_CHECK_EQ(1, check_names_by(&x.run, &fake));
	ATF_CHECK_EQ(1, x.run.addrs[0].skipped);
	ATF_CHECK_EQ(0, x.run.addrs[1].skipped);
	ATF_CHECK_EQ(0, x.run.faults);
	ATF_CHECK_EQ(1, run_count(&x, CHECK_NO_ROUTE));
	ATF_CHECK_STREQ("255.255.255.255", x.found[x.nfound - 1].where);
	begin("relay.test");
	error4 = 0;
	dns4[0] = "127.0.0.1";
	x.opts.source = "192.0.2.77";
	ATF_CHECK_EQ(0, check_names_by(&x.run, &fake));
	ATF_CHECK_STREQ("can't reach 127.0.0.1 from this machine: Cannot "
	    "assign requested address", x.run.local);
	ATF_CHECK_EQ(0, x.run.faults);
}

/* Who is told the addresses before they are connected to. */
static void
meets(const char *addresses, void *arg)
{
	ATF_CHECK_EQ(&x, arg);
	ATF_CHECK_EQ(0, x.nfound);
	(void)snprintf(met, sizeof(met), "%s", addresses);
}

ATF_TC_WITHOUT_HEAD(met_before);
ATF_TC_BODY(met_before, tc)
{
	begin("relay.test");
	x.sink.meets = meets;
	map("192.0.2.9", "");
	error4 = error6 = 0;
	dns4[0] = "127.0.0.1";
	dns6[0] = "::1";
	(void)check_names_by(&x.run, &fake);
	ATF_CHECK_STREQ("192.0.2.9 127.0.0.1 ::1", met);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, dns);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, by_map);
	ATF_TP_ADD_TC(tp, literal);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, resolver);
	ATF_TP_ADD_TC(tp, route);
	ATF_TP_ADD_TC(tp, met_before);
	return (atf_no_error());
}

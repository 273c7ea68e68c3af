/*
 * sourcelimit_test: the limit of a source, and its independence of others.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "sourcelimit.h"
#include "testaddr.h"

#define SECOND	1000000ULL
#define NOW	(77 * SECOND)

/* How often of `n' times at one moment is it allowed? */
static unsigned int
ask(struct net_sourcelimit *l, const char *addr, unsigned int n, uint64_t now)
{
	struct sockaddr_storage ss;
	unsigned int i, taken = 0;
	uint8_t a[16];

	(void)net_address_get(net_test_address(&ss, addr, 77), a);
	for (i = 0; i < n; i++)
		taken += (unsigned int)net_sourcelimit_allow(l, a, now);
	return (taken);
}

static struct net_sourcelimit *
new(uint32_t rate, uint32_t burst)
{
	struct net_sourcelimit *l = net_sourcelimit_new(rate, burst, 32,
	    64);

	ATF_REQUIRE(l != NULL);
	return (l);
}

ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	struct net_sourcelimit *l = new(0, 5);

	ATF_CHECK_EQ(20000, ask(l, "192.0.2.1", 20000, NOW));
	net_sourcelimit_free(l);
	net_sourcelimit_free(NULL);
}

/* A burst at once, then the rate. */
ATF_TC_WITHOUT_HEAD(burst);
ATF_TC_BODY(burst, tc)
{
	struct net_sourcelimit *l = new(10, 25);

	ATF_CHECK_EQ(25, ask(l, "192.0.2.1", 100, NOW));
	ATF_CHECK_EQ(0, ask(l, "192.0.2.1", 100, NOW + SECOND / 10 - 1));
	ATF_CHECK_EQ(1, ask(l, "192.0.2.1", 100, NOW + SECOND / 10));
	ATF_CHECK_EQ(10, ask(l, "192.0.2.1", 100, NOW + SECOND / 10 + SECOND));
	ATF_CHECK_EQ(25, ask(l, "192.0.2.1", 100, NOW + 60 * SECOND));
	net_sourcelimit_free(l);
}

/* Under constant load a source gets the rate and no more. */
ATF_TC_WITHOUT_HEAD(steady);
ATF_TC_BODY(steady, tc)
{
	struct net_sourcelimit *l = new(100, 1);
	unsigned int taken = 0;
	uint64_t now;

	for (now = NOW; now < NOW + 10 * SECOND; now += 1000)
		taken += ask(l, "192.0.2.1", 1, now);
	ATF_CHECK_EQ(1000, taken);
	net_sourcelimit_free(l);
}

ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	struct net_sourcelimit *l = new(1, 3);

	ATF_CHECK_EQ(3, ask(l, "192.0.2.1", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "192.0.2.2", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "192.0.2.1", 10, NOW));
	net_sourcelimit_free(l);
}

/* A host has a /64 of addresses: they count as one source. */
ATF_TC_WITHOUT_HEAD(prefix);
ATF_TC_BODY(prefix, tc)
{
	struct net_sourcelimit *l = new(1, 3);

	ATF_CHECK_EQ(2, ask(l, "2001:db8:0:1::1", 2, NOW));
	ATF_CHECK_EQ(1, ask(l, "2001:db8:0:1:ffff::2", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8:0:2::1", 10, NOW));
	net_sourcelimit_free(l);
}

/* An IPv4 address counts as its mapped form, not as an IPv6 prefix. */
ATF_TC_WITHOUT_HEAD(families);
ATF_TC_BODY(families, tc)
{
	struct net_sourcelimit *l = new(1, 3);

	ATF_CHECK_EQ(3, ask(l, "32.1.13.184", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8::1", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "::ffff:32.1.13.184", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "::ffff:32.1.13.185", 10, NOW));
	net_sourcelimit_free(l);
}

/* A burst of 0 means 1; a rate above the clock's resolution limits nothing. */
ATF_TC_WITHOUT_HEAD(extremes);
ATF_TC_BODY(extremes, tc)
{
	struct net_sourcelimit *l = new(5, 0);

	ATF_CHECK_EQ(1, ask(l, "192.0.2.1", 10, NOW));
	net_sourcelimit_free(l);
	l = new(UINT32_MAX, UINT32_MAX);
	ATF_CHECK_EQ(5000, ask(l, "192.0.2.1", 5000, NOW));
	net_sourcelimit_free(l);
	l = new(1, UINT32_MAX);
	ATF_CHECK_EQ(5000, ask(l, "192.0.2.1", 5000, NOW));
	net_sourcelimit_free(l);
}

/* A source is what the prefixes say, also if they end within a byte. */
ATF_TC_WITHOUT_HEAD(prefixes);
ATF_TC_BODY(prefixes, tc)
{
	struct net_sourcelimit *l = net_sourcelimit_new(1, 3, 20, 44);

	ATF_REQUIRE(l != NULL);
	ATF_CHECK_EQ(2, ask(l, "192.0.2.1", 2, NOW));
	ATF_CHECK_EQ(1, ask(l, "192.0.15.255", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "192.0.16.0", 10, NOW));
	ATF_CHECK_EQ(2, ask(l, "2001:db8:10::1", 2, NOW));
	ATF_CHECK_EQ(1, ask(l, "2001:db8:1f:ffff::1", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8:20::1", 10, NOW));
	net_sourcelimit_free(l);
	ATF_REQUIRE((l = net_sourcelimit_new(1, 3, 32, 128)) != NULL);
	ATF_CHECK_EQ(3, ask(l, "2001:db8::1", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8::2", 10, NOW));
	net_sourcelimit_free(l);
	/* Without bits all of a family are one source. */
	ATF_REQUIRE((l = net_sourcelimit_new(1, 3, 0, 0)) != NULL);
	ATF_CHECK_EQ(3, ask(l, "192.0.2.1", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "203.0.113.1", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8::1", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "fd00::1", 10, NOW));
	net_sourcelimit_free(l);
}

/* A rate that does not divide a second is kept, too. */
ATF_TC_WITHOUT_HEAD(fast);
ATF_TC_BODY(fast, tc)
{
	struct net_sourcelimit *l = new(700000, 100);
	unsigned int taken = 0;
	uint64_t now;

	for (now = NOW; now < NOW + SECOND; now++)
		taken += ask(l, "192.0.2.1", 1, now);
	ATF_CHECK(taken >= 700000 && taken < 701000);
	net_sourcelimit_free(l);
}

/* A flood of forged sources makes an honest one lose only its history. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	struct net_sourcelimit *l = new(1, 3);
	uint8_t a[16] = { [10] = 0xff, [11] = 0xff, 10 };
	uint32_t i;

	for (i = 0; i < 300000; i++) {
		a[13] = (uint8_t)(i >> 16);
		a[14] = (uint8_t)(i >> 8);
		a[15] = (uint8_t)i;
		(void)net_sourcelimit_allow(l, a, NOW);
	}
	ATF_CHECK_EQ(3, ask(l, "192.0.2.1", 10, NOW));
	net_sourcelimit_free(l);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, none);
	ATF_TP_ADD_TC(tp, burst);
	ATF_TP_ADD_TC(tp, steady);
	ATF_TP_ADD_TC(tp, apart);
	ATF_TP_ADD_TC(tp, prefix);
	ATF_TP_ADD_TC(tp, families);
	ATF_TP_ADD_TC(tp, extremes);
	ATF_TP_ADD_TC(tp, prefixes);
	ATF_TP_ADD_TC(tp, fast);
	ATF_TP_ADD_TC(tp, flood);

	return atf_no_error();
}

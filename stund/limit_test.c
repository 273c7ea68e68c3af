/*
 * limit_test: the request limit of a source, and its independence of others.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "testaddr.h"

#define SECOND	1000000ULL
#define NOW	(77 * SECOND)

/* How many of `n' requests at one moment are answered. */
static unsigned int
ask(struct stund_limit *l, const char *addr, unsigned int n, uint64_t now)
{
	struct sockaddr_storage ss;
	unsigned int i, taken = 0;

	for (i = 0; i < n; i++)
		taken += (unsigned int)stund_limit_allow(l,
		    net_test_address(&ss, addr, (uint16_t)i), now);
	return (taken);
}

static struct stund_limit *
new(uint32_t rate, uint32_t burst)
{
	struct stund_limit *l = stund_limit_new(rate, burst);

	ATF_REQUIRE(l != NULL);
	return (l);
}

ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	struct stund_limit *l = new(0, 5);

	ATF_CHECK_EQ(20000, ask(l, "192.0.2.1", 20000, NOW));
	stund_limit_free(l);
	stund_limit_free(NULL);
}

/* A burst at once, then the rate, whatever the source port. */
ATF_TC_WITHOUT_HEAD(burst);
ATF_TC_BODY(burst, tc)
{
	struct stund_limit *l = new(10, 25);

	ATF_CHECK_EQ(25, ask(l, "192.0.2.1", 100, NOW));
	ATF_CHECK_EQ(0, ask(l, "192.0.2.1", 100, NOW + SECOND / 10 - 1));
	ATF_CHECK_EQ(1, ask(l, "192.0.2.1", 100, NOW + SECOND / 10));
	ATF_CHECK_EQ(10, ask(l, "192.0.2.1", 100, NOW + SECOND / 10 + SECOND));
	ATF_CHECK_EQ(25, ask(l, "192.0.2.1", 100, NOW + 60 * SECOND));
	stund_limit_free(l);
}

/* Under constant load a source gets the rate and no more. */
ATF_TC_WITHOUT_HEAD(steady);
ATF_TC_BODY(steady, tc)
{
	struct stund_limit *l = new(100, 1);
	unsigned int taken = 0;
	uint64_t now;

	for (now = NOW; now < NOW + 10 * SECOND; now += 1000)
		taken += ask(l, "192.0.2.1", 1, now);
	ATF_CHECK_EQ(1000, taken);
	stund_limit_free(l);
}

ATF_TC_WITHOUT_HEAD(apart);
ATF_TC_BODY(apart, tc)
{
	struct stund_limit *l = new(1, 3);

	ATF_CHECK_EQ(3, ask(l, "192.0.2.1", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "192.0.2.2", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "192.0.2.1", 10, NOW));
	stund_limit_free(l);
}

/* A host has a /64 of addresses: they count as one source. */
ATF_TC_WITHOUT_HEAD(prefix);
ATF_TC_BODY(prefix, tc)
{
	struct stund_limit *l = new(1, 3);

	ATF_CHECK_EQ(2, ask(l, "2001:db8:0:1::1", 2, NOW));
	ATF_CHECK_EQ(1, ask(l, "2001:db8:0:1:ffff::2", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8:0:2::1", 10, NOW));
	stund_limit_free(l);
}

/* An IPv4 address counts as its mapped form, not as an IPv6 prefix. */
ATF_TC_WITHOUT_HEAD(families);
ATF_TC_BODY(families, tc)
{
	struct stund_limit *l = new(1, 3);

	ATF_CHECK_EQ(3, ask(l, "32.1.13.184", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "2001:db8::1", 10, NOW));
	ATF_CHECK_EQ(0, ask(l, "::ffff:32.1.13.184", 10, NOW));
	ATF_CHECK_EQ(3, ask(l, "::ffff:32.1.13.185", 10, NOW));
	stund_limit_free(l);
}

/* A burst of 0 means 1; a rate above the clock's resolution limits nothing. */
ATF_TC_WITHOUT_HEAD(extremes);
ATF_TC_BODY(extremes, tc)
{
	struct stund_limit *l = new(5, 0);

	ATF_CHECK_EQ(1, ask(l, "192.0.2.1", 10, NOW));
	stund_limit_free(l);
	l = new(UINT32_MAX, UINT32_MAX);
	ATF_CHECK_EQ(5000, ask(l, "192.0.2.1", 5000, NOW));
	stund_limit_free(l);
	l = new(1, UINT32_MAX);
	ATF_CHECK_EQ(5000, ask(l, "192.0.2.1", 5000, NOW));
	stund_limit_free(l);
}

/* A flood of forged sources makes an honest one lose only its history. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	struct stund_limit *l = new(1, 3);
	struct sockaddr_in in;
	uint32_t i;

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	for (i = 0; i < 300000; i++) {
		in.sin_addr.s_addr = htonl(0x0a000000 + i);
		(void)stund_limit_allow(l, (const struct sockaddr *)&in, NOW);
	}
	ATF_CHECK_EQ(3, ask(l, "192.0.2.1", 10, NOW));
	stund_limit_free(l);
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
	ATF_TP_ADD_TC(tp, flood);

	return atf_no_error();
}

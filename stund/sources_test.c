/*
 * sources_test: when a proxy is suspected, and that it is reported once.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sources.h"

static enum stund_sources_verdict
count(struct stund_sources *s, const char *addr)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

	memset(&ss, 0, sizeof(ss));
	if (strchr(addr, ':') == NULL) {
		in->sin_family = AF_INET;
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET, addr, &in->sin_addr));
	} else {
		in6->sin6_family = AF_INET6;
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, addr, &in6->sin6_addr));
	}
	return (stund_sources_count(s, (const struct sockaddr *)&ss));
}

/*
 * A window whose first `n' requests come from `addr', and the rest from many
 * sources; the verdict at its end.
 */
static enum stund_sources_verdict
window(struct stund_sources *s, const char *addr, unsigned int n)
{
	enum stund_sources_verdict v = SOURCES_FINE;
	char other[32];
	unsigned int i;

	for (i = 0; i < SOURCES_WINDOW; i++) {
		ATF_REQUIRE_EQ(SOURCES_FINE, v);
		snprintf(other, sizeof(other), "2001:db8:%x::1", i + 1);
		v = count(s, i < n ? addr : other);
	}
	return (v);
}

static void
check(enum stund_sources_verdict want, const char *addr, unsigned int n)
{
	struct stund_sources s;
	enum stund_sources_verdict got;

	memset(&s, 0, sizeof(s));
	got = window(&s, addr, n);
	ATF_CHECK_EQ_MSG(want, got, "%u requests from %s: %d", n, addr,
	    (int)got);
}

ATF_TC_WITHOUT_HEAD(private_addresses);
ATF_TC_BODY(private_addresses, tc)
{
	static const char *const private[] = { "10.0.0.0", "10.255.255.255",
	    "127.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.0.1",
	    "169.254.1.1", "100.64.0.0", "100.127.255.255", "fc00::1",
	    "fdff::1", "fe80::1", "febf::1", "::1", "::ffff:10.1.2.3" };
	static const char *const public[] = { "9.255.255.255", "11.0.0.0",
	    "126.0.0.1", "128.0.0.1", "172.15.255.255", "172.32.0.0",
	    "192.167.0.1", "192.169.0.1", "169.253.1.1", "fb00::1", "fe00::1",
	    "fec0::1", "::2", "100.63.255.255", "100.128.0.0",
	    "2001:db8::1", "::ffff:198.51.100.1" };
	size_t i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		check(SOURCES_PRIVATE, private[i], SOURCES_WINDOW);
	for (i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		check(SOURCES_ONE, public[i], SOURCES_WINDOW);
}

/* The threshold: 98 of 100. */
ATF_TC_WITHOUT_HEAD(threshold);
ATF_TC_BODY(threshold, tc)
{
	check(SOURCES_FINE, "10.0.0.1", SOURCES_WINDOW / 100 * 98 - 1);
	check(SOURCES_PRIVATE, "10.0.0.1", SOURCES_WINDOW / 100 * 98);
	check(SOURCES_FINE, "192.0.2.1", SOURCES_WINDOW / 100 * 98 - 1);
	check(SOURCES_ONE, "192.0.2.1", SOURCES_WINDOW / 100 * 98);
	check(SOURCES_FINE, "192.0.2.1", 1);
}

/* Many private addresses are as suspicious as one. */
ATF_TC_WITHOUT_HEAD(many_private);
ATF_TC_BODY(many_private, tc)
{
	struct stund_sources s;
	enum stund_sources_verdict v = SOURCES_FINE;
	char addr[32];
	unsigned int i;

	memset(&s, 0, sizeof(s));
	for (i = 0; i < SOURCES_WINDOW; i++) {
		ATF_REQUIRE_EQ(SOURCES_FINE, v);
		snprintf(addr, sizeof(addr), "172.17.%u.%u", i / 250, i % 250);
		v = count(&s, addr);
	}
	ATF_CHECK_EQ(SOURCES_PRIVATE, v);
}

/* A good window does not excuse the next one; a verdict is reported once. */
ATF_TC_WITHOUT_HEAD(once);
ATF_TC_BODY(once, tc)
{
	struct stund_sources s;
	int i;

	memset(&s, 0, sizeof(s));
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(SOURCES_FINE, window(&s, "192.0.2.1", 10));
	ATF_CHECK_EQ(SOURCES_ONE, window(&s, "192.0.2.1", SOURCES_WINDOW));
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(SOURCES_FINE,
		    window(&s, "10.0.0.1", SOURCES_WINDOW));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, private_addresses);
	ATF_TP_ADD_TC(tp, threshold);
	ATF_TP_ADD_TC(tp, many_private);
	ATF_TP_ADD_TC(tp, once);

	return atf_no_error();
}

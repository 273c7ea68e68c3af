/*
 * stunstats_test: every counter that a stund counts in its page is read there,
 * and goes on in the next start.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "stunstats.h"

/* The writer's mapping of the page. */
static struct ipc_counters *
writer(const struct ipc_counters *page)
{
	struct ipc_counters *w;

	w = ipc_counters_map_write(ipc_counters_share_write(page));
	ATF_REQUIRE(w != NULL);
	return (w);
}

ATF_TC_WITHOUT_HEAD(page);
ATF_TC_BODY(page, tc)
{
	struct ipc_counters *page = ipc_counters_new(), *w;
	struct net_stun_stats a = { 0 }, b;
	uint8_t *p = (uint8_t *)&a;
	size_t i;

	ATF_REQUIRE(page != NULL);
	memset(&a, 0, sizeof(a));
	net_stun_stats_read(NULL, &b);
	ATF_CHECK_EQ(0, b.success);
	for (i = 0; i < sizeof(a); i++)
		p[i] = (uint8_t)(0xff - i);
	w = writer(page);
	*net_stun_stats_of(w) = a;
	net_stun_stats_read(page, &b);
	ATF_CHECK_EQ(0, memcmp(&a, &b, sizeof(a)));
	ipc_counters_free(w);
	ipc_counters_ended(page);
	w = writer(page);
	net_stun_stats_of(w)->success++;
	net_stun_stats_read(page, &b);
	ATF_CHECK_EQ(a.success + 1, b.success);
	ipc_counters_free(w);
	ipc_counters_free(page);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, page);
	return (atf_no_error());
}

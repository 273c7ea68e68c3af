/*
 * clientrow_test: one client of `derpctl clients' on its way to derpctl.
 */
#include <atf-c.h>
#include <string.h>

#include "clientrow.h"

static void
fill(struct client_info *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->key, 0x5a, sizeof(c->key));
	memset(c->addr, 0xfd, sizeof(c->addr));
	c->port = 0xfedc;
	c->worker = 63;
	c->age_ms = 1ULL << 41;
	c->rx_bytes = (1ULL << 60) + 1;
	c->tx_bytes = (1ULL << 60) + 2;
	c->rx_packets = (1ULL << 50) + 3;
	c->tx_packets = (1ULL << 50) + 4;
	c->drops = (1ULL << 33) + 5;
	c->queued_packets = 1024;
	c->queued_bytes = 1024 * 1024;
	c->flags = 9;
	c->home = 1;
	c->dup = 1;
}

ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	struct client_info	c, back;
	struct wr		w;
	struct rd		r;

	fill(&c);
	wr_init(&w);
	client_info_put(&w, &c);
	ATF_REQUIRE(wr_ok(&w));
	rd_init(&r, w.p, w.len);
	memset(&back, 0xff, sizeof(back));
	ATF_REQUIRE_EQ(0, client_info_get(&r, &back));
	wr_free(&w);
	ATF_CHECK_EQ(0, memcmp(c.key, back.key, sizeof(c.key)));
	ATF_CHECK_EQ(0, memcmp(c.addr, back.addr, sizeof(c.addr)));
	ATF_CHECK_EQ(c.port, back.port);
	ATF_CHECK_EQ(c.worker, back.worker);
	ATF_CHECK_EQ(c.age_ms, back.age_ms);
	ATF_CHECK_EQ(c.rx_bytes, back.rx_bytes);
	ATF_CHECK_EQ(c.tx_bytes, back.tx_bytes);
	ATF_CHECK_EQ(c.rx_packets, back.rx_packets);
	ATF_CHECK_EQ(c.tx_packets, back.tx_packets);
	ATF_CHECK_EQ(c.drops, back.drops);
	ATF_CHECK_EQ(c.queued_packets, back.queued_packets);
	ATF_CHECK_EQ(c.queued_bytes, back.queued_bytes);
	ATF_CHECK_EQ(c.flags, back.flags);
	ATF_CHECK_EQ(c.home, back.home);
	ATF_CHECK_EQ(c.dup, back.dup);
}

ATF_TC_WITHOUT_HEAD(cut_or_longer);
ATF_TC_BODY(cut_or_longer, tc)
{
	struct client_info	c;
	struct wr		w;
	struct rd		r;
	size_t			n;

	fill(&c);
	wr_init(&w);
	client_info_put(&w, &c);
	for (n = 0; n < w.len; n++) {
		rd_init(&r, w.p, n);
		ATF_CHECK_EQ_MSG(-1, client_info_get(&r, &c),
		    "taken with %zu of %zu bytes", n, w.len);
	}
	wr_u8(&w, 0);
	rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, client_info_get(&r, &c));
	wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, cut_or_longer);
	return (atf_no_error());
}

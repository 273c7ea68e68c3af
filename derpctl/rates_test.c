/*
 * Tests of rates.c: what clients do a second, from two lists.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "rates.h"

static struct ctl_list	was, now;
static struct ctl_rates	rates;

/* Append a connection of the key k, of `age' ms, with `rx' bytes. */
static struct ipc_client_info *
add(struct ctl_list *l, uint8_t k, uint16_t port, uint64_t age, uint64_t rx)
{
	struct ipc_msg_ctl_listed	 v = { .name = "", .group = "" };

	v.client.key[0] = k;
	v.client.port = port;
	v.client.age_ms = age;
	v.client.rx_bytes = rx;
	ATF_REQUIRE_EQ(ctl_list_add(l, &v), 0);
	return &l->v[l->n - 1]->c;
}

/* The bytes a second from each client, in the order of keys. */
static const char *
compare(uint64_t ms)
{
	static char	text[256];
	char		one[32];
	size_t		i;

	ctl_rates_free(&rates);
	ATF_REQUIRE_EQ(ctl_rates_make(&rates, &was, &now, ms), 0);
	text[0] = '\0';
	for (i = 0; i < rates.n; i++) {
		snprintf(one, sizeof(one), "%d:%llu ",
		    rates.v[i].conn->c.key[0],
		    (unsigned long long)rates.v[i].rate.rx);
		strlcat(text, one, sizeof(text));
	}
	return text;
}

ATF_TC_WITHOUT_HEAD(moved);
ATF_TC_BODY(moved, tc)
{
	struct ipc_client_info	*a, *b;

	/* Not in the order of the second list. */
	a = add(&was, 2, 10, 5000, 100);
	a->tx_bytes = 7, a->rx_packets = 1, a->tx_packets = 2, a->drops = 3;
	add(&was, 1, 11, 9000, 1000);
	add(&now, 1, 11, 11000, 5000);
	b = add(&now, 2, 10, 7000, 101);
	b->tx_bytes = 27, b->rx_packets = 5, b->tx_packets = 8, b->drops = 13;
	b->queued_bytes = 77;
	ATF_CHECK_STREQ(compare(2000), "1:2000 2:1 ");
	ATF_CHECK_EQ(rates.connections, 2);
	ATF_CHECK_EQ(rates.all.rx, 2001);
	ATF_CHECK_EQ(rates.v[1].rate.tx, 10);
	ATF_CHECK_EQ(rates.v[1].rate.rx_packets, 2);
	ATF_CHECK_EQ(rates.v[1].rate.tx_packets, 3);
	ATF_CHECK_EQ(rates.v[1].rate.drops, 5);
	ATF_CHECK_EQ(rates.v[1].queued_bytes, 77);
	ATF_CHECK_EQ(rates.v[1].connections, 1);
	/* One byte in two seconds is not nothing: it is rounded up. */
	ATF_CHECK_EQ(rates.v[1].rate.rx, 1);
	/* By the age of the connection, not by when the lists were asked. */
	now.v[0]->c.age_ms = 10000;
	ATF_CHECK_STREQ(compare(2000), "1:4000 2:1 ");
}

/* A key with several connections is one client. */
ATF_TC_WITHOUT_HEAD(together);
ATF_TC_BODY(together, tc)
{
	add(&was, 1, 10, 5000, 100);
	add(&was, 1, 11, 6000, 100);
	add(&was, 1, 12, 7000, 900000);
	add(&now, 1, 10, 6000, 300);
	add(&now, 1, 11, 7000, 500);
	/* 12 has ended; its port is used again. */
	add(&now, 1, 12, 400, 5);
	ATF_CHECK_STREQ(compare(1000), "1:605 ");
	ATF_CHECK_EQ(rates.v[0].connections, 3);
	ATF_CHECK_EQ(rates.v[0].conn->c.port, 11);
}

/* Ports of clients behind a load balancer may all be 0. */
ATF_TC_WITHOUT_HEAD(same_place);
ATF_TC_BODY(same_place, tc)
{
	add(&was, 1, 0, 90000, 7000000);
	add(&was, 1, 0, 50000, 1000);
	add(&was, 1, 0, 10000, 2000);
	add(&now, 1, 0, 12000, 4000);
	/* The oldest has ended, and there is a new one. */
	add(&now, 1, 0, 52000, 2000);
	add(&now, 1, 0, 100, 50);
	ATF_CHECK_STREQ(compare(2000), "1:1525 ");
	ATF_CHECK_EQ(rates.v[0].connections, 3);
}

ATF_TC_WITHOUT_HEAD(begun);
ATF_TC_BODY(begun, tc)
{
	/* New in the interval; there before, in a list that was not whole. */
	add(&now, 1, 1, 500, 3000);
	add(&now, 2, 1, 60000, 3000);
	/* A counter that goes back: another daemon. */
	add(&was, 3, 1, 1000, 3000);
	add(&now, 3, 1, 3000, 10);
	ATF_CHECK_STREQ(compare(2000), "1:1500 2:0 3:5 ");
	/* The largest numbers, and no time at all. */
	now.v[0]->c.rx_bytes = UINT64_MAX;
	add(&now, 4, 1, 10, UINT64_MAX);
	ATF_CHECK(compare(0) != NULL);
	ATF_CHECK_EQ(rates.all.rx, UINT64_MAX);
	/* Without a first list nothing moves. */
	ctl_rates_free(&rates);
	ATF_REQUIRE_EQ(ctl_rates_make(&rates, NULL, &now, 2000), 0);
	ATF_CHECK_EQ(rates.n, 4);
	ATF_CHECK_EQ(rates.all.rx, 0);
	ctl_list_free(&now);
	ATF_CHECK_STREQ(compare(2000), "");
	ATF_CHECK_EQ(rates.connections, 0);
}

static void
client(uint8_t k, const char *name, const char *group, uint64_t rx)
{
	struct ipc_msg_ctl_listed	 v = { .name = name, .group = group };

	v.client.key[0] = k;
	v.client.age_ms = 1;
	v.client.rx_bytes = rx;
	v.client.tx_bytes = 100 - rx;
	v.client.drops = k % 2;
	v.client.queued_bytes = k;
	ATF_REQUIRE_EQ(ctl_list_add(&now, &v), 0);
}

static const char *
order(enum ctl_rates_order by, int reverse)
{
	static char	text[16];
	size_t		i;

	ctl_rates_sort(&rates, by, reverse);
	for (i = 0; i < rates.n; i++)
		text[i] = (char)('0' + rates.v[i].conn->c.key[0]);
	text[i] = '\0';
	return text;
}

ATF_TC_WITHOUT_HEAD(orders);
ATF_TC_BODY(orders, tc)
{
	client(1, "b", "x", 20);
	client(2, "", "", 30);
	client(3, "a", "y", 10);
	ATF_REQUIRE_EQ(ctl_rates_make(&rates, &was, &now, 1000), 0);
	ATF_CHECK_STREQ(order(CTL_TOP_BY_RX, 0), "213");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_RX, 1), "312");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_TX, 0), "312");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_DROPS, 0), "132");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_QUEUE, 0), "321");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_NAME, 0), "312");
	ATF_CHECK_STREQ(order(CTL_TOP_BY_GROUP, 0), "132");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, moved);
	ATF_TP_ADD_TC(tp, together);
	ATF_TP_ADD_TC(tp, same_place);
	ATF_TP_ADD_TC(tp, begun);
	ATF_TP_ADD_TC(tp, orders);
	return atf_no_error();
}

/*
 * clientpage_test: which rows are on a page, and in which order: compared with
 * all rows sorted by other means.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "clientpage.h"

#define ROWS	300

static struct ipc_list_row rows[ROWS];
static struct ipc_list_query query;	/* of the comparisons */

static void
begin(struct conn_clientpage *p)
{
	ATF_REQUIRE_EQ(conn_clientpage_begin(p, &query), 0);
}

/* Some rows with few values, so that many are equal but for their number. */
static void
fill(unsigned int seed)
{
	struct ipc_list_row *r;
	unsigned int i;

	srandom(seed);
	memset(rows, 0, sizeof(rows));
	for (i = 0; i < ROWS; i++) {
		r = &rows[i];
		r->number = (uint64_t)i * 7 % ROWS;
		r->key[random() % 2] = (uint8_t)(random() % 4);
		if (random() % 2 == 0)
			r->addr[10] = r->addr[11] = 0xff;
		else
			r->addr[0] = (uint8_t)(random() % 2);
		r->addr[15] = (uint8_t)(random() % 3);
		r->port = (uint16_t)(random() % 3);
		r->since = (uint64_t)random() % 9;
		r->rx_packets = (uint64_t)random() % 9;
		r->rx_bytes = (uint64_t)random() % 9;
		r->tx_packets = (uint64_t)random() % 9;
		r->tx_bytes = UINT64_MAX - (uint64_t)random() % 9;
	}
}

/* The value of a row that the order begins with, as bytes to compare. */
static void
sort_key(const struct ipc_list_row *r, uint8_t k[40])
{
	uint64_t v = 0;
	int i;

	memset(k, 0, 40);
	switch (query.sort) {
	case IPC_LIST_BY_KEY:
		memcpy(k, r->key, 32);
		break;
	case IPC_LIST_BY_ADDR:
		/* IPv4 first. */
		k[0] = r->addr[10] != 0xff;
		memcpy(k + 1, r->addr, 16);
		k[17] = (uint8_t)r->port;
		break;
	case IPC_LIST_BY_CONN:
		break;
	case IPC_LIST_BY_SINCE:
		v = r->since;
		break;
	case IPC_LIST_BY_RX_BYTES:
		v = r->rx_bytes;
		break;
	case IPC_LIST_BY_TX_BYTES:
		v = r->tx_bytes;
		break;
	case IPC_LIST_BY_RX_PACKETS:
		v = r->rx_packets;
		break;
	case IPC_LIST_BY_TX_PACKETS:
		v = r->tx_packets;
		break;
	}
	for (i = 0; i < 8; i++)
		k[32 + i] = (uint8_t)(v >> (56 - 8 * i));
}

static int
by_query(const void *a, const void *b)
{
	const struct ipc_list_row *x = a, *y = b;
	uint8_t kx[40], ky[40];
	int d;

	sort_key(x, kx);
	sort_key(y, ky);
	if ((d = memcmp(kx, ky, sizeof(kx))) == 0)
		d = x->number < y->number ? -1 : x->number > y->number;
	return (query.descending ? -d : d);
}

/* Offer all rows in the order of `rows'. */
static void
offer(struct conn_clientpage *p)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (conn_clientpage_wants(p, &rows[i]))
			conn_clientpage_add(p, &rows[i]);
	conn_clientpage_sort(p);
}

/* The next query begins after this row. */
static void
go_on(const struct ipc_list_row *last)
{
	query.after = query.after_conn = 1;
	memcpy(query.after_key, last->key, sizeof(query.after_key));
	memcpy(query.after_addr, last->addr, sizeof(query.after_addr));
	query.after_port = last->port;
	query.after_n = conn_clientpage_value(&query, last);
	query.after_number = last->number;
}

/* Page by page all rows come, each once, in order, from any order of offers. */
ATF_TC_WITHOUT_HEAD(pages);
ATF_TC_BODY(pages, tc)
{
	static struct ipc_list_row sorted[ROWS];
	struct conn_clientpage p;
	unsigned int round;
	size_t at, i;

	for (round = 0; round < 64; round++) {
		fill(round);
		memset(&query, 0, sizeof(query));
		query.sort = (enum ipc_list_sort)(round % 8);
		query.descending = round / 8 % 2;
		query.limit = round % 5 == 0 ? 1000 : 1 + round;
		memcpy(sorted, rows, sizeof(rows));
		qsort(sorted, ROWS, sizeof(sorted[0]), by_query);
		for (at = 0; at < ROWS; at += p.n) {
			begin(&p);
			offer(&p);
			ATF_CHECK_EQ(p.past, ROWS - at);
			ATF_REQUIRE_EQ(p.n, ROWS - at < query.limit ?
			    ROWS - at : query.limit);
			for (i = 0; i < p.n; i++)
				ATF_REQUIRE_EQ_MSG(p.rows[i].number,
				    sorted[at + i].number, "round %u, row %zu",
				    round, at + i);
			go_on(&p.rows[p.n - 1]);
			i = p.n;
			conn_clientpage_free(&p);
			p.n = i;
		}
		begin(&p);
		offer(&p);
		ATF_CHECK_EQ(p.n, 0);
		ATF_CHECK_EQ(p.past, 0);
		conn_clientpage_free(&p);
	}
}

/* Without the number of a connection, none with that value is shown. */
ATF_TC_WITHOUT_HEAD(by_hand);
ATF_TC_BODY(by_hand, tc)
{
	struct conn_clientpage p;
	size_t i, n = 0;

	fill(1);
	memset(&query, 0, sizeof(query));
	query.sort = IPC_LIST_BY_SINCE;
	query.limit = 1000;
	query.after = 1;
	query.after_n = 4;
	for (i = 0; i < ROWS; i++)
		n += rows[i].since > 4;
	begin(&p);
	offer(&p);
	ATF_CHECK_EQ(p.n, n);
	ATF_CHECK_EQ(p.rows[0].since, 5);
	conn_clientpage_free(&p);
	query.descending = 1;
	for (i = n = 0; i < ROWS; i++)
		n += rows[i].since < 4;
	begin(&p);
	offer(&p);
	ATF_CHECK_EQ(p.n, n);
	ATF_CHECK_EQ(p.rows[0].since, 3);
	conn_clientpage_free(&p);
}

ATF_TC_WITHOUT_HEAD(matches);
ATF_TC_BODY(matches, tc)
{
	static const uint8_t in[16] = { [10] = 0xff, 0xff, 192, 0, 2, 200 };
	static const uint8_t out[16] = { [10] = 0xff, 0xff, 192, 0, 3, 1 };

	memset(&query, 0, sizeof(query));
	ATF_CHECK(conn_clientpage_matches(&query, in, "x"));
	query.filter = IPC_LIST_PREFIX;
	memcpy(query.addr, in, sizeof(in));
	query.addr[15] = 0;
	query.bits = 96 + 24;
	ATF_CHECK(conn_clientpage_matches(&query, in, ""));
	ATF_CHECK(!conn_clientpage_matches(&query, out, ""));
	/* All of IPv6 has no IPv4 address. */
	memset(query.addr, 0, sizeof(query.addr));
	query.bits = 0;
	ATF_CHECK(!conn_clientpage_matches(&query, in, ""));
	query.filter = IPC_LIST_ALL;
	query.by_app = 1;
	ATF_CHECK(!conn_clientpage_matches(&query, in, ""));
	query.napps = 2;
	strlcpy(query.apps[0], "one", sizeof(query.apps[0]));
	ATF_CHECK(conn_clientpage_matches(&query, in, ""));
	ATF_CHECK(conn_clientpage_matches(&query, in, "one"));
	ATF_CHECK(!conn_clientpage_matches(&query, in, "on"));
	ATF_CHECK(!conn_clientpage_matches(&query, in, "one "));
	query.napps = 1;
	ATF_CHECK(!conn_clientpage_matches(&query, in, ""));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pages);
	ATF_TP_ADD_TC(tp, by_hand);
	ATF_TP_ADD_TC(tp, matches);
	return (atf_no_error());
}

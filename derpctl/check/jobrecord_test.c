/*
 * jobrecord_test: records of jobs come back as they were, and junk is refused.
 */
#include <atf-c.h>
#include <string.h>

#include "jobrecord.h"

static struct ctlcheck_record	got;
static size_t			used;

/* Write a record and read it again. */
static void
turn(const struct ctlcheck_record *r)
{
	struct ipc_wr w;
	size_t n;

	ipc_wr_init(&w);
	ctlcheck_record_put(&w, r);
	ATF_REQUIRE(ipc_wr_ok(&w));
	for (n = 0; n < w.len; n++)
		ATF_REQUIRE_EQ(0, ctlcheck_record_get(w.p, n, &used, &got));
	ATF_REQUIRE_EQ(1, ctlcheck_record_get(w.p, w.len, &used, &got));
	ATF_CHECK_EQ(w.len, used);
	ATF_CHECK_EQ(r->type, got.type);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(results);
ATF_TC_BODY(results, tc)
{
	struct ctlcheck_record r = { .type = CTLCHECK_FOUND,
	    .finding = { CHECK_PORT_CLOSED, "192.0.2.1 port 443",
	    "\033[31mrefused\xff" } };

	turn(&r);
	ATF_CHECK_EQ(CHECK_PORT_CLOSED, got.finding.id);
	ATF_CHECK_STREQ("192.0.2.1 port 443", got.finding.where);
	ATF_CHECK_STREQ("\033[31mrefused\xff", got.finding.what);

	memset(&r, 0, sizeof(r));
	r.type = CTLCHECK_MEASURED;
	r.measure.id = CHECK_FACT_CONNECT;
	r.measure.n = -7;
	memset(r.measure.text, 'x', sizeof(r.measure.text) - 1);
	turn(&r);
	ATF_CHECK_EQ(-7, got.measure.n);
	ATF_CHECK_STREQ(r.measure.text, got.measure.text);

	memset(&r, 0, sizeof(r));
	r.type = CTLCHECK_FAILED;
	(void)strlcpy(r.text, "no resolver", sizeof(r.text));
	turn(&r);
	ATF_CHECK_STREQ("no resolver", got.text);
	r.type = CTLCHECK_END;
	turn(&r);
}

ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_NODE, .node = {
	    .region = 900, .code = "fra", .name = "900a", .host = "relay.test",
	    .ipv4 = "none", .ipv6 = "::1", .certname = "other.test",
	    .port = 8443, .port80 = 80, .stun = -1, .stun_only = 1 } };

	turn(&r);
	ATF_CHECK(memcmp(&r.node, &got.node, sizeof(r.node)) == 0);
	r.node.stun_only = 0;
	r.node.insecure = r.node.can_port80 = 1;
	turn(&r);
	ATF_CHECK(memcmp(&r.node, &got.node, sizeof(r.node)) == 0);
	memset(&r, 7, sizeof(r));
	r.type = CTLCHECK_HAS_MAP;
	turn(&r);
	ATF_CHECK(memcmp(r.hash, got.hash, sizeof(r.hash)) == 0);
}

/* These bytes are refused. */
static void
junk(const void *p, size_t len)
{
	ATF_CHECK_EQ_MSG(-1, ctlcheck_record_get(p, len, &used, &got),
	    "%zu bytes", len);
}

static void
too_much(int64_t n)
{
	struct ctlcheck_record r = { .type = CTLCHECK_MEASURED,
	    .measure = { .id = CHECK_FACT_CLOCK, .n = n } };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ctlcheck_record_put(&w, &r);
	junk(w.p, w.len);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct ipc_wr w;

	junk("\377\377\377\377", 4);
	junk("\0\0\0\0", 4);
	junk("\0\0\0\1\0", 5);
	junk("\0\0\0\1\377", 5);
	junk("\0\0\0\2\10x", 6);
	junk("\0\0\0\5\3\0\0\0\1", 9);
	ipc_wr_init(&w);
	ipc_wr_u32(&w, 1 + 4 + 5 + 5);
	ipc_wr_u8(&w, CTLCHECK_FOUND);
	ipc_wr_u32(&w, CHECK_NFAULTS);
	ipc_wr_str(&w, "");
	ipc_wr_str(&w, "");
	junk(w.p, w.len);
	w.p[8] = CHECK_NFAULTS - 1;
	ATF_CHECK_EQ(1, ctlcheck_record_get(w.p, w.len, &used, &got));
	ipc_wr_free(&w);
	/* Measures are subtracted from each other. */
	too_much(INT64_MIN);
	too_much(-CHECK_MOST - 1);
	too_much(CHECK_MOST + 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, results);
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}

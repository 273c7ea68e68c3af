/*
 * fronttls_test: output of a client over WebSocket, in frames and records.
 */
#include "handoverfixture.h"
#include "websocket.h"

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };

/* A client over WebSocket that has got all so far. */
static struct front_conn *
ws_client(void)
{
	struct front_conn *c;
	uint8_t got[100];

	set_up();
	f->set.notsent_lowat = 0;
	c = secure_client(addr, 1);
	ATF_REQUIRE((c->ws = web_ws_new(NULL, NULL, NULL)) != NULL);
	turns();
	ATF_CHECK_EQ(client_received(got, sizeof(got), NULL),
	    2 + FRAME_SERVER_KEY_SIZE);
	return (c);
}

/* The head of a WebSocket frame and its content share a record. */
ATF_TC_WITHOUT_HEAD(one_record);
ATF_TC_BODY(one_record, tc)
{
	uint8_t text[50], got[200];
	struct front_conn *c = ws_client();
	unsigned int records = 0;

	memset(text, 'x', sizeof(text));
	conn_send(&c->conn, text, sizeof(text));
	turns();
	ATF_REQUIRE_EQ(client_received(got, sizeof(got), &records), 52);
	ATF_CHECK_EQ(records, 1);
	ATF_CHECK(memcmp(got, "\202\62", 2) == 0);
	ATF_CHECK(memcmp(got + 2, text, sizeof(text)) == 0);
}

/* One frame and one record for each 16 KiB. */
ATF_TC_WITHOUT_HEAD(long_output);
ATF_TC_BODY(long_output, tc)
{
	static uint8_t text[40000], got[50000];
	struct front_conn *c = ws_client();
	unsigned int records = 0;
	size_t n, at, k, have = 0;

	memset(text, 'x', sizeof(text));
	conn_send(&c->conn, text, sizeof(text));
	turns();
	n = client_received(got, sizeof(got), &records);
	ATF_CHECK_EQ(records, 3);
	ATF_CHECK_EQ(n, sizeof(text) + 3 * 4);
	for (at = 0; at + 4 <= n; at += 4 + k) {
		ATF_CHECK_EQ(got[at], 0x82);
		ATF_REQUIRE_EQ(got[at + 1], 126);
		k = (size_t)got[at + 2] << 8 | got[at + 3];
		have += k;
	}
	ATF_CHECK_EQ(at, n);
	ATF_CHECK_EQ(have, sizeof(text));
}

/* Without WebSocket there is no frame. */
ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	uint8_t got[200];
	unsigned int records = 0;
	struct front_conn *c;

	set_up();
	c = secure_client(addr, 1);
	conn_send(&c->conn, "behind", 6);
	turns();
	ATF_REQUIRE_EQ(client_received(got, sizeof(got), &records),
	    FRAME_SERVER_KEY_SIZE + 6);
	ATF_CHECK_EQ(records, 1);
	ATF_CHECK(memcmp(got + FRAME_SERVER_KEY_SIZE, "behind", 6) == 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_record);
	ATF_TP_ADD_TC(tp, long_output);
	ATF_TP_ADD_TC(tp, plain);
	return (atf_no_error());
}

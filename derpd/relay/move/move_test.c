/*
 * move_test: sessions go to another worker, and their clients notice nothing.
 */
#include "movefixture.h"

static struct side old, new;
static struct peer alice, bob;

/* Two workers that are one after the other. */
static void
begin(void)
{
	a_worker(&old, 0, 1, 1);
	a_worker(&new, 0, 1, 2);
}

static void
keys(uint8_t a[FRAME_KEY_LEN], uint8_t b[FRAME_KEY_LEN])
{
	key_of(&old, a, 0);
	key_of(&old, b, 1);
}

/* The client sends `n' packets to `dst', numbered from `number' on. */
static void
flood(struct side *s, struct peer *p, const uint8_t *dst, uint32_t number,
    unsigned int n, size_t size)
{
	uint8_t frame[FRAME_HDR_LEN + FRAME_KEY_LEN + 2000];

	for (; n > 0; n--, number++) {
		put(p, frame, packet(frame, dst, number, size, 0));
		turns(s);
	}
}

/* The client got packets from `number' on, each once and in order, and `n'. */
static void
check_flood(struct peer *p, uint32_t number, unsigned int n)
{
	const uint8_t *b;
	uint32_t len, got;
	uint8_t type;

	while ((type = next_frame(p, &b, &len)) != 0) {
		if (type != FRAME_RECV_PACKET)
			continue;
		memcpy(&got, b + len - sizeof(got), sizeof(got));
		ATF_REQUIRE_EQ(got, number);
		number++;
		ATF_REQUIRE(n-- > 0);
	}
	ATF_CHECK_EQ(n, 0);
}

ATF_TC_WITHOUT_HEAD(goes_on);
ATF_TC_BODY(goes_on, tc)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN], frame[1000];

	(void)tc;
	begin();
	keys(a, b);
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1302, 0);
	flood(&old, &alice, b, 0, 10, 100);
	get_all(&old, &bob);
	connect_move(&old, &new);
	/* What is sent meanwhile waits. */
	put(&alice, frame, packet(frame, b, 10, 200, 0));
	ATF_CHECK_EQ(move_all(&old, &new), 2);
	commit(&old, &new);
	flood(&new, &alice, b, 11, 9, 100);
	flood(&new, &bob, a, 0, 10, 1000);
	get_all(&new, &bob);
	get_all(&new, &alice);
	check_flood(&bob, 0, 20);
	check_flood(&alice, 0, 10);
	ATF_CHECK_EQ(new.r->stats->connections, 2);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, goes_on);
	return (atf_no_error());
}

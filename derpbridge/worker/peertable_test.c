/*
 * peertable_test: peers found by number, key and address.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "peertable.h"

static struct worker_peers ps;

static const uint8_t *
key(unsigned int n)
{
	static uint8_t k[IPC_KEYLEN];

	memset(k, 0x55, sizeof(k));
	memcpy(k, &n, sizeof(n));
	return (k);
}

static const uint8_t *
local(unsigned int n)
{
	static uint8_t a[WORKER_UDP_ADDR];

	a[0] = 127;
	a[1] = 128;
	a[2] = (uint8_t)(n >> 8);
	a[3] = (uint8_t)n;
	return (a);
}

static struct worker_peer *
add(unsigned int n)
{
	return (worker_peers_add(&ps, 1000 + n, key(n), local(n)));
}

/* Peer `n' is `p' by all three; NULL: by none. */
static void
check(unsigned int n, const struct worker_peer *p)
{
	ATF_CHECK_EQ(p, worker_peers_number(&ps, 1000 + n));
	ATF_CHECK_EQ(p, worker_peers_key(&ps, key(n)));
	ATF_CHECK_EQ(p, worker_peers_local(&ps, local(n)));
}

static void
remove_all(void)
{
	struct worker_peer *p;

	while ((p = TAILQ_FIRST(&ps.list)) != NULL)
		worker_peers_remove(&ps, p);
	ATF_CHECK_EQ(0, ps.n);
}

ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	struct worker_peer *v[200];
	unsigned int i;

	worker_peers_init(&ps);
	check(0, NULL);
	for (i = 0; i < 200; i++) {
		ATF_REQUIRE((v[i] = add(i)) != NULL);
		check(i, v[i]);
	}
	ATF_CHECK_EQ(200, ps.n);
	for (i = 0; i < 200; i += 3)
		worker_peers_remove(&ps, v[i]);
	for (i = 0; i < 200; i++)
		check(i, i % 3 == 0 ? NULL : v[i]);
	remove_all();
	for (i = 0; i < 200; i++)
		check(i, NULL);
}

/* The peer that was found last is not found any more once it is removed. */
ATF_TC_WITHOUT_HEAD(recent);
ATF_TC_BODY(recent, tc)
{
	struct worker_peer *p;

	worker_peers_init(&ps);
	ATF_REQUIRE((p = add(1)) != NULL);
	check(1, p);
	worker_peers_remove(&ps, p);
	check(1, NULL);
	ATF_REQUIRE((p = add(1)) != NULL);
	check(1, p);
	remove_all();
}

/* Another peer with the number, the key or the address of one is refused. */
ATF_TC_WITHOUT_HEAD(taken);
ATF_TC_BODY(taken, tc)
{
	struct worker_peer *p;

	worker_peers_init(&ps);
	ATF_REQUIRE((p = add(1)) != NULL);
	ATF_CHECK(worker_peers_add(&ps, 1001, key(2), local(2)) == NULL);
	ATF_CHECK(worker_peers_add(&ps, 1002, key(1), local(2)) == NULL);
	ATF_CHECK(worker_peers_add(&ps, 1002, key(2), local(1)) == NULL);
	check(1, p);
	check(2, NULL);
	ATF_CHECK_EQ(1, ps.n);
	remove_all();
}

ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	unsigned int i;

	worker_peers_init(&ps);
	for (i = 0; i < IPC_BRIDGE_MAXPEERS; i++)
		ATF_REQUIRE(add(i) != NULL);
	ATF_CHECK(add(i) == NULL);
	check(i, NULL);
	worker_peers_remove(&ps, TAILQ_FIRST(&ps.list));
	ATF_CHECK(add(i) != NULL);
	remove_all();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, find);
	ATF_TP_ADD_TC(tp, recent);
	ATF_TP_ADD_TC(tp, taken);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}

/*
 * pool_test: memory of packets: blocks don't overlap, have the stated size, and
 * return to the system.
 */
#include <sys/resource.h>
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "testmem.h"

#define MIB	(1024 * 1024)

static struct derp_pool pool;

struct piece {
	uint8_t	*p;
	size_t	 n, size;
	uint8_t	 mark;
};

static void
alloc(struct piece *b, size_t n, uint8_t mark)
{
	b->n = n;
	b->mark = mark;
	b->p = derp_pool_get(&pool, n, &b->size);
	ATF_REQUIRE(b->p != NULL);
	ATF_REQUIRE(b->size >= n);
	ATF_REQUIRE_EQ((uintptr_t)b->p % sizeof(void *), 0);
	memset(b->p, mark, n);
}

/* Check the content of a block, and free it. */
static void
release(struct piece *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		ATF_REQUIRE_EQ(b->p[i], b->mark);
	derp_pool_put(&pool, b->p, b->size);
	b->p = NULL;
}

/* At most a third of a block is unused. */
ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	struct piece b;
	size_t n;

	derp_pool_init(&pool);
	for (n = 1; n <= 70000; n += n < 10000 ? 1 : 997) {
		alloc(&b, n, (uint8_t)n);
		if (n <= 64)
			ATF_CHECK_EQ(b.size, 64);
		else if (n > 8192)
			ATF_CHECK(b.size - n < 65536);
		else
			ATF_CHECK_MSG(b.size - n < b.size / 3 + 1,
			    "%zu bytes take %zu", n, b.size);
		release(&b);
	}
	ATF_CHECK(derp_pool_mapped(&pool) <= 15 * POOL_SLAB);
}

/* Any sizes in any order. */
ATF_TC_WITHOUT_HEAD(random_order);
ATF_TC_BODY(random_order, tc)
{
	static struct piece v[2000];
	unsigned int i, k, seed = 1;

	derp_pool_init(&pool);
	for (i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		k = (seed >> 8) % 2000;
		if (v[k].p != NULL)
			release(&v[k]);
		else
			alloc(&v[k], seed % 64 == 0 ? 9000 + k :
			    1 + (seed >> 4) % (64U << (seed >> 29)),
			    (uint8_t)i);
	}
	for (k = 0; k < 2000; k++)
		if (v[k].p != NULL)
			release(&v[k]);
	for (i = 0; i < 10; i++)
		derp_pool_tick(&pool);
	ATF_CHECK(derp_pool_mapped(&pool) <= 15 * POOL_SLAB);
}

static void
flood(unsigned int n, size_t len)
{
	struct piece *v = calloc(n, sizeof(*v));
	size_t before = derp_pool_mapped(&pool);
	unsigned int i;

	ATF_REQUIRE(v != NULL);
	for (i = 0; i < n; i++)
		alloc(&v[i], len, (uint8_t)i);
	ATF_CHECK(derp_pool_mapped(&pool) >= (size_t)n * len);
	ATF_CHECK(derp_pool_mapped(&pool) <= before + (size_t)n * len * 3 / 2 +
	    MIB);
	for (i = 0; i < n; i++)
		release(&v[i]);
	free(v);
}

/* The memory of a flood returns to the system after ten ticks. */
ATF_TC_WITHOUT_HEAD(gives_back);
ATF_TC_BODY(gives_back, tc)
{
	static const size_t len[] = { 60, 1437, 5000, 65000 };
	size_t before, kept, after;
	unsigned int i;

	derp_pool_init(&pool);
	flood(10, 1437);
	before = base_test_resident();
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		flood((unsigned int)(100 * MIB / len[i]), len[i]);
	kept = derp_pool_mapped(&pool);
	for (i = 0; i < 10; i++)
		derp_pool_tick(&pool);
	ATF_CHECK(derp_pool_mapped(&pool) <= 15 * POOL_SLAB);
	after = base_test_resident();
	if (!POOL_SLABS)
		return;
	ATF_CHECK(kept > 50 * MIB);	/* for the next burst */
	ATF_CHECK_MSG(after < before + 8 * MIB, "%zu before, %zu after",
	    before, after);
}

/* Memory in use from tick to tick stays mapped. */
ATF_TC_WITHOUT_HEAD(keeps_what_is_used);
ATF_TC_BODY(keeps_what_is_used, tc)
{
	struct rusage ru;
	long faults;
	unsigned int i;

	if (!POOL_SLABS)
		atf_tc_skip("the allocator of the sanitizer is in use");
	derp_pool_init(&pool);
	flood(1000, 1437);
	derp_pool_tick(&pool);
	flood(1000, 1437);
	ATF_REQUIRE_EQ(getrusage(RUSAGE_SELF, &ru), 0);
	faults = ru.ru_minflt;
	for (i = 0; i < 100; i++) {
		derp_pool_tick(&pool);
		flood(1000, 1437);
	}
	ATF_REQUIRE_EQ(getrusage(RUSAGE_SELF, &ru), 0);
	ATF_CHECK_MSG(ru.ru_minflt - faults < 3000, "%ld page faults",
	    ru.ru_minflt - faults);
}

/* No more than the limit is mapped, and freed memory can be allocated again. */
ATF_TC_WITHOUT_HEAD(limited);
ATF_TC_BODY(limited, tc)
{
	static struct piece v[2000];
	size_t size;
	unsigned int n, i;

	derp_pool_init(&pool);
	derp_pool_limit(&pool, MIB);
	for (n = 0; n < 2000; n++) {
		if ((v[n].p = derp_pool_get(&pool, 1437, &v[n].size)) == NULL)
			break;
		v[n].n = 0;
		ATF_REQUIRE(derp_pool_mapped(&pool) <= MIB);
	}
	ATF_CHECK(n >= 500 && n <= MIB / 1437);
	ATF_CHECK(derp_pool_get(&pool, 65000, &size) == NULL);
	release(&v[--n]);
	alloc(&v[n], 1437, 1);
	for (i = 0; i <= n; i++)
		release(&v[i]);
	alloc(&v[0], 64, 2);		/* a slab shared with other blocks */
	release(&v[0]);
	alloc(&v[0], 700000, 3);		/* many of them */
	ATF_CHECK(derp_pool_mapped(&pool) <= MIB);
	release(&v[0]);
}

/* Two pools in one process are independent. */
ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	struct derp_pool other;
	struct piece b, v[100];
	size_t size, mapped;
	unsigned int i;
	void *p;

	derp_pool_init(&pool);
	derp_pool_init(&other);
	derp_pool_limit(&other, 0);
	alloc(&b, 1437, 1);
	ATF_CHECK(derp_pool_mapped(&pool) > 0);
	ATF_CHECK_EQ(derp_pool_mapped(&other), 0);
	ATF_CHECK(derp_pool_get(&other, 1437, &size) == NULL);
	derp_pool_limit(&other, MIB);
	ATF_REQUIRE((p = derp_pool_get(&other, 1437, &size)) != NULL);
	mapped = derp_pool_mapped(&other);
	for (i = 0; i < 100; i++)
		alloc(&v[i], 1437, (uint8_t)i);
	ATF_CHECK_EQ(derp_pool_mapped(&other), mapped);
	for (i = 0; i < 100; i++)
		release(&v[i]);
	release(&b);
	for (i = 0; i < 10; i++)
		derp_pool_tick(&pool);
	ATF_CHECK_EQ(derp_pool_mapped(&other), mapped);
	derp_pool_put(&other, p, size);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, random_order);
	ATF_TP_ADD_TC(tp, gives_back);
	ATF_TP_ADD_TC(tp, keeps_what_is_used);
	ATF_TP_ADD_TC(tp, limited);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}

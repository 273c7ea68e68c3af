/* The rendezvous of two peers, against a program in Go (hash/fnv). */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "rendezvous.h"

#define NELEMS(a)	(sizeof(a) / sizeof((a)[0]))

static const uint32_t ids[] = { 1, 2, 7, 900, 901, 902, 65536, 4294967295 };
static const char *const names[] =
    { "900a", "900b", "900c", "fra-1", "Fra-1", "x" };

/* Byte i of the key of a peer is number * 37 + i * 11. */
static const struct meeting {
	int		 a, b;
	uint32_t	 seed;
	uint32_t	 region;
	const char	*nodes;
} vectors[] = {
	{ 0, 1, 0x02e5a285, 65536, "Fra-1 x 900c 900b 900a fra-1" },
	{ 0, 2, 0xb0602025, 7, "x fra-1 900b Fra-1 900c 900a" },
	{ 0, 3, 0x0c713905, 4294967295, "fra-1 900a 900b 900c Fra-1 x" },
	{ 1, 2, 0x82741165, 901, "Fra-1 fra-1 900c 900b 900a x" },
	{ 1, 3, 0x11168c45, 7, "x Fra-1 900c 900b 900a fra-1" },
	{ 2, 3, 0x09049f65, 4294967295, "900a 900b 900c fra-1 x Fra-1" },
};

static void
make_key(int number, uint8_t key[WORKER_RENDEZVOUS_KEY])
{
	int i;

	for (i = 0; i < WORKER_RENDEZVOUS_KEY; i++)
		key[i] = (uint8_t)(number * 37 + i * 11);
}

static uint32_t
seed_of(int a, int b)
{
	uint8_t ka[WORKER_RENDEZVOUS_KEY], kb[WORKER_RENDEZVOUS_KEY];

	make_key(a, ka);
	make_key(b, kb);
	return (worker_rendezvous_seed(ka, kb));
}

ATF_TC_WITHOUT_HEAD(seed);
ATF_TC_BODY(seed, tc)
{
	size_t i;

	for (i = 0; i < NELEMS(vectors); i++) {
		ATF_CHECK_EQ(vectors[i].seed,
		    seed_of(vectors[i].a, vectors[i].b));
		ATF_CHECK_EQ(vectors[i].seed,
		    seed_of(vectors[i].b, vectors[i].a));
	}
}

ATF_TC_WITHOUT_HEAD(region);
ATF_TC_BODY(region, tc)
{
	uint32_t turned[NELEMS(ids)];
	size_t i, k;

	for (k = 0; k < NELEMS(ids); k++)
		turned[k] = ids[NELEMS(ids) - 1 - k];
	for (i = 0; i < NELEMS(vectors); i++) {
		k = worker_rendezvous_region(vectors[i].seed, ids,
		    NELEMS(ids));
		ATF_CHECK_EQ(vectors[i].region, ids[k]);
		k = worker_rendezvous_region(vectors[i].seed, turned,
		    NELEMS(ids));
		ATF_CHECK_EQ(vectors[i].region, turned[k]);
	}
	ATF_CHECK_EQ(0, worker_rendezvous_region(1, ids, 1));
	ATF_CHECK_EQ(0, worker_rendezvous_region(1, NULL, 0));
}

/* Collect the names in their order. */
static void
ordered(uint32_t seed, const char *const *v, size_t n, char *text, size_t size)
{
	size_t order[8], i, len = 0;

	worker_rendezvous_nodes(seed, v, n, order);
	text[0] = '\0';
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    i == 0 ? "" : " ", v[order[i]]);
}

ATF_TC_WITHOUT_HEAD(nodes);
ATF_TC_BODY(nodes, tc)
{
	char text[128];
	size_t i;

	for (i = 0; i < NELEMS(vectors); i++) {
		ordered(vectors[i].seed, names, NELEMS(names), text,
		    sizeof(text));
		ATF_CHECK_STREQ(vectors[i].nodes, text);
	}
	ordered(1, names, 1, text, sizeof(text));
	ATF_CHECK_STREQ("900a", text);
	worker_rendezvous_nodes(1, NULL, 0, NULL);
}

/* Two names with one hash (after the seed of 0 and 1): by name. */
ATF_TC_WITHOUT_HEAD(equal);
ATF_TC_BODY(equal, tc)
{
	const char *const a[] = { "n63938", "n288eb" };
	const char *const b[] = { "n288eb", "n63938" };
	char text[128];

	ordered(0x02e5a285, a, 2, text, sizeof(text));
	ATF_CHECK_STREQ("n288eb n63938", text);
	ordered(0x02e5a285, b, 2, text, sizeof(text));
	ATF_CHECK_STREQ("n288eb n63938", text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, seed);
	ATF_TP_ADD_TC(tp, region);
	ATF_TP_ADD_TC(tp, nodes);
	ATF_TP_ADD_TC(tp, equal);
	return (atf_no_error());
}

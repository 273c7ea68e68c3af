/*
 * choice_test: the nodes of a pair of peers by each policy.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"

static const char *const text = "{\"Regions\":{"
    "\"1\":{\"RegionID\":1,\"Nodes\":["
    "{\"Name\":\"1a\",\"HostName\":\"a.test\"},"
    "{\"Name\":\"1b\",\"HostName\":\"b.test\"},"
    "{\"Name\":\"1c\",\"HostName\":\"c.test\"}]},"
    "\"7\":{\"RegionID\":7,\"Nodes\":["
    "{\"Name\":\"7a\",\"HostName\":\"d.test\"}]}}}";

static struct map_places *m;
static const struct map_places_region *region;
static const struct map_places_node *v[WORKER_CHOICE_MAX];
static uint8_t a[IPC_KEYLEN], b[IPC_KEYLEN];

static size_t
choose(enum ipc_region_policy policy, uint64_t id)
{
	struct worker_choice c = { policy, id };

	return (worker_choice_make(m, &c, a, b, &region, v));
}

static void
read_map(const char *map)
{
	char why[200];

	m = map_places_read(map, strlen(map), why, sizeof(why));
	ATF_REQUIRE_MSG(m != NULL, "%s", why);
}

ATF_TC_WITHOUT_HEAD(fixed);
ATF_TC_BODY(fixed, tc)
{
	read_map(text);
	ATF_CHECK_EQ(1, choose(IPC_REGION_FIXED, 7));
	ATF_CHECK_EQ(7, region->id);
	ATF_CHECK_STREQ("7a", v[0]->name);
	ATF_CHECK_EQ(3, choose(IPC_REGION_FIXED, 1));
	ATF_CHECK_EQ(0, choose(IPC_REGION_FIXED, 2));
	/* Nothing is measured yet. */
	ATF_CHECK_EQ(0, choose(IPC_REGION_NEAREST, 0));
	ATF_CHECK_EQ(1, choose(IPC_REGION_NEAREST, 7));
	map_places_free(m);
}

/* Both ends come to the same region and order; pairs differ. */
ATF_TC_WITHOUT_HEAD(rendezvous);
ATF_TC_BODY(rendezvous, tc)
{
	const struct map_places_node *first[WORKER_CHOICE_MAX];
	const struct map_places_region *at;
	unsigned int in_seven = 0, i;
	uint8_t other[IPC_KEYLEN];
	size_t n;

	read_map(text);
	for (i = 0; i < 100; i++) {
		memset(a, (int)i, sizeof(a));
		memset(b, 0x80, sizeof(b));
		n = choose(IPC_REGION_RENDEZVOUS, 0);
		ATF_REQUIRE(n > 0);
		at = region;
		memcpy(first, v, sizeof(first));
		in_seven += region->id == 7;
		memcpy(other, a, sizeof(a));
		memcpy(a, b, sizeof(a));
		memcpy(b, other, sizeof(b));
		ATF_CHECK_EQ(n, choose(IPC_REGION_RENDEZVOUS, 0));
		ATF_CHECK_EQ(at, region);
		ATF_CHECK_EQ(0, memcmp(first, v, n * sizeof(v[0])));
	}
	ATF_CHECK(in_seven > 20 && in_seven < 80);
	map_places_free(m);
}

/* More nodes and regions than are compared. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	char *map;
	size_t len;
	FILE *f = open_memstream(&map, &len);
	unsigned int i;

	ATF_REQUIRE(f != NULL);
	fprintf(f, "{\"Regions\":{\"1\":{\"RegionID\":1,\"Nodes\":[");
	for (i = 0; i < 100; i++)
		fprintf(f, "%s{\"Name\":\"%u\",\"HostName\":\"a.test\"}",
		    i > 0 ? "," : "", i);
	fprintf(f, "]}");
	for (i = 2; i < 1200; i++)
		fprintf(f, ",\"%u\":{\"RegionID\":%u,\"Nodes\":[{\"Name\":"
		    "\"r%u\",\"HostName\":\"a.test\"}]}", i, i, i);
	fprintf(f, "}}");
	ATF_REQUIRE_EQ(0, fclose(f));
	read_map(map);
	ATF_CHECK_EQ(WORKER_CHOICE_MAX, choose(IPC_REGION_FIXED, 1));
	ATF_CHECK(choose(IPC_REGION_RENDEZVOUS, 0) > 0);
	map_places_free(m);
	free(map);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fixed);
	ATF_TP_ADD_TC(tp, rendezvous);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}

/*
 * mapdoc_test: a map comes through with all that is said of it; a message that
 * contradicts itself does not.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapdoc.h"

static const uint8_t body[] = "{\"Regions\":{}}";
static const uint8_t packed[] = { 0x1f, 0x8b, 8, 0 };

static void
fill(struct map_doc *d)
{
	memset(d, 0, sizeof(*d));
	d->index = 3;
	strlcpy(d->path, "/derpmap/default", sizeof(d->path));
	d->nhosts = 2;
	strlcpy(d->hosts[0], "map.example.com", sizeof(d->hosts[0]));
	strlcpy(d->hosts[1], "192.0.2.1", sizeof(d->hosts[1]));
	d->max_age = 60;
	d->mtime = 1234567890123ULL;
	memset(d->hash, 0xa5, sizeof(d->hash));
	d->body = body;
	d->len = sizeof(body) - 1;
	d->gzip = packed;
	d->gzip_len = sizeof(packed);
}

/* Through a message; what map_doc_get() says.  `w' holds the bytes of `b'. */
static int
pass(const struct map_doc *a, struct wr *w, struct map_doc *b)
{
	struct rd r;

	wr_init(w);
	map_doc_put(w, a);
	ATF_REQUIRE(wr_ok(w));
	rd_init(&r, w->p, w->len);
	return (map_doc_get(&r, b));
}

static void
check_alike(const struct map_doc *a, const struct map_doc *b)
{
	size_t i;

	ATF_CHECK_EQ(a->index, b->index);
	ATF_CHECK_STREQ(a->path, b->path);
	ATF_REQUIRE_EQ(a->nhosts, b->nhosts);
	for (i = 0; i < a->nhosts; i++)
		ATF_CHECK_STREQ(a->hosts[i], b->hosts[i]);
	ATF_CHECK_EQ(a->max_age, b->max_age);
	ATF_CHECK_EQ(a->mtime, b->mtime);
	ATF_CHECK_EQ(0, memcmp(a->hash, b->hash, sizeof(a->hash)));
	ATF_CHECK_EQ(a->body == NULL, b->body == NULL);
	ATF_REQUIRE_EQ(a->len, b->len);
	ATF_CHECK(a->len == 0 || memcmp(a->body, b->body, a->len) == 0);
	ATF_CHECK_EQ(a->gzip == NULL, b->gzip == NULL);
	ATF_REQUIRE_EQ(a->gzip_len, b->gzip_len);
	ATF_CHECK(a->gzip_len == 0 ||
	    memcmp(a->gzip, b->gzip, a->gzip_len) == 0);
}

static struct map_doc *
new(void)
{
	struct map_doc *d = malloc(sizeof(*d));

	ATF_REQUIRE(d != NULL);
	fill(d);
	return (d);
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	struct map_doc *a = new(), *b = new();
	struct wr w;

	ATF_REQUIRE_EQ(0, pass(a, &w, b));
	check_alike(a, b);
	wr_free(&w);
	a->gzip = NULL;
	a->gzip_len = 0;
	ATF_REQUIRE_EQ(0, pass(a, &w, b));
	check_alike(a, b);
	wr_free(&w);
	/* No good map yet, and it is for nobody. */
	a->body = NULL;
	a->len = a->nhosts = 0;
	ATF_REQUIRE_EQ(0, pass(a, &w, b));
	check_alike(a, b);
	wr_free(&w);
	free(a);
	free(b);
}

ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct map_doc *a = new(), *b = new();
	struct wr w;
	size_t i;

	a->nhosts = MAP_MAX_HOSTS;
	for (i = 0; i < MAP_MAX_HOSTS; i++) {
		memset(a->hosts[i], 'a', sizeof(a->hosts[i]) - 1);
		a->hosts[i][sizeof(a->hosts[i]) - 1] = '\0';
	}
	memset(a->path, '/', sizeof(a->path) - 1);
	ATF_REQUIRE_EQ(0, pass(a, &w, b));
	check_alike(a, b);
	wr_free(&w);
	free(a);
	free(b);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct map_doc *a = new(), *b = new();
	struct wr w;
	struct rd r;
	size_t i;

	ATF_REQUIRE_EQ(0, pass(a, &w, b));
	for (i = 0; i < w.len; i++) {
		rd_init(&r, w.p, i);
		ATF_CHECK_EQ_MSG(-1, map_doc_get(&r, b), "%zu bytes", i);
	}
	wr_u8(&w, 0);
	rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, map_doc_get(&r, b));
	wr_free(&w);
	strlcpy(a->path, "derpmap", sizeof(a->path));
	ATF_CHECK_EQ(-1, pass(a, &w, b));
	wr_free(&w);
	a->path[0] = '\0';
	ATF_CHECK_EQ(-1, pass(a, &w, b));
	wr_free(&w);
	fill(a);
	a->body = NULL;		/* yet there is a compressed one */
	ATF_CHECK_EQ(-1, pass(a, &w, b));
	wr_free(&w);
	free(a);
	free(b);
}

/* What a sender of ours would never write. */
ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	struct map_doc *d = new();
	struct wr w;
	struct rd r;
	char path[MAP_MAX_PATH + 1];
	size_t i;

	wr_init(&w);
	wr_u32(&w, 0);
	wr_str(&w, "/m");
	wr_u32(&w, MAP_MAX_HOSTS + 1);
	for (i = 0; i < MAP_MAX_HOSTS + 1; i++)
		wr_str(&w, "a");
	wr_bytes(&w, body, sizeof(body));
	rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, map_doc_get(&r, d));
	wr_free(&w);

	memset(path, '/', MAP_MAX_PATH);
	path[MAP_MAX_PATH] = '\0';
	for (i = 0; i < 3; i++) {
		wr_u32(&w, 0);
		wr_str(&w, i == 1 ? path : "/m");
		wr_u32(&w, 0);
		wr_u32(&w, 60);
		wr_u64(&w, 0);
		wr_bytes(&w, d->hash, sizeof(d->hash));
		wr_u8(&w, i == 2 ? 2 : 1);
		wr_blob(&w, body, sizeof(body));
		wr_blob(&w, NULL, 0);
		rd_init(&r, w.p, w.len);
		ATF_CHECK_EQ(i == 0 ? 0 : -1, map_doc_get(&r, d));
		wr_free(&w);
	}
	free(d);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, limits);

	return atf_no_error();
}

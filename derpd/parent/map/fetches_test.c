/*
 * fetches_test: which results fetch may send, and how many.
 */
#include <event2/event.h>

#include "parent.h"
#include "conf_fixture.h"

#define MAPS	"map { follow \"https://x.test/map\" every 60 " \
		"compare \"https://y.test/map\" path \"/derpmap/a\" }\n" \
		"map \"/b.json\" { compare \"https://z.test/map\" }\n"
#define FOLLOWED	0xff
#define BURST		16
#define RESULT_MS	5000

static struct parent		 d;
static struct mapset_map	 maps[2];

static void
begin(void)
{
	const struct conf_map *cm;

	d.super.base = event_base_new();
	mapset_checker_init(&d);
	d.conf = good(NAME CERT RELAY MAPS);
	d.maps.v = maps;
	d.maps.generation = 3;
	TAILQ_FOREACH(cm, &d.conf->maps, entry) {
		maps[d.maps.n].d = &d;
		maps[d.maps.n].index = (uint32_t)d.maps.n;
		maps[d.maps.n].conf = cm;
		maps[d.maps.n].nothers = 1;
		maps[d.maps.n++].others[0].url = "https://y.test/";
	}
}

/* A result for a server of a map, in this configuration. */
static int
result(uint32_t generation, uint32_t map, uint32_t server, int what,
    size_t len, uint64_t now)
{
	static uint8_t body[MAP_MAX_SIZE + 1], hash[IPC_MAP_HASH_LEN];
	struct ipc_msg_fetch_result v = {
		.id = generation << 16 | map << 8 | server,
		.what = (enum ipc_fetch_result)what,
		.why = what == FETCH_FAILED ? "no answer" : "",
		.hash = hash,
		.body = body,
		.len = len
	};

	return (mapset_fetch_result(&d, &v, now));
}

static int
same(uint64_t now)
{
	return (result(3, 0, FOLLOWED, FETCH_SAME, 0, now));
}

/* Results that were not requested, and maps that are too large. */
ATF_TC_WITHOUT_HEAD(own);
ATF_TC_BODY(own, tc)
{
	begin();
	ATF_CHECK_EQ(0, same(0));
	ATF_CHECK_EQ(0, result(3, 1, 0, FETCH_SAME, 0, 0));
	ATF_CHECK_EQ_MSG(-1, result(3, 1, FOLLOWED, FETCH_SAME, 0, 0),
	    "a map from a file was said to be fetched");
	ATF_CHECK_EQ(-1, result(3, 2, FOLLOWED, FETCH_SAME, 0, 0));
	ATF_CHECK_EQ(-1, result(3, 0, 1, FETCH_SAME, 0, 0));
	ATF_CHECK_EQ(-1, result(3, 0, FOLLOWED, FETCH_NEW, MAP_MAX_SIZE + 1,
	    0));
	/* Results of the configuration before are ignored. */
	ATF_CHECK_EQ(0, result(2, 7, 7, FETCH_SAME, 0, 0));
}

/* A source has a few results at once, then one every five seconds. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	uint64_t now = 1000000;
	int i;

	begin();
	for (i = 0; i < BURST; i++)
		ATF_REQUIRE_EQ_MSG(0, same(now), "result %d", i);
	ATF_CHECK_EQ(-1, same(now));
	/* Each source has a limit of its own. */
	for (i = 0; i < BURST; i++)
		ATF_REQUIRE_EQ(0, result(3, 0, 0, FETCH_FAILED, 0, now));
	ATF_CHECK_EQ(-1, result(3, 0, 0, FETCH_FAILED, 0, now));
	ATF_CHECK_EQ(0, result(3, 1, 0, FETCH_SAME, 0, now));
	ATF_CHECK_EQ(-1, same(now + RESULT_MS - 1));
	ATF_CHECK_EQ(0, same(now + RESULT_MS));
	ATF_CHECK_EQ(-1, same(now + RESULT_MS));
	for (i = 2; i < 1000; i++)
		ATF_REQUIRE_EQ(0, same(now + (uint64_t)i * RESULT_MS));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, own);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}

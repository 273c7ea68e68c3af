/*
 * ratefile_test: the rate of clients from a file as derper reads it.
 */
#include "admitsetfixture.h"
#include "filewatch.h"

#define RATE	"\"PerClientRateLimitBytesPerSec\""
#define BURST	"\"PerClientRateBurstBytes\""

static struct admitset_rate	 r;
static char			 err[256];

static int
parse(const char *text)
{
	r.rate = r.burst = 99;
	err[0] = '\0';
	return (admitset_rate_parse("/r", text, strlen(text), &r, err,
	    sizeof(err)));
}

static void
gives(const char *text, uint64_t rate, uint64_t burst)
{
	ATF_CHECK_MSG(parse(text) == 0, "%s: %s", text, err);
	ATF_CHECK_MSG(r.rate == rate && r.burst == burst, "%s: %llu, %llu",
	    text, (unsigned long long)r.rate, (unsigned long long)r.burst);
}

static void
refuses(const char *text, const char *why)
{
	ATF_CHECK_MSG(parse(text) == -1, "%s", text);
	ATF_CHECK_STREQ(why, err);
	ATF_CHECK_EQ(0, r.rate);
	ATF_CHECK_EQ(0, r.burst);
}

/* The cases of TestLoadRateConfig, and of UpdateRateLimits. */
ATF_TC_WITHOUT_HEAD(derper);
ATF_TC_BODY(derper, tc)
{
	gives("{" RATE ": 1250000, " BURST ": 2000000}", 1250000, 2000000);
	gives("{" RATE ": 1, " BURST ": 2}", 1, 65568);
	gives("{" RATE ": 1}", 1, 65568);
	gives("{" RATE ": 0, " BURST ": 0}", 0, 0);
	gives("{" BURST ": 100000}", 0, 0);
	gives("{}", 0, 0);
	gives("\n{\n}\n", 0, 0);
	/* Go ignores case and other members; the last value counts. */
	gives("{\"perclientratelimitbytespersec\": 5, \"x\": [1, {}], " BURST
	    ": 70000}", 5, 70000);
	gives("{" RATE ": 5, " RATE ": 6}", 6, 65568);
	gives("{" RATE ": 5, " BURST ": null}", 5, 65568);
	/* No relay is faster. */
	gives("{" RATE ": 9223372036854775807, " BURST
	    ": 9223372036854775807}", UINT64_C(1) << 33, UINT64_C(1) << 33);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	refuses("{" RATE ": \"1\"}", "/r:1: PerClientRateLimitBytesPerSec: "
	    "expected a number of bytes");
	refuses("{" RATE ": 5,\n\n" BURST ": -1}", "/r:3: "
	    "PerClientRateBurstBytes: expected a number of bytes");
	refuses("{" RATE ": 1.5}", "/r:1: PerClientRateLimitBytesPerSec: "
	    "expected a number of bytes");
	refuses("[]", "/r:1: expected an object, such as {\"PerClientRateLimit"
	    "BytesPerSec\": 2097152, \"PerClientRateBurstBytes\": 8388608}");
	ATF_CHECK_EQ(-1, parse("{\n" RATE ": 5\n"));
	ATF_CHECK_MSG(strncmp(err, "/r:3: not JSON: ", 16) == 0, "%s", err);
	ATF_CHECK_EQ(-1, parse(""));
	ATF_CHECK_MSG(strncmp(err, "/r:1: not JSON: ", 16) == 0, "%s", err);
	ATF_CHECK_EQ(-1, parse("\xef\xbb\xbf{}"));
	ATF_CHECK_MSG(strncmp(err, "/r:1: begins with a byte order mark",
	    35) == 0, "%s", err);
}

/* From the statement, or from the file of the configuration. */
ATF_TC_WITHOUT_HEAD(sources);
ATF_TC_BODY(sources, tc)
{
	struct watch_file	*w;
	struct conf		*c;
	char			 text[PATH_MAX + 256], line[PATH_MAX + 256];

	begin("");
	ATF_CHECK_EQ(0, admitset_rate_get(&d, d.conf, &r, &w));
	ATF_CHECK(r.rate == 0 && r.burst == 0 && w == NULL);
	c = good(NAME CERT "relay { client rate 2M burst 8M }\n");
	ATF_CHECK_EQ(0, admitset_rate_get(&d, c, &r, &w));
	ATF_CHECK(r.rate == 2 << 20 && r.burst == 8 << 20 && w == NULL);
	snprintf(text, sizeof(text), NAME CERT "relay {\nclient rate file "
	    "\"%s/rate\" }\n", cwd);
	c = good(text);
	log_capture(line, sizeof(line));
	ATF_CHECK_EQ(-1, admitset_rate_get(&d, c, &r, &w));
	log_capture(NULL, 0);
	snprintf(text, sizeof(text), CONF ":4: %s/rate: No such file or "
	    "directory", cwd);
	ATF_CHECK_MSG(strncmp(line, text, strlen(text)) == 0, "%s", line);
	watch_file_free(w);
	/* What anybody can write, the parent does not parse. */
	put("rate", "{" RATE ": 7}");
	ATF_REQUIRE_EQ(0, chmod("rate", 0666));
	log_capture(line, sizeof(line));
	ATF_CHECK_EQ(-1, admitset_rate_get(&d, c, &r, &w));
	log_capture(NULL, 0);
	snprintf(text, sizeof(text), CONF ":4: %s/rate: everybody can change "
	    "it: chmod o-w", cwd);
	ATF_CHECK_STREQ(text, line);
	watch_file_free(w);
	ATF_REQUIRE_EQ(0, chmod("rate", 0644));
	ATF_CHECK_EQ(0, admitset_rate_get(&d, c, &r, &w));
	ATF_CHECK(r.rate == 7 && r.burst == 65568 && w != NULL);
	/* A change begins a generation. */
	turns = 0;
	put("rate", "{" RATE ": 8 }");
	while (turns == 0)
		ATF_REQUIRE_EQ(0, event_base_loop(d.super.base, EVLOOP_ONCE));
	ATF_CHECK_EQ(GEN_RATE, TAILQ_FIRST(&d.gens.queue)->kind);
	watch_file_free(w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, derper);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, sources);
	return (atf_no_error());
}

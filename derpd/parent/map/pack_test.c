/*
 * pack_test: maps compressed by gzip.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mapcheck.h"
#include "pack.h"

static char	text[MAP_MAX_SIZE];
static uint8_t	out[MAP_MAX_SIZE + 1];

/* The output is smaller, and unpacks to the same bytes. */
static void
check(size_t len)
{
	z_stream z;
	uint8_t *p, *again;
	size_t n, m;

	ATF_REQUIRE((p = mapset_pack_gzip(text, len, &n)) != NULL);
	ATF_CHECK(n < len);
	/* No name and no time: two servers make the same bytes. */
	ATF_CHECK(memcmp(p, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
	ATF_REQUIRE((again = mapset_pack_gzip(text, len, &m)) != NULL);
	ATF_CHECK(n == m && memcmp(p, again, n) == 0);
	memset(&z, 0, sizeof(z));
	ATF_REQUIRE_EQ(Z_OK, inflateInit2(&z, 15 + 16));
	z.next_in = p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = sizeof(out);
	ATF_CHECK_EQ(Z_STREAM_END, inflate(&z, Z_FINISH));
	ATF_CHECK(z.avail_in == 0 && z.total_out == len &&
	    memcmp(out, text, len) == 0);
	inflateEnd(&z);
	free(p);
	free(again);
}

ATF_TC_WITHOUT_HEAD(smaller);
ATF_TC_BODY(smaller, tc)
{
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = "{\"Regions\": 900}\n"[i % 18];
	check(sizeof(text));
	check(1000);
	check(100);
}

/* Bytes that do not get smaller are not compressed. */
ATF_TC_WITHOUT_HEAD(not_smaller);
ATF_TC_BODY(not_smaller, tc)
{
	size_t i, n = 1;
	uint32_t v = 1;

	for (i = 0; i < sizeof(text); i++) {
		v = v * 1664525 + 1013904223;
		text[i] = (char)(v >> 24);
	}
	ATF_CHECK(mapset_pack_gzip(text, sizeof(text), &n) == NULL);
	ATF_CHECK_EQ(0, n);
	for (i = 0; i < 20; i++) {
		n = 1;
		ATF_CHECK(mapset_pack_gzip("{}{}", i < 4 ? i : 4, &n) == NULL);
		ATF_CHECK_EQ(0, n);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, smaller);
	ATF_TP_ADD_TC(tp, not_smaller);
	return (atf_no_error());
}

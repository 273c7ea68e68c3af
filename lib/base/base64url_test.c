/*
 * base64url_test: Tests the vectors of RFC 4648, every byte value, and invalid
 * base64url.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "base64url.h"

ATF_TC_WITHOUT_HEAD(vectors);
ATF_TC_BODY(vectors, tc)
{
	static const char	*t[][2] = { { "", "" }, { "f", "Zg" },
	    { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
	    { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
	    { "\xfb\xff\xfe", "-__-" } };
	uint8_t			 back[8];
	char			 text[16];
	size_t			 i, n;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strlen(t[i][0]);
		ATF_CHECK_EQ(strlen(t[i][1]), BASE64URL_LEN(n));
		ATF_CHECK_EQ(strlen(t[i][1]), base64url_put(text, t[i][0], n));
		ATF_CHECK_STREQ(t[i][1], text);
		ATF_REQUIRE_EQ((long)n, base64url_get(back, n, text,
		    strlen(text)));
		ATF_CHECK_EQ(0, memcmp(back, t[i][0], n));
	}
}

ATF_TC_WITHOUT_HEAD(every_byte);
ATF_TC_BODY(every_byte, tc)
{
	uint8_t	in[256], out[256];
	char	text[BASE64URL_LEN(sizeof(in)) + 1];
	size_t	i, n;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 167 + 13);
	for (n = 0; n <= sizeof(in); n++) {
		ATF_REQUIRE_EQ(BASE64URL_LEN(n), base64url_put(text, in, n));
		ATF_REQUIRE_EQ((long)n, base64url_get(out, n, text,
		    strlen(text)));
		ATF_REQUIRE_EQ(0, memcmp(in, out, n));
		if (n > 0)
			ATF_CHECK_EQ_MSG(-1, base64url_get(out, n - 1, text,
			    strlen(text)), "did not fit");
	}
}

ATF_TC_WITHOUT_HEAD(alphabet);
ATF_TC_BODY(alphabet, tc)
{
	char	text[5] = "AAAA";
	uint8_t	out[3];
	int	c, good;

	for (c = 0; c < 256; c++) {
		good = c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
		    "mnopqrstuvwxyz0123456789-_", c) != NULL;
		text[1] = (char)c;
		ATF_CHECK_EQ_MSG(good ? 3 : -1, base64url_get(out, 3, text, 4),
		    "%d", c);
		if (c != 0)
			ATF_CHECK_EQ_MSG(good, base64url_is(text, 4), "%d", c);
	}
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const char	*t[] = { "A", "AAAAA", "Zg==", "Zm8=", "Zh",
	    "Zm9", "Zm 9", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v" };
	uint8_t			 out[16], zero[16] = { 0 };
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(-1, base64url_get(out, sizeof(out), t[i],
		    strlen(t[i])), "%s", t[i]);
	memset(out, 1, sizeof(out));
	ATF_CHECK_EQ(-1, base64url_get(out, sizeof(out), "____!A", 6));
	ATF_CHECK_EQ_MSG(0, memcmp(out, zero, 4), "something was left behind");
	ATF_CHECK_EQ(0, base64url_is("", 4));
	ATF_CHECK_EQ(0, base64url_is("AAAAA", 4));
	ATF_CHECK_EQ(1, base64url_is("A", 4));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, vectors);
	ATF_TP_ADD_TC(tp, every_byte);
	ATF_TP_ADD_TC(tp, alphabet);
	ATF_TP_ADD_TC(tp, malformed);
	return atf_no_error();
}

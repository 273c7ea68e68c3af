/*
 * hex_test: Tests every byte value as hexadecimal text, and every character
 * that is not a hexadecimal digit.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"

ATF_TC_WITHOUT_HEAD(every_byte);
ATF_TC_BODY(every_byte, tc)
{
	char	want[3], got[3];
	uint8_t	b, back;
	int	i;

	for (i = 0; i < 256; i++) {
		b = (uint8_t)i;
		snprintf(want, sizeof(want), "%02x", i);
		base_hex_put(got, &b, 1);
		ATF_CHECK_STREQ(want, got);
		ATF_REQUIRE_EQ(0, base_hex_get(&back, 1, want));
		ATF_CHECK_EQ(b, back);
		snprintf(want, sizeof(want), "%02X", i);
		ATF_REQUIRE_EQ(0, base_hex_get(&back, 1, want));
		ATF_CHECK_EQ(b, back);
	}
}

ATF_TC_WITHOUT_HEAD(no_digit);
ATF_TC_BODY(no_digit, tc)
{
	char	s[3];
	uint8_t	b;
	int	c, good;

	for (c = 0; c < 256; c++) {
		good = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
		s[0] = (char)c;
		s[1] = '0';
		s[2] = '\0';
		ATF_CHECK_EQ_MSG(good ? 0 : -1, base_hex_get(&b, 1, s), "%d 0",
		    c);
		s[0] = '0';
		s[1] = (char)c;
		ATF_CHECK_EQ_MSG(good ? 0 : -1, base_hex_get(&b, 1, s), "0 %d",
		    c);
	}
}

ATF_TC_WITHOUT_HEAD(short_text);
ATF_TC_BODY(short_text, tc)
{
	uint8_t	b[4] = { 1, 2, 3, 4 }, zero[4] = { 0 };

	ATF_CHECK_EQ(-1, base_hex_get(b, sizeof(b), "a1b2c"));
	ATF_CHECK_EQ_MSG(0, memcmp(b, zero, sizeof(b)),
	    "half a key was left behind");
}

ATF_TC_WITHOUT_HEAD(empty);
ATF_TC_BODY(empty, tc)
{
	char	s[1] = { 'x' };
	uint8_t	b = 7;

	base_hex_put(s, &b, 0);
	ATF_CHECK_EQ('\0', s[0]);
	ATF_CHECK_EQ(0, base_hex_get(&b, 0, "zz"));
	ATF_CHECK_EQ(7, b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_byte);
	ATF_TP_ADD_TC(tp, no_digit);
	ATF_TP_ADD_TC(tp, short_text);
	ATF_TP_ADD_TC(tp, empty);
	return atf_no_error();
}

/*
 * utf8_test: Tests every code point, and the sequences that RFC 3629 forbids.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* Encode `cp' in `n' bytes, even if overlong.  Returns `n'. */
static size_t
encode(unsigned char *p, uint32_t cp, size_t n)
{
	static const unsigned char	 lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t				 i;

	for (i = n; i-- > 1; cp >>= 6)
		p[i] = (unsigned char)(0x80 | (cp & 0x3f));
	p[0] = (unsigned char)(lead[n] | cp);
	return (n);
}

static size_t
bytes_of(uint32_t cp)
{
	if (cp < 0x80)
		return (1);
	return (cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	unsigned char	 p[4];
	uint32_t	 cp, got;
	size_t		 n, want;

	for (cp = 0; cp < 0x1fffff; cp++) {
		n = encode(p, cp, bytes_of(cp));
		want = cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff) ? 0 : n;
		ATF_REQUIRE_MSG(json_utf8(p, n, &got) == want, "U+%x", cp);
		ATF_REQUIRE_MSG(want == 0 || got == cp, "U+%x", cp);
		/* A truncated sequence is invalid. */
		if (n > 1)
			ATF_REQUIRE_EQ(0, json_utf8(p, n - 1, &got));
	}
}

ATF_TC_WITHOUT_HEAD(overlong);
ATF_TC_BODY(overlong, tc)
{
	unsigned char	 p[4];
	uint32_t	 cp, got;
	size_t		 n;

	for (cp = 0; cp < 0x10000; cp++)
		for (n = bytes_of(cp) + 1; n <= 4; n++) {
			encode(p, cp, n);
			ATF_REQUIRE_MSG(json_utf8(p, n, &got) == 0,
			    "U+%x in %zu bytes", cp, n);
		}
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	unsigned char	 p[4];
	uint32_t	 got;
	unsigned int	 c;
	size_t		 i;

	/* Continuation bytes and invalid lead bytes begin no sequence. */
	memset(p, 0x80, sizeof(p));
	for (c = 0x80; c < 0x100; c++)
		if (c < 0xc2 || c > 0xf4) {
			p[0] = (unsigned char)c;
			ATF_CHECK_EQ(0, json_utf8(p, sizeof(p), &got));
		}
	/* Each byte after the first must be a continuation byte. */
	for (i = 1; i < 4; i++)
		for (c = 0; c < 0x100; c++) {
			encode(p, 0x10000, 4);
			p[i] = (unsigned char)c;
			if ((c & 0xc0) != 0x80)
				ATF_CHECK_EQ(0, json_utf8(p, 4, &got));
		}
}

ATF_TC_WITHOUT_HEAD(controls);
ATF_TC_BODY(controls, tc)
{
	static const uint32_t	 yes[] = { 0, 0x1b, 0x1f, 0x7f, 0x80, 0x9b,
				    0x9f, 0x61c, 0x200e, 0x200f, 0x2028,
				    0x202e, 0x2066, 0x2069 };
	static const uint32_t	 no[] = { ' ', '~', 0xa0, 0xe4, 0x61b, 0x200d,
				    0x2010, 0x2027, 0x202f, 0x2065, 0x206a,
				    0x10ffff };
	size_t			 i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ATF_CHECK_MSG(json_is_control(yes[i]), "U+%x", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ATF_CHECK_MSG(!json_is_control(no[i]), "U+%x", no[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, overlong);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, controls);
	return (atf_no_error());
}

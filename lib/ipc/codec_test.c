/*
 * codec_test: Tests that values are read back as written, and that every
 * truncation and malformed length is detected and remains an error.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

/* Write one value of each type. */
static void
write_all(struct ipc_wr *w)
{
	ipc_wr_init(w);
	ipc_wr_u8(w, 0x01);
	ipc_wr_u16(w, 0x0203);
	ipc_wr_u32(w, 0x04050607);
	ipc_wr_u64(w, 0x08090a0b0c0d0e0fULL);
	ipc_wr_bytes(w, "raw", 3);
	ipc_wr_blob(w, "bl\0b", 4);
	ipc_wr_str(w, "text");
	ipc_wr_str(w, NULL);
}

ATF_TC_WITHOUT_HEAD(big_endian);
ATF_TC_BODY(big_endian, tc)
{
	static const uint8_t	want[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		'r', 'a', 'w', 0, 0, 0, 4, 'b', 'l', 0, 'b',
		0, 0, 0, 4, 't', 'e', 'x', 't', 0, 0, 0, 0, 0, 0
	};
	struct ipc_wr		w;

	write_all(&w);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ATF_REQUIRE_EQ(sizeof(want), w.len);
	ATF_CHECK_EQ(0, memcmp(want, w.p, w.len));
	ipc_wr_free(&w);
	ATF_CHECK_EQ(0, w.len);
	ATF_CHECK(w.p == NULL);
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	struct ipc_wr	 w;
	struct ipc_rd	 r;
	const uint8_t	*p;
	char		 s[5];
	uint8_t		 raw[3];
	size_t		 n;

	write_all(&w);
	ipc_rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(0x01, ipc_rd_u8(&r));
	ATF_CHECK_EQ(0x0203, ipc_rd_u16(&r));
	ATF_CHECK_EQ(0x04050607, ipc_rd_u32(&r));
	ATF_CHECK(ipc_rd_u64(&r) == 0x08090a0b0c0d0e0fULL);
	ipc_rd_bytes(&r, raw, sizeof(raw));
	ATF_CHECK_EQ(0, memcmp(raw, "raw", 3));
	ATF_REQUIRE((p = ipc_rd_blob(&r, &n)) != NULL);
	ATF_CHECK_EQ(4, n);
	ATF_CHECK_EQ(0, memcmp(p, "bl\0b", 4));
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("text", s);
	ATF_CHECK(ipc_rd_ok(&r) && !ipc_rd_end(&r));
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("", s);
	ATF_CHECK(ipc_rd_end(&r));
	ipc_wr_free(&w);
}

/* Read one value of each type; 1 when all were read up to the end. */
static int
read_all(const uint8_t *p, size_t len)
{
	struct ipc_rd	r;
	char		s[8];
	uint8_t		raw[3];
	size_t		n;

	ipc_rd_init(&r, p, len);
	ipc_rd_u8(&r);
	ipc_rd_u16(&r);
	ipc_rd_u32(&r);
	ipc_rd_u64(&r);
	ipc_rd_bytes(&r, raw, sizeof(raw));
	ipc_rd_blob(&r, &n);
	ipc_rd_str(&r, s, sizeof(s));
	ipc_rd_str(&r, s, sizeof(s));
	return ipc_rd_end(&r);
}

ATF_TC_WITHOUT_HEAD(truncated);
ATF_TC_BODY(truncated, tc)
{
	struct ipc_wr	 w;
	uint8_t		*p;
	size_t		 n;

	write_all(&w);
	ATF_CHECK(read_all(w.p, w.len));
	for (n = 0; n < w.len; n++) {
		/* On the heap, so that the sanitizer detects an overread. */
		ATF_REQUIRE((p = malloc(n + 1)) != NULL);
		memcpy(p, w.p, n);
		ATF_CHECK_MSG(!read_all(p, n), "%zu bytes were enough", n);
		free(p);
	}
	ipc_wr_u8(&w, 0);
	ATF_CHECK_MSG(!read_all(w.p, w.len), "a byte too many was taken");
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(sticky);
ATF_TC_BODY(sticky, tc)
{
	struct ipc_rd	r;
	uint8_t		raw[2] = { 7, 7 };
	char		s[4] = "abc";
	size_t		n = 9;

	ipc_rd_init(&r, "\1\2\3", 3);
	ATF_CHECK_EQ(0, ipc_rd_u32(&r));
	ATF_CHECK(!ipc_rd_ok(&r));
	ATF_CHECK_EQ(0, ipc_rd_u8(&r));
	ATF_CHECK(ipc_rd_ptr(&r, 1) == NULL);
	ATF_CHECK(ipc_rd_blob(&r, &n) == NULL);
	ATF_CHECK_EQ(0, n);
	ipc_rd_bytes(&r, raw, sizeof(raw));
	ATF_CHECK(raw[0] == 0 && raw[1] == 0);
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("", s);
	ATF_CHECK(!ipc_rd_ok(&r) && !ipc_rd_end(&r));
}

ATF_TC_WITHOUT_HEAD(strings);
ATF_TC_BODY(strings, tc)
{
	struct ipc_rd	r;
	const char	*p;
	char		s[4];

	ipc_rd_init(&r, "\0\0\0\3abc\0", 8);
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("abc", s);
	ATF_CHECK(ipc_rd_end(&r));
	ipc_rd_init(&r, "\0\0\0\3abc\0", 8);
	p = ipc_rd_cstr(&r, 4);
	ATF_CHECK_STREQ("abc", p);
	ATF_CHECK(ipc_rd_end(&r));
	ipc_rd_init(&r, "\0\0\0\4abcd\0", 9);
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("", s);
	ATF_CHECK_MSG(!ipc_rd_ok(&r), "no room for the terminator");
	ipc_rd_init(&r, "\0\0\0\3a\0c\0", 8);
	ipc_rd_str(&r, s, sizeof(s));
	ATF_CHECK_STREQ("", s);
	ATF_CHECK_MSG(!ipc_rd_ok(&r), "a NUL within");
	ipc_rd_init(&r, "\0\0\0\3abcd", 8);
	ATF_CHECK_STREQ("", ipc_rd_cstr(&r, 9));
	ATF_CHECK_MSG(!ipc_rd_ok(&r), "no NUL at the end");
	ipc_rd_init(&r, "\0\0\0\3abc", 7);
	ATF_CHECK_STREQ("", ipc_rd_cstr(&r, 9));
	ATF_CHECK_MSG(!ipc_rd_ok(&r), "the NUL is missing");
}

ATF_TC_WITHOUT_HEAD(huge_blob);
ATF_TC_BODY(huge_blob, tc)
{
	struct ipc_rd	r;
	size_t		n = 9;

	ipc_rd_init(&r, "\xff\xff\xff\xff" "abcd", 8);
	ATF_CHECK(ipc_rd_blob(&r, &n) == NULL);
	ATF_CHECK_EQ(0, n);
	ATF_CHECK(!ipc_rd_ok(&r));
}

ATF_TC_WITHOUT_HEAD(empty);
ATF_TC_BODY(empty, tc)
{
	struct ipc_rd	r;
	struct ipc_wr	w;
	size_t		n = 9;

	ipc_rd_init(&r, NULL, 0);
	ATF_CHECK(ipc_rd_end(&r));
	ATF_CHECK_EQ(0, ipc_rd_u8(&r));
	ATF_CHECK(!ipc_rd_ok(&r));
	ipc_rd_init(&r, "\0\0\0\0", 4);
	ATF_CHECK(ipc_rd_blob(&r, &n) != NULL);
	ATF_CHECK_EQ(0, n);
	ATF_CHECK(ipc_rd_end(&r));
	ipc_wr_init(&w);
	ATF_CHECK(ipc_wr_ok(&w));
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(growth);
ATF_TC_BODY(growth, tc)
{
	struct ipc_wr	w;
	struct ipc_rd	r;
	uint32_t	i;

	ipc_wr_init(&w);
	for (i = 0; i < 100000; i++)
		ipc_wr_u32(&w, i);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ATF_REQUIRE_EQ(400000, w.len);
	ipc_rd_init(&r, w.p, w.len);
	for (i = 0; i < 100000; i++)
		ATF_REQUIRE_EQ(i, ipc_rd_u32(&r));
	ATF_CHECK(ipc_rd_end(&r));
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(fixed);
ATF_TC_BODY(fixed, tc)
{
	struct ipc_wr	w;
	uint8_t		buf[5] = { 0, 0, 0, 0, 7 };

	ipc_wr_fixed(&w, buf, 4);
	ipc_wr_u32(&w, 0x01020304);
	ATF_CHECK(ipc_wr_ok(&w) && w.len == 4 && w.p == buf);
	ATF_CHECK_EQ(0, memcmp(buf, "\1\2\3\4", 4));
	ipc_wr_u8(&w, 5);
	ATF_CHECK_EQ(EMSGSIZE, w.bad);
	ATF_CHECK_EQ(7, buf[4]);
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fixed);
	ATF_TP_ADD_TC(tp, big_endian);
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, truncated);
	ATF_TP_ADD_TC(tp, sticky);
	ATF_TP_ADD_TC(tp, strings);
	ATF_TP_ADD_TC(tp, huge_blob);
	ATF_TP_ADD_TC(tp, empty);
	ATF_TP_ADD_TC(tp, growth);
	return atf_no_error();
}

/*
 * buf_test: a growing buffer returns its input, and uses no more memory than
 * necessary.
 */
#include <sys/types.h>
#include <atf-c.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

#define CHUNK	5000
#define PIECE	250
#define MARK	0x5a

static unsigned int	seed = 1;
static uint64_t		in, out;	/* bytes so far */

static unsigned int
upto(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return ((seed >> 8) % n + 1);
}

/* Return the byte at position `i' of an endless stream. */
static uint8_t
byte_at(uint64_t i)
{
	return ((uint8_t)(i * 2654435761u >> 16));
}

static void
add(struct conn_buf *b, size_t n)
{
	uint8_t v[CHUNK];
	size_t i;

	ATF_REQUIRE(n <= sizeof(v));
	for (i = 0; i < n; i++)
		v[i] = byte_at(in++);
	ATF_REQUIRE_EQ(conn_buf_add(b, v, n), 0);
	ATF_REQUIRE(b->b->len <= b->b->cap);
}

static void
drain(struct conn_buf *b, size_t n)
{
	size_t i;

	if (n > conn_buf_left(b))
		n = conn_buf_left(b);
	for (i = 0; i < n; i += 97)
		ATF_REQUIRE_EQ(conn_buf_head(b)[i], byte_at(out + i));
	out += n;
	conn_buf_drain(b, n);
}

ATF_TC_WITHOUT_HEAD(stream);
ATF_TC_BODY(stream, tc)
{
	struct conn_buf b;
	size_t most = 0;
	unsigned int i;

	/* Grow and shrink in turn, up to some MB. */
	memset(&b, 0, sizeof(b));
	for (i = 0; i < 100000; i++) {
		add(&b, upto(CHUNK));
		drain(&b, upto(i / 10000 % 2 == 0 ? CHUNK / 2 : 2 * CHUNK));
		ATF_REQUIRE_EQ(conn_buf_left(&b), in - out);
		if (most < conn_buf_left(&b))
			most = conn_buf_left(&b);
		ATF_CHECK_MSG(conn_buf_memory(&b) <= most * 3 / 2 + 65536,
		    "%zu for %zu", conn_buf_memory(&b), most);
	}
	ATF_CHECK(most > 1000000);
	drain(&b, conn_buf_left(&b));
	/* An empty buffer holds no memory. */
	ATF_CHECK(b.b == NULL && conn_buf_memory(&b) == 0);
}

/* A buffer that is never empty does not keep the memory of its peak. */
ATF_TC_WITHOUT_HEAD(smaller_again);
ATF_TC_BODY(smaller_again, tc)
{
	struct conn_buf b;
	unsigned int i;

	memset(&b, 0, sizeof(b));
	for (i = 0; i < 2000; i++)
		add(&b, CHUNK);
	ATF_CHECK(conn_buf_memory(&b) >= 2000 * CHUNK);
	drain(&b, 1998 * CHUNK);
	for (i = 0; i < 10000; i++) {
		add(&b, CHUNK);
		drain(&b, CHUNK);
	}
	ATF_CHECK_MSG(conn_buf_memory(&b) <= 65536 + sizeof(*b.b), "%zu",
	    conn_buf_memory(&b));
	conn_buf_free(&b);
}

/* Pending bytes are not moved repeatedly. */
ATF_TC_WITHOUT_HEAD(little_is_moved);
ATF_TC_BODY(little_is_moved, tc)
{
	struct conn_buf b;
	const uint8_t *p;
	unsigned int i, moved = 0;

	memset(&b, 0, sizeof(b));
	for (i = 0; i < 1000; i++)
		add(&b, CHUNK);
	for (i = 0; i < 10000; i++) {
		p = conn_buf_head(&b);
		add(&b, 100);
		moved += conn_buf_head(&b) != p;
		drain(&b, 100);
	}
	ATF_CHECK_MSG(moved < 10, "moved %u times", moved);
	conn_buf_free(&b);
}

/* Are there several bytes of the mark at the address, where a buffer was? */
static int
is_left(uintptr_t addr)
{
	static uint8_t p[CHUNK];
	size_t i, marks = 0;
	ssize_t n;
	int fd;

	if ((fd = open("/proc/self/mem", O_RDONLY)) == -1)
		atf_tc_skip("needs /proc/self/mem");
	n = pread(fd, p, sizeof(p), (off_t)addr);
	close(fd);
	for (i = 0; n > 0 && i < (size_t)n; i++)
		marks += p[i] == MARK;
	return (marks > PIECE / 2);
}

/* All memory that the content has been in is zeroed. */
ATF_TC_WITHOUT_HEAD(secret);
ATF_TC_BODY(secret, tc)
{
	uintptr_t addr[CHUNK / PIECE] = { 0 }, at;
	struct conn_buf b = { NULL };
	uint8_t v[PIECE] = { 0 };
	size_t i, k, n = 0;

	ATF_REQUIRE_EQ(conn_buf_add_secret(&b, v, 0), 0);
	ATF_CHECK(b.b == NULL);
	memset(v, MARK, sizeof(v));
	for (i = 0; i < CHUNK / PIECE; i++) {
		v[0] = (uint8_t)i;
		ATF_REQUIRE_EQ(conn_buf_add_secret(&b, v, sizeof(v)), 0);
		at = (uintptr_t)conn_buf_head(&b);
		if (n == 0 || at != addr[n - 1])
			addr[n++] = at;
	}
	ATF_CHECK(n > 1);
	ATF_REQUIRE_EQ(conn_buf_left(&b), CHUNK);
	ATF_CHECK(conn_buf_memory(&b) <= CHUNK + 1024);
	for (i = 0; i < CHUNK; i++)
		ATF_REQUIRE_EQ(conn_buf_head(&b)[i], i % PIECE == 0 ?
		    i / PIECE : MARK);
	conn_buf_wipe(&b);
	ATF_CHECK(b.b == NULL);
	for (k = 0; k < n; k++)
		ATF_CHECK_MSG(!is_left(addr[k]), "place %zu", k);
	conn_buf_wipe(&b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stream);
	ATF_TP_ADD_TC(tp, smaller_again);
	ATF_TP_ADD_TC(tp, little_is_moved);
	ATF_TP_ADD_TC(tp, secret);
	return (atf_no_error());
}

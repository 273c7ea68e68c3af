/*
 * buf_test: a growing buffer returns its input, and uses no more memory than
 * necessary.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define CHUNK	5000

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

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stream);
	ATF_TP_ADD_TC(tp, smaller_again);
	ATF_TP_ADD_TC(tp, little_is_moved);
	return (atf_no_error());
}

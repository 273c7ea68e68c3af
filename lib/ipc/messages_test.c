/*
 * messages_test: Tests that every row of messages.def, with random values, is
 * decoded as it was encoded, and that shorter, longer or otherwise malformed
 * payloads are refused.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

#define ROUNDS	20
#define CUTS	300	/* lengths tried of a longer message */
#define CHANGES	300	/* bytes changed, one at a time */

static int	 has_rest;	/* the row ends with REST */

/* A random number; the sequence is the same in every run. */
static uint32_t
rnd(void)
{
	static uint64_t	 x = 0x9e3779b97f4a7c15ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return ((uint32_t)(x >> 32));
}

static uint64_t
rnd64(void)
{
	return ((uint64_t)rnd() << 32 | rnd());
}

static uint32_t
rnd_in(uint32_t lo, uint32_t hi)
{
	uint32_t	 v = rnd();

	if (v % 8 == 0)
		return (hi);
	return (hi - lo == UINT32_MAX ? v : lo + v % (hi - lo + 1));
}

/* A random length, at most `max' and mostly short. */
static uint32_t
rnd_len(uint32_t max)
{
	if (max <= 4096 && rnd() % 8 == 0)
		return (max);
	return (rnd() % ((max < 100 ? max : 100) + 1));
}

static void
fill(void *p, size_t n)
{
	uint8_t	*b = p;

	while (n-- > 0)
		*b++ = (uint8_t)rnd();
}

/* Allocate memory that the test case never frees. */
static void *
new(size_t n)
{
	void	*p = malloc(n == 0 ? 1 : n);

	ATF_REQUIRE(p != NULL);
	return (p);
}

static uint8_t *
new_bytes(size_t n)
{
	uint8_t	*p = new(n);

	fill(p, n);
	return (p);
}

static void
fill_text(char *s, size_t size)
{
	size_t	 i, n = rnd_len((uint32_t)size - 1);

	for (i = 0; i < n; i++)
		s[i] = (char)(1 + rnd() % 255);
	s[n] = '\0';
}

static char *
new_text(size_t size)
{
	char	*s = new(size);

	fill_text(s, size);
	return (s);
}

/* Fill each field. */
#define U8(f)			v->f = (uint8_t)rnd();
#define U16(f)			v->f = (uint16_t)rnd();
#define U32(f)			v->f = rnd();
#define U64(f)			v->f = rnd64();
#define U32_IN(f, lo, hi)	v->f = rnd_in(lo, hi);
#define BOOL(f)			v->f = (int)rnd_in(0, 1);
#define ENUM(f, tag, first, last) v->f = (enum ipc_##tag)rnd_in(first, last);
#define BYTES(f, n)		fill(v->f, n);
#define AT(f, n)		v->f = new_bytes(n);
#define TEXT(f, size)		fill_text(v->f, size);
#define STR(f, size)		v->f = new_text(size);
#define TEXTS(n, f, max, size)						\
	for (v->n = 0; v->n < max && rnd() % 8 != 0; v->n++)		\
		fill_text(v->f[v->n], size);
#define STRS(n, f, max, size)						\
	for (v->n = 0; v->n < max && rnd() % 8 != 0; v->n++)		\
		v->f[v->n] = new_text(size);
#define BLOB(f, n)		v->n = rnd_len(2000); v->f = new_bytes(v->n);
#define OPT(f, n)							\
	v->n = rnd_len(2000);						\
	v->f = rnd() % 2 == 0 ? NULL : new_bytes(v->n);			\
	if (v->f == NULL)						\
		v->n = 0;
#define RECORDS(n, f, size)						\
	v->n = rnd_len(20); v->f = new_bytes((size_t)v->n * (size));
#define PART(f, tag)		fill_##tag(&v->f);
#define LIST(n, f, max, tag)						\
	{								\
		struct ipc_##tag *list = new(20 * sizeof(*list));	\
		for (v->n = 0; v->n < 20 && v->n < max && rnd() % 8 != 0; \
		    v->n++)						\
			fill_##tag(&list[v->n]);			\
		v->f = list;						\
	}
#define REST(f, n, max)							\
	v->n = rnd_len(2000); v->f = new_bytes(v->n); has_rest = 1;

#define STRUCT(tag, fields)						\
	static void							\
	fill_##tag(struct ipc_##tag *v)					\
	{								\
		memset(v, 0, sizeof(*v));				\
		fields							\
	}
#define MSG(TYPE, name, from, to, fd, fields)				\
	static void							\
	fill_msg_##name(struct ipc_msg_##name *v)			\
	{								\
		memset(v, 0, sizeof(*v));				\
		has_rest = 0;						\
		fields							\
	}
#define MSG0(TYPE, name, from, to, fd)
#include "messages.def"

static int
same_bytes(const void *a, size_t n, const void *b, size_t m)
{
	return ((a == NULL) == (b == NULL) && n == m &&
	    (n == 0 || memcmp(a, b, n) == 0));
}

#define SAME_ALL(n, same)						\
	{								\
		uint32_t i;						\
		ok = ok && a->n == b->n;				\
		for (i = 0; ok && i < a->n; i++)			\
			ok = same;					\
	}

/* Compare each field. */
#define U8(f)			ok = ok && a->f == b->f;
#define U16(f)			U8(f)
#define U32(f)			U8(f)
#define U64(f)			U8(f)
#define U32_IN(f, lo, hi)	U8(f)
#define BOOL(f)			U8(f)
#define ENUM(f, tag, first, last) U8(f)
#define BYTES(f, n)		ok = ok && memcmp(a->f, b->f, n) == 0;
#define AT(f, n)		BYTES(f, n)
#define TEXT(f, size)		ok = ok && strcmp(a->f, b->f) == 0;
#define STR(f, size)		TEXT(f, size)
#define TEXTS(n, f, max, size)	SAME_ALL(n, strcmp(a->f[i], b->f[i]) == 0)
#define STRS(n, f, max, size)	TEXTS(n, f, max, size)
#define BLOB(f, n)		ok = ok && same_bytes(a->f, a->n, b->f, b->n);
#define OPT(f, n)		BLOB(f, n)
#define RECORDS(n, f, size)						\
	ok = ok && same_bytes(a->f, a->n * (size), b->f,		\
	    b->n * (size));
#define PART(f, tag)		ok = ok && same_##tag(&a->f, &b->f);
#define LIST(n, f, max, tag)						\
	{								\
		struct ipc_rd left = b->f##_left;			\
		struct ipc_##tag one;					\
		SAME_ALL(n, ipc_next_##tag(&left, &one) == 0 &&		\
		    same_##tag(&a->f[i], &one))				\
	}
#define REST(f, n, max)		BLOB(f, n)

#define STRUCT(tag, fields) \
	static int \
	same_##tag(const struct ipc_##tag *a, const struct ipc_##tag *b) \
	{ \
		int ok = 1; \
		fields \
		return (ok); \
	}
#define MSG(TYPE, name, from, to, fd, fields)				\
	static int							\
	same_msg_##name(const struct ipc_msg_##name *a,			\
	    const struct ipc_msg_##name *b)				\
	{								\
		int ok = 1;						\
		fields							\
		return (ok);						\
	}
#define MSG0(TYPE, name, from, to, fd)
#include "messages.def"

/*
 * Decode the payload and encode the result to `w'.  Returns 1 when the payload
 * was accepted, 0 when it was refused.
 */
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	static int							\
	again_##name(const uint8_t *p, size_t n, struct ipc_wr *w)	\
	{								\
		static struct ipc_msg_##name v;				\
		struct ipc_rd r;					\
		ipc_rd_init(&r, p, n);					\
		if (ipc_get_##name(&r, &v) == -1)			\
			return (0);					\
		ipc_put_##name(w, &v);					\
		return (1);						\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	static int							\
	again_##name(const uint8_t *p, size_t n, struct ipc_wr *w)	\
	{								\
		struct ipc_rd r;					\
		(void)w;						\
		ipc_rd_init(&r, p, n);					\
		return (ipc_get_##name(&r) == 0);			\
	}
#include "messages.def"

/* An accepted payload must be encoded to the same bytes.  1: accepted. */
static int
exact(const char *name, int (*again)(const uint8_t *, size_t, struct ipc_wr *),
    const uint8_t *p, size_t n)
{
	struct ipc_wr	 w;
	int		 rv;

	ipc_wr_init(&w);
	if ((rv = again(p, n, &w)) == 1)
		ATF_REQUIRE_MSG(ipc_wr_ok(&w) && w.len == n &&
		    (n == 0 || memcmp(w.p, p, n) == 0),
		    "%s: %zu bytes were accepted that mean something else",
		    name, n);
	ipc_wr_free(&w);
	return (rv);
}

/* Try `n' bytes of `w' in memory of that size, to detect overreads. */
static int
cut(const char *name, int (*again)(const uint8_t *, size_t, struct ipc_wr *),
    const struct ipc_wr *w, size_t n)
{
	uint8_t	*p = new(n);
	int	 rv;

	if (n > 0 && w->len > 0)
		memcpy(p, w->p, n < w->len ? n : w->len);
	if (n > w->len)
		p[w->len] = 0;
	rv = exact(name, again, p, n);
	free(p);
	return (rv);
}

/* Try `w' shorter, longer, and with one byte changed. */
static void
damage(const char *name, int (*again)(const uint8_t *, size_t, struct ipc_wr *),
    struct ipc_wr *w, int rest)
{
	size_t	 i, at;
	uint8_t	 old;

	for (i = 0; i < CUTS && i < w->len; i++) {
		at = w->len <= CUTS ? i : rnd() % w->len;
		ATF_REQUIRE_MSG(!cut(name, again, w, at) || rest,
		    "%s: %zu of %zu bytes were enough", name, at, w->len);
	}
	ATF_REQUIRE_MSG(!cut(name, again, w, w->len + 1) || rest,
	    "%s: a byte more was accepted", name);
	for (i = 0; i < CHANGES && w->len > 0; i++) {
		at = rnd() % w->len;
		old = w->p[at];
		w->p[at] = (uint8_t)(rnd() % 2 == 0 ? rnd() : old + 1U);
		(void)exact(name, again, w->p, w->len);
		w->p[at] = old;
	}
}

#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields) \
	static void \
	round_##name(void) \
	{ \
		static struct ipc_msg_##name a, b; \
		struct ipc_wr w; \
		struct ipc_rd r; \
		int rest; \
		fill_msg_##name(&a); \
		rest = has_rest; \
		ipc_wr_init(&w); \
		ipc_put_##name(&w, &a); \
		ATF_REQUIRE_MSG(ipc_wr_ok(&w), #name " can't be written"); \
		memset(&b, 0xa5, sizeof(b)); \
		ipc_rd_init(&r, w.p, w.len); \
		ATF_REQUIRE_MSG(ipc_get_##name(&r, &b) == 0, \
		    #name " can't be read"); \
		ATF_REQUIRE_MSG(same_msg_##name(&a, &b), \
		    #name " is not what was sent"); \
		damage(#name, again_##name, &w, rest); \
		ipc_wr_free(&w); \
	}
#define MSG0(TYPE, name, from, to, fd)					\
	static void							\
	round_##name(void)						\
	{								\
		struct ipc_wr w;					\
		ipc_wr_init(&w);					\
		ATF_REQUIRE(again_##name((const uint8_t *)"", 0, &w));	\
		damage(#name, again_##name, &w, 0);			\
	}
#include "messages.def"

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	int	 i;

	for (i = 0; i < ROUNDS; i++) {
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)	round_##name();
#define MSG0(TYPE, name, from, to, fd)		round_##name();
#include "messages.def"
	}
}

/* Values that cannot be encoded are refused. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	struct ipc_msg_relay_link	 link = { .worker = IPC_MAXWORKERS };
	struct ipc_msg_server_keys	 keys = { .kind = KEYCHAN_ACME };
	struct ipc_msg_health_conf	 health = { .address = "192.0.2.1",
					    .port = "123456", .every = 1 };
	struct ipc_msg_fetch_conf	 fetch;
	struct ipc_wr			 w;

	ipc_wr_init(&w);
	ipc_put_relay_link(&w, &link);
	ATF_CHECK_EQ(EINVAL, w.bad);
	ipc_wr_free(&w);
	ipc_put_server_keys(&w, &keys);
	ATF_CHECK_EQ(EINVAL, w.bad);
	ipc_wr_free(&w);
	ipc_put_health_conf(&w, &health);
	ATF_CHECK_EQ(EINVAL, w.bad);
	ipc_wr_free(&w);
	health.port = "12345";
	ipc_put_health_conf(&w, &health);
	ATF_CHECK(ipc_wr_ok(&w));
	ipc_wr_free(&w);
	memset(&fetch, 0, sizeof(fetch));
	fetch.nsources = FETCH_MAXSOURCES + 1;
	ipc_put_fetch_conf(&w, &fetch);
	ATF_CHECK_EQ(EINVAL, w.bad);
	ipc_wr_free(&w);
}

/* derpctl and derpd may be of different builds: these bytes are fixed. */
ATF_TC_WITHOUT_HEAD(control_bytes);
ATF_TC_BODY(control_bytes, tc)
{
	static const uint8_t		 want[] = {
	    /* port, worker, age_ms, rx_bytes, tx_bytes */
	    1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5,
	    0, 0, 0, 0, 0, 0, 0, 6,
	    /* rx_packets, tx_packets, drops, queued_packets, queued_bytes */
	    0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8,
	    0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11,
	    /* flags, home, dup */
	    12, 1, 0
	};
	struct ipc_msg_ctl_client	 c = { .client = { .port = 0x0102,
	    .worker = 3, .age_ms = 4, .rx_bytes = 5, .tx_bytes = 6,
	    .rx_packets = 7, .tx_packets = 8, .drops = 9, .queued_packets = 10,
	    .queued_bytes = 11, .flags = 12, .home = 1 } };
	struct ipc_msg_ctl_cert_do	 cert = { ACMEJOB_REVOKE, 5 };
	struct ipc_msg_ctl_done		 done = { 0, "no" };
	struct ipc_msg_ctl_hello	 hello = { "ab" };
	struct ipc_msg_ctl_build	 build = { "ab" };
	struct ipc_msg_ctl_verbose	 verbose = { 1 };
	struct ipc_msg_ctl_text		 text = { "{}", 2 };
	struct ipc_msg_ctl_kick		 kick = { c.client.key };
	struct ipc_msg_ctl_listed	 listed = { .name = "ab",
	    .group = "c" };
	struct ipc_wr			 w;

	ipc_wr_init(&w);
	memset(c.client.key, 0x5a, sizeof(c.client.key));
	ipc_put_ctl_client(&w, &c);
	ATF_REQUIRE_EQ(IPC_KEYLEN + IPC_ADDRLEN + sizeof(want), w.len);
	ATF_CHECK_EQ(0x5a, w.p[IPC_KEYLEN - 1]);
	ATF_CHECK_EQ(0, memcmp(w.p + w.len - sizeof(want), want,
	    sizeof(want)));
	ipc_wr_free(&w);
	ipc_put_ctl_cert_do(&w, &cert);
	ATF_CHECK(w.len == 2 && memcmp(w.p, "\3\5", 2) == 0);
	ipc_wr_free(&w);
	ipc_put_ctl_done(&w, &done);
	ATF_CHECK(w.len == 8 && memcmp(w.p, "\0\0\0\0\2no\0", 8) == 0);
	ipc_wr_free(&w);
	ipc_put_ctl_text(&w, &text);
	ATF_CHECK(w.len == 6 && memcmp(w.p, "\0\0\0\2{}", 6) == 0);
	ipc_wr_free(&w);
	ipc_put_ctl_hello(&w, &hello);
	ATF_CHECK(w.len == 7 && memcmp(w.p, "\0\0\0\2ab", 7) == 0);
	ipc_wr_free(&w);
	ipc_put_ctl_build(&w, &build);
	ATF_CHECK(w.len == 7 && memcmp(w.p, "\0\0\0\2ab", 7) == 0);
	ipc_wr_free(&w);
	ipc_put_ctl_verbose(&w, &verbose);
	ATF_CHECK(w.len == 1 && w.p[0] == 1);
	ipc_wr_free(&w);
	ipc_put_ctl_kick(&w, &kick);
	ATF_CHECK(w.len == IPC_KEYLEN && w.p[0] == 0x5a);
	ipc_wr_free(&w);
	listed.client = c.client;
	ipc_put_ctl_listed(&w, &listed);
	ATF_CHECK_EQ(IPC_KEYLEN + IPC_ADDRLEN + sizeof(want) + 13, w.len);
	ATF_CHECK_EQ(0, memcmp(w.p + w.len - 13, "\0\0\0\2ab\0"
	    "\0\0\0\1c", 13));
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, control_bytes);
	return (atf_no_error());
}

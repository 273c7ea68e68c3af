/*
 * ring_test: entries between two sides, the bounds of what waits, and wake-ups,
 * with the backend that configure chose.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <stdio.h>
#include <unistd.h>

#include "ringfixture.h"

#define SMALL	8192		/* bytes of a small ring */

static const uint8_t	zeros[IPC_RING_MAXLEN];

/* All rings and their pages fit the bound, and each holds several packets. */
ATF_TC_WITHOUT_HEAD(size);
ATF_TC_BODY(size, tc)
{
	unsigned int n;

	for (n = 2; n <= IPC_MAXWORKERS; n++) {
		ATF_CHECK((ipc_ring_size(n) + 4096) * n * (n - 1) <=
		    IPC_RING_ALL);
		ATF_CHECK_EQ(ipc_ring_size(n) % 4096, 0);
		ATF_CHECK(ipc_ring_size(n) >= 8192);
	}
	ATF_CHECK_EQ(ipc_ring_size(2), IPC_RING_LARGEST);
}

/* Entries of all sizes arrive whole and in order, round and round. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	static uint8_t p[IPC_RING_MAXLEN];
	unsigned int i;
	size_t n;

	ring_connect(65536);
	for (i = 1; i <= 3000; i++) {
		n = i % 100 == 0 ? sizeof(p) : i * 37 % 3001;
		memset(p, (int)i, n);
		ATF_REQUIRE_EQ(ring_put(&a, i % 3 == 0 ? IPC_RING_NEWS :
		    IPC_RING_PACKET, p, n), 0);
		do {
			ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
			ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
		} while (b.n < i && n > 60000);
		ATF_REQUIRE_EQ(b.n, i);
		ATF_REQUIRE_EQ(b.type, i % 3 == 0 ? NEWS : PACKET);
		ATF_REQUIRE_EQ(b.len, n);
		ATF_REQUIRE(memcmp(b.data, p, n) == 0);
	}
	ATF_CHECK_EQ(ring_drain(&a), IPC_RING_EMPTY);
	ATF_CHECK_EQ(a.n, 0);
	ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_NEWS, "x", 1), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(b.ring), 0);
	ATF_CHECK_EQ(ring_drain(&a), IPC_RING_EMPTY);
	ATF_CHECK_EQ(a.n, 1);
	ATF_CHECK_EQ(a.data[0], 'x');
}

/*
 * Packets leave a quarter for news.  News waits for room, and no packet goes
 * before it.
 */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	const size_t size = 1024 * 1024, one = 1400;
	unsigned int packets = 0, news = 0;

	ring_connect(size);
	while (ring_put(&a, IPC_RING_PACKET, zeros, one) == 0)
		packets++;
	ATF_CHECK_MSG(packets * one > size / 4 * 3 - 10000 &&
	    packets * one < IPC_RING_LARGEST, "%u packets", packets);
	/* The ring is filled, and 512 KiB wait. */
	while (news * one < size / 4 + 512 * 1024) {
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_NEWS, zeros, one), 0);
		news++;
	}
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_PACKET, zeros, one), 1);
	ATF_CHECK(ipc_ring_why(a.ring) == NULL);
	while (b.n < packets + news) {
		(void)ipc_ring_flush(a.ring);
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
		if (b.n > packets)
			ATF_REQUIRE_EQ(b.type, NEWS);
	}
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_PACKET, zeros, one), 0);
	ATF_CHECK_EQ(ipc_ring_flush(a.ring), 0);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	ATF_CHECK_EQ(b.n, packets + news + 1);
	ATF_CHECK_EQ(b.type, PACKET);
}

/* Above 1 MiB that waits, the other side counts as lost. */
ATF_TC_WITHOUT_HEAD(unread);
ATF_TC_BODY(unread, tc)
{
	const size_t size = ipc_ring_size(2), one = 1000;
	size_t n = 0;

	ring_connect(size);
	while (n < 64 * 1024 * 1024 &&
	    ring_put(&a, IPC_RING_NEWS, zeros, one) == 0)
		n += one;
	ATF_CHECK_MSG(n > size && n < size + 4 * IPC_RING_WAITING, "%zu bytes",
	    n);
	ATF_REQUIRE(ipc_ring_why(a.ring) != NULL);
	ATF_CHECK_STREQ(ipc_ring_why(a.ring), "it does not read");
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_NEWS, zeros, one), -1);
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_PACKET, zeros, one), -1);
	ATF_CHECK_EQ(ipc_ring_flush(a.ring), -1);
	ATF_CHECK_EQ(ipc_ring_read(a.ring, 1), IPC_RING_LOST);
}

/* A flood does not count, but news beside it does. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	const size_t size = ipc_ring_size(2), one = 1000;
	unsigned int n = 0, news = 0;

	ring_connect(size);
	for (; n * one < 4 * size; n++)
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_FLOOD, zeros, one), 0);
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_PACKET, zeros, one), 1);
	for (; news * one < IPC_RING_WAITING / 2; news++)
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_NEWS, zeros, one), 0);
	while (b.n < n + news) {
		(void)ipc_ring_flush(a.ring);
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
	}
	for (n = 0; n < 64 * 1024 &&
	    ring_put(&a, IPC_RING_NEWS, zeros, one) == 0; n++)
		;
	ATF_CHECK(n * one < size + 4 * IPC_RING_WAITING);
}

/* A hint is refused before news would be too many, and costs no ring. */
ATF_TC_WITHOUT_HEAD(hint);
ATF_TC_BODY(hint, tc)
{
	const size_t size = ipc_ring_size(2), one = 1000;
	unsigned int n = 0, news = 0;

	ring_connect(size);
	while (ring_put(&a, IPC_RING_HINT, zeros, one) == 0)
		ATF_REQUIRE(++n * one < size + IPC_RING_WAITING);
	ATF_CHECK(n * one > size);
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_HINT, zeros, one), 1);
	for (; news * one < IPC_RING_WAITING / 4; news++)
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_NEWS, zeros, one), 0);
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_HINT, zeros, one), 1);
	while (b.n < n + news) {
		(void)ipc_ring_flush(a.ring);
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
	}
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_HINT, zeros, one), 0);
}

/* A read is bounded, though there is more. */
ATF_TC_WITHOUT_HEAD(turn);
ATF_TC_BODY(turn, tc)
{
	unsigned int i;

	ring_connect(ipc_ring_size(2));
	for (i = 0; i < 1000; i++)
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, zeros, 1000), 0);
	ATF_REQUIRE(ipc_ring_flush(a.ring) != -1);
	ipc_ring_woken(b.ring);
	ATF_CHECK_EQ(ipc_ring_read(b.ring, 100000), IPC_RING_MORE);
	ATF_CHECK_MSG(b.bytes >= 90000 && b.bytes < 200000, "%zu", b.bytes);
	ATF_CHECK_EQ(ipc_ring_read(b.ring, 1), IPC_RING_MORE);
}

static const uint8_t	*lowest, *highest;	/* where entries have lain */

static int
in_place(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	if (lowest == NULL || p < lowest)
		lowest = p;
	if (p + n > highest)
		highest = p + n;
	return (ring_entry(arg, type, p, n));
}

/* Whoever keeps up with a side that writes little at a time uses few pages. */
ATF_TC_WITHOUT_HEAD(light);
ATF_TC_BODY(light, tc)
{
	int fa[IPC_RING_MAXFDS], fb[IPC_RING_MAXFDS];
	unsigned int i, j;

	lowest = highest = NULL;
	ATF_REQUIRE_EQ(ipc_ring_make(ipc_ring_size(2), fa, fb), 0);
	ring_use(fa, fb, in_place);
	for (i = 0; i < 5000; i++) {
		/* With a second turn before the other side has read. */
		for (j = 0; j < 4; j++) {
			ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, zeros,
			    1400), 0);
			if (j % 2 == 1)
				ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
		}
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
	}
	ATF_CHECK_EQ(b.n, 4 * i);
	ATF_CHECK_MSG(highest - lowest <= 8192, "%td bytes",
	    highest - lowest);
}

static long
kib_of(int fd)
{
	struct stat st;

	ATF_REQUIRE_EQ(fstat(fd, &st), 0);
	return ((long)st.st_blocks / 2);
}

/* The memory that a burst took is given back, when the burst is read. */
ATF_TC_WITHOUT_HEAD(burst);
ATF_TC_BODY(burst, tc)
{
	int fa[IPC_RING_MAXFDS], fb[IPC_RING_MAXFDS], file;
	unsigned int i, j;

	if (ipc_ring_nfds() == 1)
		atf_tc_skip("sockets in place of shared memory");
	ATF_REQUIRE_EQ(ipc_ring_make(ipc_ring_size(2), fa, fb), 0);
	ATF_REQUIRE((file = dup(fa[0])) != -1);
	ring_use(fa, fb, ring_entry);
	for (i = 1; i <= 3; i++) {
		for (j = 0; j < 2000; j++)
			ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, zeros,
			    1400), 0);
		ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
		ATF_REQUIRE_EQ(ipc_ring_read(b.ring, 1000), IPC_RING_MORE);
		/* Not before. */
		ipc_ring_tick(a.ring);
		ATF_CHECK_MSG(kib_of(file) > 2048, "%ld KiB", kib_of(file));
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
		ATF_CHECK_EQ(b.n, 2000 * i);
		ATF_CHECK_EQ(b.bytes, b.n * 1400);
		ipc_ring_tick(a.ring);
		ATF_CHECK_MSG(kib_of(file) <= 256, "%ld KiB", kib_of(file));
	}
	close(file);
}

/* A malformed entry ends it, and so does a type that the caller refuses. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	ring_connect(SMALL);
	b.refuse = NEWS;
	ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, "good", 4), 0);
	ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_NEWS, "bad", 3), 0);
	ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, "good", 4), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
	ATF_CHECK_EQ(b.n, 2);
	ATF_CHECK_STREQ(ipc_ring_why(b.ring), "malformed");
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
	ATF_CHECK_EQ(b.n, 2);
}

/* What a side wrote before it closed is read; then the end is noticed. */
ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	ring_connect(SMALL);
	ATF_REQUIRE_EQ(ipc_ring_sleep(b.ring), 1);
	ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_NEWS, "last", 4), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
	ipc_ring_free(a.ring);
	ATF_REQUIRE(ring_readable(&b, 1000));
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_CLOSED);
	ATF_CHECK_EQ(b.n, 1);
	/* Also by one that does not sleep. */
	ring_connect(SMALL);
	ipc_ring_free(a.ring);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_CLOSED);
	(void)ring_put(&b, IPC_RING_NEWS, "x", 1);
	(void)ipc_ring_flush(b.ring);
}

/* A side that sleeps is woken by what is written after it said so. */
ATF_TC_WITHOUT_HEAD(wakes);
ATF_TC_BODY(wakes, tc)
{
	unsigned int i;

	ring_connect(SMALL);
	for (i = 1; i <= 5; i++) {
		ATF_REQUIRE_EQ(ipc_ring_sleep(b.ring), 1);
		ATF_CHECK(!ring_readable(&b, 0));
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, "x", 1), 0);
		ATF_CHECK(!ring_readable(&b, 0));
		ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
		ATF_REQUIRE(ring_readable(&b, 1000));
		/* Again before it has woken, and after. */
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_PACKET, "x", 1), 0);
		ATF_REQUIRE_EQ(ipc_ring_flush(a.ring), 0);
		ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
		ATF_CHECK_EQ(b.n, 2 * i);
	}
}

/*
 * A side whose entries wait for room continues when the other one has read,
 * though it sleeps.
 */
ATF_TC_WITHOUT_HEAD(room);
ATF_TC_BODY(room, tc)
{
	const size_t size = ipc_ring_size(2), one = 1000;
	unsigned int n = 0, rounds = 0;
	struct pollfd pfd;
	int rv;

	ring_connect(size);
	for (; n * one < 3 * size; n++)
		ATF_REQUIRE_EQ(ring_put(&a, IPC_RING_FLOOD, zeros, one), 0);
	for (;;) {
		rv = ipc_ring_flush(a.ring);
		ATF_REQUIRE(rv != -1);
		if (b.n >= n)
			break;
		ATF_REQUIRE_EQ(ipc_ring_sleep(a.ring), 1);
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
		if (b.n == n)
			break;
		pfd.fd = ipc_ring_fd(a.ring);
		pfd.events = rv == 1 ? POLLOUT : POLLIN;
		ATF_REQUIRE_EQ(poll(&pfd, 1, 1000), 1);
		ipc_ring_woken(a.ring);
		ipc_ring_awake(a.ring);
		ATF_REQUIRE(++rounds < 1000);
	}
	ATF_CHECK_EQ(b.n, n);
}

/* A process that was killed leaves nothing that the other side waits for. */
ATF_TC_WITHOUT_HEAD(one_side);
ATF_TC_BODY(one_side, tc)
{
	int fa[IPC_RING_MAXFDS], fb[IPC_RING_MAXFDS], i;

	/* Descriptors that are not from ipc_ring_make() are refused. */
	ATF_REQUIRE_EQ(ipc_ring_make(SMALL, fa, fb), 0);
	ipc_ring_close_fds(fb);
	for (i = 0; i < (int)ipc_ring_nfds(); i++)
		ATF_CHECK(fa[i] != -1);
	a.ring = ipc_ring_open(fa, PACKET, PACKET, ring_entry, &a);
	ATF_REQUIRE(a.ring != NULL);
	ATF_CHECK_EQ(ring_put(&a, IPC_RING_NEWS, "x", 1), 0);
	ATF_CHECK(ipc_ring_flush(a.ring) != 1);
	ipc_ring_free(a.ring);
	ipc_ring_free(NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, size);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, unread);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, hint);
	ATF_TP_ADD_TC(tp, turn);
	ATF_TP_ADD_TC(tp, light);
	ATF_TP_ADD_TC(tp, burst);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, wakes);
	ATF_TP_ADD_TC(tp, room);
	ATF_TP_ADD_TC(tp, one_side);
	return (atf_no_error());
}

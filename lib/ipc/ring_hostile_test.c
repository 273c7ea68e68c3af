/*
 * ring_hostile_test: what the other side can do with the memory that it may
 * write: the ring is lost, or goes on, but nothing else happens.  A socket
 * leaves it bytes alone.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "ringfixture.h"
#include "ringpage.h"

#define SIZE	8192
#define MINE	0		/* order of the descriptors, ring_mem.c */
#define THEIRS	1
#define BELL	3		/* wakes the other side */

static struct ipc_ringpage	*page;	/* the hostile side's */
static uint8_t	*bytes;			/* its ring */
static int	 fds[IPC_RING_MAXFDS];	/* its descriptors */
static uint64_t	 head;			/* what it has written */

/* Connect `b' with a hostile side. */
static void
set_up(void)
{
	int fb[IPC_RING_MAXFDS];

	memset(&b, 0, sizeof(b));
	ATF_REQUIRE_EQ(ipc_ring_make(SIZE, fds, fb), 0);
	b.ring = ipc_ring_open(fb, PACKET, PACKET, ring_entry, &b);
	ATF_REQUIRE(b.ring != NULL);
	head = 0;
	if (ipc_ring_nfds() == 1)
		return;
	page = mmap(NULL, IPC_RING_PAGE + SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fds[MINE], 0);
	ATF_REQUIRE(page != MAP_FAILED);
	bytes = (uint8_t *)page + IPC_RING_PAGE;
}

static void
need_memory(void)
{
	if (ipc_ring_nfds() == 1)
		atf_tc_skip("sockets in place of shared memory");
}

static void
tear_down(void)
{
	ipc_ring_free(b.ring);
	if (ipc_ring_nfds() > 1)
		munmap(page, IPC_RING_PAGE + SIZE);
	ipc_ring_close_fds(fds);
}

/* Write raw bytes as the hostile side. */
static void
raw(const void *p, size_t n)
{
	size_t i;

	if (ipc_ring_nfds() == 1) {
		ATF_REQUIRE_EQ(write(fds[0], p, n), (ssize_t)n);
		return;
	}
	for (i = 0; i < n; i++)
		bytes[head++ % SIZE] = ((const uint8_t *)p)[i];
	atomic_store(&page->head, head);
}

static void
raw_head(uint8_t type, uint32_t len)
{
	uint32_t v = (uint32_t)type << 24 | len;

	raw(&v, sizeof(v));
}

/* An entry that is longer than any may be. */
ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	set_up();
	raw_head(PACKET, IPC_RING_MAXLEN + 1);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
	ATF_CHECK_EQ(b.n, 0);
	tear_down();
	set_up();
	raw_head(NEWS, 0xffffff);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
	tear_down();
}

/* A torn entry is waited for, in no time and with bounded memory. */
ATF_TC_WITHOUT_HEAD(torn);
ATF_TC_BODY(torn, tc)
{
	static const uint8_t zeros[1000];
	unsigned int i;

	set_up();
	raw_head(PACKET, IPC_RING_MAXLEN);
	for (i = 0; i < IPC_RING_MAXLEN / sizeof(zeros); i++) {
		ATF_REQUIRE_EQ(ring_drain(&b), IPC_RING_EMPTY);
		raw(zeros, sizeof(zeros));
	}
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	ATF_CHECK_EQ(b.n, 0);
	ATF_CHECK_EQ(ipc_ring_sleep(b.ring), 1);
	raw(zeros, IPC_RING_MAXLEN % sizeof(zeros));
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	ATF_CHECK_EQ(b.n, 1);
	ATF_CHECK_EQ(b.len, IPC_RING_MAXLEN);
	/* Also within the head of an entry. */
	raw("\0", 1);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	ATF_CHECK_EQ(b.n, 1);
	tear_down();
}

/* What the producer says that it has written. */
ATF_TC_WITHOUT_HEAD(wild_head);
ATF_TC_BODY(wild_head, tc)
{
	static const uint64_t wild[] = { SIZE + 1, UINT64_MAX, 1ULL << 63,
	    UINT32_MAX, 1ULL << 32 };
	size_t i;

	need_memory();
	for (i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		set_up();
		atomic_store(&page->head, wild[i]);
		ATF_CHECK_EQ(ipc_ring_sleep(b.ring), 0);
		ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
		ATF_CHECK_EQ(b.n, 0);
		ATF_CHECK_EQ(ring_put(&b, IPC_RING_NEWS, "x", 1), -1);
		tear_down();
	}
	/* Back, behind what is read, and behind what was seen. */
	set_up();
	raw_head(PACKET, 4);
	raw("abcd", 4);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	atomic_store(&page->head, 4);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
	ATF_CHECK_EQ(b.n, 1);
	tear_down();
	set_up();
	memset(bytes, 0, SIZE);		/* empty entries */
	atomic_store(&page->head, SIZE / 2);
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	/* The first read goes to the end of the ring alone. */
	atomic_store(&page->head, SIZE + SIZE / 2);
	ATF_CHECK_EQ(ipc_ring_read(b.ring, 1), IPC_RING_MORE);
	atomic_store(&page->head, SIZE + 4);
	ATF_CHECK_EQ(ipc_ring_read(b.ring, 1), IPC_RING_LOST);
	tear_down();
}

/* Where the producer says that its ring begins: each base is a place in it. */
ATF_TC_WITHOUT_HEAD(wild_base);
ATF_TC_BODY(wild_base, tc)
{
	static const uint64_t wild[] = { 1, SIZE - 1, SIZE, SIZE + 1,
	    UINT64_MAX, UINT64_MAX - SIZE, 1ULL << 63, (1ULL << 40) + 77 };
	size_t i;

	need_memory();
	for (i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		set_up();
		atomic_store(&page->base, wild[i]);
		/* SIZE divides 2^64. */
		head = -wild[i] % SIZE;
		raw_head(PACKET, 4);
		raw("abcd", 4);
		atomic_store(&page->head, 8);
		ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
		ATF_CHECK_EQ(b.n, 1);
		ATF_CHECK(memcmp(b.data, "abcd", 4) == 0);
		/* Elsewhere in the middle of an entry, then no entry at all. */
		memset(bytes, 0xff, SIZE);
		atomic_store(&page->base, wild[i] + 1000);
		atomic_store(&page->head, 8 + SIZE);
		ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
		ATF_CHECK_EQ(b.n, 1);
		tear_down();
	}
}

/* What the consumer says that it has read. */
ATF_TC_WITHOUT_HEAD(wild_tail);
ATF_TC_BODY(wild_tail, tc)
{
	static const uint64_t wild[] = { UINT64_MAX, 1ULL << 63, 20 * 1004,
	    9 * 1004 + 100, 3 * 1004 - 1, 0, 1ULL << 32 };
	static const uint8_t p[1000];
	size_t i;
	int j, rv;

	need_memory();
	for (i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		set_up();
		for (j = 0; j < 5; j++)
			ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_PACKET, p,
			    sizeof(p)), 0);
		ATF_REQUIRE_EQ(ipc_ring_flush(b.ring), 0);
		atomic_store(&page->tail, 3 * 1004);
		for (j = 0; j < 4; j++)
			ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_PACKET, p,
			    sizeof(p)), 0);
		atomic_store(&page->tail, wild[i]);
		for (j = 0, rv = 0; j < 10 && rv == 0; j++)
			rv = ring_put(&b, IPC_RING_NEWS, p, sizeof(p));
		ATF_CHECK_EQ_MSG(rv, -1, "tail %llu",
		    (unsigned long long)wild[i]);
		ATF_CHECK_EQ(ring_drain(&b), IPC_RING_LOST);
		tear_down();
	}
}

/* Neither side can write what belongs to the other, or change a size. */
ATF_TC_WITHOUT_HEAD(sealed);
ATF_TC_BODY(sealed, tc)
{
	struct stat st;
	char path[64];
	void *p;
	int i;

	need_memory();
	set_up();
	for (i = 0; i < 2; i++) {
		ATF_CHECK(ftruncate(fds[i], 0) == -1);
		ATF_CHECK(ftruncate(fds[i], 1024 * 1024) == -1);
		ATF_REQUIRE_EQ(fstat(fds[i], &st), 0);
		ATF_CHECK_EQ(st.st_size, IPC_RING_PAGE + SIZE);
		ATF_CHECK_EQ(st.st_mode & (S_IRWXG | S_IRWXO), 0);
	}
	ATF_CHECK(fcntl(fds[MINE], F_ADD_SEALS, F_SEAL_WRITE) == -1);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[THEIRS],
	    0);
	ATF_CHECK(p == MAP_FAILED && errno == EACCES);
	p = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fds[THEIRS], 0);
	ATF_REQUIRE(p != MAP_FAILED);
	ATF_CHECK(mprotect(p, SIZE, PROT_READ | PROT_WRITE) == -1);
	ATF_CHECK(write(fds[THEIRS], "x", 1) == -1);
	/* Files of another size are refused. */
	snprintf(path, sizeof(path), "other");
	ATF_REQUIRE((i = open(path, O_RDWR | O_CREAT, 0600)) != -1);
	ipc_ring_close_fds((int[]){ fds[MINE], -1, -1, -1 });
	fds[MINE] = i;
	ATF_CHECK(ipc_ring_open(fds, PACKET, PACKET, ring_entry, &a) == NULL);
	fds[MINE] = fds[THEIRS] = fds[2] = fds[BELL] = -1;
	tear_down();
}

/* A bell that is rung to the limit, or not heard, stops nobody. */
ATF_TC_WITHOUT_HEAD(bells);
ATF_TC_BODY(bells, tc)
{
	const uint64_t most = UINT64_MAX - 1;
	uint64_t taken;
	int i;

	need_memory();
	set_up();
	ATF_REQUIRE_EQ(write(fds[BELL], &most, sizeof(most)),
	    (ssize_t)sizeof(most));
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	ATF_CHECK(!ring_readable(&b, 0));
	/* The bell that this side rings. */
	ATF_REQUIRE_EQ(write(fds[2], &most, sizeof(most)),
	    (ssize_t)sizeof(most));
	for (i = 1; i < 10; i += 2) {
		atomic_store(&page->naps, (uint64_t)i);
		ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_PACKET, "x", 1), 0);
		ATF_REQUIRE_EQ(ipc_ring_flush(b.ring), 0);
	}
	/* The hostile side may take away what woke this one. */
	ATF_REQUIRE_EQ(write(fds[BELL], &most, sizeof(most)),
	    (ssize_t)sizeof(most));
	ATF_REQUIRE_EQ(read(fds[BELL], &taken, sizeof(taken)),
	    (ssize_t)sizeof(taken));
	ATF_CHECK_EQ(ring_drain(&b), IPC_RING_EMPTY);
	tear_down();
}

static uint32_t
random_number(void)
{
	static uint32_t v = 4711;

	v ^= v << 13;
	v ^= v >> 17;
	return (v ^= v << 5);
}

/* Write junk everywhere. */
static void
junk(void)
{
	uint32_t i, v;

	for (i = 0; i < 64; i++)
		bytes[random_number() % SIZE] = (uint8_t)random_number();
	switch (random_number() % 7) {
	case 0:
		atomic_store(&page->tail, random_number());
		break;
	case 1:
		v = random_number();
		atomic_store(&page->head, (uint64_t)v << v % 32);
		break;
	case 2:
		atomic_store(&page->naps, random_number());
		atomic_store(&page->waits, random_number());
		break;
	case 3:
		v = random_number();
		atomic_store(&page->base, (uint64_t)v << v % 32);
		break;
	default:
		/* Plausible: the more is read. */
		atomic_fetch_add(&page->head, random_number() % 512);
		break;
	}
}

/*
 * Junk, between any two calls, and by a process that does not stop: each call
 * ends soon, and no entry is longer than it may be.
 */
ATF_TC_WITHOUT_HEAD(junk_steps);
ATF_TC_BODY(junk_steps, tc)
{
	unsigned int i, j, lost = 0;

	need_memory();
	for (i = 0; i < 2000; i++) {
		set_up();
		for (j = 0; j < 200 && ipc_ring_why(b.ring) == NULL; j++) {
			junk();
			(void)ipc_ring_sleep(b.ring);
			ipc_ring_awake(b.ring);
			(void)ipc_ring_read(b.ring, 10000);
			(void)ring_put(&b, j % 2 ? IPC_RING_NEWS :
			    IPC_RING_PACKET, b.data, j);
			(void)ipc_ring_flush(b.ring);
		}
		lost += j < 200;
		tear_down();
	}
	ATF_CHECK_MSG(lost > 1000, "%u", lost);
}

ATF_TC_WITHOUT_HEAD(junk_meanwhile);
ATF_TC_BODY(junk_meanwhile, tc)
{
	uint64_t end = base_clock_us() + 3000000, before;
	const struct ipc_ringpage *theirs;
	unsigned int entries = 0;
	pid_t pid;

	need_memory();
	while (base_clock_us() < end) {
		set_up();
		ATF_REQUIRE((pid = fork()) != -1);
		if (pid == 0) {
			alarm(60);
			theirs = mmap(NULL, IPC_RING_PAGE, PROT_READ,
			    MAP_SHARED, fds[THEIRS], 0);
			/* Small entries that move and change all the time. */
			for (;;) {
				bytes[random_number() % SIZE] =
				    random_number() % 64 == 0;
				atomic_store(&page->base, random_number());
				if (atomic_load(&page->head) + 64 <
				    atomic_load(&theirs->tail) + SIZE)
					atomic_fetch_add(&page->head, 64);
			}
		}
		before = base_clock_us();
		do
			(void)ipc_ring_read(b.ring, 10000);
		while (ipc_ring_why(b.ring) == NULL &&
		    base_clock_us() - before < 200000);
		entries += b.n;
		kill(pid, SIGKILL);
		ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
		tear_down();
	}
	ATF_CHECK_MSG(entries > 100, "%u entries", entries);
}

/* A consumer that never reads, or frees one byte at a time. */
ATF_TC_WITHOUT_HEAD(slow_tail);
ATF_TC_BODY(slow_tail, tc)
{
	static const uint8_t p[1000];
	uint64_t tail = 0;
	unsigned int i;

	need_memory();
	set_up();
	for (i = 0; i < 100; i++)
		ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_NEWS, p, sizeof(p)), 0);
	for (i = 0; i < 5000; i++) {
		ATF_REQUIRE_EQ(ipc_ring_flush(b.ring), 0);
		ATF_REQUIRE_EQ(ring_put(&b, IPC_RING_PACKET, p, 1), 1);
		ATF_REQUIRE(atomic_load(&page->tail) == tail);
		atomic_store(&page->tail, ++tail);
	}
	ATF_CHECK(ipc_ring_why(b.ring) == NULL);
	tear_down();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, too_long);
	ATF_TP_ADD_TC(tp, torn);
	ATF_TP_ADD_TC(tp, wild_head);
	ATF_TP_ADD_TC(tp, wild_base);
	ATF_TP_ADD_TC(tp, wild_tail);
	ATF_TP_ADD_TC(tp, sealed);
	ATF_TP_ADD_TC(tp, bells);
	ATF_TP_ADD_TC(tp, junk_steps);
	ATF_TP_ADD_TC(tp, junk_meanwhile);
	ATF_TP_ADD_TC(tp, slow_tail);
	return (atf_no_error());
}

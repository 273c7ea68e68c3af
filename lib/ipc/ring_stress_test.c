/*
 * ring_stress_test: two processes at the two ends of the rings: no byte may be
 * lost or changed, and nobody may sleep while there is something to read.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "ringfixture.h"

#define PATIENCE	20000	/* ms: whoever sleeps so long was not woken */

#define ROUNDS		200000

/* The state of one process. */
static uint32_t	rnd;		/* of its random numbers */
static uint32_t	sent, got;	/* numbered entries */
static int	damaged;
static int	finished;	/* the other side has got all */

static uint32_t
random_number(uint32_t below)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 17;
	rnd ^= rnd << 5;
	return (rnd % below);
}

static void
pause_a_bit(uint32_t below)
{
	uint32_t i;

	for (i = random_number(below); i > 0; i--)
		__asm__ volatile ("" ::: "memory");
}

/* The content of entry number `n': its number, then bytes that follow of it. */
static size_t
content(uint32_t n, uint8_t *p)
{
	size_t i, len = 4 + (n * 2654435761U >> 16) % (n % 50 == 0 ? 60000 :
	    1500);

	memcpy(p, &n, 4);
	for (i = 4; i < len; i++)
		p[i] = (uint8_t)(n + i * 7);
	return (len);
}

static int
check(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	static uint8_t want[IPC_RING_MAXLEN];
	size_t len;

	(void)arg;
	if (type == NEWS) {
		finished = 1;
		return (0);
	}
	len = content(got++, want);
	if (n != len || memcmp(p, want, n) != 0)
		damaged = 1;
	return (damaged ? -1 : 0);
}

/* Wait for the other side.  Return 0, or -1: it did not wake this one. */
static int
wait_for(struct ipc_ring *r, int blocked)
{
	struct pollfd pfd = { .fd = ipc_ring_fd(r),
	    .events = blocked ? POLLIN | POLLOUT : POLLIN };

	if (ipc_ring_sleep(r) && poll(&pfd, 1, PATIENCE) != 1)
		return (-1);
	if (pfd.revents & POLLIN)
		ipc_ring_woken(r);
	return (0);
}

/*
 * Send and receive `total' entries; with `chat', no more than one further than
 * was received.  Return the exit status.
 */
static int
work(const int *fds, uint32_t seed, uint32_t total, int chat)
{
	static uint8_t p[IPC_RING_MAXLEN];
	struct ipc_ring *r;
	enum ipc_ring_state state = IPC_RING_EMPTY;
	uint32_t burst;
	int rv, refused, told = 0;

	rnd = seed;
	sent = got = 0;
	damaged = finished = 0;
	if ((r = ipc_ring_open(fds, PACKET, PACKET, check, NULL)) == NULL)
		return (2);
	while (!told || !finished) {
		if (got == total && !told) {
			if (ipc_ring_put(r, IPC_RING_FLOOD, NEWS, NULL, 0,
			    NULL, 0) == -1)
				return (3);
			told = 1;
		}
		refused = 0;
		burst = chat ? 1 : random_number(30);
		for (; burst > 0 && sent < total && (!chat || sent <= got);
		    burst--) {
			rv = ipc_ring_put(r, random_number(2) == 0 ?
			    IPC_RING_PACKET : IPC_RING_FLOOD, PACKET, p,
			    content(sent, p), NULL, 0);
			if (rv == -1)
				return (3);
			if (rv == 0)
				sent++;
			else	/* try again; nobody wakes for that */
				refused = 1;
		}
		if ((rv = ipc_ring_flush(r)) == -1)
			return (4);
		if (told && finished)
			break;
		/* Only one side can be ahead if all has arrived. */
		if (state != IPC_RING_MORE && !refused &&
		    (sent == total || sent > got)) {
			/* Often just before the other side writes. */
			pause_a_bit(600);
			if (wait_for(r, rv) == -1)
				return (5);
		}
		ipc_ring_awake(r);
		state = ipc_ring_read(r, 1 + random_number(200000));
		if (state == IPC_RING_LOST || damaged)
			return (6);
		if (state == IPC_RING_CLOSED && !finished)
			return (7);
	}
	/* The last entry has room, as the other side has read all others. */
	if (ipc_ring_flush(r) != 0)
		return (8);
	return (0);
}

static void
stress(size_t size, uint32_t total, int chat)
{
	int fa[IPC_RING_MAXFDS], fb[IPC_RING_MAXFDS], status, rv;
	pid_t pid;

	ATF_REQUIRE_EQ(ipc_ring_make(size, fa, fb), 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		ipc_ring_close_fds(fa);
		_exit(work(fb, 77, total, chat));
	}
	ipc_ring_close_fds(fb);
	rv = work(fa, 99, total, chat);
	if (rv != 0)
		kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ_MSG(rv, 0, "this process: %d, %u sent, %u got", rv, sent,
	    got);
	ATF_CHECK_MSG(status == 0, "the other process: %#x", status);
}

/* Many entries both ways, over rings of several sizes. */
ATF_TC_WITHOUT_HEAD(data);
ATF_TC_BODY(data, tc)
{
	stress(8192, 20000, 0);
	stress(65536, 40000, 0);
	stress(ipc_ring_size(2), 100000, 0);
}

/* Each waits for the other one, all the time. */
ATF_TC_WITHOUT_HEAD(chat);
ATF_TC_BODY(chat, tc)
{
	stress(65536, 300000, 1);
}

/* Two processes meet: `mine' and `other' count how often each has come here. */
static void
meet(_Atomic unsigned int *mine, _Atomic unsigned int *other)
{
	unsigned int n = atomic_fetch_add(mine, 1) + 1, spins = 0;

	while (atomic_load(other) < n)
		if (++spins % 10000 == 0)
			sched_yield();
}

/*
 * One side writes at the moment when the other one goes to sleep: either that
 * one notices, or it is woken.
 */
ATF_TC_WITHOUT_HEAD(moment);
ATF_TC_BODY(moment, tc)
{
	_Atomic unsigned int *met;
	unsigned int i, lost = 0;
	int status, sleeps;
	pid_t pid;

	met = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(met != MAP_FAILED);
	ring_connect(65536);
	ATF_REQUIRE((pid = fork()) != -1);
	rnd = pid == 0 ? 5 : 7;
	for (i = 0; i < ROUNDS; i++) {
		if (pid == 0 && ring_put(&a, IPC_RING_NEWS, "x", 1) == -1)
			_exit(1);
		meet(&met[pid == 0], &met[pid != 0]);
		pause_a_bit(40);
		if (pid == 0) {
			if (ipc_ring_flush(a.ring) == -1)
				_exit(1);
			meet(&met[1], &met[0]);
			continue;
		}
		sleeps = ipc_ring_sleep(b.ring);
		meet(&met[0], &met[1]);
		if (sleeps && !ring_readable(&b, 0))
			lost++;
		(void)ring_drain(&b);
	}
	if (pid == 0)
		_exit(0);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
	ATF_CHECK_EQ(b.n, ROUNDS);
	ATF_CHECK_EQ_MSG(lost, 0, "%u wake-ups are lost", lost);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, moment);
	ATF_TP_ADD_TC(tp, data);
	ATF_TP_ADD_TC(tp, chat);
	return (atf_no_error());
}

/*
 * link_hostile_test: a worker that was taken over, which writes junk, torn
 * entries and wild positions into its ring while the others work.  It loses its
 * own link, and nothing of theirs.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <unistd.h>

#include "linkfixture.h"
#include "ringpage.h"

#define SECONDS	3

static uint32_t	rnd = 4711;

static uint32_t
random_number(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 17;
	return (rnd ^= rnd << 5);
}

/* Begin a frame of a type that workers send, or of any, at `at'. */
static void
junk_frame(uint8_t *ring, uint64_t at)
{
	uint32_t v = (MSG_LINK_ADD + random_number() % 10) << 24 |
	    random_number() % 100;
	unsigned int i;

	if (random_number() % 8 == 0)
		v = random_number();
	for (i = 0; i < sizeof(v); i++)
		ring[(at + i) % RING] = (uint8_t)(v >> 8 * i);
}

/* The hostile worker: does not return. */
static void
hostile(struct ipc_ringpage *page)
{
	uint8_t *ring = (uint8_t *)page + IPC_RING_PAGE;
	uint64_t head = 0;
	unsigned int i;

	alarm(60);
	for (;;) {
		for (i = 0; i < 2000; i++) {
			if (i % 20 == 0)
				junk_frame(ring, head);
			head += random_number() % 40;
			ring[head % RING] = (uint8_t)random_number();
			atomic_store(&page->head, head);
		}
		atomic_store(&page->tail, random_number() % 4);
		atomic_store(&page->naps, random_number());
		atomic_store(&page->waits, random_number() % 2);
		if (random_number() % 50 == 0)
			atomic_store(&page->head, random_number());
		usleep(200);
	}
}

/* Link the worker with a hostile process; return its process id. */
static pid_t
link_hostile(unsigned int worker)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	void *page;
	pid_t pid;

	ATF_REQUIRE_EQ(ipc_ring_make(RING, ours, theirs), 0);
	ATF_REQUIRE_EQ(cluster_link_open(r, ours, worker), 0);
	page = mmap(NULL, IPC_RING_PAGE + RING, PROT_READ | PROT_WRITE,
	    MAP_SHARED, theirs[0], 0);
	ATF_REQUIRE(page != MAP_FAILED);
	rnd += 12345;
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		hostile(page);
	munmap(page, IPC_RING_PAGE + RING);
	ipc_ring_close_fds(theirs);
	return (pid);
}

ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	static const uint8_t addr[16], ask[8];
	uint64_t end = base_clock_us() + SECONDS * 1000000ULL;
	unsigned int lost = 0, rounds = 0;
	struct other *fine;
	pid_t pid;

	if (ipc_ring_nfds() == 1)
		atf_tc_skip("sockets in place of shared memory");
	set_up();
	fine = linked(FINE);
	cluster_peers_remote_add(r->peers, FINE, key, 1, addr, 1, PEER_REGULAR,
	    1);
	pid = link_hostile(STUCK);
	while (r->now_us < end) {
		r->now_us = base_clock_us();
		sent(fine, MSG_LINK_STATS_ASK, ask, sizeof(ask));
		turn();
		(void)packets(STUCK, 10000);
		cluster_link_flush(r);
		ATF_REQUIRE_EQ(drain(fine), 1);
		ATF_REQUIRE_EQ(fine->type, MSG_LINK_STATS);
		rounds++;
		if (r->links.to[STUCK] != NULL)
			continue;
		ATF_CHECK_EQ(r->links.unlinked & 1U << STUCK, 1U << STUCK);
		lost++;
		kill(pid, SIGKILL);
		ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
		pid = link_hostile(STUCK);
	}
	kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	ATF_CHECK_MSG(lost > 3 && rounds > 100, "%u lost, %u rounds", lost,
	    rounds);
	ATF_CHECK_EQ(r->links.unlinked & 1U << FINE, 0);
	/* The client of the other worker is there, and none of the lost one. */
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 1);
	cluster_link_ended(r, STUCK);
	while (r->links.to[STUCK] != NULL)
		turn();
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, junk);
	return (atf_no_error());
}

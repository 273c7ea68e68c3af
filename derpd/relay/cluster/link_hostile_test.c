/*
 * link_hostile_test: a worker that was taken over, which writes junk, torn
 * entries and wild positions into its ring while the others work.  It loses its
 * own link, and nothing of theirs.  And a hostile node of the region.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "linkfixture.h"
#include "ringpage.h"

#define SECONDS	3
#define HOSTILE	OTHER		/* the worker that was taken over */
#define FINE	THIRD
#define BUSY	OTHER		/* does not read for a while */

static uint32_t	rnd = 4711;

static uint32_t
random_number(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 17;
	return (rnd ^= rnd << 5);
}

static void
junk_number(uint8_t *ring, uint64_t at, uint32_t v)
{
	unsigned int i;

	for (i = 0; i < sizeof(v); i++)
		ring[(at + i) % RING] = (uint8_t)(v >> 8 * i);
}

/*
 * Begin a frame of a type that workers send, or of any, at `at'; some are of
 * links to other nodes.
 */
static void
junk_frame(uint8_t *ring, uint64_t at)
{
	const uint32_t type = MSG_LINK_PACKET +
	    random_number() % (MSG_LINK_FAR_CLOSE - MSG_LINK_PACKET + 1);
	uint32_t v = type << 24 | random_number() % 100;

	if (random_number() % 8 == 0)
		v = random_number();
	else if (random_number() % 2 == 0 && type >= MSG_LINK_FAR)
		v = type << 24 | (type == MSG_LINK_FAR_LOST ? 4 :
		    4 + FRAME_KEY_LEN + (type == MSG_LINK_FAR));
	junk_number(ring, at, v);
	if (type >= MSG_LINK_FAR)	/* of 64, big endian */
		junk_number(ring, at + 4, random_number() % 64 << 24);
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
	uint64_t end = base_clock_us() + SECONDS * 1000000ULL;
	const uint8_t p[1400] = { 0 };
	unsigned int lost = 0, rounds = 0, i;
	uint8_t gone[FRAME_PEER_GONE_SIZE];
	struct relay_conn *c;
	struct other *fine;
	struct ipc_msg m;
	pid_t pid;

	if (ipc_ring_nfds() == 1)
		atf_tc_skip("sockets in place of shared memory");
	begin();
	fine = linked(FINE);
	c = join(0, 0);
	SAY(fine, FAR, far, 2 * FINE, key_of(WORKER, 1), 1);
	/* A client of the other worker is heard of. */
	SAY(fine, PACKET, packet, key_of(FINE, 0), c->session.key, "abc", 3);
	turn();
	ATF_REQUIRE(nwire > 0);
	pid = link_hostile(HOSTILE);
	while (r->set.now_us < end) {
		r->set.now_us = base_clock_us();
		SAY(fine, FLOOD, flood, 1, 0);
		turn();
		room = WIRE;		/* whatever the client gets */
		in_kernel = 0;
		for (i = 0; i < 8; i++)
			(void)cluster_link_packet(r, HOSTILE, NULL,
			    c->session.key, key_of(HOSTILE, 0), p, sizeof(p));
		cluster_link_flush(r);
		ATF_REQUIRE_EQ(hears(fine, &m), MSG_LINK_PRESENT);
		ATF_REQUIRE_EQ(hears(fine, &m), MSG_LINK_FLOODED);
		rounds++;
		if (r->links.to[HOSTILE] != NULL)
			continue;
		ATF_CHECK_EQ(r->links.unlinked & 1U << HOSTILE, 1U << HOSTILE);
		lost++;
		kill(pid, SIGKILL);
		ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
		pid = link_hostile(HOSTILE);
	}
	kill(pid, SIGKILL);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	ATF_CHECK_MSG(lost > 3 && rounds > 100, "%u lost, %u rounds", lost,
	    rounds);
	ATF_CHECK_EQ(r->links.unlinked & 1U << FINE, 0);
	cluster_link_ended(r, HOSTILE);
	while (r->links.to[HOSTILE] != NULL)
		turn();
	/*
	 * The other worker's client is still known, and leaves in order; so is
	 * the key at its node.
	 */
	ATF_CHECK(!c->conn.dead);
	ATF_CHECK_EQ(r->derp.ops->packet(&c->session, key_of(WORKER, 1),
	    c->session.key, p, sizeof(p)), 0);
	cluster_link_flush(r);
	ATF_CHECK_EQ(hears(fine, &m), MSG_LINK_VIA);
	room = WIRE;
	in_kernel = 0;
	turn();
	SAY(fine, GONE, gone, key_of(FINE, 0), 1, 1);
	net_frame_put_peer_gone(gone, key_of(FINE, 0),
	    PEER_GONE_DISCONNECTED);
	clients_get(gone, sizeof(gone));
}

/*
 * A node whose keys come and go, faster than a worker hears of it, costs that
 * worker no link.
 */
ATF_TC_WITHOUT_HEAD(flapping);
ATF_TC_BODY(flapping, tc)
{
	unsigned int i, n, local = 0;
	struct ipc_msg_link_gone v;
	struct other *fine, *busy;
	struct relay_conn *c;
	struct ipc_msg m;

	begin();
	fine = linked(FINE);
	busy = linked(BUSY);
	for (i = 0; i < 100000; i++) {
		SAY(fine, FAR, far, 2 * FINE, key_of(WORKER, 1), 1);
		SAY(fine, FAR, far, 2 * FINE, key_of(WORKER, 1), 0);
		if (i % 1000 != 0)
			continue;
		turn();
		while (hears(fine, &m) != 0)
			;
	}
	turn();
	ATF_CHECK_EQ(r->links.unlinked, 0);
	ATF_REQUIRE(r->links.to[BUSY] != NULL);
	/* That of a client here is not lost among these. */
	c = join(0, 0);
	leave(c);
	turn();
	for (i = n = 0; i < 100; i++, turn())
		while (hears(busy, &m) != 0) {
			ATF_REQUIRE_EQ(ipc_get_link_gone(&m.rd, &v), 0);
			local += v.local;
			n++;
		}
	ATF_CHECK_MSG(n > 10000, "%u", n);
	ATF_CHECK_EQ(local, 1);
	ATF_REQUIRE(r->links.to[BUSY] != NULL);
	SAY(fine, FAR, far, 2 * FINE, key_of(WORKER, 1), 1);
	SAY(fine, FAR, far, 2 * FINE, key_of(WORKER, 1), 0);
	turn();
	ATF_CHECK_EQ(hears(busy, &m), MSG_LINK_GONE);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, flapping);
	return (atf_no_error());
}

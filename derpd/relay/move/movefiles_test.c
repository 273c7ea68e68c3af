/*
 * movefiles_test: an export for which there are few descriptors, because one
 * new worker does not read at first.  The test plays both new workers.
 */
#include <sys/resource.h>

#include "movefixture.h"

#define FILES	200		/* that may be open, at first */
#define NSLOW	5		/* sessions for the worker that is slow */
#define SPARE	(NSLOW - 1)	/* descriptors: the first session is sent */

static struct move_side	 old;
static struct move_peer	 peers[NSLOW + 1];
static struct ipc_chan	*ends[2];	/* of the new workers */
static const uint8_t	 secret[IPC_SLOT_SECRETLEN] = { 2 };

/* A key that this new worker owns; they are exported in the order of calls. */
static void
next_key(uint8_t key[FRAME_KEY_LEN], unsigned int to)
{
	static unsigned int i, next;
	unsigned int slot;

	memset(key, 0, FRAME_KEY_LEN);
	do {
		i++;
		memcpy(key, &i, sizeof(i));
		slot = ipc_slot_of(key, old.r->conf.slot_secret);
	} while (ipc_slot_of(key, secret) % 2 != to || slot < next ||
	    slot >= next + IPC_SLOTS / 16);
	next = slot + 1;
}

/* Have more bytes in the session than a socket takes. */
static void
fill(struct relay_conn *c)
{
	static uint8_t bytes[250 * 1024];

	ATF_REQUIRE_EQ(conn_buf_add(&c->conn.input.held, bytes, sizeof(bytes)),
	    0);
	ATF_REQUIRE_EQ(conn_buf_add(&c->conn.input.pend, bytes, sizeof(bytes)),
	    0);
	ATF_REQUIRE_EQ(conn_buf_add(&c->session.part, bytes, sizeof(bytes)), 0);
}

static void
connect_new(unsigned int to)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(move_to(old.r, to, 2, secret, nodes_there, sv[0]), 0);
	ends[to] = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(ends[to] != NULL);
}

static void
begin(void)
{
	uint8_t key[FRAME_KEY_LEN];
	unsigned int i;

	a_worker(&old, 0, 1, 1);
	for (i = 0; i <= NSLOW; i++) {
		next_key(key, i == NSLOW);
		a_client(&old, &peers[i], key, 0, 0);
		if (i == 0)
			fill(conn_at(&old, key));
	}
	connect_new(0);
	connect_new(1);
}

/* Permit so many descriptors, of which `spare' are free. */
static void
open_most(struct rlimit rl, unsigned int spare)
{
	int v[FILES];
	unsigned int n = 0;

	rl.rlim_cur = FILES;
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	while (n < FILES && (v[n] = dup(peers[0].fd)) != -1)
		n++;
	ATF_REQUIRE(errno == EMFILE && n >= spare);
	while (spare-- > 0)
		close(v[--n]);
}

/* Read all that the new worker gets.  Returns the number of sessions. */
static unsigned int
read_all(unsigned int to)
{
	unsigned int n = 0;
	struct ipc_msg m;
	uint32_t type;

	do {
		while (ipc_chan_recv(ends[to], &m, 0) == -1)
			held_turns(&old);
		type = m.type;
		n += type == MSG_MOVE_SESSION;
		ipc_msg_free(&m);
	} while (type != MSG_MOVE_END);
	return (n);
}

/* Descriptors for one worker are in the channel of another one. */
ATF_TC_WITHOUT_HEAD(few);
ATF_TC_BODY(few, tc)
{
	struct rlimit rl;
	uint32_t sessions;

	(void)tc;
	begin();
	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	open_most(rl, SPARE);
	move_go(old.r);
	ATF_REQUIRE_EQ(moved(&old, &sessions), -1);
	ATF_CHECK_EQ(dup(peers[0].fd), -1);
	ATF_CHECK_EQ(errno, EMFILE);
	ATF_CHECK_EQ(ipc_chan_queued(old.r->move.out->to[1].chan), 0);
	ATF_CHECK_EQ(old.r->move.out->to[0].sessions, NSLOW);
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	ATF_CHECK_EQ(read_all(0), NSLOW);
	ATF_CHECK_EQ(read_all(1), 1);
	ATF_CHECK_EQ(moved(&old, &sessions), 1);
	ATF_CHECK_EQ(sessions, NSLOW + 1);
}

/* There is none at all, and none will be free. */
ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	struct rlimit rl;
	uint32_t sessions;
	int rv;

	(void)tc;
	begin();
	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	open_most(rl, 0);
	move_go(old.r);
	rv = moved(&old, &sessions);
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &rl), 0);
	ATF_CHECK_EQ(rv, 0);
	ATF_CHECK_EQ(sessions, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, few);
	ATF_TP_ADD_TC(tp, none);
	return (atf_no_error());
}

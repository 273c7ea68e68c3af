/*
 * movemany_test: more sessions come than go on in one turn; and then the worker
 * is held, or stops, at once.  The test plays the old workers.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "hold.h"
#include "link.h"
#include "linkmsg.h"
#include "movefixture.h"
#include "ring.h"
#include "stop.h"

#define NOLD	2
#define EACH	300		/* sessions of an old worker: together they
				   take more than a turn */
#define MANY	(NOLD * EACH)
#define HOLD	5

static struct move_side	 new;
static struct ipc_chan	*old[NOLD];
static int		 clients[MANY];	/* their ends */
static unsigned int	 nclients;
static uint8_t		 secret[IPC_SLOT_SECRETLEN] = { 9 };

/* The next key of that old worker and of the new one. */
static const uint8_t *
next_key(unsigned int from)
{
	static uint8_t key[FRAME_KEY_LEN];
	static unsigned int i;

	do {
		i++;
		memcpy(key, &i, sizeof(i));
	} while (!move_import_owns(new.r->move.in[from], key));
	return (key);
}

static void
connect_old(unsigned int from)
{
	const struct ipc_msg_relay_move_from v = { .from = from,
	    .nworkers = NOLD, .slot_secret = secret };
	const struct ipc_msg_move_begin begin = { IPC_MOVE_VERSION };
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(move_from_message(new.r, &v, &sv[0]), 0);
	old[from] = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_RELAY, NULL,
	    NULL, NULL);
	ATF_REQUIRE(old[from] != NULL);
	ATF_REQUIRE_EQ(ipc_send_move_begin(old[from], &begin), 0);
}

/* A session comes, which a front pumps. */
static void
session(unsigned int from, unsigned int id)
{
	static const uint8_t addr[16] = { 1 };
	const struct ipc_msg_move_session v = { .id = id, .app = "",
	    .group = "", .key = next_key(from), .addr = addr, .alive = 60,
	    .flags = IPC_MOVE_PROXIED };
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv),
	    0);
	clients[nclients++] = sv[1];
	ATF_REQUIRE_EQ(ipc_send_move_session(old[from], &v, sv[0]), 0);
	while (ipc_chan_flush(old[from], 0) == -1 && errno == ETIMEDOUT)
		turns(&new);
}

/* All of an old worker, and a key that is gone. */
static void
all_of(unsigned int from)
{
	const struct ipc_msg_move_end end = { EACH };
	struct ipc_msg_move_heard gone = { .ids = (const uint8_t *)"" };
	char why[IPC_WHYSIZE] = "";
	uint32_t sessions;
	unsigned int i;

	connect_old(from);
	for (i = 0; i < EACH; i++)
		session(from, i);
	gone.key = next_key(from);
	ATF_REQUIRE_EQ(ipc_send_move_heard(old[from], &gone), 0);
	ATF_REQUIRE_EQ(ipc_send_move_end(old[from], &end), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(old[from], 5000), 0);
	ATF_REQUIRE_EQ_MSG(1, took(&new, &sessions, why), "%s", why);
	ATF_REQUIRE_EQ(sessions, EACH);
}

/* All have come to worker 0 of `nworkers', and are its own. */
static void
take_many(unsigned int nworkers)
{
	struct rlimit rl;
	unsigned int i;

	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
	rl.rlim_cur = rl.rlim_max;
	if (rl.rlim_max < 4 * MANY || setrlimit(RLIMIT_NOFILE, &rl) == -1)
		atf_tc_skip("too few open files (RLIMIT_NOFILE)");
	a_worker(&new, 0, nworkers, 2);
	for (i = 0; i < NOLD; i++)
		all_of(i);
	move_take(new.r, 0);
	ATF_REQUIRE_EQ(new.r->stats->connections, 0);
}

/* Sessions that have gone on. */
static unsigned int
up(const struct relay *r)
{
	const struct conn *c;
	unsigned int n = 0;

	TAILQ_FOREACH(c, &r->set.conns, entry)
		n += c->state == CONN_UP && !c->dead;
	return (n);
}

/* What comes over the ring of another worker: keys that are gone, a mark. */
static struct {
	unsigned int	 gone;
	uint32_t	 mark;
} heard;

static int
on_entry(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	struct ipc_msg_link_mark v;
	struct ipc_rd rd;

	(void)arg;
	/* Nothing comes behind the mark. */
	ATF_CHECK_EQ(heard.mark, 0);
	if (type == MSG_LINK_GONE)
		heard.gone++;
	if (type != MSG_LINK_MARK)
		return (0);
	ipc_rd_init(&rd, p, n);
	ATF_REQUIRE_EQ(ipc_get_link_mark(&rd, &v), 0);
	heard.mark = v.hold;
	return (0);
}

/* Open a link to worker 1; its side. */
static struct ipc_ring *
link_other(void)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	struct ipc_ring *ring;

	ATF_REQUIRE_EQ(ipc_ring_make(1024 * 1024, ours, theirs), 0);
	ATF_REQUIRE_EQ(cluster_link_open(new.r, ours, 1), 0);
	ring = ipc_ring_open(theirs, LINK_FIRST_PACKET, LINK_LAST_PACKET,
	    on_entry, NULL);
	ATF_REQUIRE(ring != NULL);
	return (ring);
}

/* The other worker says that it is held, too. */
static void
say_mark(struct ipc_ring *ring)
{
	const struct ipc_msg_link_mark v = { HOLD };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_link_mark(&w, &v);
	ATF_REQUIRE_EQ(ipc_ring_put(ring, IPC_RING_NEWS, MSG_LINK_MARK, w.p,
	    w.len, NULL, 0), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(ring), 0);
	ipc_wr_free(&w);
}

/* Run the worker until it is held, and says so. */
static void
until_held(void)
{
	const struct ipc_msg_relay_hold v = { HOLD };
	const struct timeval now = { 0, 0 };
	struct ipc_msg m;
	unsigned int i;

	ATF_REQUIRE_EQ(relay_hold_message(new.r, &v), 0);
	for (i = 0; i < 1000 && !relay_hold_is_held(new.r); i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(new.r->set.base, &now), 0);
		relay_turn(new.r);
	}
	ATF_REQUIRE(relay_hold_is_held(new.r));
	held_turns(&new);
	ATF_REQUIRE_EQ(ipc_chan_recv(new.parent, &m, 0), 0);
	ATF_REQUIRE_EQ(MSG_RELAY_HELD, m.type);
	ipc_msg_free(&m);
}

/*
 * The next move begins before all have gone on: it waits for them, and they all
 * move.  Who is gone is said before the mark.
 */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct ipc_ring *ring;
	struct move_side third;
	unsigned int i;
	char end;

	(void)tc;
	take_many(2);
	ring = link_other();
	say_mark(ring);
	until_held();
	ATF_CHECK_EQ(up(new.r), MANY);
	ATF_CHECK_EQ(new.r->stats->connections, MANY);
	ipc_ring_woken(ring);
	while (ipc_ring_read(ring, 1024 * 1024) == IPC_RING_MORE)
		;
	ATF_CHECK_EQ(heard.gone, NOLD);
	ATF_CHECK_EQ(heard.mark, HOLD);
	a_worker(&third, 0, 1, 3);
	connect_move(&new, &third);
	ATF_CHECK_EQ(move_all(&new, &third), MANY);
	commit(&new, &third);
	ATF_CHECK_EQ(up(third.r), MANY);
	for (i = 0; i < MANY; i++)
		ATF_CHECK_EQ(recv(clients[i], &end, 1, 0), -1);
}

/* The client reads until the worker ends; the last frame is Restarting. */
static void
check_restarting(int fd)
{
	uint8_t buf[256], want[FRAME_RESTARTING_SIZE];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t n = 0, len;
	ssize_t k;

	len = net_frame_put_restarting(want, 1000, 30000);
	do {
		ATF_REQUIRE_EQ(poll(&pfd, 1, 10000), 1);
		ATF_REQUIRE((k = recv(fd, buf + n, sizeof(buf) - n, 0)) >= 0);
		n += (size_t)k;
	} while (k > 0);
	ATF_CHECK(n >= len && memcmp(buf + n - len, want, len) == 0);
	close(fd);
}

/* The worker stops before all have gone on: each client is told. */
ATF_TC_WITHOUT_HEAD(stopped);
ATF_TC_BODY(stopped, tc)
{
	const struct ipc_msg_stop v = { 20000 };
	struct conn *c;
	unsigned int i;
	int status;
	pid_t pid;

	(void)tc;
	take_many(1);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		for (i = 0; i < MANY; i++)
			close(clients[i]);
		relay_stop_message(new.r, &v);
		for (;;)
			relay_turn(new.r);
	}
	TAILQ_FOREACH(c, &new.r->set.conns, entry)
		close(c->fd);
	for (i = 0; i < MANY; i++)
		check_restarting(clients[i]);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Some end before they go on, of two old workers: the others stay. */
ATF_TC_WITHOUT_HEAD(some_end);
ATF_TC_BODY(some_end, tc)
{
	struct conn *c, *next;
	unsigned int i, k, n = 0, left = 0;

	(void)tc;
	take_many(1);
	for (c = TAILQ_FIRST(&new.r->set.conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (n++ % 3 == 0)
			conn_close(c, "it ends");
	}
	conn_reap(&new.r->set);
	for (i = 0; i < NOLD; i++)
		for (k = 0; k < EACH; k++)
			left += new.r->move.in[i]->v[k] != NULL;
	ATF_CHECK_EQ(left, MANY - MANY / 3);
	turns(&new);
	ATF_CHECK_EQ(up(new.r), MANY - MANY / 3);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, stopped);
	ATF_TP_ADD_TC(tp, some_end);
	return (atf_no_error());
}

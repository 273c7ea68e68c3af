/*
 * servers_test: what fronts and relay workers get when they start, channels
 * that are made anew, and fronts that were reported.  The test plays the
 * children at the other ends of the channels, and the system.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"
#include "parentfixture.h"
#include "ring.h"

#define NFRONTS	3
#define NRELAYS	2

static pid_t		 killed;	/* last child killed, 0: none */
static struct ipc_chan	*end_keys, *end_fronts[NFRONTS], *end_relays[NRELAYS];

static int
fake_kill(pid_t pid, const char *user)
{
	(void)user;
	killed = pid;
	return (0);
}

/* The child runs; *end gets its end of the channel. */
static void
run(struct parent_proc *p, struct ipc_chan **end)
{
	static pid_t	 pid = PID;

	p->c.pid = pid++;
	*end = connect_child(p);
}

/* All are known to the parent; keys runs and has all keys. */
static void
begin(void)
{
	unsigned int i;

	conf.worker.queue_packets = 1;
	conf.front.max_unfinished = conf.front.max_per_source = 1;
	conf.front.source_v4 = conf.front.source_v6 = 1;
	conf.relay.enabled = 1;
	d.nfronts = NFRONTS;
	d.nworkers = NRELAYS;
	ATF_REQUIRE((d.slots = ipc_slots_new(NRELAYS)) != NULL);
	for (i = 0; i < NFRONTS + NRELAYS; i++)
		ATF_REQUIRE((d.counters[i] = ipc_counters_new()) != NULL);
	set_up_parent(no_wait, fake_kill);
	run(&d.keys, &end_keys);
	d.keys_loaded = 1;
}

/* The next message that the child reads.  0, or -1: there is none. */
static int
next(struct parent_proc *p, struct ipc_chan *end, struct ipc_msg *m)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, 1000));
	return (ipc_chan_recv(end, m, 0));
}

/* Check the type of the child's next message; its descriptor or -1. */
static int
expect(struct parent_proc *p, struct ipc_chan *end, uint32_t type)
{
	struct ipc_msg	 m;
	int		 fd;

	ATF_REQUIRE_MSG(next(p, end, &m) == 0, "%s was not sent",
	    ipc_msg_name(type));
	ATF_REQUIRE_STREQ(ipc_msg_name(type), ipc_msg_name(m.type));
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

/* The same for MSG_SERVER_HAND to that other end. */
static int
expect_hand(struct parent_proc *p, struct ipc_chan *end, unsigned int other)
{
	struct ipc_msg_server_hand	 v;
	struct ipc_msg			 m;
	int				 fd;

	ATF_REQUIRE_EQ(0, next(p, end, &m));
	ATF_REQUIRE_STREQ("MSG_SERVER_HAND", ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_server_hand(&m.rd, &v));
	ATF_CHECK_EQ(other, v.number);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

static void
expect_chan(enum ipc_keychan kind, unsigned int worker)
{
	struct ipc_msg_key_chan	 v;
	struct ipc_msg		 m;

	ATF_REQUIRE_EQ(0, next(&d.keys, end_keys, &m));
	ATF_REQUIRE_STREQ("MSG_KEY_CHAN", ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_key_chan(&m.rd, &v));
	ATF_CHECK_EQ(kind, v.kind);
	ATF_CHECK_EQ(worker, v.worker);
	ipc_msg_free(&m);
}

static void
expect_nothing(struct parent_proc *p, struct ipc_chan *end)
{
	struct ipc_msg	 m;

	ATF_CHECK_EQ(-1, next(p, end, &m));
}

/* Are these the two ends of one channel? */
static void
check_pair(int a, int b)
{
	char	 c = 0;

	ATF_CHECK_EQ(1, write(a, "x", 1));
	ATF_CHECK_EQ(1, read(b, &c, 1));
	ATF_CHECK_EQ('x', c);
}

/* Handle a message of the child; returns what the handler says. */
static int
say(struct parent_proc *p, uint32_t type, struct ipc_wr *w)
{
	struct ipc_msg	 m = { .type = type, .fd = -1 };
	int		 rv;

	ATF_REQUIRE(ipc_wr_ok(w));
	ipc_rd_init(&m.rd, w->p, w->len);
	rv = p->c.role == ROLE_FRONT ? parent_fronts_message(p, &m) :
	    parent_relays_message(p, &m);
	ipc_wr_free(w);
	return (rv);
}

static int
say_unlinked(struct parent_proc *p, uint64_t links, uint64_t hands)
{
	struct ipc_msg_server_unlinked	 v = { links, hands };
	struct ipc_wr			 w;

	ipc_wr_init(&w);
	ipc_put_server_unlinked(&w, &v);
	return (say(p, MSG_SERVER_UNLINKED, &w));
}

/* It has no channel to keys and, if `sign' is 1, none to its signer. */
static int
say_keyless(struct parent_proc *p, int sign)
{
	struct ipc_msg_server_keyless	 v = { sign, 1 };
	struct ipc_wr			 w;

	ipc_wr_init(&w);
	ipc_put_server_keyless(&w, &v);
	return (say(p, MSG_SERVER_KEYLESS, &w));
}

static int
say_forged(struct parent_proc *p, unsigned int front)
{
	struct ipc_msg_relay_forged	 v = { front };
	struct ipc_wr			 w;

	killed = 0;
	ipc_wr_init(&w);
	ipc_put_relay_forged(&w, &v);
	return (say(p, MSG_RELAY_FORGED, &w));
}

/* A worker has all, and keys its secret, before a client can come. */
ATF_TC_WITHOUT_HEAD(relay_start);
ATF_TC_BODY(relay_start, tc)
{
	struct parent_proc	*p = &d.relays[1];
	unsigned int		 i;
	int			 a[2], b[2];

	begin();
	run(&d.fronts[0], &end_fronts[0]);
	run(&d.fronts[2], &end_fronts[2]);
	run(&d.relays[0], &end_relays[0]);
	run(p, &end_relays[1]);
	ATF_REQUIRE_EQ(0, parent_relays_set_up(p));
	expect(&d.keys, end_keys, MSG_KEY_SECRET);
	expect_chan(KEYCHAN_SEAL, 1);
	expect_nothing(&d.keys, end_keys);
	expect(p, end_relays[1], MSG_RELAY_SECRET);
	expect(p, end_relays[1], MSG_SERVER_KEYS);
	expect(p, end_relays[1], MSG_SERVER_SLOTS);
	expect(p, end_relays[1], MSG_SERVER_COUNTERS);
	expect(p, end_relays[1], MSG_RELAY_CONF);
	expect(p, end_relays[1], MSG_SERVER_COMMIT);
	for (i = 0; i < ipc_ring_nfds(); i++) {
		expect(p, end_relays[1], MSG_RELAY_LINK);
		expect(&d.relays[0], end_relays[0], MSG_RELAY_LINK);
	}
	expect_nothing(&d.relays[0], end_relays[0]);
	a[0] = expect_hand(p, end_relays[1], 0);
	a[1] = expect_hand(p, end_relays[1], 2);
	expect_nothing(p, end_relays[1]);
	b[0] = expect_hand(&d.fronts[0], end_fronts[0], 1);
	b[1] = expect_hand(&d.fronts[2], end_fronts[2], 1);
	check_pair(a[0], b[0]);
	check_pair(b[1], a[1]);
	ATF_CHECK_EQ(1, p->commits);
}

ATF_TC_WITHOUT_HEAD(front_start);
ATF_TC_BODY(front_start, tc)
{
	struct parent_proc	*p = &d.fronts[2];
	unsigned int		 i;

	begin();
	run(&d.fronts[0], &end_fronts[0]);
	run(&d.relays[1], &end_relays[1]);
	run(p, &end_fronts[2]);
	ATF_REQUIRE_EQ(0, parent_fronts_set_up(p));
	expect_chan(KEYCHAN_BOX, 2);
	expect_nothing(&d.keys, end_keys);
	expect(p, end_fronts[2], MSG_SERVER_KEYS);
	expect(p, end_fronts[2], MSG_SERVER_SLOTS);
	expect(p, end_fronts[2], MSG_SERVER_COUNTERS);
	for (i = 0; i < NFRONTS + NRELAYS - 1; i++)
		expect(p, end_fronts[2], MSG_FRONT_COUNTERS);
	expect(p, end_fronts[2], MSG_FRONT_MAPS);
	expect(p, end_fronts[2], MSG_FRONT_CONF);
	expect(p, end_fronts[2], MSG_SERVER_COMMIT);
	check_pair(expect_hand(p, end_fronts[2], 1),
	    expect_hand(&d.relays[1], end_relays[1], 2));
	expect_nothing(p, end_fronts[2]);
	expect_nothing(&d.fronts[0], end_fronts[0]);
}

/* What the settings of a worker say of a mesh key of earlier. */
static int
had_mesh(struct parent_proc *p, struct ipc_chan *end)
{
	struct ipc_msg_relay_conf	 v;
	struct ipc_msg			 m;

	ATF_REQUIRE_EQ(0, parent_settings_first(p));
	ATF_REQUIRE_EQ(0, next(p, end, &m));
	ATF_REQUIRE_EQ(MSG_RELAY_CONF, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_relay_conf(&m.rd, &v));
	ATF_CHECK_EQ(0, v.conf.mesh);
	ipc_msg_free(&m);
	expect(p, end, MSG_SERVER_COMMIT);
	return (v.conf.had_mesh);
}

/* Mesh peers stay for a day after their key was removed. */
ATF_TC_WITHOUT_HEAD(mesh_removed);
ATF_TC_BODY(mesh_removed, tc)
{
	const uint8_t		 hash[IPC_MESHHASH_LEN] = { 1 };
	const uint8_t		 none[IPC_MESHHASH_LEN] = { 0 };
	struct parent_proc	*p = &d.relays[0];

	begin();
	run(p, &end_relays[0]);
	meshset_key_used(&d.mesh, none);
	ATF_CHECK_EQ(0, had_mesh(p, end_relays[0]));
	meshset_key_used(&d.mesh, hash);
	ATF_CHECK_EQ(1, had_mesh(p, end_relays[0]));
	meshset_key_used(&d.mesh, none);
	ATF_CHECK_EQ(1, had_mesh(p, end_relays[0]));
	ATF_CHECK_EQ(0, memcmp(d.mesh.last_hash, hash, sizeof(hash)));
}

/* While keys is away nothing is connected to it. */
/* Until this derpd has taken over, nobody is handed over. */
ATF_TC_WITHOUT_HEAD(waiting);
ATF_TC_BODY(waiting, tc)
{
	struct ipc_msg	 m;

	begin();
	run(&d.fronts[1], &end_fronts[1]);
	run(&d.relays[0], &end_relays[0]);
	d.waiting = 1;
	ATF_CHECK_EQ(0, parent_servers_connect_hands(&d.fronts[1]));
	ATF_CHECK_EQ(0, parent_servers_connect_hands(&d.relays[0]));
	ATF_CHECK_EQ(-1, next(&d.fronts[1], end_fronts[1], &m));
	ATF_CHECK_EQ(-1, next(&d.relays[0], end_relays[0], &m));
	d.waiting = 0;
	ATF_CHECK_EQ(0, parent_servers_connect_hands(&d.relays[0]));
	close(expect_hand(&d.fronts[1], end_fronts[1], 0));
	close(expect_hand(&d.relays[0], end_relays[0], 1));
}

ATF_TC_WITHOUT_HEAD(keyless);
ATF_TC_BODY(keyless, tc)
{
	struct parent_proc	*p = &d.relays[0];

	begin();
	run(p, &end_relays[0]);
	d.keys_loaded = 0;
	ATF_REQUIRE_EQ(0, parent_servers_connect_keys(p));
	expect_nothing(&d.keys, end_keys);
	d.keys_loaded = 1;
	ATF_CHECK_EQ(0, say_keyless(p, 0));
	expect(&d.keys, end_keys, MSG_KEY_SECRET);
	expect_chan(KEYCHAN_SEAL, 0);
	expect(p, end_relays[0], MSG_SERVER_KEYS);
	/* Requests in quick succession are ignored. */
	ATF_CHECK_EQ(0, say_keyless(p, 0));
	expect_nothing(&d.keys, end_keys);
	expect_nothing(p, end_relays[0]);
	/* A relay worker has no signer. */
	ATF_CHECK_EQ(-1, say_keyless(p, 1));
}

/* A front gets a new channel to its signer, of which keys hears nothing. */
ATF_TC_WITHOUT_HEAD(signerless);
ATF_TC_BODY(signerless, tc)
{
	struct parent_proc	*p = &d.fronts[1];
	struct ipc_chan		*end_signer;

	begin();
	run(p, &end_fronts[1]);
	run(&d.signers[1], &end_signer);
	d.keys_loaded = 0;
	ATF_CHECK_EQ(0, say_keyless(p, 1));
	check_pair(expect(p, end_fronts[1], MSG_SERVER_KEYS),
	    expect(&d.signers[1], end_signer, MSG_SIGNER_FRONT));
	expect_nothing(&d.keys, end_keys);
}

/* Both ends are replaced; who does not run or does not exist is left out. */
ATF_TC_WITHOUT_HEAD(mended);
ATF_TC_BODY(mended, tc)
{
	struct parent_proc	*front = &d.fronts[0], *relay = &d.relays[0];
	unsigned int		 i;

	begin();
	run(front, &end_fronts[0]);
	run(relay, &end_relays[0]);
	run(&d.relays[1], &end_relays[1]);
	ATF_CHECK_EQ(0, say_unlinked(front, 0, UINT64_MAX));
	check_pair(expect_hand(front, end_fronts[0], 0),
	    expect_hand(relay, end_relays[0], 0));
	check_pair(expect_hand(front, end_fronts[0], 1),
	    expect_hand(&d.relays[1], end_relays[1], 0));
	expect_nothing(front, end_fronts[0]);
	/* A front has no links. */
	ATF_CHECK_EQ(-1, say_unlinked(front, 1, 0));
	/* A worker has both. */
	ATF_CHECK_EQ(0, say_unlinked(relay, UINT64_MAX, UINT64_MAX));
	for (i = 0; i < ipc_ring_nfds(); i++) {
		expect(relay, end_relays[0], MSG_RELAY_LINK);
		expect(&d.relays[1], end_relays[1], MSG_RELAY_LINK);
	}
	check_pair(expect_hand(relay, end_relays[0], 0),
	    expect_hand(front, end_fronts[0], 0));
	expect_nothing(relay, end_relays[0]);
	/* Requests in quick succession are ignored. */
	ATF_CHECK_EQ(0, say_unlinked(relay, UINT64_MAX, UINT64_MAX));
	expect_nothing(relay, end_relays[0]);
	expect_nothing(&d.relays[1], end_relays[1]);
}

/* A worker that requests channels without end can't fill the log. */
ATF_TC_WITHOUT_HEAD(quiet);
ATF_TC_BODY(quiet, tc)
{
	static char		 text[65536];
	struct parent_proc	*p = &d.relays[0];
	FILE			*f;
	ssize_t			 n, i;
	int			 saved, lines = 0;

	begin();
	run(&d.fronts[0], &end_fronts[0]);
	run(p, &end_relays[0]);
	run(&d.relays[1], &end_relays[1]);
	ATF_REQUIRE((saved = dup(2)) != -1 && (f = tmpfile()) != NULL);
	ATF_REQUIRE(dup2(fileno(f), 2) == 2);
	for (i = 0; i < 30; i++) {
		p->linked_ms = 0;
		ATF_CHECK_EQ(0, say_unlinked(p, UINT64_MAX, UINT64_MAX));
	}
	ATF_REQUIRE(dup2(saved, 2) == 2);
	n = pread(fileno(f), text, sizeof(text), 0);
	for (i = 0; i < n; i++)
		lines += text[i] == '\n';
	ATF_CHECK_MSG(lines >= 2 && lines <= 20, "%d lines", lines);
	fclose(f);
}

/* A reported front is killed; one worker can have that once in 10 s. */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	pid_t	 pid[NFRONTS];
	int	 i;

	begin();
	run(&d.relays[0], &end_relays[0]);
	run(&d.relays[1], &end_relays[1]);
	for (i = 0; i < NFRONTS; i++) {
		run(&d.fronts[i], &end_fronts[i]);
		pid[i] = d.fronts[i].c.pid;
	}
	ATF_CHECK_EQ(-1, say_forged(&d.relays[0], NFRONTS));
	ATF_CHECK_EQ(0, killed);
	ATF_CHECK_EQ(0, say_forged(&d.relays[0], 1));
	ATF_CHECK_EQ(pid[1], killed);
	ATF_CHECK(d.fronts[1].c.chan == NULL);
	now_ms += 9999;
	ATF_CHECK_EQ(0, say_forged(&d.relays[0], 0));
	ATF_CHECK_EQ(0, killed);
	ATF_CHECK(d.fronts[0].c.chan != NULL);
	/* Another worker's reports count on their own. */
	ATF_CHECK_EQ(0, say_forged(&d.relays[1], 2));
	ATF_CHECK_EQ(pid[2], killed);
	/* A front that has ended already costs the worker nothing. */
	now_ms++;
	ATF_CHECK_EQ(0, say_forged(&d.relays[0], 1));
	ATF_CHECK_EQ(0, killed);
	ATF_CHECK_EQ(0, say_forged(&d.relays[0], 0));
	ATF_CHECK_EQ(pid[0], killed);
}

static pid_t
wait_killed(int *st)
{
	pid_t	 pid = killed;

	killed = 0;
	*st = SIGKILL;
	return (pid);
}

/* The worker reports the front in each of `ms' milliseconds; its kills. */
static unsigned int
report_all(struct parent_proc *relay, struct parent_proc *front,
    struct ipc_chan **end, uint64_t ms)
{
	uint64_t	 until = now_ms + ms;
	unsigned int	 n = 0;

	for (; now_ms < until; now_ms++) {
		ATF_REQUIRE_EQ(0, say_forged(relay, front->c.worker));
		if (killed == 0)
			continue;
		n++;
		super_reap(&d.super);
		now_ms += front->c.backoff_ms;
		front->c.started_ms = now_ms;
		run(front, end);
	}
	return (n);
}

/* A worker that was taken over can't keep the only front from running. */
ATF_TC_WITHOUT_HEAD(accused);
ATF_TC_BODY(accused, tc)
{
	static const struct super_system system = {
		wait_killed, fake_kill, fake_clock
	};
	struct parent_proc	*front = &d.fronts[0], *relay = &d.relays[0];
	int			 i;

	begin();
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	d.super.system = &system;
	d.nfronts = 1;
	run(relay, &end_relays[0]);
	run(&d.relays[1], &end_relays[1]);
	run(front, &end_fronts[0]);
	/* It has failed often on its own before. */
	front->c.backoff_ms = 10000;
	front->c.started_ms = now_ms;
	ATF_CHECK_EQ(1, report_all(relay, front, &end_fronts[0], 10000));
	ATF_CHECK_EQ(50, front->c.backoff_ms);
	/* Three fronts in ten minutes, and again after that. */
	ATF_CHECK_EQ(2, report_all(relay, front, &end_fronts[0], 589000));
	ATF_CHECK_EQ(50, front->c.backoff_ms);
	ATF_CHECK_EQ(0, say_forged(relay, 0));
	ATF_CHECK_EQ(0, killed);
	for (i = 0; i < 5; i++) {
		ATF_CHECK_EQ(3, report_all(relay, front, &end_fronts[0],
		    600100));
		ATF_CHECK_EQ(50, front->c.backoff_ms);
	}
	/* That holds for the next start of the worker, too. */
	ATF_CHECK_EQ(3, report_all(relay, front, &end_fronts[0], 30000));
	relay->c.started_ms = now_ms;
	run(relay, &end_relays[0]);
	ATF_CHECK_EQ(0, report_all(relay, front, &end_fronts[0], 60000));
	/* Another worker's reports count. */
	ATF_CHECK_EQ(1, report_all(&d.relays[1], front, &end_fronts[0], 1000));
}

/* In a generation each has a number of its own. */
ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	struct parent_proc	*p;
	unsigned int		 i;

	begin();
	ATF_CHECK_EQ(NFRONTS + NRELAYS, parent_servers_count(&d));
	for (i = 0; i < parent_servers_count(&d); i++) {
		p = parent_servers_at(&d, i);
		ATF_CHECK_EQ(i, parent_servers_number(p));
		ATF_CHECK_EQ(i < NFRONTS ? ROLE_FRONT : ROLE_RELAY, p->c.role);
	}
	ATF_CHECK_STREQ("front 2", parent_servers_name(&d.fronts[2]));
	ATF_CHECK_STREQ("relay 1", parent_servers_name(&d.relays[1]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, relay_start);
	ATF_TP_ADD_TC(tp, front_start);
	ATF_TP_ADD_TC(tp, mesh_removed);
	ATF_TP_ADD_TC(tp, waiting);
	ATF_TP_ADD_TC(tp, keyless);
	ATF_TP_ADD_TC(tp, signerless);
	ATF_TP_ADD_TC(tp, mended);
	ATF_TP_ADD_TC(tp, quiet);
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, accused);
	ATF_TP_ADD_TC(tp, numbers);
	return (atf_no_error());
}

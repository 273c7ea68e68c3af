/*
 * import_test: what a hostile old worker may try; the test plays it.  What it
 * sends must be refused, as a whole, and leave nothing behind.
 */
#include "adopt.h"
#include "frame.h"
#include "movefixture.h"
#include "ring.h"

static struct move_side new;
static struct ipc_chan *old;		/* the old worker's end */
static uint8_t key[FRAME_KEY_LEN], saved[NET_RECORD_SAVED];
static int client = -1;			/* the client's end */
static int rekeyed;			/* of RELAY_MOVE_FROM */

#define FROM	1
#define NFROM	2

/* A new worker, to which the old worker FROM of NFROM is connected. */
static void
connect_old(void)
{
	static const uint8_t secret[IPC_SLOT_SECRETLEN] = { 9 };
	const struct ipc_msg_relay_move_from v = { .from = FROM,
	    .nworkers = NFROM, .slot_secret = secret, .rekeyed = rekeyed };
	unsigned int i;
	int sv[2];

	a_worker(&new, 0, 1, 2);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(move_from_message(new.r, &v, &sv[0]), 0);
	ATF_CHECK_EQ(sv[0], -1);
	old = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(old != NULL);
	memset(key, 0, sizeof(key));
	for (i = 0; ipc_slot_of(key, secret) % NFROM != FROM; i++)
		memcpy(key, &i, sizeof(i));
}

static void
begin(void)
{
	struct ipc_msg_move_begin v = { IPC_MOVE_VERSION };

	connect_old();
	ATF_REQUIRE_EQ(ipc_send_move_begin(old, &v), 0);
}

/* Make a message that is in order. */
static void
message(struct ipc_msg_move_session *v)
{
	static const uint8_t addr[16] = { 1 };
	uint8_t secret[32] = { 3 };
	struct net_record rec;

	ATF_REQUIRE_EQ(net_record_begin(&rec, &new.r->set.records, 0x1301,
	    secret, secret, 32, 0, 0), 0);
	ATF_REQUIRE_EQ(net_record_save(&rec, saved), 0);
	memset(v, 0, sizeof(*v));
	v->key = key;
	v->addr = addr;
	v->record = saved;
	v->record_len = sizeof(saved);
	v->app = v->group = "";
}

/* A descriptor of a connection. */
static int
a_socket(void)
{
	int v[2];

	tcp_pair(v);
	client = v[1];
	return (v[0]);
}

static void
say(const struct ipc_msg_move_session *v, int fd)
{
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(ipc_send_move_session(old, v, fd), 0);
}

/* The session `id', which is in order but for these flags. */
static void
say_one(uint64_t id, uint32_t flags)
{
	struct ipc_msg_move_session v;

	message(&v);
	v.id = id;
	v.flags = flags;
	say(&v, a_socket());
}

static void
say_bytes(enum ipc_move_bytes what, const void *p, size_t n)
{
	struct ipc_msg_move_bytes v = { .what = what, .p = p,
	    .n = n };

	ATF_REQUIRE_EQ(ipc_send_move_bytes(old, &v), 0);
	while (ipc_chan_flush(old, 0) == -1 && errno == ETIMEDOUT)
		turns(&new);
	turns(&new);
}

static void
say_end(uint32_t sessions)
{
	struct ipc_msg_move_end v = { sessions };

	ATF_REQUIRE_EQ(ipc_send_move_end(old, &v), 0);
}

/* All was written: the worker says `ok', and why not. */
static void
answer(int ok, const char *want)
{
	char why[IPC_WHYSIZE] = "";
	uint32_t sessions;

	if (old != NULL)
		(void)ipc_chan_flush(old, 5000);
	ATF_REQUIRE_EQ(took(&new, &sessions, why), ok);
	ATF_CHECK_MSG(strstr(why, want) != NULL, "%s", why);
}

/* It was refused, and nothing is left. */
static void
refused(const char *want)
{
	char c;

	answer(0, want);
	turns(&new);
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
	ATF_CHECK_EQ(new.r->stats->connections, 0);
	ATF_CHECK(cluster_peers_find(new.r->peers, key) == NULL);
	if (client != -1) {
		/* Nothing was written: the copy here was the last one. */
		ATF_CHECK_EQ(recv(client, &c, 1, 0), 0);
		close(client);
		client = -1;
	}
	ipc_chan_free(old);
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct ipc_msg_move_begin wrong = { IPC_MOVE_VERSION + 1 };
	struct ipc_msg_move_begin right = { IPC_MOVE_VERSION };
	struct ipc_msg_move_heard heard = { .key = key, .nids = 1,
	    .ids = (const uint8_t *)"\0\0\0\0\0\0\0\0" };

	(void)tc;
	connect_old();
	ATF_REQUIRE_EQ(ipc_send_move_begin(old, &wrong), 0);
	refused("version");
	connect_old();
	say_one(0, 0);			/* before MOVE_BEGIN */
	refused("malformed");
	begin();
	ATF_REQUIRE_EQ(ipc_send_move_begin(old, &right), 0);
	refused("malformed");
	begin();
	say_one(1, 0);			/* not the first number */
	refused("malformed");
	begin();
	say_one(0, 0);
	say_one(0, 0);
	refused("malformed");
	begin();
	say_one(0, 0);
	ATF_REQUIRE_EQ(ipc_send_move_heard(old, &heard), 0);
	say_one(1, 0);			/* behind what comes last */
	refused("malformed");
	begin();
	say_one(0, 0);
	say_end(2);			/* of another number */
	refused("malformed");
	begin();
	say_end(0);
	answer(1, "");
	say_one(0, 0);
	refused("behind the end");
}

/* Of nothing. */
ATF_TC_WITHOUT_HEAD(no_session);
ATF_TC_BODY(no_session, tc)
{
	struct ipc_msg_move_queue q = { .disco = 1 };
	struct ipc_msg_move_packet p = { .disco = 1, .p = key, .n = 32 };

	(void)tc;
	begin();
	say_bytes(IPC_MOVE_OWN, "x", 1);
	refused("malformed");
	begin();
	ATF_REQUIRE_EQ(ipc_send_move_queue(old, &q), 0);
	refused("malformed");
	begin();
	ATF_REQUIRE_EQ(ipc_send_move_packet(old, &p), 0);
	refused("malformed");
}

static int
another(int domain, int type)
{
	return (socket(domain, type, 0));
}

ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	struct ipc_msg_move_session v;
	int s[2];

	(void)tc;
	begin();
	message(&v);
	say(&v, another(AF_INET, SOCK_DGRAM));
	refused("no connection");
	begin();
	say(&v, another(AF_UNIX, SOCK_STREAM));
	refused("no connection");
	begin();
	ATF_REQUIRE_EQ(pipe(s), 0);
	say(&v, s[0]);
	refused("no connection");
	begin();
	v.flags = IPC_MOVE_PROXIED;		/* and records */
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	say(&v, s[0]);
	refused("records");
	begin();
	v.record_len = 0;
	say(&v, a_socket());
	refused("no connection");
	begin();
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	say(&v, s[0]);
	say_end(1);
	answer(1, "");
}

ATF_TC_WITHOUT_HEAD(sessions);
ATF_TC_BODY(sessions, tc)
{
	struct ipc_msg_move_session v;

	(void)tc;
	begin();
	message(&v);
	v.record_len--;
	say(&v, a_socket());
	refused("records");
	begin();
	message(&v);
	saved[0]++;
	say(&v, a_socket());
	refused("records");
	begin();
	say_one(0, 0x80);
	refused("flags");
	begin();
	say_one(0, IPC_MOVE_WATCHES);
	refused("mesh peer");
	begin();
	memset(key, 0, sizeof(key));	/* not one of the old worker */
	while (move_import_owns(new.r->move.in[FROM], key))
		key[0]++;
	say_one(0, 0);
	refused("another worker");
	begin();
	new.r->files.max = 4;
	say_one(0, 0);
	refused("open files");
}

/* A full server is replaced, too: new clients alone are refused. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	int fd;

	(void)tc;
	begin();
	new.r->conf.max_clients = 1;
	say_one(0, 0);
	say_one(1, 0);
	say_end(2);
	answer(1, "");
	ATF_CHECK_EQ(new.r->set.nconns, 2);
	ATF_CHECK(!relay_adopt_room(new.r, 3));
	begin();
	/* The last descriptors that a new client may not have. */
	new.r->files.max = 400;
	new.r->conf.nfronts = 4;
	fd = 400 - 8 - IPC_RING_MAXFDS - 4;
	ATF_CHECK(!relay_adopt_room(new.r, fd - 1));
	ATF_CHECK(relay_adopt_room_moved(new.r, fd - 1));
	ATF_CHECK(!relay_adopt_room_moved(new.r, fd));
}

/* A partial frame must be the begin of one that the client may send. */
static void
check_part(uint8_t type, uint32_t len, size_t n, uint32_t flags,
    const char *want)
{
	uint8_t p[200] = { 0 };

	begin();
	say_one(0, flags);
	net_frame_put_hdr(p, type, len);
	say_bytes(IPC_MOVE_PART, p, n);
	say_end(1);
	if (want[0] != '\0')
		refused(want);
	else
		answer(1, "");
}

ATF_TC_WITHOUT_HEAD(parts);
ATF_TC_BODY(parts, tc)
{
	(void)tc;
	check_part(FRAME_SEND_PACKET, 100, 50, 0, "");
	check_part(FRAME_SEND_PACKET, 100, 3, 0, "");
	check_part(FRAME_SEND_PACKET, 100, FRAME_HDR_LEN + 100, 0, "partial");
	check_part(FRAME_SEND_PACKET, 100, FRAME_HDR_LEN + 101, 0, "partial");
	check_part(FRAME_SEND_PACKET, 1000000, 50, 0, "partial");
	check_part(FRAME_SEND_PACKET, 31, 20, 0, "partial");
	check_part(FRAME_PEER_PRESENT, 100, 50, 0, "partial");
}

/* Send that many bytes of a kind, in pieces. */
static void
bytes(enum ipc_move_bytes what, size_t n)
{
	static uint8_t p[IPC_MOVE_PIECE];
	size_t k;

	for (; n > 0; n -= k) {
		k = n < sizeof(p) ? n : sizeof(p);
		say_bytes(what, p, k);
	}
}

static void
check_bytes(enum ipc_move_bytes what, size_t n, const char *want)
{
	begin();
	say_one(0, 0);
	bytes(what, n);
	bytes(what, 1);
	refused(want);
}

ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static uint8_t p[IPC_MOVE_PIECE + 1];

	(void)tc;
	check_bytes(IPC_MOVE_CIPHER, 256 * 1024, "input");
	check_bytes(IPC_MOVE_PLAIN, 256 * 1024, "input");
	check_bytes(IPC_MOVE_PART, 256 * 1024, "input");
	check_bytes(IPC_MOVE_PONGS, PONGS_MAX * FRAME_PING_LEN, "input");
	check_bytes(IPC_MOVE_OUT, 256 * 1024, "output");
	begin();
	say_one(0, 0);
	say_bytes(IPC_MOVE_PONGS, p, FRAME_PING_LEN + 1);
	say_end(1);
	refused("partial");
	begin();
	say_one(0, 0);
	say_bytes(IPC_MOVE_OWN, p, sizeof(p));
	refused("malformed");
	begin();
	say_one(0, 0);
	say_bytes(IPC_MOVE_OWN, p, 0);
	refused("malformed");
	/* A client may have less than a mesh peer: it is closed, as here. */
	begin();
	say_one(0, 0);
	bytes(IPC_MOVE_OWN, 2 * 1024 * 1024);
	say_end(1);
	answer(1, "");
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
	begin();
	say_one(0, IPC_MOVE_MESH);
	bytes(IPC_MOVE_OWN, 64 * 1024 * 1024);
	bytes(IPC_MOVE_OWN, 1);
	refused("output");
}

/* All sessions together have a bound, too; each has some bytes beside it. */
static void
check_sum(unsigned int n, const char *want)
{
	unsigned int i;

	begin();
	new.r->move.bytes = MOVE_BYTES_MAX - 2;
	for (i = 0; i < n; i++) {
		say_one(i, IPC_MOVE_MESH);
		bytes(IPC_MOVE_CIPHER, 256 * 1024);
		bytes(IPC_MOVE_PLAIN, 128 * 1024);
		bytes(IPC_MOVE_OUT, 128 * 1024);
	}
	bytes(IPC_MOVE_OWN, 1);
	bytes(IPC_MOVE_OWN, 1);
	if (want[0] != '\0') {
		bytes(IPC_MOVE_OWN, 1);
		refused(want);
		return;
	}
	say_end(n);
	answer(1, "");
}

ATF_TC_WITHOUT_HEAD(sum);
ATF_TC_BODY(sum, tc)
{
	(void)tc;
	check_sum(1, "");
	check_sum(3, "");
	check_sum(3, "too much");
	/* Also when there is more of a piece than one may have. */
	begin();
	new.r->move.bytes = MOVE_BYTES_MAX - 1;
	say_one(0, IPC_MOVE_MESH);
	bytes(IPC_MOVE_OWN, MOVE_SESSION_BYTES - 1);
	say_bytes(IPC_MOVE_OWN, "abc", 3);
	refused("too much");
}

static void
check_packet(uint8_t type, uint32_t len, size_t n)
{
	static uint8_t p[100 * 1024];
	struct ipc_msg_move_packet v = { .p = p, .n = n };

	begin();
	say_one(0, 0);
	net_frame_put_hdr(p, type, len);
	ATF_REQUIRE_EQ(ipc_send_move_packet(old, &v), 0);
	refused("packet");
}

ATF_TC_WITHOUT_HEAD(packets);
ATF_TC_BODY(packets, tc)
{
	(void)tc;
	check_packet(FRAME_RECV_PACKET, 0, FRAME_HDR_LEN);
	check_packet(FRAME_RECV_PACKET, 31, FRAME_HDR_LEN + 31);
	check_packet(FRAME_RECV_PACKET, 100, FRAME_HDR_LEN + 99);
	check_packet(FRAME_FORWARD_PACKET, 100, FRAME_HDR_LEN + 100);
	check_packet(FRAME_RECV_PACKET, 32 + 65537, FRAME_HDR_LEN + 32 + 65537);
}

/* A class holds no more packets than another one. */
ATF_TC_WITHOUT_HEAD(many_packets);
ATF_TC_BODY(many_packets, tc)
{
	uint8_t p[FRAME_HDR_LEN + 100] = { 0 };
	struct ipc_msg_move_packet v = { .p = p, .n = sizeof(p) };
	struct relay_conn *c;
	int i;

	(void)tc;
	begin();
	say_one(0, 0);
	new.r->conf.queue_packets = 10;
	net_frame_put_hdr(p, FRAME_RECV_PACKET, 100);
	for (i = 0; i < 30; i++) {
		v.disco = i % 2;
		ATF_REQUIRE_EQ(ipc_send_move_packet(old, &v), 0);
	}
	say_end(1);
	answer(1, "");
	c = conn_at(&new, key);
	ATF_CHECK_EQ(derp_queue_packets(c->packets.queue), 20);
}

/* Clocks that are ahead, and what could not be, do no harm. */
ATF_TC_WITHOUT_HEAD(clocks);
ATF_TC_BODY(clocks, tc)
{
	uint8_t p[FRAME_HDR_LEN + 100] = { 0 };
	struct ipc_msg_move_packet packet_v = { .p = p, .n = sizeof(p),
	    .at = UINT64_MAX };
	struct ipc_msg_move_queue q = { .count = 0, .lastcount = 9,
	    .dropping = 1, .first_above = UINT64_MAX, .drop_next = UINT64_MAX,
	    .run = UINT32_MAX };
	struct ipc_msg_move_session v;
	struct relay_conn *c;
	uint64_t now;

	(void)tc;
	begin();
	message(&v);
	v.login_us = v.rate_at = v.notice_at = UINT64_MAX;
	v.rate_tokens = 1ULL << 63;
	v.rate_part = UINT32_MAX;
	v.notice_tokens = UINT32_MAX;
	v.told = 1;
	v.alive = UINT32_MAX;
	v.senders = UINT32_MAX;
	say(&v, a_socket());
	net_frame_put_hdr(p, FRAME_RECV_PACKET, 100);
	ATF_REQUIRE_EQ(ipc_send_move_queue(old, &q), 0);
	ATF_REQUIRE_EQ(ipc_send_move_packet(old, &packet_v), 0);
	say_end(1);
	answer(1, "");
	now = new.r->set.now_us;
	c = conn_at(&new, key);
	ATF_CHECK(c->session.login_us <= now);
	ATF_CHECK(c->session.notices.at <= now);
	ATF_CHECK(c->session.notices.tokens <= 3);
	ATF_CHECK(c->session.rate.at <= now);
	ATF_CHECK(c->session.rate.tokens >= -1024 * 1024);
	ATF_CHECK(c->session.rate.part < 1000000);
	ATF_CHECK(!c->packets.queue->cls[1].dropping);
	ATF_CHECK(STAILQ_FIRST(&c->packets.queue->cls[1].list)->at <= now);
	move_take(new.r, 0);
	turns(&new);
	ATF_CHECK_EQ(new.r->stats->packets_sent, 1);
	ATF_CHECK(conn_deadline_left(&c->conn) <= 72);
}

/* Who heard from whom: sessions of this stream alone. */
ATF_TC_WITHOUT_HEAD(heard);
ATF_TC_BODY(heard, tc)
{
	uint8_t id[8] = { [7] = 1 };
	struct ipc_msg_move_heard v = { .key = key, .nids = 1, .ids = id };
	struct ipc_msg_move_far far = { .link = FAR_LINKS, .key = key };

	(void)tc;
	begin();
	say_one(0, 0);
	ATF_REQUIRE_EQ(ipc_send_move_heard(old, &v), 0);
	refused("malformed");
	begin();
	say_one(0, 0);
	id[0] = 1;
	id[7] = 0;
	ATF_REQUIRE_EQ(ipc_send_move_heard(old, &v), 0);
	refused("malformed");
	begin();
	ATF_REQUIRE_EQ(ipc_send_move_far(old, &far), 0);
	refused("malformed");
	/* That a key is gone only its owner may say. */
	begin();
	key[0] = 0;
	while (move_import_owns(new.r->move.in[FROM], key))
		key[0]++;
	v.nids = 0;
	ATF_REQUIRE_EQ(ipc_send_move_heard(old, &v), 0);
	refused("malformed");
	begin();
	key[0] = 0;
	while (move_import_owns(new.r->move.in[FROM], key))
		key[0]++;
	far.link = 0;
	ATF_REQUIRE_EQ(ipc_send_move_far(old, &far), 0);
	refused("malformed");
}

/* The stream ends early: what came whole goes on, the rest is closed. */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	int first;

	(void)tc;
	begin();
	say_one(0, 0);
	first = client;
	say_one(1, 0);
	(void)ipc_chan_flush(old, 5000);
	turns(&new);
	ipc_chan_free(old);
	old = NULL;
	answer(0, "ended");
	turns(&new);
	ATF_CHECK_EQ(new.r->set.nconns, 1);
	move_take(new.r, 0);
	turns(&new);
	ATF_CHECK_EQ(new.r->stats->connections, 1);
	ATF_CHECK_EQ(recv(client, key, 1, MSG_DONTWAIT), 0);
	ATF_CHECK_EQ(recv(first, key, 1, MSG_DONTWAIT), -1);
	ATF_CHECK_EQ(errno, EAGAIN);
}

/* The old worker says that of a session: when does it end here? */
static uint64_t
mesh_end(uint32_t flags, uint64_t end)
{
	struct ipc_msg_move_session v;

	begin();
	message(&v);
	v.flags = flags;
	v.mesh_end = end;
	say(&v, a_socket());
	say_end(1);
	answer(1, "");
	return (conn_at(&new, key)->session.mesh_end);
}

/* It is within a day from now. */
static void
in_a_day(uint64_t end)
{
	const uint64_t day = 24ULL * 60 * 60 * 1000000;
	const uint64_t now = new.r->set.now_us;

	ATF_CHECK(end <= now + day);
	ATF_CHECK(end > now + day - 60000000);
}

/* A mesh peer whose key was replaced lives a day more at most. */
ATF_TC_WITHOUT_HEAD(mesh_ends);
ATF_TC_BODY(mesh_ends, tc)
{
	(void)tc;
	ATF_CHECK_EQ(mesh_end(IPC_MOVE_MESH, 0), 0);
	ATF_CHECK_EQ(mesh_end(IPC_MOVE_MESH, 1), 1);
	in_a_day(mesh_end(IPC_MOVE_MESH, UINT64_MAX));
	ATF_CHECK_EQ(mesh_end(0, 1), 0);
	rekeyed = 1;
	ATF_CHECK_EQ(mesh_end(IPC_MOVE_MESH, 1), 1);
	in_a_day(mesh_end(IPC_MOVE_MESH, 0));
	in_a_day(mesh_end(IPC_MOVE_MESH, UINT64_MAX));
	ATF_CHECK_EQ(mesh_end(0, 0), 0);
}

/* Without a mesh key, now and before, nobody can be a mesh peer. */
ATF_TC_WITHOUT_HEAD(no_mesh);
ATF_TC_BODY(no_mesh, tc)
{
	(void)tc;
	for (rekeyed = 0; rekeyed < 2; rekeyed++) {
		begin();
		new.r->has_mesh = 0;
		say_one(0, IPC_MOVE_MESH);
		refused("without a mesh key");
	}
}

/* The worker does not take the channel of such a message. */
static void
no_channel(unsigned int from, unsigned int nworkers)
{
	const uint8_t secret[IPC_SLOT_SECRETLEN] = { 9 };
	const struct ipc_msg_relay_move_from v = { .from = from,
	    .nworkers = nworkers, .slot_secret = secret };
	const struct move_import *m = new.r->move.in[from];
	int sv[2], fd;

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	fd = sv[0];
	ATF_CHECK_EQ(move_from_message(new.r, &v, &fd), -1);
	ATF_CHECK_EQ(fd, sv[0]);
	ATF_CHECK(new.r->move.in[from] == m);
	close(sv[0]);
	close(sv[1]);
}

/* Channels come before RELAY_TAKE, one from each old worker. */
ATF_TC_WITHOUT_HEAD(channels);
ATF_TC_BODY(channels, tc)
{
	(void)tc;
	begin();
	no_channel(FROM, NFROM);
	no_channel(3, 3);
	say_one(0, 0);
	say_end(1);
	answer(1, "");
	move_take(new.r, 0);
	no_channel(0, NFROM);
	turns(&new);
	ipc_chan_free(old);
	turns(&new);
	ATF_CHECK_EQ(new.r->move.taking, MOVE_TAKEN);
	ATF_CHECK(new.r->move.in[FROM] == NULL);
	no_channel(0, NFROM);
	no_channel(FROM, NFROM);
	ATF_CHECK_EQ(new.r->stats->connections, 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, no_session);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, sessions);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, parts);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, sum);
	ATF_TP_ADD_TC(tp, packets);
	ATF_TP_ADD_TC(tp, many_packets);
	ATF_TP_ADD_TC(tp, clocks);
	ATF_TP_ADD_TC(tp, heard);
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, mesh_ends);
	ATF_TP_ADD_TC(tp, no_mesh);
	ATF_TP_ADD_TC(tp, channels);
	return (atf_no_error());
}

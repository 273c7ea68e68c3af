/*
 * linkpair_test: two workers with a link: their clients reach each other, and a
 * watcher's account of who is there is exact while keys come and go.
 */
#include "linkfixture.h"

#define NKEYS	4000

static struct relay	*first, *second;
static struct relay_conn *conns[NKEYS];	/* at the second one */
static uint8_t		 keys[NKEYS][FRAME_KEY_LEN];
static unsigned int	 known[NKEYS];	/* by the watcher at the first one */
static unsigned int	 presents, gones, turn_number = 1;

static void
pair(void)
{
	int a[IPC_RING_MAXFDS], b[IPC_RING_MAXFDS];

	begin();
	second = r;
	second->conf.worker = 1;
	begin();
	first = r;
	ATF_REQUIRE_EQ(ipc_ring_make(RING, a, b), 0);
	ATF_REQUIRE_EQ(cluster_link_open(first, a, 1), 0);
	ATF_REQUIRE_EQ(cluster_link_open(second, b, 0), 0);
}

/* A turn of one worker; `wire' has what its clients get. */
static void
turn_of(struct relay *which)
{
	r = which;
	room = WIRE;
	in_kernel = 0;
	turn();
}

/* A client of `which', which owns its key. */
static struct relay_conn *
client_of(struct relay *which, const uint8_t *key, int mesh)
{
	ATF_REQUIRE_EQ(cluster_owner(which, key), which->conf.worker);
	return (client(which, key, mesh));
}

static void
send_packet(struct relay_conn *c, const uint8_t *dst, const void *p, size_t n)
{
	uint8_t frame[FRAME_HDR_LEN + FRAME_KEY_LEN + 200];

	ATF_REQUIRE(n <= 200);
	net_frame_put_hdr(frame, FRAME_SEND_PACKET,
	    (uint32_t)(FRAME_KEY_LEN + n));
	memcpy(frame + FRAME_HDR_LEN, dst, FRAME_KEY_LEN);
	memcpy(frame + FRAME_HDR_LEN + FRAME_KEY_LEN, p, n);
	n += FRAME_HDR_LEN + FRAME_KEY_LEN;
	ATF_CHECK_EQ(derp_input(&c->session, frame, n), n);
}

ATF_TC_WITHOUT_HEAD(packets);
ATF_TC_BODY(packets, tc)
{
	uint8_t disco[100] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };
	uint8_t gone[FRAME_PEER_GONE_SIZE];
	struct relay_conn *a, *b, *twin;

	pair();
	a = client_of(first, key_of(0, 0), 0);
	b = client_of(second, key_of(1, 0), 0);
	send_packet(a, b->session.key, "hello", 5);
	turn_of(first);
	turn_of(second);
	ATF_REQUIRE_EQ(nwire, FRAME_HDR_LEN + FRAME_KEY_LEN + 5);
	ATF_CHECK_EQ(memcmp(wire + nwire - 5, "hello", 5), 0);
	/* To one that is not there. */
	send_packet(a, key_of(1, 1), disco, sizeof(disco));
	turn_of(first);
	turn_of(second);
	turn_of(first);
	net_frame_put_peer_gone(gone, key_of(1, 1), PEER_GONE_NOT_HERE);
	ATF_REQUIRE_EQ(nwire, sizeof(gone));
	ATF_CHECK_EQ(memcmp(wire, gone, nwire), 0);
	/* Its last packets, and PeerGone with its last connection alone. */
	twin = client_of(first, a->session.key, 0);
	leave(a);
	turn_of(first);
	turn_of(second);
	ATF_CHECK_EQ(nwire, 0);
	send_packet(twin, b->session.key, "bye", 3);
	net_frame_put_peer_gone(gone, twin->session.key,
	    PEER_GONE_DISCONNECTED);
	leave(twin);
	turn_of(first);
	turn_of(second);
	ATF_REQUIRE_EQ(nwire, FRAME_HDR_LEN + FRAME_KEY_LEN + 3 + sizeof(gone));
	ATF_CHECK_EQ(memcmp(wire + nwire - sizeof(gone), gone, sizeof(gone)),
	    0);
	ATF_CHECK_EQ(first->stats->link_refused + second->stats->link_refused,
	    0);
}

static unsigned int
index_of(const uint8_t *key)
{
	unsigned int i;

	memcpy(&i, key + 8, sizeof(i));
	ATF_REQUIRE(i < NKEYS && memcmp(keys[i], key, FRAME_KEY_LEN) == 0);
	return (i);
}

/* The watcher reads: no key is present twice, none is gone that was not. */
static void
account(void)
{
	const uint8_t *p = wire, *end = wire + nwire;
	unsigned int i;
	uint32_t len;
	uint8_t type;

	for (; p < end; p += FRAME_HDR_LEN + len) {
		net_frame_get_hdr(p, &type, &len);
		if (cluster_owner(first, p + FRAME_HDR_LEN) != 1)
			continue;	/* its own key */
		i = index_of(p + FRAME_HDR_LEN);
		if (type == FRAME_PEER_PRESENT) {
			ATF_CHECK_EQ_MSG(known[i], 0, "%u is present again", i);
			known[i] = 1;
			presents++;
		} else {
			ATF_CHECK_EQ_MSG(known[i], 1, "%u was not present", i);
			known[i] = 0;
			gones++;
		}
	}
}

/*
 * A key comes, or goes; once a turn, because a key that is back in the same
 * turn was not gone.
 */
static void
change(unsigned int i)
{
	static unsigned int changed[NKEYS];

	r = second;
	if (changed[i] == turn_number)
		return;
	changed[i] = turn_number;
	if (conns[i] == NULL) {
		conns[i] = client_of(second, keys[i], 0);
		return;
	}
	leave(conns[i]);
	conns[i] = NULL;
}

static void
make_keys(void)
{
	uint32_t tail;
	unsigned int i;

	for (i = 0; i < NKEYS; i++) {
		memcpy(keys[i] + 8, &i, sizeof(i));
		for (tail = 1; cluster_owner(second, keys[i]) != 1; tail++)
			memcpy(keys[i] + 16, &tail, sizeof(tail));
	}
}

ATF_TC_WITHOUT_HEAD(exact);
ATF_TC_BODY(exact, tc)
{
	struct relay_conn *w;
	unsigned int i, k, turns;

	pair();
	make_keys();
	srandom(1);
	for (i = 0; i < NKEYS; i += 2)
		change(i);
	w = client_of(first, key_of(0, 0), 1);
	cluster_watch_begin(w);
	for (turns = 0; turns < 40; turns++) {
		for (k = 0; k < 50; k++)
			change((unsigned int)random() % NKEYS);
		turn_of(second);
		turn_of(first);
		account();
		turn_number++;
		if (w->session.watch->due == (1U << 2 | 1U << 3) &&
		    w->session.watch->next[1] == IPC_SLOTS)
			break;		/* but for workers 2 and 3 */
	}
	ATF_CHECK_MSG(turns > 3 && turns < 40, "%u turns", turns);
	for (i = 0; i < NKEYS; i++)
		ATF_CHECK_EQ_MSG(known[i], conns[i] != NULL, "key %u", i);
	ATF_CHECK_MSG(gones > 20 && presents > NKEYS / 2 - 200, "%u and %u",
	    gones, presents);
	for (k = 0; k < 1000; k++)
		change((unsigned int)random() % NKEYS);
	turn_of(second);
	turn_of(first);
	account();
	for (i = 0; i < NKEYS; i++)
		ATF_CHECK_EQ_MSG(known[i], conns[i] != NULL, "key %u", i);
	ATF_CHECK_EQ(first->stats->link_refused + second->stats->link_refused,
	    0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packets);
	ATF_TP_ADD_TC(tp, exact);
	return (atf_no_error());
}

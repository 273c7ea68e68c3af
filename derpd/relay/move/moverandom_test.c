/*
 * moverandom_test: a client that sends what it likes, cut anywhere, does not
 * keep its session, or those of others, from moving.
 */
#include <sodium.h>

#include "movefixture.h"

#define MOVES	40

static struct move_side side[2];
static struct move_peer bob;

/* Write some frame, of which the client may send most, and return its size. */
static size_t
a_frame(uint8_t *p)
{
	static const uint8_t types[] = { FRAME_SEND_PACKET, FRAME_PING,
	    FRAME_NOTE_PREFERRED, 0x99, 0xfe };
	const uint8_t type = types[randombytes_uniform(sizeof(types))];
	uint32_t len = type == FRAME_SEND_PACKET ? 32 +
	    randombytes_uniform(3000) : type == FRAME_PING ? 8 :
	    type == FRAME_NOTE_PREFERRED ? 1 : randombytes_uniform(3000);

	net_frame_put_hdr(p, type, len);
	memset(p + FRAME_HDR_LEN, 1, len);
	if (type == FRAME_SEND_PACKET && randombytes_uniform(2))
		memcpy(p + FRAME_HDR_LEN, bob.key, FRAME_KEY_LEN);
	return (FRAME_HDR_LEN + len);
}

/*
 * The client sends bytes, in records and pieces of any size; with `update' it
 * has a new key.
 */
static void
put_cut(struct move_side *s, struct move_peer *p, const uint8_t *b, size_t n,
    int update)
{
	uint8_t wire[32 * 1024];
	size_t k, m, off;

	p->rec->owe_update = update != 0;
	for (; n > 0; b += k, n -= k) {
		k = 1 + randombytes_uniform((uint32_t)n);
		m = seal(p, b, k, wire);
		off = randombytes_uniform((uint32_t)m);
		put_wire(p, wire, off);
		if (randombytes_uniform(2) == 0)
			turns(s);
		put_wire(p, wire + off, m - off);
	}
}

ATF_TC_WITHOUT_HEAD(random_input);
ATF_TC_BODY(random_input, tc)
{
	static struct move_peer p[8];
	uint8_t b[64 * 1024], key[FRAME_KEY_LEN], *rest[8];
	size_t n, cut, left[8] = { 0 };
	unsigned int i, j, k, now;

	(void)tc;
	a_worker(&side[0], 0, 1, 1);
	key_of(&side[0], key, 0);
	a_client(&side[0], &bob, key, 0, 0);
	for (i = 0; i < 8; i++) {
		key_of(&side[0], key, i + 1);
		a_client(&side[0], &p[i], key, (uint16_t)(0x1301 + i % 3), 0);
		ATF_REQUIRE((rest[i] = malloc(sizeof(b))) != NULL);
	}
	for (j = 0; j < MOVES; j++) {
		now = j % 2;
		for (i = 0; i < 8; i++) {
			n = left[i];
			memcpy(b, rest[i], n);
			for (k = randombytes_uniform(4); k > 0; k--)
				n += a_frame(b + n);
			if (n == 0)
				continue;
			cut = randombytes_uniform((uint32_t)n);
			if (cut > 0)
				put_cut(&side[now], &p[i], b, cut,
				    (i + j) % 10 == 0);
			left[i] = n - cut;
			memcpy(rest[i], b + cut, left[i]);
		}
		if (randombytes_uniform(2) == 0)
			turns(&side[now]);
		a_worker(&side[!now], 0, 1, (uint8_t)(j + 2));
		connect_move(&side[now], &side[!now]);
		side[now].r->hold.state = RELAY_HOLD_ON;
		ATF_REQUIRE_EQ(move_all(&side[now], &side[!now]), 9);
		commit(&side[now], &side[!now]);
		for (i = 0; i < 8; i++) {
			get(&p[i]);
			p[i].n = p[i].off = 0;
		}
		get(&bob);
		bob.n = 0;
		turns(&side[!now]);
		ATF_REQUIRE_EQ(side[!now].r->stats->connections, 9);
		ATF_REQUIRE_EQ(side[!now].r->set.nconns, 9);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, random_input);
	return (atf_no_error());
}

/*
 * boxes_test: which login boxes are sent to keys, when, and how often, and
 * which seals are requested.
 */
#include <atf-c.h>
#include <stdint.h>
#include <string.h>

#include "boxes.h"

#define INFO	(1024 * 1024)	/* bytes of a box */
#define NBOXES	20

/* A keys process and the boxes that it received. */
struct keys {
	struct derp_boxes boxes;
	int		 away;
	size_t		 unread;	/* bytes */
	uint64_t	 id[100];
	unsigned int	 n;
	struct derp_box	*box[NBOXES + 1];	/* by request id */
	uint64_t	 seal[100];	/* requests of seals */
	unsigned int	 nseals;
};

static uint8_t	info[INFO];
static int	owners[NBOXES + 1];

static size_t
queued(void *arg)
{
	const struct keys *k = arg;

	return (k->away ? SIZE_MAX : k->unread);
}

static void
send_box(void *arg, uint64_t id, const uint8_t *p, size_t n)
{
	struct keys *k = arg;

	ATF_REQUIRE(!k->away);
	ATF_REQUIRE_EQ(n, sizeof(info));
	ATF_CHECK(memcmp(p, info, n) == 0);
	ATF_REQUIRE(k->n < sizeof(k->id) / sizeof(k->id[0]));
	k->id[k->n++] = id;
	k->unread += n;
}

/* The number of the ticket for request `id'. */
static const uint8_t *
number(uint64_t id)
{
	static uint8_t p[IPC_TICKET_NUMBERLEN];

	memset(p, (int)id, sizeof(p));
	return (p);
}

static void
send_seal(void *arg, uint64_t id, const uint8_t *p)
{
	struct keys *k = arg;

	ATF_CHECK(memcmp(p, number(id), IPC_TICKET_NUMBERLEN) == 0);
	ATF_REQUIRE(k->nseals < sizeof(k->seal) / sizeof(k->seal[0]));
	k->seal[k->nseals++] = id;
}

static void
set_up(struct keys *k)
{
	static const struct derp_boxes_ops ops = { queued, send_box,
	    send_seal };

	memset(k, 0, sizeof(*k));
	memset(info, 7, sizeof(info));
	derp_boxes_init(&k->boxes, &ops, k);
}

/* Add boxes, with ids from 1 on. */
static void
add_boxes(struct keys *k)
{
	unsigned int i;

	for (i = 1; i <= NBOXES; i++) {
		k->box[i] = derp_boxes_add(&k->boxes, i, &owners[i], info,
		    sizeof(info));
		ATF_REQUIRE(k->box[i] != NULL);
	}
}

static void
leave(struct keys *k, unsigned int i)
{
	derp_boxes_remove(&k->boxes, k->box[i]);
	k->box[i] = NULL;
}

/* Check that keys received `n' boxes since the last call, from `first' on. */
static void
sent(struct keys *k, uint64_t first, unsigned int n)
{
	unsigned int i;

	ATF_REQUIRE_EQ(k->n, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(k->id[i], first + i);
	k->n = 0;
}

/* Check that keys received `n' requests of seals, from `first' on. */
static void
sealed(struct keys *k, uint64_t first, unsigned int n)
{
	unsigned int i;

	ATF_REQUIRE_EQ(k->nseals, n);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(k->seal[i], first + i);
	k->nseals = 0;
}

/* Few boxes wait for keys to read, and all are sent in order. */
ATF_TC_WITHOUT_HEAD(ahead);
ATF_TC_BODY(ahead, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	sent(&k, 1, 5);
	derp_boxes_more(&k.boxes);
	sent(&k, 0, 0);
	for (i = 6; i <= NBOXES; i++) {
		k.unread -= sizeof(info);
		derp_boxes_more(&k.boxes);
		sent(&k, i, 1);
	}
	k.unread = 0;
	derp_boxes_more(&k.boxes);
	sent(&k, 0, 0);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
	derp_boxes_again(&k.boxes);
	sent(&k, 0, 0);
}

/* A restarted keys gets all boxes without an answer. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	k.away = 1;
	add_boxes(&k);
	sent(&k, 0, 0);
	k.away = 0;
	derp_boxes_again(&k.boxes);
	sent(&k, 1, 5);
	leave(&k, 1);		/* answered */
	leave(&k, 6);		/* gone before it was sent */
	k.unread = 0;
	derp_boxes_again(&k.boxes);
	ATF_REQUIRE_EQ(k.n, 5);
	for (i = 0; i < 4; i++)
		ATF_CHECK_EQ(k.id[i], i + 2);
	ATF_CHECK_EQ(k.id[4], 7);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
}

/*
 * Seals are requested at once, whatever boxes wait; without keys, and of those
 * that are not answered, on its next channel.
 */
ATF_TC_WITHOUT_HEAD(seals);
ATF_TC_BODY(seals, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	sent(&k, 1, 5);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
	for (i = 1; i <= 4; i++) {
		k.away = i > 2;
		k.box[i] = derp_boxes_seal(&k.boxes, i, &owners[i], number(i));
		ATF_REQUIRE(k.box[i] != NULL);
	}
	sealed(&k, 1, 2);
	k.away = 0;
	leave(&k, 1);		/* answered */
	derp_boxes_again(&k.boxes);
	sealed(&k, 2, 3);
	sent(&k, 0, 0);
	for (i = 1; i <= 4; i++)
		leave(&k, i);
}

/* Only a box that was sent can be answered. */
ATF_TC_WITHOUT_HEAD(owner);
ATF_TC_BODY(owner, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	ATF_CHECK(derp_boxes_owner(&k.boxes, 3, BOXES_SENT) == &owners[3]);
	ATF_CHECK(derp_boxes_owner(&k.boxes, 6, BOXES_SENT) == NULL);
	ATF_CHECK(derp_boxes_owner(&k.boxes, NBOXES + 1, BOXES_SENT) == NULL);
	ATF_CHECK(derp_boxes_owner(&k.boxes, 3, BOXES_SEAL) == NULL);
	leave(&k, 3);
	ATF_CHECK(derp_boxes_owner(&k.boxes, 3, BOXES_SENT) == NULL);
	k.box[3] = derp_boxes_seal(&k.boxes, 3, &owners[3], number(3));
	ATF_CHECK(derp_boxes_owner(&k.boxes, 3, BOXES_SEAL) == &owners[3]);
	ATF_CHECK(derp_boxes_owner(&k.boxes, 3, BOXES_SENT) == NULL);
	ATF_CHECK(derp_box_size(k.box[4]) >= sizeof(info));
	ATF_CHECK_EQ(derp_box_size(NULL), 0);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
}

/* Two workers' boxes have the same numbers. */
ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	static struct keys a, b;
	unsigned int i;

	set_up(&a);
	set_up(&b);
	b.away = 1;
	add_boxes(&b);
	add_boxes(&a);
	sent(&a, 1, 5);
	sent(&b, 0, 0);
	ATF_CHECK(derp_boxes_owner(&b.boxes, 1, BOXES_SENT) == NULL);
	b.away = 0;
	derp_boxes_more(&b.boxes);
	sent(&b, 1, 5);
	for (i = 1; i <= NBOXES; i++)
		leave(&a, i);
	b.unread = 0;
	derp_boxes_more(&b.boxes);
	sent(&b, 6, 5);
	for (i = 1; i <= NBOXES; i++)
		leave(&b, i);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, seals);
	ATF_TP_ADD_TC(tp, owner);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}

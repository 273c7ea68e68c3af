/*
 * boxes_test: which login boxes are sent to keys, when, and how often.
 */
#include <sys/types.h>
#include <atf-c.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "boxes.h"

#define INFO	(64 * 1024)	/* bytes of a box */
#define NBOXES	20

/* A keys process and the boxes that it received. */
struct keys {
	struct front_boxes boxes;
	int		 away;
	size_t		 unread;	/* bytes */
	uint64_t	 id[100];
	unsigned int	 n;
	struct front_box	*box[NBOXES + 1];	/* by request id */
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

static void
set_up(struct keys *k)
{
	static const struct front_boxes_ops ops = { queued, send_box };

	memset(k, 0, sizeof(*k));
	memset(info, 7, sizeof(info));
	front_boxes_init(&k->boxes, &ops, k);
}

/* Add boxes, with ids from 1 on. */
static void
add_boxes(struct keys *k)
{
	unsigned int i;

	for (i = 1; i <= NBOXES; i++) {
		k->box[i] = front_boxes_add(&k->boxes, i, &owners[i], info,
		    sizeof(info));
		ATF_REQUIRE(k->box[i] != NULL);
	}
}

static void
leave(struct keys *k, unsigned int i)
{
	front_boxes_remove(&k->boxes, k->box[i]);
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

/* Is a box, or most of it, at the address? */
static int
is_left(uintptr_t addr)
{
	static uint8_t buf[INFO];
	size_t i, marks = 0;
	ssize_t n;
	int fd;

	if ((fd = open("/proc/self/mem", O_RDONLY)) == -1)
		atf_tc_skip("needs /proc/self/mem");
	n = pread(fd, buf, sizeof(buf), (off_t)addr);
	close(fd);
	for (i = 0; n > 0 && i < (size_t)n; i++)
		marks += buf[i] == info[0];
	return (marks > INFO / 2);
}

/* A box does not stay in freed memory, whatever its state. */
ATF_TC_WITHOUT_HEAD(zeroed);
ATF_TC_BODY(zeroed, tc)
{
	uintptr_t addr[NBOXES + 1];
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	ATF_REQUIRE(front_boxes_opened(&k.boxes, 1) == &owners[1]);
	for (i = 1; i <= NBOXES; i++)
		addr[i] = (uintptr_t)k.box[i];
	ATF_CHECK(is_left(addr[1]));
	for (i = 1; i <= NBOXES; i++) {
		leave(&k, i);
		ATF_CHECK(!is_left(addr[i]));
	}
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
	front_boxes_more(&k.boxes);
	sent(&k, 0, 0);
	for (i = 6; i <= NBOXES; i++) {
		k.unread -= sizeof(info);
		front_boxes_more(&k.boxes);
		sent(&k, i, 1);
	}
	k.unread = 0;
	front_boxes_more(&k.boxes);
	sent(&k, 0, 0);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
	front_boxes_again(&k.boxes);
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
	front_boxes_again(&k.boxes);
	sent(&k, 1, 5);
	leave(&k, 1);		/* answered */
	leave(&k, 6);		/* gone before it was sent */
	k.unread = 0;
	front_boxes_again(&k.boxes);
	ATF_REQUIRE_EQ(k.n, 5);
	for (i = 0; i < 4; i++)
		ATF_CHECK_EQ(k.id[i], i + 2);
	ATF_CHECK_EQ(k.id[4], 7);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
}

/* Only a box that was sent can be answered, once. */
ATF_TC_WITHOUT_HEAD(owner);
ATF_TC_BODY(owner, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	ATF_CHECK(front_boxes_opened(&k.boxes, 3) == &owners[3]);
	ATF_CHECK(front_boxes_opened(&k.boxes, 3) == NULL);
	ATF_CHECK(front_boxes_opened(&k.boxes, 6) == NULL);
	ATF_CHECK(front_boxes_opened(&k.boxes, NBOXES + 1) == NULL);
	leave(&k, 4);
	ATF_CHECK(front_boxes_opened(&k.boxes, 4) == NULL);
	ATF_CHECK(front_box_size(k.box[3]) >= sizeof(info));
	ATF_CHECK_EQ(front_box_size(NULL), 0);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
}

/*
 * A box that was opened is not sent to the next keys, but again on request;
 * what keys answers to one that is to be opened once more is ignored.
 */
ATF_TC_WITHOUT_HEAD(repeat);
ATF_TC_BODY(repeat, tc)
{
	struct keys k;
	unsigned int i;

	set_up(&k);
	add_boxes(&k);
	for (i = 9; i <= NBOXES; i++)
		leave(&k, i);
	sent(&k, 1, 5);
	ATF_CHECK(front_boxes_opened(&k.boxes, 1) == &owners[1]);
	ATF_CHECK(front_boxes_opened(&k.boxes, 2) == &owners[2]);
	k.unread = 0;
	front_boxes_again(&k.boxes);
	sent(&k, 3, 5);
	front_boxes_repeat(&k.boxes, k.box[1]);		/* opened */
	front_boxes_repeat(&k.boxes, k.box[3]);		/* sent */
	front_boxes_repeat(&k.boxes, k.box[8]);		/* not sent */
	sent(&k, 0, 0);
	ATF_CHECK(front_boxes_opened(&k.boxes, 3) == NULL);
	k.unread = 0;
	front_boxes_more(&k.boxes);
	ATF_REQUIRE_EQ(k.n, 3);
	ATF_CHECK_EQ(k.id[0], 8);
	ATF_CHECK_EQ(k.id[1], 1);
	ATF_CHECK_EQ(k.id[2], 3);
	k.n = 0;
	ATF_CHECK(front_boxes_opened(&k.boxes, 8) == &owners[8]);
	ATF_CHECK(front_boxes_opened(&k.boxes, 1) == &owners[1]);
	/* A new keys makes all anew: its answer holds. */
	front_boxes_repeat(&k.boxes, k.box[3]);
	k.unread = 0;
	front_boxes_again(&k.boxes);
	ATF_CHECK_EQ(k.n, 5);
	ATF_CHECK(front_boxes_opened(&k.boxes, 3) == &owners[3]);
	for (i = 1; i <= NBOXES; i++)
		leave(&k, i);
}

/* Two fronts' boxes have the same numbers. */
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
	ATF_CHECK(front_boxes_opened(&b.boxes, 1) == NULL);
	b.away = 0;
	front_boxes_more(&b.boxes);
	sent(&b, 1, 5);
	for (i = 1; i <= NBOXES; i++)
		leave(&a, i);
	b.unread = 0;
	front_boxes_more(&b.boxes);
	sent(&b, 6, 5);
	for (i = 1; i <= NBOXES; i++)
		leave(&b, i);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, zeroed);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, repeat);
	ATF_TP_ADD_TC(tp, owner);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}

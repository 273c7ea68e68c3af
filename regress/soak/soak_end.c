/*
 * soak_end: the end of a run.  New clients must be served, and a mesh peer must
 * see them and no others; or the daemon stops in order.
 */
#include <stdio.h>
#include <string.h>

#include "soak.h"

#define NEW	8		/* clients of the end, the last a watcher */

/* Run turns until `done' returns 1; after PATIENCE_MS fail for `what'. */
static void
until(int (*done)(void), const char *what)
{
	int64_t from = now;

	while (!done()) {
		if (now - from > PATIENCE_MS)
			fail("at the end: %s, not within %d ms", what,
			    PATIENCE_MS);
		turn(20, 0);
	}
}

static int
none_left(void)
{
	unsigned int i;

	for (i = 0; i < opt.slots; i++)
		if (bots[i].state != BOT_NONE)
			return (0);
	return (1);
}

static int
chaos_over(void)
{
	return (!chaos_busy());
}

static void
all_leave(void)
{
	unsigned int i;

	for (i = 0; i < opt.slots; i++)
		if (bots[i].state != BOT_NONE)
			bot_leave(&bots[i], rnd_chance(&bots[i].rnd, 20) ?
			    LEAVE_RESET : LEAVE_ORDERLY);
	until(none_left, "clients leave");
}

static int
all_up(void)
{
	unsigned int i;

	for (i = 0; i < NEW; i++)
		if (bots[i].state != BOT_UP)
			return (0);
	return (1);
}

static int
watcher_sees(void)
{
	const uint16_t *present = bots[NEW - 1].derp->present;
	unsigned int i;

	for (i = 0; i < NKEYS; i++)
		if ((present[i] != 0) != (i < NEW))
			return (0);
	return (1);
}

static unsigned long wanted;

static int
all_came(void)
{
	return (counts.got >= wanted);
}

static int
all_pongs(void)
{
	unsigned int i;

	for (i = 0; i < NEW; i++)
		if (bots[i].derp->pinged)
			return (0);
	return (1);
}

/* Stop the actions of a client of the end. */
static void
hold_still(struct bot *b)
{
	if (b->state == BOT_CONNECT)
		kind_derp.act(b);
	else
		b->act_at = now + 1000;
}

static void
still_key(struct bot *b)
{
	b->derp->key = (int)b->slot;
	b->derp->calm = 1;
}

static void
start_client(struct bot *b)
{
	kind_derp.start(b);
	still_key(b);
}

static void
start_watcher(struct bot *b)
{
	kind_mesh.start(b);
	still_key(b);
}

static void
exchange(void)
{
	uint8_t p[FRAME_KEY_LEN + 1000];
	unsigned int i, j;

	wanted = counts.got + NEW * (NEW - 1);
	for (i = 0; i < NEW; i++)
		for (j = 0; j < NEW; j++) {
			if (i == j)
				continue;
			memcpy(p, keys[j].pub, FRAME_KEY_LEN);
			packet_make(&bots[i], (int)i, (int)j, 0,
			    p + FRAME_KEY_LEN, sizeof(p) - FRAME_KEY_LEN);
			derp_frame(&bots[i], FRAME_SEND_PACKET, p, sizeof(p));
		}
	until(all_came, "each packet of clients that are alone");
}

void
end_quiet(void)
{
	static struct soak_kind calm[2];
	unsigned int i;

	until(chaos_over, "what is done to the daemon");
	all_leave();
	calm[0] = kind_derp;
	calm[0].start = start_client;
	calm[1] = kind_mesh;
	calm[1].start = start_watcher;
	calm[0].act = calm[1].act = hold_still;
	for (i = 0; i < NEW; i++)
		bot_start(i, &calm[i == NEW - 1 && opt.mesh[0] != '\0']);
	until(all_up, "new clients log in");
	if (opt.mesh[0] != '\0') {
		bots[NEW - 1].derp->watching = 1;
		derp_frame(&bots[NEW - 1], FRAME_WATCH_CONNS, NULL, 0);
		until(watcher_sees,
		    "a watcher sees exactly the connected clients");
	}
	exchange();
	for (i = 0; i < NEW; i++)
		derp_ping(&bots[i]);
	until(all_pongs, "pongs");
	all_leave();
}

/* Return 1 when all pongs that were requested have arrived. */
static int
asked_answered(void)
{
	unsigned int i;

	for (i = 0; i < opt.slots; i++)
		if (bots[i].state == BOT_UP && !bots[i].may_end &&
		    bots[i].derp != NULL && bots[i].derp->pinged)
			return (0);
	return (1);
}

/*
 * Every other logged-in client sends a ping, and must then be notified.  The
 * rest may have bytes under way, which costs them the connection.
 */
static unsigned int
prepare_stop(void)
{
	unsigned int i, due = 0;
	struct bot *b;

	for (i = 0; i < opt.slots; i++) {
		b = &bots[i];
		b->act_at = now + 2 * PATIENCE_MS;
		if (b->state == BOT_NONE)
			continue;
		if (b->state != BOT_UP || b->derp == NULL || b->derp->mute)
			bot_leave(b, LEAVE_RESET);
		else if (i % 2 != 0)
			b->may_end = 1;
		else
			derp_ping(b);
	}
	until(asked_answered, "pongs");
	for (i = 0; i < opt.slots; i++)
		due += bots[i].state == BOT_UP && !bots[i].may_end &&
		    bots[i].derp != NULL;
	return (due);
}

void
end_stop(void)
{
	unsigned int due;

	until(chaos_over, "what is done to the daemon");
	due = prepare_stop();
	counts.told = 0;
	chaos_begin("stop");
	until(none_left, "the daemon ends all connections");
	until(chaos_over, "the daemon stops");
	printf("soak: stopped, %lu clients were notified, %u had to be\n",
	    counts.told, due);
	if (counts.told < due)
		fail("clients were not notified of the stop");
}

/*
 * groupsfixture: groups for tests, with a simulated clock and a record of the
 * call-backs.
 */
#ifndef GROUPSFIXTURE_H
#define GROUPSFIXTURE_H

#include <atf-c.h>
#include <string.h>

#include "groups.h"

#define SECOND	((uint64_t)1000000)
#define NOV	((time_t)1793923200)	/* 2026-11-06 00:00 */
#define DAY	((time_t)86400)

static struct admit_groups *g;
static uint64_t	now;		/* us */
static time_t	wall;

static uint64_t	leased[IPC_MAXWORKERS];	/* since the last turn() */
static unsigned int nleases, nover;
static uint32_t	last_over;

static void
on_lease(void *arg, unsigned int worker, uint32_t id, uint64_t bytes)
{
	ATF_CHECK(arg == &now && id != 0 && worker < IPC_MAXWORKERS);
	leased[worker] += bytes;
	nleases++;
}

static void
on_over(void *arg, uint32_t id)
{
	ATF_CHECK(arg == &now);
	last_over = id;
	nover++;
}

static const struct admit_groups_ops ops = { on_lease, on_over };

/* A turn, `us' after the last one. */
static inline void
turn(uint64_t us)
{
	memset(leased, 0, sizeof(leased));
	nleases = nover = 0;
	now += us;
	admit_groups_turn(g, now, wall);
}

static inline void
set_up(void)
{
	admit_groups_free(g);
	ATF_REQUIRE((g = admit_groups_new(&ops, &now)) != NULL);
	now = 5 * SECOND;
	wall = NOV;
	turn(100000);
}

/* Put one group in force, and return its id. */
static inline uint32_t
one_group(const char *name, uint64_t rate, uint64_t burst, uint64_t quota,
    uint32_t connections)
{
	const struct admit_limits l = { name, rate, burst, quota,
	    connections };

	ATF_REQUIRE_EQ(0, admit_groups_replace(g, &l, 1));
	return (admit_groups_id(g, 1));
}

#endif

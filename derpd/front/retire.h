/*
 * retire: a front that ends: at once, or when all that is there has ended,
 * because another front accepts in its place.
 */
#ifndef RETIRE_H
#define RETIRE_H

#include <stdint.h>

#include "messages.h"

struct event;
struct front;

/* How far a front is.  All zero initially. */
struct front_retire {
	int		 on;		/* it accepts no connection any more */
	int		 told;		/* FRONT_LEFT was sent since then */
	struct ipc_msg_front_left last;	/* that one */
	uint64_t	 at_us;		/* when it looked last */
	struct event	*ev;		/* the next look; NULL: none yet */
	/* stop */
	int		 stopping;
	uint64_t	 stop_us;	/* when to exit at the latest */
	struct event	*ev_stop;
};

/*
 * Retire (`on' 1): close the listening sockets, finish what is there, report
 * what is left (FRONT_LEFT), and exit with 0 when that is nothing.  Or (0)
 * serve as before, with listening sockets that follow.
 */
void	front_retire(struct front *f, int on);

/* Called last in each turn: report, close what is idle, and exit. */
void	front_retire_work(struct front *f);

/*
 * Stop: accept no connection, close all but pumps, which end with their
 * sessions, and exit when these have ended, in `ms' at the latest.
 */
void	front_retire_stop(struct front *f, uint32_t ms);

#endif

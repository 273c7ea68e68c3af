/*
 * frontlists: pages of the list of clients that fronts request: the parent asks
 * the relay workers, and passes on what they report.
 */
#ifndef FRONTLISTS_H
#define FRONTLISTS_H

#include <stdint.h>

#include "messages.h"

struct event;
struct ipc_msg;
struct parent;
struct parent_proc;

/* A request that waits for its turn. */
struct parent_frontlist {
	int		 wanted;
	uint32_t	 id;		/* of the front */
	struct ipc_list_query query;
};

/* All zero: nobody has requested anything. */
struct parent_frontlists {
	struct parent_frontlist of[IPC_MAXWORKERS];	/* by front */
	unsigned int	 next;		/* the front to look at first */
	struct event	*ev;		/* limit of the one under way, or the
					   end of the rest behind it */
	int		 resting;
	/* the one under way */
	int		 running;
	int		 dropped;	/* the front does not want it any
					   more */
	unsigned int	 front;
	uint32_t	 id;		/* of the front */
	uint32_t	 request;	/* number of it for the workers */
	uint32_t	 limit;		/* rows that each may report */
	uint32_t	 rows[IPC_MAXWORKERS];
	uint64_t	 waiting;	/* bitmap of workers that owe an
					   answer */
	struct ipc_msg_front_list_end end;
	uint64_t	 began_ms;
};

/* A front requests a page.  0, or -1 malformed. */
int	 parent_frontlists_request(struct parent_proc *front,
	    struct ipc_msg *m);

/* A relay worker's answer.  0, or -1: not permitted. */
int	 parent_frontlists_answer(struct parent_proc *relay,
	    struct ipc_msg *m);

/* A front, or a relay worker, has ended. */
void	 parent_frontlists_front_gone(struct parent *d, unsigned int front);
void	 parent_frontlists_relay_gone(struct parent *d, unsigned int worker);

#endif

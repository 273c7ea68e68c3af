/*
 * chanpriv: a channel as chan.c and chanwait.c know it.
 */
#ifndef CHANPRIV_H
#define CHANPRIV_H

#include <sys/types.h>
#include <sys/queue.h>
#include <imsg.h>
#include <stddef.h>
#include <stdint.h>

#include "chan.h"

struct event;

#define CHAN_AGAIN_MS	50	/* until the system may take a descriptor */

struct ipc_chan {
	struct imsgbuf		 ibuf;
	int			 fd;
	enum ipc_role		 self, peer;
	struct event		*rd, *wr;	/* NULL: a channel without
						   events */
	struct event		*again;		/* to write, after AGAIN_MS */
	ipc_chan_cb		 cb;
	ipc_chan_gone_cb	 gone_cb;
	void			*arg;
	size_t			 queued;	/* bytes, see
						   ipc_chan_queued() */
	size_t			 limit;
	uint32_t		*costs;		/* of each queued message, a
						   ring: */
	/* first, used, size */
	size_t			 cost_at, ncosts, cost_cap;
	uint32_t		 ping;		/* number of the last
						   MSG_PING */
	int			 owes;		/* the last ping is
						   unanswered */
	int			 overflow;	/* the peer left too much
						   unread */
	int			 gone;		/* errno-like: EPIPE or
						   EPROTO */
	int			 told;		/* gone_cb was called */
	int			 unread;	/* the peer has not read all */
	struct ipc_msg		 ahead;		/* read by ipc_chan_pending() */
	int			 has_ahead;
	int			 busy;		/* within a callback */
	int			 doomed;	/* freed within a callback */
};

/*
 * Write without blocking.  Returns 0, 1 when it must be tried again later
 * although the socket is writable, -1 with EPIPE.
 */
int	ipc_chan_write(struct ipc_chan *c);

/*
 * Read one complete message from what was received, handling pings and pongs.
 * Returns 1, 0 when none is complete, -1 with *why when the peer broke the
 * protocol.
 */
int	ipc_chan_next(struct ipc_chan *c, struct ipc_msg *m, const char **why);

#endif

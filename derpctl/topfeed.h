/*
 * topfeed: lists of connections, and the status, from a derpd that may end and
 * start again, in an event loop.
 */
#ifndef TOPFEED_H
#define TOPFEED_H

#include <stdint.h>

#include "list.h"
#include "topview.h"

struct event_base;
struct ctl_feed;

/* Call-backs; they must not free the feed. */
struct ctl_feed_ops {
	/* A list and a status have come; `why': the list is not whole. */
	void	(*listed)(void *arg, const char *why);
	/*
	 * The connection has ended (`why'), or has come back (NULL).  The lists
	 * stay.
	 */
	void	(*changed)(void *arg, const char *why);
};

/* Lists of connections, the last one and the one before. */
struct ctl_feed_lists {
	struct ctl_list		 was;
	struct ctl_list		 now;
	uint64_t		 was_ms;	/* when it was requested; 0:
						   there is none */
	uint64_t		 now_ms;
	struct ctl_top_status	 status;
};

/*
 * A feed from the socket at `path', not connected.  Returns NULL without
 * memory.
 */
struct ctl_feed *ctl_feed_new(struct event_base *base, const char *path,
	    const struct ctl_feed_ops *ops, void *arg);

/* Connect.  Returns 0, or -1 with errno. */
int	ctl_feed_connect(struct ctl_feed *f);

/*
 * Request the next list, unless one is under way, or the last one has kept
 * derpd busy for more than a quarter of the time since; connect again when
 * derpd has ended.  To be called in the interval of lists; ctl_feed_connect()
 * does it for the first one.
 */
void	ctl_feed_next(struct ctl_feed *f, uint64_t now_ms);

/* The lists; they change before ops->listed() and are valid until the next. */
struct ctl_feed_lists *ctl_feed_lists(struct ctl_feed *f);

/* Since when an answer is awaited (ms); 0: none is. */
uint64_t ctl_feed_waits(const struct ctl_feed *f);

/* Close and free the feed; NULL is allowed. */
void	ctl_feed_free(struct ctl_feed *f);

#endif

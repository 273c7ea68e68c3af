/*
 * mapchecker: derpmapd, the process that validates maps, in a parent's event
 * loop: the queue of maps that wait for it.  derpmapd gets bytes, never a path,
 * and sends a verdict.
 */
#ifndef MAPCHECKER_H
#define MAPCHECKER_H

#include "chan.h"
#include "mapqueue.h"
#include "supervise.h"

struct mapqueue_checker {
	struct mapqueue	 q;
	struct super_child *child;	/* derpmapd */
	int		(*start)(struct super_child *); /* as in super_ops */
	struct event	*timer;		/* of the first map */
};

/*
 * Set up the queue.  `start' starts derpmapd for a map when it does not run;
 * `pack' may be NULL.
 */
void	 mapqueue_checker_init(struct mapqueue_checker *k,
	    struct event_base *base, struct super_child *child,
	    int (*start)(struct super_child *), mapqueue_pack pack);

/*
 * Handle a message of derpmapd.  1: it was MSG_READY, handled too; 0: another
 * one; -1: malformed, and derpmapd has been killed.
 */
int	 mapqueue_checker_message(struct mapqueue_checker *k,
	    struct ipc_msg *m);

/*
 * derpmapd has ended; called before or after its restart is planned.
 * `stopping': so does the parent.
 */
void	 mapqueue_checker_gone(struct mapqueue_checker *k, int stopping);

#endif

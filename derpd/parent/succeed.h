/*
 * succeed: a relay worker is replaced by a new process, while its sessions go
 * on: derpctl restart relay.  Part of parent.h, which includes it.
 *
 * succession.h decides what is next, succeed.c does it, by moves.h.  The new
 * process is started as d->relaynext, with settings, but without channels to
 * others, and counts in memory of its own.  At the commit it becomes the
 * worker, and the old one d->relaynext, until it has ended.
 */
#ifndef SUCCEED_H
#define SUCCEED_H

#include <stdint.h>

#include "succession.h"

struct event;
struct ipc_msg;
struct parent;
struct parent_proc;

/* The replacement of a relay worker. */
struct parent_succeed {
	struct parent_succession s;
	struct event	*ev_late;
	uint32_t	 generation;	/* the last one before the start of the
					   new process, which has no later
					   settings */
	uint64_t	 held_ms;	/* when the hold began, monotonic */
};

/* Initialise d->succeed; call it once, at the start. */
void	 parent_succeed_init(struct parent *d);

/*
 * Replace a relay worker.  `done' is called with `arg' at the end, also within
 * this call; `why' NULL: it was replaced, else why not.
 */
void	 parent_succeed(struct parent *d, uint32_t worker,
	    parent_succession_cb done, void *arg);

/* The requester `arg' has gone. */
void	 parent_succeed_forget(struct parent *d, const void *arg);

/* Return 1 while a worker is being replaced, else 0. */
int	 parent_succeed_on(const struct parent *d);

/* Handle a message of d->relaynext but MSG_READY.  0, or -1: not permitted. */
int	 parent_succeed_message(struct parent_proc *p, struct ipc_msg *m);

/*
 * Return 1 while d->relaynext is a new process that is needed, 0 when it is one
 * that ends.
 */
int	 parent_succeed_needs(const struct parent *d);

/* d->relaynext is ready, or has ended. */
void	 parent_succeed_ready(struct parent *d);
void	 parent_succeed_gone(struct parent *d);

/* A relay worker in service has ended. */
void	 parent_succeed_broke(const struct parent_proc *p);

/* derpd stops. */
void	 parent_succeed_stop(struct parent *d);

#endif

/*
 * mapqueue: maps that wait to be validated by derpmapd.  derpmapd has one map
 * at a time; verdicts come in the order in which the maps were queued.  A map
 * replaces a waiting map of the same owner, so the number of owners bounds the
 * queue.
 *
 * Pure: the caller sends the bytes, runs the timer and delivers the messages.
 */
#ifndef MAPQUEUE_H
#define MAPQUEUE_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"

#define MAPSET_CHECK_MS	5000	/* for a validation */
#define MAPSET_WAIT_MS	20000	/* for derpmapd to be started */
#define MAPSET_ERR_SIZE	1024

struct mapset_content;

/*
 * The verdict on a map: `good' 1, and *c, which the callback frees; 0 the map
 * is not good; -1 it could not be validated.  `err' is the reason, of at most
 * MAPSET_ERR_SIZE bytes; everything was logged.  The callback may add and
 * cancel.
 */
typedef void (*mapset_verdict_cb)(void *owner, int good,
	    struct mapset_content *c, const char *err);

/* Functions that the caller provides. */
struct mapset_queue_ops {
	/* Send the payload of a MSG_MAP_CHECK.  0, or -1: not running. */
	int	(*send)(void *arg, const struct ipc_wr *w);
	/*
	 * Call mapset_queue_late() in `ms' milliseconds; 0: cancel the timer.
	 */
	void	(*timer)(void *arg, unsigned int ms);
	/* derpmapd violated the protocol, as `what' says: end it. */
	void	(*broken)(void *arg, const char *what);
};

struct mapset_job;

struct mapset_queue {
	TAILQ_HEAD(, mapset_job) jobs;	/* the first is derpmapd's */
	const struct mapset_queue_ops *ops;
	void	*arg;			/* argument of ops */
	int	 sent;			/* the first map was sent */
	int	 timed;			/* its timer runs */
};

/* Initialise an empty queue. */
void	 mapset_queue_init(struct mapset_queue *q,
	    const struct mapset_queue_ops *ops, void *arg);

/* A map to be validated. */
struct mapset_check {
	const char	*what;			/* its name in messages */
	const struct ipc_map_self *self;	/* this machine */
	const void	*p;			/* the map, copied */
	size_t		 len;			/* bytes */
	uint64_t	 mtime;			/* seconds since 1970, for *c */
	mapset_verdict_cb cb;
	void		*owner;		/* argument of cb */
};

/*
 * Queue a map; cb is called later, never from within this call.  0, or -1: no
 * memory (logged).
 */
int	 mapset_queue_add(struct mapset_queue *q,
	    const struct mapset_check *check);

/* Cancel all maps of `owner': the callback is not called. */
void	 mapset_queue_cancel(struct mapset_queue *q, const void *owner);

/* 1 when a map of `owner' is being validated or waits, else 0. */
int	 mapset_queue_has(const struct mapset_queue *q, const void *owner);

/* derpmapd was started and can be sent a map. */
void	 mapset_queue_ready(struct mapset_queue *q);

/* Handle the payload of a MSG_MAP_RESULT. */
void	 mapset_queue_answer(struct mapset_queue *q, struct ipc_rd *r);

/* derpmapd has ended: its current map could not be validated. */
void	 mapset_queue_gone(struct mapset_queue *q);

/* The timer has run out. */
void	 mapset_queue_late(struct mapset_queue *q);

/* Drop all maps without calling back. */
void	 mapset_queue_clear(struct mapset_queue *q);

/* Free the members of *c, and clear it. */
void	 mapset_content_free(struct mapset_content *c);

#endif

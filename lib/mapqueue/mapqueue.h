/*
 * mapqueue: maps that wait to be validated by derpmapd (mapchecker.h).
 * derpmapd has one map at a time; verdicts come in the order in which the maps
 * were queued.  A map replaces a waiting map of the same owner, so the number
 * of owners bounds the queue.
 *
 * Pure: the caller sends the bytes, runs the timer and delivers the messages.
 */
#ifndef MAPQUEUE_H
#define MAPQUEUE_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "msg.h"

#define MAPQUEUE_CHECK_MS	5000	/* for a validation */
#define MAPQUEUE_WAIT_MS	20000	/* for derpmapd to be started */
#define MAPQUEUE_ERR_SIZE	1024

/* A validated map. */
struct mapqueue_content {
	uint8_t		*body;		/* NULL: none */
	size_t		 len;
	uint8_t		*gzip;		/* NULL: none */
	size_t		 gzip_len;
	uint8_t		 hash[IPC_MAP_HASH_LEN];
	uint64_t	 mtime;		/* seconds since 1970 */
	char		*summary;	/* JSON, see map_summary() */
	char		*findings;	/* warnings, a line each; "" none */
};

/*
 * The verdict on a map: `good' 1, and *c, which the callback frees; 0 the map
 * is not good; -1 it could not be validated.  `err' is the reason, of at most
 * MAPQUEUE_ERR_SIZE bytes; everything was logged.  The callback may add and
 * cancel.
 */
typedef void (*mapqueue_verdict_cb)(void *owner, int good,
	    struct mapqueue_content *c, const char *err);

/* Functions that the caller provides. */
struct mapqueue_ops {
	/* Send the payload of a MSG_MAP_CHECK.  0, or -1: not running. */
	int	(*send)(void *arg, const struct ipc_wr *w);
	/*
	 * Call mapqueue_late() in `ms' milliseconds; 0: cancel the timer.
	 */
	void	(*timer)(void *arg, unsigned int ms);
	/* derpmapd violated the protocol, as `what' says: end it. */
	void	(*broken)(void *arg, const char *what);
};

struct mapqueue_job;

/*
 * Compress the `len' bytes at `p': heap, *n bytes; NULL: they would not be
 * smaller.
 */
typedef uint8_t *(*mapqueue_pack)(const void *p, size_t len, size_t *n);

struct mapqueue {
	TAILQ_HEAD(, mapqueue_job) jobs;	/* the first is derpmapd's */
	const struct mapqueue_ops *ops;
	void	*arg;			/* argument of ops */
	mapqueue_pack pack;		/* NULL: maps are not compressed */
	int	 sent;			/* the first map was sent */
	int	 timed;			/* its timer runs */
};

/* Initialise an empty queue; `pack' may be NULL. */
void	 mapqueue_init(struct mapqueue *q, const struct mapqueue_ops *ops,
	    void *arg, mapqueue_pack pack);

/* A map to be validated. */
struct mapqueue_check {
	const char	*what;			/* its name in messages */
	const struct ipc_map_self *self;	/* this machine */
	const void	*p;			/* the map, copied */
	size_t		 len;			/* bytes */
	uint64_t	 mtime;			/* seconds since 1970, for *c */
	mapqueue_verdict_cb cb;
	void		*owner;		/* argument of cb */
};

/*
 * Queue a map; cb is called later, never from within this call.  0, or -1: no
 * memory (logged).
 */
int	 mapqueue_add(struct mapqueue *q,
	    const struct mapqueue_check *check);

/* Cancel all maps of `owner': the callback is not called. */
void	 mapqueue_cancel(struct mapqueue *q, const void *owner);

/* 1 when a map of `owner' is being validated or waits, else 0. */
int	 mapqueue_has(const struct mapqueue *q, const void *owner);

/* derpmapd was started and can be sent a map. */
void	 mapqueue_ready(struct mapqueue *q);

/* Handle the payload of a MSG_MAP_RESULT. */
void	 mapqueue_answer(struct mapqueue *q, struct ipc_rd *r);

/* derpmapd has ended: its current map could not be validated. */
void	 mapqueue_gone(struct mapqueue *q);

/* The timer has run out. */
void	 mapqueue_late(struct mapqueue *q);

/* Drop all maps without calling back. */
void	 mapqueue_clear(struct mapqueue *q);

/* Free the members of *c, and clear it. */
void	 mapqueue_content_free(struct mapqueue_content *c);

#endif

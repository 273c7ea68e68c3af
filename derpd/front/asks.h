/*
 * asks: the questions to admit, whether clients may use the relay.  This module
 * handles no connection and no channel.
 *
 * A question is kept until it is answered or removed, and is asked again on a
 * new channel to admit.  At most ASKS_AHEAD bytes are sent ahead: other
 * questions wait here, in their order of arrival.  A question has a new number
 * each time it is asked, so that no late answer is taken for another one.
 */
#ifndef ASKS_H
#define ASKS_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define ASKS_AHEAD	(256 * 1024)	/* bytes sent ahead to admit */
#define ASKS_BUCKETS	1024		/* a power of two */

/* Call-backs; all must be set.  `arg' is that of front_asks_init(). */
struct front_asks_ops {
	/* Return the bytes that admit has yet to read; SIZE_MAX without it. */
	size_t	(*queued)(void *arg);

	/* Ask about the client of `owner', as question `id'. */
	void	(*send)(void *arg, uint64_t id, void *owner);
};

/* One question; all zero: there is none.  Only asks.c uses the fields. */
struct front_ask {
	TAILQ_ENTRY(front_ask) entry;	/* of `unsent' or `sent' */
	LIST_ENTRY(front_ask) bucket;	/* of `sent', by id */
	void		*owner;		/* NULL: there is no question */
	uint64_t	 id;		/* once it is sent */
	int		 sent;
};

TAILQ_HEAD(front_ask_list, front_ask);

/* Only asks.c uses the fields. */
struct front_asks {
	struct front_ask_list unsent, sent;
	LIST_HEAD(, front_ask) by_id[ASKS_BUCKETS];
	uint64_t	 first, next;	/* ids used on this channel: first to
					   next - 1 */
	uint64_t	 unanswered;	/* how many of them are */
	const struct front_asks_ops *ops;
	void		*arg;
};

/*
 * Initialize without questions; the caller keeps `ops'.  The first one gets the
 * number `id'.
 */
void	front_asks_init(struct front_asks *as, const struct front_asks_ops *ops,
	    void *arg, uint64_t id);

/*
 * Ask about the client of `owner', in place of an earlier question of `a'.  It
 * is sent at once if admit reads fast enough.
 */
void	front_asks_add(struct front_asks *as, struct front_ask *a, void *owner);

/* Remove the question, if there is one; an answer to it is ignored. */
void	front_asks_remove(struct front_asks *as, struct front_ask *a);

/* Send more questions if admit has read enough. */
void	front_asks_more(struct front_asks *as);

/*
 * Admit has answered question `id': remove it.  Return 1 with its owner in
 * *owner; 0 when nobody waits for it any more; -1 when admit can't have been
 * asked that.
 */
int	front_asks_answered(struct front_asks *as, uint64_t id, void **owner);

/* There is a new channel to admit: ask again what is not answered. */
void	front_asks_again(struct front_asks *as);

#endif

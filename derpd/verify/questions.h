/*
 * questions: the questions of admit that wait for a connection, in the order of
 * their arrival.  Pure: the caller brings the clock.
 */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define VERIFY_MAXQUESTIONS	65536	/* that wait */
#define VERIFY_MS		5000	/* until the answer */

struct verify_question {
	STAILQ_ENTRY(verify_question) next;
	uint64_t	 cookie;
	uint64_t	 due;		/* answered by then, monotonic ms */
	uint8_t		 key[IPC_KEYLEN];
	uint8_t		 addr[IPC_ADDRLEN];
};

struct verify_questions {
	STAILQ_HEAD(, verify_question) list;
	size_t		 n;
};

/* Begin without questions. */
void	 verify_questions_init(struct verify_questions *qs);

/*
 * Append a copy of `q', which arrives at `now' and gets its q->due.  Returns 0,
 * or -1 when too many wait or memory runs out.
 */
int	 verify_questions_add(struct verify_questions *qs,
	    const struct verify_question *q, uint64_t now);

/* The one that is due first; NULL: none. */
const struct verify_question *verify_questions_first(
	    const struct verify_questions *qs);

/* Take it into *q.  Returns 1, or 0 when there is none. */
int	 verify_questions_take(struct verify_questions *qs,
	    struct verify_question *q);

/* Drop them all. */
void	 verify_questions_clear(struct verify_questions *qs);

#endif

/*
 * admitsource: one source of admission that verify asks: the questions that
 * wait, those that were sent, and whether it fails.  Touches memory alone; the
 * caller brings the clock (us, monotonic) and sends.
 *
 * Questions wait in a queue for each origin (a front, or a relay worker whose
 * clients are checked).  Fronts and workers take turns, so that checks leave at
 * least half to logins; and so do those of each kind: one that asks a lot
 * delays itself.  At most ADMIT_SOURCE_WINDOW are sent at a time: verify asks
 * few at once, and what waits there has less time for an answer.
 *
 * A source that failed ADMIT_SOURCE_FAILS times in a row is backed off: it gets
 * one question a second until it answers, and all others fail at once.
 */
#ifndef ADMITSOURCE_H
#define ADMITSOURCE_H

#include <sys/queue.h>
#include <stdint.h>

#include "decide.h"
#include "log.h"

#define ADMIT_SOURCE_WINDOW	16
#define ADMIT_SOURCE_FAILS	3
#define ADMIT_SOURCE_RETRY_US	1000000
#define ADMIT_SOURCE_LATE_US	5000000	/* verify answers within 5 s */

/* Origins: fronts from 0 on, relay workers from ADMIT_ORIGIN_RELAY on. */
#define ADMIT_ORIGIN_RELAY	IPC_MAXWORKERS
#define ADMIT_ORIGINS		(2 * IPC_MAXWORKERS)

struct admit_inquiry;

enum admit_item_state {
	ADMIT_ITEM_IDLE,	/* it has its answer */
	ADMIT_ITEM_WAITS,	/* in a queue */
	ADMIT_ITEM_SENT
};

/* A question, as far as one source is concerned. */
struct admit_item {
	TAILQ_ENTRY(admit_item) entry;	/* of its queue */
	struct admit_inquiry *inquiry;	/* that it belongs to */
	enum admit_item_state state;
	enum admit_answer answer;
	unsigned int	 origin;
	unsigned int	 slot;		/* if it was sent */
	int		 again;		/* it was lost once, with verify */
};

TAILQ_HEAD(admit_items, admit_item);

struct admit_source {
	enum ipc_verify_kind kind;
	char		*name;		/* URL or path; NULL: unused */
	int		 connected;	/* there is a channel to its verify */
	struct admit_items waits[ADMIT_ORIGINS];
	uint32_t	 nwaits[ADMIT_ORIGINS];
	uint32_t	 nwaiting;	/* in all queues */
	unsigned int	 kind_turn;	/* 0: a front was last, 1: a worker */
	unsigned int	 turn[2];	/* which of each kind was last */
	struct {
		struct admit_item *item;	/* NULL: free */
		uint64_t cookie, us;	/* us: when it was sent */
	} slot[ADMIT_SOURCE_WINDOW];
	unsigned int	 nsent;
	uint64_t	 serial;	/* of the last cookie */

	unsigned int	 fails;		/* in a row */
	int		 answered;	/* it has answered once */
	uint64_t	 retry_us;	/* next question while backed off */
	uint64_t	 since_us;	/* when it began to fail or to answer;
					   0: neither yet */
	char		 error[IPC_WHYSIZE];	/* of the last failure */
	struct log_limit limit;
	uint64_t	 sent, yes, no, failed;	/* counters */
};

/* Begin with the source `name', which is copied.  0, or -1 without memory. */
int	 admit_source_init(struct admit_source *s, enum ipc_verify_kind kind,
	    const char *name);

/*
 * How many bytes of its name are for logs and metrics: of a URL those before
 * the path, which may hold a secret.
 */
int	 admit_source_shown(const struct admit_source *s);

/* Free what it has; no question may wait or be sent.  A zeroed one is fine. */
void	 admit_source_clear(struct admit_source *s);

/* Returns 1 while the source is backed off, else 0. */
int	 admit_source_backed_off(const struct admit_source *s);

/*
 * Let a question of `origin' wait.  Returns 1, or 0: the source is backed off,
 * and the question fails.
 */
int	 admit_source_wait(struct admit_source *s, struct admit_item *i,
	    unsigned int origin, uint64_t now_us);

/*
 * A question is of `origin', too: if it waits, and fewer questions of `origin'
 * do than of its own, it waits there.
 */
void	 admit_source_share(struct admit_source *s, struct admit_item *i,
	    unsigned int origin);

/*
 * The next question to send, with its cookie; it counts as sent.  NULL: none
 * waits, enough are sent, or there is no channel.
 */
struct admit_item *admit_source_next(struct admit_source *s,
	    uint64_t now_us, uint64_t *cookie);

/* Returns 1 if a question that was sent should have its answer, else 0. */
int	 admit_source_is_late(const struct admit_source *s,
	    const struct admit_item *i, uint64_t now_us);

/* A question that waits; NULL when there is none. */
struct admit_item *admit_source_waiting(const struct admit_source *s);

/* A question that was sent; NULL when there is none. */
struct admit_item *admit_source_sent(const struct admit_source *s);

/* The question that was sent with this cookie; NULL: none, or not any more. */
struct admit_item *admit_source_find(const struct admit_source *s,
	    uint64_t cookie);

/* Take a question out, whether it waits or was sent: it is idle. */
void	 admit_source_take(struct admit_source *s, struct admit_item *i);

/*
 * Note what came of a question, ADMIT_FAILS with the reason `why'.  A source
 * that begins to fail, or to answer again, is logged.
 */
void	 admit_source_result(struct admit_source *s, enum admit_answer a,
	    const char *why, uint64_t now_us);

#endif

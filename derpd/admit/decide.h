/*
 * decide: whether a client may use the relay, from what its sources say.  Pure.
 *
 * The clients file is always there; the other sources are asked and may fail,
 * or have yet to answer.  A decision is made as soon as no answer that is
 * missing can change whether the client is admitted.
 */
#ifndef DECIDE_H
#define DECIDE_H

#include <stddef.h>

#include "bounds.h"
#include "msg.h"

/* What the clients file says of a key. */
enum admit_listed {
	ADMIT_UNLISTED,
	ADMIT_LISTED,
	ADMIT_DENIES
};

/* What a source says of a key. */
enum admit_answer {
	ADMIT_PENDING,		/* nothing yet */
	ADMIT_NO,
	ADMIT_YES,
	ADMIT_FAILS		/* it could not be asked */
};

/* All that a decision depends on. */
struct admit_facts {
	int	 on;		/* 0: everybody is admitted */
	int	 health;	/* this is the key of health */
	int	 keys;		/* the clients file is a source */
	enum admit_listed listed;	/* UNLISTED without a clients file */
	int	 all;		/* all sources must admit, not one */
	int	 fail_open;	/* admit while sources fail */
	size_t	 nsources;	/* beside the clients file */
	enum admit_answer answer[IPC_MAXVERIFY];
	int	 lately[IPC_MAXVERIFY];	/* it admitted the key lately */
};

/* Why a client is admitted. */
enum admit_because {
	ADMIT_BY_ANSWER,	/* sources admit it, or none is needed */
	ADMIT_BY_LATELY,	/* those that fail admitted it lately */
	ADMIT_BY_OPEN		/* they fail, and `fail open' is configured */
};

struct admit_decision {
	int	 made;		/* 0: wait for answers; the rest is 0 */
	enum ipc_admit_verdict verdict;	/* IPC_ADMIT_YES to _FAILED */
	enum admit_because because;	/* if it is IPC_ADMIT_YES */
};

/*
 * Decide.  A key that the clients file denies is refused, then the key of
 * health is admitted, whatever else is known.  Then, with `any' source:
 *
 *	one yes				admitted
 *	else a source fails that
 *	    admitted the key lately	admitted
 *	else one fails			admitted with fail_open, else FAILED
 *	else				refused
 *
 * and with `all':
 *
 *	one no				refused
 *	all yes				admitted
 *	else all that fail admitted
 *	    the key lately		admitted
 *	else				admitted with fail_open, else FAILED
 *
 * (A source that fails stands for its last answer, so all of them must have
 * admitted the key.)  A refusal is IPC_ADMIT_REFUSED when a source that was
 * asked said no, else IPC_ADMIT_UNKNOWN.
 */
struct admit_decision admit_decide(const struct admit_facts *f);

/* What a client that is refused is told: a line, static. */
const char *admit_decide_why(enum ipc_admit_verdict v);

#endif

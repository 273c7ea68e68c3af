/*
 * grouppriv: what the files of group.h share, and no others.
 */
#ifndef GROUPPRIV_H
#define GROUPPRIV_H

#include <uthash.h>

#include "bounds.h"
#include "group.h"

TAILQ_HEAD(derp_group_list, derp_group);

struct derp_group {
	UT_hash_handle	 by_id, by_name;
	TAILQ_ENTRY(derp_group) entry;	/* of `list' */
	struct derp_group_list *list;	/* NULL: none */
	struct derp_groups *all;
	uint32_t	 id;
	char		 name[IPC_ADMIT_NAMESIZE];	/* "": not known */
	uint64_t	 rate, burst;	/* rate 0: no limit */
	unsigned int	 is_named:1,	/* in by_name */
			 is_tight:1,	/* only credit is spent */
			 granted:1,	/* on this channel: admit knows it */
			 restored:1,	/* its id is not admit's */
			 alone:1;	/* it has no leases */
	unsigned int	 nmembers, nwaiting;
	TAILQ_HEAD(, derp_member) waiting;
	int64_t		 tokens;
	uint64_t	 at_us;		/* of the last refill */
	uint64_t	 pending;	/* bytes of leases, not in tokens yet */
	uint64_t	 speed;		/* at which they become that, bytes/s */
	uint64_t	 used;		/* not reported yet */
	uint64_t	 seen;		/* that much at the last reports */
	uint64_t	 asked_us;	/* first report without an answer, 0:
					   none */
	unsigned int	 idle;		/* reports without traffic */
};

struct derp_groups {
	const struct derp_group_ops *ops;
	void		*arg;
	const uint64_t	*now_us;
	struct derp_group *by_id, *by_name;
	struct derp_group_list active,	/* with traffic of late */
			 left;		/* without clients, and not full */
	unsigned int	 nworkers;
	uint32_t	 last_id;	/* of one that was restored; they count
					   down */
	int		 channel;	/* there is one */
	uint64_t	 report_us;	/* of the last reports */
};

/* Most bytes that the group may send at once: of a turn, if burst is less. */
int64_t	 derp_group_room(const struct derp_group *g);

/* This worker's part of them. */
int64_t	 derp_group_part(const struct derp_group *g);

/* Return the bytes/s at which tokens come. */
uint64_t derp_group_speed(const struct derp_group *g);

/* Add the tokens that came since the last refill. */
void	 derp_group_refill(struct derp_group *g);

/* The group has no leases from now on. */
void	 derp_group_alone(struct derp_group *g);

#endif

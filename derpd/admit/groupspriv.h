/*
 * groupspriv: what the files of groups.h share, and no others.
 */
#ifndef GROUPSPRIV_H
#define GROUPSPRIV_H

#include <sys/queue.h>
#include <uthash.h>

#include "groups.h"

#define ADMIT_MONTHS	3	/* that are kept of a group */

/* What a relay worker has of a group. */
struct admit_share {
	uint32_t	 connections, clients;
	uint64_t	 left_us;	/* since when it has no connection */
	/* its reports */
	unsigned int	 reported:1,	/* since the last turn */
			 wants:1;
	uint64_t	 used;		/* since the last turn */
	uint64_t	 report_us;	/* of the last one; 0: is idle */
	uint64_t	 credit;	/* most that it may report */
	uint64_t	 credit_us;	/* last refill; 0: none yet */
	/* bytes that it was given and did not use; below 0: used ahead */
	int64_t		 held;
	uint64_t	 grace;		/* may be used ahead, since idle */
};

/* What a group used in a month. */
struct admit_month {
	uint32_t	 month;		/* year * 12, plus 0 to 11; 0: unused */
	uint64_t	 bytes;
};

struct admit_group {
	UT_hash_handle	 by_name, by_id;
	TAILQ_ENTRY(admit_group) active; /* with reports or leases of late */
	uint32_t	 id;
	char		 name[IPC_ADMIT_NAMESIZE];
	struct admit_limits limits;	/* but its name; of the file */
	unsigned int	 listed:1,	/* in the file in force */
			 is_active:1,
			 was_over:1;	/* at the last turn */
	uint32_t	 connections, clients;
	/* places kept for logins, by the second that they were given in */
	uint32_t	 places[ADMIT_GROUPS_PLACE_SECS];
	uint64_t	 places_sec;	/* of the newest */
	uint32_t	 nplaces;	/* of all seconds */
	struct admit_share *shares;	/* by worker */
	uint32_t	 nshares;
	int64_t		 pool;		/* bytes that can be given to workers */
	uint64_t	 pool_us;	/* last refill */
	uint64_t	 second;	/* of `this_second' */
	uint64_t	 this_second, last_second;	/* bytes used */
	/* the first one was the current one last */
	struct admit_month months[ADMIT_MONTHS];
};

struct admit_groups {
	const struct admit_groups_ops *ops;
	void		*arg;
	struct admit_group *by_name, *by_id;
	TAILQ_HEAD(admit_active, admit_group) active;
	uint32_t	*ids;		/* of the file in force */
	uint32_t	 nids;
	uint32_t	 next_id;
	uint32_t	 nworkers;	/* the highest number seen, plus 1 */
	uint64_t	 now_us;	/* of the last turn */
	uint32_t	 month;		/* of the last turn; 0: none yet */
	int		 changed;	/* use since the last save */
	int		 check_all;	/* quotas, in the next turn */
};

/* Return the group of that id or name, or NULL. */
struct admit_group *admit_group_find(const struct admit_groups *g,
	    uint32_t id);
struct admit_group *admit_group_named(const struct admit_groups *g,
	    const char *name);

/*
 * Make a group of that name, which there is none of.  NULL: no memory, or too
 * many: those of a file, and as many that left it.
 */
struct admit_group *admit_group_make(struct admit_groups *g, const char *name);

/* Sort the groups by name. */
void	admit_groups_sort(struct admit_groups *g);

/* The limits of the group have changed, or it is new. */
void	admit_lease_limits(struct admit_group *gr);

/* The worker, of which there is a share, has no channel any more. */
void	admit_lease_drop(struct admit_group *gr, unsigned int worker);

/* Put the group on the list of those that have a turn. */
void	admit_lease_wake(struct admit_groups *g, struct admit_group *gr);

/* Share out what the groups may use. */
void	admit_lease_turn(struct admit_groups *g);

/* Return the month of a time of day, as struct admit_month; never 0. */
uint32_t admit_month_of(time_t wall);

/* Count `bytes' in the current month. */
void	admit_month_add(struct admit_groups *g, struct admit_group *gr,
	    uint64_t bytes);

/* The current month is another one. */
void	admit_month_turn(const struct admit_groups *g, struct admit_group *gr);

/* Return what was used in the current month. */
uint64_t admit_month_used(const struct admit_groups *g,
	    const struct admit_group *gr);

/* Return 1 if the group used anything in this month or the one before. */
int	admit_month_any(const struct admit_groups *g,
	    const struct admit_group *gr);

/* Return 1 when the quota is used up, else 0. */
int	admit_month_over(const struct admit_groups *g,
	    const struct admit_group *gr);

#endif

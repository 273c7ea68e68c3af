/*
 * groups: groups of clients and their limits (derpd-clients(5)): a rate that
 * the relay workers share, a quota of each calendar month (UTC), and a number
 * of connections.  Pure: the caller brings both clocks.
 *
 * A group has an id, which it keeps while a name is used in this process; ids
 * of an earlier process are other ones.  0 is no group.  An id that is not
 * known is that of a group without limits.
 *
 * Relay workers are not trusted: what they report is bounded by what the group
 * may use, and a report about a group of which a worker has no connection is
 * ignored.
 */
#ifndef GROUPS_H
#define GROUPS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"
#include "msg.h"

#define ADMIT_GROUPS_MAX	65536	/* of a file */
#define ADMIT_GROUPS_TURN_MS	100	/* between two turns */
#define ADMIT_GROUPS_PLACE_SECS	12	/* how long a place is kept for a login;
					   tickets are good for 10 s */

struct admit_groups;
struct clients_file;

/* Call-backs of admit_groups_turn(); they may call all functions but set. */
struct admit_groups_ops {
	/* Let that relay worker use `bytes' more (may be 0) of the rate. */
	void	(*lease)(void *arg, unsigned int worker, uint32_t id,
		    uint64_t bytes);
	/* The quota of the group is used up: no client of it is admitted. */
	void	(*over)(void *arg, uint32_t id);
};

/* The limits of a group in a file; 0: no limit. */
struct admit_limits {
	const char	*name;
	uint64_t	 rate;		/* bytes a second */
	uint64_t	 burst;		/* bytes; 0: those of a second */
	uint64_t	 quota;		/* bytes a month */
	uint32_t	 connections;
};

/* Create the state without a group; NULL without memory.  `ops' is static. */
struct admit_groups *admit_groups_new(const struct admit_groups_ops *ops,
	    void *arg);

/* Free the state; NULL is permitted. */
void	admit_groups_free(struct admit_groups *g);

/*
 * Put the groups of this file in force, in place of those of the last one; NULL
 * for no file.  The groups of clients may change: the caller compares
 * admit_groups_id() and admit_groups_limits() for each.  0, or -1 and nothing
 * has changed: no memory, or too many groups.
 */
int	admit_groups_set(struct admit_groups *g, const struct clients_file *f);

/* The same for the `n' groups at `list', with names that differ. */
int	admit_groups_replace(struct admit_groups *g,
	    const struct admit_limits *list, size_t n);

/* Return the id of group `n' (from 1) of the file in force; 0 for others. */
uint32_t admit_groups_id(const struct admit_groups *g, uint32_t n);

/*
 * Set the limits of a group and its name, which is valid until the next set or
 * replace; without limits and "" for an id that is not known.
 */
void	admit_groups_limits(const struct admit_groups *g, uint32_t id,
	    uint64_t *rate, uint64_t *burst, const char **name);

/*
 * May one more connection, of a login, be made?  IPC_ADMIT_YES, which keeps a
 * place until admit_groups_began(), for ADMIT_GROUPS_PLACE_SECS at most;
 * IPC_ADMIT_QUOTA or IPC_ADMIT_CROWDED.
 */
enum ipc_admit_verdict admit_groups_may_join(struct admit_groups *g,
	    uint32_t id);

/* Return 1 when the quota of the group is used up, else 0. */
int	admit_groups_over(const struct admit_groups *g, uint32_t id);

/*
 * A client of the group has a new connection at that relay worker (`first': it
 * had none there), or has one less (`last': it has none there now).
 */
void	admit_groups_began(struct admit_groups *g, uint32_t id,
	    unsigned int worker, int first);
void	admit_groups_ended(struct admit_groups *g, uint32_t id,
	    unsigned int worker, int last);

/* The channel to a relay worker is gone, and with it its connections. */
void	admit_groups_worker_gone(struct admit_groups *g, unsigned int worker);

/*
 * A relay worker reports (MSG_ADMIT_USED): `bytes' were used by the group since
 * its last report, and whether it could use more now.
 */
void	admit_groups_used(struct admit_groups *g, uint32_t id,
	    unsigned int worker, uint64_t bytes, int wants);

/*
 * Share out what groups may use: one ops->lease() for each report since the
 * last turn, about a group with a rate.  Then ops->over() for each group whose
 * quota is used up and was not at the last turn.  `now_us': monotonic, us, not
 * 0; `wall': the time of day.  Call it first before all functions but set and
 * load.
 */
void	admit_groups_turn(struct admit_groups *g, uint64_t now_us,
	    time_t wall);

/* Return 1 while groups have traffic and the next turn must not be late. */
int	admit_groups_busy(const struct admit_groups *g);

/*
 * Append the use of quotas to `w', for admit_groups_load(): of each group and
 * its last months.  At most some 7 MB.
 */
void	admit_groups_save(struct admit_groups *g, struct ipc_wr *w);

/* Return 1 when admit_groups_save() would write anything new, else 0. */
int	admit_groups_changed(const struct admit_groups *g);

/*
 * Add the use of quotas that an earlier process saved, the `n' bytes at `p'; at
 * the start, once.  0, or -1 with the reason in *why (static): it is damaged or
 * of another version, and nothing is loaded.
 */
int	admit_groups_load(struct admit_groups *g, const void *p, size_t n,
	    const char **why);

/*
 * Call `line' with the JSON object of each group, without a newline, in the
 * order of names.  0, or -1 without memory.
 *
 *	name, clients, connections; rate and burst (bytes/s, bytes), used_second
 *	(bytes in the last second), quota (bytes), used_month, since (when the
 *	month began), over (bool), max_connections; limits are 0 for none
 */
int	admit_groups_lines(const struct admit_groups *g,
	    void (*line)(void *arg, const void *text, size_t n), void *arg);

#endif

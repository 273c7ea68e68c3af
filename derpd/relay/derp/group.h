/*
 * group: how fast the clients of a group may send together (derpd-clients(5)),
 * as far as they are at this worker.  Pure: the caller brings the clock.
 *
 * admit shares the rate of a group among the workers.  Every 100 ms a worker
 * reports what its clients used, of groups with traffic, and whether some wait;
 * the answer, a lease, is spent over the next 100 ms.  While there is no
 * channel, or no answer, the worker spends the rate divided by the number of
 * workers.
 *
 * When a group has no bytes left, its clients are read in turn, each for a
 * quantum.
 */
#ifndef GROUP_H
#define GROUP_H

#include <sys/queue.h>
#include <stdint.h>

struct derp_group;
struct derp_groups;
struct derp_session;

/* Call-backs of a worker's groups. */
struct derp_group_ops {
	/* The client must wait; and may be read again. */
	void	(*hold)(struct derp_session *s);
	void	(*resume)(struct derp_session *s);
	/* Report to admit (MSG_ADMIT_USED). */
	void	(*used)(void *arg, uint32_t id, uint64_t bytes, int wants);
	/* Call derp_groups_run() in `us', and not at an earlier time set. */
	void	(*wake)(void *arg, uint64_t us);
};

/* A client of a group. */
struct derp_member {
	struct derp_session	*session;
	struct derp_group	*group;
	int64_t			 credit;	/* bytes of its quantum */
	int			 waits;
	TAILQ_ENTRY(derp_member) entry;		/* of those that wait */
};

/*
 * Create an empty state; `now_us' points to the monotonic clock (us, not 0).
 * NULL without memory.
 */
struct derp_groups *derp_groups_new(const struct derp_group_ops *ops,
	    void *arg, const uint64_t *now_us);

/* Free the state, which has no client any more; NULL is permitted. */
void	derp_groups_free(struct derp_groups *gs);

/* There are `n' workers (not 0), this one included; at first one. */
void	derp_groups_workers(struct derp_groups *gs, unsigned int n);

/*
 * There is a channel to admit, a new one; or none any more.  Ids count anew
 * with the next grants.
 */
void	derp_groups_channel(struct derp_groups *gs, int up);

/*
 * The client is in group `id' with these limits (bytes/s, 0 none; bytes): at
 * its login by admit's ticket, which tells no name (""), then by
 * MSG_ADMIT_GRANT.  It leaves the one that it was in.  0: in no group; a mesh
 * peer never is.  Return 0, or -1: no memory, and nothing has changed.
 */
int	derp_groups_grant(struct derp_groups *gs, struct derp_session *s,
	    uint32_t id, uint64_t rate, uint64_t burst, const char *name);

/*
 * The client was in the group with this name and these limits at another
 * worker.  It is in one with that name until admit says more.  "": in none.
 * Return 0, or -1 without memory.
 */
int	derp_groups_restore(struct derp_groups *gs, struct derp_session *s,
	    const char *name, uint64_t rate, uint64_t burst);

/* The client has left. */
void	derp_groups_leave(struct derp_groups *gs, struct derp_session *s);

/* The group, if it is known, may use `bytes' more. */
void	derp_groups_lease(struct derp_groups *gs, uint32_t id, uint64_t bytes);

/*
 * Resume clients, and report, as far as it is time.  Return in how many us to
 * call it again; 0: not before ops->wake().
 */
uint64_t derp_groups_run(struct derp_groups *gs);

/*
 * Charge `n' bytes that the client sent.  Return 1 when it must wait until
 * ops->resume(), else 0.
 */
int	derp_group_charge(struct derp_member *m, uint64_t n);

/* Set the limits of the client's group; 0 and 0 for none. */
void	derp_group_limits(const struct derp_session *s, uint64_t *rate,
	    uint64_t *burst);

/* Return the name of the client's group; "" if there is none, or none yet. */
const char *derp_group_name(const struct derp_session *s);

#endif

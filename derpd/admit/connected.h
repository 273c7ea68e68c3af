/*
 * connected: the clients that relay workers have reported, whether they may
 * stay, and what the workers are told of them.  Touches memory alone; the
 * caller brings the clock (us, monotonic).
 *
 * Each worker has a table of its own: what one reports costs the others
 * nothing.  The clients of a worker are in a ring.  Those at its head that were
 * not looked at since the settings, a file or a quota changed are looked at
 * now: what is known decides whether they stay, and a changed name or group is
 * told.  All others are checked in turn, evenly spread over the time that is
 * configured: sources are asked about them again.
 *
 * A client is revoked when a source says no, or the clients file or its group's
 * quota does; never because a source fails.  A mesh peer is never revoked and
 * in no group; a key counts as one as long as it has any connection, if one of
 * them was a mesh peer's.
 */
#ifndef CONNECTED_H
#define CONNECTED_H

#include <stddef.h>
#include <stdint.h>

#include "decide.h"
#include "inquiries.h"

#define ADMIT_CONNECTED_MAX	(1 << 20)	/* connections of a worker */
#define ADMIT_CONNECTED_ASKS	32	/* checks that wait, of a worker */
#define ADMIT_CONNECTED_UNREAD	(256 * 1024)	/* bytes for a worker: it gets
						   no more before it has read */

struct admit_connected;

/* What a worker is told of a client.  All zero and "": nothing. */
struct admit_grant {
	uint32_t	 group;
	uint64_t	 rate, burst;
	const char	*group_name, *name;
};

/* Call-backs; all must be set. */
struct admit_connected_ops {
	/* Bytes that relay worker `worker' has not read. */
	size_t	(*unread)(void *arg, unsigned int worker);

	/* Set what is to be told of this key. */
	void	(*grant_of)(void *arg, const uint8_t *key,
		    struct admit_grant *g);

	/* Tell it, and revoke a client. */
	void	(*grant)(void *arg, unsigned int worker, const uint8_t *key,
		    const struct admit_grant *g);
	void	(*revoke)(void *arg, unsigned int worker, const uint8_t *key,
		    enum ipc_admit_verdict v);

	/*
	 * Decide about a client that is connected, from the last answers of
	 * sources, or (`fresh') from what needs none.
	 */
	struct admit_decision (*judge)(void *arg, const uint8_t *key,
		    int fresh, enum admit_listed *listed);

	/*
	 * Ask the sources; admit_connected_decided() follows if it waits.
	 */
	enum admit_join (*ask)(void *arg, unsigned int worker,
		    const uint8_t *key, const uint8_t *addr,
		    struct admit_decision *d);

	/* Connections of groups, as in groups.h. */
	void	(*began)(void *arg, uint32_t group, unsigned int worker,
		    int first);
	void	(*ended)(void *arg, uint32_t group, unsigned int worker,
		    int last);
	int	(*over)(void *arg, uint32_t group);
};

/* Make an empty state.  The caller keeps `ops'.  NULL without memory. */
struct admit_connected *admit_connected_new(
	    const struct admit_connected_ops *ops, void *arg);

/* Free it; NULL is allowed. */
void	 admit_connected_free(struct admit_connected *c);

/*
 * A client of relay worker `worker' has a new connection, or one less.  Returns
 * 0, or -1: the worker has reported too many, or none of that key.
 */
int	 admit_connected_began(struct admit_connected *c, unsigned int worker,
	    const uint8_t key[IPC_KEYLEN], const uint8_t addr[IPC_ADDRLEN],
	    int mesh);
int	 admit_connected_ended(struct admit_connected *c, unsigned int worker,
	    const uint8_t key[IPC_KEYLEN]);

/* The channel to a worker is gone, and all that it had reported. */
void	 admit_connected_gone(struct admit_connected *c, unsigned int worker);

/* What came of a check that waited. */
void	 admit_connected_decided(struct admit_connected *c,
	    unsigned int worker, const uint8_t key[IPC_KEYLEN],
	    const struct admit_decision *d);

/*
 * Something has changed that decides whether clients may stay or what is told:
 * look at all of them.  With `ask' the sources are asked again about those for
 * whom it matters; without, about those of whom the clients file says something
 * else now.
 */
void	 admit_connected_changed(struct admit_connected *c, int ask);

/* Microseconds in which each client is checked once; 0: no checks. */
void	 admit_connected_every(struct admit_connected *c, uint64_t us);

/*
 * Do what is to be done now, a bounded part of it; to be called every 100 ms
 * while it returns 1, else once a second.
 */
int	 admit_connected_turn(struct admit_connected *c, uint64_t now_us);

/* Checks have ended: ask about others that are due. */
void	 admit_connected_ask(struct admit_connected *c);

/* Number of keys, and of those of a worker. */
size_t	 admit_connected_count(const struct admit_connected *c);
size_t	 admit_connected_of(const struct admit_connected *c,
	    unsigned int worker);

#endif

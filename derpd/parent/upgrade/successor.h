/*
 * successor: a derpd that takes over from the one that runs (derpd -U), as far
 * as it talks with the parent of that one, the old derpd; see the rows UP_* of
 * messages.def.  Part of parent.h, which includes it.
 *
 * successor.c  what has come and what may come next
 * newparent.c  what the parent does then
 *
 *	the old derpd		this one
 *	UP_SOCKET*, UP_BEGIN
 *				UP_READY	all that is needed is ready
 *	UP_ACCEPT				fronts get their sockets
 *	UP_MOVE*				sessions come
 *				UP_TOOK		they are all here
 *	UP_COMMIT				it serves
 *				UP_TAKEN
 *
 * Until UP_COMMIT each of the two may end it, by UP_ABORT and UP_FAILED; the
 * old derpd then goes on.  When the old one ends without UP_ABORT nobody serves
 * any more: this one does so, with the sessions that have come completely.
 */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include <stdint.h>

#include "bounds.h"
#include "msg.h"

#define UPGRADE_START_MS	60000	/* until all is ready, */
#define UPGRADE_TAKE_MS		30000	/* and until it serves; the old derpd
					   has shorter bounds */
#define UPGRADE_LATE_MS		500	/* when not all sessions have come */

struct event_base;
struct ipc_chan;
struct parent;

enum upgrade_state {
	UPGRADE_AT_BEGIN,		/* sockets come */
	UPGRADE_AT_START,		/* children start */
	UPGRADE_AT_READY,
	UPGRADE_AT_ACCEPT,		/* channels for sessions come */
	UPGRADE_AT_MOVE,		/* sessions come */
	UPGRADE_AT_TOOK,
	UPGRADE_AT_SERVE,
	UPGRADE_AT_END			/* it has failed */
};

/* What happens then. */
struct upgrade_new_ops {
	/* A socket of the old derpd, which is taken. */
	void	 (*keep)(void *arg, enum ipc_up_socket kind, int fd);
	/* Accept connections. */
	void	 (*accept)(void *arg);
	/*
	 * Sessions of the old workers come to the new ones over the channels of
	 * upgrade_new_channel(): upgrade_new_took() follows.
	 */
	void	 (*receive)(void *arg);
	/* Serve, with the sessions that have come. */
	void	 (*serve)(void *arg);
	/* End: `why' (NULL: the old derpd knows). */
	void	 (*fail)(void *arg, const char *why);
	/* Call upgrade_new_late() in `ms' milliseconds. */
	void	 (*deadline)(void *arg, unsigned int ms);
};

/* All zero initially: this derpd takes nothing over. */
struct upgrade_new {
	const struct upgrade_new_ops *ops;
	void		*arg;
	struct ipc_chan	*chan;		/* to the old derpd; NULL: it is gone */
	enum upgrade_state state;
	int		 orphan;	/* the old one ended before that */
	char		 build[IPC_BUILDSIZE];	/* of the old one; "": it has
						   not told */
	unsigned int	 nold, nnew;	/* relay workers */
	int		 has_secret;
	uint8_t		 slot_secret[IPC_SLOT_SECRETLEN];
	uint8_t		 mesh_hash[IPC_MESHHASH_LEN];	/* as UP_BEGIN has it */
	int		 stun;		/* the old one answers STUN */
	uint8_t		 nodes[IPC_MAXNODES * IPC_NODE_LEN];
	unsigned int	 nnodes;	/* records of UP_BEGIN */
	uint8_t		 map[IPC_MAXNODES];	/* as UP_READY has it */
	int		*fds;		/* nold * nnew channels, by new worker,
					   -1: none */
	unsigned int	 nfds;		/* that have come */
	uint32_t	 sessions;	/* that have come */
	char		 why[IPC_ERRORSIZE];	/* it fails */
};

/*
 * Use the stream socket `fd', which becomes close-on-exec, as the channel to
 * the old derpd.  0, or -1 (logged).
 */
int	 upgrade_new_open(struct upgrade_new *n, int fd,
	    const struct upgrade_new_ops *ops, void *arg);

/*
 * Wait for sockets and UP_BEGIN, at most 10 seconds; calls nothing but
 * ops->keep().  0, also when the old one has ended meanwhile; -1 and n->why:
 * nothing can be taken over.
 */
int	 upgrade_new_begin(struct upgrade_new *n);

/* Handle what comes from now on by the event loop.  0, or -1 with errno. */
int	 upgrade_new_attach(struct upgrade_new *n, struct event_base *base);

/*
 * The children are ready, `nworkers' relay workers among them; `node_key' is
 * the public half, `nodes' are as in UP_READY.
 */
void	 upgrade_new_ready(struct upgrade_new *n, unsigned int nworkers,
	    const uint8_t node_key[IPC_KEYLEN],
	    const uint8_t nodes[IPC_MAXNODES]);

/*
 * Within ops->receive(): the channel between the old worker `from' and the new
 * one `to', which the caller owns then; -1: none.
 */
int	 upgrade_new_channel(struct upgrade_new *n, unsigned int from,
	    unsigned int to);

/*
 * Within ops->receive(): 1 if the last mesh key of the old derpd is not the one
 * with this hash (zeros: none), also if just one of the two had a key; else 0.
 */
int	 upgrade_new_rekeyed(const struct upgrade_new *n,
	    const uint8_t hash[IPC_MESHHASH_LEN]);

/*
 * The end of ops->receive(): `why' NULL: all sessions have come, so many; else
 * why not.
 */
void	 upgrade_new_took(struct upgrade_new *n, const char *why,
	    uint32_t sessions);

/* The time of ops->deadline() is over. */
void	 upgrade_new_late(struct upgrade_new *n);

/* Tell the old derpd, if it is there, why this one does not take over. */
void	 upgrade_new_failed(struct upgrade_new *n, const char *why);

/* newparent.c */

/*
 * derpd -U: this derpd takes over by the channel `fd'.  Takes what the old one
 * passes on.  To be called before all else that can fail.  Exits when nothing
 * can be taken over (logged, and the old one knows).
 */
void	 upgrade_begin(struct parent *d, int fd);

/* Listen to the old derpd, if there is one.  0, or -1 (logged). */
int	 upgrade_listen(struct parent *d);

/* All children are ready. */
void	 upgrade_ready(struct parent *d);

/*
 * This derpd serves, maybe again: open the control socket, if it is not, and
 * try again until it is.
 */
void	 upgrade_control(struct parent *d);

/*
 * The start has failed, for d->why: tell the old derpd, if this one was to take
 * over.  Returns 1, or 0 when it is the old one that has ended it, so that the
 * log need not say it.
 */
int	 upgrade_give_up(struct parent *d);

#endif

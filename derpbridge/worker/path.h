/*
 * path: whether a peer is reached directly or over the relay.
 *
 * One struct worker_path a peer, which carry.c asks for each packet from the
 * relay and steer.c feeds with each poll of the device.  Pure: the caller
 * brings the clock (monotonic ms).  derpbridged(8), section "Direct and
 * relayed", has the rules from the outside; the comment in path.c has the
 * states.
 *
 *	worker_path_init()		a new peer, or an interface that is back
 *	worker_path_admit()		for each packet from the relay
 *	worker_path_delivered()		for each that the kernel was given
 *	worker_path_poll()		for each peer of DEV_STATS
 *	worker_path_hurry()		the host's network has changed
 */
#ifndef PATH_H
#define PATH_H

#include <stddef.h>
#include <stdint.h>

#include "signs.h"

enum worker_path_state {
	WORKER_PATH_DIRECT,
	WORKER_PATH_RELAYED,
	WORKER_PATH_TRYING	/* the endpoint is direct for a moment, to see
				   whether anything comes back */
};

/* Why a peer is in its state. */
enum worker_path_reason {
	WORKER_PATH_FOUND,		/* so it was at the first poll */
	WORKER_PATH_POLICY,		/* direct never */
	WORKER_PATH_NO_ENDPOINT,	/* no direct endpoint is known */
	WORKER_PATH_SILENT,		/* sent data, nothing came back */
	WORKER_PATH_NO_HANDSHAKE,	/* tried handshakes, no answer */
	WORKER_PATH_NO_ROUTE,		/* not even keepalives were sent */
	WORKER_PATH_UNHEARD,		/* the peer does not get our answers */
	WORKER_PATH_PEER_RELAYS,	/* the peer came over the relay */
	WORKER_PATH_PEER_DIRECT,	/* the peer came directly */
	WORKER_PATH_PROBE,		/* it is time to try */
	WORKER_PATH_MOVED,		/* another program set the endpoint */
	WORKER_PATH_ANSWERED,		/* the try was answered */
	WORKER_PATH_UNANSWERED,		/* it was not */
	WORKER_PATH_RELAY_SILENT	/* nothing came over the relay */
};

/* What is to be told to netlink (DEV_SET). */
enum worker_path_order {
	WORKER_PATH_KEEP,		/* nothing */
	WORKER_PATH_TO_RELAY,
	WORKER_PATH_TO_DIRECT		/* as it is remembered */
};

/* The settings that count here. */
struct worker_path_policy {
	enum ipc_direct		 direct;
	enum ipc_endpoints	 endpoints;
	int			 dry;	/* orders are not carried out */
};

/* What a poll led to. */
struct worker_path_step {
	enum worker_path_order	 order;
	int			 switched; /* state and reason are new */
	int			 quiet;	/* one of many switches in the last
					   minutes: not to be logged */
};

/* A peer's path.  Callers read the first part alone. */
struct worker_path {
	enum worker_path_state	 state;
	enum worker_path_reason	 reason;
	uint64_t	 since;		/* in this state */
	uint64_t	 probe_at;	/* next try, if the peer is active then;
					   0: none is planned */

	struct worker_signs signs;
	uint32_t	 random;	/* of jitter */
	int		 open;		/* all packets from the relay pass */

	/* What netlink was told last, and whether a poll has shown it. */
	enum worker_path_order order;
	uint64_t	 ordered_at;
	int		 done;

	uint64_t	 backoff;	/* ms from a try to the next */
	uint64_t	 try_at;	/* the endpoint was direct; 0: not */
	int		 try_sent;	/* something that asks for an answer */
	uint64_t	 insist_until;	/* relayed, whatever moves the endpoint:
					   a try of it was in vain */
	int		 heard;		/* relayed: anything came since */
	uint64_t	 moved_at;	/* the endpoint became direct, and it is
					   not known by whom */

	uint64_t	 hurried_at;	/* worker_path_hurry() */

	unsigned int	 dead;		/* switches in a row without a sign of
					   the peer */
	unsigned int	 lines;		/* switches that may be logged */
	uint64_t	 lines_at;	/* when there were so many */
};

/*
 * Begin with a peer; `random' is any number, for jitter.  Also to begin anew:
 * the interface or the peer was made anew, or its key has changed.
 */
void	 worker_path_init(struct worker_path *p, uint32_t random);

/*
 * Is the packet of `n' bytes at `packet', which came from the relay, to be
 * given to the kernel?  Returns 1, or 0: it is dropped, because the direct path
 * is alive (a peer that sends everything both ways would move the endpoint to
 * and fro).
 */
int	 worker_path_admit(struct worker_path *p, const void *packet, size_t n,
	    uint64_t now);

/* The kernel was given `n' bytes (UDP payload) from the relay. */
void	 worker_path_delivered(struct worker_path *p, size_t n);

/*
 * The peer as it was at a poll; `keepalive' is its persistent keepalive in
 * seconds, 0: none.  Polls may be 100 to WORKER_SIGNS_GAP_MS ms apart; after a
 * longer gap (the machine was suspended) all waits begin anew.  The caller
 * sends the order to netlink and, if s.switched and not s.quiet, logs
 * worker_path_state_name() and worker_path_reason_text().
 */
struct worker_path_step worker_path_poll(struct worker_path *p,
	    const struct worker_path_policy *policy,
	    const struct ipc_wg_stats *stats, unsigned int keepalive,
	    uint64_t now);

/*
 * The host's network may have changed: a direct path that was dead may be
 * alive, so try it soon; at most once a minute.
 */
void	 worker_path_hurry(struct worker_path *p, uint64_t now);

/* "direct", "relayed" or "trying". */
const char *worker_path_state_name(enum worker_path_state s);

/* The reason as the end of a line "...: REASON", static. */
const char *worker_path_reason_text(enum worker_path_reason r);

#endif

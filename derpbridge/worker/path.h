/*
 * path: whether a peer is reached directly or over the relay.
 *
 * One struct worker_path a peer, which carry.c asks for each packet from the
 * relay and worker.c feeds with each poll of the device.  Pure: the caller
 * brings the clock (monotonic ms).  derpbridged(8), section "Direct and
 * relayed", has the rules from the outside; the comment in path.c has the
 * states.
 *
 *	worker_path_init()		a new peer, or an interface that is back
 *	worker_path_admit()		for each packet from the relay
 *	worker_path_delivered()		for each that the kernel was given
 *	worker_path_poll()		at DEV_POLLED, for each peer of DEV_STATS
 *	worker_path_hurry()		the host's network has changed
 *
 * What is known of WireGuard (Linux and wireguard-go): the counters count UDP
 * payloads of packets that were authenticated (received) or sent; a packet that
 * is authenticated and new moves the endpoint to where it came from, a copy
 * does not and is not counted.
 */
#ifndef PATH_H
#define PATH_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

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
	WORKER_PATH_PEER_RELAYS,	/* the peer came over the relay */
	WORKER_PATH_PEER_DIRECT,	/* the peer came directly */
	WORKER_PATH_PROBE,		/* it is time to try */
	WORKER_PATH_MOVED,		/* another program set the endpoint */
	WORKER_PATH_ANSWERED,		/* the try was answered */
	WORKER_PATH_UNANSWERED,		/* it was not */
	WORKER_PATH_RELAY_SILENT,	/* nothing came over the relay */
	WORKER_PATH_RESUMED		/* first poll after a suspend */
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
	int			 quiet;	/* a switch that repeats others of the
					   last minutes: not to be logged */
};

/* A peer's path.  Callers read the first part alone. */
struct worker_path {
	enum worker_path_state	 state;
	enum worker_path_reason	 reason;
	uint64_t	 since;		/* in this state */
	uint64_t	 probe_at;	/* next try, if the peer is active; 0:
					   none is planned */

	uint32_t	 random;	/* of jitter */
	int		 open;		/* all packets from the relay pass */
	int		 quiet;

	/* The last poll. */
	int		 polled;	/* there was one */
	uint64_t	 at;
	struct ipc_wg_stats last;

	/* What netlink was told last, and whether a poll has shown it. */
	enum worker_path_order order;
	uint64_t	 ordered_at;
	int		 done;

	/* Bytes that the kernel was given in this and the last interval. */
	uint64_t	 delivered, delivered_before;

	/* The direct path is alive. */
	uint64_t	 direct_at;	/* a packet came directly; 0: none did
					   for a while */
	uint64_t	 missed_at;	/* a packet was dropped in vain since */
	unsigned int	 moves;		/* unexplained moves in a row */

	/* What was sent and is not answered; 0: nothing. */
	uint64_t	 data_at;
	uint64_t	 initiation_at;
	uint64_t	 still_at;	/* counters stand since then */
	uint64_t	 sent_at;	/* last data sent, or initiation */
	uint64_t	 got_at;	/* last data received */
	uint64_t	 handshake_at;	/* a new handshake was seen */

	/* Relayed. */
	int		 heard;		/* anything came since */
	unsigned int	 rounds;	/* neither path has answered */

	/* Trying. */
	uint64_t	 backoff;	/* ms until the next try */
	uint64_t	 try_at;	/* the endpoint was direct; 0: not yet */
	int		 try_sent;	/* something that asks for an answer */
};

/*
 * Begin with a peer; `random' is any number, for jitter.  Also to begin anew:
 * the interface or the peer was made anew, or its key has changed.
 */
void	 worker_path_init(struct worker_path *p, uint32_t random);

/*
 * Is a packet that came from the relay to be given to the kernel?  Returns 1,
 * or 0: it is dropped, because the direct path is alive (a peer that sends
 * everything both ways would move the endpoint to and fro).
 */
int	 worker_path_admit(struct worker_path *p, uint64_t now);

/* The kernel was given `n' bytes (UDP payload) from the relay. */
void	 worker_path_delivered(struct worker_path *p, size_t n);

/*
 * The peer as it was at a poll; `keepalive' is its persistent keepalive in
 * seconds, 0: none.  Polls may be 0.1 to 5 s apart; after a longer gap (the
 * machine was suspended) all waits begin anew.  The caller sends the order to
 * netlink and, if s.switched and not s.quiet, logs worker_path_state_name() and
 * worker_path_reason_text().
 */
struct worker_path_step worker_path_poll(struct worker_path *p,
	    const struct worker_path_policy *policy,
	    const struct ipc_wg_stats *stats, unsigned int keepalive,
	    uint64_t now);

/*
 * The host's network has changed: a direct path that was dead may be alive, so
 * try it soon.
 */
void	 worker_path_hurry(struct worker_path *p, uint64_t now);

/* "direct", "relayed" or "trying". */
const char *worker_path_state_name(enum worker_path_state s);

/* The reason as the end of a line "...: REASON", static. */
const char *worker_path_reason_text(enum worker_path_reason r);

#endif

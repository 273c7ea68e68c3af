/*
 * signs: what the polls of a device say about a peer: whether it lives, and by
 * which way its packets come.  Used by path.c alone.  Pure; times are monotonic
 * ms, 0: never.
 *
 * What is known of WireGuard (Linux and wireguard-go alike): the counters count
 * the UDP payload of what was sent, and of what was received, authenticated and
 * new.  Such a packet moves the endpoint to where it came from; a copy, or
 * junk, is not counted and moves nothing.  Whoever receives data and has none
 * to send answers with a keepalive within 10 s; a keepalive has no answer.
 */
#ifndef SIGNS_H
#define SIGNS_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

#define WORKER_SIGNS_GAP_MS	5000	/* between polls: what was before does
					   not count any more */

/* What was sent, or received, between two polls: the most telling of it. */
enum worker_signs_kind {
	WORKER_SIGNS_NOTHING,
	WORKER_SIGNS_KEEPALIVE,
	WORKER_SIGNS_INITIATION,	/* the begin of a handshake */
	WORKER_SIGNS_RESPONSE,		/* its answer */
	WORKER_SIGNS_DATA
};

struct worker_signs {
	int		 polled;	/* there was a poll */
	uint64_t	 at;		/* the last one */
	struct ipc_wg_stats last;

	/* Of the interval before the last poll. */
	enum worker_signs_kind sent, got;
	int		 heard;		/* anything new was received */
	int		 direct;	/* ... without the relay */

	/* Bytes that the kernel was given from the relay in the interval that
	   runs, and in the one before. */
	uint64_t	 delivered, delivered_before;

	uint64_t	 direct_at;	/* the direct path carried a packet; 0:
					   not for a while */
	uint64_t	 missed_at;	/* the relay brought one that the direct
					   path did not */

	/* The first that was sent and has no answer; 0: there is none. */
	uint64_t	 data_at, initiation_at;

	/* The peer begins handshakes again and again: it does not get our
	   answers. */
	uint64_t	 begun_at;	/* it began one */
	int		 unheard;	/* ... and again later */
	uint64_t	 believed_until;	/* the kernel saw it: what the
					   relay says of it counts, too */

	uint64_t	 still_at;	/* since when nothing was sent or
					   received; 0: something was */
	uint64_t	 sent_at;	/* data or an initiation was sent */
	uint64_t	 sent_data_at;	/* data was sent */
	uint64_t	 got_data_at;	/* data was received */
	uint64_t	 handshake_at;	/* a handshake was completed */
};

/* Begin: nothing is known. */
void	 worker_signs_init(struct worker_signs *s);

/* What was sent counts as answered from now on, as another way is taken. */
void	 worker_signs_restart(struct worker_signs *s);

/*
 * Take a poll; `keepalive' is the peer's persistent keepalive in seconds, 0:
 * none.  Returns 1, or 0 when it only tells where to begin: the first poll, the
 * first after a gap of WORKER_SIGNS_GAP_MS, or that of a peer that was made
 * anew (its counters have fallen).
 */
int	 worker_signs_take(struct worker_signs *s,
	    const struct ipc_wg_stats *stats, unsigned int keepalive,
	    uint64_t now);

/*
 * The packet of `n' bytes at `packet' came from the relay, whether the kernel
 * gets it or not.
 */
void	 worker_signs_relayed(struct worker_signs *s, const void *packet,
	    size_t n, uint64_t now);

/*
 * Does the kernel need a packet that came from the relay?  Returns 1, or 0: the
 * direct path brings the peer's packets.
 */
int	 worker_signs_needed(struct worker_signs *s, uint64_t now);

/*
 * Does what is sent now promise an answer?  Both ends send data, or the kernel
 * is about to begin a handshake.  Returns 1 or 0.
 */
int	 worker_signs_promise(const struct worker_signs *s, uint64_t now);

/* The kernel was given `n' bytes from the relay. */
void	 worker_signs_delivered(struct worker_signs *s, size_t n);

#endif

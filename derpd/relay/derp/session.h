/*
 * session: DERP frames of a client (derp(7), sections 1 to 4).
 */
#ifndef SESSION_H
#define SESSION_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "frame.h"
#include "rate.h"
#include "stats.h"

struct conn;
struct peer;
struct relay;

#define PONGS_MAX	8	/* pings that wait for their pong */

/* What is known of a client from its login on. */
struct derp_session {
	uint8_t		 key[FRAME_KEY_LEN];
	unsigned int	 mesh:1, prober:1, not_ideal:1, home:1, watching:1,
			 told_dup:1;
	struct derp_rate rate;
	LIST_ENTRY(conn) watcher;
	TAILQ_ENTRY(conn) same;		/* connections of one key, here */
	struct peer	*peer;
	uint64_t	 acks;		/* workers that do not know yet */
	uint64_t	 seq;		/* of the latest news of it */
	uint64_t	 active_us;	/* last frame, kept among duplicates */
	uint64_t	 login_us;
	struct peer	*dst;		/* last one, while dst_gen fits */
	uint64_t	 dst_gen;
	uint32_t	 heard_slot;	/* of sent.c; 0: it heard nothing */
	uint8_t		 pongs[PONGS_MAX][FRAME_PING_LEN];
	unsigned int	 npongs;
	uint64_t	 gone_at;	/* us; bucket of PeerGone(not here) */
	unsigned int	 gone_tokens;
	uint64_t	 rx_bytes, tx_bytes, rx_packets, tx_packets, drops;
};

/*
 * `n' DERP bytes of a connection in CONN_INFO or CONN_UP.  The bytes that were
 * taken, at least one; it may be closed.
 */
size_t	session_input(struct conn *c, const uint8_t *p, size_t n);

/*
 * A packet of `n' bytes over a link, from `src' for `dst', which is connected
 * here; dropped and counted if it is not.
 */
void	session_deliver(struct relay *r, const uint8_t *src,
	    const uint8_t *dst, const uint8_t *p, size_t n);

/* Count the packet of `n' bytes at `p' as dropped. */
void	session_drop(struct relay *r, enum drop_reason why, const uint8_t *p,
	    size_t n);

/* ClosePeer: close every connection that this worker has of `key'. */
void	session_close_peer(const uint8_t key[FRAME_KEY_LEN]);

/* PEER_* flags of the connection. */
uint8_t	session_flags(const struct conn *c);

#endif

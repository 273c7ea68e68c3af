/*
 * session: the DERP session of one client (derp(7), sections 1 to 4): frames
 * come in as bytes, what is to be done goes out as calls.  Knows no socket, no
 * TLS, no event loop and no table of clients.
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

struct cluster_peer;
struct derp_session;
struct ipc_relay_conf;
struct relay_conn;

#define PONGS_MAX	8	/* pings that wait for their pong */

/*
 * What the frames of a client lead to.  `n' bytes at `p' are the caller's and
 * gone when the call returns.  Any call may close the session, but frees
 * nothing.
 */
struct derp_ops {
	/* A packet from `src' for `dst'.  0, or -1: nobody has that key. */
	int	(*packet)(struct derp_session *s, const uint8_t *dst,
		    const uint8_t *src, const uint8_t *p, size_t n);
	/* Send a whole frame of ours to the client. */
	void	(*send)(struct derp_session *s, const void *p, size_t n);
	/* The client is owed one pong more. */
	void	(*pong)(struct derp_session *s);
	/* The payload of the ClientInfo, before the login. */
	void	(*info)(struct derp_session *s, const uint8_t *p, size_t n);
	/* The client has duplicates, and sent a frame. */
	void	(*activity)(struct derp_session *s);
	/* The mesh peer wants to hear of all connections. */
	void	(*watch)(struct derp_session *s);
	/* The mesh peer wants the clients with that key to be closed. */
	void	(*close_peer)(struct derp_session *s, const uint8_t *key);
	/* The client is over its rate: read no more for `us' microseconds. */
	void	(*wait)(struct derp_session *s, uint64_t us);
	/* End the session; `why' (static) is for the log. */
	void	(*close)(struct derp_session *s, const char *why);
};

/* What all sessions of a worker share. */
struct derp_env {
	const struct derp_ops		*ops;
	const struct ipc_relay_conf	*conf;
	const uint64_t			*now_us;	/* monotonic */
	struct relay_stats		*stats;
};

/* Of one client, from the request that was upgraded on. */
struct derp_session {
	const struct derp_env *env;
	uint8_t			 key[FRAME_KEY_LEN];
	unsigned int		 up:1;	/* logged in; else ClientInfo is due */
	unsigned int		 mesh:1, prober:1, not_ideal:1, home:1,
	    watching:1,
			 told_dup:1;	/* it has duplicates, and knows it */
	uint32_t		 skip;	/* payload bytes to pass over */
	struct relay_buf	 part;	/* a frame that is not whole yet */
	struct derp_rate rate;
	LIST_ENTRY(relay_conn) watcher;
	TAILQ_ENTRY(relay_conn) same;		/* connections of one key,
						   here */
	struct cluster_peer	*peer;
	uint64_t		 pending_acks;	/* workers that do not know
						   yet */
	uint64_t		 seq;		/* of the latest news of it */
	uint64_t		 active_us;	/* last frame, kept among
						   duplicates */
	uint64_t		 login_us;
	struct cluster_peer	*dst;		/* last one, while dst_gen
						   fits */
	uint64_t		 dst_gen;
	uint32_t		 heard_slot;	/* of sent.c; 0: it heard
						   nothing */
	uint8_t			 pongs[PONGS_MAX][FRAME_PING_LEN];
	unsigned int		 npongs;
	uint64_t		 gone_at;	/* us; bucket of PeerGone(not
						   here) */
	unsigned int		 gone_tokens;
	uint64_t		 rx_bytes, tx_bytes, rx_packets, tx_packets,
	    drops;
};

/*
 * Handle the first of the `n' DERP bytes at `p', at most one frame.  The bytes
 * that were taken, at least one; the session may be closed, or made to wait.
 */
size_t	derp_input(struct derp_session *s, const uint8_t *p, size_t n);

/* Free the bytes that the session keeps. */
void	derp_free(struct derp_session *s);

/* Count the packet of `n' bytes at `p' as dropped. */
void	derp_count_drop(struct relay_stats *stats, enum relay_drop_reason why,
	    const uint8_t *p, size_t n);

/* PEER_* flags of the client. */
uint8_t	derp_flags(const struct derp_session *s);

#endif

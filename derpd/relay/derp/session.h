/*
 * session: the DERP session of one client (derp(7), sections 1 to 4): it parses
 * frames from bytes and acts through call-backs.  It uses no socket, no TLS, no
 * event loop and no table of clients.
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
struct cluster_watch;
struct derp_member;
struct derp_session;
struct ipc_relay_conf;
struct relay_conn;

#define PONGS_MAX	8	/* pings whose pong is due */

/*
 * Call-backs for the frames of a client.  The caller owns the `n' bytes at `p'
 * and frees them after the call.  Any call may close the session, but frees
 * nothing.
 */
struct derp_ops {
	/*
	 * Route a packet from `src' to `dst'; `src' is s->key (the pointer) if
	 * it is not forwarded.  0, or -1: no such key.
	 */
	int	(*packet)(struct derp_session *s, const uint8_t *dst,
		    const uint8_t *src, const uint8_t *p, size_t n);
	/* Send a whole frame to the client, ahead of packets. */
	void	(*send)(struct derp_session *s, const void *p, size_t n);
	/* One more pong is due. */
	void	(*pong)(struct derp_session *s);
	/* The client has duplicates and sent a frame. */
	void	(*activity)(struct derp_session *s);
	/* The mesh peer requests notifications of all connections. */
	void	(*watch)(struct derp_session *s);
	/* The mesh peer requests to close the clients with that key. */
	void	(*close_peer)(struct derp_session *s, const uint8_t *key);
	/* The client is above its rate: read no more for `us' microseconds. */
	void	(*wait)(struct derp_session *s, uint64_t us);
	/* Its group is above its rate: read no more until it is resumed. */
	void	(*hold)(struct derp_session *s);
	/* End the session; `why' (static) is for the log. */
	void	(*close)(struct derp_session *s, const char *why);
};

/* How often a client was told "not here"; all zero initially. */
struct derp_notices {
	uint64_t	 at;		/* us of the last refill */
	unsigned int	 tokens;
};

/* State that all sessions of a worker share. */
struct derp_env {
	const struct derp_ops		*ops;
	const struct ipc_relay_conf	*conf;
	const uint64_t			*now_us;	/* monotonic */
	struct conn_stats		*stats;
};

/* The session of one client, from its login on. */
struct derp_session {
	const struct derp_env *env;
	uint8_t			 key[FRAME_KEY_LEN];
	unsigned int		 mesh:1, prober:1, not_ideal:1, home:1,
			 notified_dup:1;	/* notified of duplicates */
	uint32_t		 skip;	/* payload bytes to skip */
	struct conn_buf	 part;	/* a partial frame */
	struct derp_rate rate;
	struct derp_member	*member;	/* NULL: it is in no group */
	struct cluster_watch	*watch;	/* NULL: it watches nothing */
	LIST_ENTRY(relay_conn) watcher;
	TAILQ_ENTRY(relay_conn) same;	/* connections of one key */
	struct cluster_peer	*peer;
	uint64_t		 login_us;
	uint64_t		 login_ns;	/* since 1970 */
	uint64_t		 mesh_end;	/* us: its mesh key was
						   replaced before it moved
						   here; 0: it was not */
	uint64_t		 number;	/* for lists, in the order of
						   logins */
	char			*app;	/* AppName (heap); NULL: none */
	uint32_t		 version;	/* of ClientInfo */
	/* of sent.c; 0: it received nothing */
	uint32_t		 sent_slot;
	uint32_t		 senders;	/* clients that sent to it,
						   about */
	struct conn_buf	 pongs;	/* data of pings whose pong is due */
	struct derp_notices	 notices;
	uint64_t		 rx_bytes, tx_bytes, rx_packets, tx_packets,
	    drops;
};

/*
 * Handle at most one frame of the `n' DERP bytes at `p'.  Return how many bytes
 * were handled, at least one; the session may be closed or paused.
 */
size_t	derp_input(struct derp_session *s, const uint8_t *p, size_t n);

/*
 * The session was filled in with what another process says: set clocks that are
 * ahead back, and bound what may be spent.  Return 0, or -1: its partial frame
 * is none, or it has too many pongs.
 */
int	derp_restored(struct derp_session *s);

/*
 * The client may go on, which may have been above its rate: it waits as long as
 * it has to.
 */
void	derp_go_on(struct derp_session *s);

/* Free the bytes that the session keeps. */
void	derp_free(struct derp_session *s);

/*
 * A disco packet of the client found no connection of `key': send it a
 * PeerGone, if it had not too many.
 */
void	derp_not_here(struct derp_session *s, const uint8_t *key);

/*
 * Return 1 when one more "not here" is permitted at `now' (us), which is
 * charged: 3 at once, then 1 a second.
 */
int	derp_may_notify(struct derp_notices *b, uint64_t now);

/* Count the packet of `n' bytes at `p' as dropped. */
void	derp_count_drop(struct conn_stats *stats, enum conn_drop_reason why,
	    const uint8_t *p, size_t n);

/* Return the PEER_* flags of the client. */
uint8_t	derp_flags(const struct derp_session *s);

#endif

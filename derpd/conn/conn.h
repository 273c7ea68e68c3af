/*
 * conn: a connection with a client, from its beginning to its close, and all
 * connections of a process.  What fronts and relay workers share; each of them
 * has a struct of its own that begins with struct conn.
 *
 * No step runs inside another.  conn_close() only marks a connection;
 * conn_reap() unlinks and frees it between the steps of a turn.
 */
#ifndef CONN_H
#define CONN_H

#include <sys/queue.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "input.h"
#include "log.h"
#include "output.h"
#include "record.h"
#include "stats.h"

struct conn;
struct conn_set;

TAILQ_HEAD(conn_list, conn);

#define WHEEL_SLOTS	128		/* maximum seconds of a deadline */

#define LINGER_SECS	1		/* after the end of our stream */
#define LINGER_BYTES	(64 * 1024)	/* maximum input read after it */

enum conn_state {
	/* of a front: the client is not known yet */
	CONN_PROXY,		/* the header of a load balancer is expected */
	CONN_HANDSHAKE,		/* TLS */
	CONN_HTTP,		/* a request head is expected */
	CONN_INFO,		/* ServerKey sent, ClientInfo expected */
	CONN_CHECK,		/* keys opens the login box */
	CONN_ASK,		/* admit decides about the client */
	CONN_REFUSED,		/* admit refused it: it closes after a while */
	CONN_HAND,		/* handed over once its output is written */
	CONN_PUMP,		/* its session is at the other end of a pair */
	/* of a relay worker */
	CONN_SEAL,		/* keys seals ServerInfo */
	CONN_MOVED,		/* it came from another worker, which may yet go
				   on with it: its socket is not touched */
	CONN_UP,		/* logged in */
	/* of both */
	CONN_DRAIN		/* pending output is sent, then it closes */
};

/*
 * How a front or a relay worker handles its connections.  Those marked optional
 * may be NULL.
 */
struct conn_ops {
	/*
	 * Handle `n' bytes that came from the socket, at `p'; IN_CUT bytes
	 * before `p' are free.
	 */
	void	(*received)(struct conn *c, uint8_t *p, size_t n);
	/*
	 * Handle plaintext by the connection's state.  Return how many bytes
	 * were handled, at least one.  The memory may be written, and those
	 * bytes zeroed.
	 */
	size_t	(*input)(struct conn *c, const uint8_t *p, size_t n);
	/* Handle kept input of a connection that was resumed. */
	void	(*work)(struct conn *c);
	/* Return the most bytes of one read. */
	size_t	(*read_size)(const struct conn *c);
	/*
	 * Optional.  Before the socket is read: return 1, or 0 when the
	 * connection was paused or held instead.
	 */
	int	(*may_read)(struct conn *c);
	/* Optional.  The socket was read, and what came (1, or 0) handled. */
	void	(*was_read)(struct conn *c, int input);
	/* Optional.  Input is about to be paused. */
	void	(*pausing)(struct conn *c);
	/*
	 * Optional.  Queue a resumed connection: return 1, or 0: for
	 * conn_work().  unqueue() ends that when the connection ends.
	 */
	int	(*queue)(struct conn *c);
	void	(*unqueue)(struct conn *c);
	/* Optional.  The memory of the connection may have changed. */
	void	(*charge)(struct conn *c);

	/* Optional.  Unwrap `n' bytes at `p' of a wrapped stream. */
	void	(*unwrap)(struct conn *c, const uint8_t *p, size_t n);
	/*
	 * Optional.  Continue with the bytes of c->input.src without records of
	 * ours.  Return 0, or -1 when more bytes are needed.
	 */
	int	(*libtls)(struct conn *c);
	/*
	 * Optional.  Return 1 to handle records one by one, else 0; then
	 * whole() returns the length of the first one of the `n' bytes at `p',
	 * 0 when it is cut.
	 */
	int	(*one_by_one)(const struct conn *c);
	size_t	(*whole)(const uint8_t *p, size_t n);

	/* Encrypt `n' bytes for conn_output_raw().  0, or -1: close it. */
	int	(*encrypt)(struct conn *c, const uint8_t *p, size_t n);
	/*
	 * Encrypt `cnt' pieces, `n' bytes in all: directly from their place to
	 * conn_output_stage(), or after conn_output_flatten() with
	 * conn_output_raw().  0, or -1: close it.
	 */
	int	(*encrypt_pieces)(struct conn *c, const struct iovec *v,
		    size_t cnt, size_t n);
	/* Pass the last record of the stream to conn_output_raw(). */
	void	(*end)(struct conn *c);

	/* Return 1 when gather() has output, else 0. */
	int	(*pending)(const struct conn *c);
	/*
	 * Append output to the `n' bytes of the batch, up to about `max', by
	 * conn_output_piece().  Return the new total.
	 */
	size_t	(*gather)(struct conn *c, size_t n, size_t max);
	/* Optional.  The pieces of the batch are encrypted, or lost. */
	void	(*gathered)(struct conn_set *s);
	/* Optional.  Return 1 while all output must wait, else 0. */
	int	(*held)(const struct conn *c);
	/* Optional.  Return 1 when what is encrypted is the last, else 0. */
	int	(*over)(const struct conn *c);
	/* Optional.  All output is written. */
	void	(*flushed)(struct conn *c);
	/* Optional.  After each flush. */
	void	(*rested)(struct conn *c);

	/*
	 * Optional.  Return the key that the client has proven to hold, or NULL
	 * when it has not.
	 */
	const uint8_t *(*key)(const struct conn *c);

	/* The deadline has passed. */
	void	(*expired)(struct conn *c);
	/* Optional.  The connection begins to drain. */
	void	(*draining)(struct conn *c);
	/* Leave the tables of sessions; called before free(). */
	void	(*leave)(struct conn *c);
	/* End it with conn_end(), close c->fd, and free it. */
	void	(*free)(struct conn *c);
	/* Optional.  Connections were freed. */
	void	(*reaped)(struct conn_set *s);
};

/* A connection. */
struct conn {
	struct conn_set		*set;
	int			 fd;		/* -1 when closed */
	enum conn_state		 state;
	uint64_t		 id;		/* never used twice */
	struct net_record	*rec;		/* NULL: no records of ours */
	struct event		 ev_read;
	unsigned int		 paused;	/* PAUSE_* */
	unsigned int		 dead:1, on_wheel:1, plain:1, lingering:1,
				 wrapped:1,	/* input is unwrapped first */
				 queued:1,	/* by ops->queue() */
				 patient:1;	/* may be behind: a mesh peer
						   or a pump */
	const char		*why;		/* its end (static); NULL: not
						   yet */
	TAILQ_ENTRY(conn) entry;	/* set->conns, until it is reaped */
	TAILQ_ENTRY(conn) dead_link;	/* set->dead */
	/*
	 * with PAUSE_TURN: on set->resumed, or where ops->queue() put it; with
	 * PAUSE_HOLD: on set->held; else free for the owner's use
	 */
	TAILQ_ENTRY(conn) resumed;
	TAILQ_ENTRY(conn) wheel;	/* list of its deadline */
	unsigned int		 slot;		/* index in set->wheel */
	uint16_t		 port;		/* host order; 0: not known */
	uint8_t			 addr[16];	/* IPv6 or IPv4-mapped; of the
						   client, if a load balancer
						   named it */
	struct conn_input	 input;
	struct conn_output	 output;
};

/* All connections of a process, and what they share. */
struct conn_set {
	const struct conn_ops	*ops;
	void			*arg;		/* of the owner */
	struct event_base	*base;
	uint64_t		 now_us;	/* monotonic; of this turn */
	uint64_t		 next_id;
	struct conn_list	 conns;
	struct conn_list	 dead;		/* for the reaper */
	struct conn_list	 resumed;	/* input for this turn */
	struct conn_list	 held;		/* by conn_hold() */
	struct conn_list	 wheel[WHEEL_SLOTS];
	unsigned int		 now_slot;
	unsigned int		 nconns;
	uint32_t		 notsent_lowat;	/* settings, derpd.conf(5) */
	uint32_t		 write_timeout;
	struct conn_stats	*stats;
	struct conn_outputs	 outputs;
	struct net_record_cache	 records;
	int			 decrypting;	/* conn_records() is running */
	uint8_t			 wire[2 * CONN_RECORD_SIZE]; /* its records */
	uint8_t			 in_buf[IN_CUT + CONN_IN_SIZE];
};

/*
 * Initialize `s', which is all zero but for `base': without connections, with
 * these call-backs (static) and counters, and `keys' expanded record keys at
 * most.
 */
void	conn_set_init(struct conn_set *s, const struct conn_ops *ops,
	    const struct conn_output_ops *output, struct conn_stats *stats,
	    unsigned int keys, void *arg);

/* Set s->now_us; called first in every event. */
void	conn_clock(struct conn_set *s);

/* Return 1 when work is queued for the next turn, without an event; else 0. */
int	conn_more(const struct conn_set *s);

/*
 * Begin the connection `c', which is all zero, on `fd', from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order).  Its input is not read yet.
 */
void	conn_begin(struct conn_set *s, struct conn *c, int fd,
	    const uint8_t addr[16], uint16_t port);

/* Add the connection to those of the process. */
void	conn_add(struct conn *c);

/*
 * Free what struct conn holds and close its descriptor.  The connection is not
 * in a list any more, or was never added.
 */
void	conn_end(struct conn *c);

/* The client, for log_client(); valid as long as the connection. */
struct log_about conn_about(const struct conn *c);

/*
 * Mark the connection as closed; `why' (static) is shown in verbose logs, and
 * kept if it is the first reason.  No more input is handled and no more output
 * queued; conn_reap() ends it.  It unlinks and frees nothing, so that it may be
 * called within any walk.
 */
void	conn_close(struct conn *c, const char *why);

/* Stop handling input, send pending output within 2 s, then close. */
void	conn_drain(struct conn *c);

/*
 * Call ops->expired() in `secs' (below WHEEL_SLOTS) unless this is called
 * again.
 */
void	conn_deadline(struct conn *c, unsigned int secs);

/* Return in how many seconds that is due, rounded up; 0: never, or now. */
unsigned int	conn_deadline_left(const struct conn *c);

/* Remove the deadline. */
void	conn_no_deadline(struct conn *c);

/* Called every second: handle deadlines. */
void	conn_tick(struct conn_set *s);

/*
 * End and free the connections that were closed.  Only here do connections
 * leave the lists and tables.  Notifications that result are queued.
 */
void	conn_reap(struct conn_set *s);

#endif

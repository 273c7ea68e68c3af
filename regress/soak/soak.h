/*
 * soak: shared by the files of the run of random clients.
 *
 * soak.c         options, the loop, which connections may end
 * soak_end.c     the end of a run: new clients must be served
 * soak_chaos.c   actions on the daemon meanwhile, by a script
 * soak_rnd.c     random numbers of a seed, keys
 * soak_wire.c    TCP and TLS that never wait
 * soak_packet.c  packets that contain their source; the ledger of them
 * soak_derp.c    DERP clients and mesh peers: login, received frames
 * soak_act.c     actions of DERP clients and mesh peers
 * soak_ws.c      WebSocket around DERP
 * soak_web.c     HTTP clients
 * soak_junk.c    connections that do not speak the protocol
 *
 * A client is a bot in a slot; after its end another one uses the slot.  A bot
 * is only marked at its end, and the loop reaps it.
 */
#ifndef SOAK_H
#define SOAK_H

#include <sys/types.h>

#include <openssl/ssl.h>

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "http.h"

#define MAX_SLOTS	256
#define NKEYS		MAX_SLOTS	/* one for each slot */
#define PATIENCE_MS	25000	/* limit of everything that the server owes */

/* soak_rnd.c */

struct rnd {
	uint64_t	 s;
};

/* Start an independent stream of numbers for `a' and `b' of a seed. */
void	 rnd_init(struct rnd *r, uint64_t seed, uint64_t a, uint64_t b);

/* Return 64 random bits; 0 to n - 1 (n > 0); 1 in `percent' of the calls. */
uint64_t rnd_next(struct rnd *r);
uint32_t rnd_below(struct rnd *r, uint32_t n);
int	 rnd_chance(struct rnd *r, unsigned int percent);

/* Write `n' random bytes to `p'. */
void	 rnd_bytes(struct rnd *r, void *p, size_t n);

struct key {
	uint8_t	 pub[32], sec[32];
	int64_t	 close_until;	/* ms: closed by a mesh peer until then */
};
extern struct key keys[NKEYS];

/* Create all keys of the seed. */
void	 keys_init(uint64_t seed);

/* Return the number of a public key, -1 for an unknown one. */
int	 key_find(const uint8_t pub[32]);

/* soak_wire.c */

struct bytes {
	uint8_t	*p;
	size_t	 off, len, cap;
};

/* Append; exits without memory. */
void	 bytes_add(struct bytes *b, const void *p, size_t n);

/* Remove `n' bytes from the front; remove all and free. */
void	 bytes_drop(struct bytes *b, size_t n);
void	 bytes_free(struct bytes *b);

#define bytes_left(b)	((b)->len - (b)->off)
#define bytes_head(b)	((b)->p + (b)->off)

/* How to open a connection; all zero is TLS with the default settings. */
struct soak_how {
	int	 plain;		/* no TLS, to the plain port */
	int	 bare;		/* no TLS, to the TLS port */
	int	 tls12;
	int	 rcvbuf;	/* SO_RCVBUF, 0: system's */
	unsigned int source;	/* of the loopback addresses */
};

struct wire {
	int	 fd;		/* -1: none */
	SSL	*ssl;		/* NULL: plain */
	int	 connected;
	int	 secure; /* the handshake is complete, or not needed */
	int	 no_read;		/* nothing is read */
	size_t	 sip;		/* bytes of one read, 0: all */
	int64_t	 sip_at;	/* ms: no read before */
	struct bytes out;	/* to be sent */
	char	 end[160];	/* why it ended, "" if it has not */
	int	 broken;	/* by invalid TLS */
};

/* Begin to connect. */
void	 wire_open(struct wire *w, const struct soak_how *how);

/* Queue `n' bytes, in records of at most `piece' (0: the maximum). */
void	 wire_put(struct wire *w, const void *p, size_t n, size_t piece);

/* Queue bytes unchanged, without TLS. */
void	 wire_put_bare(struct wire *w, const void *p, size_t n);

/* Return the events to wait for, of poll(2). */
short	 wire_events(const struct wire *w);

/*
 * Send and receive without waiting.  Plaintext is passed to `got', which may
 * queue more but not close.  w->end is set at the end.
 */
void	 wire_turn(struct wire *w, short revents,
	    void (*got)(const uint8_t *, size_t, void *), void *arg);

/* Send what the socket accepts at once. */
void	 wire_flush(struct wire *w);

enum soak_leave { LEAVE_ORDERLY, LEAVE_FIN, LEAVE_RESET };

/* Close and free. */
void	 wire_close(struct wire *w, enum soak_leave how);

/* soak.c */

struct bot;

/* The kinds of clients. */
struct soak_kind {
	const char *name;
	void	(*start)(struct bot *);
	/* Handle received plaintext. */
	void	(*got)(struct bot *, const uint8_t *, size_t);
	/* Act: b->act_at has come, or the connection was just established. */
	void	(*act)(struct bot *);
	void	(*free)(struct bot *);
};
extern const struct soak_kind kind_derp, kind_mesh, kind_web, kind_junk;

enum soak_state { BOT_NONE, BOT_CONNECT, BOT_LOGIN, BOT_UP, BOT_LEAVING };

struct bot {
	const struct soak_kind *kind;
	unsigned int	 slot, gen;
	struct rnd	 rnd;
	struct wire	 w;
	enum soak_state	 state;
	int64_t		 born, act_at, dies_at;
	int64_t		 owed_at; /* ms since when it waits; 0: it does not */
	const char	*owed;		/* what it waits for */
	int		 may_end;	/* the client expects an end */
	int		 is_over;	/* to be reaped */
	enum soak_leave	 leave;
	struct derp	*derp;
	struct web	*web;
};

struct soak_options {
	const char	*host;
	char		 port[16], plain[16];
	const char	*name;
	const char	*chaos;		/* script, NULL: none */
	char		 mesh[65];	/* "": none */
	uint64_t	 seed;
	unsigned int	 slots;
	int64_t		 ms;		/* duration */
	int		 stop;		/* stop the daemon at the end */
	int		 verbose;
};
extern struct soak_options opt;
extern struct bot bots[MAX_SLOTS];

/* A map that may be served. */
struct map_bytes {
	uint8_t	*p;
	size_t	 n;
};
extern struct map_bytes maps[4];
extern unsigned int nmaps;

/* Counts for the summary. */
struct counts {
	unsigned long	 conns, logins, sent, got, forgotten, pongs, answers,
			 maps, varz, resets, junk, chaos, stalls, closed_peers,
			 excused, told;
};
extern struct counts counts;

/* Milliseconds of a monotonic clock, of this turn of the loop. */
extern int64_t now;
int64_t	 base_clock_ms(void);

/* End the run: the daemon has failed. */
void	 fail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

/* End the run with a failure seen by a bot. */
void	 bot_fail(const struct bot *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3), noreturn));

/* The bot leaves by its own choice. */
void	 bot_leave(struct bot *b, enum soak_leave how);

/*
 * For `ms' milliseconds, connections that a front has may end: all but sessions
 * with TLS 1.3 and without WebSocket.
 */
void	 excuse_front(int64_t ms);

/*
 * Excuse ends of connections for the next `ms', and of slow readers from now
 * on; excuse ends of handshakes only.
 */
void	 excuse_ends(int64_t ms);
void	 excuse_handshakes(int64_t ms);

/* Run one turn of the loop, at most `ms' long; `fresh': fill free slots. */
void	 turn(int64_t ms, int fresh);

/* Start another client of this kind in the slot. */
void	 bot_start(unsigned int slot, const struct soak_kind *kind);

/* soak_end.c */

/* All leave; then new clients log in, exchange packets, and watch. */
void	 end_quiet(void);

/* The daemon stops while clients are connected: each must be notified. */
void	 end_stop(void);

/* soak_chaos.c */

/* Names of actions, separated by commas; NULL: none. */
extern const char *chaos_actions;

/* Do one of them to the daemon when it is time; called each turn. */
void	 chaos_turn(void);

/* Start the script with `action', without waiting for its end. */
void	 chaos_begin(const char *action);

/* Return 1 while one is under way.  Ends the run if it failed. */
int	 chaos_busy(void);

/* soak_packet.c */

#define PACKET_MIN	64
#define PACKET_MAX	FRAME_MAX_PACKET

/*
 * Make a packet of `n' bytes at `p' (PACKET_MIN to PACKET_MAX), which the bot
 * `b' sends from the key `src' to the key `dst'.
 */
void	 packet_make(const struct bot *b, int src, int dst, int disco,
	    uint8_t *p, size_t n);

/* End the run unless the packet, with the source `src', may arrive at `b'. */
void	 packet_check(const struct bot *b, const uint8_t src[32],
	    const uint8_t *p, size_t n);

/* soak_ws.c */

struct ws_in {
	uint8_t	 hdr[10];
	size_t	 have;
	uint64_t left;		/* bytes of the payload to come */
	int	 op;
	int	 over;		/* Close has arrived */
};

/* Wrap `n' bytes (at most 65535) in one message at `dst' (n + 8 bytes). */
size_t	 soak_ws_wrap(struct rnd *r, uint8_t *dst, int op, const uint8_t *p,
	    size_t n);

/*
 * Unwrap input from the server; data is passed to `got'.  Return 0, or -1 for
 * an invalid message.  ws->over is set after Close.
 */
int	 soak_ws_feed(struct ws_in *ws, const uint8_t *p, size_t n,
	    void (*got)(struct bot *, const uint8_t *, size_t), struct bot *b);

/* soak_derp.c */

/* The last packets from a client to this one. */
struct last {
	unsigned int	 gen;
	uint64_t	 id[2];		/* for both kinds of packets */
};

struct derp {
	int		 key;		/* index in keys[] */
	int		 mesh, fast, ws, is_up, mute;
	int		 calm;		/* does not act by itself */
	unsigned int	 busy;	/* KiB that it sends at once, 0: the usual */
	int		 busy_dst;
	int		 watching;
	unsigned int	 heads;		/* answers before that of the upgrade */
	size_t		 skip;		/* bytes of such an answer to skip */
	int		 upgraded, greeted;
	struct ws_in	 ws_in;
	struct bytes	 in;
	uint8_t		 ping[FRAME_PING_LEN];
	int		 pinged;
	struct last	 last[MAX_SLOTS];
	uint16_t	 present[NKEYS];	/* as seen by a watcher */
};

/* Queue DERP bytes, in WebSocket messages if necessary. */
void	 derp_put(struct bot *b, const void *p, size_t n);

/* Queue one frame. */
void	 derp_frame(struct bot *b, uint8_t type, const void *p, size_t n);

/* Send a ping; its pong is owed from now on. */
void	 derp_ping(struct bot *b);

/* The key of the server, all zero until it is known. */
extern uint8_t server_key[32];

/* soak_act.c */

/* Do something random with a logged-in client. */
void	 derp_act(struct bot *b);

/* Send some packets to random keys. */
void	 derp_burst(struct bot *b, unsigned int n);

/* soak_web.c */

/*
 * If a whole reply head is in `in', remove it, store it in *h and return its
 * bytes; else return 0.  Ends the run if it is not HTTP.
 */
size_t	 web_head(const struct bot *b, struct bytes *in,
	    struct net_http_head *h);

#endif

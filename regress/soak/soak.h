/*
 * soak: what the files of the run of random clients share.
 *
 * soak.c         options, the loop, what may end and what may not
 * soak_end.c     the end of a run: new clients must be served
 * soak_chaos.c   what is done to the daemon meanwhile, by a script
 * soak_rnd.c     random numbers of a seed, keys
 * soak_wire.c    TCP and TLS that never wait
 * soak_packet.c  packets that tell where they come from; the ledger of them
 * soak_derp.c    DERP clients and mesh peers: login, frames that come
 * soak_act.c     what those do
 * soak_ws.c      WebSocket around DERP
 * soak_web.c     HTTP clients
 * soak_junk.c    strangers that speak no protocol
 *
 * A client is a bot in a slot; when it is over, another one takes the slot.
 * Nothing ends a bot while it is being worked on: it is marked, and the loop
 * reaps it.
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
#define NKEYS		MAX_SLOTS	/* each slot has one */
#define PATIENCE_MS	25000	/* for whatever the server owes an answer */

/* soak_rnd.c */

struct rnd {
	uint64_t	 s;
};

/* A stream of numbers of its own for each of `a' and `b' of a seed. */
void	 rnd_init(struct rnd *r, uint64_t seed, uint64_t a, uint64_t b);

/* 64 random bits; 0 to n - 1 (n > 0); 1 in `percent' of the cases. */
uint64_t rnd_next(struct rnd *r);
uint32_t rnd_below(struct rnd *r, uint32_t n);
int	 rnd_chance(struct rnd *r, unsigned int percent);

/* `n' random bytes to `p'. */
void	 rnd_bytes(struct rnd *r, void *p, size_t n);

struct key {
	uint8_t	 pub[32], sec[32];
	int64_t	 close_until;	/* ms: closed by a mesh peer until then */
};
extern struct key keys[NKEYS];

/* Make all keys of the seed. */
void	 keys_init(uint64_t seed);

/* The number of a public key, -1 when it is none of ours. */
int	 key_find(const uint8_t pub[32]);

/* soak_wire.c */

struct bytes {
	uint8_t	*p;
	size_t	 off, len, cap;
};

/* Append; ends the program without memory. */
void	 bytes_add(struct bytes *b, const void *p, size_t n);

/* Drop `n' from the front; forget all and free. */
void	 bytes_drop(struct bytes *b, size_t n);
void	 bytes_free(struct bytes *b);

#define bytes_left(b)	((b)->len - (b)->off)
#define bytes_head(b)	((b)->p + (b)->off)

/* How a connection is made; all zero is TLS in the ordinary way. */
struct soak_how {
	int	 plain;		/* no TLS, to the plain port */
	int	 bare;		/* no TLS, to the TLS port */
	int	 tls12;
	int	 rcvbuf;	/* SO_RCVBUF, 0: system's */
	unsigned int source;	/* of the loopback addresses: whose client */
};

struct wire {
	int	 fd;		/* -1 none */
	SSL	*ssl;		/* NULL: plain */
	int	 connected;
	int	 secure;	/* the handshake is over, or there is none */
	int	 deaf;		/* nothing is read */
	size_t	 sip;		/* bytes a read, 0 as many as there are */
	int64_t	 sip_at;	/* ms: not before */
	struct bytes out;	/* to be sent */
	char	 end[160];	/* why it ended, "" it has not */
	int	 broken;	/* by bytes that are no TLS of ours */
};

/* Begin to connect. */
void	 wire_open(struct wire *w, const struct soak_how *how);

/* Queue `n' bytes, in records of at most `piece' (0: as large as can be). */
void	 wire_put(struct wire *w, const void *p, size_t n, size_t piece);

/* Queue bytes as they are, no TLS around them. */
void	 wire_put_bare(struct wire *w, const void *p, size_t n);

/* What to wait for: bits of poll(2). */
short	 wire_events(const struct wire *w);

/*
 * Send and receive what can be; plaintext goes to `got', which may put more
 * but not close.  w->end tells when it is over.
 */
void	 wire_turn(struct wire *w, short revents,
	    void (*got)(const uint8_t *, size_t, void *), void *arg);

/* Send what the socket takes at once. */
void	 wire_flush(struct wire *w);

enum soak_leave { LEAVE_ORDERLY, LEAVE_FIN, LEAVE_RESET };

/* Close and free. */
void	 wire_close(struct wire *w, enum soak_leave how);

/* soak.c */

struct bot;

/* What kinds of clients there are. */
struct soak_kind {
	const char *name;
	void	(*start)(struct bot *);
	/* Plaintext has come. */
	void	(*got)(struct bot *, const uint8_t *, size_t);
	/* Its time has come (b->act_at), or the connection is just there. */
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
	int64_t		 owed_at;	/* ms since when it waits; 0 does not */
	const char	*owed;		/* for what */
	int		 may_end;	/* by its own doing */
	int		 is_over;	/* to be reaped */
	enum soak_leave	 leave;
	struct derp	*derp;
	struct web	*web;
};

struct soak_options {
	const char	*host;
	char		 port[16], plain[16];
	const char	*name;
	const char	*chaos;		/* script, NULL none */
	char		 mesh[65];	/* "" none */
	uint64_t	 seed;
	unsigned int	 slots;
	int64_t		 ms;		/* how long */
	int		 stop;		/* stop the daemon in the end */
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

/* Numbers for the summary. */
struct counts {
	unsigned long	 conns, logins, sent, got, forgotten, pongs, answers,
			 maps, varz, resets, junk, chaos, stalls, closed_peers,
			 excused, told;
};
extern struct counts counts;

/* Milliseconds of a monotonic clock, of this turn of the loop. */
extern int64_t now;
int64_t	 base_clock_ms(void);

/* End the run: the daemon did what it must not. */
void	 fail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

/* The same, about a bot. */
void	 bot_fail(const struct bot *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3), noreturn));

/* It is over by its own will. */
void	 bot_leave(struct bot *b, enum soak_leave how);

/*
 * Ends of connections are excused for the next `ms', and for those that read
 * slowly from now on; of handshakes alone.
 */
void	 excuse_ends(int64_t ms);
void	 excuse_handshakes(int64_t ms);

/* One turn of the loop, at most `ms' long; `fresh': free slots are taken. */
void	 turn(int64_t ms, int fresh);

/* Let another client take the slot, of this kind. */
void	 bot_start(unsigned int slot, const struct soak_kind *kind);

/* soak_end.c */

/* All leave; then others log in, exchange packets, and see each other. */
void	 end_quiet(void);

/* The daemon is told to stop while clients are there: each must be told. */
void	 end_stop(void);

/* soak_chaos.c */

/* Names of actions, with commas between them; NULL none. */
extern const char *chaos_actions;

/* Do one of them to the daemon, if it is time; called each turn. */
void	 chaos_turn(void);

/* Have the script do `action' now, without waiting for its end. */
void	 chaos_begin(const char *action);

/* Is one under way?  Ends the run when it could not be done. */
int	 chaos_busy(void);

/* soak_packet.c */

#define PACKET_MIN	64
#define PACKET_MAX	FRAME_MAX_PACKET

/*
 * Make a packet of `n' bytes at `p' (PACKET_MIN to PACKET_MAX) which the bot
 * `b' sends in the name of the key `src' to the key `dst'.
 */
void	 packet_make(const struct bot *b, int src, int dst, int disco,
	    uint8_t *p, size_t n);

/* Ends the run unless the packet, said to be from `src', may reach `b'. */
void	 packet_check(const struct bot *b, const uint8_t src[32],
	    const uint8_t *p, size_t n);

/* soak_ws.c */

struct ws_in {
	uint8_t	 hdr[10];
	size_t	 have;
	uint64_t left;		/* of the payload */
	int	 op;
	int	 over;		/* Close has come */
};

/* Wrap `n' bytes (at most 65535) into one message at `dst' (n + 8 bytes). */
size_t	 soak_ws_wrap(struct rnd *r, uint8_t *dst, int op, const uint8_t *p,
	    size_t n);

/*
 * Unwrap what the server sent; data goes to `got'.  0, or -1: it sent what it
 * must not.  ws->over tells that it said Close.
 */
int	 soak_ws_feed(struct ws_in *ws, const uint8_t *p, size_t n,
	    void (*got)(struct bot *, const uint8_t *, size_t), struct bot *b);

/* soak_derp.c */

/* What came last from a client that sends to this one. */
struct last {
	unsigned int	 gen;
	uint64_t	 id[2];		/* of either kind of packets */
};

struct derp {
	int		 key;		/* of keys[] */
	int		 mesh, fast, ws, is_up, mute;
	int		 calm;		/* does nothing by itself */
	unsigned int	 busy;		/* KiB it sends at once, 0 usual */
	int		 busy_dst;
	int		 watching;
	unsigned int	 heads;		/* answers before that of the upgrade */
	size_t		 skip;		/* bytes of such an answer */
	int		 upgraded, greeted;
	struct ws_in	 ws_in;
	struct bytes	 in;
	uint8_t		 ping[FRAME_PING_LEN];
	int		 pinged;
	struct last	 last[MAX_SLOTS];
	uint16_t	 present[NKEYS];	/* as a watcher knows it */
};

/* Queue DERP bytes, in WebSocket messages where need be. */
void	 derp_put(struct bot *b, const void *p, size_t n);

/* Queue one frame. */
void	 derp_frame(struct bot *b, uint8_t type, const void *p, size_t n);

/* Ask for a pong; it is owed from now on. */
void	 derp_ping(struct bot *b);

/* The key of the server, all zero while nobody knows it. */
extern uint8_t server_key[32];

/* soak_act.c */

/* Something random of a client that is logged in. */
void	 derp_act(struct bot *b);

/* Some packets to random keys. */
void	 derp_burst(struct bot *b, unsigned int n);

/* soak_web.c */

/*
 * Take a reply's head off `in' if it is whole: its bytes, and *h; 0 not whole.
 * Ends the run when it is no HTTP.
 */
size_t	 web_head(const struct bot *b, struct bytes *in,
	    struct net_http_head *h);

#endif

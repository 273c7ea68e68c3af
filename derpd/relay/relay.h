/*
 * relay: a relay worker, the process that speaks TLS, HTTP and DERP with
 * clients.  It holds no private key and opens no file.
 *
 * relay.c    the process: start, messages from the parent, the loop
 * accept.c   listening sockets
 * conn.c     a connection: input, pauses, deadlines, end
 * output.c   what goes out to a connection, in few and large records
 * tlsio.c    libtls over our own buffers
 * httpconn.c HTTP requests on a connection
 * mapstore.c the maps that are served
 * login.c    ClientInfo to keys and back
 * session.c  frames of a logged-in client
 * peers.c    who is connected, over all workers; sent.c who heard from whom
 * rate.c     how fast a client may send
 * strangers.c who is not logged in, and what that costs; hello.c a ClientHello
 * watch.c    mesh peers that watch the region
 * link.c     channels to the other workers; linkstats.c their counters
 * buf.c      growing buffers
 * queue.c    packets that wait for a destination; pool.c their memory
 * heap.c     what malloc keeps
 * stats.c    counters
 *
 * All of a worker hangs off one struct relay; there is one thread.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/queue.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "chan.h"
#include "frame.h"
#include "mapstore.h"
#include "queue.h"
#include "relayconf.h"
#include "stats.h"
#include "strangers.h"
#include "tokens.h"

struct conn;
struct cursor;
struct http_conn;
struct link;
struct listener;
struct login;
struct peer;
struct tls;
struct tlsgen;
struct ws;

TAILQ_HEAD(conn_list, conn);

#define IN_SIZE		(128 * 1024)	/* one recv */
#define RECORD_SIZE	16384		/* plaintext of a TLS record, at most */
#define WHEEL_SLOTS	128		/* seconds a deadline may be away */

#define LOGIN_SECS	10		/* each step, derp(7) section 2 */
#define HTTP_SECS	30		/* a request, or waiting for the next */
#define LINGER_SECS	1		/* after our last word */
#define LINGER_BYTES	(64 * 1024)	/* that are read after it */
#define KEEPALIVE_SECS	60
#define KEEPALIVE_JITTER 5
#define MESH_WRITE_MS	30000		/* write deadline of mesh peers */

/* A growing byte buffer; bytes off to len are valid. */
struct buf {
	uint8_t	*p;
	size_t	 off, len, cap;
};

enum conn_state {
	CONN_HANDSHAKE,		/* TLS */
	CONN_HTTP,		/* a request head is expected */
	CONN_INFO,		/* ServerKey sent, ClientInfo expected */
	CONN_ADMIT,		/* keys looks at the ClientInfo */
	CONN_UP,		/* logged in */
	CONN_DRAIN		/* last words are going out, then close */
};

/* Why input is held back; bits. */
#define PAUSE_LOGIN	0x01	/* keys or admission has not answered */
#define PAUSE_KEYS	0x02	/* no keys process to sign for us */
#define PAUSE_RATE	0x04	/* over its receive rate */
#define PAUSE_STATS	0x08	/* the answer needs the other workers */
#define PAUSE_DRAIN	0x10	/* nothing more is wanted */
#define PAUSE_BODY	0x20	/* the answer before is still going out */
#define PAUSE_TURN	0x40	/* resumed: the turn has yet to handle it */
#define PAUSE_NEXT	0x80	/* goes on in the next turn */

#define SHAKE_HELLO	1	/* a handshake: one of r->nshaking */
#define SHAKE_ASK	2	/* requests */

#define PONGS_MAX	8	/* pings that wait for their pong */

struct conn {
	struct relay	*r;
	int		 fd;		/* -1 when closed */
	enum conn_state	 state;
	uint64_t	 id;		/* never used twice in this worker */
	struct tls	*tls;		/* NULL on a plain port */
	struct tlsgen	*gen;		/* held during the handshake */
	struct event	 ev_read;
	struct event	*ev_write;	/* made when first blocked */
	unsigned int	 paused;	/* PAUSE_* */
	unsigned int	 dead:1, is_dirty:1, on_wheel:1, want_write:1,
			 woken:1, mesh:1, prober:1, not_ideal:1, home:1,
			 watching:1, plain:1, told_dup:1, overflow:1,
			 lingering:1;
	unsigned int	 shaking;	/* SHAKE_*: on r->shaking */
	TAILQ_ENTRY(conn) entry;	/* r->conns, until it is reaped */
	TAILQ_ENTRY(conn) dead_link;	/* r->dead */
	TAILQ_ENTRY(conn) resumed;	/* with PAUSE_TURN: r->resumed, or
					   r->shaking if it is `shaking' */
	TAILQ_ENTRY(conn) dirty;
	TAILQ_ENTRY(conn) wheel;	/* deadline or keep-alive */
	LIST_ENTRY(conn) watcher;
	TAILQ_ENTRY(conn) same;		/* connections of one key, here */
	unsigned int	 slot;		/* on the wheel */
	unsigned int	 period;	/* s between keep-alives */

	uint8_t		 addr[16];	/* IPv6 or IPv4-mapped */
	uint16_t	 port;		/* host order */
	struct stranger	 stranger;	/* while it is not logged in */

	/* input */
	struct cursor	*src;		/* ciphertext, within tlsio_pump() */
	struct buf	 held;		/* ciphertext not decrypted: paused */
	struct buf	 pend;		/* plaintext not looked at: paused */
	struct buf	 part;		/* head or frame, not whole yet */
	uint32_t	 skip;		/* payload bytes to pass over */
	uint32_t	 linger_left;	/* bytes to pass over before its end */
	struct http_conn *http;
	struct login	*login;
	struct ws	*ws;
	struct event	*ev_rate;	/* end of PAUSE_RATE */
	uint64_t	 rate_at;	/* us of the last refill */
	int64_t		 rate_tokens;	/* bytes */

	/* output */
	struct buf	 out;		/* what the socket refused */
	struct buf	 ctl;		/* our own frames, before all packets */
	struct queue	 queue;
	unsigned int	 outq;		/* bytes unacknowledged at last look */
	unsigned int	 unsent;	/* bytes in the kernel, at most */

	/* session */
	uint8_t		 key[FRAME_KEY_LEN];
	struct peer	*peer;
	uint64_t	 acks;		/* workers that do not know yet */
	uint64_t	 seq;		/* of the latest news of it */
	uint64_t	 active_us;	/* last frame, kept among duplicates */
	uint64_t	 login_us;
	struct peer	*dst;		/* last one, while dst_gen fits */
	uint64_t	 dst_gen;
	uint64_t	 src_gen;	/* last_src noted, while this fits */
	uint8_t		 last_src[FRAME_KEY_LEN];
	uint32_t	 heard_slot;	/* of sent.c; 0: it heard nothing */
	uint8_t		 pongs[PONGS_MAX][FRAME_PING_LEN];
	unsigned int	 npongs;
	uint64_t	 gone_at;	/* us; bucket of PeerGone(not here) */
	unsigned int	 gone_tokens;
	uint64_t	 rx_bytes, tx_bytes, rx_packets, tx_packets, drops;
};

struct relay {
	struct event_base *base;
	struct chan	*parent;
	struct chan	*box;		/* to keys, NULL while it is gone */
	struct relay_conf conf, next_conf;
	int		 configured;
	struct tlsgen	*gen;		/* certificates in force */
	struct certset	*next_certs;
	uint64_t	 now_us;	/* monotonic; of this round */
	uint64_t	 next_id;
	int		 stopping;
	uint64_t	 stop_us;	/* when to end at the latest */

	struct conn_list conns;
	struct conn_list dead;		/* for the reaper */
	struct conn_list resumed;	/* input that the turn handles */
	struct conn_list shaking;	/* that of handshakes, a few a turn */
	unsigned int	 nshaking;
	struct strangers strangers;
	struct conn_list dirty;		/* output that the turn writes */
	struct conn_list wheel[WHEEL_SLOTS];
	LIST_HEAD(, conn) watchers;
	unsigned int	 now_slot;
	unsigned int	 nconns;
	struct event	*ev_tick;
	struct event	*ev_stop;

	LIST_HEAD(, listener) listeners;
	int		 accept_off;	/* ACCEPT_* bits */
	uint64_t	 accept_at;	/* us; bucket of the accept rate */
	uint64_t	 accept_tokens;	/* millionths */
	unsigned int	 files;		/* descriptors that it may have */
	unsigned int	 full;		/* connections that used them up */

	struct link	*links[MAXWORKERS];
	uint64_t	 unlinked;	/* wanted anew, a bit each */
	struct queue_set queues;	/* of all connections */
	size_t		 ctl_memory;	/* bytes of all their conn.ctl */
	struct stats	 stats;
	struct mapstore	 maps;
	struct tokens	 tokens;
	char		*metrics;	/* of other processes; NULL none */

	/* how busy it is, for relay.c */
	uint64_t	 load_at;	/* us, begin of the window */
	uint64_t	 load_packets;	/* in and out, then */
	uint64_t	 turn_packets;	/* in and out, before this turn */
	int		 busy;

	struct conn	*staging;	/* whose records go to stage */
	size_t		 stage_len;
	size_t		 fresh_bytes;	/* queued since the last flush */

	uint8_t		 in_buf[IN_SIZE];
};

/* The worker process; starts with child_init(), never returns. */
void	relay_main(void) __attribute__((noreturn));

/* Set r->now_us; first thing in every event. */
void	relay_clock(struct relay *r);

/* 1 when there is a keys process to sign for handshakes, else 0. */
int	relay_can_sign(void);

/* buf.c */

/*
 * Append the `n' bytes at `p'; 0, or -1 without memory.  A buffer above 64 KiB
 * takes at most half more memory than the most that it held.
 */
int	buf_add(struct buf *b, const void *p, size_t n);

/*
 * The same, but no more memory than is needed, for what a stranger sends: a
 * piece costs a copy of all, and so much is small.
 */
int	buf_add_tight(struct buf *b, const void *p, size_t n);

/* Drop `n' bytes from the front; frees the memory when none are left. */
void	buf_drain(struct buf *b, size_t n);

/* Free the memory; the buffer is then empty. */
void	buf_free(struct buf *b);

#define buf_left(b)	((b)->len - (b)->off)
#define buf_head(b)	((b)->p + (b)->off)

/* accept.c */

#define ACCEPT_FILES	0x01	/* no descriptors but the reserve */
#define ACCEPT_KEYS	0x02	/* no keys process */
#define ACCEPT_LIMIT	0x04	/* max clients */
#define ACCEPT_START	0x08	/* not configured yet */
#define ACCEPT_SYSTEM	0x10	/* the system has no more to give */
#define ACCEPT_SHAKES	0x20	/* many handshakes wait already */
#define ACCEPT_DEAF	0x100	/* a listening socket was ended */

/*
 * Take over the listening socket `fd', for TLS (1) or plain (0).  0, or -1
 * without memory; `fd' is then still the caller's.
 */
int	accept_add(struct relay *r, int fd, int tls);

/* Close all listening sockets. */
void	accept_close(struct relay *r);

/*
 * Stop accepting for the reason `bit' (ACCEPT_*), or go on if there is no other
 * reason.  accept_resume() takes several bits at once.
 */
void	accept_pause(struct relay *r, int bit);
void	accept_resume(struct relay *r, int bit);

/* Find out how many descriptors the process may have; before sandboxing. */
void	accept_init(struct relay *r);

/* Connections have ended, or there are other limits: is there room now? */
void	accept_room(struct relay *r);

/* The configuration is in force: bounds that follow from it. */
void	accept_limits(struct relay *r);

/* The second has passed: go on where time alone may have helped. */
void	accept_tick(struct relay *r);

/* conn.c */

/*
 * A new connection on `fd', with TLS (1) or plain (0), from `addr' (IPv6 or
 * IPv4-mapped) and `port' (host order).  Another one that is not logged in may
 * be closed for it.  NULL without memory, or when there are too many from its
 * source; `fd' is then still the caller's.
 */
struct conn *conn_new(struct relay *r, int fd, int tls,
	    const uint8_t addr[16], uint16_t port);

/*
 * Mark it as closed; `why' (static) shows in verbose logs.  Nothing is handled
 * for it or sent to it any more; conn_reap() ends it.  Unlinks and frees
 * nothing, so that it may be called within any walk.
 */
void	conn_close(struct conn *c, const char *why);

/* Send what is left, within 2 s, then close; no more input is taken. */
void	conn_drain(struct conn *c);

/*
 * Hold input back for the reasons `why' (PAUSE_*), or let it go on when none is
 * left: it is then queued for conn_work(), and handled there and nowhere else.
 */
void	conn_pause(struct conn *c, unsigned int why);
void	conn_resume(struct conn *c, unsigned int why);

/* Handle what was held of the connections that were resumed. */
void	conn_work(struct relay *r);

/* Go on with handshakes for which all has come, for a few milliseconds. */
void	conn_shake(struct relay *r);

/*
 * If it is not logged in: it may make us keep more or less memory now than it
 * did.  When all of them do too much, some are closed.
 */
void	conn_charge(struct conn *c);

/* It is logged in, and none of the strangers any more. */
void	conn_known(struct conn *c);

/*
 * Handle the `n' bytes of plaintext at `p' as the connection's state says.  All
 * are taken; it may be closed afterwards.
 */
void	conn_input(struct conn *c, const uint8_t *p, size_t n);

/*
 * The same for DERP bytes out of WebSocket messages; a ws_data_cb, `arg' is the
 * connection.  0, or -1: it is closed.
 */
int	conn_ws_data(const uint8_t *p, size_t n, void *arg);

/*
 * Close unless this is called again within `secs' (below WHEEL_SLOTS); of a
 * connection in CONN_UP: send a KeepAlive then.
 */
void	conn_deadline(struct conn *c, unsigned int secs);

/* The second has passed: deadlines and keep-alives. */
void	conn_tick(struct relay *r);

/*
 * End and free what was closed: the one place where a connection leaves the
 * worker's lists and tables.  What that makes known to others is queued.
 */
void	conn_reap(struct relay *r);

/* output.c */

/* It has something to send at the end of this round. */
void	conn_dirty(struct conn *c);

/*
 * Append the `n' DERP bytes at `p' before all packets: our own frames.  With
 * too many waiting, the connection is closed at the end of the turn.
 */
void	conn_send(struct conn *c, const void *p, size_t n);

/*
 * Write `n' bytes that are not DERP: HTTP replies, WebSocket control frames.
 * With too many waiting, the connection is closed at the end of the turn.
 */
void	conn_write(struct conn *c, const void *p, size_t n);

/*
 * Write an HTTP reply, `n' bytes of head and `m' of body, with one system call
 * if nothing waits before it.  May close the connection.
 */
void	conn_reply(struct conn *c, const void *head, size_t n,
	    const void *body, size_t m);

/*
 * Queue the packet of `n' bytes at `p' (copied) from `src' as RecvPacket; the
 * oldest are dropped for it if need be.
 */
void	conn_enqueue(struct conn *c, const uint8_t src[FRAME_KEY_LEN],
	    const uint8_t *p, size_t n);

/* Free what waits to be written, but for packets. */
void	output_free(struct conn *c);

/* Count the packet that the queue of the connection `arg' gave up. */
void	output_dropped(struct pkt *p, void *arg);

/*
 * Write what the socket takes for every dirty connection.  Handles no input
 * and frees nothing; never called while input is being handled.
 */
void	output_flush(struct relay *r);

/*
 * The same if much has been queued since the last time: packets are still in
 * the cache of the CPU if they go out soon.  Between two pieces of input.
 */
void	output_relieve(struct relay *r);

/*
 * Take `n' bytes for the wire (copied), from libtls or of a plain connection.
 * 0, or -1 when too many wait or there is no memory.
 */
int	output_raw(struct conn *c, const void *p, size_t n);

/* tlsio.c */

struct certset;

/*
 * A certificate to come: its chain, `len' bytes of PEM (copied), and the hash
 * of its key.  0, or -1 without memory.
 */
int	tlsio_cert(struct relay *r, const uint8_t hash[KEYHASH_LEN],
	    const void *pem, size_t len);

/*
 * Put the certificates that came in force, if any did.  NULL, or a static line
 * that says what is wrong: the older ones then stay.
 */
const char *tlsio_commit(struct relay *r);

/*
 * Decrypt the `n' bytes of ciphertext at `p', after a handshake if there was
 * none, and hand the plaintext to conn_input(); what can't be handled now is
 * kept with the connection.  May close it.  Refuses to nest: called while it
 * runs, it keeps the bytes for conn_work().
 */
void	tlsio_pump(struct conn *c, const uint8_t *p, size_t n);

/* Encrypt the `n' bytes at `p' for the wire.  0, or -1: to be closed. */
int	tlsio_write(struct conn *c, const uint8_t *p, size_t n);

/* Free what TLS has of the connection. */
void	tlsio_end(struct conn *c);

/* httpconn.c */

/*
 * `n' bytes of plaintext of a connection in CONN_HTTP.  The bytes that were
 * taken: fewer when the rest belongs to what the request began.
 */
size_t	http_input(struct conn *c, const uint8_t *p, size_t n);

/* The counters of all workers are there, summed up: finish the answer. */
void	http_stats_ready(struct conn *c, const struct stats *all);

/*
 * A body that goes out in pieces: bytes that are left of it; take up to `max'
 * bytes of them to `dst', giving how many.
 */
size_t	http_left(const struct conn *c);
size_t	http_take(struct conn *c, uint8_t *dst, size_t max);

/* All of the answer that PAUSE_BODY waited for is written. */
void	http_sent(struct conn *c);

/* Free what HTTP has of the connection. */
void	http_free(struct conn *c);

/* login.c */

/* ServerKey goes out, ClientInfo is expected. */
void	login_begin(struct conn *c);

/* ClientInfo's payload, `n' bytes at `p' (copied), is whole: ask keys. */
void	login_info(struct conn *c, const uint8_t *p, size_t n);

/* The answer of keys, MSG_LOGIN_RESULT: goes on, or closes. */
void	login_result(struct relay *r, struct msg *m);

/* There is a new channel to keys: ask again for all that wait. */
void	login_again(struct relay *r);

/*
 * All workers know of the connection, or that it is the active one: what its
 * client hears from now on can't be ahead of them.
 */
void	login_agreed(struct conn *c);

/* Bytes that are kept until keys has answered. */
size_t	login_kept(const struct conn *c);

/* The connection goes away, or its login is through: forget what was asked. */
void	login_free(struct conn *c);

/* session.c */

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

/* rate.c */

/*
 * A frame of `n' bytes came from the client: pauses it when it is over its
 * rate.  0, or -1: closed.
 */
int	rate_take(struct conn *c, uint64_t n);

/* watch.c */

/* The mesh peer watches from now on; the flood of PeerPresent goes out. */
void	watch_begin(struct conn *c);

/*
 * Tell the watchers: a connection came, from `addr' (IPv6 or IPv4-mapped) and
 * `port' (host order) with `flags' (PEER_*), or the last one of a key went.
 */
void	watch_present(struct relay *r, const uint8_t *key,
	    const uint8_t addr[16], uint16_t port, uint8_t flags);
void	watch_gone(struct relay *r, const uint8_t *key);

#endif

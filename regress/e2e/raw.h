/*
 * raw: what the files of the raw-socket test driver share.
 *
 * rawderp.c     options, the table of cases, one process a case
 * raw_net.c     TCP and TLS connections whose writes can be cut up
 * raw_sess.c    DERP sessions on them: upgrade, login, frames
 * raw_split.c   cases: splits, coalescing, fast start
 * raw_frame.c   cases: malformed and unknown frames, pings
 * raw_login.c   cases: the login, and all that is slow
 * raw_http.c    cases: HTTP on the TLS port and on the plain one
 * raw_hang.c    cases: what hangs in the server
 * raw_load.c    cases: much for clients that don't read
 * raw_map.c     a case: a large map that is read slowly
 * raw_rules.c   cases: homes, the active connection, a node that watches itself
 * raw_tls.c     cases: TLS, junk, floods, exhaustion
 * raw_unfinished.c cases: limits on those who are not logged in
 * raw_turn.c    cases: much at once, in its order
 * raw_large.c   cases: a large map, bodies of requests, deadlines
 * raw_limit.c   cases: limits on those who are logged in
 * raw_ws.c      a case: the end of a WebSocket
 */
#ifndef RAW_H
#define RAW_H

#include <sys/types.h>

#include <openssl/ssl.h>

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define WAIT_MS		15000	/* for all that must happen */

struct raw_options {
	const char	*host;		/* address of the server */
	const char	*port;		/* its TLS port */
	const char	*plain;		/* its plain port, NULL none */
	const char	*name;		/* SNI and Host */
	const char	*from;		/* address to come from, NULL any */
	const char	*ready;		/* file to make when a case is up */
	const char	*map;		/* file of the map that is served */
	char		 mesh[65];	/* mesh key, "" none */
	const char	*key;		/* file of the server's key, NULL
					   none */
	int		 derper;	/* leave out what derper does not do */
	int		 count;		/* of connections, for exhaustion */
};
extern struct raw_options opt;
struct sess;

/* End the case: print why and exit 1. */
void	 fail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

/* Say what the case did. */
void	 say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds of a monotonic clock. */
int64_t	 now_ms(void);

/* Make the file that -ready names, if it does. */
void	 ready(void);

/*
 * Make it, and wait for SIGTERM; the sessions that are given must stay alive.
 */
void	 wait_told(struct sess *a, struct sess *b);

/* How a TLS connection is made; all zero is the ordinary way. */
struct tls_how {
	const char	*sni;		/* NULL: opt.name */
	int		 no_sni;
	const char	*alpn;		/* wire form; NULL: http/1.1 */
	size_t		 alpn_len;
	int		 min, max;	/* TLS versions, 0 any */
	size_t		 chunk;		/* bytes a TCP write, 0: all at once */
	int		 rcvbuf;	/* SO_RCVBUF, 0: system's */
};

struct raw_conn {
	int		 fd;
	SSL		*ssl;		/* NULL: plain TCP */
	size_t		 chunk;
	int		 eof;		/* TCP is at its end */
	int		 cork;		/* keep what TLS makes, for one write */
};

/* Connect to `port' by TCP alone. */
struct raw_conn *conn_tcp(const char *port);

/* A ClientHello as conn_tls() sends it, to `p' (size bytes); its bytes. */
size_t	 conn_hello(uint8_t *p, size_t size);

/* The same, then TLS; NULL when the handshake failed (within WAIT_MS). */
struct raw_conn *conn_try_tls(const struct tls_how *how);

/* The same, but a failure ends the case.  `how' NULL: the ordinary way. */
struct raw_conn *conn_tls(const struct tls_how *how);

/* Write all `n' bytes; 0, or -1 when the connection is gone. */
int	 conn_try_write(struct raw_conn *c, const void *p, size_t n);

/* The same, but a failure ends the case. */
void	 relay_conn_write(struct raw_conn *c, const void *p, size_t n);

/* Write, each byte in a TLS record of its own. */
void	 conn_write_bytes(struct raw_conn *c, const void *p, size_t n);

/*
 * Read up to `n' bytes within `ms': bytes read, 0 the connection has ended
 * (cleanly or not), -1 nothing came in time.
 */
ssize_t	 conn_read(struct raw_conn *c, void *p, size_t n, int64_t ms);

/* Pass over what comes until the end: 1 it ended within `ms', 0 it did not. */
int	 conn_ends(struct raw_conn *c, int64_t ms);

/* Close the write side alone (TCP FIN). */
void	 conn_half_close(struct raw_conn *c);

/* Close, with a reset if `reset'; frees. */
void	 relay_conn_close(struct raw_conn *c, int reset);

/* A received frame. */
struct frame {
	uint8_t		 type;
	uint32_t	 len;
	uint8_t		*p;	/* in the session; until the next one */
};

struct sess {
	struct raw_conn	*c;
	uint8_t		 pub[32];
	uint8_t		 sec[32];
	uint8_t		*buf;	/* received */
	size_t		 off;	/* parsed so far */
	size_t		 len, cap;
	struct frame	 frame;
	char		 info[256];	/* text of ServerInfo, cut */
};

/* The server's DERP key; asked for once a case. */
const uint8_t *server_key(void);

/* Request head of an upgrade; fast start or not.  Static. */
const char *upgrade_head(int fast);

/*
 * Read an HTTP reply head from the session's connection into `head' (size
 * bytes, NUL added), leaving what follows to frames.  Gives the status, 0 when
 * the connection ended or nothing came.
 */
int	 read_head(struct sess *s, char *head, size_t size);

/* A session on `c' with fresh keys; nothing is sent. */
struct sess *sess_new(struct raw_conn *c);

/* ClientInfo frame of the session with `json'; bytes, *n of them; free. */
uint8_t	*client_info(struct sess *s, const char *json, size_t json_len,
	    size_t *n);

/* Connect, upgrade, log in and read ServerInfo; ends the case on failure. */
struct sess *sess_login(void);

/* The same with a mesh key. */
struct sess *sess_login_mesh(void);

/* The same for a session that is made already, with the keys that it has. */
void	 sess_login_as_mesh(struct sess *s);

/* The same over a connection that was made already. */
struct sess *sess_login_on(struct raw_conn *c, const char *json);

/* A session with another one's key. */
struct sess *sess_login_dup(const struct sess *s);

/* Connect and upgrade up to the ServerKey frame; nothing logged in. */
struct sess *sess_upgraded(void);

/* Send one frame. */
void	 sess_send(struct sess *s, uint8_t type, const void *p, size_t n);

/* Send a packet to `key'. */
void	 sess_packet(struct sess *s, const uint8_t *key, const void *p,
	    size_t n);

/* Make the `n' bytes at `p', 62 or more, a disco packet. */
void	 put_disco(uint8_t *p, size_t n);

/*
 * The next frame but KeepAlive and Health within `ms'; NULL: ended or nothing
 * came.  s->c->eof tells which.
 */
struct frame *sess_try_next(struct sess *s, int64_t ms);

/* The same within WAIT_MS; ends the case when there is none. */
struct frame *sess_next(struct sess *s);

/* The next frame has this type and payload. */
void	 want_frame(struct sess *s, uint8_t type, const void *p, size_t n);

/* The next frame is this packet. */
void	 want_packet(struct sess *s, const uint8_t *src, const void *p,
	    size_t n);

/* The next frame is this PeerGone. */
void	 want_gone(struct sess *s, const uint8_t *key, uint8_t reason);

/* The server answers a ping, and nothing was there before. */
void	 want_alive(struct sess *s);

/* The server ends the connection; `what' was done to it. */
void	 want_end(struct sess *s, const char *what);

/* A packet each way. */
void	 exchange(struct sess *a, struct sess *b);

/* Close, with a reset if `reset'; frees. */
void	 sess_close(struct sess *s, int reset);

/* Cases, as the table in rawderp.c names them; each returns, or fail()s. */
void	 split_head(void);
void	 split_login(void);
void	 split_frames(void);
void	 split_fast(void);
void	 one_byte_records(void);
void	 one_byte_segments(void);
void	 records_at_once(void);
void	 coalesced(void);
void	 fast_start(void);
void	 bad_frames(void);
void	 bad_mesh_frames(void);
void	 unknown_frames(void);
void	 garbage(void);
void	 ping_limits(void);
void	 gone_rules(void);
void	 bad_logins(void);
void	 good_logins(void);
void	 slow_logins(void);
void	 slow_reader(void);
void	 held_logins(void);
void	 steady_pings(void);
void	 http_requests(void);
void	 http_refused(void);
void	 http_keepalive(void);
void	 http_bodies(void);
void	 http_plain(void);
void	 http_upgrades(void);
void	 map_slow(void);
void	 home_gauge(void);
void	 dup_activity(void);
void	 self_watch(void);
void	 tls_alpn(void);
void	 tls_sni(void);
void	 tls_versions(void);
void	 tls_key_update(void);
void	 tls_junk(void);
void	 abrupt_ends(void);
void	 connect_floods(void);
void	 exhaustion(void);
void	 accept_rate(void);
void	 max_clients(void);
void	 linger(void);
void	 unfinished(void);
void	 unfinished_hello(void);
void	 unfinished_record(void);
void	 unfinished_head(void);
void	 unfinished_info(void);
void	 full_house(void);
void	 shakes(void);
void	 idle(void);
void	 flood(void);
void	 news_flood(void);
void	 disco_overtakes(void);
void	 varz_pipelined(void);
void	 ping_flight(void);
void	 reset_unread(void);
void	 stop_sending(void);
void	 large_bodies(void);
void	 large_slow(void);
void	 client_burst(void);
void	 client_rate(void);
void	 mesh_rate(void);
void	 write_timeout(void);
void	 unsent_limit(void);
void	 watch_pong(void);
void	 ws_close_last(void);

#endif

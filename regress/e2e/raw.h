/*
 * raw: shared by the files of the raw-socket test driver.
 *
 * rawderp.c     options, the table of cases, one process a case
 * raw_net.c     TCP and TLS connections whose writes can be split
 * raw_sess.c    DERP sessions on them: upgrade, login, frames
 * raw_split.c   cases: splits, coalescing, fast start
 * raw_frame.c   cases: malformed and unknown frames, pings
 * raw_admit.c   cases: a client that is admitted or not
 * raw_group.c   cases: limits of groups of clients
 * raw_login.c   cases: the login, and slow clients
 * raw_http.c    cases: HTTP on the TLS port and on the plain one
 * raw_hang.c    cases: processes of the server that hang
 * raw_load.c    cases: floods to clients that don't read
 * raw_proxy.c   cases: load balancers
 * raw_map.c     a case: a large map that is read slowly
 * raw_rules.c   cases: homes, the active connection, a node that watches itself
 * raw_record.c  cases: records after the handshake, as an attacker makes them
 * raw_tls.c     cases: TLS, junk, floods, exhaustion
 * raw_unfinished.c cases: limits on unauthenticated connections
 * raw_turn.c    cases: much input at once, in order
 * raw_large.c   cases: a large map, bodies of requests, deadlines
 * raw_limit.c   cases: limits on logged-in clients
 * raw_list.c    cases: clients for /debug/clients/
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
	const char	*ready;		/* file to create when ready */
	const char	*map;		/* served map file */
	char		 mesh[65];	/* mesh key, "" none */
	const char	*key;		/* file of the server's key, NULL
					   none */
	int		 derper;	/* skip what derper lacks */
	int		 count;		/* of connections, for exhaustion */
};
extern struct raw_options opt;
struct sess;

/* End the case: print why and exit 1. */
void	 fail(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

/* Print a result of the case. */
void	 report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds of a monotonic clock. */
int64_t	 now_ms(void);

/* Create the file that -r names, if there is one. */
void	 ready(void);

/* Create it, and wait for SIGTERM; the sessions must stay alive. */
void	 wait_term(struct sess *a, struct sess *b);

/* How to open a TLS connection; all zero is the default. */
struct tls_how {
	const char	*sni;		/* NULL: opt.name */
	int		 no_sni;
	const char	*alpn;		/* wire form; NULL: http/1.1 */
	size_t		 alpn_len;
	int		 min, max;	/* TLS versions, 0 any */
	size_t		 chunk;		/* bytes a TCP write, 0: all at once */
	int		 rcvbuf;	/* SO_RCVBUF, 0: system's */
	const void	*prelude;	/* sent before the ClientHello */
	size_t		 prelude_len;
	void		(*midway)(void); /* between the server's first bytes
					   and our last ones, or NULL */
};

struct raw_conn {
	int		 fd;
	SSL		*ssl;		/* NULL: plain TCP */
	size_t		 chunk;
	int		 eof;		/* TCP has ended */
	int		 cork;		/* collect output for one write */
};

/* Connect to `port' with plain TCP. */
struct raw_conn *conn_tcp(const char *port);

/*
 * Write a ClientHello as of conn_tls() to `p' (size bytes); return its bytes.
 */
size_t	 conn_hello(uint8_t *p, size_t size);

/* Connect with TLS; NULL when the handshake failed (within WAIT_MS). */
struct raw_conn *conn_try_tls(const struct tls_how *how);

/* Connect with TLS; a failure ends the case.  `how' NULL: the default. */
struct raw_conn *conn_tls(const struct tls_how *how);

/* Write all `n' bytes; 0, or -1 when the connection is gone. */
int	 conn_try_write(struct raw_conn *c, const void *p, size_t n);

/* Write all bytes; a failure ends the case. */
void	 conn_write(struct raw_conn *c, const void *p, size_t n);

/* Write, each byte in a TLS record of its own. */
void	 conn_write_bytes(struct raw_conn *c, const void *p, size_t n);

/*
 * Read up to `n' bytes within `ms'.  Return the bytes read, 0 when the
 * connection has ended (cleanly or not), -1 on a timeout.
 */
ssize_t	 conn_read(struct raw_conn *c, void *p, size_t n, int64_t ms);

/* Discard input until the end.  Return 1 if it ended within `ms', else 0. */
int	 conn_ends(struct raw_conn *c, int64_t ms);

/* Close only the write side (TCP FIN). */
void	 conn_half_close(struct raw_conn *c);

/* Close and free, with a reset if `reset'. */
void	 conn_close(struct raw_conn *c, int reset);

/* A received frame. */
struct frame {
	uint8_t		 type;
	uint32_t	 len;
	uint8_t		*p;	/* in the session; valid until the next one */
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
	char		 health[256];	/* of the last Health frame, cut */
};

/* Return the server's DERP key; requested once a case. */
const uint8_t *server_key(void);

/* Return the request head of an upgrade, with fast start if `fast'.  Static. */
const char *upgrade_head(int fast);

/*
 * Read an HTTP reply head from the session's connection into `head' (size
 * bytes, with a NUL); later bytes are kept for frames.  Return the status, 0
 * when the connection ended or on a timeout.
 */
int	 read_head(struct sess *s, char *head, size_t size);

/* A session on `c' with fresh keys; nothing is sent. */
struct sess *sess_new(struct raw_conn *c);

/* Return a ClientInfo frame with `json', *n bytes; the caller frees it. */
uint8_t	*client_info(struct sess *s, const char *json, size_t json_len,
	    size_t *n);

/* Connect, upgrade, log in and read ServerInfo; ends the case on failure. */
struct sess *sess_login(void);

/* Set the keys of client `n' (up to 255), the same in each run. */
void	 fixed_keys(unsigned int n, uint8_t pub[32], uint8_t sec[32]);

/* As sess_login(), with the fixed keys of client `n'. */
struct sess *sess_login_fixed(unsigned int n);

/* The same with this ClientInfo. */
struct sess *sess_login_fixed_as(unsigned int n, const char *json);

/* As sess_login_fixed(); NULL when it was refused, with a Health frame. */
struct sess *sess_try_login_fixed(unsigned int n);

/* Require that its login is refused with a text that contains `why'. */
void	 want_login_refused(unsigned int n, const char *why);

/* Log in with a mesh key. */
struct sess *sess_login_mesh(void);

/* Log in an existing session with a mesh key and its own keys. */
void	 sess_login_as_mesh(struct sess *s);

/* Log in over an existing connection. */
struct sess *sess_login_on(struct raw_conn *c, const char *json);

/* Log in a session with the key of another. */
struct sess *sess_login_dup(const struct sess *s);

/* Connect and upgrade up to the ServerKey frame, without a login. */
struct sess *sess_upgraded(void);

/* Send one frame. */
void	 sess_send(struct sess *s, uint8_t type, const void *p, size_t n);

/* Send a packet to `key'. */
void	 sess_packet(struct sess *s, const uint8_t *key, const void *p,
	    size_t n);

/* Make the `n' bytes at `p', 62 or more, a disco packet. */
void	 put_disco(uint8_t *p, size_t n);

/*
 * Return the next frame except KeepAlive and Health within `ms'; NULL at the
 * end (s->c->eof is set) or on a timeout.
 */
struct frame *sess_try_next(struct sess *s, int64_t ms);

/* The same within WAIT_MS; a timeout ends the case. */
struct frame *sess_next(struct sess *s);

/* Require that the next frame has this type and payload. */
void	 want_frame(struct sess *s, uint8_t type, const void *p, size_t n);

/* Require that the next frame is this packet. */
void	 want_packet(struct sess *s, const uint8_t *src, const void *p,
	    size_t n);

/* Require that the next frame is this PeerGone. */
void	 want_gone(struct sess *s, const uint8_t *key, uint8_t reason);

/* Require that the next frame is the answer to a ping. */
void	 want_alive(struct sess *s);

/* Require that the server ends the connection; `what' names the reason. */
void	 want_end(struct sess *s, const char *what);

/* The same, after a Health frame whose text contains `why'. */
void	 want_end_why(struct sess *s, const char *why);

/* Send a packet each way. */
void	 exchange(struct sess *a, struct sess *b);

/* Close and free, with a reset if `reset'. */
void	 sess_close(struct sess *s, int reset);

/* The cases of the table in rawderp.c; each returns or calls fail(). */
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
void	 replayed_logins(void);
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
void	 record_behind_finished(void);
void	 record_refused(void);
void	 abrupt_ends(void);
void	 connect_floods(void);
void	 exhaustion(void);
void	 accept_rate(void);
void	 max_clients(void);
void	 linger(void);
void	 unfinished(void);
void	 unfinished_hello(void);
void	 hello_left(void);
void	 finish_first(void);
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
void	 admit_key(void);
void	 admit_in(void);
void	 admit_out(void);
void	 admit_stays(void);
void	 admit_closed(void);
void	 group_keys(void);
void	 group_none(void);
void	 group_rate(void);
void	 group_rate_again(void);
void	 group_quota(void);
void	 group_over(void);
void	 group_open(void);
void	 group_connections(void);
void	 group_stay(void);
void	 write_timeout(void);
void	 unsent_limit(void);
void	 watch_pong(void);
void	 ws_close_last(void);
void	 proxy_headers(void);
void	 proxy_refused(void);
void	 proxy_slow(void);
void	 listed(void);
void	 proxy_limits(void);
void	 proxy_forwarded(void);
void	 proxy_plain(void);
void	 proxy_clients(void);

#endif

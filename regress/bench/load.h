/*
 * load: what the files of derpload share.
 *
 * derpload.c     options, and a line of results
 * load_modes.c   the measured loops
 * load_burst.c   many connections that speak at once
 * load_memory.c  idle clients, clients that read nothing
 * load_flood.c   handshakes that are left half done
 * load_logintime.c  time of logins
 * load_packet.c  test packets: made, counted, checked, timed
 * load_conn.c    a client's connection: input and output
 * load_login.c   how it comes about: TCP, TLS, upgrade, login
 * load_util.c    clock and numbers
 * load_cpu.c     CPU time and memory of a process and its descendants
 */
#ifndef LOAD_H
#define LOAD_H

#include <sys/types.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "record.h"

#define KEYLEN		32
#define HEADLEN		5		/* type and length of a frame */
#define PACKET_MAX	65536		/* bytes of a packet */
#define PACKET_MIN	16		/* number and time stand in front */

enum frame_type {
	F_SERVERKEY = 1, F_CLIENTINFO, F_SERVERINFO, F_SEND, F_RECV
};

struct load_conn {
	int		 fd;
	SSL		*ssl;		/* NULL: plain TCP, or our records */
	BIO		*rb, *wb;	/* ciphertext in and out */
	int		 ours;		/* records by lib/net/record.c */
	struct net_record rec;
	uint8_t		*cut;		/* a record that is not whole yet */
	size_t		 ncut;
	uint8_t		 pk[KEYLEN], sk[KEYLEN];
	uint8_t		 server[KEYLEN];
	uint8_t		*in;		/* plaintext read, not yet parsed */
	size_t		 inlen, incap;
	uint8_t		*out;		/* bytes for the socket */
	size_t		 outoff, outlen, outcap;
	/* account of test packets */
	uint64_t	 sent, rcvd, rbytes, bad, reorder, nextseq, lastseq;
	const struct load_conn *peer;	/* sends to us, or gets what we send */
	int		 sender;
};

/* Settings from the command line. */
struct load {
	const char	*host, *port;
	const char	*far;		/* receivers are at this port of the
					   host; NULL: at the same */
	int		 plain;		/* no TLS */
	int		 faststart;
	int		 count_only;	/* receivers do not decrypt */
	int		 onekey;	/* all senders have the same key */
	int		 libssl;	/* records by libssl, as real clients */
	int		 idlers;	/* clients that do nothing beside */
	int		 flood;		/* half handshakes under way at a
					   time, beside */
	int		 pairs;
	int		 size;		/* bytes of a packet */
	int		 batch;		/* packets a sender writes at once */
	int		 conns;		/* of modes idle and burst */
	long long	 packets;	/* a pair, of mode verify; a client, of
					   mode idle */
	double		 secs;
	double		 rest;		/* seconds after mode mute */
	double		 rate;		/* packets a second of all, 0 flat
					   out */
	pid_t		 pid;		/* whose CPU time, 0 nobody's */
};

/* Use of a process tree. */
struct usage {
	double		 cpu;		/* seconds, user and system */
	long		 pss;		/* KB, proportional set size */
};

struct flood;		/* load_flood.c */

/* load_cpu.c */

/*
 * What `pid' and its descendants have used so far.  Children that ended are
 * left out.  With pid 0 all is zero.
 */
void	 usage_of(pid_t pid, struct usage *u);

/* load_util.c */

/* Seconds on the monotonic clock. */
double	 now(void);

/* Read, write a big-endian 32-bit number at `p'. */
uint32_t be32_get(const uint8_t *p);
void	 be32_put(uint8_t *p, uint32_t v);

/* load_login.c */

/* Look up the server and set up TLS; exits with a line when that fails. */
void	 conn_setup(const struct load *l);

/*
 * Connect and log in, as a new client or, with `key' (NULL: none), with the key
 * of that connection; exits with a line when that fails.  conn_dial_far() does
 * so at l->far, if that is set.
 */
void	 conn_dial(struct load_conn *c, const struct load *l,
	    const struct load_conn *key);
void	 conn_dial_far(struct load_conn *c, const struct load *l,
	    const struct load_conn *key);

/*
 * Begin to connect without TLS or login, from the address `source' (NULL: any):
 * a descriptor that does not block, or -1 with errno.
 */
int	 conn_open(const struct sockaddr_in *source);

/*
 * A ClientHello as a real client sends it, into `p' of `size' bytes; its
 * length.
 */
size_t	 conn_hello(const struct load *l, uint8_t *p, size_t size);

/* load_conn.c */

/* The keys of all connections. */
extern struct net_record_cache conn_keys;

/* Move what TLS has made to the output buffer. */
void	 conn_drain(struct load_conn *c);

/* Append to the output buffer as it is. */
void	 conn_add(struct load_conn *c, const void *p, size_t n);

/* Ciphertext that came: decrypt it, into in[]. */
void	 conn_feed(struct load_conn *c, uint8_t *p, size_t n);

/* Encrypt n bytes into the output buffer. */
void	 conn_write(struct load_conn *c, const void *p, size_t n);

/* Write the output buffer: 1 all, 0 the socket takes no more, -1 error. */
int	 conn_flush(struct load_conn *c);

/* Read what the socket has into in[]: 1 something, 0 nothing, -1 ended. */
int	 conn_read(struct load_conn *c);

/* Forget the first n bytes of in[]. */
void	 conn_eat(struct load_conn *c, size_t n);

/* Give back the buffers of an idle connection. */
void	 conn_release(struct load_conn *c);

/* load_packet.c */

/* Send one test packet of `size' bytes to dst; pattern: fill it, to check. */
void	 packet_send(struct load_conn *c, const struct load_conn *dst,
	    size_t size, int pattern);

/* Count what came for a receiver; check: compare it with the pattern. */
void	 packet_count(struct load_conn *c, int check);

/* Send each packet that came back to dst (the far end of mode latency). */
void	 packet_echo(struct load_conn *c, const struct load_conn *dst);

/* Note the round trip time of each packet that came. */
void	 packet_time(struct load_conn *c);

/* Note another time, in seconds. */
void	 packet_note(double secs);

/* Forget all times. */
void	 packet_forget(void);

/* The number of times that were noted. */
size_t	 packet_count_times(void);

/* Percentile of the times in microseconds, 0 when there are none. */
double	 packet_percentile(double share);

/* load_modes.c: each prints its line of results and returns the exit code. */
int	 mode_tput(const struct load *l);
int	 mode_verify(const struct load *l);
int	 mode_latency(const struct load *l);
int	 mode_streams(const struct load *l);

/* load_memory.c: the same. */
int	 mode_idle(const struct load *l);
int	 mode_mute(const struct load *l);

/* load_burst.c, load_logintime.c: the same. */
int	 mode_burst(const struct load *l);
int	 mode_login(const struct load *l);

/* load_flood.c */

/* The same. */
int	 mode_flood(const struct load *l);

/*
 * A flood of half handshakes, l->flood under way at a time (0: the default);
 * exits with a line when there is no memory.
 */
struct flood *flood_new(const struct load *l);

/*
 * Begin some, and handle events for up to wait_ms milliseconds; few of them
 * with wait_ms 0, so that other load is not held up.  The number of both.
 */
int	 flood_step(struct flood *f, int wait_ms);

/* Handshakes that the server has answered so far. */
uint64_t flood_answered(const struct flood *f);

#endif

/*
 * load: shared by the files of derpload.
 *
 * derpload.c     options, and a line of results
 * load_modes.c   the measured loops
 * load_packet.c  test packets: create, count, check, time
 * load_conn.c    a client's connection: TCP, TLS, upgrade, login, buffers
 * load_util.c    clock and numbers
 * load_cpu.c     CPU time and memory of a process and its descendants
 */
#ifndef LOAD_H
#define LOAD_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#define KEYLEN		32
#define HEADLEN		5		/* type and length of a frame */
#define PACKET_MAX	65536		/* bytes of a packet */
#define PACKET_MIN	16		/* number and time at the beginning */

enum frame_type {
	F_SERVERKEY = 1, F_CLIENTINFO, F_SERVERINFO, F_SEND, F_RECV
};

struct load_conn {
	int		 fd;
	SSL		*ssl;		/* NULL: plain TCP */
	BIO		*rb, *wb;	/* ciphertext in and out */
	uint8_t		 pk[KEYLEN], sk[KEYLEN];
	uint8_t		 server[KEYLEN];
	uint8_t		*in;		/* plaintext read, not yet parsed */
	size_t		 inlen, incap;
	uint8_t		*out;		/* bytes for the socket */
	size_t		 outoff, outlen, outcap;
	/* counts of test packets */
	uint64_t	 sent, rcvd, rbytes, bad, reorder, nextseq, lastseq;
	const struct load_conn *peer;	/* sender to us, or receiver from us */
	int		 sender;
};

/* Settings from the command line. */
struct load {
	const char	*host, *port;
	int		 plain;		/* no TLS */
	int		 faststart;
	int		 count_only;	/* receivers do not decrypt */
	int		 pairs;
	int		 size;		/* bytes of a packet */
	int		 batch;		/* packets in one write */
	int		 conns;		/* of mode idle */
	long long	 packets;	/* a pair, of mode verify */
	double		 secs;
	double		 rate;		/* packets a second of all, 0 flat
					   out */
	pid_t		 pid;		/* process to measure, 0 none */
};

/* Use of a process tree. */
struct usage {
	double		 cpu;		/* seconds, user and system */
	long		 pss;		/* KB, proportional set size */
};

/* load_cpu.c */

/*
 * Resources that `pid' and its descendants have used.  Ended children do not
 * count.  With pid 0 all values are 0.
 */
void	 usage_of(pid_t pid, struct usage *u);

/* load_util.c */

/* Seconds on the monotonic clock. */
double	 now(void);

/* Read, write a big-endian 32-bit number at `p'. */
uint32_t be32_get(const uint8_t *p);
void	 be32_put(uint8_t *p, uint32_t v);

/* load_conn.c */

/* Resolve the server and set up TLS; exits with a message on failure. */
void	 conn_setup(const struct load *l);

/* Connect and log in as a new client; exits with a message on failure. */
void	 conn_dial(struct load_conn *c, const struct load *l);

/* Encrypt n bytes into the output buffer. */
void	 relay_conn_write(struct load_conn *c, const void *p, size_t n);

/* Write the output buffer: 1 all, 0 the socket is full, -1 error. */
int	 conn_flush(struct load_conn *c);

/* Read from the socket into in[]: 1 data, 0 no data, -1 ended. */
int	 conn_read(struct load_conn *c);

/* Remove the first n bytes of in[]. */
void	 conn_eat(struct load_conn *c, size_t n);

/* Free the buffers of an idle connection. */
void	 conn_release(struct load_conn *c);

/* load_packet.c */

/* Send one test packet of `size' bytes to dst; pattern: fill it, to check. */
void	 packet_send(struct load_conn *c, const struct load_conn *dst,
	    size_t size, int pattern);

/* Count the packets of a receiver; check: compare them with the pattern. */
void	 packet_count(struct load_conn *c, int check);

/* Send each received packet back to dst (the far end of mode latency). */
void	 packet_echo(struct load_conn *c, const struct load_conn *dst);

/* Record the round trip time of each received packet. */
void	 packet_time(struct load_conn *c);

/* Percentile of the times in microseconds, 0 when there are none. */
double	 packet_percentile(double share);

/* load_modes.c: each prints its line of results and returns the exit code. */
int	 mode_tput(const struct load *l);
int	 mode_verify(const struct load *l);
int	 mode_latency(const struct load *l);
int	 mode_idle(const struct load *l);

#endif

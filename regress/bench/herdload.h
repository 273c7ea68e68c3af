/*
 * herdload: what its files share.
 *
 * herdload.c      options, the two processes, the lines of results
 * herd_watch.c    sessions that are in: what their packets wait
 * herd_crowd.c    the herd: clients that connect, fail and try again
 * herd_client.c   one of them, from the handshake to ServerInfo
 * herd_tls.c      its handshake
 */
#ifndef HERDLOAD_H
#define HERDLOAD_H

#include <sys/types.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "load.h"

#define HERD_HELLO	1024		/* bytes of a ClientHello, at most */
#define HERD_FINISHED	128		/* the same of what ends a handshake */

/* Settings from the command line. */
struct herd {
	struct load	 load;		/* the server; whose CPU time */
	int		 n;		/* clients of the herd */
	int		 sources;	/* addresses that they come from */
	int		 agents;	/* percent that try again at once */
	double		 within;	/* seconds in which all connect */
	double		 limit;		/* seconds until those that are not in
					   count as refused for good */
	int		 nice;		/* of the herd's process */
	int		 pairs;		/* of sessions that are in */
	double		 rate;		/* packets a second of all pairs */
	double		 before, after;	/* seconds of rest to compare with */
};

/* What became of a herd; passed from process to process. */
struct herd_result {
	int		 in;		/* clients that are in at the end */
	double		 begun;		/* seconds until all had begun */
	double		 p50, p99, all;	/* the same until so many were in */
	double		 cpu;		/* seconds of CPU time of the load */
	double		 spare;		/* seconds in which it slept */
	int		 tries;		/* most tries of one client */
	/* tries that failed, by what the client saw */
	unsigned int	 refused;	/* no port */
	unsigned int	 no_connect;	/* no TCP within 1.5 s */
	unsigned int	 reset;
	unsigned int	 closed;	/* before ServerInfo */
	unsigned int	 late;		/* no ServerInfo within 10 s */
	unsigned int	 wrong;		/* an alert, or no DERP */
	unsigned int	 dropped;	/* closed after ServerInfo */
};

/* herd_tls.c */

/* A handshake. */
struct herd_tls {
	crypto_hash_sha256_state hash;	/* of the messages so far */
	uint8_t		 client[32], server[32];	/* traffic secrets of
							   the handshake */
	uint8_t		 secret[32];	/* of the handshake */
	uint64_t	 seq;		/* of the server's next record */
	int		 hello;		/* ServerHello has come */
	uint8_t		*msgs;		/* decrypted, the last one is cut */
	size_t		 nmsgs;
};

/* Take a ClientHello of libssl as a pattern; exits with a line on failure. */
void	 herd_tls_setup(const struct load *l);

/* Begin a handshake: its ClientHello into `p'; its length in bytes. */
size_t	 herd_tls_begin(struct herd_tls *t, uint8_t p[HERD_HELLO]);

/*
 * Read the first record of the n bytes at p, in place; *used are its bytes, 0
 * when it is not whole.  1 after the server's Finished, 0 before, -1 failed.
 */
int	 herd_tls_read(struct herd_tls *t, uint8_t *p, size_t n, size_t *used);

/*
 * End a handshake: the client's last flight into `p', and the secrets into
 * `rec'; its length in bytes.
 */
size_t	 herd_tls_end(struct herd_tls *t, uint8_t p[HERD_FINISHED],
	    struct net_record *rec);

/* Free what a handshake holds. */
void	 herd_tls_free(struct herd_tls *t);

/* herd_client.c */

enum herd_state {
	HERD_OUT,		/* has no connection */
	HERD_TCP, HERD_TLS, HERD_UPGRADE, HERD_LOGIN,
	HERD_IN
};

struct herd_client {
	int		 fd;
	enum herd_state	 state;
	int		 tries;		/* connections that it began */
	double		 deadline;	/* of this state */
	double		 end;		/* of this try */
	double		 in;		/* when ServerInfo came */
	struct sockaddr_in source;
	uint8_t		 pk[KEYLEN];
	uint8_t		 k[crypto_box_BEFORENMBYTES]; /* with the server */
	struct herd_tls	*tls;		/* during the handshake */
	struct net_record rec;
	uint8_t		*wire, *text;	/* received, not yet used */
	size_t		 nwire, ntext;
};

/*
 * What all clients say: the name of the server, and its key, which the
 * sessions that are in have learnt.
 */
void	 herd_client_setup(const struct load *l, const uint8_t key[KEYLEN]);

/* Make a client's key; the rest of `c' is zero. */
void	 herd_client_key(struct herd_client *c);

/* The connection is there: send a ClientHello.  0, or -1 with errno. */
int	 herd_client_hello(struct herd_client *c);

/*
 * Read what has come, and answer.  0, or -1: the try has failed, with errno;
 * 0 when the server closed it, EPROTO when it sent something wrong.
 */
int	 herd_client_read(struct herd_client *c);

/* Free what only a try needs. */
void	 herd_client_forget(struct herd_client *c);

/* herd_crowd.c */

/*
 * The herd's process: prepare the clients, write a byte to `out'; after a byte
 * from `in', connect; write a struct herd_result to `out'; exit when `in' has
 * ended.
 */
void	 herd_crowd(const struct herd *h, int in, int out)
	    __attribute__((noreturn));

/* herd_watch.c */

/* The latency of a time, in microseconds. */
struct herd_latency {
	uint64_t	 n;
	double		 p50, p99, max;
};

struct herd_watch;

/* Connect the pairs; exits with a line when that fails. */
struct herd_watch *herd_watch_new(const struct herd *h);

/* The server's key. */
const uint8_t *herd_watch_key(const struct herd_watch *w);

/*
 * Send and receive for `secs' seconds, or until `fd' (-1: none) can be read;
 * *l is the latency meanwhile.
 */
void	 herd_watch_run(struct herd_watch *w, double secs, int fd,
	    struct herd_latency *l);

/* Packets that were sent and did not arrive. */
int64_t	 herd_watch_lost(const struct herd_watch *w);

#endif

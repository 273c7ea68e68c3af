/*
 * server: the HTTP connections of derpd-metrics: few, short, bounded.
 *
 * At most METRICS_MAXCONNS at a time: a new one ends one that may not ask, or
 * else the oldest by the time of its request, but none of the last
 * METRICS_YOUNG_MS; if all are, the new one waits.  A request head has
 * METRICS_MAXHEAD bytes at most, and METRICS_IDLE_MS to come; an answer may
 * stand still for METRICS_IDLE_MS and take METRICS_SEND_MS.  All answers that
 * wait have METRICS_MAXWAIT bytes.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "http.h"
#include "prefix.h"

#define METRICS_MAXCONNS	64
#define METRICS_MAXHEAD		8192		/* bytes */
#define METRICS_YOUNG_MS	200
#define METRICS_IDLE_MS		10000
#define METRICS_SEND_MS		60000
#define METRICS_DRAIN_MS	1000		/* to read what is refused */
#define METRICS_MAXWAIT		(32 * 1024 * 1024)	/* bytes */

struct event_base;
struct metrics_server;

/* Who may ask at a listening address. */
struct metrics_allowed {
	uint32_t	 number;	/* of the address */
	struct net_prefix prefix;
};

struct metrics_server_ops {
	/*
	 * Append the answer to the request whose head was parsed with this
	 * result (lib/net/http.h) to `w'.  Return 1 if the connection ends with
	 * it, else 0.
	 */
	int	(*answer)(void *arg, const struct net_http_head *h, int parsed,
		    struct ipc_wr *w);
	/* The same for a client that may not ask. */
	void	(*deny)(void *arg, struct ipc_wr *w);
};

/* Create a server without a socket.  NULL without memory. */
struct metrics_server *metrics_server_new(struct event_base *base,
	    const struct metrics_server_ops *ops, void *arg);

/*
 * Accept from the listening socket `fd' (taken) of this number once
 * metrics_server_begin() was called.  Return 0, or -1: too many, or no memory.
 */
int	 metrics_server_listen(struct metrics_server *s, int fd,
	    unsigned int number);

/* Begin to accept.  Return 0, or -1 with errno. */
int	 metrics_server_begin(struct metrics_server *s);

/*
 * Who may ask from now on (copied), over open connections too.  At an address
 * that has no prefix, this machine alone may.  Return 0, or -1 without memory:
 * nothing has changed.
 */
int	 metrics_server_allow(struct metrics_server *s,
	    const struct metrics_allowed *v, size_t n);

/*
 * Return 1 if `addr' (IPv6 or IPv4-mapped) may ask at that address, else 0.
 */
int	 metrics_server_may(const struct metrics_server *s,
	    unsigned int number, const uint8_t addr[16]);

/*
 * After each round of the event loop: answer, send, end what is late at
 * `now_ms' (monotonic), and free what has ended.  Return 1 if there is more to
 * do without waiting, else 0.
 */
int	 metrics_server_turn(struct metrics_server *s, uint64_t now_ms);

/* The number of connections. */
unsigned int metrics_server_count(const struct metrics_server *s);

/* End all connections, close the sockets, and free the server. */
void	 metrics_server_free(struct metrics_server *s);

#endif

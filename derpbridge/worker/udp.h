/*
 * udp: datagrams of the kernel's WireGuard over the loopback interface, many in
 * one system call.  Each peer has a loopback address of its own: datagrams for
 * the peer arrive at it, and those of the peer leave from it.  What follows is
 * named by the kernel's side: a received datagram is sent by the kernel.
 *
 * udp.c		received datagrams
 * udpout.c	sent datagrams
 */
#ifndef UDP_H
#define UDP_H

#include <stddef.h>
#include <stdint.h>

#define WORKER_UDP_BATCH	64	/* datagrams received in one call */
#define WORKER_UDP_ADDR		4	/* bytes of a loopback address */
#define WORKER_UDP_MAX		65507	/* bytes of a datagram over IPv4 */

/* Received datagrams */

struct worker_udp;

enum worker_udp_verdict {
	WORKER_UDP_VALID,
	WORKER_UDP_FOREIGN,	/* not from 127.0.0.1 and the listen port */
	WORKER_UDP_BROKEN	/* truncated, empty, or without its address */
};

struct worker_datagram {
	const uint8_t	*p;		/* valid until the next batch */
	size_t		 len;
	uint8_t		 local[WORKER_UDP_ADDR];	/* the peer's address */
};

/* Make a batch, which several sockets can share.  NULL: out of memory. */
struct worker_udp *worker_udp_new(void);

/* Free the batch; NULL is allowed. */
void	 worker_udp_free(struct worker_udp *u);

/*
 * Receive the datagrams that wait at `fd', which reports their destination
 * (net_udp_socket()).  Returns their number, at most WORKER_UDP_BATCH; 0 when
 * there are none; -1 with errno.
 */
int	 worker_udp_receive(struct worker_udp *u, int fd);

/*
 * Get the received datagram `i'.  It is valid if it came from 127.0.0.1 and
 * `port' (host order), where the interface listens; else *d is not filled in.
 */
enum worker_udp_verdict worker_udp_get(const struct worker_udp *u, int i,
	    uint16_t port, struct worker_datagram *d);

/* Sent datagrams */

struct worker_udpout;

/* Make an empty batch of datagrams.  NULL: out of memory. */
struct worker_udpout *worker_udpout_new(void);

/* Free the batch; NULL is allowed. */
void	 worker_udpout_free(struct worker_udpout *o);

/*
 * Send the batch over `fd' to 127.0.0.1 and `port' (host order); the same for
 * all datagrams of a batch.
 */
void	 worker_udpout_to(struct worker_udpout *o, int fd, uint16_t port);

/*
 * Add a datagram of `len' bytes (1 to WORKER_UDP_MAX) at `p', from the loopback
 * address `local'.  The bytes are not copied: they must be valid until
 * worker_udpout_flush().  A full batch is sent first.  Datagrams from one
 * address keep their order.
 */
void	 worker_udpout_add(struct worker_udpout *o,
	    const uint8_t local[WORKER_UDP_ADDR], const uint8_t *p, size_t len);

/*
 * Send all datagrams.  What the kernel refuses is dropped.  Returns how many
 * datagrams were dropped since the last call.
 */
unsigned int worker_udpout_flush(struct worker_udpout *o);

#endif

/*
 * batch: take many datagrams with one system call, and send the answers with
 * one more, each from the address and the interface at which it was asked.
 */
#ifndef BATCH_H
#define BATCH_H

#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>

#include "stun.h"

#define BATCH_SIZE	64		/* datagrams */
#define BATCH_BYTES	1500		/* of one; what is longer is junk */

struct stund_batch;

/* A datagram that was received. */
struct stund_datagram {
	const uint8_t	*p;
	size_t		 len;		/* bytes; 0 when it was cut */
	const struct sockaddr *from;
};

/* NULL when there is no memory. */
struct stund_batch *stund_batch_new(void);

/* Free; NULL is fine. */
void	 stund_batch_free(struct stund_batch *b);

/*
 * Take what is waiting at `fd'.  Datagrams taken, at most BATCH_SIZE; 0 there
 * is none; -1 with errno.
 */
int	 stund_batch_receive(struct stund_batch *b, int fd);

/* The datagram `i' of those that were taken. */
void	 stund_batch_get(const struct stund_batch *b, int i,
	    struct stund_datagram *d);

/*
 * Room of STUN_MAX_REPLY bytes for the answer to datagram `i', and that it is
 * `len' bytes now.  Answers are made in the order of their datagrams.
 */
uint8_t	*stund_batch_room(struct stund_batch *b);
void	 stund_batch_answer(struct stund_batch *b, int i, size_t len);

/*
 * Send all answers.  One that the kernel does not take, because its way is
 * closed or the socket full, is left out; how many were is the result.
 */
int	 stund_batch_send(struct stund_batch *b, int fd);

#endif

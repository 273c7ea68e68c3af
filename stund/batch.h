/*
 * batch: receive many datagrams with one system call and send the answers with
 * another one, each from the address and interface at which its request
 * arrived.
 */
#ifndef BATCH_H
#define BATCH_H

#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>

#include "stun.h"

#define BATCH_SIZE	64		/* datagrams */
#define BATCH_BYTES	1500		/* of one datagram; longer ones are
					   invalid */

struct stund_batch;

/* A received datagram. */
struct stund_datagram {
	const uint8_t	*p;
	size_t		 len;		/* bytes; 0 when it was truncated */
	const struct sockaddr *from;
};

/* Make a batch.  Returns NULL when out of memory. */
struct stund_batch *stund_batch_new(void);

/* Free the batch; NULL is allowed. */
void	 stund_batch_free(struct stund_batch *b);

/*
 * Receive the datagrams waiting at `fd'.  Returns their number, at most
 * BATCH_SIZE; 0 when there are none; -1 with errno.
 */
int	 stund_batch_receive(struct stund_batch *b, int fd);

/* Get the received datagram `i'. */
void	 stund_batch_get(const struct stund_batch *b, int i,
	    struct stund_datagram *d);

/*
 * Room of STUN_MAX_REPLY bytes for an answer, and the call that adds it: `len'
 * bytes for datagram `i'.  Answers are added in the order of their datagrams.
 */
uint8_t	*stund_batch_room(struct stund_batch *b);
void	 stund_batch_answer(struct stund_batch *b, int i, size_t len);

/*
 * Send all answers.  Answers that the kernel refuses, because of an unreachable
 * destination or a full socket, are dropped.  Returns how many were.
 */
int	 stund_batch_send(struct stund_batch *b, int fd);

#endif

/*
 * linkpriv: what the files of a link share.  Used only by these files.
 *
 * workerlink.c	begin and end, whether the relay is there
 * linkin.c	what comes from the relay
 * linkout.c	what goes to the relay
 */
#ifndef LINKPRIV_H
#define LINKPRIV_H

#include "workerlink.h"

#define WORKER_LINK_IN		(256 * 1024)	/* bytes of one read */
/* Largest frame that is handled as a whole. */
#define WORKER_LINK_FRAME	(FRAME_HDR_LEN + FRAME_KEY_LEN + \
				    FRAME_MAX_PACKET)
#define WORKER_LINK_BATCH	(64 * 1024)	/* bytes of frames of a send */
#define WORKER_LINK_PLAIN	(WORKER_LINK_FRAME + WORKER_CONTROL)
#define WORKER_LINK_RECORDS	(WORKER_LINK_PLAIN / NET_RECORD_MAX + 1)
#define WORKER_LINK_WIRE	(WORKER_LINK_PLAIN + WORKER_LINK_RECORDS * \
				    NET_RECORD_OVERHEAD + NET_RECORD_UPDATE)

struct worker_links {
	struct event_base *base;
	struct net_record_cache records;
	/* Ciphertext of a read, behind the record that was cut; it is decrypted
	   in place, and packets stay there until they are passed on. */
	uint8_t		 in[NET_RECORD_WIRE + WORKER_LINK_IN];
	/* Frames that were cut, put together: no more bytes than that. */
	uint8_t		 arena[NET_RECORD_WIRE + WORKER_LINK_IN +
			    WORKER_LINK_FRAME];
	size_t		 arena_len;
	uint8_t		 wire[WORKER_LINK_WIRE]; /* records of one send */
};

/* Copy `n' bytes to *b, in place of what was there.  Returns 0, or -1. */
int	 worker_link_keep(struct worker_link_bytes *b, const void *p, size_t n);

/* Free what is there. */
void	 worker_link_drop(struct worker_link_bytes *b);

/*
 * End the link for `why'; ops->ended() is called by the event loop, later.
 */
void	 worker_link_fail(struct worker_link *l, const char *why);

/* End or ping a relay that was silent for too long. */
void	 worker_link_watch(struct worker_link *l, uint64_t now);

/* linkin.c: read the socket once, and handle what came. */
void	 worker_link_read(struct worker_link *l, uint64_t now);

/* linkout.c: queue a frame of at most FRAME_PONG_SIZE bytes before packets. */
void	 worker_link_control(struct worker_link *l, const uint8_t *p, size_t n);

/* The socket has room. */
void	 worker_link_writable(struct worker_link *l, uint64_t now);

/* Send an alert, if the socket takes it, as the last record. */
void	 worker_link_alert(struct worker_link *l, enum net_alert a);

/* Returns the bytes that the relay's host has acknowledged, of l->given. */
uint64_t worker_link_acked(const struct worker_link *l);

#endif

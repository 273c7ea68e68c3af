/*
 * imsg: messages with file descriptors over a socketpair, for systems whose
 * libutil has none.  Implements the calls that this suite uses, with the names
 * and semantics of OpenBSD's imsg_init(3) (7.7 and later).  Both ends of a
 * channel are on one machine, so integers are in host byte order.
 */
#ifndef COMPAT_IMSG_H
#define COMPAT_IMSG_H

#include <sys/queue.h>
#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#define IMSG_HEADER_SIZE	sizeof(struct imsg_hdr)
#define MAX_IMSGSIZE		16384

struct imsg_hdr {
	uint32_t	 type;
	uint32_t	 len;		/* header and payload, bytes */
	uint32_t	 peerid;
	uint32_t	 pid;
};

struct imsg {
	struct imsg_hdr	 hdr;
	int		 fd;		/* -1 when the message has none */
	void		*data;		/* payload */
	unsigned char	*buf;		/* owner of data */
};

struct imsg_out;
TAILQ_HEAD(imsg_out_list, imsg_out);

struct imsgbuf {
	int		 fd;
	pid_t		 pid;
	uint32_t	 maxsize;	/* of a message, header included */
	int		 fdpass;	/* imsgbuf_allow_fdpass() was called */
	unsigned char	*rbuf;
	size_t		 roff, rlen;	/* unread bytes: from, to */
	size_t		 rcap;		/* size of rbuf */
	int		*fds;		/* received, in order, not yet
					   collected */
	size_t		 nfds, fdcap;
	struct imsg_out_list out;
	uint32_t	 nout;
};

/*
 * Initialise a channel on the socket `fd', without descriptor passing and with
 * messages of at most MAX_IMSGSIZE bytes.  Returns 0, or -1 with errno.
 */
int	 imsgbuf_init(struct imsgbuf *b, int fd);

/* Allow descriptors on this channel, in both directions. */
void	 imsgbuf_allow_fdpass(struct imsgbuf *b);

/*
 * Set the size of the largest message, in bytes with the header.  Returns 0, or
 * -1 with errno when the size is out of range.
 */
int	 imsgbuf_set_maxsize(struct imsgbuf *b, uint32_t size);

/*
 * Read what the socket has.  Returns 1 when data was read or the read would
 * block, 0 when the other end is closed, -1 with errno.
 */
int	 imsgbuf_read(struct imsgbuf *b);

/*
 * Get the next complete message in *m (free it with imsg_free()).  Returns its
 * size in bytes, 0 when no message is complete, -1 with errno ERANGE or EBADMSG
 * when the stream is malformed.
 */
ssize_t	 imsg_get(struct imsgbuf *b, struct imsg *m);

/* The type of a message, and the size of its payload in bytes. */
uint32_t imsg_get_type(struct imsg *m);
size_t	 imsg_get_len(struct imsg *m);

/* Take the descriptor out of the message.  Returns -1 when it has none. */
int	 imsg_get_fd(struct imsg *m);

/*
 * Zero and free the payload; close a descriptor that is still in the message.
 */
void	 imsg_free(struct imsg *m);

/*
 * Queue a message.  `fd' (-1 for none) is closed once sent.  Returns 1, or -1
 * with errno; on failure the caller still owns `fd'.
 */
int	 imsg_compose(struct imsgbuf *b, uint32_t type, uint32_t id, pid_t pid,
	    int fd, const void *data, size_t len);

/*
 * Write queued messages.  Returns 0 when all are written or the socket is full
 * (see imsgbuf_queuelen()), -1 with errno.
 */
int	 imsgbuf_write(struct imsgbuf *b);

/* Number of queued messages. */
uint32_t imsgbuf_queuelen(struct imsgbuf *b);

/* Free all buffers and queued messages.  The socket stays open. */
void	 imsgbuf_clear(struct imsgbuf *b);

#endif

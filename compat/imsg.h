/*
 * imsg: messages with descriptors over a socketpair, for systems whose libutil
 * has none.  The calls that this suite uses, with the names and the meaning
 * of OpenBSD's imsg_init(3) (7.7 and later); a channel of the suite begins and
 * ends on one machine, so that integers are in its byte order.
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
	int		 fd;		/* -1 when none came along */
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
	int		*fds;		/* received, in order, not yet taken */
	size_t		 nfds, fdcap;
	struct imsg_out_list out;
	uint32_t	 nout;
};

/*
 * Begin to use the socket `fd', without descriptors and with messages of at
 * most MAX_IMSGSIZE bytes.  0, or -1 with errno.
 */
int	 imsgbuf_init(struct imsgbuf *b, int fd);

/* Descriptors may come and go on this channel. */
void	 imsgbuf_allow_fdpass(struct imsgbuf *b);

/*
 * Set the bytes of the largest message, header included.  0, or -1 with errno
 * when that is too few or too many.
 */
int	 imsgbuf_set_maxsize(struct imsgbuf *b, uint32_t size);

/*
 * Read what the socket has.  1 read something (or would block), 0 the other
 * end is closed, -1 with errno.
 */
int	 imsgbuf_read(struct imsgbuf *b);

/*
 * Take the next whole message.  Its size in bytes and *m filled in (free with
 * imsg_free()), 0 when none is whole, -1 with errno ERANGE or EBADMSG when the
 * stream is malformed.
 */
ssize_t	 imsg_get(struct imsgbuf *b, struct imsg *m);

/* The type of a message, and the bytes of its payload. */
uint32_t imsg_get_type(struct imsg *m);
size_t	 imsg_get_len(struct imsg *m);

/* Take the descriptor, -1 when there is none. */
int	 imsg_get_fd(struct imsg *m);

/* Zero and free the payload; close a descriptor that nobody took. */
void	 imsg_free(struct imsg *m);

/*
 * Queue a message; `fd' (-1 none) is closed once sent.  1 queued, -1 with errno
 * (`fd' is then still the caller's).
 */
int	 imsg_compose(struct imsgbuf *b, uint32_t type, uint32_t id, pid_t pid,
	    int fd, const void *data, size_t len);

/*
 * Write queued messages.  0 all written or the socket is full (see
 * imsgbuf_queuelen()), -1 with errno.
 */
int	 imsgbuf_write(struct imsgbuf *b);

/* Messages that are queued. */
uint32_t imsgbuf_queuelen(struct imsgbuf *b);

/* Free everything; the socket itself stays open. */
void	 imsgbuf_clear(struct imsgbuf *b);

#endif

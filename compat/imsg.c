/*
 * imsg: messages with file descriptors over a socketpair; see imsg.h.  Used by
 * lib/ipc/chan.c on systems whose libutil has no imsg.
 *
 * A message that carries a descriptor is sent with a sendmsg(2) call of its
 * own, and its header has the bit FD_MARK set.  The receiver pairs descriptors
 * with marked messages in order of arrival, however the stream was split.  All
 * other messages are sent with send(2), so that a process that passes no
 * descriptors can run without sendmsg(2).
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

#define FD_MARK		0x80000000U	/* in hdr.len: a descriptor follows */
#define READ_SIZE	65536	/* size of a new read buffer */
#define READ_MIN	8192	/* least free space worth a read */
#define MAX_FDS		4		/* received, waiting for imsg_get(): two
					for two cut messages, and a margin */

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

struct imsg_out {
	TAILQ_ENTRY(imsg_out) entry;
	size_t		 off, len;
	int		 fd;
	unsigned char	 data[];
};

union control {
	struct cmsghdr	 hdr;		/* aligns buf */
	unsigned char	 buf[CMSG_SPACE(sizeof(int) * MAX_FDS)];
};

int
imsgbuf_init(struct imsgbuf *b, int fd)
{
	memset(b, 0, sizeof(*b));
	b->fd = fd;
	b->pid = getpid();
	b->maxsize = MAX_IMSGSIZE;
	TAILQ_INIT(&b->out);
	return (0);
}

void
imsgbuf_allow_fdpass(struct imsgbuf *b)
{
	b->fdpass = 1;
}

int
imsgbuf_set_maxsize(struct imsgbuf *b, uint32_t size)
{
	if (size < IMSG_HEADER_SIZE || size >= FD_MARK) {
		errno = EINVAL;
		return (-1);
	}
	b->maxsize = size;
	return (0);
}

static int
keep_fd(struct imsgbuf *b, int fd)
{
	int *v;

	if (b->nfds >= MAX_FDS || !b->fdpass) {
		close(fd);
		errno = EBADMSG;
		return (-1);
	}
	if (b->nfds == b->fdcap) {
		v = reallocarray(b->fds, b->fdcap + 8, sizeof(*v));
		if (v == NULL) {
			close(fd);
			return (-1);
		}
		b->fds = v;
		b->fdcap += 8;
	}
	b->fds[b->nfds++] = fd;
	return (0);
}

/*
 * Collect all descriptors of a control message, also when one of them is
 * refused.
 */
static int
keep_fds(struct imsgbuf *b, struct msghdr *mh)
{
	struct cmsghdr *cm;
	size_t i, n;
	int fd, rv = 0;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(fd),
			    sizeof(fd));
			if (keep_fd(b, fd) == -1)
				rv = -1;
		}
	}
	if (mh->msg_flags & MSG_CTRUNC) {
		errno = EMFILE;		/* a descriptor was lost */
		return (-1);
	}
	return (rv);
}

/*
 * Make room for at least READ_MIN bytes behind the unread data, if necessary by
 * moving the unread data to the front of a new buffer.
 */
static int
read_room(struct imsgbuf *b)
{
	size_t left = b->rlen - b->roff;
	unsigned char *p;

	if (b->rcap - b->rlen >= READ_MIN)
		return (0);
	if ((p = malloc(left + READ_SIZE)) == NULL)
		return (-1);
	if (b->rbuf != NULL) {
		memcpy(p, b->rbuf + b->roff, left);
		explicit_bzero(b->rbuf, b->rlen);
		free(b->rbuf);
	}
	b->rbuf = p;
	b->roff = 0;
	b->rlen = left;
	b->rcap = left + READ_SIZE;
	return (0);
}

int
imsgbuf_read(struct imsgbuf *b)
{
	union control ctl;
	struct msghdr mh;
	struct iovec iov;
	ssize_t n;

	if (read_room(b) == -1)
		return (-1);
	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	iov.iov_base = b->rbuf + b->rlen;
	iov.iov_len = b->rcap - b->rlen;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.buf;
	mh.msg_controllen = sizeof(ctl.buf);
	do
		n = recvmsg(b->fd, &mh, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -1);
	if (keep_fds(b, &mh) == -1)
		return (-1);
	if (n == 0)
		return (0);
	b->rlen += (size_t)n;
	return (1);
}

/* Zero and consume the first `n' bytes; free the buffer when it is empty. */
static void
read_drop(struct imsgbuf *b, size_t n)
{
	explicit_bzero(b->rbuf + b->roff, n);
	b->roff += n;
	if (b->roff < b->rlen)
		return;
	free(b->rbuf);
	b->rbuf = NULL;
	b->roff = b->rlen = b->rcap = 0;
}

ssize_t
imsg_get(struct imsgbuf *b, struct imsg *m)
{
	struct imsg_hdr hdr;
	size_t len, left = b->rlen - b->roff;

	if (left < sizeof(hdr))
		return (0);
	memcpy(&hdr, b->rbuf + b->roff, sizeof(hdr));
	len = hdr.len & ~FD_MARK;
	if (len < sizeof(hdr) || len > b->maxsize) {
		errno = ERANGE;
		return (-1);
	}
	if (left < len)
		return (0);
	if ((hdr.len & FD_MARK) && b->nfds == 0) {
		errno = EBADMSG;
		return (-1);
	}
	memset(m, 0, sizeof(*m));
	m->fd = -1;
	if ((m->buf = malloc(len)) == NULL)
		return (-1);
	memcpy(m->buf, b->rbuf + b->roff, len);
	m->data = m->buf + sizeof(hdr);
	if (hdr.len & FD_MARK) {
		m->fd = b->fds[0];
		b->nfds--;
		memmove(b->fds, b->fds + 1, b->nfds * sizeof(*b->fds));
	}
	m->hdr = hdr;
	m->hdr.len = (uint32_t)len;
	read_drop(b, len);
	return ((ssize_t)len);
}

uint32_t
imsg_get_type(struct imsg *m)
{
	return (m->hdr.type);
}

size_t
imsg_get_len(struct imsg *m)
{
	return (m->hdr.len - sizeof(m->hdr));
}

int
imsg_get_fd(struct imsg *m)
{
	int fd = m->fd;

	m->fd = -1;
	return (fd);
}

void
imsg_free(struct imsg *m)
{
	if (m->buf != NULL) {
		explicit_bzero(m->buf, m->hdr.len);
		free(m->buf);
	}
	if (m->fd != -1)
		close(m->fd);
	m->buf = NULL;
	m->fd = -1;
}

int
imsg_compose(struct imsgbuf *b, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct imsg_out *o;
	struct imsg_hdr hdr;

	if (fd != -1 && !b->fdpass) {
		errno = EINVAL;
		return (-1);
	}
	if (len > b->maxsize - sizeof(hdr)) {
		errno = ERANGE;
		return (-1);
	}
	if ((o = malloc(sizeof(*o) + sizeof(hdr) + len)) == NULL)
		return (-1);
	hdr.type = type;
	hdr.len = (uint32_t)(sizeof(hdr) + len) | (fd != -1 ? FD_MARK : 0);
	hdr.peerid = id;
	hdr.pid = (uint32_t)(pid == 0 ? b->pid : pid);
	o->off = 0;
	o->len = sizeof(hdr) + len;
	o->fd = fd;
	memcpy(o->data, &hdr, sizeof(hdr));
	if (len > 0)
		memcpy(o->data + sizeof(hdr), data, len);
	TAILQ_INSERT_TAIL(&b->out, o, entry);
	b->nout++;
	return (1);
}

static void
out_free(struct imsgbuf *b, struct imsg_out *o)
{
	TAILQ_REMOVE(&b->out, o, entry);
	b->nout--;
	if (o->fd != -1)
		close(o->fd);
	explicit_bzero(o->data, o->len);
	free(o);
}

/* Send the rest of a message with its descriptor.  Returns bytes, or -1. */
static ssize_t
send_fd(struct imsgbuf *b, struct imsg_out *o)
{
	union control ctl;
	struct msghdr mh;
	struct cmsghdr *cm;
	struct iovec iov;

	memset(&mh, 0, sizeof(mh));
	iov.iov_base = o->data + o->off;
	iov.iov_len = o->len - o->off;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	memset(&ctl, 0, sizeof(ctl));
	mh.msg_control = ctl.buf;
	mh.msg_controllen = CMSG_SPACE(sizeof(int));
	cm = CMSG_FIRSTHDR(&mh);
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(cm), &o->fd, sizeof(int));
	return (sendmsg(b->fd, &mh, MSG_NOSIGNAL));
}

/* Send the rest of a message.  Returns bytes, or -1. */
static ssize_t
send_one(struct imsgbuf *b, struct imsg_out *o)
{
	ssize_t n;

	do
		n = o->fd != -1 ? send_fd(b, o) : send(b->fd, o->data + o->off,
		    o->len - o->off, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return (n);
}

int
imsgbuf_write(struct imsgbuf *b)
{
	struct imsg_out *o;
	ssize_t n;

	while ((o = TAILQ_FIRST(&b->out)) != NULL) {
		if ((n = send_one(b, o)) == -1)
			return (errno == EAGAIN || errno == EWOULDBLOCK ||
			    errno == ENOBUFS ? 0 : -1);
		if (o->fd != -1) {	/* sent with the first byte */
			close(o->fd);
			o->fd = -1;
		}
		o->off += (size_t)n;
		if (o->off == o->len)
			out_free(b, o);
	}
	return (0);
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *b)
{
	return (b->nout);
}

void
imsgbuf_clear(struct imsgbuf *b)
{
	struct imsg_out *o;

	while ((o = TAILQ_FIRST(&b->out)) != NULL)
		out_free(b, o);
	while (b->nfds > 0)
		close(b->fds[--b->nfds]);
	free(b->fds);
	if (b->rbuf != NULL) {
		explicit_bzero(b->rbuf, b->rlen);
		free(b->rbuf);
	}
	memset(b, 0, sizeof(*b));
	b->fd = -1;
	TAILQ_INIT(&b->out);
}

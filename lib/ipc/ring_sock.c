/*
 * ring_sock: a socket pair in place of shared memory; see ring.h.  Called by
 * ring.c alone.
 *
 * The "ring" is a buffer of this side, written with one send(2) a turn.  A side
 * that sleeps is woken by the bytes themselves.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ringend.h"

#define BUFFER	(1024 * 1024)	/* of the kernel, which doubles it, bytes */
#define IN_SIZE	(64 * 1024)		/* of one recv(2), bytes */

struct ipc_ringsock {
	struct ipc_ring	 ring;
	int		 fd;
	uint8_t		*out;		/* ring.size bytes; NULL: empty */
	size_t		 first, used;
	int		 blocked;	/* the kernel's buffer is full */
	int		 readable;
	size_t		 inoff, inlen;
	uint8_t		 in[IN_SIZE];
};

static struct ipc_ringsock *
sock_of(struct ipc_ring *r)
{
	return ((struct ipc_ringsock *)(void *)r);
}

unsigned int
ipc_ring_nfds(void)
{
	return (1);
}

int
ipc_ring_make(size_t size, int a[IPC_RING_MAXFDS], int b[IPC_RING_MAXFDS])
{
	int sv[2], bytes = BUFFER, i;

	(void)size;
	for (i = 0; i < IPC_RING_MAXFDS; i++)
		a[i] = b[i] = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    sv) == -1)
		return (-1);
	for (i = 0; i < 2; i++)		/* the kernel may cap it */
		(void)setsockopt(sv[i], SOL_SOCKET, SO_SNDBUF, &bytes,
		    sizeof(bytes));
	a[0] = sv[0];
	b[0] = sv[1];
	return (0);
}

void
ipc_ring_close_fds(const int fds[IPC_RING_MAXFDS])
{
	if (fds[0] != -1)
		close(fds[0]);
}

struct ipc_ring *
ipc_ringend_open(const int fds[IPC_RING_MAXFDS])
{
	struct ipc_ringsock *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		close(fds[0]);
		errno = ENOMEM;
		return (NULL);
	}
	s->fd = fds[0];
	/* The kernel holds the other half. */
	s->ring.size = IPC_RING_LARGEST / 2;
	/* A buffered entry may be there before the first event. */
	s->readable = 1;
	return (&s->ring);
}

void
ipc_ringend_free(struct ipc_ring *r)
{
	struct ipc_ringsock *s = sock_of(r);

	close(s->fd);
	free(s->out);
	free(s);
}

int
ipc_ring_fd(const struct ipc_ring *r)
{
	return (((const struct ipc_ringsock *)(const void *)r)->fd);
}

void
ipc_ring_woken(struct ipc_ring *r)
{
	sock_of(r)->readable = 1;
}

int
ipc_ring_sleep(struct ipc_ring *r)
{
	const struct ipc_ringsock *s = sock_of(r);

	return (s->inoff == s->inlen);
}

void
ipc_ring_awake(struct ipc_ring *r)
{
	(void)r;
}

void
ipc_ring_tick(struct ipc_ring *r)
{
	/* The buffer is given back when it is empty. */
	(void)r;
}

size_t
ipc_ringend_room(struct ipc_ring *r, size_t want)
{
	(void)want;
	return (r->size - sock_of(r)->used);
}

void
ipc_ringend_write(struct ipc_ring *r, const void *p, size_t n)
{
	struct ipc_ringsock *s = sock_of(r);
	size_t at = (s->first + s->used) % r->size, k = r->size - at;

	if (s->out == NULL && (s->out = malloc(r->size)) == NULL) {
		r->lost = "out of memory";
		return;
	}
	if (k > n)
		k = n;
	memcpy(s->out + at, p, k);
	memcpy(s->out, (const uint8_t *)p + k, n - k);
	s->used += n;
}

void
ipc_ringend_publish(struct ipc_ring *r)
{
	struct ipc_ringsock *s = sock_of(r);
	size_t k;
	ssize_t n;

	s->blocked = 0;
	while (s->used > 0) {
		k = r->size - s->first;
		n = send(s->fd, s->out + s->first, s->used < k ? s->used : k,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			/* Other errors are found when it is read. */
			s->blocked = errno == EAGAIN || errno == ENOBUFS;
			return;
		}
		s->first = (s->first + (size_t)n) % r->size;
		s->used -= (size_t)n;
	}
	free(s->out);
	s->out = NULL;
	s->first = 0;
}

int
ipc_ringend_blocked(struct ipc_ring *r, int waits)
{
	(void)waits;
	return (sock_of(r)->blocked);
}

enum ipc_ring_state
ipc_ringend_peek(struct ipc_ring *r, const uint8_t **p, size_t *n)
{
	struct ipc_ringsock *s = sock_of(r);
	ssize_t k;

	if (s->inoff == s->inlen) {
		if (!s->readable)
			return (IPC_RING_EMPTY);
		k = recv(s->fd, s->in, sizeof(s->in), MSG_DONTWAIT);
		if (k == -1 && (errno == EAGAIN || errno == EINTR)) {
			s->readable = 0;
			return (IPC_RING_EMPTY);
		}
		if (k <= 0)
			return (IPC_RING_CLOSED);
		s->inoff = 0;
		s->inlen = (size_t)k;
	}
	*p = s->in + s->inoff;
	*n = s->inlen - s->inoff;
	return (IPC_RING_MORE);
}

void
ipc_ringend_take(struct ipc_ring *r, size_t n)
{
	sock_of(r)->inoff += n;
}

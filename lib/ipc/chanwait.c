/*
 * chanwait: calls that wait for the other end of a channel, or look whether it
 * has sent something; see chan.h.  Used by processes without an event loop, and
 * by the others where they must wait.
 */
#include <sys/types.h>
#include <errno.h>
#include <poll.h>

#include "chan.h"
#include "chanpriv.h"
#include "clock.h"

/*
 * Wait for `what' on the socket until `end'.  Returns 0, or -1 with ETIMEDOUT.
 */
static int
wait_for(struct ipc_chan *c, short what, long long end)
{
	struct pollfd pfd = { .fd = c->fd, .events = what };
	long long left;
	int n;

	do {
		if ((left = end - base_clock_ms()) < 0)
			left = 0;
		n = poll(&pfd, 1, (int)left);
	} while (n == -1 && errno == EINTR);
	if (n == 1)
		return (0);
	if (n == 0)
		errno = ETIMEDOUT;
	return (-1);
}

/*
 * Wait until `end' or until the system may take a descriptor.  Returns as
 * wait_for().
 */
static int
wait_again(long long end)
{
	long long left = end - base_clock_ms();

	if (left <= 0) {
		errno = ETIMEDOUT;
		return (-1);
	}
	(void)poll(NULL, 0, left < CHAN_AGAIN_MS ? (int)left : CHAN_AGAIN_MS);
	return (0);
}

int
ipc_chan_flush(struct ipc_chan *c, int ms)
{
	long long end = base_clock_ms() + ms;
	int rv;

	for (;;) {
		if (c->gone) {
			errno = EPIPE;
			return (-1);
		}
		if ((rv = ipc_chan_write(c)) == -1)
			return (-1);
		if (imsgbuf_queuelen(&c->ibuf) == 0)
			return (0);
		if ((rv == 1 ? wait_again(end) : wait_for(c, POLLOUT,
		    end)) == -1)
			return (-1);
	}
}

int
ipc_chan_pending(struct ipc_chan *c)
{
	const char *why;
	int n;

	if (!c->has_ahead && c->gone != EPROTO) {
		n = ipc_chan_next(c, &c->ahead, &why);
		c->has_ahead = n == 1;
		if (n == -1)
			c->gone = EPROTO;
	}
	return (c->has_ahead || c->gone);
}

int
ipc_chan_poll(struct ipc_chan *c)
{
	int n;

	while (!ipc_chan_pending(c)) {
		if (wait_for(c, POLLIN, base_clock_ms()) == -1)
			return (0);
		if ((n = imsgbuf_read(&c->ibuf)) != 1)
			c->gone = n == -1 && errno == EBADMSG ? EPROTO : EPIPE;
	}
	return (1);
}

int
ipc_chan_recv(struct ipc_chan *c, struct ipc_msg *m, int ms)
{
	long long end = base_clock_ms() + ms;
	const char *why;
	int n, look = ms > 0;

	for (;; look = 1) {
		if (c->gone == EPROTO) {
			errno = EPROTO;
			return (-1);
		}
		if ((n = ipc_chan_next(c, m, &why)) == 1)
			return (0);
		if (n == -1) {
			c->gone = errno = EPROTO;
			return (-1);
		}
		if (c->gone) {
			errno = EPIPE;
			return (-1);
		}
		/*
		 * A caller that does not wait knows that the socket is
		 * readable.
		 */
		if (look && wait_for(c, POLLIN, end) == -1)
			return (-1);
		if ((n = imsgbuf_read(&c->ibuf)) != 1)
			c->gone = n == -1 && errno == EBADMSG ? EPROTO : EPIPE;
	}
}

int
ipc_chan_call(struct ipc_chan *c, uint32_t type, const struct ipc_wr *w, int fd,
    struct ipc_msg *answer, int ms)
{
	long long end = base_clock_ms() + ms, left;

	if (ipc_chan_send(c, type, w, fd) == -1 || ipc_chan_flush(c, ms) == -1)
		return (-1);
	if ((left = end - base_clock_ms()) < 0)
		left = 0;
	return (ipc_chan_recv(c, answer, (int)left));
}

/*
 * backend: see backend.h.  Called by iface.c, ifaceset.c and wgslots.c.  Sends
 * and receives on the descriptor of an interface, and nothing else.
 *
 * The answer to a dump carries the private key of the interface and the
 * preshared keys: the buffer is zeroed after each read.
 */
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/netlink.h>
#endif

#include "backend.h"
#include "clock.h"
#include "uapi.h"

#define TRIES	3		/* of a dump of a device that changes */

void
wg_backend_init(struct wg_backend *b, uint8_t *buf)
{
	memset(b, 0, sizeof(*b));
	b->fd = -1;
	b->buf = buf;
}

void
wg_backend_close(struct wg_backend *b)
{
	if (b->fd != -1)
		close(b->fd);
	b->fd = -1;
	b->family = 0;
}

void
wg_backend_open(struct wg_backend *b, int fd)
{
	wg_backend_close(b);
	b->fd = fd;
}

/* The descriptor can't be used any more. */
static int
broken(struct wg_backend *b, int error)
{
	wg_backend_close(b);
	errno = error;
	return (-1);
}

/* Wait for input or (POLLOUT) room until the deadline.  Returns 0, or -1. */
static int
wait_for(const struct wg_backend *b, short what, uint64_t until)
{
	struct pollfd p = { .fd = b->fd, .events = what };
	const uint64_t now = base_clock_ms();
	int n;

	n = poll(&p, 1, now < until ? (int)(until - now) : 0);
	if (n == 0)
		errno = ETIMEDOUT;
	return (n == 1 || (n == -1 && errno == EINTR) ? 0 : -1);
}

static int
transmit(struct wg_backend *b, const void *p, size_t len, uint64_t until)
{
	const uint8_t *next = p;
	ssize_t n;

	while (len > 0) {
		n = send(b->fd, next, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
			if (wait_for(b, POLLOUT, until) == -1)
				return (-1);
			continue;
		}
		if (n == -1)
			return (-1);
		next += n;
		len -= (size_t)n;
	}
	return (0);
}

/* Is this the address of a process other than the kernel? */
static int
stranger(const struct sockaddr_storage *ss, socklen_t len)
{
#ifdef __linux__
	struct sockaddr_nl nl;

	if (len >= sizeof(nl) && ss->ss_family == AF_NETLINK) {
		memcpy(&nl, ss, sizeof(nl));
		return (nl.nl_pid != 0);
	}
#endif
	(void)ss;
	(void)len;
	return (0);
}

/* Receive what is next, into the buffer.  Returns bytes, or -1. */
static ssize_t
receive(struct wg_backend *b, uint64_t until)
{
	struct sockaddr_storage ss;
	socklen_t len;
	ssize_t n;
	int known;

	for (;;) {
		len = sizeof(ss);
		/* MSG_TRUNC: with its whole length, if it is longer. */
		n = recvfrom(b->fd, b->buf, WG_BACKEND_BUF, MSG_DONTWAIT |
		    (b->uapi ? 0 : MSG_TRUNC), (struct sockaddr *)&ss, &len);
		known = n > 0 && !stranger(&ss, len);
		if (known && n <= WG_BACKEND_BUF)
			return (n);
		/* Nobody reads it: no key stays. */
		if (n > 0)
			explicit_bzero(b->buf, WG_BACKEND_BUF);
		if (n > 0 && !known)
			continue;
		if (n != -1) {
			errno = n == 0 ? EPIPE : EMSGSIZE;
			return (-1);
		}
		if ((errno != EAGAIN && errno != EINTR) ||
		    wait_for(b, POLLIN, until) == -1)
			return (-1);
	}
}

/* Generic netlink */

enum what { FAMILY, DEVICE, ACK };

/* Send a request and read its answer; a code of enum wg_genl_end, or -1. */
static int
exchange(struct wg_backend *b, const uint8_t *request, size_t len,
    enum what what, struct wg_dump *d, int *error)
{
	const uint64_t until = base_clock_ms() + WG_BACKEND_MS;
	enum wg_genl_end end;
	ssize_t n;

	if (transmit(b, request, len, until) == -1)
		return (-1);
	do {
		if ((n = receive(b, until)) == -1)
			return (-1);
		if (what == FAMILY)
			end = wg_genl_read_family(b->buf, (size_t)n, b->seq,
			    &b->family, error);
		else if (what == DEVICE)
			end = wg_genl_read_device(b->buf, (size_t)n, b->seq,
			    b->family, d, error);
		else
			end = wg_genl_read_ack(b->buf, (size_t)n, b->seq,
			    error);
		explicit_bzero(b->buf, (size_t)n);
	} while (end == WG_GENL_MORE && base_clock_ms() < until);
	return ((int)end);
}

/* The end of an exchange as the result of a request. */
static int
result(struct wg_backend *b, int end, int error)
{
	switch (end) {
	case WG_GENL_DONE:
		return (0);
	case WG_GENL_AGAIN:
		errno = EAGAIN;
		return (-1);
	case WG_GENL_ERROR:
		/* The module was unloaded, and has another number now. */
		if (error == ENOENT)
			b->family = 0;
		errno = error;
		return (-1);
	case WG_GENL_JUNK:
		return (broken(b, EBADMSG));
	case WG_GENL_MORE:
		return (broken(b, ETIMEDOUT));
	default:
		return (broken(b, errno));
	}
}

static int
genl_family(struct wg_backend *b)
{
	uint8_t request[WG_GENL_REQUEST];
	int end, error = 0;
	size_t len;

	if (b->family != 0)
		return (0);
	len = wg_genl_family(request, ++b->seq);
	end = exchange(b, request, len, FAMILY, NULL, &error);
	/* Told apart from ENOENT of the family itself. */
	if (end == WG_GENL_ERROR && error == ENOENT)
		error = EPROTONOSUPPORT;
	return (result(b, end, error));
}

static int
genl_dump(struct wg_backend *b, struct wg_dump *d)
{
	uint8_t request[WG_GENL_REQUEST];
	int end, error = 0, n = 0;
	size_t len;

	if (genl_family(b) == -1)
		return (-1);
	do {
		wg_dump_clear(d);
		len = wg_genl_get(request, ++b->seq, b->family, b->name);
		end = exchange(b, request, len, DEVICE, d, &error);
	} while (end == WG_GENL_AGAIN && ++n < TRIES);
	return (result(b, end, error));
}

static int
genl_set(struct wg_backend *b, const uint8_t *key, const struct wg_endpoint *e)
{
	uint8_t request[WG_GENL_REQUEST];
	int end, error = 0;
	size_t len;

	if (genl_family(b) == -1)
		return (-1);
	len = wg_genl_set(request, ++b->seq, b->family, b->name, key, e);
	end = exchange(b, request, len, ACK, NULL, &error);
	return (result(b, end, error));
}

/* wireguard-go */

static int
uapi_exchange(struct wg_backend *b, const char *request, size_t len,
    struct wg_dump *d)
{
	const uint64_t until = base_clock_ms() + WG_BACKEND_MS;
	struct wg_uapi_in in;
	enum wg_uapi_end end = WG_UAPI_MORE;
	int error = ETIMEDOUT;
	ssize_t n = 0;

	if (transmit(b, request, len, until) == -1)
		return (broken(b, errno));
	wg_uapi_begin(&in, d);
	while (end == WG_UAPI_MORE && base_clock_ms() < until) {
		if ((n = receive(b, until)) == -1) {
			error = errno;
			break;
		}
		end = wg_uapi_read(&in, (char *)b->buf, (size_t)n);
		explicit_bzero(b->buf, (size_t)n);
	}
	if (end == WG_UAPI_ERROR)
		error = in.error;
	wg_uapi_end(&in);
	if (end == WG_UAPI_DONE)
		return (0);
	if (end != WG_UAPI_ERROR)
		return (broken(b, end == WG_UAPI_JUNK ? EBADMSG : error));
	errno = error;
	return (-1);
}

/* Both */

int
wg_backend_dump(struct wg_backend *b, struct wg_dump *d)
{
	char request[WG_UAPI_REQUEST];

	wg_dump_clear(d);
	if (b->fd == -1) {
		errno = ENOTCONN;
		return (-1);
	}
	if (b->uapi)
		return (uapi_exchange(b, request, wg_uapi_get(request), d));
	return (genl_dump(b, d));
}

int
wg_backend_set(struct wg_backend *b, const uint8_t key[WG_KEYLEN],
    const struct wg_endpoint *e)
{
	char request[WG_UAPI_REQUEST];

	if (b->fd == -1) {
		errno = ENOTCONN;
		return (-1);
	}
	if (b->uapi)
		return (uapi_exchange(b, request, wg_uapi_set(request, key, e),
		    NULL));
	return (genl_set(b, key, e));
}

const char *
wg_backend_why(const struct wg_backend *b, int error)
{
	switch (error) {
	case ENODEV:
		return ("there is no such interface");
	case EOPNOTSUPP:
		return ("it is not a WireGuard interface");
	case EPERM:
		return ("the kernel refuses: derpbridged must be started with "
		    "CAP_NET_ADMIN in the user namespace of the interface");
	case EPROTONOSUPPORT:
		return ("the kernel has no WireGuard: load its module "
		    "(modprobe wireguard)");
	case ENOTCONN:
	case EPIPE:
		return (b->uapi ? "wireguard-go is not there, or has closed "
		    "its socket" : "there is no netlink socket");
	case ETIMEDOUT:
		return (b->uapi ? "wireguard-go does not answer" :
		    "the kernel does not answer");
	case EBADMSG:
	case EMSGSIZE:
		return ("the answer is malformed");
	case EAGAIN:
		return ("the interface changes all the time");
	case ENOMEM:
	case ENOBUFS:
		return ("there is no memory");
	default:
		return ("the request was refused");
	}
}

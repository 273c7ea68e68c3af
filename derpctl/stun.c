/*
 * stun: `derpctl stun': request one's address from a STUN server, like any
 * client (RFC 8489).
 *
 * Works without derpd.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#define COOKIE		0x2112a442U
#define HEADER		20
#define TRIES		5
#define WAIT_MS		500		/* before the request is repeated */
#define DEFAULT_PORT	"3478"

static unsigned int
get16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

/* Make a Binding request without attributes, with a new transaction ID. */
static void
make_request(uint8_t q[HEADER])
{
	static const uint8_t	head[8] = { 0, 1, 0, 0, COOKIE >> 24,
	    COOKIE >> 16 & 0xff, COOKIE >> 8 & 0xff, COOKIE & 0xff };

	memcpy(q, head, sizeof(head));
	randombytes_buf(q + sizeof(head), HEADER - sizeof(head));
}

/* Format the XOR-MAPPED-ADDRESS of `size' bytes at `a'.  Returns 0, or -1. */
static int
mapped(const uint8_t *a, size_t size, const uint8_t *request, char *dst,
    size_t dstsize)
{
	uint8_t		addr[16];
	size_t		i, n = size == 8 ? 4 : 16;
	int		family = n == 4 ? AF_INET : AF_INET6;
	char		host[INET6_ADDRSTRLEN];

	if ((size != 8 && size != 20) || a[1] != (n == 4 ? 1 : 2))
		return -1;
	for (i = 0; i < n; i++)
		addr[i] = a[4 + i] ^ request[4 + i];
	if (inet_ntop(family, addr, host, sizeof(host)) == NULL)
		return -1;
	snprintf(dst, dstsize, n == 4 ? "%s:%u" : "[%s]:%u", host,
	    get16(a + 2) ^ COOKIE >> 16);
	return 0;
}

/*
 * Parse the answer to the request and its address.  Returns 0, or -1 when the
 * packet is not a valid answer.
 */
static int
parse(const uint8_t *p, size_t len, const uint8_t *request, char *dst,
    size_t dstsize)
{
	size_t	at, size;

	if (len < HEADER || get16(p) != 0x0101 ||
	    memcmp(p + 4, request + 4, HEADER - 4) != 0)
		return -1;
	for (at = HEADER; len - at >= 4; at += 4 + (size + 3) / 4 * 4) {
		size = get16(p + at + 2);
		if (size > len - at - 4)
			return -1;
		if (get16(p + at) == 0x0020)
			return mapped(p + at + 4, size, request, dst, dstsize);
		if ((size + 3) / 4 * 4 > len - at - 4)
			return -1;
	}
	return -1;
}

/* Returns 1 when answered, 0 on timeout, -1 with errno. */
static int
request_once(int fd, const uint8_t *request, char *dst, size_t dstsize)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	uint8_t		buf[1500];
	ssize_t		n;

	if (send(fd, request, HEADER, 0) == -1)
		return -1;
	while (poll(&pfd, 1, WAIT_MS) == 1) {
		if ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) == -1)
			return -1;
		if (parse(buf, (size_t)n, request, dst, dstsize) == 0)
			return 1;
	}
	return 0;
}

static int
report(const struct ctl *ctl, const char *host, const char *port,
    const char *address)
{
	if (ctl->json)
		ctl_json_ok(stdout, "address", address);
	else
		printf("%s port %s: your address is %s\n", host, port, address);
	return 0;
}

int
ctl_cmd_stun(const struct ctl *ctl, const struct command_words *w)
{
	const char	*port = w->arg[1] != NULL ? w->arg[1] : DEFAULT_PORT;
	struct addrinfo	 hints, *ai;
	uint8_t		 request[HEADER];
	char		 address[64];
	int		 fd, rv, i;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;
	if ((rv = getaddrinfo(w->arg[0], port, &hints, &ai)) != 0)
		return ctl_failed(ctl, "%s port %s: %s", w->arg[0], port,
		    gai_strerror(rv));
	fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, ai->ai_addr, ai->ai_addrlen) == -1) {
		freeaddrinfo(ai);
		return ctl_failed(ctl, "%s port %s: %s", w->arg[0], port,
		    strerror(errno));
	}
	freeaddrinfo(ai);
	make_request(request);
	for (i = 0; i < TRIES; i++)
		if ((rv = request_once(fd, request, address,
		    sizeof(address))) == 1) {
			close(fd);
			return report(ctl, w->arg[0], port, address);
		}
	rv = rv == -1 ? errno : 0;
	close(fd);
	return ctl_failed(ctl,
	    "%s port %s: no answer%s%s: is STUN enabled there, UDP "
	    "let through, and the relay healthy?", w->arg[0], port,
	    rv == 0 ? "" : ": ", rv == 0 ? "" : strerror(rv));
}

/*
 * stunask: sends datagrams over UDP and prints the answers.
 *
 *	stunask [-n COUNT] [-s SOURCE] [-t MS] HOST PORT HEX ...
 *
 * Sends each of the datagrams COUNT times (the default is 1), from one socket
 * at SOURCE.  Prints a line for each answer: its bytes as hex digits, and its
 * source address and port.  Ends when the last datagram has as many answers as
 * it was sent, by its transaction, or when nothing arrived for MS milliseconds
 * (the default is 5000); prints `nothing' without any answer.  Exits 0 in any
 * case, 2 when it could not send or receive.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"

#define MAXDATAGRAM	2048
#define HEADER		20	/* bytes of a STUN header */
#define ID		8	/* offset of its transaction */

struct datagram {
	uint8_t	p[MAXDATAGRAM];
	size_t	len;
};

static void
usage(void)
{
	fprintf(stderr, "usage: stunask [-n count] [-s source] [-t ms] "
	    "host port hex ...\n");
	exit(2);
}

static int
number(const char *s, int min, int max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || v < min || v > max)
		errx(2, "%s: expected a number from %d to %d", s, min, max);
	return ((int)v);
}

static struct addrinfo *
resolve(const char *host, const char *port, int family)
{
	struct addrinfo hints, *ai;
	int error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if ((error = getaddrinfo(host, port, &hints, &ai)) != 0)
		errx(2, "%s port %s: %s", host, port, gai_strerror(error));
	return (ai);
}

/* Not connected, so that an answer from a wrong address is received too. */
static int
open_socket(const struct addrinfo *to, const char *source)
{
	struct addrinfo *from;
	int fd = socket(to->ai_family, SOCK_DGRAM, 0);

	if (fd == -1)
		err(2, "socket");
	if (source == NULL)
		return (fd);
	from = resolve(source, "0", to->ai_family);
	if (bind(fd, from->ai_addr, from->ai_addrlen) == -1)
		err(2, "%s", source);
	freeaddrinfo(from);
	return (fd);
}

static void
parse(struct datagram *d, const char *hex)
{
	d->len = strlen(hex) / 2;
	if (d->len > sizeof(d->p) || strlen(hex) % 2 != 0 ||
	    base_hex_get(d->p, d->len, hex) == -1)
		errx(2, "%s: expected an even number of hex digits, at most "
		    "%d", hex, 2 * MAXDATAGRAM);
}

static void
report(int fd, const struct addrinfo *to, const struct datagram *d)
{
	if (sendto(fd, d->p, d->len, 0, to->ai_addr, to->ai_addrlen) !=
	    (ssize_t)d->len)
		err(2, "can't send");
}

/* Print a received answer; return 1 when it belongs to `last', else 0. */
static int
receive(int fd, const struct datagram *last)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char hex[2 * MAXDATAGRAM + 1], host[64], port[8];
	uint8_t p[MAXDATAGRAM];
	ssize_t n;

	n = recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)&from, &len);
	if (n == -1)
		err(2, "can't receive");
	if (getnameinfo((struct sockaddr *)&from, len, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		errx(2, "the address that answered can't be shown");
	base_hex_put(hex, p, (size_t)n);
	printf("%s %s %s\n", hex, host, port);
	return (n >= HEADER && last->len >= HEADER &&
	    memcmp(p + ID, last->p + ID, HEADER - ID) == 0);
}

int
main(int argc, char *argv[])
{
	static struct datagram d;
	struct pollfd pfd = { .events = POLLIN };
	const char *source = NULL;
	struct addrinfo *to;
	int c, i, k, count = 1, ms = 5000, done = 0, heard = 0;

	while ((c = getopt(argc, argv, "n:s:t:")) != -1)
		switch (c) {
		case 'n':
			count = number(optarg, 1, 1000000);
			break;
		case 's':
			source = optarg;
			break;
		case 't':
			ms = number(optarg, 0, 600000);
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 3)
		usage();
	to = resolve(argv[0], argv[1], AF_UNSPEC);
	pfd.fd = open_socket(to, source);
	for (k = 0; k < count; k++)
		for (i = 2; i < argc; i++) {
			parse(&d, argv[i]);
			report(pfd.fd, to, &d);
		}
	for (; done < count && poll(&pfd, 1, ms) == 1; heard++)
		done += receive(pfd.fd, &d);
	if (heard == 0)
		printf("nothing\n");
	freeaddrinfo(to);
	return (0);
}

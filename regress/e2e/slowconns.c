/*
 * slowconns: connects many times, sends the beginning of a request over each
 * connection, and keeps them:
 *
 *	slowconns PORT NUMBER TEXT
 *
 * Called by the shell tests.  Prints a line when all are connected, then a byte
 * over each every 100 ms until it is killed; a connection that was closed is
 * made anew.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX	1000

static int	fds[MAX];

/* Connect, and send the text. */
static int
open_one(int port, const char *text)
{
	struct sockaddr_in sin;
	int fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "connect");
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
	return (fd);
}

int
main(int argc, char *argv[])
{
	int i, n, port;

	if (argc != 4 || (n = atoi(argv[2])) < 1 || n > MAX)
		errx(1, "usage: slowconns PORT NUMBER TEXT");
	port = atoi(argv[1]);
	for (i = 0; i < n; i++)
		fds[i] = open_one(port, argv[3]);
	printf("connected\n");
	fflush(stdout);
	for (;;) {
		usleep(100000);
		for (i = 0; i < n; i++)
			if (send(fds[i], "x", 1, MSG_NOSIGNAL) == -1) {
				close(fds[i]);
				fds[i] = open_one(port, argv[3]);
			}
	}
}

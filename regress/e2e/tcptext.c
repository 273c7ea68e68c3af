/*
 * tcptext: sends standard input over a connection to this machine, and prints
 * what comes back until the other end closes it:
 *
 *	tcptext PORT
 *
 * Called by the shell tests.  Exits 1 when there is no connection; gives up
 * after 15 seconds.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct sockaddr_in sin;
	char buf[65536];
	ssize_t n;
	int fd;

	if (argc != 2)
		errx(1, "usage: tcptext PORT");
	alarm(15);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)atoi(argv[1]));
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "can't connect");
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	(void)shutdown(fd, SHUT_WR);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			err(1, "can't write");
	return (0);
}

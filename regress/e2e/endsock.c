/*
 * endsock: shuts down the listening sockets of another process, as a
 * compromised front could where its sandbox does not check arguments:
 *
 *	endsock PID
 *
 * Called by the shell tests, as root.  Exits 0 when it shut down a socket, 77
 * where the system lacks support, else 1.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#define SKIP	77

#ifdef SYS_pidfd_getfd
/* Shut down the socket if it listens on a network; return 1 if so, else 0. */
static int
end_socket(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(int), sslen = sizeof(ss);
	int on = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == -1 ||
	    !on || getsockname(fd, (struct sockaddr *)&ss, &sslen) == -1 ||
	    ss.ss_family == AF_UNIX)
		return (0);
	return (shutdown(fd, SHUT_RD) == 0);
}

/* Shut down all of the process; return how many. */
static int
end_all(int pidfd, DIR *d)
{
	struct dirent *e;
	long fd;
	int n = 0;

	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = syscall(SYS_pidfd_getfd, pidfd, atoi(e->d_name), 0);
		if (fd == -1)
			continue;
		n += end_socket((int)fd);
		close((int)fd);
	}
	return (n);
}

int
main(int argc, char **argv)
{
	char path[64];
	long pidfd;
	DIR *d;
	int n;

	if (argc != 2)
		return (1);
	snprintf(path, sizeof(path), "/proc/%d/fd", atoi(argv[1]));
	pidfd = syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	if (pidfd == -1 || (d = opendir(path)) == NULL)
		return (SKIP);
	n = end_all((int)pidfd, d);
	closedir(d);
	printf("%d listening sockets ended\n", n);
	return (n > 0 ? 0 : 1);
}
#else
int
main(void)
{
	return (SKIP);
}
#endif

/*
 * pause: stands in for a program of derpd, PROGRAM, whose file is then
 * PROGRAM.real.  While PROGRAM.stop exists it stops itself (SIGSTOP) before it
 * becomes the real one: so a start takes as long as a test wants.
 */
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	char self[PATH_MAX], path[PATH_MAX + 8];
	ssize_t n;

	(void)argc;
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) == -1)
		err(1, "/proc/self/exe");
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s.stop", self);
	if (access(path, F_OK) == 0)
		raise(SIGSTOP);
	snprintf(path, sizeof(path), "%s.real", self);
	execv(path, argv);
	err(1, "%s", path);
}

/*
 * mapread: see mapread.h.  Called by derpd/parent/map/ and derpbridge/parent/.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mapread.h"
#include "readall.h"

ssize_t
mapqueue_read(const char *path, uint8_t p[MAP_MAX_SIZE + 1], uint64_t *mtime,
    char *err, size_t errsize)
{
	const char *why;
	struct stat st;
	ssize_t n = -1;
	int fd;

	/* O_NONBLOCK: opening a FIFO must not block. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "expected a regular file";
	else if ((n = base_read_all(fd, p, MAP_MAX_SIZE + 1)) == -1)
		why = strerror(errno);
	else
		*mtime = st.st_mtime < 0 ? 0 : (uint64_t)st.st_mtime;
	if (n == -1) {
		snprintf(err, errsize, "%s: %s", path, why);
		log_warnx("%s", err);
	}
	if (fd != -1)
		close(fd);
	return (n);
}

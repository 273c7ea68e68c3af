/*
 * atomicfile: see atomicfile.h.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "atomicfile.h"

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(fd, p, len)) == -1) {
			if (errno != EINTR)
				return (-1);
			n = 0;
		}
	return (fsync(fd));
}

/* The mode is set last: a change of owner may clear bits of it. */
static int
set_attr(int fd, const struct base_file_attr *attr)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return (-1);
	if (attr == NULL)
		return (fchmod(fd, 0644));
	if ((st.st_uid != attr->uid || st.st_gid != attr->gid) &&
	    fchown(fd, attr->uid, attr->gid) == -1)
		return (-1);
	return (fchmod(fd, attr->mode & 0777));
}

int
base_sync_dir(const char *path)
{
	char copy[PATH_MAX];
	int fd, rv;

	strlcpy(copy, path, sizeof(copy));
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	rv = fsync(fd);
	close(fd);
	return (rv);
}

int
base_file_replace(const char *path, const void *p, size_t len,
    const struct base_file_attr *attr, char *err, size_t errsize)
{
	char temp[PATH_MAX];
	int fd, error;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.XXXXXXXX", path) >=
	    sizeof(temp)) {
		snprintf(err, errsize, "%.200s...: the path is too long",
		    path);
		return (-1);
	}
	if ((fd = mkstemp(temp)) == -1) {
		snprintf(err, errsize, "%s: can't create a temporary file "
		    "beside it (mkstemp): %s%s%s", path, strerror(errno),
		    base_advice_path(errno), base_advice_limit(errno));
		return (-1);
	}
	if (set_attr(fd, attr) == 0 && write_all(fd, p, len) == 0 &&
	    rename(temp, path) == 0) {
		close(fd);
		if (base_sync_dir(path) == 0)
			return (0);
		snprintf(err, errsize, "%s: replaced, but its directory can't "
		    "be synced: %s", path, strerror(errno));
		return (-1);
	}
	error = errno;
	close(fd);
	(void)unlink(temp);
	snprintf(err, errsize, "%s: can't be replaced, and is unchanged: %s%s",
	    path, strerror(error), base_advice_limit(error));
	return (-1);
}

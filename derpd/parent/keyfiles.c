/*
 * keyfiles: key and certificate files of this machine; see keyfiles.h.
 *
 * The parent opens key files and checks who may read them; only keys reads
 * their contents.  A new file is written to a temporary name first, so that a
 * full disk or a crash leaves either the old file or the new one.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "atomicfile.h"
#include "keyfiles.h"
#include "log.h"

#define KEY_MAXFILE	(64 * 1024)	/* bytes of a key file */

int
parent_keyfile_open(const char *path, const char *what)
{
	struct stat st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		log_warnx("%s %s: %s%s", what, path, strerror(errno),
		    base_advice_path(errno));
		return (-1);
	}
	if (fstat(fd, &st) == -1)
		log_warn("%s %s", what, path);
	else if (!S_ISREG(st.st_mode) || st.st_size > KEY_MAXFILE)
		log_warnx("%s %s: not a key file: expected a regular file of "
		    "at most 64 KiB", what, path);
	else if (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		log_warnx("%s %s: others can read or change it: chmod 600 %s",
		    what, path, path);
	else {
		if (st.st_mode & S_IRGRP)
			log_info("%s %s: its group can read it", what, path);
		return (fd);
	}
	close(fd);
	return (-1);
}

/*
 * Make the missing directories of `path'.  The last one holds keys: only its
 * owner may enter it.  0, or -1 with a line in `err'.
 */
static int
make_dir(const char *path, char *err, size_t errsize)
{
	char dir[PATH_MAX], *p;
	int last;

	strlcpy(dir, path, sizeof(dir));
	for (p = dir + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		last = strchr(p + 1, '/') == NULL;
		if (mkdir(dir, 0700) == -1) {
			if (errno == EEXIST)
				continue;
		} else if (last || chmod(dir, 0755) == 0)
			continue;
		snprintf(err, errsize, "can't make the directory %s (mkdir): "
		    "%s%s%s", dir, strerror(errno), base_advice_path(errno),
		    base_advice_limit(errno));
		return (-1);
	}
	return (0);
}

/* Make a temporary file beside `path'.  Descriptor and name, or -1 (logged). */
static int
temp_open(const char *path, char *temp, size_t size)
{
	int fd;

	if ((size_t)snprintf(temp, size, "%s.XXXXXXXX", path) >= size) {
		log_warnx("%s: the path is too long", path);
		return (-1);
	}
	if ((fd = mkostemp(temp, O_CLOEXEC)) == -1)
		log_warnx("can't make a file beside %s (mkstemp): %s%s%s", path,
		    strerror(errno), base_advice_path(errno),
		    base_advice_limit(errno));
	return (fd);
}

int
parent_keyfile_temp(const char *path, char *temp, size_t size)
{
	char err[PATH_MAX + 256];

	if (make_dir(path, err, sizeof(err)) == 0)
		return (temp_open(path, temp, size));
	log_warnx("%s", err);
	return (-1);
}

int
parent_keyfile_rename(const char *from, const char *to)
{
	if (rename(from, to) == 0 && base_sync_dir(to) == 0)
		return (0);
	log_warnx("can't make %s from %s (rename, fsync): %s%s%s", to, from,
	    strerror(errno), base_advice_path(errno), base_advice_limit(errno));
	return (-1);
}

int
parent_keyfile_commit(const char *temp, const char *path)
{
	if (parent_keyfile_rename(temp, path) == 0)
		return (0);
	(void)unlink(temp);
	return (-1);
}

int
parent_keyfile_public(const char *path, const void *p, size_t len)
{
	char err[PATH_MAX + 256];

	if (make_dir(path, err, sizeof(err)) == 0 &&
	    base_file_replace(path, p, len, NULL, err, sizeof(err)) == 0)
		return (0);
	log_warnx("%s", err);
	return (-1);
}

int
parent_keyfile_private(const char *path, const void *p, size_t len, char *err,
    size_t errsize)
{
	const struct base_file_attr attr = { S_IRUSR | S_IWUSR, geteuid(),
	    getegid() };

	return (make_dir(path, err, errsize) == -1 ? -1 :
	    base_file_replace(path, p, len, &attr, err, errsize));
}

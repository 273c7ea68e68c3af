/*
 * mapfile: the files of maps: the administrator's, and the copies of the last
 * good maps in the state directory; see mapset.h.  Called by mapset.c and
 * maps.c.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "keyfiles.h"
#include "log.h"
#include "mapcheck.h"
#include "parent.h"
#include "readall.h"

int
mapset_kept_path(const struct conf *c, const struct conf_map *m,
    char *path, size_t size)
{
	const struct gram_name *n;
	crypto_generichash_state st;
	uint8_t hash[16];
	char hex[2 * 8 + 1];

	crypto_generichash_init(&st, NULL, 0, sizeof(hash));
	crypto_generichash_update(&st, (const uint8_t *)m->path,
	    strlen(m->path) + 1);
	TAILQ_FOREACH(n, &m->hosts, entry)
		crypto_generichash_update(&st, (const uint8_t *)n->name,
		    strlen(n->name) + 1);
	crypto_generichash_final(&st, hash, sizeof(hash));
	base_hex_put(hex, hash, 8);
	if ((size_t)snprintf(path, size, "%s/map-%s.json", c->statedir,
	    hex) < size)
		return (0);
	log_warnx("%s: the path is too long", c->statedir);
	return (-1);
}

void
mapset_keep(const struct parent *d, const struct mapset_map *m)
{
	struct timespec when[2];
	char path[1100];

	if (d->checking || mapset_kept_path(d->conf, m->conf,
	    path, sizeof(path)) == -1)
		return;
	if (parent_keyfile_public(path, m->good.body, m->good.len) == -1) {
		log_warnx("the map of %s is served, but no copy is kept for "
		    "the next start", mapset_source(m));
		return;
	}
	when[0].tv_sec = when[1].tv_sec = (time_t)m->good.mtime;
	when[0].tv_nsec = when[1].tv_nsec = 0;
	if (utimensat(AT_FDCWD, path, when, 0) == -1)
		log_warn("can't set the time of %s (utimensat): the map will "
		    "seem new after a restart", path);
}

ssize_t
mapset_read(const char *path, uint8_t p[MAP_MAX_SIZE + 1], uint64_t *mtime,
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

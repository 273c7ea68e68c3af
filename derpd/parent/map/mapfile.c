/*
 * mapfile: the files of maps: the administrator's, and the copies of the last
 * good maps in the state directory; see mapset.h.  Called by mapset.c and
 * maps.c.
 */
#include <sys/stat.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "keyfiles.h"
#include "log.h"
#include "mapcheck.h"
#include "parent.h"

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

	if (d->checking || d->waiting || mapset_kept_path(d->conf, m->conf,
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

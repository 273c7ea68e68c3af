/*
 * mapread: the file of a map, unread but for its size.
 */
#ifndef MAPREAD_H
#define MAPREAD_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "mapcheck.h"

/*
 * Read the map in the file `path'; *mtime gets its time.  Returns its bytes,
 * one more than a map may have if it is larger; or -1 (logged), with the reason
 * in `err' of `errsize' bytes.
 */
ssize_t	 mapqueue_read(const char *path, uint8_t p[MAP_MAX_SIZE + 1],
	    uint64_t *mtime, char *err, size_t errsize);

#endif

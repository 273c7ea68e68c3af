/*
 * childscan: what is in the memory of a process that childpeer.h has started.
 * For tests of processes that handle keys.
 */
#ifndef CHILDSCAN_H
#define CHILDSCAN_H

#include <sys/types.h>
#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "childpeer.h"

#define CHILD_AREA_MAX	(1ULL << 30)	/* more is a sanitizer's */

/* Bytes of one area of the process's memory, on the heap; *len of them. */
static inline uint8_t *
child_area(int mem, const char *line, size_t *len)
{
	unsigned long long from, to;
	char rights[8];
	uint8_t *p;

	*len = 0;
	if (sscanf(line, "%llx-%llx %7s", &from, &to, rights) != 3 ||
	    rights[0] != 'r' || strstr(line, "[v") != NULL ||
	    to - from > CHILD_AREA_MAX ||
	    (p = malloc((size_t)(to - from))) == NULL)
		return (NULL);
	if (pread(mem, p, (size_t)(to - from), (off_t)from) ==
	    (ssize_t)(to - from))
		*len = (size_t)(to - from);
	return (p);
}

/*
 * How often are these `n' bytes in the memory of the process?  Skips the test
 * where that can't be read.
 */
static inline unsigned int
child_copies(const void *secret, size_t n)
{
	char path[64], line[512];
	unsigned int found = 0;
	uint8_t *p, *at;
	size_t len;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)child_pid);
	if ((mem = open(path, O_RDONLY)) == -1)
		atf_tc_skip("can't read the memory of a process here");
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)child_pid);
	ATF_REQUIRE((maps = fopen(path, "r")) != NULL);
	while (fgets(line, sizeof(line), maps) != NULL) {
		p = child_area(mem, line, &len);
		for (at = p; len > 0 && (at = memmem(at, len - (size_t)(at -
		    p), secret, n)) != NULL; at++)
			found++;
		free(p);
	}
	fclose(maps);
	close(mem);
	return (found);
}

#endif

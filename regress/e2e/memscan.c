/*
 * memscan: searches the memory of a process for strings of bytes.
 *
 *	memscan pid hex ...
 *
 * Searches every readable mapping of the process for each string of bytes
 * (given as hex digits), for its reverse (the order of big numbers), and for
 * the digits themselves.  Exits 0: nothing found, 1: found (a line shows
 * where), 2: the search failed.  Linux only: it reads /proc/PID/maps and mem.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAXNEEDLES	256
#define PIECE		(1024 * 1024)
#define MAXNEEDLE	256

struct needle {
	uint8_t		 p[MAXNEEDLE];
	size_t		 n;
	const char	*how;
};

static struct needle needles[MAXNEEDLES];
static size_t nneedles;

static void
add(const uint8_t *p, size_t n, const char *how)
{
	struct needle *nd;

	if (nneedles == MAXNEEDLES || n > MAXNEEDLE) {
		fprintf(stderr, "memscan: too many or too long\n");
		exit(2);
	}
	nd = &needles[nneedles++];
	memcpy(nd->p, p, n);
	nd->n = n;
	nd->how = how;
}

static void
add_hex(const char *hex)
{
	size_t i, n = strlen(hex) / 2;
	uint8_t p[MAXNEEDLE], r[MAXNEEDLE];
	unsigned int v;

	if (n < 16 || n > MAXNEEDLE || strlen(hex) % 2 != 0) {
		fprintf(stderr, "memscan: %s: 16 to %d bytes in hex are "
		    "wanted\n", hex, MAXNEEDLE);
		exit(2);
	}
	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)hex[2 * i]) ||
		    sscanf(hex + 2 * i, "%2x", &v) != 1) {
			fprintf(stderr, "memscan: %s: no hex\n", hex);
			exit(2);
		}
		p[i] = r[n - 1 - i] = (uint8_t)v;
	}
	add(p, n, "bytes");
	add(r, n, "reversed bytes");
	if (2 * n <= MAXNEEDLE)
		add((const uint8_t *)hex, 2 * n, "digits");
}

/* Search one piece of memory; return the number of matches. */
static int
look(const uint8_t *p, size_t n, uint64_t at, const char *map)
{
	const uint8_t *hit;
	int found = 0;
	size_t i;

	for (i = 0; i < nneedles; i++) {
		hit = memmem(p, n, needles[i].p, needles[i].n);
		if (hit == NULL)
			continue;
		printf("found %s of secret %zu at %" PRIx64 " in %s",
		    needles[i].how, i / 3 + 1, at + (uint64_t)(hit - p), map);
		found++;
	}
	return (found);
}

/* Search one mapping; return the number of matches. */
static int
scan(int fd, uint64_t from, uint64_t to, const char *map)
{
	static uint8_t buf[PIECE + MAXNEEDLE];
	size_t keep = 0, want;
	int found = 0;
	ssize_t n;

	while (from < to) {
		want = to - from < PIECE ? (size_t)(to - from) : PIECE;
		n = pread(fd, buf + keep, want, (off_t)from);
		if (n <= 0)
			break;	/* a mapping of a device, or gone */
		found += look(buf, keep + (size_t)n, from - keep, map);
		from += (uint64_t)n;
		n += (ssize_t)keep;
		keep = n < MAXNEEDLE ? (size_t)n : MAXNEEDLE - 1;
		memmove(buf, buf + n - keep, keep);
	}
	return (found);
}

static FILE *
open_proc(const char *pid, const char *what)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	f = fopen(path, "r");
	if (f == NULL) {
		fprintf(stderr, "memscan: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return (f);
}

int
main(int argc, char **argv)
{
	uint64_t from, to, bytes = 0;
	char line[4352], perm[8];
	int i, found = 0;
	FILE *maps, *mem;

	if (argc < 3) {
		fprintf(stderr, "usage: memscan pid hex ...\n");
		return (2);
	}
	for (i = 2; i < argc; i++)
		add_hex(argv[i]);
	maps = open_proc(argv[1], "maps");
	mem = open_proc(argv[1], "mem");
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to,
		    perm) != 3 || perm[0] != 'r' || from >= INT64_MAX)
			continue;
		found += scan(fileno(mem), from, to, line);
		bytes += to - from;
	}
	if (bytes == 0) {
		fprintf(stderr, "memscan: %s has no memory to read\n",
		    argv[1]);
		return (2);
	}
	printf("looked through %" PRIu64 " bytes of process %s, found %d\n",
	    bytes, argv[1], found);
	return (found != 0);
}

/*
 * map_versions: the maps that replace each other while mapload requests them.
 * Called by mapload.c; writes the file of the map.
 *
 * Each map has a different size, from 1 KB to 200 KB, and its number in every
 * line, so that a mixture of two maps is detected.
 */
#include <err.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "mapload.h"

#define HASH_LEN	32
#define BODY_MAX	(1024 * 1024)
#define REGIONS(n)	(4 + (n) * 37 % 800)

static uint8_t	hashes[VERSIONS_MAX + 1][HASH_LEN];	/* 0: the first file */
static char	seen[VERSIONS_MAX + 1];
static int	nversions;

static void
hash_of(const void *p, size_t n, uint8_t hash[HASH_LEN])
{
	if (EVP_Digest(p, n, hash, NULL, EVP_sha256(), NULL) != 1)
		errx(1, "SHA-256 failed");
}

void
versions_start(const char *file)
{
	static char buf[BODY_MAX];
	size_t n;
	FILE *f;

	if ((f = fopen(file, "r")) == NULL)
		err(1, "%s", file);
	n = fread(buf, 1, sizeof(buf), f);
	if (ferror(f))
		err(1, "%s", file);
	fclose(f);
	hash_of(buf, n, hashes[0]);
	nversions = 1;
}

static void
write_map(FILE *f, int n)
{
	int i, last = 900 + REGIONS(n);

	fprintf(f, "{\"Regions\": {\n");
	for (i = 900; i <= last; i++)
		fprintf(f, "\"%d\": {\"RegionID\": %d, \"RegionCode\": \"v%d\","
		    " \"RegionName\": \"version %d\", \"Nodes\": [\n"
		    "  {\"Name\": \"%d-%d\", \"RegionID\": %d, \"HostName\": "
		    "\"v%d.relay.example.org\", \"IPv4\": \"192.0.2.1\"}]}%s\n",
		    i, i, n, n, i, n, i, n, i == last ? "" : ",");
	fprintf(f, "}}\n");
}

void
versions_write(const char *file, int n)
{
	char tmp[1024], *text = NULL;
	size_t len;
	FILE *f;
	int fd;

	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, "memory");
	write_map(f, n);
	if (fclose(f) != 0)
		err(1, "memory");
	hash_of(text, len, hashes[n]);
	nversions = n + 1;
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", file) >= sizeof(tmp))
		errx(1, "%s: the path is too long", file);
	if ((fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644)) == -1 || write(fd, text, len) != (ssize_t)len ||
	    close(fd) == -1 || rename(tmp, file) == -1)
		err(1, "%s", tmp);
	free(text);
}

/* Decompress into `out'; the length, or -1: not gzip. */
static long
unpack(const char *p, size_t n, char *out, size_t size)
{
	z_stream z;
	long rv;

	memset(&z, 0, sizeof(z));
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		errx(1, "zlib");
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)size;
	rv = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 ?
	    (long)(size - z.avail_out) : -1;
	(void)inflateEnd(&z);
	return (rv);
}

int
versions_know(const char *p, size_t n, int gzip)
{
	static char buf[BODY_MAX];
	uint8_t hash[HASH_LEN];
	long len;
	int i;

	if (gzip) {
		if ((len = unpack(p, n, buf, sizeof(buf))) == -1)
			return (0);
		p = buf;
		n = (size_t)len;
	}
	hash_of(p, n, hash);
	/* The newest is the likeliest. */
	for (i = nversions - 1; i >= 0; i--)
		if (memcmp(hash, hashes[i], HASH_LEN) == 0) {
			seen[i] = 1;
			return (1);
		}
	return (0);
}

int
versions_seen(void)
{
	int i, n = 0;

	for (i = 1; i < nversions; i++)
		n += seen[i];
	return (n);
}

/*
 * raw_large: cases about a map that is too large for one piece of output.  The
 * option -M names the served file; it must arrive unchanged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "raw.h"

#define HOST	"Host: relay.test\r\n"
#define GET_MAP	"GET /derpmap/default HTTP/1.1\r\n" HOST
#define GET_ROBOTS "GET /robots.txt HTTP/1.1\r\n" HOST
#define ROBOTS	"User-agent: *\nDisallow: /\n"

/* The bodies of requests consist of this; it may not be answered. */
#define INNER	"GET /generate_204 HTTP/1.1\r\n" HOST "\r\n"

#define PIECE	16384		/* of the map, and of the socket's buffer */
/* longer than the 30 s of a request and what the kernel buffers */
#define SLOW_MS	40000

static uint8_t	*map;
static size_t	 map_len;

static void
load_map(void)
{
	size_t size = 1 << 20;
	FILE *f;

	if (opt.map == NULL || (f = fopen(opt.map, "r")) == NULL)
		fail("the option -M names no readable map");
	if ((map = malloc(size)) == NULL)
		fail("out of memory");
	map_len = fread(map, 1, size, f);
	fclose(f);
	if (map_len < 100000)
		fail("a map of %zu bytes is not a large one", map_len);
}

/*
 * Read the next reply's head; return the bytes of its body, -1 without length.
 */
static long
next_head(struct sess *s, int status)
{
	char head[8192], *p;
	int got = read_head(s, head, sizeof(head));

	if (got != status)
		fail("answered with %d, wanted %d", got, status);
	for (p = head; (p = strstr(p, "\r\n")) != NULL; ) {
		p += 2;
		if (strncasecmp(p, "Content-Length:", 15) == 0)
			return (strtol(p + 15, NULL, 10));
	}
	return (-1);
}

/* Read `n' bytes of a body; the first is byte `off' of `want'. */
static void
want_bytes(struct sess *s, const uint8_t *want, size_t off, size_t n)
{
	int64_t until = now_ms() + WAIT_MS;
	uint8_t buf[16384];
	size_t have, k;
	ssize_t got;

	while (n > 0) {
		have = s->len - s->off;
		if (have > 0) {
			k = have < n ? have : n;
			k = k < sizeof(buf) ? k : sizeof(buf);
			memcpy(buf, s->buf + s->off, k);
			s->off += k;
		} else {
			got = conn_read(s->c, buf, n < sizeof(buf) ? n :
			    sizeof(buf), until - now_ms());
			if (got <= 0)
				fail("%s at byte %zu of a body, %zu before "
				    "its end", got == 0 ? "ended" :
				    "nothing came", off, n);
			k = (size_t)got;
		}
		if (memcmp(buf, want + off, k) != 0)
			fail("a body has other bytes from %zu to %zu", off,
			    off + k);
		off += k;
		n -= k;
	}
}

static void
want_map(struct sess *s)
{
	long n = next_head(s, 200);

	if (n < 0 || (size_t)n != map_len)
		fail("a map of %ld bytes, wanted %zu", n, map_len);
	want_bytes(s, map, 0, map_len);
}

static void
want_robots(struct sess *s)
{
	long n = next_head(s, 200);

	if (n < 0 || (size_t)n != strlen(ROBOTS))
		fail("robots.txt of %ld bytes", n);
	want_bytes(s, (const uint8_t *)ROBOTS, 0, strlen(ROBOTS));
}

static void
put(struct sess *s, const char *text)
{
	conn_write(s->c, text, strlen(text));
}

/* Write a request of `head' with INNER as its body to `dst'. */
static void
with_body(char *dst, size_t size, const char *head)
{
	snprintf(dst, size, "%sContent-Length: %zu\r\n\r\n%s", head,
	    strlen(INNER), INNER);
}

/*
 * Requests with and without bodies before, within and after the map, on one
 * connection: split at many places, or all at once.
 */
void
large_bodies(void)
{
	char robots[512], get[512], all[4096];
	struct sess *s = sess_new(conn_tls(NULL));
	size_t len, cut;

	load_map();
	with_body(robots, sizeof(robots), GET_ROBOTS);
	with_body(get, sizeof(get), GET_MAP);
	snprintf(all, sizeof(all), "%s%s%s%s%s", robots, get, robots,
	    GET_MAP "\r\n", GET_ROBOTS "\r\n");
	len = strlen(all);
	for (cut = 0; cut < len; cut += cut == 0 ? 1 : 37) {
		if (cut > 0)
			conn_write(s->c, all, cut);
		if (cut > len / 2)
			want_robots(s);
		conn_write(s->c, all + cut, len - cut);
		if (cut <= len / 2)
			want_robots(s);
		want_map(s);
		want_robots(s);
		want_map(s);
		want_robots(s);
	}
	report("maps between requests with bodies, cut at many places");

	/* The map arrives before the body of its request is sent. */
	with_body(get, sizeof(get), GET_MAP);
	len = strlen(get);
	for (cut = 1; cut <= strlen(INNER); cut += 7) {
		conn_write(s->c, get, len - cut);
		want_map(s);
		conn_write(s->c, get + len - cut, cut);
		put(s, GET_ROBOTS "\r\n");
		want_robots(s);
	}
	report("a map before the end of its request");

	put(s, GET_MAP "Connection: close\r\n\r\n" GET_ROBOTS "\r\n");
	want_map(s);
	if (!conn_ends(s->c, WAIT_MS))
		fail("Connection: close: it was kept");
	sess_close(s, 0);
	report("and the end, where it was asked for");
}

/* Read `n' bytes of the map from byte `*off' on. */
static void
read_map(struct sess *s, size_t *off, size_t n)
{
	if (n > map_len - *off)
		n = map_len - *off;
	want_bytes(s, map, *off, n);
	*off += n;
}

/*
 * Read what has arrived of the map, about PIECE.  The window must be fully open
 * again, because TCP_USER_TIMEOUT ends a connection whose window opens in small
 * steps.
 */
static void
read_piece(struct sess *s, size_t *off)
{
	uint8_t buf[16384];
	size_t begin = *off;
	ssize_t n;

	read_map(s, off, s->len - s->off);
	while (*off < map_len && *off - begin < PIECE) {
		n = conn_read(s->c, buf, map_len - *off < sizeof(buf) ?
		    map_len - *off : sizeof(buf), WAIT_MS);
		if (n <= 0)
			fail("%s at byte %zu of %zu", n == 0 ? "ended" :
			    "nothing came", *off, map_len);
		if (memcmp(buf, map + *off, (size_t)n) != 0)
			fail("a map has other bytes from %zu on", *off);
		*off += (size_t)n;
	}
}

/* It takes longer than a request may, but makes progress. */
void
large_slow(void)
{
	struct tls_how how = { .rcvbuf = PIECE };
	struct sess *s = sess_new(conn_tls(&how));
	int64_t start = now_ms(), age;
	size_t off = 0;
	long n;

	load_map();
	put(s, GET_MAP "\r\n" GET_ROBOTS "\r\n");
	if ((n = next_head(s, 200)) < 0 || (size_t)n != map_len)
		fail("a map of %ld bytes, wanted %zu", n, map_len);
	while ((age = now_ms() - start) < SLOW_MS) {
		if (off < map_len * (uint64_t)age / SLOW_MS)
			read_piece(s, &off);
		usleep(20000);
	}
	read_map(s, &off, map_len);
	want_robots(s);
	sess_close(s, 0);
	report("a map that took %d s came whole", SLOW_MS / 1000);
}

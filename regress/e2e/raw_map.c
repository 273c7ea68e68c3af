/*
 * raw_map: a case about a map of hundreds of KiB: read slowly, by one of
 * several requests on a connection, while other maps replace it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

#define RCVBUF		4096		/* so that the kernel holds little */
#define FIRST		2048		/* bytes to read before the others */
#define REPLY_MAX	(1024 * 1024)

static volatile sig_atomic_t told;

static void
on_term(int sig)
{
	(void)sig;
	told = 1;
}

/* Received bytes that are not used yet. */
struct reader {
	struct raw_conn	*c;
	char		*p;
	size_t		 len;
};

/* Read until there are at least `n' bytes. */
static void
fill(struct reader *r, size_t n)
{
	ssize_t got;

	if (n > REPLY_MAX)
		fail("a reply of %zu bytes", n);
	while (r->len < n) {
		got = conn_read(r->c, r->p + r->len, n - r->len, WAIT_MS);
		if (got <= 0)
			fail("%zu bytes of a reply arrived, wanted %zu",
			    r->len, n);
		r->len += (size_t)got;
	}
}

static void
use(struct reader *r, size_t n)
{
	r->len -= n;
	memmove(r->p, r->p + n, r->len);
}

/* Read a head with this status; return its Content-Length, 0 for none. */
static size_t
parse_head(struct reader *r, int want)
{
	char *end, *field, head[4096];
	int status = 0;
	size_t n;

	for (n = 0; n < 4 || memcmp(r->p + n - 4, "\r\n\r\n", 4) != 0; n++) {
		if (n == sizeof(head) - 1)
			fail("no head, but %.40s", r->p);
		fill(r, n + 1);
	}
	memcpy(head, r->p, n);
	head[n] = '\0';
	use(r, n);
	if (sscanf(head, "HTTP/1.1 %3d ", &status) != 1 || status != want)
		fail("wanted status %d, got: %.40s", want, head);
	field = strcasestr(head, "\r\nContent-Length: ");
	return (field == NULL ? 0 : strtoul(field + 18, &end, 10));
}

/* Read a body and write it to a file beside the ready file. */
static void
save_body(struct reader *r, size_t n, int number)
{
	char path[1024];
	FILE *f;

	fill(r, n);
	snprintf(path, sizeof(path), "%s.%d", opt.ready, number);
	if ((f = fopen(path, "w")) == NULL || fwrite(r->p, 1, n, f) != n ||
	    fclose(f) != 0)
		fail("can't write %s", path);
	use(r, n);
}

/*
 * Send two requests for the map, the first with a body, and a small one, in one
 * flight.  The first map is read partially until SIGTERM; bodies are written to
 * files.
 */
void
map_slow(void)
{
	static char request[1024];
	struct sigaction sa = { .sa_handler = on_term };
	const struct tls_how how = { .rcvbuf = RCVBUF };
	struct reader r = { conn_tls(&how), calloc(1, REPLY_MAX), 0 };
	size_t n;

	if (opt.ready == NULL || r.p == NULL)
		fail("needs the option -r");
	sigaction(SIGTERM, &sa, NULL);
	snprintf(request, sizeof(request), "GET /derpmap/default HTTP/1.1\r\n"
	    "Host: %s\r\nContent-Length: 16\r\n\r\nGET / HTTP/1.1\r\n"
	    "GET /derpmap/default HTTP/1.1\r\nHost: %s\r\n\r\n"
	    "GET /generate_204 HTTP/1.1\r\nHost: %s\r\nConnection: close"
	    "\r\n\r\n", opt.name, opt.name, opt.name);
	conn_write(r.c, request, strlen(request));
	n = parse_head(&r, 200);
	fill(&r, FIRST);
	ready();
	while (!told)
		usleep(10000);
	save_body(&r, n, 1);
	report("a map of %zu bytes, of which %d were read at first", n, FIRST);
	n = parse_head(&r, 200);
	save_body(&r, n, 2);
	n = parse_head(&r, 204);
	if (n != 0 || !conn_ends(r.c, WAIT_MS))
		fail("something follows the last reply");
	report("then one of %zu bytes", n);
	conn_close(r.c, 0);
	free(r.p);
}

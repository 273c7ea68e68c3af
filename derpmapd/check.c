/*
 * check: the process that checks maps; see check.h.  It gets open files and
 * bytes from the parent, and gives back what is to be served: it can open no
 * file, and has no network.
 */
#include <sys/stat.h>
#include <errno.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "child.h"
#include "log.h"
#include "mapcheck.h"
#include "pack.h"

#define WHAT_SIZE	1100

/* Findings, a line each, for the parent to log. */
static void
add_line(int error, const char *line, void *arg)
{
	struct wr *w = arg;
	const char *kind = error ? "error: " : "warning: ";

	wr_bytes(w, kind, strlen(kind));
	wr_bytes(w, line, strlen(line));
	wr_bytes(w, "\n", 1);
}

static void
add_error(struct wr *w, const char *what, const char *why)
{
	char line[WHAT_SIZE + 256];

	snprintf(line, sizeof(line), "%s: %s", what, why);
	add_line(1, line, w);
}

/*
 * Read a file whole, and one byte more than it may have, which map_check()
 * refuses.  Heap and *n bytes; NULL, reported.
 */
static char *
read_file(int fd, const char *what, size_t *n, struct wr *findings)
{
	struct stat st;
	ssize_t got;
	char *p;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		add_error(findings, what, "expected a regular file");
		return (NULL);
	}
	if ((p = malloc(MAP_MAX_SIZE + 1)) == NULL) {
		add_error(findings, what, "out of memory");
		return (NULL);
	}
	for (*n = 0; *n < MAP_MAX_SIZE + 1; *n += (size_t)got) {
		got = read(fd, p + *n, MAP_MAX_SIZE + 1 - *n);
		if (got == -1 && errno == EINTR) {
			got = 0;
			continue;
		}
		if (got == -1) {
			add_error(findings, what, strerror(errno));
			free(p);
			return (NULL);
		}
		if (got == 0)
			break;
	}
	return (p);
}

/* What is said of a map, and what is to be served. */
struct result {
	struct wr	 findings, summary;
	uint8_t		 hash[crypto_hash_sha256_BYTES];
	uint8_t		*gzip;
	size_t		 ngzip;
	int		 good;
};

/* Does the answer fit into a message without, or with, the packed map? */
static int
fits(const struct result *r, size_t len, size_t ngzip)
{
	return (1 + 4 + r->findings.len + sizeof(r->hash) + 4 + len + 4 +
	    ngzip + 4 + r->summary.len <= MSG_MAXPAYLOAD);
}

/* Judge the `len' bytes at `p' and prepare what is served of them. */
static void
judge(struct result *r, const char *what, const struct map_self *self,
    const char *p, size_t len)
{
	if (map_check(p, len, what, self, add_line, &r->findings) == -1)
		return;
	if (map_summary(p, len, &r->summary) == -1) {
		add_error(&r->findings, what, "out of memory");
		return;
	}
	if (!fits(r, len, 0)) {
		add_error(&r->findings, what, "too many nodes: what is said "
		    "of them does not fit into a message; expected some "
		    "thousand at most");
		return;
	}
	r->good = 1;
	crypto_hash_sha256(r->hash, (const uint8_t *)p, len);
	r->gzip = pack_gzip(p, len, &r->ngzip);
	if (!fits(r, len, r->ngzip))
		r->ngzip = 0;	/* served as it is */
}

static void
answer(struct chan *c, const struct result *r, const char *p, size_t len)
{
	struct wr w;

	wr_init(&w);
	wr_u8(&w, (uint8_t)r->good);
	wr_blob(&w, r->findings.p, r->findings.len);
	wr_bytes(&w, r->hash, sizeof(r->hash));
	wr_blob(&w, p, r->good ? len : 0);
	wr_blob(&w, r->gzip, r->ngzip);
	wr_blob(&w, r->summary.p, r->good ? r->summary.len : 0);
	if (!wr_ok(&w) || chan_send(c, MSG_MAP_RESULT, &w, -1) == -1)
		fatal("answer to the parent");
	wr_free(&w);
}

static void
check(struct chan *c, struct msg *m)
{
	static struct map_self self;
	char what[WHAT_SIZE], *file = NULL;
	struct result r = { .good = 0 };
	const char *p = NULL;
	size_t len = 0;
	int in_blob;

	wr_init(&r.findings);
	wr_init(&r.summary);
	rd_str(&m->rd, what, sizeof(what));
	if (map_self_get(&m->rd, &self) == -1)
		fatalx("malformed question from the parent");
	in_blob = rd_u8(&m->rd);
	if (in_blob)
		p = (const char *)rd_blob(&m->rd, &len);
	if (!rd_end(&m->rd) || in_blob > 1 || in_blob == (m->fd != -1))
		fatalx("malformed question from the parent");
	if (!in_blob)
		p = file = read_file(m->fd, what, &len, &r.findings);
	if (p != NULL)
		judge(&r, what, &self, p, len);
	answer(c, &r, p, len);
	wr_free(&r.findings);
	wr_free(&r.summary);
	free(r.gzip);
	free(file);
}

static void
parent_message(struct chan *c, struct msg *m, void *arg)
{
	(void)arg;
	switch (m->type) {
	case MSG_VERBOSE:
		log_setverbose(rd_u8(&m->rd));
		break;
	case MSG_STOP:
		exit(0);
	case MSG_MAP_CHECK:
		check(c, m);
		break;
	default:
		log_warnx("%s from the parent: not expected",
		    msg_name(m->type));
		break;
	}
}

static void
parent_gone(struct chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	log_debug("parent: %s", why);
	exit(0);
}

void
check_main(void)
{
	struct event_base *base;
	struct child_start st;
	struct chan *parent;
	const char *level;
	struct wr w;

	parent = child_init(ROLE_MAP, &st);
	if (sodium_init() == -1)
		fatalx("libsodium can't be set up");
	if ((base = event_base_new()) == NULL || chan_attach(parent, base,
	    parent_message, parent_gone, NULL) == -1)
		fatal("event loop");
	level = child_confine(ROLE_MAP, &st);
	wr_init(&w);
	wr_str(&w, level);
	if (!wr_ok(&w) || chan_send(parent, MSG_READY, &w, -1) == -1)
		fatal("answer to the parent");
	wr_free(&w);
	if (event_base_dispatch(base) == -1)
		fatal("event loop");
	exit(0);
}

/*
 * check: the process that checks maps; see check.h.  It gets bytes from the
 * parent, and gives back a verdict: it can open no file, and has no network.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "child.h"
#include "log.h"
#include "mapcheck.h"

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

/* What is said of a map. */
struct result {
	struct wr	 findings, summary;
	int		 good;
};

/* Does the answer fit into a message? */
static int
fits(const struct result *r)
{
	return (1 + 4 + r->findings.len + 4 + r->summary.len <=
	    MSG_MAXPAYLOAD);
}

/* Judge the `len' bytes at `p'. */
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
	if (!fits(r)) {
		add_error(&r->findings, what, "too many nodes: what is said "
		    "of them does not fit into a message; expected some "
		    "thousand at most");
		return;
	}
	r->good = 1;
}

static void
answer(struct chan *c, const struct result *r)
{
	struct wr w;

	wr_init(&w);
	wr_u8(&w, (uint8_t)r->good);
	wr_blob(&w, r->findings.p, r->findings.len);
	wr_blob(&w, r->summary.p, r->good ? r->summary.len : 0);
	if (!wr_ok(&w) || chan_send(c, MSG_MAP_RESULT, &w, -1) == -1)
		fatal("can't send to the parent");
	wr_free(&w);
}

static void
check(struct chan *c, struct msg *m)
{
	static struct map_self self;
	char what[WHAT_SIZE];
	struct result r = { .good = 0 };
	const uint8_t *p;
	size_t len;

	wr_init(&r.findings);
	wr_init(&r.summary);
	rd_str(&m->rd, what, sizeof(what));
	if (map_self_get(&m->rd, &self) == -1)
		fatalx("malformed question from the parent");
	p = rd_blob(&m->rd, &len);
	if (!rd_end(&m->rd))
		fatalx("malformed question from the parent");
	judge(&r, what, &self, (const char *)p, len);
	answer(c, &r);
	wr_free(&r.findings);
	wr_free(&r.summary);
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
	if ((base = event_base_new()) == NULL || chan_attach(parent, base,
	    parent_message, parent_gone, NULL) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	level = child_confine(ROLE_MAP, &st);
	wr_init(&w);
	wr_str(&w, level);
	if (!wr_ok(&w) || chan_send(parent, MSG_READY, &w, -1) == -1)
		fatal("can't send to the parent");
	wr_free(&w);
	if (event_base_dispatch(base) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	exit(0);
}

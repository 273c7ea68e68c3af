/*
 * validate: the process that validates maps; see validate.h.  It receives maps
 * from the parent and returns the result.  It can open no file and has no
 * network access.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childrun.h"
#include "log.h"
#include "mapcheck.h"
#include "validate.h"

/* Collect findings, one per line, for the parent to log. */
static void
add_line(int error, const char *line, void *arg)
{
	struct ipc_wr *w = arg;
	const char *kind = error ? "error: " : "warning: ";

	ipc_wr_bytes(w, kind, strlen(kind));
	ipc_wr_bytes(w, line, strlen(line));
	ipc_wr_bytes(w, "\n", 1);
}

static void
add_error(struct ipc_wr *w, const char *what, const char *why)
{
	char line[IPC_MAP_WHATSIZE + 256];

	snprintf(line, sizeof(line), "%s: %s", what, why);
	add_line(1, line, w);
}

/* The result for one map. */
struct result {
	struct ipc_wr	 findings, summary;
	int		 good;
};

/* Does the answer fit into a message? */
static int
fits(const struct result *r)
{
	return (1 + 4 + r->findings.len + 4 + r->summary.len <=
	    MSG_MAXPAYLOAD);
}

/* Validate the `len' bytes at `p'. */
static void
check_bytes(struct result *r, const char *what, const struct ipc_map_self *self,
    const char *p, size_t len)
{
	if (map_check(p, len, what, self, add_line, &r->findings) == -1)
		return;
	if (map_summary(p, len, &r->summary) == -1) {
		add_error(&r->findings, what, "out of memory");
		return;
	}
	if (!fits(r)) {
		add_error(&r->findings, what, "too many nodes: the findings "
		    "do not fit into a message; expected some "
		    "thousand at most");
		return;
	}
	r->good = 1;
}

static struct ipc_child	 child;

static void
answer(const struct result *r)
{
	struct ipc_msg_map_result v = {
		.ok = r->good,
		.findings = r->findings.p,
		.findings_len = r->findings.len,
		.summary = r->summary.p,
		.summary_len = r->good ? r->summary.len : 0
	};

	if (!ipc_wr_ok(&r->findings) || !ipc_wr_ok(&r->summary) ||
	    ipc_send_map_result(child.parent, &v) == -1)
		fatal("can't send a map's result to the parent (sendmsg)");
}

static int
on_check(void *arg, const struct ipc_msg_map_check *v)
{
	struct result r = { .good = 0 };

	(void)arg;
	ipc_wr_init(&r.findings);
	ipc_wr_init(&r.summary);
	check_bytes(&r, v->what, &v->self, v->map, v->len);
	answer(&r);
	ipc_wr_free(&r.findings);
	ipc_wr_free(&r.summary);
	return (0);
}

static void
prepare(struct ipc_child *c)
{
	if ((c->base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
}

static const struct ipc_handlers handlers = {
	.map_check = on_check
};

static struct ipc_child child = {
	.role = ROLE_MAP,
	.handlers = &handlers,
	.prepare = prepare
};

void
mapd_validate_main(void)
{
	ipc_child_run(&child);
}

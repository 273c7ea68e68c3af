/*
 * runfixture: a run for the tests of checks, and what it reports.
 */
#ifndef RUNFIXTURE_H
#define RUNFIXTURE_H

#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

#define RUN_RECORDED	64

/* A run against a node, and all that it has reported. */
struct run_fixture {
	struct check_node	 node;
	struct check_opts	 opts;
	struct check_sink	 sink;
	struct check_kept	 kept[RUN_KEPT];
	struct check_run	 run;
	struct check_finding	 found[RUN_RECORDED];
	struct check_measure	 measured[RUN_RECORDED];
	size_t			 nfound, nmeasured;
};

static inline void
run_found(const struct check_finding *f, void *arg)
{
	struct run_fixture *x = arg;

	printf("%s: %s: %s\n", check_fault_row(f->id)->name, f->where, f->what);
	ATF_REQUIRE(x->nfound < RUN_RECORDED);
	x->found[x->nfound++] = *f;
}

static inline void
run_measured(const struct check_measure *m, void *arg)
{
	struct run_fixture *x = arg;

	printf("%s: %s: %lld %s\n", check_fact_row(m->id)->name, m->where,
	    (long long)m->n, m->text);
	ATF_REQUIRE(x->nmeasured < RUN_RECORDED);
	x->measured[x->nmeasured++] = *m;
}

/* A run that reports findings at once, for a node at 127.0.0.1. */
static inline void
run_begin(struct run_fixture *x)
{
	memset(x, 0, sizeof(*x));
	(void)snprintf(x->node.host, sizeof(x->node.host), "127.0.0.1");
	x->node.port = 443;
	x->node.stun = 3478;
	x->opts.what = CHECK_ALL;
	x->sink.found = run_found;
	x->sink.measured = run_measured;
	x->sink.arg = x;
	x->run.node = &x->node;
	x->run.opts = &x->opts;
	x->run.sink = &x->sink;
}

/* Add an address to the run. */
static inline struct check_addr *
run_address(struct run_fixture *x, const char *text)
{
	struct check_addr *a = &x->run.addrs[x->run.naddrs++];
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)&a->ss;
	struct sockaddr_in *s4 = (struct sockaddr_in *)&a->ss;

	ATF_REQUIRE(x->run.naddrs <= RUN_ADDRESSES);
	(void)snprintf(a->text, sizeof(a->text), "%s", text);
	if (strchr(text, ':') == NULL) {
		a->ss.ss_family = AF_INET;
		a->len = sizeof(*s4);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET, text, &s4->sin_addr));
	} else {
		a->ss.ss_family = AF_INET6;
		a->len = sizeof(*s6);
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, text, &s6->sin6_addr));
	}
	return (a);
}

/* How many findings there are of this fault. */
static inline size_t
run_count(const struct run_fixture *x, enum check_fault id)
{
	size_t i, n = 0;

	for (i = 0; i < x->nfound; i++)
		n += x->found[i].id == id;
	return (n);
}

/* The first measure of this fact; NULL: there is none. */
static inline const struct check_measure *
run_measure(const struct run_fixture *x, enum check_fact id)
{
	size_t i;

	for (i = 0; i < x->nmeasured; i++)
		if (x->measured[i].id == id)
			return (&x->measured[i]);
	return (NULL);
}

/* The text of this fact, which must be there. */
static inline const char *
run_text(const struct run_fixture *x, enum check_fact id)
{
	const struct check_measure *m = run_measure(x, id);

	ATF_REQUIRE_MSG(m != NULL, "no %s", check_fact_row(id)->name);
	return (m->text);
}

/* Nothing must be found but this fault, with `part' in its text. */
static inline void
run_only(const struct run_fixture *x, enum check_fault id, const char *part)
{
	ATF_REQUIRE_EQ_MSG(1, x->nfound, "%zu findings, not one with \"%s\"",
	    x->nfound, part);
	ATF_CHECK_STREQ(check_fault_row(id)->name,
	    check_fault_row(x->found[0].id)->name);
	ATF_CHECK_MSG(strstr(x->found[0].what, part) != NULL,
	    "\"%s\" is not in \"%s\"", part, x->found[0].what);
}

/* A socket at a free port of 127.0.0.1, which does not listen yet. */
static inline int
run_port(unsigned int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sin, len));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	*port = ntohs(sin.sin_port);
	return (fd);
}

#endif

/*
 * check: the order of the checks of a node; see check.h.
 *
 * Each check needs those before it: what is found at one of them explains what
 * later ones would find.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"

/* The checks of one address. */
static void
address(struct check_run *r, struct check_addr *a)
{
	const unsigned int what = r->opts->what;

	if (a->skipped || !(a->connects = check_tcp(r, a)))
		return;
	if (!(a->speaks_tls = check_tls(r, a)))
		return;
	if ((what & CHECK_HTTP) && !check_http(r, a))
		return;
	if (what & CHECK_DERP)
		a->serves = check_login(r, a);
	if (a->serves && (what & CHECK_HTTP))
		check_websocket(r, a);
}

int
check_node(const struct check_node *n, const struct check_opts *o,
    const struct check_sink *sink, char *why, size_t size)
{
	struct check_kept kept[RUN_KEPT];
	struct check_run r = { .node = n, .opts = o, .sink = sink,
	    .kept = kept };
	size_t i;

	if (check_names(&r)) {
		for (i = 0; i < r.naddrs && !r.stopped && !n->stun_only; i++)
			address(&r, &r.addrs[i]);
		if (o->what & CHECK_NAMES)
			check_addresses(&r);
		/* Before port 80, whose faults do not explain silent STUN. */
		if ((o->what & CHECK_STUN) && n->stun != -1)
			check_stun(&r);
		if ((o->what & CHECK_PORT80) && n->port80 != 0 &&
		    !n->stun_only)
			check_port80(&r);
		if (o->what & CHECK_NAMES)
			check_sources(&r);
	}
	check_cert_clock(&r);
	check_report_kept(&r);
	if (r.local[0] == '\0' && !r.stopped)
		return (0);
	(void)snprintf(why, size, "%s", r.local);
	return (-1);
}

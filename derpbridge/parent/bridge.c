/*
 * bridge: the event loop of derpbridged's parent; see bridge.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "about.h"
#include "authorities.h"
#include "bridge.h"
#include "clock.h"
#include "confine.h"
#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "sandbox.h"

#define START_MS	20000	/* for all children to be ready */
#define STOP_MS		2000	/* for endpoints to be restored */

static void
signalled(evutil_socket_t sig, short what, void *arg);

int
bridge_check_files(const struct bconf *c)
{
	const struct bconf_iface *f;
	int rv = 0;

	if (c->map.cafile != NULL && super_authorities_check(c->map.cafile,
	    gram_at(&c->map.cafile_pos, c->map.cafile), c->user) == -1)
		rv = -1;
	TAILQ_FOREACH(f, &c->ifaces, entry)
		if (f->cafile != NULL && super_authorities_check(f->cafile,
		    gram_at(&f->cafile_pos, f->cafile), c->user) == -1)
			rv = -1;
	return (rv);
}

/* 0, or -1 (logged). */
static int
check_all(struct bridge *d)
{
	/* A machine that is booted has a bridge even so. */
	if (!d->restoring && bridge_check_files(d->conf) == -1 &&
	    d->checking)
		return (-1);
	if (super_programs_open(&d->super, d->self, NULL) == -1 ||
	    super_confine_check(&d->super, d->conf_path, d->checking) == -1 ||
	    bridge_control_check(d->conf) == -1)
		return (-1);
	return (bridge_state_check(d));
}

int
bridge_set_up(struct bridge *d)
{
	d->started_ms = base_clock_ms();
	if ((d->super.base = event_base_new()) == NULL)
		fatalx("can't make the event loop (event_base_new)");
	bridge_ifaces_init(d->ifaces);
	bridge_procs_set_up(d);
	bridge_map_set_up(d);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	if (check_all(d) == -1)
		return (-1);
	if (d->checking)
		return (0);
	super_catch_signals(d->super.base, signalled, d);
	return (bridge_ifaces_open(d->ifaces, d->conf));
}

int
bridge_check(struct bridge *d)
{
	if (bridge_set_up(d) == -1 || bridge_map_check(d) == -1)
		return (-1);
	printf("%sconfiguration OK\n", d->verbose ? "# " : "");
	return (fflush(stdout) == 0 ? 0 : -1);
}

/* Stop */

static void
stop(struct bridge *d)
{
	if (d->super.stopping)
		return;
	d->super.stopping = 1;
	log_info("stopping");
	(void)super_notify("STOPPING=1");
	bridge_control_close(d);
	super_stop_within(&d->super, STOP_MS,
	    "; derpbridged -R restores endpoints");
}

static void
signalled(evutil_socket_t sig, short what, void *arg)
{
	struct bridge *d = arg;

	(void)what;
	switch (sig) {
	case SIGCHLD:
		super_child_ended(&d->super);
		break;
	case SIGHUP:
		log_info("SIGHUP: reading %s again", d->conf_path);
		(void)bridge_reload(d);
		break;
	default:
		stop(d);
		break;
	}
}

/* Start */

void
bridge_ready(struct bridge *d)
{
	if (d->super.stopping || !d->super.starting || d->restoring ||
	    !super_ready(&d->super))
		return;
	if (bridge_control_open(d) == -1) {
		super_start_failed(&d->super);
		return;
	}
	super_started(&d->super);
	log_info("derpbridged " BASE_VERSION " ready: %s, %llu ms",
	    d->keys.c.level,
	    (unsigned long long)(base_clock_ms() - d->started_ms));
	super_let_go(d->ready_fd, d->verbose);
	d->ready_fd = -1;
	if (sandbox_parent(1) == -1)
		fatal("can't confine the parent");
	(void)super_notify("READY=1");
}

/* Set up, and start all children.  0, or -1 (logged). */
static int
start(struct bridge *d)
{
	if (bridge_set_up(d) == -1)
		return (-1);
	d->super.starting = 1;
	super_start_within(&d->super, START_MS);
	if (d->conf->sandbox == SANDBOX_OFF)
		log_warnx("sandbox off: the children are not confined");
	super_life_start(&d->super);
	bridge_netns_watch(d);
	bridge_lend_start(d);
	bridge_map_load(d);
	return (super_start(&d->super));
}

int
bridge_run(struct bridge *d, int ready_fd)
{
	d->ready_fd = ready_fd;
	if (start(d) == -1)
		d->super.failed = 1;
	if (super_loop(&d->super) == 0)
		return (0);
	bridge_control_close(d);
	log_errx("derpbridged did not start");
	super_end(&d->super);
	super_give_up(d->ready_fd, 1);
	return (1);
}

/*
 * parent: the event loop of the privileged parent; see parent.h.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "about.h"
#include "clock.h"
#include "confine.h"
#include "cpus.h"
#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "parent.h"
#include "sandbox.h"

#define START_MS	20000	/* for all children to be ready */
#define STOP_MS		5000	/* for clients to get their last bytes */
#define KILL_MS		1000

static int	ready_fd = -1;

/* `n', or 1 to IPC_MAXWORKERS. */
static unsigned int
bounded(long n)
{
	return (n < 1 ? 1 : n > IPC_MAXWORKERS ? IPC_MAXWORKERS :
	    (unsigned int)n);
}

unsigned int
parent_count_workers(const struct conf *c, long ncpus)
{
	if (!c->relay.enabled || TAILQ_EMPTY(&c->listens))
		return (0);
	return (bounded(c->relay.workers > 0 ? (long)c->relay.workers :
	    ncpus));
}

unsigned int
parent_count_fronts(const struct conf *c, long ncpus)
{
	if (TAILQ_EMPTY(&c->listens))
		return (0);
	if (c->relay.fronts > 0)
		return (bounded(c->relay.fronts));
	if (!c->relay.enabled)
		return (bounded(ncpus));
	return ((parent_count_workers(c, ncpus) + 1) / 2);
}

static void
set_up(struct parent *d)
{
	const long ncpus = (long)base_cpus();

	d->started_ms = base_clock_ms();
	d->nfronts = parent_count_fronts(d->conf, ncpus);
	d->nworkers = parent_count_workers(d->conf, ncpus);
	d->nstuns = d->conf->stun.enabled ? d->conf->stun.workers : 0;
	if ((d->super.base = event_base_new()) == NULL)
		fatalx("can't make the event loop (event_base_new)");
	(void)meshset_assign(&d->mesh, d->conf);
	mapset_checker_init(d);
	parent_procs_set_up(d);
	parent_reload_init(d);
	parent_moves_init(d);
	parent_succeed_init(d);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Return 1 if STUN alone does not need the program of this role. */
static int
not_for_stun(enum ipc_role role)
{
	return (role != ROLE_KEYS && role != ROLE_STUN);
}

/* Open the programs that the configuration needs.  0, or -1 (logged). */
static int
open_programs(struct parent *d)
{
	return (super_programs_open(&d->super, d->self, d->nfronts == 0 &&
	    !d->conf->metrics.enabled ? not_for_stun : NULL));
}

/* Check what the children are confined by.  0, or -1 (logged). */
static int
confine(struct parent *d)
{
	return (super_confine_check(&d->super, d->conf_path, d->checking));
}

/* derpd -n: behind the configuration that -v prints, as comments. */
static void
report(const struct parent *d)
{
	const char *before = d->verbose ? "# " : "";
	char line[4096];

	if (d->conf->relay.enabled) {
		admitset_line(d->conf, line, sizeof(line));
		printf("%s%s\n", before, line);
	}
	printf("%sconfiguration OK\n", before);
}

int
parent_check(struct parent *d)
{
	set_up(d);
	if (open_programs(d) == -1 || confine(d) == -1)
		return (-1);
	super_start_within(&d->super, START_MS);
	if (parent_procs_start_keys(&d->keys) == -1)
		d->super.failed = 1;
	while (!d->super.failed && !d->checked)
		super_turn(&d->super);
	super_end(&d->super);
	if (!d->super.failed)
		report(d);
	conf_free(d->conf);
	return (fflush(stdout) == 0 && !d->super.failed ? 0 : -1);
}

static void
signalled(evutil_socket_t sig, short what, void *arg)
{
	struct parent *d = arg;

	(void)what;
	if (sig != SIGCHLD && upgrade_signal(d, (int)sig))
		return;
	switch (sig) {
	case SIGCHLD:
		super_child_ended(&d->super);
		break;
	case SIGHUP:
		if (d->super.starting || d->super.stopping)
			break;
		log_info("SIGHUP: reading %s again", d->conf_path);
		parent_reload(d, NULL, NULL);
		break;
	default:
		parent_stop(d);
		break;
	}
}

void
parent_stop(struct parent *d)
{
	if (d->super.stopping || !upgrade_may_stop(d))
		return;
	if (d->waiting) {
		strlcpy(d->why, "the new derpd was told to stop",
		    sizeof(d->why));
		super_start_failed(&d->super);
		return;
	}
	d->super.stopping = 1;
	log_info("stopping");
	(void)super_notify("STOPPING=1");
	parent_gens_stop(&d->gens, "derpd stops");
	parent_succeed_stop(d);
	parent_moves_stop(d);
	parent_control_close();
	parent_listen_close(&d->listens);	/* refuse new clients at
						   once */
	parent_listen_close(&d->stunsocks);
	parent_listen_close(&d->metricsocks);
	parent_certwatch_end(d);
	super_stop_within(&d->super, STOP_MS, "");
}

/* Log that this derpd serves. */
static void
log_ready(const struct parent *d)
{
	char took[IPC_BUILDSIZE + 64] = "";

	if (d->successor.build[0] != '\0')
		snprintf(took, sizeof(took), "; took over %u session%s from "
		    "derpd %s", d->successor.sessions,
		    d->successor.sessions == 1 ? "" : "s", d->successor.build);
	log_info("derpd " BASE_VERSION " ready: %u front%s, %u relay "
	    "worker%s, %u stund, %zu map%s, %s, %llu ms%s", d->nfronts,
	    d->nfronts == 1 ? "" : "s", d->nworkers,
	    d->nworkers == 1 ? "" : "s", d->nstuns, d->maps.n,
	    d->maps.n == 1 ? "" : "s", d->keys.c.level,
	    (unsigned long long)(base_clock_ms() - d->started_ms), took);
}

void
parent_serve(struct parent *d)
{
	super_started(&d->super);
	log_ready(d);
	parent_metrics_changed(d);
	parent_stuns_begin(d);
	parent_certwatch_begin(d);
	parent_reload_look(d);
	super_let_go(ready_fd, d->verbose);
	ready_fd = -1;
	if (sandbox_parent(0) == -1)
		fatal("can't confine the parent");
	/* An old derpd says so for this one, with MAINPID (keeper.c). */
	if (d->successor.ops == NULL || d->successor.orphan)
		(void)super_notify("READY=1");
}

void
parent_ready(struct parent *d)
{
	/* What was sent before a child was told to stop is too late. */
	if (d->super.stopping)
		return;
	if (!d->super.starting) {
		parent_metrics_changed(d);
		return;
	}
	if (!d->keys_loaded || !super_ready(&d->super))
		return;
	if (d->waiting)
		upgrade_ready(d);
	else if (parent_control_open(d) == -1)
		super_start_failed(&d->super);
	else
		parent_serve(d);
}

/* Make the memory that processes share.  0, or -1 with errno. */
static int
make_pages(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < parent_servers_count(d); i++)
		if ((d->counters[i] = ipc_counters_new()) == NULL)
			return (-1);
	for (i = 0; i < d->nstuns; i++)
		if ((d->stuncounters[i] = ipc_counters_new()) == NULL)
			return (-1);
	/* Sessions that come have been with workers by this secret. */
	if (d->successor.has_secret)
		memcpy(d->slot_secret, d->successor.slot_secret,
		    sizeof(d->slot_secret));
	else
		arc4random_buf(d->slot_secret, sizeof(d->slot_secret));
	/* Fronts that serve maps alone have a page, too. */
	if (d->nfronts > 0 && (d->slots = ipc_slots_new(d->nworkers > 0 ?
	    d->nworkers : 1)) == NULL)
		return (-1);
	return (0);
}

/* The same.  0, or -1 (logged). */
static int
share(struct parent *d)
{
	if (make_pages(d) == 0)
		return (0);
	log_warn("can't make the memory that processes share (memfd_create, "
	    "fcntl F_ADD_SEALS, shm_open): mount /proc and /dev/shm, or let "
	    "the container's filter allow these calls");
	return (-1);
}

/* Open what is listened on.  0, or -1 (logged): it may be free later. */
static int
open_ports(struct parent *d)
{
	if (parent_listen_open(&d->listens, d->conf, d->nfronts,
	    &d->inherit) == 0 &&
	    parent_listen_stun(&d->stunsocks, d->conf, d->nstuns,
	    &d->inherit) == 0 &&
	    parent_listen_metrics(&d->metricsocks, d->conf,
	    &d->inherit) == 0)
		return (0);
	d->status = EX_TEMPFAIL;
	return (-1);
}

/* Start keys, then the generation, then the other children. */
static int
start_keys(struct parent *d)
{
	if (d->conf->sandbox == SANDBOX_OFF)
		log_warnx("sandbox off: the children are not confined");
	return (parent_procs_start_keys(&d->keys));
}

/* Each step logs why it fails; the first line is kept. */
static int
start(struct parent *d)
{
	static int (*const steps[])(struct parent *) = { upgrade_listen, share,
	    open_programs, confine, open_ports, start_keys };
	size_t i;
	int rv = 0;

	for (i = 0; rv == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
		log_capture(d->why, sizeof(d->why));
		rv = steps[i](d);
		log_capture(NULL, 0);
	}
	if (rv == 0)
		d->why[0] = '\0';
	return (rv);
}

void
parent_loaded(struct parent *d, int good)
{
	d->checked = d->checking;
	if (good && !d->checking)
		parent_dns_set(d);
	if (!good || (!d->checking && super_start(&d->super) == -1))
		d->super.failed = 1;
	event_base_loopbreak(d->super.base);
}

/* The start has failed.  Returns the exit status, which it reports. */
static int
give_up(struct parent *d)
{
	if (upgrade_give_up(d))
		log_errx("derpd did not start%s", d->status == EX_TEMPFAIL ?
		    ": an address or a port can't be had" : "");
	super_end(&d->super);
	super_give_up(ready_fd, d->status);
	return (d->status);
}

int
parent_run(struct parent *d, int fd)
{
	ready_fd = fd;
	set_up(d);
	d->super.starting = 1;
	super_catch_signals(d->super.base, signalled, d);
	super_start_within(&d->super, d->waiting ? UPGRADE_START_MS : START_MS);
	if (!d->waiting) {
		parent_renew_begin(d);
		parent_certself_begin(d);
	}
	super_life_start(&d->super);
	d->status = 1;
	if (start(d) == -1)
		return (give_up(d));
	if (super_loop(&d->super) == 0)
		return (upgrade_end(d));
	parent_gens_stop(&d->gens, "derpd stops");
	parent_control_close();
	return (give_up(d));
}

/*
 * renew: events for the machine, and the process acme-helper; see renew.h.
 * Called by the event loop, talk.c, load.c and procs.c.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define MAX_TIME	((uint64_t)INT64_MAX / 4)

int
renew_wanted(const struct conf *c)
{
	return (c->acme.enabled);
}

int
renew_temporary(const struct parent *d)
{
	return (d->conf->acme.enabled && renew_cert(d) == NULL);
}

/* Collect the facts for the machine. */
static void
collect_facts(const struct parent *d, struct renew_facts *f,
    struct acme_chain *ch)
{
	renew_read_facts(d, f, ch);
	f->stopping = d->super.stopping;
	f->ready = f->enabled && !d->super.starting && !d->super.stopping &&
	    !upgrade_waits(d) && d->helper.c.ready && d->keys_loaded;
}

int64_t
renew_when(const struct parent *d)
{
	const struct renew_machine *m = &d->acme.machine;
	struct renew_facts f;
	struct acme_chain ch;
	int64_t when;

	collect_facts(d, &f, &ch);
	if (m->state <= RENEW_AT_LOAD || renew_on_hold(&f))
		return (0);
	when = renew_plan_renewal(&m->plan, &f.cert);
	return (when > m->plan.next_try ? when : m->plan.next_try);
}

int64_t
renew_since(const struct parent *d)
{
	const struct renew_machine *m = &d->acme.machine;

	return (m->job == ACMEJOB_ISSUE ? m->plan.tried : 0);
}

int
renew_busy(const struct parent *d)
{
	const enum renew_state s = d->acme.machine.state;

	return (s != RENEW_AT_OFF && s != RENEW_AT_LOAD && s != RENEW_AT_REST);
}

const char *
renew_error(const struct parent *d)
{
	const struct renew_machine *m = &d->acme.machine;

	return (m->job == ACMEJOB_ISSUE ? m->earlier : m->plan.error);
}

int
renew_is_on_hold(const struct parent *d)
{
	struct renew_facts f;
	struct acme_chain ch;

	collect_facts(d, &f, &ch);
	return (renew_on_hold(&f));
}

/* Effects of the machine besides the work of its states */

static void
log_line(void *arg, enum renew_level level, const char *line)
{
	(void)arg;
	if (level == RENEW_WARN)
		log_warnx("%s", line);
	else if (level == RENEW_INFO)
		log_info("%s", line);
	else
		log_debug("%s", line);
}

static void
answer(void *arg, unsigned int job, int good, const char *line)
{
	(void)arg;
	parent_control_cert_done(job, good, line);
}

static void
unmark(void *arg)
{
	const struct parent *d = arg;

	(void)renew_remove_mark(d);
}

static void
kill_helper(void *arg)
{
	struct parent *d = arg;

	if (d->helper.c.chan != NULL)
		super_fail(&d->helper.c, "did not end its job in time");
}

/* Time */

static void
timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	renew_run(arg);
}

/* Set the timer for the next job that is due. */
static void
schedule(struct parent *d)
{
	struct timeval tv = { 0, 0 };
	struct renew_facts f;
	struct acme_chain ch;

	collect_facts(d, &f, &ch);
	tv.tv_sec = (time_t)renew_wake(&d->acme.machine, &f, time(NULL));
	if (tv.tv_sec == 0)
		return;
	if ((d->acme.ev == NULL &&
	    (d->acme.ev = evtimer_new(d->super.base, timer, d)) == NULL) ||
	    evtimer_add(d->acme.ev, &tv) == -1)
		fatalx("no timer for the renewal of certificates "
		    "(event_new)");
}

void
renew_event(struct parent *d, const struct renew_event *first)
{
	struct renew_event ev = *first;
	const struct renew_ops ops = { log_line, answer, unmark, kill_helper,
	    d };
	struct renew_machine *m = &d->acme.machine;
	struct renew_facts f;
	struct acme_chain ch;

	d->acme.d = d;
	do {
		collect_facts(d, &f, &ch);
		ev.now = time(NULL);
		ev.ms = base_clock_ms();
		ev.rnd = arc4random();
		ev.facts = &f;
		if (!renew_step(m, &ev, &ops))
			break;
		log_debug("certificates: %s", renew_state_name(m->state));
		memset(&ev, 0, sizeof(ev));
	} while (renew_work(d, &ev));
	schedule(d);
}

void
renew_run(struct parent *d)
{
	struct renew_event ev = { .type = RENEW_ON_WAKE };

	renew_event(d, &ev);
}

/* Check a request of derpctl.  NULL, or what is wrong. */
static const char *
check_request(const struct parent *d, unsigned int job, unsigned int reason)
{
	if (!d->conf->acme.enabled)
		return ("derpd.conf has no acme section");
	if (upgrade_waits(d))
		return ("derpd is being replaced: try again");
	if (job == ACMEJOB_ISSUE || job == ACMEJOB_ROLL)
		return (NULL);
	/* RFC 5280 5.3.1: reason 7 is not used. */
	if (job != ACMEJOB_REVOKE || reason > 10 || reason == 7)
		return ("malformed request");
	if (renew_cert(d) == NULL)
		return ("there is no certificate from the directory to revoke");
	return (NULL);
}

int
renew_request(struct parent *d, unsigned int job, unsigned int reason,
    const char **why)
{
	struct renew_event ev = { .type = RENEW_ON_REQUEST, .job = job,
	    .reason = (uint8_t)reason };

	if ((*why = check_request(d, job, reason)) != NULL)
		return (-1);
	renew_event(d, &ev);
	return (0);
}

/* The process */

/* MSG_ACME_RESULT.  0, or -1: malformed, or no job is pending. */
static int
handle_result(struct parent *d, struct ipc_rd *r)
{
	struct renew_event ev = { .type = RENEW_ON_RESULT };
	struct acme_ari ari;
	struct ipc_msg_acme_result v;

	if (ipc_get_acme_result(r, &v) == -1 ||
	    d->acme.machine.state != RENEW_AT_JOB || v.id != d->acme.id ||
	    v.not_before > MAX_TIME || v.start > MAX_TIME || v.end > MAX_TIME)
		return (-1);
	d->acme.pem = v.chain;
	d->acme.len = v.chain_len;
	renew_forget_tokens(d);
	ari.start = (int64_t)v.start;
	ari.end = (int64_t)v.end;
	strlcpy(ari.why, v.page, sizeof(ari.why));
	ev.end = v.outcome;
	ev.text = v.error;
	ev.not_before = (int64_t)v.not_before;
	ev.ari = &ari;
	renew_event(d, &ev);
	d->acme.pem = NULL;
	return (0);
}

static void
from_helper(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	const struct renew_machine *machine;
	struct parent_proc *p = arg;
	struct parent *d = p->d;
	int rv = -1;

	(void)c;
	machine = &d->acme.machine;
	switch (m->type) {
	case MSG_READY:
		if ((rv = super_handle_ready(&p->c, m)) == 0) {
			parent_ready(d);
			renew_run(d);
		}
		break;
	case MSG_ACME_TOKEN:
		if (machine->state == RENEW_AT_JOB &&
		    machine->job == ACMEJOB_ISSUE)
			rv = renew_handle_token(d, &m->rd);
		break;
	case MSG_ACME_RESULT:
		rv = handle_result(d, &m->rd);
		break;
	}
	if (rv == -1)
		super_fail(&p->c, "sent a malformed message");
}

int
renew_send_conf(struct parent_proc *p)
{
	static struct ipc_msg_acme_conf v;	/* large */

	renew_conf_from(&v.conf, p->d);
	return (ipc_send_acme_conf(p->c.chan, &v));
}

void
renew_connect_keys(struct parent *d)
{
	int fd;

	if (!d->keys_loaded || d->helper.c.chan == NULL)
		return;		/* connected after the restart */
	if ((fd = parent_keys_channel(&d->helper, KEYCHAN_ACME)) == -1)
		log_warn("no channel from acme-helper to keys (socketpair)");
	else if (ipc_send_acme_keys(d->helper.c.chan, fd) == -1)
		super_fail(&d->helper.c, "could not be sent a channel");
}

static int
set_up(struct parent_proc *p)
{
	if (renew_send_conf(p) == -1)
		return (-1);
	renew_connect_keys(p->d);
	return (p->c.chan == NULL ? -1 : 0);
}

int
renew_start(struct parent_proc *p)
{
	return (parent_start_child(p, set_up, from_helper));
}

void
renew_helper_gone(struct parent *d)
{
	struct renew_event ev = { .type = RENEW_ON_GONE };

	renew_forget_tokens(d);
	renew_event(d, &ev);
}

void
renew_configure(struct parent *d)
{
	struct renew_event ev = { .type = RENEW_ON_RELOAD };

	if (super_adjust(&d->helper.c) == 0 && d->helper.c.chan != NULL &&
	    d->conf->acme.enabled && renew_send_conf(&d->helper) == -1)
		super_fail(&d->helper.c, "could not be sent new settings");
	/* A new acme section: read its record first. */
	if (d->acme.machine.state == RENEW_AT_OFF)
		renew_run(d);
	renew_event(d, &ev);
}

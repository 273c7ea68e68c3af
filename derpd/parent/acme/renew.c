/*
 * renew: the process acme-helper and what it does when; see renew.h.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "clock.h"
#include "log.h"
#include "parent.h"

#define JOB_SECS	2400	/* for a job, the helper's own bound and more */
#define LOOK_AGAIN	3600	/* seconds: the clock may have been set */
#define MAX_TIME	((uint64_t)INT64_MAX / 4)

static void	schedule(struct derpd *d);

int
acme_wanted(const struct conf *c)
{
	return (c->acme.enabled);
}

int
acme_temporary(const struct derpd *d)
{
	return (d->conf->acme.enabled && acme_cert(d) == NULL);
}

/* What the plan wants to know of the certificate; its name for ARI in `ch'. */
static void
plan_cert(const struct derpd *d, struct plan_cert *pc, struct chain *ch)
{
	const struct cert *c = acme_cert(d);
	const struct conf_name *n;
	char err[256];

	memset(pc, 0, sizeof(*pc));
	memset(ch, 0, sizeof(*ch));
	pc->id = ch->id;
	if (c == NULL)
		return;
	/* One for other names is as good as none. */
	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (!cert_covers(c, n->name))
			return;
	if (chain_read(c->pem, c->pem_len, ch, err, sizeof(err)) == -1)
		memset(ch, 0, sizeof(*ch));
	pc->not_before = c->not_before;
	pc->not_after = c->not_after;
}

int64_t
acme_renewal(const struct derpd *d)
{
	struct plan_cert pc;
	struct chain ch;
	int64_t when;

	if (!d->acme.known || acme_on_hold(d))
		return (0);
	plan_cert(d, &pc, &ch);
	when = plan_renewal(&d->acme.plan, &pc);
	return (when > d->acme.plan.next_try ? when : d->acme.plan.next_try);
}

/* Results */

/*
 * The new pair is on the disk: it takes the place of the old one.  If it can't,
 * that is tried again in place of another order.
 */
static void
put_in_force(struct derpd *d, const struct plan_cert *pc)
{
	static const char why[] = "the new certificate is on the disk, but "
	    "not in force: see the log";
	const struct cert *c;
	char until[ACME_TIMESIZE], text[64 + ACME_TIMESIZE];

	d->acme.not_loaded = load_certs_again(d) == -1;
	if (d->acme.not_loaded) {
		plan_failed(&d->acme.plan, pc, ACME_END_INTERNAL, why, 0,
		    time(NULL), arc4random());
		log_warnx("%s", why);
		control_cert_done(ACME_JOB_ISSUE, 0, why);
		return;
	}
	plan_issued(&d->acme.plan, time(NULL), arc4random());
	acme_tidy(d);
	if ((c = acme_cert(d)) == NULL)
		return;
	acme_time_text(c->not_after, until);
	log_info("certificate for %s and what else is configured, valid until "
	    "%s", c->nnames > 0 ? c->names[0] : "?", until);
	snprintf(text, sizeof(text), "a new certificate, valid until %s",
	    until);
	control_cert_done(ACME_JOB_ISSUE, 1, text);
}

static void
failed(struct derpd *d, const struct plan_cert *pc, enum acme_outcome end,
    const char *error, int64_t not_before)
{
	struct plan *p = &d->acme.plan;
	char when[ACME_TIMESIZE], text[2 * ACME_LINESIZE];

	/* A file that the order began without may be the reason. */
	snprintf(text, sizeof(text), "%s%s%s", error,
	    d->acme.lacks[0] == '\0' ? "" : "; ", d->acme.lacks);
	plan_failed(p, pc, end, text, not_before, time(NULL), arc4random());
	acme_time_text(p->next_try, when);
	log_warnx("no certificate: %s (next try %s)", p->error, when);
	acme_drop_key(d);
	control_cert_done(ACME_JOB_ISSUE, 0, p->error);
}

static void
issued(struct derpd *d, enum acme_outcome end, const char *error,
    int64_t not_before, const uint8_t *pem, size_t len)
{
	struct plan_cert pc;
	struct chain ch;
	char why[512];

	acme_forget_tokens(d);
	plan_cert(d, &pc, &ch);
	if (end == ACME_END_OK && acme_commit(d, pem, len, why,
	    sizeof(why)) == -1) {
		end = ACME_END_REFUSED;
		error = why;
	}
	if (end != ACME_END_OK)
		failed(d, &pc, end, error, not_before);
	else
		put_in_force(d, &pc);
}

static void
asked(struct derpd *d, enum acme_outcome end, const char *error,
    int64_t not_before, const struct acme_ari *ari)
{
	struct plan *p = &d->acme.plan;
	struct plan_cert pc;
	struct chain ch;
	int64_t was;

	plan_cert(d, &pc, &ch);
	was = plan_renewal(p, &pc);
	if (end == ACME_END_OK)
		plan_ari(p, &pc, ari, not_before, time(NULL), arc4random());
	else {
		plan_ari_failed(p, &pc, not_before, time(NULL));
		log_debug("when to renew is not known: %s", error);
	}
	if (plan_renewal(p, &pc) < was - 86400)
		log_info("the directory wants the certificate renewed early%s"
		    "%s", p->ari_why[0] == '\0' ? "" : ": ", p->ari_why);
}

/* What goes into the log and the record is a line. */
static void
make_plain(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

/* As what the end that the helper says counts. */
static uint8_t
counts_as(struct derpd *d, unsigned int job, uint8_t end)
{
	switch (end) {
	case ACME_END_STOPPED:
		/* If nobody told it to, it is as if it had failed. */
		return (d->stopping || !d->conf->acme.enabled ? end :
		    ACME_END_INTERNAL);
	case ACME_END_ACCOUNT:
	case ACME_END_NEXT_KEY:
		return (job == ACME_JOB_ROLL ? ACME_END_INTERNAL :
		    (uint8_t)acme_other_key(d, (enum acme_outcome)end));
	default:
		return (end);
	}
}

/* MSG_ACME_RESULT.  0, or -1 malformed or not asked for. */
static int
take_result(struct derpd *d, struct rd *r)
{
	struct acme_ari ari;
	char error[ACME_LINESIZE];
	const uint8_t *pem;
	uint64_t not_before, start, end;
	uint32_t id = rd_u32(r);
	uint8_t outcome = rd_u8(r);
	unsigned int job = d->acme.job;
	size_t len;

	rd_str(r, error, sizeof(error));
	not_before = rd_u64(r);
	pem = rd_blob(r, &len);
	start = rd_u64(r);
	end = rd_u64(r);
	memset(&ari, 0, sizeof(ari));
	rd_str(r, ari.why, sizeof(ari.why));
	if (!rd_end(r) || job == 0 || id != d->acme.id ||
	    outcome >= ACME_END_MAX || not_before > MAX_TIME ||
	    start > MAX_TIME || end > MAX_TIME)
		return (-1);
	ari.start = (int64_t)start;
	ari.end = (int64_t)end;
	d->acme.job = 0;
	make_plain(error);
	make_plain(ari.why);
	outcome = counts_as(d, job, outcome);
	if (job == ACME_JOB_ISSUE)
		issued(d, (enum acme_outcome)outcome, error,
		    (int64_t)not_before, pem, len);
	else if (job != ACME_JOB_ARI)
		acme_other_done(d, (enum acme_job)job,
		    (enum acme_outcome)outcome, error);
	else
		asked(d, (enum acme_outcome)outcome, error,
		    (int64_t)not_before, &ari);
	(void)acme_write_plan(d);
	acme_look(d);
	return (0);
}

/* Jobs */

/*
 * Keys has what the job needs; else it has ended, and what the log got of a
 * file that is no good is what derpctl cert shows.
 */
static int
prepared(struct derpd *d, enum acme_job job, const struct plan_cert *pc)
{
	char why[ACME_LINESIZE];
	int rv;

	d->acme.lacks[0] = '\0';
	if (job == ACME_JOB_ARI)
		return (1);
	log_capture(why, sizeof(why));
	rv = acme_prepare(d, job);
	log_capture(NULL, 0);
	strlcpy(d->acme.lacks, why, sizeof(d->acme.lacks));
	if (rv == 0)
		return (1);
	if (why[0] == '\0')
		strlcpy(why, "it can't be begun: see the log", sizeof(why));
	if (job == ACME_JOB_ISSUE) {
		d->acme.lacks[0] = '\0';	/* it is the reason */
		failed(d, pc, ACME_END_INTERNAL, why, 0);
		(void)acme_write_plan(d);
	} else
		acme_other_done(d, job, ACME_END_INTERNAL, why);
	return (0);
}

static void
begin(struct derpd *d, enum acme_job job, const struct plan_cert *pc)
{
	const struct cert *c = acme_cert(d);
	struct wr w;

	d->acme.want &= ~(1U << job);
	if (job == ACME_JOB_ISSUE) {
		plan_begin(&d->acme.plan, pc, time(NULL), arc4random());
		/* A try that can't be remembered would be made for ever. */
		if (acme_write_plan(d) == -1) {
			control_cert_done(job, 0,
			    "it can't be remembered: see the log");
			return;
		}
	}
	if (job == ACME_JOB_ISSUE && d->acme.not_loaded) {
		put_in_force(d, pc);
		(void)acme_write_plan(d);
		return;
	}
	/* The last order's is the certificate's by now. */
	if (job == ACME_JOB_ISSUE)
		memset(d->acme.key, 0, sizeof(d->acme.key));
	if (!prepared(d, job, pc))
		return;
	d->acme.said = 0;
	wr_init(&w);
	wr_u32(&w, ++d->acme.id);
	wr_u8(&w, (uint8_t)job);
	wr_u8(&w, (uint8_t)d->acme.next_key);
	wr_blob(&w, c == NULL ? "" : c->pem, c == NULL ? 0 : c->pem_len);
	if (chan_send(d->helper.chan, MSG_ACME_DO, &w, -1) == 0)
		d->acme.job = job;
	else
		procs_fail(&d->helper, "did not take a job");
	d->acme.until_ms = clock_ms() + JOB_SECS * 1000ULL;
	wr_free(&w);
}

/* The job that is next, and when. */
static enum acme_job
next_job(const struct derpd *d, const struct plan_cert *pc, int64_t now,
    int64_t *when)
{
	enum acme_job job, other;
	enum plan_do what;
	int64_t contact, plan;

	other = acme_other_job(d, when);
	if (*when <= now)
		return (other);
	if (d->acme.want & 1U << ACME_JOB_ISSUE) {
		*when = now;
		return (ACME_JOB_ISSUE);
	}
	contact = acme_contact_due(d);
	if (acme_on_hold(d)) {
		plan = INT64_MAX;
		job = ACME_JOB_CONTACT;
	} else {
		what = plan_next(&d->acme.plan, pc, now, &plan);
		job = what == PLAN_ISSUE ? ACME_JOB_ISSUE : ACME_JOB_ARI;
	}
	/* An order that is due is not held up by what is told besides. */
	if ((plan > now || job != ACME_JOB_ISSUE) && contact < plan) {
		plan = contact;
		job = ACME_JOB_CONTACT;
	}
	if (*when < plan)
		return (other);
	*when = plan;
	return (job);
}

/* Do what is due; else come back when something is. */
static void
look(struct derpd *d)
{
	struct plan_cert pc;
	struct chain ch;
	enum acme_job job;
	int64_t when, now = time(NULL);

	if (!d->conf->acme.enabled || d->acme.job != 0 || d->starting ||
	    d->stopping || !d->helper.ready || d->keys.chan == NULL)
		return;
	acme_read_plan(d);
	plan_cert(d, &pc, &ch);
	job = next_job(d, &pc, now, &when);
	if (when <= now)
		begin(d, job, &pc);
}

void
acme_look(struct derpd *d)
{
	look(d);
	schedule(d);
}

static void
timer(evutil_socket_t fd, short what, void *arg)
{
	struct derpd *d = arg;

	(void)fd;
	(void)what;
	if (d->acme.job != 0 && clock_ms() >= d->acme.until_ms &&
	    d->helper.chan != NULL)
		procs_fail(&d->helper, "does not end a job");
	acme_look(d);
}

static void
schedule(struct derpd *d)
{
	struct timeval tv = { LOOK_AGAIN, 0 };
	struct plan_cert pc;
	struct chain ch;
	int64_t when, now = time(NULL);

	if (!d->conf->acme.enabled || d->stopping)
		return;
	acme_read_plan(d);
	plan_cert(d, &pc, &ch);
	(void)next_job(d, &pc, now, &when);
	/* While it works there is nothing to do but to see that it ends. */
	if (d->acme.job != 0)
		when = now + JOB_SECS;
	if (when < now + LOOK_AGAIN)
		tv.tv_sec = when > now ? (time_t)(when - now) : 1;
	if ((d->acme.ev == NULL &&
	    (d->acme.ev = evtimer_new(d->base, timer, d)) == NULL) ||
	    evtimer_add(d->acme.ev, &tv) == -1)
		fatalx("no timer for certificates");
}

/* The process */

static void
from_helper(struct chan *c, struct msg *m, void *arg)
{
	struct proc *p = arg;
	struct derpd *d = p->d;
	int rv = -1;

	(void)c;
	switch (m->type) {
	case MSG_READY:
		if ((rv = procs_take_ready(p, m)) == 0) {
			parent_ready(d);
			schedule(d);
		}
		break;
	case MSG_ACME_TOKEN:
		if (d->acme.job == ACME_JOB_ISSUE)
			rv = acme_take_token(d, &m->rd);
		break;
	case MSG_ACME_RESULT:
		rv = take_result(d, &m->rd);
		break;
	}
	if (rv == -1)
		procs_fail(p, "sent a malformed message");
}

static int
send_conf(struct proc *p)
{
	static struct acme_conf a;
	struct wr w;
	int rv;

	acme_conf_from(&a, p->d->conf);
	wr_init(&w);
	acme_conf_put(&w, &a);
	rv = chan_send(p->chan, MSG_ACME_CONF, &w, -1);
	wr_free(&w);
	return (rv);
}

void
acme_connect_keys(struct derpd *d)
{
	struct wr w;
	int sv[2], rv;

	if (d->keys.chan == NULL || d->helper.chan == NULL)
		return;		/* the one that comes back is connected then */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("no channel from acme-helper to keys (socketpair)");
		return;
	}
	wr_init(&w);
	wr_u32(&w, 0);
	wr_u8(&w, KEYCHAN_ACME);
	rv = chan_send(d->keys.chan, MSG_KEY_CHAN, &w, sv[0]);
	wr_free(&w);
	if (rv == -1)
		close(sv[1]);
	else if (chan_send(d->helper.chan, MSG_ACME_KEYS, NULL, sv[1]) == -1)
		procs_fail(&d->helper, "did not take a channel");
}

int
acme_start(struct proc *p)
{
	if (procs_spawn(p) == -1)
		return (-1);
	if (send_conf(p) == 0) {
		acme_connect_keys(p->d);
		if (p->chan != NULL)
			return (procs_attach(p, from_helper));
		return (-1);
	}
	log_warn("can't set up acme-helper");
	procs_forget(p);
	kill(p->pid, SIGKILL);
	return (-1);
}

void
acme_helper_gone(struct derpd *d)
{
	struct plan_cert pc;
	struct chain ch;
	unsigned int job = d->acme.job;

	acme_forget_tokens(d);
	d->acme.job = 0;
	if (job == 0 || d->stopping)
		return;
	plan_cert(d, &pc, &ch);
	if (job == ACME_JOB_ISSUE)
		failed(d, &pc, ACME_END_INTERNAL, "acme-helper ended", 0);
	else if (job != ACME_JOB_ARI)
		acme_other_done(d, (enum acme_job)job, ACME_END_INTERNAL,
		    "acme-helper ended");
	else
		plan_ari_failed(&d->acme.plan, &pc, 0, time(NULL));
	(void)acme_write_plan(d);
	schedule(d);
}

void
acme_tell(struct derpd *d)
{
	if (procs_adjust(&d->helper) == 0 && d->helper.chan != NULL &&
	    d->conf->acme.enabled && send_conf(&d->helper) == -1)
		procs_fail(&d->helper, "did not take new settings");
	d->acme.next_contact = 0;
	d->acme.not_loaded = 0;
	if (!d->conf->acme.enabled) {
		d->acme.want = 0;
		return;
	}
	/* What was refused may have been mended. */
	acme_read_plan(d);
	plan_forgive(&d->acme.plan);
	acme_end_hold(d);
	schedule(d);
}

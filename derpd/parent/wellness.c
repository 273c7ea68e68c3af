/*
 * wellness: the verdict whether this derpd serves, and the reasons why it does
 * not; see serve.h.  The one place that decides it, for derpctl health and for
 * derpd-metrics.  Reads nothing but the state of the parent, and the mark of a
 * revocation in the state directory.
 *
 * A reason is what keeps clients out, or soon will.  What is served in another
 * way than configured, such as the last good map, is none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certcheck.h"
#include "clock.h"
#include "parent.h"

#define PATIENCE_MS	10000	/* for a process to become ready */
#define REASON_SIZE	768	/* of one, the rest is cut */

/*
 * A process keeps ending when the last wait before its restart was as long as
 * this, after six ends in a row, until it has lived for a minute.
 */
#define ENDING_MS	1600
#define SETTLED_MS	60000

/* Reasons as they are found, each an element of an array. */
struct reasons {
	struct json_out	*o;
	unsigned int	 n;
};

/* Add a reason, in one line. */
static void __attribute__((format(printf, 2, 3)))
because(struct reasons *r, const char *fmt, ...)
{
	char text[REASON_SIZE], *p;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	json_out_str(r->o, NULL, text);
	r->n++;
}

static const char *
name_of(const struct super_child *p, char *dst, size_t size)
{
	if (!ipc_role_numbered(p->role))
		return (ipc_role_name(p->role));
	snprintf(dst, size, "%s %u", ipc_role_name(p->role), p->worker);
	return (dst);
}

static void
judge_process(const struct super_child *p, uint64_t now_ms, struct reasons *r)
{
	char buf[32];
	const char *name = name_of(p, buf, sizeof(buf));
	uint64_t age = now_ms - p->started_ms;

	if (p->ready) {
		if (p->backoff_ms >= ENDING_MS && age < SETTLED_MS)
			because(r, "%s keeps ending: restarted %u times, the "
			    "last time %llu s ago; the log says why", name,
			    p->restarts, (unsigned long long)age / 1000);
	} else if (p->down_ms != 0 && now_ms - p->down_ms > PATIENCE_MS)
		because(r, "%s has not been ready for %llu s (restarts: %u); "
		    "the log says why", name, (unsigned long long)(now_ms -
		    p->down_ms) / 1000, p->restarts);
}

static void
judge_processes(const struct parent *d, uint64_t now_ms, struct reasons *r)
{
	unsigned int i;

	for (i = 0; i < d->super.n; i++)
		if (super_wanted(d->super.children[i]))
			judge_process(d->super.children[i], now_ms, r);
}

static void
judge_drain(const struct parent *d, uint64_t now_ms, struct reasons *r)
{
	if (d->drain.on)
		because(r, "derpd drains: it takes no more clients, %llu are "
		    "left, and it ends in %llu s at the latest; derpctl drain "
		    "cancel ends the drain",
		    (unsigned long long)parent_drain_clients(d),
		    (unsigned long long)parent_drain_seconds(d, now_ms));
}

/* What a whole check named is better than what a probe met. */
static void
judge_probe(const struct parent *d, struct reasons *r)
{
	char text[PARENT_SELFCHECK_TEXT];

	if (!parent_health_wanted(d) || !d->well.known || d->well.ok)
		return;
	because(r, "the probe of the relay fails, and STUN is silent: %s",
	    d->selfcheck.n == 0 ? d->well.why : parent_selfcheck_text(d, 0,
	    text));
}

static void
judge_cert(const struct parent_cert *c, time_t now, struct reasons *r)
{
	const char *name = c->nnames > 0 ? c->names[0] : c->path;
	struct tm tm;
	char when[32] = "?";
	time_t t = now < c->not_before ? c->not_before : c->not_after;

	if (now >= c->not_before && now <= c->not_after)
		return;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	if (now > c->not_after)
		because(r, "the certificate of %s expired on %s: renew it",
		    name, when);
	else
		because(r, "the certificate of %s is not valid before %s: is "
		    "this machine's clock right?", name, when);
}

/* Where there is no certificate of the ACME directory. */
static void
judge_acme(const struct parent *d, struct reasons *r)
{
	const char *e = renew_error(d);

	if (!renew_wanted(d->conf) || !renew_temporary(d))
		return;
	if (renew_is_on_hold(d))
		because(r, "the certificate was revoked: derpctl cert renew "
		    "requests a new one");
	else
		because(r, "there is no certificate of the ACME directory yet, "
		    "a temporary one is served, and clients can't use the "
		    "relay: %s", e[0] != '\0' ? e : renew_since(d) != 0 ?
		    "it is being requested" : "it will be requested soon");
}

static void
judge_certs(const struct parent *d, time_t now, struct reasons *r)
{
	size_t i;

	if (parent_status_tls_port(d) != 0 && d->loaded.ncerts == 0)
		because(r, "there is no certificate");
	for (i = 0; i < d->loaded.ncerts; i++)
		judge_cert(d->loaded.certs[i], now, r);
	judge_acme(d, r);
}

/* What is not valid now is a reason, see judge_cert(). */
static void
warn(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	(void)k;
	if (level == CERT_WARNING || level == CERT_ERROR)
		because(arg, "%s", text);
}

/* What health found beyond its probes. */
static void
judge_selfcheck(const struct parent *d, struct reasons *r)
{
	char text[PARENT_SELFCHECK_TEXT];
	size_t i;

	/* Without health, in a drain for one, nobody takes them back. */
	if (!parent_health_wanted(d))
		return;
	/* The first one is a reason already. */
	for (i = d->well.ok ? 0 : 1; i < d->selfcheck.n; i++)
		because(r, "%s", parent_selfcheck_text(d, i, text));
}

/* What keeps some clients out, or will, and is to be mended. */
static void
put_warnings(const struct parent *d, time_t now, struct json_out *o)
{
	struct reasons r = { o, 0 };

	json_out_array(o, "warnings");
	if (!d->super.stopping && !d->super.starting) {
		(void)parent_certcheck(d->conf, &d->loaded, NULL, now, warn,
		    &r);
		if (d->certwatch.error[0] != '\0')
			because(&r, "a changed certificate file is not used, "
			    "the certificates before stay in force: %s",
			    d->certwatch.error);
		judge_selfcheck(d, &r);
	}
	json_out_end(o);
}

static void
judge_maps(const struct parent *d, struct reasons *r)
{
	const struct mapset_map *m;
	size_t i;

	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		if (m->state == MAPSET_NONE)
			because(r, "there is no map to serve at %s: %s",
			    m->conf->path, m->error != NULL ? m->error :
			    "none was valid yet");
	}
}

void
parent_wellness_put(const struct parent *d, uint64_t now_ms, time_t now,
    struct json_out *o, const char *name)
{
	struct reasons r = { o, 0 };

	json_out_object(o, name);
	json_out_array(o, "reasons");
	if (d->super.stopping)
		because(&r, "derpd is stopping");
	else if (d->super.starting)
		because(&r, "derpd is starting");
	else {
		judge_drain(d, now_ms, &r);
		judge_processes(d, now_ms, &r);
		judge_probe(d, &r);
		judge_certs(d, now, &r);
		judge_maps(d, &r);
	}
	json_out_end(o);
	put_warnings(d, now, o);
	json_out_bool(o, "ok", r.n == 0);
	json_out_end(o);
}

void
parent_wellness_text(const struct parent *d, struct ipc_wr *w)
{
	struct json_out o;

	json_out_init(&o, w);
	parent_wellness_put(d, base_clock_ms(), time(NULL), &o, NULL);
}

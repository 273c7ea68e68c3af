/*
 * certstatus: what derpctl is told of the certificates, as JSON; see control.h.
 * Called by control.c.
 */
#include <string.h>
#include <time.h>

#include "jsonout.h"
#include "parent.h"

static void
put_when(struct wr *w, const char *name, int64_t when)
{
	jsonout(w, ",\"%s\":", name);
	if (when == 0)
		jsonout_str(w, "");
	else
		jsonout_time(w, (time_t)when);
}

static const char *
kind_of(const struct derpd *d, const struct conf_cert *k)
{
	if (k->acme)
		return (acme_temporary(d) ? "temporary" : "acme");
	return (k->cert == NULL ? "self-signed" : "file");
}

/* Why the last change was not taken, if it is about one of its files. */
static const char *
file_error(const struct derpd *d, const struct conf_cert *k)
{
	const char *e = d->certwatch.error;

	if (k->cert != NULL && (strstr(e, k->cert) != NULL ||
	    strstr(e, k->key) != NULL))
		return (e);
	return ("");
}

/* What is wrong with the certificate of the acme section. */
static const char *
acme_error(const struct derpd *d)
{
	if (acme_on_hold(d))
		return ("it was revoked: derpctl cert renew gets a new one");
	return (d->acme.machine.plan.error);
}

static void
put_cert(const struct derpd *d, struct wr *w, const struct conf_cert *k,
    const struct cert *c)
{
	size_t i;

	jsonout(w, "{\"names\":[");
	for (i = 0; i < c->nnames; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		jsonout_str(w, c->names[i]);
	}
	jsonout(w, "],\"issuer\":");
	jsonout_str(w, c->issuer);
	jsonout(w, ",\"source\":");
	jsonout_str(w, c->path);
	jsonout(w, ",\"kind\":\"%s\"", kind_of(d, k));
	put_when(w, "not_before", c->not_before);
	put_when(w, "not_after", c->not_after);
	jsonout(w, ",\"days_left\":%d,\"pin\":",
	    cert_days_left(c, time(NULL)));
	jsonout_str(w, c->pin);
	put_when(w, "renewal", k->acme ? acme_renewal(d) : 0);
	put_when(w, "next_try", k->acme && !acme_on_hold(d) ?
	    d->acme.machine.plan.next_try : 0);
	jsonout(w, ",\"error\":");
	jsonout_str(w, k->acme ? acme_error(d) : file_error(d, k));
	jsonout(w, "}");
}

void
certstatus_text(const struct derpd *d, struct wr *w)
{
	const struct conf_cert *k;
	size_t i = 0;

	jsonout(w, "{\"certificates\":[");
	TAILQ_FOREACH(k, &d->conf->certs, entry) {
		if (i >= d->loaded.ncerts)
			break;
		jsonout(w, "%s", i > 0 ? "," : "");
		put_cert(d, w, k, d->loaded.certs[i++]);
	}
	jsonout(w, "]}");
}

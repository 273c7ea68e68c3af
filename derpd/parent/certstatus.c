/*
 * certstatus: the status of the certificates for derpctl, as JSON; see
 * control.h.  Called by talk.c.
 */
#include <string.h>
#include <time.h>

#include "json_out.h"
#include "parent.h"

static void
put_when(struct json_out *o, const char *name, int64_t when)
{
	if (when == 0)
		json_out_str(o, name, "");
	else
		json_out_time(o, name, (time_t)when);
}

static const char *
kind_of(const struct parent *d, const struct conf_cert *k)
{
	if (k->acme)
		return (renew_temporary(d) ? "temporary" : "acme");
	return (k->cert == NULL ? "self-signed" : "file");
}

/* Why the last change was refused, if one of its files is the reason. */
static const char *
file_error(const struct parent *d, const struct conf_cert *k)
{
	const char *e = d->certwatch.error;

	if (k->cert != NULL && (strstr(e, k->cert) != NULL ||
	    strstr(e, k->key) != NULL))
		return (e);
	return ("");
}

/* What is wrong with the certificate of the acme section. */
static const char *
acme_error(const struct parent *d)
{
	if (renew_is_on_hold(d))
		return ("it was revoked: derpctl cert renew requests a new "
		    "one");
	return (d->acme.machine.plan.error);
}

void
parent_certstatus_names(struct json_out *o, const struct parent_cert *c)
{
	size_t i;

	json_out_array(o, "names");
	for (i = 0; i < c->nnames; i++)
		json_out_str(o, NULL, c->names[i]);
	json_out_end(o);
}

static void
put_cert(const struct parent *d, struct json_out *o, const struct conf_cert *k,
    const struct parent_cert *c)
{
	json_out_object(o, NULL);
	parent_certstatus_names(o, c);
	json_out_str(o, "issuer", c->issuer);
	json_out_str(o, "source", c->path);
	json_out_str(o, "kind", kind_of(d, k));
	put_when(o, "not_before", c->not_before);
	put_when(o, "not_after", c->not_after);
	json_out_int(o, "days_left", parent_cert_days_left(c, time(NULL)));
	json_out_str(o, "pin", c->pin);
	put_when(o, "renewal", k->acme ? renew_when(d) : 0);
	put_when(o, "next_try", k->acme && !renew_is_on_hold(d) ?
	    d->acme.machine.plan.next_try : 0);
	json_out_str(o, "error", k->acme ? acme_error(d) : file_error(d, k));
	json_out_end(o);
}

void
parent_certstatus_text(const struct parent *d, struct ipc_wr *w)
{
	const struct conf_cert *k;
	struct json_out o;
	size_t i = 0;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_array(&o, "certificates");
	TAILQ_FOREACH(k, &d->conf->certs, entry) {
		if (i >= d->loaded.ncerts)
			break;
		put_cert(d, &o, k, d->loaded.certs[i++]);
	}
	json_out_end(&o);
	json_out_end(&o);
}

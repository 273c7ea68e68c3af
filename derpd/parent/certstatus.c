/*
 * certstatus: the status of the certificates for derpctl, as JSON; see
 * control.h.  Called by talk.c.
 */
#include <string.h>
#include <time.h>

#include "certcheck.h"
#include "certpick.h"
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
	return (renew_error(d));
}

/* What the acme section does, in words of its statements. */
static void
put_acme(const struct parent *d, struct json_out *o)
{
	const int64_t since = renew_since(d);
	int64_t next = d->acme.machine.plan.next_try;

	/* Before the first try: as soon as all processes are ready. */
	if (next == 0 && renew_temporary(d))
		next = time(NULL);
	put_when(o, "trying_since", since);
	put_when(o, "next_try", since != 0 || renew_is_on_hold(d) ? 0 : next);
	json_out_str(o, "challenge", renew_challenge(d) == ACMECHALLENGE_HTTP ?
	    "http" : "tls-alpn");
	json_out_bool(o, "stun_silent", renew_temporary(d) && d->nstuns > 0 &&
	    !parent_stuns_answering(d));
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

/* The host names for which clients get certificate number `i'. */
static void
put_serves(const struct parent *d, struct json_out *o, int i)
{
	const struct gram_name *n;

	json_out_array(o, "serves");
	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (parent_certpick(&d->loaded, n->name) == i)
			json_out_str(o, NULL, n->name);
	json_out_end(o);
	json_out_bool(o, "default", i == 0);
}

/* What is wrong with the certificate of a line. */
struct cert_faults {
	struct json_out		*o;
	const struct conf_cert	*k;
};

static void
put_fault(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	const struct cert_faults *f = arg;

	(void)level;
	if (k == f->k)
		json_out_str(f->o, NULL, text);
}

static void
put_faults(const struct parent *d, struct json_out *o,
    const struct conf_cert *k)
{
	struct cert_faults f = { o, k };

	json_out_array(o, "warnings");
	(void)parent_certcheck(d->conf, &d->loaded, NULL, time(NULL),
	    put_fault, &f);
	json_out_end(o);
}

static void
put_cert(const struct parent *d, struct json_out *o, const struct conf_cert *k,
    size_t i)
{
	const struct parent_cert *c = d->loaded.certs[i];

	json_out_object(o, NULL);
	parent_certstatus_names(o, c);
	json_out_str(o, "issuer", c->issuer);
	json_out_str(o, "source", c->path);
	json_out_str(o, "kind", kind_of(d, k));
	put_when(o, "not_before", c->not_before);
	put_when(o, "not_after", c->not_after);
	json_out_int(o, "days_left", parent_cert_days_left(c, time(NULL)));
	json_out_str(o, "pin", c->pin);
	json_out_bool(o, "self_signed", c->selfsigned);
	json_out_str(o, "old_pin", c->was);
	put_serves(d, o, (int)i);
	put_faults(d, o, k);
	put_when(o, "renewal", k->acme ? renew_when(d) : 0);
	if (k->acme)
		put_acme(d, o);
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
		put_cert(d, &o, k, i++);
	}
	json_out_end(&o);
	json_out_end(&o);
}

/*
 * cert: see cert.h.  Called by tls.c.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cert.h"
#include "derpcert.h"
#include "hostname.h"

/* What the map or the caller expects. */
static void
expect(const struct check_run *r, struct check_certs *c)
{
	const struct check_opts *o = r->opts;
	const char *name = r->node->certname, *host = r->node->host;
	const int pinned = strncmp(name, DERPCERT_PIN_PREFIX,
	    strlen(DERPCERT_PIN_PREFIX)) == 0;

	c->now = time(NULL);
	c->cafile = o->trust == STREAM_CAFILE ? o->trust_arg : NULL;
	if (o->trust == STREAM_PIN)
		c->pin = o->trust_arg;
	else if (o->trust == STREAM_ROOTS && pinned)
		c->pin = name;
	if (name[0] != '\0' && !pinned)
		c->name = name;
	else if (!net_hostname_is_ipv4(host) && !net_hostname_is_ipv6(host))
		c->name = host;
}

/* Does anything at all judge the certificate? */
static int
is_judged(const struct check_run *r)
{
	const struct check_opts *o = r->opts;

	if (o->trust == STREAM_ANY)
		return (o->no_issuer);
	return (o->trust != STREAM_ROOTS || !r->node->insecure ||
	    r->node->certname[0] != '\0');
}

/*
 * Take the certificates but meta certificates, and of these the server's key
 * (derp(7), section 2).
 */
static void
sort(struct check_run *r, struct check_addr *a, const struct check_shake *s,
    struct check_certs *c)
{
	size_t i;

	for (i = 0; i < s->ncerts; i++)
		switch (net_derpcert_meta(s->certs[i], a->meta_key)) {
		case 0:
			c->x[c->n++] = s->certs[i];
			break;
		case 1:
			a->has_meta = 1;
			break;
		default:
			check_found(r, a, r->node->port, CHECK_META_MALFORMED,
			    "the common name of certificate %zu is not "
			    "\"derpkey\" and 64 hexadecimal digits", i + 1);
			break;
		}
	check_number(r, a, CHECK_FACT_META, a->has_meta);
}

static void
measure(struct check_run *r, struct check_addr *a, const struct check_certs *c)
{
	char text[CHECK_WHAT], pin[CHECK_PIN], dn[CHECK_DN];

	a->cert_from = check_cert_seconds(X509_get0_notBefore(c->x[0]));
	a->cert_until = check_cert_seconds(X509_get0_notAfter(c->x[0]));
	check_number(r, a, CHECK_FACT_CERT_DAYS, (a->cert_until - c->now) /
	    86400);
	check_text(r, a, CHECK_FACT_CERT_NAMES, check_cert_names(c->x[0], text,
	    sizeof(text)));
	check_text(r, a, CHECK_FACT_CERT_ISSUER,
	    check_cert_dn(X509_get_issuer_name(c->x[0]), dn));
	check_text(r, a, CHECK_FACT_CERT_KEY, check_cert_key(c->x[0], text,
	    sizeof(text)));
	check_text(r, a, CHECK_FACT_CERT_PIN, check_cert_pin_of(c->x[0], pin));
}

/* By the certificate authorities. */
static void
by_issuer(struct check_run *r, const struct check_addr *a,
    struct check_certs *c)
{
	check_cert_name(r, a, c);
	if (r->opts->no_issuer || check_cert_chain(r, a, c))
		check_cert_order(r, a, c);
	check_cert_weak(r, a, c);
}

void
check_cert(struct check_run *r, struct check_addr *a,
    const struct check_shake *s)
{
	struct check_certs c = { 0 };

	expect(r, &c);
	sort(r, a, s, &c);
	if (c.n == 0) {
		check_found(r, a, r->node->port, CHECK_TLS_BROKEN, "the server "
		    "sends no certificate but its meta certificate");
		return;
	}
	measure(r, a, &c);
	if (!is_judged(r))
		return;
	check_cert_time(r, a, &c);
	if (c.pin != NULL)
		check_cert_pin(r, a, &c);
	else
		by_issuer(r, a, &c);
}

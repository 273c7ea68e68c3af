/*
 * certpin: whether the server's certificate is the one that the map pins; see
 * cert.h.
 */
#include <string.h>
#include <strings.h>

#include "cert.h"

/* Clients compare what the map says, which must be in lower case. */
static int
fits(const struct check_run *r, const struct check_certs *c, const char *pin)
{
	return ((c->pin == r->node->certname ? strcmp(pin, c->pin) :
	    strcasecmp(pin, c->pin)) == 0);
}

void
check_cert_pin(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c)
{
	struct check_certs copy = *c;
	char pin[CHECK_PIN], dn[CHECK_DN];

	check_cert_pin_of(c->x[0], pin);
	if (!fits(r, c, pin)) {
		/* Another certificate: its name and chain do not matter. */
		check_found(r, a, r->node->port, CHECK_CERT_PIN, "it has the "
		    "pin %s, and %s is expected", pin, c->pin);
		return;
	}
	if (c->n > 1)
		check_found(r, a, r->node->port, CHECK_CERT_PIN_EXTRA, "%zu "
		    "more certificates come with it, the first is of %s",
		    c->n - 1, check_cert_dn(X509_get_subject_name(c->x[1]),
		    dn));
	check_cert_name(r, a, &copy);
}

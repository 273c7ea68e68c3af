/*
 * certorder: whether the certificates are in the right order, and which ones
 * are left over; see cert.h.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert.h"

int
check_cert_issued(X509 *issuer, X509 *x)
{
	return (X509_check_issued(issuer, x) == X509_V_OK);
}

int
check_cert_is_ca(X509 *x)
{
	return (X509_check_ca(x) == 1);
}

/* The first other one that number `i' issued; c->n: none. */
static size_t
issued_by(const struct check_certs *c, size_t i)
{
	size_t k;

	for (k = 0; k < c->n; k++)
		if (k != i && check_cert_issued(c->x[i], c->x[k]))
			break;
	return (k);
}

void
check_cert_order(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c)
{
	const unsigned int port = r->node->port;
	char dn[CHECK_DN], other[CHECK_DN];
	size_t extra = 0, i, k = 0;

	for (i = 1; i < c->n; i++) {
		if ((k = issued_by(c, i)) == c->n)
			extra = extra != 0 ? extra : i;
		else if (k > i)
			break;
	}
	check_cert_dn(X509_get_subject_name(c->x[i < c->n ? i : extra]), dn);
	if (i < c->n)
		check_found(r, a, port, CHECK_CERT_ORDER, "certificate %zu, of "
		    "%s, comes before certificate %zu, of %s, which it issued",
		    i + 1, dn, k + 1,
		    check_cert_dn(X509_get_subject_name(c->x[k]), other));
	else if (extra != 0)
		check_found(r, a, port, CHECK_CERT_EXTRA, "certificate %zu, of "
		    "%s, issued none of the others", extra + 1, dn);
	ERR_clear_error();
}

void
check_cert_misordered(struct check_run *r, const struct check_addr *a,
    const struct check_shake *s)
{
	char dn[CHECK_DN];

	check_found(r, a, r->node->port, CHECK_CERT_ORDER, "the first of %zu "
	    "certificates is that of the CA %s; the server's own must be the "
	    "first", s->ncerts,
	    check_cert_dn(X509_get_subject_name(s->certs[0]), dn));
}

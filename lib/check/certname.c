/*
 * certname: whether the server's certificate is for the name that clients
 * expect; see cert.h.
 */

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert.h"

#define LIST	200	/* bytes of a list of names */

/* Clients look at subjectAltName alone. */
static int
covers(X509 *x, const char *name)
{
	const unsigned int flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

	return (X509_check_ip_asc(x, name, 0) == 1 ||
	    X509_check_host(x, name, 0, flags, NULL) == 1);
}

static void
uncovered(struct check_run *r, const struct check_addr *a, X509 *x,
    const char *name)
{
	char list[LIST], dn[CHECK_DN];

	check_cert_names(x, list, sizeof(list));
	if (list[0] != '\0')
		check_found(r, a, r->node->port, CHECK_CERT_NAME, "it is for "
		    "%s, not for %s", list, name);
	else
		check_found(r, a, r->node->port, CHECK_CERT_NAME, "it has no "
		    "subjectAltName, so it is not for %s; clients ignore the "
		    "common name (%s)", name,
		    check_cert_dn(X509_get_subject_name(x), dn));
}

void
check_cert_name(struct check_run *r, const struct check_addr *a,
    struct check_certs *c)
{
	const char *host = r->node->host;
	char list[LIST];

	c->named = c->name == NULL || covers(c->x[0], c->name);
	if (!c->named)
		uncovered(r, a, c->x[0], c->name);
	else if (c->name == NULL && !covers(c->x[0], host))
		check_found(r, a, r->node->port, CHECK_CERT_ADDRESS, "it is "
		    "for %s, not for %s", check_cert_names(c->x[0], list,
		    sizeof(list))[0] == '\0' ? "no name" : list, host);
	ERR_clear_error();
}

/*
 * certchain: whether clients can verify the server's certificate with the CAs
 * that they trust; see cert.h.
 *
 * Go's clients fetch no certificate that the server did not send, and take the
 * others in any order.
 */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert.h"

/* What libcrypto says of a chain that it can't verify. */
struct check_verdict {
	int	 error;		/* X509_V_... */
	int	 depth;		/* 0: at the server's own */
	X509	*x;		/* where; borrowed, or of the store */
};

/* Has this machine CA certificates at all? */
static int
has_roots(void)
{
	const struct dirent *e;
	int n = 0;
	DIR *d;

	if (access(X509_get_default_cert_file(), R_OK) == 0)
		return (1);
	if ((d = opendir(X509_get_default_cert_dir())) == NULL)
		return (0);
	while (n == 0 && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return (n);
}

/* The CAs that clients trust; NULL: this machine can't tell. */
static X509_STORE *
make_store(struct check_run *r, const struct check_certs *c)
{
	X509_STORE *store = X509_STORE_new();

	if (store != NULL && (c->cafile == NULL ?
	    X509_STORE_set_default_paths(store) :
	    X509_STORE_load_locations(store, c->cafile, NULL)) == 1)
		return (store);
	X509_STORE_free(store);
	check_local(r, "%s: can't read the CA certificates", c->cafile != NULL ?
	    c->cafile : X509_get_default_cert_file());
	return (NULL);
}

/* The certificates behind the first one, borrowed.  NULL: out of memory. */
static STACK_OF(X509) *
others(const struct check_certs *c)
{
	STACK_OF(X509) *sk = sk_X509_new_null();
	size_t i;

	for (i = 1; sk != NULL && i < c->n; i++)
		if (sk_X509_push(sk, c->x[i]) == 0) {
			sk_X509_free(sk);
			sk = NULL;
		}
	return (sk);
}

/*
 * Ask libcrypto.  Returns 0, or -1 when out of memory.  What it blames stays
 * with the caller or the store.
 */
static int
verify(X509_STORE *store, const struct check_certs *c, struct check_verdict *v)
{
	STACK_OF(X509) *sk = others(c);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rv = -1;

	if (sk != NULL && ctx != NULL &&
	    X509_STORE_CTX_init(ctx, store, c->x[0], sk) == 1) {
		(void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
		/* Dates explain each other: see certtime.c. */
		if (!c->valid)
			X509_STORE_CTX_set_flags(ctx,
			    X509_V_FLAG_NO_CHECK_TIME);
		(void)X509_verify_cert(ctx);
		v->error = X509_STORE_CTX_get_error(ctx);
		v->depth = X509_STORE_CTX_get_error_depth(ctx);
		v->x = X509_STORE_CTX_get_current_cert(ctx);
		if (v->x == NULL)
			v->x = c->x[0];
		rv = 0;
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_free(sk);
	return (rv);
}

/* Does it name a place to get its issuer from, as public CAs' do? */
static int
names_issuer(X509 *x)
{
	AUTHORITY_INFO_ACCESS *info;
	int i, n = 0;

	info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	for (i = 0; i < sk_ACCESS_DESCRIPTION_num(info); i++)
		n += OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(info,
		    i)->method) == NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(info);
	return (n > 0);
}

/*
 * The issuer of v->x neither came nor is trusted.  A server that sends nothing
 * of the issuer of its own certificate has forgotten to, unless that is a CA
 * that somebody made: those say nothing of where to find it.
 */
static void
no_issuer(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c, const struct check_verdict *v)
{
	const char *who = c->cafile != NULL ? c->cafile : "this system";
	char dn[CHECK_DN], issuer[CHECK_DN];

	check_cert_dn(X509_get_issuer_name(v->x), issuer);
	if (v->depth == 0 && (c->cafile != NULL || names_issuer(v->x)))
		check_found(r, a, r->node->port, CHECK_CERT_INCOMPLETE, "the "
		    "certificate of its issuer, %s, does not come with it, and "
		    "is not among the CAs of %s", issuer, who);
	else if (v->depth == 0)
		check_found(r, a, r->node->port, CHECK_CERT_UNKNOWN_CA, "its "
		    "issuer, %s, is not among the CAs of %s", issuer, who);
	else
		check_found(r, a, r->node->port, CHECK_CERT_UNKNOWN_CA, "the "
		    "chain ends with %s, whose issuer, %s, is not among the "
		    "CAs of %s", check_cert_dn(X509_get_subject_name(v->x),
		    dn), issuer, who);
}

/* It is its own issuer.  One for another name is explained by that. */
static void
self_signed(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c)
{
	char pin[CHECK_PIN];

	if (c->named)
		check_found(r, a, r->node->port, CHECK_CERT_SELF_SIGNED,
		    "its CertName for a map is %s", check_cert_pin_of(c->x[0],
		    pin));
}

static void
other_date(struct check_run *r, const struct check_addr *a,
    const struct check_verdict *v)
{
	const int late = v->error == X509_V_ERR_CERT_HAS_EXPIRED;
	char dn[CHECK_DN], date[CHECK_DATE];

	check_cert_dn(X509_get_subject_name(v->x), dn);
	check_cert_date(check_cert_seconds(late ? X509_get0_notAfter(v->x) :
	    X509_get0_notBefore(v->x)), date);
	check_found(r, a, r->node->port, CHECK_CERT_CA_DATE, "that of the CA "
	    "%s %s %s", dn, late ? "expired on" : "is valid from", date);
}

static void
blame(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c, const struct check_verdict *v)
{
	char dn[CHECK_DN];

	switch (v->error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		self_signed(r, a, c);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		check_found(r, a, r->node->port, CHECK_CERT_UNKNOWN_CA, "the "
		    "chain ends with the CA %s, which is not among the CAs of "
		    "%s", check_cert_dn(X509_get_subject_name(v->x), dn),
		    c->cafile != NULL ? c->cafile : "this system");
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		no_issuer(r, a, c, v);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		other_date(r, a, v);
		break;
	default:
		check_found(r, a, r->node->port, CHECK_CERT_UNFIT, "libcrypto "
		    "says of certificate %d, of %s: %s", v->depth + 1,
		    check_cert_dn(X509_get_subject_name(v->x), dn),
		    X509_verify_cert_error_string(v->error));
		break;
	}
}

int
check_cert_chain(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c)
{
	struct check_verdict v = { .error = X509_V_ERR_UNSPECIFIED };
	X509_STORE *store = make_store(r, c);

	if (store == NULL)
		return (0);
	if (verify(store, c, &v) == -1)
		check_local(r, "out of memory for a chain of certificates");
	else if (v.error != X509_V_OK && c->cafile == NULL &&
	    v.error != X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT && !has_roots())
		check_local(r, "this machine has no CA certificates: install "
		    "ca-certificates, or name a file of them");
	else if (v.error != X509_V_OK)
		blame(r, a, c, &v);
	X509_STORE_free(store);
	ERR_clear_error();
	return (v.error == X509_V_OK);
}

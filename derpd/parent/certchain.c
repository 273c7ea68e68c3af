/*
 * certchain: see certchain.h.  Called by certs.c and certload.c.
 *
 * Clients must be able to follow the issuers from the first certificate to a
 * certificate authority that they know.  They get no certificate from anywhere
 * else (Go's do not read the AIA extension, RFC 5280 4.2.2.1).
 */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "certchain.h"
#include "certs.h"
#include "keyhash.h"
#include "pemcert.h"

#define NAMESIZE	128

struct certchain {
	X509	*x[CERT_MAXCHAIN];
	size_t	 n;
};

static void
chain_read(struct certchain *c, const char *pem, size_t len)
{
	BIO *bio;

	c->n = 0;
	if (len > INT_MAX || (bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return;
	while (c->n < CERT_MAXCHAIN &&
	    (c->x[c->n] = net_pem_cert(bio)) != NULL)
		c->n++;
	BIO_free(bio);
	ERR_clear_error();
}

static void
chain_free(struct certchain *c)
{
	while (c->n > 0)
		X509_free(c->x[--c->n]);
}

/* 1 when `a' issued `b', by its names and key identifiers. */
static int
issued(X509 *a, X509 *b)
{
	return (X509_check_issued(a, b) == X509_V_OK);
}

static int
is_selfsigned(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int rv = X509_NAME_cmp(X509_get_subject_name(x),
	    X509_get_issuer_name(x)) == 0 && key != NULL &&
	    X509_verify(x, key) == 1;

	ERR_clear_error();
	return (rv);
}

/* The common name or organization of a subject or issuer, as ASCII. */
static const char *
name_of(X509_NAME *name, char dst[NAMESIZE])
{
	char *p;

	if (X509_NAME_get_text_by_NID(name, NID_commonName, dst,
	    NAMESIZE) <= 0 && X509_NAME_get_text_by_NID(name,
	    NID_organizationName, dst, NAMESIZE) <= 0)
		return ("a CA without a name");
	for (p = dst; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"')
			*p = '?';
	return (dst);
}

/* The URL of the issuer's certificate that `x' names (AIA); NULL: none. */
static const char *
issuer_url(X509 *x, char *dst, size_t size)
{
	AUTHORITY_INFO_ACCESS *info;
	const ACCESS_DESCRIPTION *a;
	const unsigned char *p;
	int i, n, found = 0;

	info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	for (i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(info); i++) {
		a = sk_ACCESS_DESCRIPTION_value(info, i);
		if (OBJ_obj2nid(a->method) != NID_ad_ca_issuers ||
		    a->location->type != GEN_URI)
			continue;
		p = ASN1_STRING_get0_data(a->location->d.ia5);
		n = ASN1_STRING_length(a->location->d.ia5);
		if (n <= 0 || (size_t)n >= size ||
		    strncmp((const char *)p, "http", 4) != 0)
			continue;
		memcpy(dst, p, (size_t)n);
		dst[n] = '\0';
		/* It is shown as part of a command. */
		found = dst[strspn(dst, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789:/._-")] == '\0';
	}
	AUTHORITY_INFO_ACCESS_free(info);
	return (found ? dst : NULL);
}

/* 1 when an authority of this machine issued `x'; its time does not count. */
static int
is_trusted(X509 *x)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rv = 0;

	if (store != NULL && ctx != NULL &&
	    X509_STORE_set_default_paths(store) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME) == 1 &&
	    X509_STORE_CTX_init(ctx, store, x, NULL) == 1)
		rv = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return (rv);
}

/* The first other certificate that issued number `i'; its number, or n. */
static size_t
find_issuer(const struct certchain *c, size_t i)
{
	size_t k;

	for (k = 0; k < c->n; k++)
		if (k != i && issued(c->x[k], c->x[i]))
			break;
	return (k);
}

/* The first certificate has no issuer in the file. */
static int
check_alone(X509 *leaf, char *what, size_t size)
{
	char name[NAMESIZE], url[256];
	const char *from;

	if (is_trusted(leaf))
		return (0);
	from = issuer_url(leaf, url, sizeof(url));
	(void)snprintf(what, size, "the certificate of its issuer, \"%s\", is "
	    "not in the file, and this machine does not trust that issuer: "
	    "clients that do not know the issuer refuse the relay: use the "
	    "file with the whole chain (fullchain.pem of certbot, "
	    "fullchain.cer of acme.sh), or append the issuer's certificate"
	    "%s%s%s",
	    name_of(X509_get_issuer_name(leaf), name),
	    from != NULL ? ": curl -s " : "", from != NULL ? from : "",
	    from != NULL ? " | openssl x509 -inform der" : "");
	return (1);
}

/* 1 when both are certificates of the same name, such as cross-signed ones. */
static int
alike(X509 *a, X509 *b)
{
	return (X509_NAME_cmp(X509_get_subject_name(a),
	    X509_get_subject_name(b)) == 0);
}

/*
 * 1 when the issuer of certificate `i' is the next one, or is behind others of
 * the same name; or when the place of `i' is of no importance.
 */
static int
in_order(const struct certchain *c, size_t i, size_t issuer)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (alike(c->x[k], c->x[i]))
			return (1);
	if (issuer < i)
		return (0);
	for (k = i + 1; k < issuer; k++)
		if (!alike(c->x[k], c->x[i]))
			return (0);
	return (1);
}

/* Each certificate is followed by its issuer, or has none in the file. */
static int
check_order(const struct certchain *c, char *what, size_t size)
{
	char name[NAMESIZE];
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		if (is_selfsigned(c->x[i]) || (k = find_issuer(c, i)) == c->n ||
		    in_order(c, i, k))
			continue;
		(void)snprintf(what, size, "the chain is not in order: "
		    "certificate %zu, \"%s\", must follow certificate %zu, "
		    "which it issued: some clients can't follow it (RFC 5246, "
		    "7.4.2): sort the file, the server's own certificate first",
		    k + 1, name_of(X509_get_subject_name(c->x[k]), name),
		    i + 1);
		return (1);
	}
	return (0);
}

/* Each certificate but the first issued another one. */
static int
check_strangers(const struct certchain *c, char *what, size_t size)
{
	char name[NAMESIZE];
	size_t i, k;

	for (i = 1; i < c->n; i++) {
		for (k = 0; k < c->n; k++)
			if (k != i && issued(c->x[i], c->x[k]))
				break;
		if (k < c->n)
			continue;
		(void)snprintf(what, size, "certificate %zu in the file, "
		    "\"%s\", issued none of the others: remove it",
		    i + 1, name_of(X509_get_subject_name(c->x[i]), name));
		return (1);
	}
	return (0);
}

static int
check(const struct certchain *c, int *selfsigned, char *what, size_t size)
{
	if (c->n == 0)
		return (0);
	*selfsigned = is_selfsigned(c->x[0]);
	if (*selfsigned && c->n > 1) {
		(void)snprintf(what, size, "the certificate is self-signed, "
		    "and %zu more are in the file: clients that pin it by "
		    "CertName refuse all that come with others: remove the "
		    "others", c->n - 1);
		return (1);
	}
	if (*selfsigned)
		return (0);
	return ((find_issuer(c, 0) == c->n &&
	    check_alone(c->x[0], what, size)) ||
	    check_order(c, what, size) || check_strangers(c, what, size));
}

int
parent_certchain_check(const char *pem, size_t len, int *selfsigned,
    char *what, size_t size)
{
	struct certchain c;
	int rv;

	*selfsigned = 0;
	what[0] = '\0';
	chain_read(&c, pem, len);
	rv = check(&c, selfsigned, what, size);
	chain_free(&c);
	return (rv);
}

size_t
parent_certchain_find(const char *pem, size_t len,
    const uint8_t hash[IPC_KEYHASH_LEN])
{
	uint8_t own[IPC_KEYHASH_LEN];
	struct certchain c;
	EVP_PKEY *key;
	size_t i, found = 0;

	chain_read(&c, pem, len);
	for (i = 0; found == 0 && i < c.n; i++)
		if ((key = X509_get0_pubkey(c.x[i])) != NULL &&
		    base_keyhash_pkey(key, own) == 0 &&
		    memcmp(own, hash, sizeof(own)) == 0)
			found = i + 1;
	chain_free(&c);
	ERR_clear_error();
	return (found);
}

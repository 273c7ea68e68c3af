/*
 * certweak: keys and signatures that clients refuse, or soon will; see cert.h.
 */
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "cert.h"

#define RSA_LEAST	2048
#define RSA_MOST	8192	/* that Go takes (crypto/tls) */

/* The hash of the signature, if it is a broken one; NULL: it is not. */
static const char *
broken_hash(X509 *x)
{
	int hash, key;

	if (OBJ_find_sigid_algs(X509_get_signature_nid(x), &hash, &key) != 1)
		return (NULL);
	return (hash == NID_sha1 ? "SHA-1" : hash == NID_md5 ? "MD5" : NULL);
}

/* Nobody checks the signature of a root. */
static int
is_root(X509 *x)
{
	return (X509_NAME_cmp(X509_get_subject_name(x),
	    X509_get_issuer_name(x)) == 0);
}

/* The bits of an RSA key that is too short or too long; 0: it is not. */
static int
bad_bits(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int bits;

	if (key == NULL || EVP_PKEY_base_id(key) != EVP_PKEY_RSA)
		return (0);
	bits = EVP_PKEY_bits(key);
	return (bits < RSA_LEAST || bits > RSA_MOST ? bits : 0);
}

void
check_cert_weak(struct check_run *r, const struct check_addr *a,
    const struct check_certs *c)
{
	const char *hash;
	char dn[CHECK_DN];
	size_t i;
	int bits;

	for (i = 0; i < c->n; i++) {
		check_cert_dn(X509_get_subject_name(c->x[i]), dn);
		if ((bits = bad_bits(c->x[i])) != 0)
			check_found(r, a, r->node->port, CHECK_CERT_WEAK,
			    "certificate %zu, of %s, has an RSA key of %d bits",
			    i + 1, dn, bits);
		else if (!is_root(c->x[i]) &&
		    (hash = broken_hash(c->x[i])) != NULL)
			check_found(r, a, r->node->port, CHECK_CERT_WEAK,
			    "certificate %zu, of %s, is signed with %s", i + 1,
			    dn, hash);
		else
			continue;
		return;
	}
}

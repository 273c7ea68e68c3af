/*
 * certfixture: certificates of all kinds for the tests of checks, made with
 * those of tlspeer.h.
 */
#ifndef CERTFIXTURE_H
#define CERTFIXTURE_H

#include <openssl/rsa.h>

#include "cert.h"
#include "runfixture.h"
#include "tlspeer.h"

/* A certificate and its key. */
struct cert_made {
	X509		*x;
	EVP_PKEY	*key;
};

/* Keep it until the test ends, for which nothing is freed. */
static inline struct cert_made
cert_keep(struct cert_made m)
{
	static struct cert_made all[64];
	static size_t n;

	ATF_REQUIRE(n < sizeof(all) / sizeof(all[0]));
	return (all[n++] = m);
}

/* How it is made; 0 is the usual. */
struct cert_plan {
	const char		*cn;
	const char		*san;	/* NULL: none */
	const struct cert_made	*by;	/* NULL: self-signed */
	int			 ca;
	int			 rsa;	/* bits; 0: P-256 */
	int			 sha1;
	int			 aia;	/* names where its issuer is */
	const char		*eku;	/* NULL: none */
	long			 from, until; /* seconds from now; 0: a year
						before and after */
};

static inline void
cert_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext;

	ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	ATF_REQUIRE(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static inline EVP_PKEY *
cert_rsa(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY *key = NULL;

	ATF_REQUIRE(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	ATF_REQUIRE(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1);
	ATF_REQUIRE(EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

static inline void
cert_extensions(X509 *x, const struct cert_plan *p)
{
	if (p->ca)
		cert_extend(x, NID_basic_constraints, "critical,CA:TRUE");
	if (p->san != NULL)
		cert_extend(x, NID_subject_alt_name, p->san);
	if (p->aia)
		cert_extend(x, NID_info_access,
		    "caIssuers;URI:http://ca.test/ca.der");
	if (p->eku != NULL)
		cert_extend(x, NID_ext_key_usage, p->eku);
}

static inline struct cert_made
cert_make(struct cert_plan p)
{
	const long year = 365 * DAY;
	const struct cert_made m = cert_keep((struct cert_made){ X509_new(),
	    p.rsa != 0 ? cert_rsa(p.rsa) : make_key() });
	static long serial;
	X509 *x = m.x;

	ATF_REQUIRE(x != NULL);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x), p.from != 0 ? p.from : -year);
	X509_gmtime_adj(X509_getm_notAfter(x), p.until != 0 ? p.until : year);
	if (p.cn != NULL)
		ATF_REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x),
		    "CN", strlen(p.cn) > 64 ? V_ASN1_UTF8STRING : MBSTRING_ASC,
		    (const unsigned char *)p.cn, -1, -1, 0) == 1);
	cert_extensions(x, &p);
	X509_set_pubkey(x, m.key);
	X509_set_issuer_name(x, X509_get_subject_name(p.by != NULL ? p.by->x :
	    x));
	ATF_REQUIRE(X509_sign(x, p.by != NULL ? p.by->key : m.key, p.sha1 ?
	    EVP_sha1() : EVP_sha256()) > 0);
	return (m);
}

#define CERT_MAKE(...)	cert_make((struct cert_plan){ __VA_ARGS__ })

/* Write a certificate into the file `path'. */
static inline void
cert_save(const char *path, X509 *x)
{
	FILE *f;

	ATF_REQUIRE((f = fopen(path, "w")) != NULL);
	ATF_REQUIRE(PEM_write_X509(f, x) == 1);
	ATF_REQUIRE_EQ(0, fclose(f));
}

/* The usual ones: a CA in ca.pem, a CA of its, and one for relay.test. */
struct cert_usual {
	struct cert_made	 root, ca, leaf;
};

static inline void
cert_begin(struct cert_usual *u, struct run_fixture *x)
{
	run_begin(x);
	u->root = CERT_MAKE(.cn = "Root", .ca = 1);
	u->ca = CERT_MAKE(.cn = "Intermediate", .ca = 1, .by = &u->root);
	u->leaf = CERT_MAKE(.cn = "x", .san = "DNS:relay.test", .by = &u->ca);
	cert_save("ca.pem", u->root.x);
	(void)snprintf(x->node.host, sizeof(x->node.host), "relay.test");
	x->opts.trust = STREAM_CAFILE;
	x->opts.trust_arg = "ca.pem";
	x->opts.what = CHECK_TLS;
}

#endif

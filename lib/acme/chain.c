/*
 * chain: certificate chains from a CA; see chain.h.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base64url.h"
#include "chain.h"
#include "pemcert.h"
#include "printable.h"

#define MAX_KEYBITS	16384	/* of a CA's key */
#define BEGIN	"-----BEGIN CERTIFICATE-----"
#define END	"-----END CERTIFICATE-----"

/* Is the text only PEM certificates, separated by white space? */
static int
only_certificates(const char *p, size_t len)
{
	const char	*end = p + len, *q;

	for (;;) {
		while (p < end && strchr(" \t\r\n", *p) != NULL)
			p++;
		if (p == end)
			return (1);
		if ((size_t)(end - p) < sizeof(BEGIN) - 1 ||
		    memcmp(p, BEGIN, sizeof(BEGIN) - 1) != 0 ||
		    (q = memmem(p, (size_t)(end - p), END,
		    sizeof(END) - 1)) == NULL)
			return (0);
		p = q + sizeof(END) - 1;
	}
}

static int64_t
seconds(const ASN1_TIME *t)
{
	struct tm	 tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (-1);
	return ((int64_t)timegm(&tm));
}

/* The issuer's common name, or else its organization; printable. */
static void
issuer_name(X509 *x, char dst[IPC_ACME_NAMESIZE])
{
	X509_NAME	*n = X509_get_issuer_name(x);

	if (X509_NAME_get_text_by_NID(n, NID_commonName, dst,
	    IPC_ACME_NAMESIZE) <= 0 &&
	    X509_NAME_get_text_by_NID(n, NID_organizationName, dst,
	    IPC_ACME_NAMESIZE) <= 0)
		dst[0] = '\0';
	base_printable(dst);
}

/* Authority key identifier and serial number, as in RFC 9773 4.1. */
static void
ari_id(X509 *x, char dst[CHAIN_IDSIZE])
{
	AUTHORITY_KEYID	*akid;
	unsigned char	 der[64], *p = der;
	size_t		 n;
	int		 len, klen;

	dst[0] = '\0';
	len = i2d_ASN1_INTEGER(X509_get_serialNumber(x), NULL);
	akid = X509_get_ext_d2i(x, NID_authority_key_identifier, NULL, NULL);
	if (akid != NULL && akid->keyid != NULL && len > 2 &&
	    len <= (int)sizeof(der)) {
		klen = ASN1_STRING_length(akid->keyid);
		i2d_ASN1_INTEGER(X509_get_serialNumber(x), &p);
		if (klen > 0 && klen <= 64) {
			n = base64url_put(dst,
			    ASN1_STRING_get0_data(akid->keyid), (size_t)klen);
			dst[n++] = '.';
			/* Skip the two bytes of tag and length. */
			base64url_put(dst + n, der + 2, (size_t)len - 2);
		}
	}
	AUTHORITY_KEYID_free(akid);
}

/* Read the properties of the first certificate. */
static const char *
first(X509 *x, struct acme_chain *c)
{
	c->not_before = seconds(X509_get0_notBefore(x));
	c->not_after = seconds(X509_get0_notAfter(x));
	if (c->not_before < 0 || c->not_after <= c->not_before)
		return ("the certificate's times make no sense");
	issuer_name(x, c->issuer);
	ari_id(x, c->id);
	return (NULL);
}

/* Read all certificates.  Returns NULL, or what is wrong. */
static const char *
read_all(BIO *bio, struct acme_chain *c)
{
	X509		*x, *last = NULL;
	const char	*bad = NULL;

	while (bad == NULL && (x = net_pem_cert(bio)) != NULL) {
		if (++c->ncerts > CHAIN_MAXCERTS)
			bad = "there are too many certificates in it";
		else if (last == NULL)
			bad = first(x, c);
		else if (X509_NAME_cmp(X509_get_issuer_name(last),
		    X509_get_subject_name(x)) != 0)
			bad = "its certificates do not form a chain";
		X509_free(last);
		last = x;
	}
	if (last == NULL)
		return ("there is no certificate in it");
	issuer_name(last, c->root);
	X509_free(last);
	return (bad);
}

int
acme_chain_read(const char *pem, size_t len, struct acme_chain *c, char *err,
    size_t errsize)
{
	const char	*bad;
	BIO		*bio;

	memset(c, 0, sizeof(*c));
	if (len > CHAIN_MAXPEM)
		bad = "it is too large";
	else if (!only_certificates(pem, len))
		bad = "it holds other text than certificates in PEM";
	else if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		bad = "out of memory";
	else {
		bad = read_all(bio, c);
		/* libcrypto reports the end of the text as an error, too. */
		if (bad == NULL && ERR_GET_REASON(ERR_peek_last_error()) !=
		    PEM_R_NO_START_LINE)
			bad = "there is a certificate in it that can't be"
			    " read";
		BIO_free(bio);
	}
	ERR_clear_error();
	if (bad == NULL)
		return (0);
	snprintf(err, errsize, "%s", bad);
	return (-1);
}

const char *
acme_chain_lacks(const char *pem, size_t len,
    const char (*names)[IPC_ACME_NAMESIZE], size_t n)
{
	const char	*lacks = NULL;
	BIO		*bio;
	X509		*x = NULL;
	size_t		 i;
	int		 ok;

	if (len <= CHAIN_MAXPEM &&
	    (bio = BIO_new_mem_buf(pem, (int)len)) != NULL) {
		x = net_pem_cert(bio);
		BIO_free(bio);
	}
	if (x == NULL)
		lacks = "";
	for (i = 0; lacks == NULL && i < n; i++) {
		if (acme_name_is_address(names[i]))
			ok = X509_check_ip_asc(x, names[i], 0);
		else
			ok = X509_check_host(x, names[i], 0,
			    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);
		if (ok != 1)
			lacks = names[i];
	}
	X509_free(x);
	ERR_clear_error();
	return (lacks);
}

/* Is the key acceptable as a CA's key?  Returns 1 or 0. */
static int
is_signer(EVP_PKEY *key)
{
	/*
	 * The key is untrusted input: limit the time that verification takes.
	 */
	return (key != NULL && EVP_PKEY_bits(key) <= MAX_KEYBITS);
}

/*
 * Is each certificate signed by the next one?  Returns NULL, or what is wrong.
 */
static const char *
check_signatures(BIO *bio)
{
	X509		*x, *next;
	EVP_PKEY	*key;
	const char	*bad = NULL;
	unsigned int	 n = 1;

	x = net_pem_cert(bio);
	while (x != NULL && bad == NULL && (next = net_pem_cert(bio)) != NULL) {
		key = X509_get0_pubkey(next);
		if (++n > CHAIN_MAXCERTS)
			bad = "there are too many certificates in it";
		else if (!is_signer(key))
			bad = "the key of a CA in it is unusable";
		else if (X509_verify(x, key) != 1)
			bad = "a certificate in it is not signed by the next";
		X509_free(x);
		x = next;
	}
	X509_free(x);
	return (bad);
}

/*
 * Is the validity of the first certificate sane?  Returns NULL, or what is
 * wrong.
 */
static const char *
check_times(BIO *bio, int64_t now)
{
	X509		*x;
	const char	*bad = NULL;
	int64_t		 from, to;

	if ((x = net_pem_cert(bio)) == NULL)
		return ("there is no certificate in it");
	from = seconds(X509_get0_notBefore(x));
	to = seconds(X509_get0_notAfter(x));
	if (from < 0 || to <= from)
		bad = "its times make no sense";
	else if (from > now + CHAIN_MAXAHEAD)
		bad = "it is not valid yet: is the clock right?";
	else if (to <= now)
		bad = "it has expired: is the clock right?";
	else if (to - from > CHAIN_MAXLIFE)
		bad = "it is valid for more than 400 days";
	X509_free(x);
	return (bad);
}

const char *
acme_chain_check(const char *pem, size_t len, int64_t now)
{
	const char	*bad = "out of memory";
	BIO		*bio;

	if (len > CHAIN_MAXPEM)
		return ("it is too large");
	if ((bio = BIO_new_mem_buf(pem, (int)len)) != NULL &&
	    (bad = check_times(bio, now)) == NULL) {
		(void)BIO_reset(bio);
		bad = check_signatures(bio);
	}
	BIO_free(bio);
	ERR_clear_error();
	return (bad);
}

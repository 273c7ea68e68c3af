/*
 * derpcert: the checks of a DERP client on a server's certificates.
 *
 * Called by stream.c (pin), derpclient.c (relay key) and health (leaf).  Pure:
 * touches only its arguments and the clock.
 */
#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "derpcert.h"
#include "hex.h"

#define HASH_LEN	32

/* Read the 32 bytes of a pin.  Returns 0, or -1 when malformed. */
static int
pin_get(const char *pin, uint8_t hash[HASH_LEN])
{
	size_t	n = strlen(DERPCERT_PIN_PREFIX);

	if (strncmp(pin, DERPCERT_PIN_PREFIX, n) != 0 ||
	    strlen(pin + n) != 2 * HASH_LEN)
		return -1;
	return base_hex_get(hash, HASH_LEN, pin + n);
}

int
net_derpcert_is_pin(const char *pin)
{
	uint8_t	hash[HASH_LEN];

	return pin_get(pin, hash) == 0;
}

/* The next certificate; NULL after the last one or at a malformed one. */
static X509 *
next_cert(BIO *bio)
{
	X509	*x;

	if ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) == NULL)
		ERR_clear_error();
	return x;
}

int
net_derpcert_meta(X509 *x, uint8_t key[32])
{
	char	cn[128];
	size_t	n = strlen(DERPCERT_META_PREFIX);
	int	len;

	len = X509_NAME_get_text_by_NID(X509_get_subject_name(x),
	    NID_commonName, cn, sizeof(cn));
	if (len < (int)n || strncmp(cn, DERPCERT_META_PREFIX, n) != 0)
		return 0;
	if ((size_t)len != n + 64 || base_hex_get(key, 32, cn + n) == -1)
		return -1;
	return 1;
}

/* Check one certificate other than a meta certificate. */
static const char *
check_cert(X509 *x, const uint8_t want[HASH_LEN])
{
	uint8_t		hash[EVP_MAX_MD_SIZE];
	unsigned int	n;

	if (X509_digest(x, EVP_sha256(), hash, &n) != 1 || n != HASH_LEN)
		return "the certificate can't be hashed";
	if (memcmp(hash, want, HASH_LEN) != 0)
		return "the certificate does not match the pin";
	if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
		return "the certificate matches the pin and has expired";
	if (X509_cmp_current_time(X509_get0_notBefore(x)) >= 0)
		return "the certificate matches the pin and is not valid yet";
	return NULL;
}

const char *
net_derpcert_check_pin(const uint8_t *pem, size_t len, const char *pin)
{
	uint8_t		 want[HASH_LEN], key[32];
	const char	*why = NULL;
	BIO		*bio;
	X509		*x;
	int		 seen = 0;

	if (pin_get(pin, want) == -1)
		return "the pin is malformed";
	if (len > INT_MAX || (bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return "out of memory for the certificates";
	while (why == NULL && (x = next_cert(bio)) != NULL) {
		if (net_derpcert_meta(x, key) != 0)
			;
		else if (seen++)
			why = "there is more than one certificate besides "
			    "the pinned one";
		else
			why = check_cert(x, want);
		X509_free(x);
	}
	BIO_free(bio);
	if (why == NULL && !seen)
		why = "the server sent no certificate of its own";
	return why;
}

/* Does the certificate cover the name or address? */
static int
holds(X509 *x, const char *name)
{
	unsigned int flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (X509_check_issued(x, x) != X509_V_OK)
		flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	return X509_check_ip_asc(x, name, 0) == 1 ||
	    X509_check_host(x, name, 0, flags, NULL) == 1;
}

const char *
net_derpcert_check_leaf(const uint8_t *pem, size_t len, const char *name,
    time_t now)
{
	const char	*why = NULL;
	BIO		*bio;
	X509		*x;

	if (len > INT_MAX || (bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return "no memory for the certificates";
	x = next_cert(bio);
	BIO_free(bio);
	if (x == NULL)
		return "the server sent no certificate";
	/* X509_cmp_time() reports an equal second as earlier. */
	if (X509_cmp_time(X509_get0_notBefore(x), &now) != -1)
		why = "the certificate is not valid yet";
	else if (X509_cmp_time(X509_get0_notAfter(x), &now) != 1)
		why = "the certificate has expired";
	else if (!holds(x, name))
		why = "the certificate does not cover the server's name";
	X509_free(x);
	ERR_clear_error();
	return why;
}

int
net_derpcert_meta_key(const uint8_t *pem, size_t len, uint8_t key[32])
{
	BIO	*bio;
	X509	*x;
	int	 last = 0;

	if (len > INT_MAX || (bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return -1;
	while ((x = next_cert(bio)) != NULL) {
		last = net_derpcert_meta(x, key);
		X509_free(x);
	}
	BIO_free(bio);
	return last == 1 ? 0 : -1;
}

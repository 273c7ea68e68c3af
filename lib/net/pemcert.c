/*
 * pemcert: see pemcert.h.  Pure except for libcrypto.
 */
#include <openssl/pem.h>

#include "pemcert.h"

/* Replaces libcrypto's prompt for a passphrase. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return (-1);
}

X509 *
net_pem_cert(BIO *bio)
{
	return (PEM_read_bio_X509(bio, NULL, no_passphrase, NULL));
}

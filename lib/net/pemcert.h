/*
 * pemcert: certificates in PEM, from files and other processes.
 */
#ifndef PEMCERT_H
#define PEMCERT_H

#include <openssl/bio.h>
#include <openssl/x509.h>

/*
 * The next certificate of `bio', which X509_free() frees; NULL at the end, or
 * at one that can't be read, with libcrypto's reason.  One that says it is
 * encrypted can't be read either: PEM_read_bio_X509() by itself would ask for
 * a pass phrase on the terminal.
 */
X509	*net_pem_cert(BIO *bio);

#endif

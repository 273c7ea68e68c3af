/*
 * pemcert: PEM certificates from files and other processes.
 */
#ifndef PEMCERT_H
#define PEMCERT_H

#include <openssl/bio.h>
#include <openssl/x509.h>

/*
 * The next certificate of `bio', to be freed with X509_free(); NULL at the end,
 * or at an unreadable one, with libcrypto's reason.  A certificate marked as
 * encrypted is unreadable, too: PEM_read_bio_X509() would otherwise prompt for
 * a passphrase on the terminal.
 */
X509	*net_pem_cert(BIO *bio);

#endif

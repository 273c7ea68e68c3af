/*
 * tlsfetch: caches what libssl looks up in libcrypto by name in every
 * handshake.
 */
#ifndef TLSFETCH_H
#define TLSFETCH_H

/*
 * Enable the cache.  Call it after libcrypto has read its configuration and
 * before a second thread starts.  It has an effect only with OpenSSL 3.
 */
void	front_tlsfetch_enable(void);

#endif

/*
 * crypto: libcrypto in a process that holds secrets of clients.
 */
#ifndef CRYPTO_H
#define CRYPTO_H

/*
 * Make libcrypto zero all memory that it frees: it leaves secrets there
 * otherwise.  Call it first in main().  Return 0, or -1: libcrypto is in use
 * already.  LibreSSL takes no functions, and reports no secrets.
 */
int	net_crypto_zero_freed(void);

/*
 * Load what records need of libcrypto, before the sandbox.  Exits with a
 * message on failure.
 */
void	net_crypto_preload(void);

#endif

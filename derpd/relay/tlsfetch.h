/*
 * tlsfetch: keeps what libssl looks up in libcrypto by name in every handshake.
 */
#ifndef TLSFETCH_H
#define TLSFETCH_H

/*
 * From here on, what was found once is not looked for again.  Call it when
 * libcrypto has read its configuration, and before a second thread starts.
 * Does nothing but with OpenSSL 3.
 */
void	relay_tlsfetch_enable(void);

#endif

/*
 * tlskey: TLS private key operations of a relay worker, done by the keys
 * process.  Overrides libcrypto's default RSA and EC methods; libtls is given
 * certificates with a fake key.
 */
#ifndef TLSKEY_H
#define TLSKEY_H

/*
 * Install the methods.  Once, before any tls_configure().  Exits with a line
 * on failure.
 */
void	tlskey_init(void);

/*
 * Take over `fd', the sign channel to keys (blocking use: a signature is waited
 * for `ms' milliseconds at most, and less when others were slow just before);
 * replaces and closes an older one.  -1: there is none now, signing fails at
 * once.
 */
void	tlskey_set_channel(int fd, int ms);

/*
 * 1 when a signature may be asked for, else 0: there is no channel, a signature
 * is overdue, or the last ones were so slow that sessions come first.  Asks the
 * kernel whether the other end is still open, and takes a late answer.
 */
int	tlskey_ready(void);

/* 1 when there is no channel, not even to a keys that hangs, else 0. */
int	tlskey_gone(void);

/*
 * Call back when no signature may be asked for any more because the channel
 * broke or keys is slow (not because it refused); the worker then holds back
 * handshakes until tlskey_ready() says 1.
 */
void	tlskey_on_lost(void (*cb)(void));

#endif

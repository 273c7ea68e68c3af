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
 * Take over `fd', the sign channel to keys (blocking use with a bound of
 * `ms' milliseconds a signature); replaces and closes an older one.  -1: there
 * is none now, signing fails at once.
 */
void	tlskey_set_channel(int fd, int ms);

/*
 * 1 when a channel is there and has not failed, else 0; asks the kernel whether
 * the other end is still open.
 */
int	tlskey_ready(void);

/*
 * Call back when a signature failed because the channel broke (not because
 * keys refused); the worker then holds back new handshakes until there is a
 * new channel.
 */
void	tlskey_on_lost(void (*cb)(void));

#endif

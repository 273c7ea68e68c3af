/*
 * tlskey: TLS private key operations of a relay worker, done by the keys
 * process.  Overrides libcrypto's default RSA and EC methods; libtls is given
 * certificates with a fake key.
 */
#ifndef TLSKEY_H
#define TLSKEY_H

#include <stdint.h>

#include "log.h"

struct ipc_chan;

/* The sign channel of a worker; the fields are tlskey.c's alone. */
struct relay_tlskey {
	struct ipc_chan	*chan;
	int		 ms;		/* bound of one signature */
	long long	 credit;	/* ms that may be waited, */
	long long	 credit_at;	/* at this time (monotonic ms) */
	int		 overdue;	/* the last one was not answered */
	int		 slow;		/* there was too little credit */
	uint64_t	 cookie;	/* of the last request */
	void		(*lost)(void *arg);
	void		*arg;
	struct log_limit refused, late;
};

/*
 * Install the methods, which use `k' from now on; there is no channel yet.
 * Before any tls_configure().  Exits with a line on failure.
 *
 * `lost' (NULL: none) is called with `arg' when no signature may be asked for
 * any more because the channel broke or keys is slow (not because it refused);
 * the worker then holds back handshakes until relay_tlskey_ready() says 1.
 */
void	relay_tlskey_init(struct relay_tlskey *k, void (*lost)(void *arg),
	    void *arg);

/*
 * Take over `fd', the sign channel to keys (blocking use: a signature is waited
 * for `ms' milliseconds at most, and less when others were slow just before);
 * replaces and closes an older one.  -1: there is none now, signing fails at
 * once.
 */
void	relay_tlskey_set_channel(struct relay_tlskey *k, int fd, int ms);

/*
 * 1 when a signature may be asked for, else 0: there is no channel, a signature
 * is overdue, or the last ones were so slow that sessions come first.  Asks the
 * kernel whether the other end is still open, and takes a late answer.
 */
int	relay_tlskey_ready(struct relay_tlskey *k);

/* 1 when there is no channel, not even to a keys that hangs, else 0. */
int	relay_tlskey_gone(const struct relay_tlskey *k);

#endif

/*
 * tlskey: TLS private key operations of a front, carried out by its signer.
 * Replaces libcrypto's default RSA and EC methods; libtls gets certificates
 * with a fake key.
 */
#ifndef TLSKEY_H
#define TLSKEY_H

#include <stdint.h>

#include "log.h"

struct ipc_chan;

/* The sign channel of a front; the fields are tlskey.c's alone. */
struct front_tlskey {
	struct ipc_chan	*chan;
	int		 ms;		/* limit of one signature */
	long long	 credit;	/* ms that may be waited */
	long long	 credit_at;	/* time of that, monotonic ms */
	int		 overdue;	/* the last request has no answer yet */
	int		 slow;		/* there was too little credit */
	uint64_t	 cookie;	/* of the last request */
	void		(*lost)(void *arg);
	void		*arg;
	struct log_limit refused, late;
};

/*
 * Install the methods, which use `k' from now on, without a channel.  Call it
 * before any tls_configure().  Exits with a message on failure.
 *
 * `lost' (NULL: none) is called with `arg' when no more signatures may be
 * requested because the channel broke or the signer is slow (not because it
 * refused); the front then pauses handshakes until front_tlskey_ready() returns
 * 1.
 */
void	front_tlskey_init(struct front_tlskey *k, void (*lost)(void *arg),
	    void *arg);

/*
 * Use `fd' as the channel to the signer, and close an older one.  Requests
 * block: each waits at most `ms' milliseconds, and less after slow ones.  With
 * -1 there is no channel, and signing fails at once.
 */
void	front_tlskey_set_channel(struct front_tlskey *k, int fd, int ms);

/*
 * Return 1 when a signature may be requested, else 0: there is no channel, a
 * signature is overdue, or the last ones were so slow that pumps come first.
 * Checks that the other end is still open, and reads an overdue answer.
 */
int	front_tlskey_ready(struct front_tlskey *k);

/* Return 1 when there is no channel at all, else 0. */
int	front_tlskey_gone(const struct front_tlskey *k);

#endif

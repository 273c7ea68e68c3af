/*
 * derpcert: what a DERP client reads from a server's certificates: whether
 * they match a map node's CertName pin, and the relay key that the meta
 * certificate announces (derp(7), section 2).
 */
#ifndef DERPCERT_H
#define DERPCERT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define DERPCERT_PIN_PREFIX	"sha256-raw:"
#define DERPCERT_META_PREFIX	"derpkey"

/* 1 when `pin' is the prefix and 64 hexadecimal digits, else 0. */
int	 net_derpcert_is_pin(const char *pin);

/*
 * Does the chain (PEM, `len' bytes) match `pin' as real clients judge it:
 * besides meta certificates exactly one, in its time of validity, whose DER
 * has that SHA-256?  NULL yes, else why not (static).
 */
const char *net_derpcert_check_pin(const uint8_t *pem, size_t len,
	    const char *pin);

/*
 * Would a client that looks for the server `name', a host name or an address,
 * take the first certificate of the chain at the time `now': is it valid, and
 * does it hold the name?  Who signed it is not judged.  The common name counts
 * in a self-signed certificate alone, as clients do without it.  NULL yes, else
 * why not (static).
 */
const char *net_derpcert_check_leaf(const uint8_t *pem, size_t len,
	    const char *name, time_t now);

/*
 * The relay key that the meta certificate, the last one of the chain,
 * announces.  0 and `key' filled in, or -1: there is none, or it is malformed.
 */
int	 net_derpcert_meta_key(const uint8_t *pem, size_t len, uint8_t key[32]);

#endif

/*
 * derpcert: the checks of a DERP client on a server's certificates: a map
 * node's CertName pin, the name, and the relay key in the meta certificate
 * (derp(7), section 2).
 */
#ifndef DERPCERT_H
#define DERPCERT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct x509_st;

#define DERPCERT_PIN_PREFIX	"sha256-raw:"
#define DERPCERT_META_PREFIX	"derpkey"

/* Returns 1 when `pin' is the prefix and 64 hexadecimal digits, else 0. */
int	 net_derpcert_is_pin(const char *pin);

/*
 * Does the chain (PEM, `len' bytes) match `pin' by the rules of DERP clients:
 * exactly one certificate besides meta certificates, currently valid, with that
 * SHA-256 of its DER form?  Returns NULL, or the reason why not (static).
 */
const char *net_derpcert_check_pin(const uint8_t *pem, size_t len,
	    const char *pin);

/*
 * Would a client of the server `name', a host name or an address, accept the
 * first certificate of the chain at the time `now': is it valid, and does it
 * cover the name?  The issuer is not checked.  The common name counts only in a
 * self-signed certificate, as with DERP clients.  Returns NULL, or the reason
 * why not (static).
 */
const char *net_derpcert_check_leaf(const uint8_t *pem, size_t len,
	    const char *name, time_t now);

/*
 * Is `x' a meta certificate?  Returns 1 with the relay's key in `key', 0 when
 * it is not one, -1 when it is malformed.
 */
int	 net_derpcert_meta(struct x509_st *x, uint8_t key[32]);

/*
 * Read the relay key from the meta certificate, the last of the chain.  Returns
 * 0 with `key' filled in, or -1 when it is missing or malformed.
 */
int	 net_derpcert_meta_key(const uint8_t *pem, size_t len, uint8_t key[32]);

#endif

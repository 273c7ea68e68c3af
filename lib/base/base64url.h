/*
 * base64url: encode and decode base64url without padding (RFC 4648 5, RFC 7515
 * 2), as in JWS, JWK and ACME tokens.
 */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Characters of `n' encoded bytes, without a NUL. */
#define BASE64URL_LEN(n)	(((n) * 4 + 2) / 3)

/*
 * Write the `n' bytes at `src' as text with a NUL to `dst', which has room for
 * BASE64URL_LEN(n) + 1 bytes.  Returns the characters written.
 */
size_t	base64url_put(char *dst, const void *src, size_t n);

/*
 * Decode the `len' characters at `s' into `dst' of `size' bytes.  Returns the
 * bytes written, or -1 with the output zeroed: a character outside the alphabet
 * (also padding or white space), an impossible length, unused bits that are not
 * zero, or output too long for `dst'.
 */
long	base64url_get(uint8_t *dst, size_t size, const char *s, size_t len);

/* Returns 1 when `s' is 1 to `max' characters of the alphabet, else 0. */
int	base64url_is(const char *s, size_t max);

#endif

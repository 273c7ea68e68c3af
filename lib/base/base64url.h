/*
 * base64url: bytes to and from base64 with the alphabet for URLs and without
 * padding (RFC 4648 5, RFC 7515 2), as JWS, JWK and ACME tokens have it.
 */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Characters that `n' bytes become, without a NUL. */
#define BASE64URL_LEN(n)	(((n) * 4 + 2) / 3)

/*
 * Write the `n' bytes at `src' as text with a NUL to `dst', which has room for
 * BASE64URL_LEN(n) + 1 bytes.  Returns the characters written.
 */
size_t	base64url_put(char *dst, const void *src, size_t n);

/*
 * Read the `len' characters at `s' into `dst' of `size' bytes.  Bytes written,
 * or -1: a character that is not of the alphabet (padding and white space are
 * none), an impossible length, bits that stand for nothing and are not zero,
 * or too long for `dst'.  What was written is then zeroed.
 */
long	base64url_get(uint8_t *dst, size_t size, const char *s, size_t len);

/* 1 when `s' is a text of 1 to `max' characters of the alphabet, else 0. */
int	base64url_is(const char *s, size_t max);

#endif

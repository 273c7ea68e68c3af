/*
 * tlsgen: certificates that are served together, and how many use them: the
 * front, and handshakes that began with them.
 */
#ifndef TLSGEN_H
#define TLSGEN_H

#include <stddef.h>

#include "tlsctx.h"

struct tls;

struct front_tlsgen {
	struct tls	*tls;
	unsigned int	 refs;		/* its users */
};

/*
 * Check the `n' certificates at `certs', and make a generation of them with one
 * user.  With `validates' it speaks acme-tls/1 alone.  NULL with a line in
 * `why' of `size' bytes on failure.
 */
struct front_tlsgen *front_tlsgen_new(const struct front_tlsctx_cert *certs,
	    size_t n, int validates, char *why, size_t size);

/* One user less; the last one frees it.  NULL is fine. */
void	front_tlsgen_unref(struct front_tlsgen *g);

#endif

/*
 * aead: the list of backends; see aead.h.
 */
#include <stddef.h>

#include "aead.h"
#include "aead_backends.h"

static const struct net_aead *const backends[] = {
#ifdef HAVE_IPSECMB
	&net_aead_ipsecmb,
#endif
	&net_aead_evp
};

#define NBACKENDS	(sizeof(backends) / sizeof(backends[0]))

const struct net_aead *
net_aead_get(size_t i)
{
	return (i < NBACKENDS ? backends[i] : NULL);
}

const struct net_aead *
net_aead_best(void)
{
	size_t i;

	for (i = 0; i + 1 < NBACKENDS; i++)
		if (backends[i]->setup() == 0)
			return (backends[i]);
	return (backends[NBACKENDS - 1]);
}

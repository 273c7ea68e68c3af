/*
 * aead_key: what all backends have in common; see aead.h.  A program that names
 * its backend is linked with no other.
 */
#include "aead.h"

size_t
net_aead_key_len(enum net_aead_alg alg)
{
	return (alg == NET_AEAD_AES128_GCM ? 16 : 32);
}

/*
 * fnv1a: see fnv1a.h.  Called by the bridge.
 */
#include "fnv1a.h"

#define PRIME	UINT32_C(16777619)

uint32_t
base_fnv1a(uint32_t h, const void *p, size_t len)
{
	const uint8_t *byte = p;

	while (len-- > 0)
		h = (h ^ *byte++) * PRIME;
	return (h);
}

/*
 * redial: see redial.h.  Called by meshlink.c.
 *
 * The jitter keeps the nodes of a region from dialling one of them in step,
 * when it has been started again.
 */
#include "redial.h"

#define FIRST_MS	1000

unsigned int
mesh_redial_after(struct mesh_redial *r, uint64_t up, int now, uint32_t random)
{
	unsigned int ms = FIRST_MS, i;

	if (up >= MESH_REDIAL_RESET_MS)
		r->failures = r->hurried = 0;
	if (now && !r->hurried) {
		r->hurried = 1;
		return (random % (MESH_REDIAL_NOW_MS + 1));
	}
	for (i = 0; i < r->failures && ms < MESH_REDIAL_MAX_MS; i++)
		ms *= 2;
	if (ms > MESH_REDIAL_MAX_MS)
		ms = MESH_REDIAL_MAX_MS;
	if (ms < MESH_REDIAL_MAX_MS)
		r->failures++;
	return (ms / 2 + random % (ms / 2 + 1));
}

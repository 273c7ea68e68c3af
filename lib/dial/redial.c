/*
 * redial: see redial.h.  Called by mesh and by the bridge's worker.
 *
 * The jitter keeps the nodes of a region from dialling one of them in step,
 * when it has been started again.
 */
#include "redial.h"

#define FIRST_MS	1000

unsigned int
dial_redial_after(struct dial_redial *r, uint64_t up, int now, uint32_t random)
{
	unsigned int ms = FIRST_MS, i;

	if (up >= DIAL_REDIAL_RESET_MS)
		r->failures = r->hurried = 0;
	if (now && !r->hurried) {
		r->hurried = 1;
		return (random % (DIAL_REDIAL_NOW_MS + 1));
	}
	for (i = 0; i < r->failures && ms < DIAL_REDIAL_MAX_MS; i++)
		ms *= 2;
	if (ms > DIAL_REDIAL_MAX_MS)
		ms = DIAL_REDIAL_MAX_MS;
	if (ms < DIAL_REDIAL_MAX_MS)
		r->failures++;
	return (ms / 2 + random % (ms / 2 + 1));
}

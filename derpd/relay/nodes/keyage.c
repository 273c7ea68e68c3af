/*
 * keyage: see keyage.h.  Called by nodes.c, at a change of the settings and for
 * a mesh process, by relayconn.c, nodesmove.c, and relay/move.
 */
#include <string.h>

#include "keyage.h"

#define DAY_US		(24ULL * 60 * 60 * 1000000)
/*
 * A login with the old key may end here so much later than the change: a reload
 * takes 30 seconds at most, a login 10.
 */
#define LATE_US		60000000

void
nodes_keyage_changed(struct nodes_keyage *k, uint64_t now)
{
	if (k->n == NODES_CHANGES)
		k->n--;
	k->changed[k->n++] = now;
}

int
nodes_keyage_is_over(struct nodes_keyage *k, uint64_t login, uint64_t now)
{
	while (k->n > 0 && now - k->changed[0] >= DAY_US) {
		k->before = k->changed[0] + LATE_US;
		memmove(k->changed, k->changed + 1, --k->n *
		    sizeof(k->changed[0]));
	}
	return (login < k->before);
}

/* The first change after the login, or the last one that is not remembered. */
uint64_t
nodes_keyage_end(const struct nodes_keyage *k, uint64_t login, uint64_t end)
{
	uint64_t own = 0;
	unsigned int i;

	if (login < k->before)
		own = k->before - LATE_US + DAY_US;
	for (i = 0; i < k->n && own == 0; i++)
		if (login < k->changed[i] + LATE_US)
			own = k->changed[i] + DAY_US;
	return (own == 0 || (end != 0 && end < own) ? end : own);
}

uint64_t
nodes_keyage_moved(uint64_t end, int rekeyed, uint64_t now)
{
	const uint64_t last = now + DAY_US;

	if (end == 0)
		return (rekeyed ? last : 0);
	return (end < last ? end : last);
}

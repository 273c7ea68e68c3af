/*
 * keyage: see keyage.h.  Called by relay.c, at a change of the settings, and by
 * relayconn.c.
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

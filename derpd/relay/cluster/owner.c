/*
 * owner: the worker that owns a key; see owner.h.  Called by route.c for each
 * packet, by linkmsg.c for what other workers send, by adopt.c for each login,
 * by relay.c with the page.
 */
#include <string.h>

#include "keytable.h"
#include "owner.h"
#include "relay.h"
#include "slots.h"

int
cluster_owners_map(struct relay *r, int fd)
{
	struct ipc_slots *s;

	if ((s = ipc_slots_map(fd)) == NULL)
		return (-1);
	ipc_slots_free(r->owners.slots);
	memset(&r->owners, 0, sizeof(r->owners));
	r->owners.slots = s;
	return (0);
}

/* A hash costs as much as the rest, so that answers are remembered. */
unsigned int
cluster_owner(struct relay *r, const uint8_t key[FRAME_KEY_LEN])
{
	struct cluster_owners *o = &r->owners;
	const unsigned int i = derp_key_recent(key, LINK_OWNERS);
	uint32_t epoch;
	unsigned int w;

	if (o->slots == NULL || r->conf.nworkers <= 1)
		return (r->conf.worker);
	epoch = ipc_slots_epoch(o->slots);
	if (epoch != o->epoch) {
		memset(o->recent, 0, sizeof(o->recent));
		o->epoch = epoch;
	}
	if (o->recent[i].used &&
	    memcmp(o->recent[i].key, key, FRAME_KEY_LEN) == 0)
		return (o->recent[i].worker);
	w = ipc_slots_worker(o->slots, ipc_slot_of(key, r->conf.slot_secret),
	    r->conf.nworkers);
	memcpy(o->recent[i].key, key, FRAME_KEY_LEN);
	o->recent[i].worker = (uint8_t)w;
	o->recent[i].used = 1;
	return (w);
}

/*
 * dump: see dump.h.  Called by the codecs, backend.c and iface.c.  Touches
 * memory alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

#define FIRST_ROOM	16
#define NS		INT64_C(1000000000)

void
wg_dump_clear(struct wg_dump *d)
{
	struct wg_dumped *const peers = d->peers;
	uint8_t *const private_key = d->private_key;
	const size_t room = d->room;

	memset(d, 0, sizeof(*d));
	d->peers = peers;
	d->room = room;
	d->private_key = private_key;
}

void
wg_dump_free(struct wg_dump *d)
{
	free(d->peers);
	memset(d, 0, sizeof(*d));
}

/* Make room for one more. */
static int
grow(struct wg_dump *d)
{
	const size_t room = d->room == 0 ? FIRST_ROOM : d->room * 2;
	struct wg_dumped *peers;

	if (d->npeers < d->room)
		return (0);
	if ((peers = reallocarray(d->peers, room, sizeof(*peers))) == NULL)
		return (-1);
	d->peers = peers;
	d->room = room;
	return (0);
}

struct wg_dumped *
wg_dump_peer(struct wg_dump *d, const uint8_t *key)
{
	struct wg_dumped *p;

	if (d->npeers > 0 && memcmp(d->peers[d->npeers - 1].key, key,
	    WG_KEYLEN) == 0)
		return (&d->peers[d->npeers - 1]);
	if (d->npeers == WG_MAXPEERS) {
		d->left_out++;
		errno = 0;
		return (NULL);
	}
	if (grow(d) == -1)
		return (NULL);
	p = &d->peers[d->npeers++];
	memset(p, 0, sizeof(*p));
	memcpy(p->key, key, WG_KEYLEN);
	return (p);
}

uint64_t
wg_dump_time(int64_t sec, int64_t ns)
{
	if (sec < 0 || sec >= INT64_MAX / NS || ns < 0 || ns >= NS)
		return (0);
	return ((uint64_t)(sec * NS + ns));
}

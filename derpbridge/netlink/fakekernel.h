/*
 * fakekernel: a WireGuard device that a thread of the test serves, as the
 * kernel does over generic netlink or as wireguard-go does, over one end of a
 * pair of sockets.  For tests.
 */
#ifndef FAKEKERNEL_H
#define FAKEKERNEL_H

#include <pthread.h>

#include "dump.h"
#include "genl.h"

#define WG_FAKE_MAXPEERS	1024
#define WG_FAKE_FAMILY		33
#define WG_FAKE_LOCK(k)		pthread_mutex_lock(&(k)->lock)
#define WG_FAKE_UNLOCK(k)	pthread_mutex_unlock(&(k)->lock)

struct wg_fake {
	pthread_mutex_t	 lock;		/* of all that follows */
	char		 name[WG_IFNAMSIZE];
	int		 exists;
	uint32_t	 ifindex;
	int		 has_key;
	uint8_t		 private_key[WG_KEYLEN];
	uint8_t		 public_key[WG_KEYLEN];
	uint16_t	 port;
	uint32_t	 fwmark;
	struct wg_dumped peers[WG_FAKE_MAXPEERS];
	unsigned int	 npeers;

	unsigned int	 per_message;	/* peers; 0: 8 */
	int		 split;		/* each peer is continued in the next
					   message */
	int		 changes;	/* dumps that are not of one moment */
	int		 error;		/* refuse all but the family */
	int		 no_family;
	int		 silent;	/* answer nothing */
	int		 junk;		/* answer bytes without meaning */
	unsigned int	 dumps;		/* that were asked for */
	unsigned int	 sets;		/* of endpoints */
	unsigned int	 bad_sets;	/* sets of anything else */

	int		 uapi;
	int		 fd;		/* its end */
	pthread_t	 thread;
};

/*
 * Start one, as wireguard-go if `uapi', with a key and the name wg0.  Returns
 * the other end.
 */
int	 wg_fake_start(struct wg_fake *k, int uapi);

/* Another connection, after the first one was closed. */
int	 wg_fake_again(struct wg_fake *k);

/* End it.  The other end must be closed. */
void	 wg_fake_stop(struct wg_fake *k);

/*
 * Add a peer whose key is all `n', with this endpoint; "none": without.  It can
 * be used while the lock is held.
 */
struct wg_dumped *wg_fake_peer(struct wg_fake *k, unsigned int n,
	    const char *endpoint);

/* The endpoint of that peer as text, static. */
const char *wg_fake_endpoint(struct wg_fake *k, unsigned int n);

#endif

/*
 * upgrade: the first steps of a DERP client (derp(7), section 2): the request
 * for an upgrade, its response, and the frame ServerKey.  Pure.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "http.h"

/*
 * Write the request to `buf' of `size' bytes: of the server `name', a host name
 * or an address, at `port' (0: not mentioned); `fast' 1: with Derp-Fast-Start.
 * Returns its bytes, or -1 when the name is too long or has white space.
 */
int	 net_upgrade_request(char *buf, size_t size, const char *name,
	    unsigned int port, int fast);

/* The server's key, and whether it is known. */
struct net_upgrade_key {
	int		 known;
	uint8_t		 key[FRAME_KEY_LEN];
};

/*
 * Store the server's key, announced by `where' for messages; keys from all
 * sources must be equal.  Returns 0, or -1 with one line in `why' of `size'
 * bytes.
 */
int	 net_upgrade_set_key(struct net_upgrade_key *k,
	    const uint8_t key[FRAME_KEY_LEN], const char *where, char *why,
	    size_t size);

/*
 * Check the head of the response, and store the key that it may announce.
 * Returns as net_upgrade_set_key().
 */
int	 net_upgrade_response(const struct net_http_head *h,
	    struct net_upgrade_key *k, char *why, size_t size);

/*
 * Check the payload of ServerKey, and store the key.  Returns as
 * net_upgrade_set_key().
 */
int	 net_upgrade_server_key(const uint8_t *p, size_t len,
	    struct net_upgrade_key *k, char *why, size_t size);

#endif

/*
 * dump: what a WireGuard device says about itself and its peers.  Filled by the
 * codecs (genl.h, uapi.h); kept in one place for each interface and used again.
 */
#ifndef DUMP_H
#define DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "endpoint.h"

#define WG_KEYLEN	32
#define WG_MAXPEERS	IPC_BRIDGE_MAXPEERS	/* more are left out */

struct wg_dumped {
	uint8_t		 key[WG_KEYLEN];
	struct wg_endpoint endpoint;
	uint16_t	 keepalive;	/* s; 0: off */
	uint64_t	 handshake_ns;	/* since 1970; 0: none yet */
	uint64_t	 rx_bytes;
	uint64_t	 tx_bytes;
};

struct wg_dump {
	uint32_t	 ifindex;	/* 0: not known */
	int		 has_key;	/* the interface has a key */
	uint8_t		 key[WG_KEYLEN];	/* its public half */
	uint16_t	 port;		/* its listen port, host order */
	uint32_t	 fwmark;
	int		 changed;	/* it is not of one moment */
	size_t		 npeers;
	size_t		 left_out;	/* peers beyond WG_MAXPEERS */
	struct wg_dumped *peers;
	size_t		 room;		/* of `peers' */
	/*
	 * Where to put the private key: WG_KEYLEN bytes of the caller, NULL:
	 * nowhere.  Set by the caller before the dump.
	 */
	uint8_t		*private_key;
};

/* Forget the last dump, but not the memory of its peers. */
void	 wg_dump_clear(struct wg_dump *d);

/* Free that memory, too. */
void	 wg_dump_free(struct wg_dump *d);

/*
 * The peer with this key, WG_KEYLEN bytes: the last one that was added, if that
 * is its key, else a new one behind it, which is zero but for its key.  NULL
 * when there are WG_MAXPEERS, which is counted, or no memory (errno ENOMEM).
 */
struct wg_dumped *wg_dump_peer(struct wg_dump *d, const uint8_t *key);

/* Nanoseconds since 1970 of a time; 0 when it is not positive or too large. */
uint64_t wg_dump_time(int64_t sec, int64_t ns);

#endif

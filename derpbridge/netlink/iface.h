/*
 * iface: one interface and its peers as they are, polled; and the two things
 * that are done to a peer: its endpoint becomes its loopback address (relay),
 * or the direct endpoint that it had last.  Times are monotonic milliseconds.
 */
#ifndef IFACE_H
#define IFACE_H

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "backend.h"
#include "loopback.h"
#include "memory.h"
#include "messages.h"
#include "served.h"

#define WG_POLL_MS	1000		/* between two polls */
#define WG_POLL_FAST_MS	250		/* shortly after a switch */
#define WG_FAST_MS	3000		/* what shortly is */
#define WG_FRESH_MS	200		/* what is known of endpoints is true so
					   long */
#define WG_FAILURES	3		/* in a row, until it is down */

struct wg_peer {
	uint32_t	 id;		/* of the peer while it is there */
	struct wg_dumped now;		/* as of the last poll */
	enum ipc_endpoint at;		/* where its endpoint points */
	struct wg_memo	*memo;		/* its addresses */
	uint32_t	 was_local;	/* its address in another network, which
					   the settings had before; 0: none */
	uint32_t	 round;		/* of the last poll that saw it */
	UT_hash_handle	 by_key, by_id, by_local;
};

struct wg_iface;

/* What happens; called from the functions below. */
struct wg_iface_ops {
	/* It is up, or not any more, or is another one; its peers follow. */
	void		(*iface)(void *arg, struct wg_iface *f);
	/* A peer is new, or has changed; or is about to be forgotten. */
	void		(*peer)(void *arg, struct wg_iface *f,
			    const struct wg_peer *p);
	void		(*gone)(void *arg, struct wg_iface *f,
			    const struct wg_peer *p);
	/* All peers have what the poll saw. */
	void		(*polled)(void *arg, struct wg_iface *f);
	/* Save the memory: an endpoint is about to be overwritten. */
	void		(*save)(void *arg);
};

struct wg_iface {
	struct ipc_wg_iface conf;
	struct wg_loopback net;
	struct wg_served served;
	struct wg_backend backend;
	struct wg_memory *memory;
	const struct wg_iface_ops *ops;
	void		*arg;

	int		 up;
	char		 why[IPC_WHYSIZE];	/* why it is not; "": it was not
					   read yet */
	uint32_t	 ifindex;
	uint8_t		 key[WG_KEYLEN];
	uint16_t	 port;
	uint32_t	 fwmark;
	struct wg_peer	*peers;		/* by key */
	struct wg_peer	*ids;		/* by number */
	struct wg_peer	*locals;	/* by loopback address */
	struct wg_dump	 dump;
	uint32_t	 last_id;
	uint32_t	 round;
	unsigned int	 failures;	/* of polls in a row */
	size_t		 unserved;	/* peers without a loopback address */
	int		 report_all;	/* this poll reports every peer */
	int		 restoring;	/* polls correct nothing */
	int		 missing;	/* the last poll found no interface */
	uint64_t	 due;		/* the next poll */
	uint64_t	 polled;	/* the last one */
	uint64_t	 fast_until;
};

/*
 * Prepare an interface that is down; `buf' is the backend's.  The first poll is
 * due at once.
 */
void	 wg_iface_init(struct wg_iface *f, const struct ipc_wg_iface *conf,
	    struct wg_memory *m, uint8_t *buf, const struct wg_iface_ops *ops,
	    void *arg);

/*
 * Other settings of the same interface (wg_iface_is()), in force with the next
 * poll, which is due at once.
 */
void	 wg_iface_settings(struct wg_iface *f, const struct ipc_wg_iface *conf);

/*
 * The peers that are served: takes the list and leaves none.  Others are set to
 * their direct endpoints with the next poll.
 */
void	 wg_iface_serve(struct wg_iface *f, struct wg_served *s);

/* Returns 1 when these are settings of the same interface, else 0. */
int	 wg_iface_is(const struct wg_iface *f, const struct ipc_wg_iface *conf);

/* Forget its peers, close its descriptor and free memory; it sets nothing. */
void	 wg_iface_free(struct wg_iface *f);

/*
 * Read the device and report what has changed.  An endpoint that is a loopback
 * address of the bridge, but not that of the peer and our present port, is
 * corrected.
 */
void	 wg_iface_poll(struct wg_iface *f, uint64_t now);

/*
 * Report the interface and all its peers, for somebody new; unless the first
 * poll is still to come.
 */
void	 wg_iface_report(struct wg_iface *f);

/*
 * Look where the endpoint of a peer points, after a poll, and remember it if it
 * is direct.  For iface.c.
 */
void	 wg_iface_look(struct wg_iface *f, struct wg_peer *p);

/*
 * Set the endpoint of the peer with this number, to the relay (1) or to the
 * direct one that is remembered (0).  Without one, or without the peer, nothing
 * is done; nor is a peer set to the relay that is not served.
 */
void	 wg_iface_set(struct wg_iface *f, uint32_t id, int relay, uint64_t now);

/*
 * Set all endpoints that are loopback addresses of the bridge to the direct
 * ones that are remembered, after a poll.  Adds to *restored the peers whose
 * endpoint was set, to *left those for which none is remembered.  Returns 0, or
 * -1 when the device could not be read, or an endpoint not be set: f->why says
 * why, and f->missing is set if the interface does not exist.
 */
int	 wg_iface_restore(struct wg_iface *f, uint64_t now, uint32_t *restored,
	    uint32_t *left);

/*
 * Read the private key of the interface.  Returns 0, or -1 with a line in `why'
 * of IPC_WHYSIZE bytes and `key' zeroed.
 */
int	 wg_iface_key(struct wg_iface *f, uint8_t key[WG_KEYLEN], char *why);

#endif

/*
 * wgpriv: the state of the process; for the files of wg.c alone.
 */
#ifndef WGPRIV_H
#define WGPRIV_H

#include "childrun.h"
#include "iface.h"

struct event;

/* One number of an interface. */
struct wg_slot {
	int		 used;		/* it has settings */
	int		 fd;		/* that came before these; -1: none */
	struct wg_served served;	/* for the settings to come */
	unsigned int	 wants;		/* since its socket worked */
	uint64_t	 want_at;	/* the next request, if it is missing */
	struct wg_iface	 iface;
};

struct wg {
	struct ipc_child *child;
	struct event	*tick;
	uint64_t	 next;		/* when it is due; 0: it is not armed */
	struct wg_slot	 slots[IPC_BRIDGE_MAXIFACES];
	struct wg_memory memory;
	uint8_t		*buf;		/* of all backends */
	struct ipc_chan	*worker;	/* NULL: missing */
	struct ipc_chan	*keys;
	int		 configured;
	int		 late;		/* a channel is missing for a second */
	uint64_t	 save_at;	/* when to save what has changed */
	uint64_t	 checked_at;	/* channels */
	uint64_t	 alone_since;	/* there is no worker; 0: there is */
	int		 alone;		/* endpoints are restored for that */
};

/* Request the socket of interface `i', less and less often. */
void	 wg_slot_want(struct wg *w, unsigned int i, uint64_t now);

/* Take the socket of an interface, which may be configured later. */
void	 wg_slot_socket(struct wg_slot *s, int fd);

/* The list of peers for the settings to come.  0, or -1: too long. */
int	 wg_slot_peers(struct wg_slot *s,
	    const struct ipc_msg_netlink_peers *v);

/*
 * Serve these interfaces, and restore all others.  Returns 0, or -1 when the
 * message is malformed.
 */
int	 wg_slots_set(struct wg *w, const struct ipc_msg_netlink_conf *v);

/*
 * Restore the endpoints of all interfaces, counted in `v'; the first failure is
 * in `why' of `size' bytes, which is "" before.  An interface that does not
 * exist has nothing to restore.
 */
void	 wg_slots_restore(struct wg *w, struct ipc_msg_netlink_restored *v,
	    char *why, size_t size);

/* What wg.c does, for an interface: tell the worker; wgreport.c. */
extern const struct wg_iface_ops wg_report;

/* Report all interfaces to a new worker. */
void	 wg_report_all(struct wg *w);

/* The days since 1970, for the memory. */
uint32_t wg_today(void);

/* Send the memory to the parent. */
void	 wg_save(struct wg *w);

#endif

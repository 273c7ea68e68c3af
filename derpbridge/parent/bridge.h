/*
 * bridge: the privileged parent of derpbridged.
 *
 * ../derpbridged.c options, start
 * bridge.c	the event loop, signals, stop
 * bridgeprocs.c	the children
 * netlinkproc.c, wgkeysproc.c, workerproc.c	settings and messages of a child
 * bridgechans.c	channels between them
 * bridgeifaces.c	interfaces: their numbers, settings and UDP sockets
 * bridgesock.h	sockets, also of other network namespaces
 * bridgenetns.c	namespaces that are made anew
 * bridgemap.h	the map, names, and sockets for who gets them
 * bridgestate.c	the endpoints that netlink saves
 * bridgerestore.c	derpbridged -R
 * bridgereload.c	new settings
 * bridgetalk.c	the control socket; bridgestatus.c what it shows
 *
 * The parent opens files and sockets and supervises its children.  It parses
 * nothing that came from a network, and sees no key.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <sys/types.h>
#include <stdint.h>

#include "bconf.h"
#include "bounds.h"
#include "bridgemap.h"
#include "ctlsock.h"
#include "ctltalk.h"
#include "supervise.h"

#define BRIDGE_MAXCHILDREN	8

struct bridge;

/* A child process. */
struct bridge_child {
	struct super_child c;
	struct bridge	*d;
	uint64_t	 connected_ms;	/* last channels to the others */
};

/* How often a child may ask for something. */
struct bridge_budget {
	uint64_t	 since_ms;	/* of the time that is counted */
	unsigned int	 n;
};

/* An interface; its index is its number in messages. */
struct bridge_iface {
	char		 name[IPC_IFNAMESIZE];	/* "": this number is free */
	const struct bconf_iface *conf;	/* in force */
	int		 udp;		/* -1: none */
	uint16_t	 port;		/* of udp, host order */
	unsigned int	 asked_port;	/* as configured; 0: any */
	ino_t		 ns_ino;	/* of conf->netns, where netlink's
					   socket is; 0: not there */
	int		 unsent;	/* the worker has not got udp */
	uint32_t	 device_mark;	/* of the device; 0: none, or unknown */
	int		 mark_known;
	int		 socket_lacks;	/* why netlink has none, which was
					   logged: errno */
};

struct bridge {
	struct super		 super;
	const char		*conf_path;
	const char		*only;		/* -i; NULL: all interfaces */
	const char		*self;		/* full path of this program */
	int			 debug;		/* -d: foreground, standard
						   error */
	int			 verbose;
	int			 checking;	/* -n: only check */
	int			 restoring;	/* -R: only restore endpoints */
	int			 done;		/* -R */
	uint64_t		 started_ms;	/* monotonic */
	struct bconf		*conf;		/* in force */
	struct bridge_iface	 ifaces[IPC_BRIDGE_MAXIFACES];
	struct bridge_child	 netlink, keys, worker;
	struct bridge_child	 map, fetch, resolve;
	struct super_child	*children[BRIDGE_MAXCHILDREN];	/* of super */
	struct bridge_maps	 maps;
	struct bridge_names	 names;
	struct super_ctlsock	 sock;
	struct super_talks	 talks;
	uint32_t		 last_query;	/* of the worker */
	struct bridge_budget	 sockets, asks;	/* of the worker */
	struct bridge_budget	 netlink_asks, saves;
	struct bridge_budget	 fetch_results, fetch_asks, resolve_asks;
	int			 marks_late;	/* not waited for any more */
	int			 ready_fd;	/* of the process that
						   started this one; -1 */
};

/* bridge.c */

/* derpbridged -n.  0 valid, -1 not (logged). */
int	 bridge_check(struct bridge *d);

/*
 * Start and run until stopped.  `ready_fd' (-1: stay in the foreground) gets
 * the exit status as a byte: 0 when all children are ready.  Returns 0 when it
 * was stopped, 1 when the start failed (logged).
 */
int	 bridge_run(struct bridge *d, int ready_fd);

/*
 * Set up the loop and the children.  0, or -1 (logged).
 */
int	 bridge_set_up(struct bridge *d);

/*
 * Check the files that the configuration names and that children read: 0, or -1
 * (logged).
 */
int	 bridge_check_files(const struct bconf *c);

/* A child became ready: when all are for the first time, the start is over. */
void	 bridge_ready(struct bridge *d);

/* bridgeprocs.c */

/* Set up all children; none is started. */
void	 bridge_procs_set_up(struct bridge *d);

/*
 * Start a child.  `set_up' sends it its settings (0, or -1 on failure); its
 * messages but MSG_READY go to `handle', which returns 0, or -1: not permitted.
 * 0, or -1 (logged; the child is killed).
 */
int	 bridge_start_child(struct bridge_child *p,
	    int (*set_up)(struct bridge_child *), ipc_chan_cb cb);
void	 bridge_child_message(struct bridge_child *p, struct ipc_msg *m,
	    int (*handle)(struct bridge_child *, struct ipc_msg *));

/* May the child ask once more?  At most `most' times in 10 seconds. */
int	 bridge_may(const struct bridge_child *p, struct bridge_budget *b,
	    unsigned int most);

/* Handle what a child that has ended had sent. */
void	 bridge_child_drain(struct bridge_child *p,
	    int (*handle)(struct bridge_child *, struct ipc_msg *));

/* netlinkproc.c, wgkeysproc.c, workerproc.c: see super_ops.start. */
int	 bridge_netlink_start(struct bridge_child *p);
int	 bridge_keys_start(struct bridge_child *p);
int	 bridge_worker_start(struct bridge_child *p);

/* Handle a message of a child except MSG_READY.  0, or -1: not permitted. */
int	 bridge_netlink_message(struct bridge_child *p, struct ipc_msg *m);
int	 bridge_worker_message(struct bridge_child *p, struct ipc_msg *m);

/* Send netlink all settings, then a socket for each interface.  0, or -1. */
int	 bridge_netlink_configure(struct bridge *d);

/*
 * Send netlink the socket of interface `i', if it can be had; else it requests
 * it again.  0, or -1.
 */
int	 bridge_netlink_socket(struct bridge *d, unsigned int i);

/* Netlink has ended: take what it had saved last. */
void	 bridge_netlink_drain(struct bridge_child *p);

/*
 * Send the worker all settings, with the UDP sockets that are new, or with all
 * of them if `sockets'.  0, or -1.
 */
int	 bridge_worker_configure(struct bridge *d, int sockets);

/* Request the worker's status.  0, or -1: it does not run. */
int	 bridge_worker_query(struct bridge *d, uint32_t request);

/* bridgechans.c */

/*
 * A child has started or lacks channels: make channels to the other two of
 * netlink, wgkeys and worker, if they run.  0, or -1 (logged).
 */
int	 bridge_connect(struct bridge_child *p);

/* The same at the request of a child, not too often.  Always 0. */
int	 bridge_connect_again(struct bridge_child *p);

/* bridgeifaces.c */

/*
 * Give each interface of `c' a number and its UDP socket; one that was there
 * keeps both, unless its port is another one now.  Nothing changes in *v on
 * failure.  0, or -1 (logged).
 */
int	 bridge_ifaces_open(struct bridge_iface *v, const struct bconf *c);

/* No interfaces. */
void	 bridge_ifaces_init(struct bridge_iface *v);

/* The mark of sockets for an interface, as far as it is known; 0: none. */
uint32_t bridge_ifaces_mark(const struct bridge_iface *f);

/* bridgenetns.c */

/* A socket of the interface's namespace was made. */
void	 bridge_netns_entered(struct bridge_iface *f);

/* Send netlink another socket where a namespace is another one now. */
void	 bridge_netns_look(struct bridge *d);

/* Do that every other second. */
void	 bridge_netns_watch(struct bridge *d);

/* bridgestate.c */

/* Check the state directory, which is made when missing.  0, or -1 (logged). */
int	 bridge_state_check(const struct bridge *d);

/* Send netlink what it saved last.  0, or -1. */
int	 bridge_state_send(struct bridge_child *netlink);

/* Write what netlink saves; a failure is logged. */
void	 bridge_state_save(const struct bridge *d, const void *p, size_t len);

/* bridgerestore.c */

/*
 * derpbridged -R: set the endpoints of all interfaces back to the direct ones
 * that are remembered.  Returns the exit status.
 */
int	 bridge_restore(struct bridge *d);

/* netlink answers. */
struct ipc_msg_netlink_restored;
void	 bridge_restored(struct bridge *d,
	    const struct ipc_msg_netlink_restored *v);

/* bridgereload.c */

/*
 * Read the configuration again and put it in force, or change nothing.  NULL,
 * or why not (static; logged in detail).
 */
const char *bridge_reload(struct bridge *d);

/* bridgetalk.c */

/* Check the path of the control socket.  0, or -1 (logged). */
int	 bridge_control_check(const struct bconf *c);

/* Open the control socket.  0, or -1 (logged). */
int	 bridge_control_open(struct bridge *d);

/* Remove the control socket, and end all conversations. */
void	 bridge_control_close(struct bridge *d);

/* The worker's answer to a query.  0, or -1 malformed. */
struct ipc_msg_worker_text;
int	 bridge_control_text(struct bridge *d,
	    const struct ipc_msg_worker_text *v);

/* The worker has ended: do not wait for it. */
void	 bridge_control_worker_gone(struct bridge *d);

/* bridgestatus.c */

/*
 * Append the JSON of the parent's own status to `w'; ipc_wr_ok() reports a
 * failure.
 */
struct ipc_wr;
void	 bridge_status_text(const struct bridge *d, struct ipc_wr *w);

#endif

/*
 * bconf: the configuration of derpbridged as its parent holds it
 * (derpbridge.conf(5)).  No file that it names is opened.
 */
#ifndef BCONF_H
#define BCONF_H

#include <sys/socket.h>
#include <stdint.h>
#include <stdio.h>

#include "gram.h"
#include "msg.h"
#include "prefix.h"

/* Values of bconf_iface.region and bconf_peer.region beside a region's id. */
#define BCONF_RENDEZVOUS	(-1)	/* by the keys of the two peers */
#define BCONF_NEAREST		(-2)	/* by measurement */
#define BCONF_INHERIT		0	/* of a peer: as its interface */

/* Values of bconf_iface.fwmark beside a mark. */
#define BCONF_MARK_DEVICE	(-1)	/* as the interface has it */
#define BCONF_MARK_NONE		(-2)

struct bconf_peer {			/* peer "KEY" [name "N"] [region R] */
	TAILQ_ENTRY(bconf_peer)	 entry;
	uint8_t			 key[IPC_KEYLEN];	/* public */
	char			*name;	/* for people, less than
					   IPC_ADMIT_NAMESIZE bytes; NULL:
					   none */
	int64_t			 region; /* an id or BCONF_* */
	struct gram_pos		 pos;
};
TAILQ_HEAD(bconf_peers, bconf_peer);

struct bconf_iface {			/* interface "wg0" { ... } */
	TAILQ_ENTRY(bconf_iface) entry;
	char			*name;	/* less than IPC_IFNAMESIZE bytes */
	int64_t			 region; /* an id, BCONF_RENDEZVOUS or
					    BCONF_NEAREST */
	int			 all_peers; /* 1: those without a line, too */
	struct bconf_peers	 peers;	/* at most IPC_BRIDGE_MAXPEERS */
	enum ipc_direct		 direct;
	enum ipc_endpoints	 endpoints;
	int64_t			 fwmark; /* of sockets to relays: a mark or
					    BCONF_MARK_* */
	unsigned int		 idle;	/* seconds, 0: never */
	char			*local;	/* as `network', for printing */
	struct net_prefix	 network; /* loopback addresses of peers, of
					     IPv4, within 127.0.0.0/8 and
					     without 127.0.0.1 */
	unsigned int		 port;	/* of the UDP socket, 0: any */
	char			*netns;	/* file of the namespace that the
					   interface is in; NULL: this one */
	char			*uapi;	/* socket of wireguard-go, NULL: the
					   kernel's WireGuard */
	char			*cafile; /* authorities for relays, NULL: the
					    system's */
	struct gram_pos		 cafile_pos;
	struct gram_pos		 pos;	/* file NULL: not in the file, of -i */
};
TAILQ_HEAD(bconf_ifaces, bconf_iface);

struct bconf_map {			/* map file "F" or map url "U" */
	char			*file;	/* one of the two is NULL */
	char			*url;
	unsigned int		 every;	/* seconds between two requests */
	char			*cafile; /* of requests, NULL: the system's */
	struct gram_pos		 cafile_pos;
	struct gram_pos		 pos;
};

struct bconf_dns {			/* dns server ADDRESS [port N] */
	char			*server; /* NULL: resolv.conf */
	unsigned int		 port;
	struct sockaddr_storage	 ss;	/* the two; if server is set */
	socklen_t		 sslen;
};

struct bconf {
	struct bconf_map	 map;
	struct bconf_ifaces	 ifaces; /* 1 to IPC_BRIDGE_MAXIFACES */
	char			*proxy;	/* http:// URL of a proxy that supports
					   CONNECT, for relays and the map's
					   server; NULL: none */
	struct bconf_dns	 dns;
	int			 dry_run; /* 1: set no endpoint */
	char			*control; /* socket path; with -i the
					     interface's own */
	struct gram_pos		 control_pos;
	char			*user;
	char			*keys_user;	/* of the keys process */
	char			*chroot;	/* "": off */
	struct gram_pos		 chroot_pos;
	char			*statedir;
	struct gram_pos		 statedir_pos;
	char			*state_file;	/* endpoints, in statedir */
	char			*map_file;	/* the last good map, there */
	int			 sandbox;	/* SANDBOX_* of sandbox.h */
	unsigned int		 child_timeout;	/* seconds that a process may
						   owe a ping's answer */
	int			 log_json;	/* 1: log format json */
	struct gram_files	 files;
};

/*
 * Set a macro of -D before parsing: "name=value".  Returns 0, -1 when it is
 * malformed, or 1 when the name is a keyword.
 */
int	 bconf_macro(const char *assignment);

/*
 * Parse `path' with its includes and check the whole.  With `only' (-i) the
 * configuration has this interface alone, with the defaults if the file does
 * not name it, and paths of its own for what interfaces can't share: control,
 * state_file, map_file.  NULL on any error; every error was logged as
 * "file:line: what was found, what was expected".
 */
struct bconf *bconf_load(const char *path, const char *only);

/* The same with a text, which has this name in errors. */
struct bconf *bconf_load_text(const char *name, const char *text,
	    const char *only);

/*
 * Split bconf_iface.region or bconf_peer.region (but BCONF_INHERIT) into the
 * policy and, of IPC_REGION_FIXED, the region's id, else 0.
 */
void	 bconf_region(int64_t region, enum ipc_region_policy *policy,
	    uint64_t *id);

/* Free a configuration; NULL is fine. */
void	 bconf_free(struct bconf *c);

/*
 * The first changed setting that requires a restart, as a static name
 * ("control", "user" ...); NULL: none.
 */
const char *bconf_needs_restart(const struct bconf *old,
	    const struct bconf *new);

/* The name of the first setting that differs; NULL: none. */
const char *bconf_differs(const struct bconf *a, const struct bconf *b);

/*
 * Write the configuration in the grammar of derpbridge.conf(5), with all
 * defaults; bconf_load() of the output gives an equal one.
 */
void	 bconf_print(FILE *f, const struct bconf *c);

#endif

/*
 * conf: the configuration of derpd as the parent holds it (derpd.conf(5)).
 * parse.y fills it in, conf_check.c checks it; no file that it names is opened.
 */
#ifndef CONF_H
#define CONF_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <stdint.h>
#include <stdio.h>

#include "msg.h"
#include "prefix.h"
#include "relayconf.h"

/* Also compiled into fetch and into the check of a map's STUN port. */
#define CONF_STUN_PORT		3478
#define CONF_MAP_PATH		"/derpmap/default"
#define CONF_MAP_EVERY		60	/* seconds between two comparisons */

/* Maximum number of maps, and of servers that one is compared with. */
#define CONF_MAXMAPS		16
#define CONF_MAXCOMPARES	16

/* Maximum number of hostname lines: all go into one certificate and its CSR. */
#define CONF_MAXNAMES		64

/* Where a value was written, for messages. */
struct conf_pos {
	char		*file;		/* shared, owned by the configuration */
	int		 line;
};

struct conf_name {			/* hostname "..." */
	TAILQ_ENTRY(conf_name)	 entry;
	char			*name;
	struct conf_pos		 pos;
};

struct conf_listen {			/* listen on A port P [tls]
					   [proxy from { P ... }] */
	TAILQ_ENTRY(conf_listen) entry;
	struct sockaddr_storage	 ss;	/* address and port; * makes two
					   entries, :: and 0.0.0.0 */
	socklen_t		 sslen;
	int			 tls;
	int			 wildcard; /* written as * */
	struct net_prefix	*proxies; /* load balancers; NULL: none */
	size_t			 nproxies; /* at most IPC_MAXPROXIES */
	struct conf_pos		 pos;
};

struct conf_cert {			/* certificate "C" key "K" */
	TAILQ_ENTRY(conf_cert)	 entry;
	char			*cert;	/* paths; both NULL: self-signed or */
	char			*key;
	int			 acme;	/* 1: of the acme section */
	struct conf_pos		 pos;
};

struct conf_relay {
	int		 enabled;	/* there is a relay section */
	char		*key;		/* node key file */
	struct conf_pos	 key_pos;	/* file NULL: default */
	unsigned int	 workers;	/* 0: one per CPU */
	unsigned int	 fronts;	/* 0: half of the workers */
	char		*congestion;	/* of TCP, NULL: the system's */
};

TAILQ_HEAD(conf_names, conf_name);
TAILQ_HEAD(conf_listens, conf_listen);
TAILQ_HEAD(conf_certs, conf_cert);

struct conf_stun {
	int		 enabled;	/* there is a stun section */
	struct conf_listens listens;	/* tls is 0 */
	unsigned int	 workers;
	int		 always;	/* 1: answer if the relay is unwell */
	unsigned int	 probe_every;	/* seconds between two probes */
	unsigned int	 source_rate;	/* requests a second, 0: no limit */
	unsigned int	 source_burst;
};

struct conf_map {			/* map "..." or map { follow "..." } */
	TAILQ_ENTRY(conf_map)	 entry;
	char			*file;	/* path, NULL: followed */
	char			*follow; /* URL, NULL: a file */
	unsigned int		 every;	/* seconds between two fetches */
	char			*path;	/* path in its URL */
	struct conf_names	 hosts;	/* only for these; empty: for
					   all host names */
	struct conf_names	 compares; /* URLs */
	char			*cafile; /* of fetches, NULL: the system's */
	struct conf_pos		 cafile_pos;
	unsigned int		 max_age; /* seconds for caches */
	struct conf_pos		 pos;
};
TAILQ_HEAD(conf_maps, conf_map);

struct conf_acme {
	int		 enabled;	/* there is an acme section */
	char		*directory;	/* URL */
	struct conf_names contacts;	/* URLs */
	char		*profile;	/* NULL: none */
	char		*issuer;	/* NULL: any chain */
	char		*eab_kid;	/* NULL: no account binding */
	char		*eab_key;	/* file of its MAC key */
	struct conf_pos	 eab_pos;
	char		*ca_file;	/* authorities, NULL: the system's */
	struct conf_pos	 ca_pos;
	struct conf_pos	 pos;
};

struct conf {
	struct conf_names	 names;
	struct conf_listens	 listens;
	struct conf_certs	 certs;
	struct conf_relay	 relay;
	struct ipc_front_conf	 front;		/* settings of fronts, except
						   those of one front and what
						   is in `worker', too */
	struct ipc_relay_conf	 worker;	/* settings of relay workers,
						   except those of one worker */
	struct conf_stun	 stun;
	struct conf_maps	 maps;
	struct conf_acme	 acme;
	int			 mesh_enabled;	/* there is a mesh section */
	char			*mesh_key;	/* file, NULL: none */
	struct conf_pos		 mesh_pos;
	char			*control;	/* socket path */
	struct conf_pos		 control_pos;	/* file NULL: default */
	char			*user;
	char			*keys_user;	/* of the keys process */
	char			*chroot;
	struct conf_pos		 chroot_pos;
	char			*statedir;	/* of the self-signed pair */
	struct conf_pos		 statedir_pos;
	int			 sandbox;	/* 0: sandbox off */
	unsigned int		 child_timeout;	/* seconds that a process may
						   owe a ping's answer */
	char			**files;	/* all files; owns pos.file */
	size_t			 nfiles;
};

/* Set a macro of -D before parsing: "name=value".  0, or -1 malformed. */
int	 conf_macro(const char *assignment);

/*
 * Parse `path' with its includes and check the whole.  NULL on any error; every
 * error was logged with log_warnx() as "file:line: what was found, what was
 * expected".
 */
struct conf *conf_load(const char *path);

/* Free a configuration; NULL is fine. */
void	 conf_free(struct conf *c);

/*
 * "FILE:LINE: TEXT" for messages about a value of the configuration; `text'
 * alone for a default.  Static: valid until the second call after this one.
 */
const char *conf_at(const struct conf_pos *pos, const char *text);

/*
 * The first changed setting that requires a restart, in the order of
 * options.def, as a static name ("listen on", "workers", "stun workers", "relay
 * key" ...); NULL: none.
 */
const char *conf_needs_restart(const struct conf *old, const struct conf *new);

/* The name of the first setting that differs; NULL: none. */
const char *conf_differs(const struct conf *a, const struct conf *b);

/*
 * Write the configuration in the grammar of derpd.conf(5), with all defaults;
 * conf_load() of the output gives an equal one.  Unset values are comments.
 */
void	 conf_print(FILE *f, const struct conf *c);

#endif

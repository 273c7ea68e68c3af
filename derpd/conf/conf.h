/*
 * conf: the configuration of derpd as the parent holds it (derpd.conf(5)).
 * gram.h fills it in, conf_check.c checks it; no file that it names is opened.
 */
#ifndef CONF_H
#define CONF_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <stdint.h>
#include <stdio.h>

#include "gram.h"
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

/* Maximum number of names of bootstrap-dns, published or not. */
#define CONF_MAXDNS		(IPC_DNS_MAXNAMES / 2)

/* Maximum number of files with names of clients. */
#define CONF_MAXCLIENTNAMES	4

struct conf_listen {			/* listen on A port P [tls | derp]
					   [proxy from { P ... }] */
	TAILQ_ENTRY(conf_listen) entry;
	struct sockaddr_storage	 ss;	/* address and port; * makes two
					   entries, :: and 0.0.0.0 */
	socklen_t		 sslen;
	int			 tls;
	int			 derp;	/* all that a TLS port serves, but
					   without TLS */
	int			 wildcard; /* written as * */
	struct net_prefix	*proxies; /* load balancers; NULL: none */
	size_t			 nproxies; /* at most IPC_MAXPROXIES */
	struct gram_pos		 pos;
};

struct conf_cert {			/* certificate "C" key "K" [allow] */
	TAILQ_ENTRY(conf_cert)	 entry;
	char			*cert;	/* paths; both NULL: self-signed or */
	char			*key;
	int			 acme;	/* 1: of the acme section */
	int			 allow;	/* 1: served although it is wrong for
					   clients */
	struct gram_pos		 pos;
};

struct conf_relay {
	int		 enabled;	/* there is a relay section */
	char		*key;		/* node key file */
	struct gram_pos	 key_pos;	/* file NULL: default */
	unsigned int	 workers;	/* 0: one per CPU */
	unsigned int	 fronts;	/* 0: half of the workers */
	unsigned int	 keepalive;	/* seconds, 0: off */
	unsigned int	 user_timeout;	/* ms, 0: the system's */
	char		*congestion;	/* of TCP, NULL: the system's */
	char		*rate_file;	/* of client rate, NULL: none */
	struct gram_pos	 rate_pos;
};

TAILQ_HEAD(conf_listens, conf_listen);
TAILQ_HEAD(conf_certs, conf_cert);

struct conf_stun {
	int		 enabled;	/* there is a stun section */
	struct conf_listens listens;	/* tls and derp are 0 */
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
	struct gram_names	 hosts;	/* only for these; empty: for
					   all host names */
	struct gram_names	 compares; /* URLs */
	char			*cafile; /* of fetches, NULL: the system's */
	struct gram_pos		 cafile_pos;
	unsigned int		 max_age; /* seconds for caches */
	struct gram_pos		 pos;
};
TAILQ_HEAD(conf_maps, conf_map);

/* How names are validated; the order of the words in options.def. */
enum conf_challenge {
	CONF_CHALLENGE_ANY,		/* what works */
	CONF_CHALLENGE_HTTP, CONF_CHALLENGE_TLS_ALPN
};

struct conf_acme {
	int		 enabled;	/* there is an acme section */
	char		*directory;	/* URL */
	struct gram_names contacts;	/* URLs */
	enum conf_challenge challenge;
	char		*profile;	/* NULL: none */
	char		*issuer;	/* NULL: any chain */
	char		*eab_kid;	/* NULL: no account binding */
	char		*eab_key;	/* file of its MAC key */
	struct gram_pos	 eab_pos;
	char		*ca_file;	/* authorities, NULL: the system's */
	struct gram_pos	 ca_pos;
	char		*import; /* directory of derper's certificates */
	struct gram_pos	 import_pos;
	struct gram_pos	 pos;
};

struct conf_verify {			/* a source that is asked */
	TAILQ_ENTRY(conf_verify) entry;
	enum ipc_verify_kind	 kind;
	int			 cleartext; /* http to another machine, too */
	char			*name;	/* URL, or path of the socket */
	char			*cafile; /* NULL: the system's */
	struct gram_pos		 pos;
};
TAILQ_HEAD(conf_verifies, conf_verify);

struct conf_admit {
	struct ipc_admit_conf	 conf;	/* conf.on: there is an admit block */
	char			*keys;	/* clients file, NULL: none */
	struct gram_pos		 keys_pos;
	struct conf_verifies	 sources; /* at most IPC_MAXVERIFY */
	struct gram_pos		 pos;
};

struct conf_node {			/* another node of the region */
	TAILQ_ENTRY(conf_node)	 entry;
	char			*host;	/* DNS name or address */
	unsigned int		 port;
	char			*address; /* NULL: that of the host */
	char			*certname; /* as CertName of a DERP map, or
					      NULL */
	int			 has_key;
	uint8_t			 key[IPC_KEYLEN]; /* it must have; public */
	struct gram_pos		 pos;
};
TAILQ_HEAD(conf_nodes, conf_node);

struct conf_mesh {
	int			 enabled; /* there is a mesh section */
	char			*key;	/* file, NULL: none */
	struct gram_pos		 key_pos;
	char			*cafile; /* NULL: the system's */
	struct gram_pos		 cafile_pos;
	struct conf_nodes	 nodes;	/* at most IPC_MAXNODES */
};

struct conf_dns {			/* bootstrap-dns { ... } */
	int			 enabled;	/* there is such a section */
	struct gram_names	 names;		/* at most CONF_MAXDNS each */
	struct gram_names	 unpublished;
	unsigned int		 every;		/* seconds between look-ups */
	struct gram_pos		 pos;
};

struct conf_metrics {
	int		 enabled;	/* there is a metrics section */
	struct conf_listens listens;	/* proxies are who may ask; at most
					   IPC_MAXMETRICS */
	struct gram_pos	 pos;
};

struct conf_prefixes {
	struct net_prefix	*v;	/* NULL: none */
	size_t			 n;
};

struct conf {
	struct gram_names	 names;
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
	struct conf_admit	 admit;
	struct conf_dns		 dns;
	struct conf_metrics	 metrics;
	struct gram_names	 clientnames;	/* files with their names */
	struct conf_prefixes	 debug;		/* may see /debug/clients/; at
						   most IPC_MAXPROXIES */
	struct conf_mesh	 mesh;
	char			*control;	/* socket path */
	struct gram_pos		 control_pos;	/* file NULL: default */
	char			*user;
	char			*keys_user;	/* of the keys process */
	char			*chroot;	/* "": off */
	struct gram_pos		 chroot_pos;
	char			*statedir;	/* of the self-signed pair */
	struct gram_pos		 statedir_pos;
	int			 sandbox;	/* SANDBOX_* of sandbox.h */
	unsigned int		 child_timeout;	/* seconds that a process may
						   owe a ping's answer */
	int			 log_json;	/* 1: log format json */
	struct gram_files	 files;		/* owns pos.file */
};

/*
 * Set a macro of -D before parsing: "name=value".  Returns 0, -1 when it is
 * malformed, or 1 when the name is a keyword.
 */
int	 conf_macro(const char *assignment);

/*
 * Parse `path' with its includes and check the whole.  NULL on any error; every
 * error was logged with log_warnx() as "file:line: what was found, what was
 * expected".
 */
struct conf *conf_load(const char *path);

/* The same with a text, which has this name in errors. */
struct conf *conf_load_text(const char *name, const char *text);

/* Free a configuration; NULL is fine. */
void	 conf_free(struct conf *c);

/*
 * The first changed setting that requires other processes, in the order of
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

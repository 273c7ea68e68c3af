/*
 * bounds: sizes and counts shared by both ends of a message, used by
 * messages.def.  String sizes include the NUL.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

/* Largest payload, bytes: a map, its compressed form, and the findings. */
#define MSG_MAXPAYLOAD	(1200 * 1024)

/* Maximum number of relay workers, and of fronts. */
#define IPC_MAXWORKERS	64

/* Slots of keys, and the secret of their hash, slots.h. */
#define IPC_SLOTS	4096
#define IPC_SLOT_SECRETLEN 16

/* SHA-256 of a certificate's public key, equal to X509_pubkey_digest(). */
#define IPC_KEYHASH_LEN	32

#define IPC_BUILDSIZE	64	/* a build id, see build.h */
#define IPC_WHYSIZE	256	/* an error from keys, or a sandbox level */
#define IPC_ERRORSIZE	1024	/* an error from another process: one line */
#define IPC_CTLSIZE	4096	/* an error sent to derpctl */
#define IPC_PATHSIZE	1024	/* a path or URL of the configuration */
#define IPC_URLSIZE	1300	/* any URL, as URL_MAXTEXT */
#define IPC_HOSTSIZE	256	/* a DNS name or an address */
#define IPC_MAXCOUNTERS	511	/* counters of one process; with a word more
				   they are a page */

/* Client keys, node keys and login boxes (derp(7), section 1); addresses. */
#define IPC_KEYLEN	32
#define IPC_NONCELEN	24
#define IPC_MAXPROXIES	64	/* prefixes of load balancers, an address */
#define IPC_MAXFAULTS	8	/* faults that health tells at once */
#define IPC_MAXMETRICS	16	/* addresses of the metrics block; * is two */
#define IPC_ADDRLEN	16	/* IPv6, or IPv4-mapped */
#define IPC_MAXPACKET	65536	/* bytes of a relayed packet */

/* Tickets, see ticket.h. */
#define IPC_TICKET_SECRETLEN	32	/* bytes of a relay worker's secret */
#define IPC_TICKET_NUMBERLEN	16	/* bytes of a ticket's number */
#define IPC_TICKET_LEN		97	/* bytes of a ticket */

#define IPC_MAXDRAIN_MS	86400000	/* longest drain: a day */

/* Admission. */
#define IPC_ADMIT_LEN		116	/* bytes of a ticket of admit */
#define IPC_ADMIT_NAMESIZE	65	/* name of a client or a group */
#define IPC_ADMIT_WHYSIZE	128	/* a reason, for the client */
#define IPC_ADMIT_METRICSIZE	8192
#define IPC_ADMIT_STATESIZE	(32 * 1024 * 1024)	/* of a saved state */
#define IPC_MAXVERIFY		8	/* URLs and sockets that are asked */

/* Sessions that move: the rows from UP_SOCKET to MOVE_LINK. */
#define IPC_MOVE_VERSION	1
#define IPC_MOVE_PIECE		(256 * 1024)	/* bytes of a MOVE_BYTES */
/* Flags of MOVE_SESSION. */
#define IPC_MOVE_MESH		0x01	/* a mesh peer */
#define IPC_MOVE_PROBER		0x02
#define IPC_MOVE_NOT_IDEAL	0x04
#define IPC_MOVE_HOME		0x08	/* this is its home relay */
#define IPC_MOVE_DUP		0x10	/* it was told of duplicates */
#define IPC_MOVE_PROXIED	0x20	/* its descriptor is half of a pair */
#define IPC_MOVE_WATCHES	0x40	/* it watches connections */

/* Mesh. */
#define IPC_MAXNODES		32	/* other nodes of the region */
#define IPC_MESH_NAMESIZE	320	/* "host" or "host:port", in messages */
#define IPC_CONGESTIONSIZE	16	/* name of a congestion control */
#define IPC_MESH_CERTSIZE	256	/* CertName of a DERP map */
#define IPC_MESHHASH_LEN	16	/* a hash that tells mesh keys apart */
#define IPC_NODEHASH_LEN	32	/* a hash that tells nodes apart */
#define IPC_NODE_LEN		33	/* of a node's number and that hash */
#define IPC_NONODE		255	/* no number of a node */
#define IPC_NOLINK		UINT32_MAX	/* of MOVE_FAR: no link moves */

/* Bootstrap DNS: names, and addresses of one. */
#define IPC_DNS_MAXNAMES	128	/* half of them published */
#define IPC_DNS_MAXADDRS	32

/* Pages of the list of clients, as fronts show it. */
#define IPC_APPSIZE	64	/* AppName of a client; a longer one is none */
#define IPC_LIST_MAXAPPS	8	/* that a query names */
#define IPC_LIST_MAXROWS	1000	/* clients of a page */

#define IPC_KEYS_MAXNAMES	256	/* names of a self-signed certificate */
#define FETCH_MAXSOURCES 4096		/* URLs that fetch requests */
#define FETCH_HASHLEN		32	/* SHA-256 of the body */

/* ACME (RFC 8555). */
#define IPC_ACME_URLSIZE	1024	/* room for a URL with its NUL */
#define IPC_ACME_NAMESIZE	256	/* for a DNS name or an address */
#define IPC_ACME_PROFILESIZE 65		/* for the name of a profile */
#define IPC_ACME_NONCESIZE	512
#define IPC_ACME_REPLACESSIZE 256	/* certificate identifier (RFC 9773 \
					   4.1) */
#define IPC_ACME_MAXNAMES	100	/* of one order, as Let's Encrypt \
					   allows */
#define IPC_ACME_MAXCONTACTS 8
#define IPC_ACME_LINESIZE	1200	/* room for a line for people */
#define IPC_TOKEN_SIZE		129	/* room for a token */
#define IPC_TOKEN_AUTHSIZE	256	/* for its key authorization */

/* The bridge: derpbridged. */
#define IPC_BRIDGE_MAXIFACES	16	/* interfaces */
#define IPC_BRIDGE_MAXPEERS	8192	/* peers of an interface */
#define IPC_BRIDGE_STATESIZE	(1024 * 1024)	/* of netlink's saved state */
#define IPC_IFNAMESIZE		16	/* name of an interface */

/* DERP maps. */
#define IPC_MAP_MAX_PATH	256	/* bytes of a path, NUL included */
#define IPC_MAP_MAX_HOSTS	64
#define IPC_MAP_MAX_NAMES	64	/* of this machine, and of a document */
#define IPC_MAP_HASH_LEN	32	/* SHA-256 of the map */
#define IPC_MAP_WHATSIZE	1100	/* name of a map in findings */

#endif

/*
 * meshset: the links to the other nodes of the region, as the parent sees them:
 * a process mesh for each node of the configuration.  Part of parent.h, which
 * includes it.
 *
 * meshset.c    the nodes and their numbers, over reloads
 * meshproc.c   the processes mesh, and their channels to keys and relay workers
 * meshstatus.c what derpctl shows
 *
 * The mesh key is keys' alone; here is a number that changes with it.
 */
#ifndef MESHSET_H
#define MESHSET_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "codec.h"
#include "json_out.h"
#include "msg.h"

struct conf;
struct ipc_msg;
struct parent;
struct parent_proc;

/* The settings of a node; zeroed where nothing is set. */
struct meshset_settings {
	char		 host[IPC_HOSTSIZE];	/* "": there is no such node */
	char		 address[IPC_HOSTSIZE];
	char		 certname[IPC_MESH_CERTSIZE];
	char		 cafile[IPC_PATHSIZE];
	uint32_t	 port;
	uint32_t	 has_key;
	uint8_t		 key[IPC_KEYLEN];
};

/* What the relay worker that has the link counts. */
struct meshset_counts {
	uint64_t	 keys;		/* that are connected there */
	uint64_t	 packets;	/* to them */
	uint64_t	 bytes;
	uint64_t	 drops;
};

/* A node, and what its process has reported. */
struct meshset_node {
	struct meshset_settings conf;
	int		 ending;	/* the process has the settings of
					   another node; the next one starts */
	uint64_t	 keys_ms;	/* last channels, monotonic */
	uint64_t	 relay_ms;
	enum ipc_mesh_state state;	/* 0: not reported yet */
	uint64_t	 since_ms;	/* of the state, monotonic */
	time_t		 since;		/* the same as a time */
	uint64_t	 links;		/* times that the link came up */
	uint8_t		 server_key[IPC_KEYLEN];	/* zeros: unknown */
	char		 address[IPC_HOSTSIZE];	/* "": not connected */
	char		 error[IPC_ERRORSIZE];	/* the last one; "": none */
	struct meshset_counts before;	/* of an older node of this number */
};

struct meshset {
	struct meshset_node nodes[IPC_MAXNODES];	/* by number */
	uint8_t		 node_key[IPC_KEYLEN];	/* that the processes have */
	uint8_t		 last_hash[IPC_MESHHASH_LEN];	/* of the last mesh key
					   that was in force, also in a derpd
					   before this one; zeros: never one */
};

/* The mesh key, as far as the parent knows it. */
struct meshset_key {
	uint8_t		 hash[IPC_MESHHASH_LEN];	/* zeros: none */
	uint32_t	 number;	/* another one for each new key */
};

/* meshset.c */

/*
 * Give the nodes of `c' their numbers, from 0 up in their order; a node that
 * was there before, with the same settings, keeps its number.  Returns the
 * bitmap of the numbers that have another node now, or none any more.
 */
uint32_t meshset_assign(struct meshset *m, const struct conf *c);

/*
 * Write the nodes' numbers and hashes of their settings, as in UP_BEGIN, to `v'
 * of IPC_MAXNODES records.  Returns how many there are.  The hash is the same
 * in all builds.
 */
unsigned int meshset_list(const struct meshset *m, uint8_t *v);

/*
 * For the list of another parent, `n' records at `v': store in `map' by the
 * number of a node there what its number is here, IPC_NONODE: there is no such
 * node, or it has other settings.
 */
void	 meshset_match(const struct meshset *m, const uint8_t *v,
	    unsigned int n, uint8_t map[IPC_MAXNODES]);

/*
 * Return the nodes whose links the worker `worker' of `nworkers' has, a bit
 * each, by the numbers that they have in `map', as above; those without one are
 * left out.  NULL: by their own numbers.
 */
uint32_t meshset_links(unsigned int worker, unsigned int nworkers,
	    const uint8_t *map);

/*
 * keys has read the key of this hash (`len' bytes; 0: there is none): `now' is
 * filled in, after what is in force, `was'.  0, or -1: malformed.
 */
int	 meshset_key_read(struct meshset_key *now,
	    const struct meshset_key *was, const uint8_t *hash, size_t len);

/*
 * The mesh key of this hash of IPC_MESHHASH_LEN bytes is in force, here or in
 * the derpd before; zeros (there is none) change nothing.
 */
void	 meshset_key_used(struct meshset *m, const uint8_t *hash);

/* Return 1 if there is a mesh key, or was one, else 0. */
int	 meshset_had_key(const struct meshset *m);

/* meshproc.c */

/* Start the process of one node; see struct parent_proc. */
int	 meshset_start(struct parent_proc *p);

/* Handle a message of a process.  0, or -1: not permitted. */
int	 meshset_message(struct parent_proc *p, struct ipc_msg *m);

/* 1 when the configuration has the node of this process, else 0. */
int	 meshset_wanted(const struct parent_proc *p);

/*
 * After a reload: start and stop processes; those of nodes that stay get their
 * settings again.
 */
void	 meshset_configure(struct parent *d);

/*
 * keys has loaded all, for the first time or after a restart: make channels to
 * it, and start the processes again if this node's own key is another one.
 */
void	 meshset_connect_keys(struct parent *d);

/* A relay worker was started: make channels between it and its nodes. */
void	 meshset_connect_relay(const struct parent_proc *relay);

/* Another mesh key is in force. */
void	 meshset_rekeyed(struct parent *d);

/* A process has ended, and with it the link. */
void	 meshset_gone(struct parent_proc *p);

/* meshstatus.c */

/* Add up what the relay workers count for node `i'. */
void	 meshset_count(const struct parent *d, unsigned int i,
	    struct meshset_counts *c);

/*
 * The array "mesh": an object for each node, see control.h; for the status,
 * `derpctl mesh' and derpd-metrics.
 */
void	 meshset_status(const struct parent *d, struct json_out *o);

/* The same as a document.  ipc_wr_ok() reports a failure. */
void	 meshset_status_text(const struct parent *d, struct ipc_wr *w);

#endif

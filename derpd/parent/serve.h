/*
 * serve: what the parent does for STUN, the maps, and the health of the relay.
 * Part of parent.h, which includes it.
 *
 * stuns.c     the stund processes and their sockets
 * healths.c   the health process: is the relay well?
 * maps.c      the maps: load, put in force, keep
 * mapask.c    the checker of maps
 * fetches.c   the fetch process: maps of other servers
 * filewatch.c files that others change
 * metrics.c   what the metrics say of all this
 */
#ifndef SERVE_H
#define SERVE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"
#include "conf.h"
#include "mapdoc.h"
#include "msg.h"
#include "stunstats.h"

struct derpd;
struct proc;

/* The UDP sockets: for each address one a process. */
struct stun_set {
	struct stun_socket {
		int	 port;		/* as bound */
		char	 text[64];	/* "[::]:3478" */
		int	*fds;		/* nstuns of them, all open */
	}		*v;
	size_t		 n;
	unsigned int	 nprocs;
	struct stun_stats stats[MAXWORKERS]; /* of those that run */
	struct stun_stats past;		/* of those that have ended */
};

/* What the health process said of the relay. */
struct health {
	int		 ok;		/* STUN may answer */
	int		 known;		/* something was said since the start */
	unsigned int	 failures;	/* in a row */
	char		 why[512];	/* what is wrong, "" nothing */
	time_t		 since;		/* ok or not */
};

/* A map that was checked. */
struct map_content {
	uint8_t		*body;		/* NULL: there is none */
	size_t		 len;
	uint8_t		*gzip;		/* NULL: not smaller */
	size_t		 gzip_len;
	uint8_t		 hash[MAP_HASH_LEN];
	uint64_t	 mtime;		/* seconds since 1970 */
	char		*summary;	/* JSON, see map_summary() */
	char		*findings;	/* warnings, a line each; "" none */
};

enum map_state {
	MAP_NONE,		/* nothing to serve yet */
	MAP_GOOD,		/* as its source has it */
	MAP_LAST_GOOD		/* the source is bad or away */
};

/* Another server of the same map. */
struct map_other {
	const char	*url;		/* of the configuration */
	int		 known;		/* it answered the last time */
	uint8_t		 hash[MAP_HASH_LEN];
	char		 why[256];	/* it did not answer */
	time_t		 checked;	/* 0 never */
	int		 drift;		/* was said to differ */
};

/* One map of the configuration. */
struct map {
	struct derpd	*d;
	uint32_t	 index;
	const struct conf_map *conf;
	struct map_content good;
	enum map_state	 state;
	char		*error;		/* of the last try, NULL none */
	int		 refused;	/* what the source has is not good */
	time_t		 since;		/* in force */
	time_t		 checked;	/* last try */
	struct filewatch *watch;	/* NULL: followed */
	struct map_other others[CONF_MAXCOMPARES];
	size_t		 nothers;
};

struct map_set {
	struct map	*v;
	size_t		 n;
	uint32_t	 generation;	/* of the configuration */
};

/* stuns.c */

/* Open the sockets of `stun'.  0, or -1 (logged); nothing is left open. */
int	 stuns_open(struct derpd *d);
void	 stuns_close(struct derpd *d);

/* Start one stund; see struct proc. */
int	 stuns_start_one(struct proc *p);

/* Tell all of them what the configuration says, and whether to answer. */
void	 stuns_tell(struct derpd *d);

/* 1 when STUN is answered now, else 0. */
int	 stuns_answering(const struct derpd *d);

/* What all stund processes counted since the start. */
void	 stuns_sum(const struct derpd *d, struct stun_stats *sum);

/* One stund has ended: keep its counters. */
void	 stuns_gone(struct proc *p);

/* healths.c */

/* 1 when the relay is to be probed, else 0. */
int	 health_wanted(const struct derpd *d);

/* Start the health process; see struct proc. */
int	 health_start(struct proc *p);

/* Tell it what the configuration says. */
void	 health_tell(struct derpd *d);

/* Probe now: something has changed. */
void	 health_now(struct derpd *d);

/* fetches.c */

/* 1 when a map is followed or compared, else 0. */
int	 fetch_wanted(const struct conf *c);

/* Start the fetch process; see struct proc. */
int	 fetch_start(struct proc *p);

/* Tell it what to fetch. */
void	 fetch_tell(struct derpd *d);

/* Fetch all now. */
void	 fetch_now(struct derpd *d);

/* mapask.c */

/* Start the checker of maps and wait until it can be asked. */
int	 maps_start_checker(struct proc *p);

/*
 * Have the map in the `len' bytes at `p' checked; `what' names it in messages.
 * The checker gives a verdict, and what is to be said of the map; the bytes in
 * *c, the hash and the packed form are made of `p'.  1 good, *c filled in; 0
 * not good, every error logged and the first one in `err'; -1 it could not be
 * checked (logged, and in `err').
 */
int	 mapask(struct derpd *d, const struct conf *conf, const char *what,
	    const void *p, size_t len, struct map_content *c, char *err,
	    size_t errsize);

/* maps.c */

/*
 * Load all maps of `c' into *set; what d->maps has of the same map is a last
 * good one.  0, or -1 (logged): a file has no good map and none is kept.
 */
int	 maps_load(struct derpd *d, const struct conf *c, struct map_set *set);

/* Free a set and what it watches. */
void	 maps_free(struct map_set *set);

/* Put `set' in force in place of d->maps, watch its files, tell the workers. */
void	 maps_replace(struct derpd *d, struct map_set *set);

/* Send all maps to one worker.  0, or -1. */
int	 maps_send(struct proc *relay);

/* What was fetched for a map is this; `why': it could not be fetched. */
void	 maps_fetched(struct map *m, const void *p, size_t len,
	    uint64_t mtime);
void	 maps_not_fetched(struct map *m, const char *why);

/* The same bytes as before were found at the source. */
void	 maps_confirmed(struct map *m);

/* What another server has, in o->hash or o->why, is news: say what changed. */
void	 maps_compared(struct map *m, struct map_other *o);

/* 1 when it is known to serve other bytes, 0 the same, -1 unknown. */
int	 maps_drift(const struct map *m, const struct map_other *o);

/* Where a map comes from: a path or a URL. */
const char *maps_source(const struct map *m);

/* mapstatus.c */

/* What derpctl map shows, as JSON, see control.h; wr_ok() tells. */
void	 mapstatus_text(const struct derpd *d, struct wr *w);

/* "good", "last good", "none". */
const char *mapstatus_state(const struct map *m);

/* metrics.c */

/* Something of the metrics has changed: tell the workers, soon. */
void	 metrics_changed(struct derpd *d);

#endif

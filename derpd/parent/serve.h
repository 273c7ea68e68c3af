/*
 * serve: what the parent does for STUN, the maps, and the health of the relay.
 * Part of parent.h, which includes it.
 *
 * stuns.c     the stund processes
 * health.c    the health process: is the relay well?
 * mapset.c    the maps of a configuration, until they are in force
 * maps.c      the maps that are in force; mapfile.c their files
 * checker.c   derpmapd, which validates maps; mapqueue.h those that wait
 * fetch.c     the fetch process: maps of other servers
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
#include "mapcheck.h"
#include "mapdoc.h"
#include "mapqueue.h"
#include "msg.h"
#include "stunstats.h"

struct derpd;
struct loaded;
struct map_stage;
struct proc;

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
	uint64_t	 due_ms;	/* of fetch's results, see fetch.c */
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
	struct map_stage *stage;	/* NULL: in force */
	int		 changed;	/* the file, while it was staged */
	char		*later;		/* why a fetch failed after the one that
					   is being validated; NULL none did */
	uint64_t	 due_ms;	/* of fetch's results, see fetch.c */
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

/* health.c */

/* 1 when the relay is to be probed, else 0. */
int	 health_wanted(const struct derpd *d);

/* Start the health process; see struct proc. */
int	 health_start(struct proc *p);

/* Tell it what the configuration says. */
void	 health_tell(struct derpd *d);

/* Probe now: something has changed. */
void	 health_now(struct derpd *d);

/* fetch.c */

/* 1 when a map is followed or compared, else 0. */
int	 fetch_wanted(const struct conf *c);

/* Start the fetch process; see struct proc. */
int	 fetch_start(struct proc *p);

/* Tell it what to fetch. */
void	 fetch_tell(struct derpd *d);

/* Fetch all now. */
void	 fetch_now(struct derpd *d);

/*
 * A result of fetch, which came at `now_ms' (monotonic): what became of its
 * last request, see MSG_FETCH_RESULT.  0, or -1 malformed, of a source that
 * fetch was not told, or more than a source can have.
 */
struct ipc_msg_fetch_result;
int	 fetch_result(struct derpd *d, const struct ipc_msg_fetch_result *v,
	    uint64_t now_ms);

/* checker.c */

/* Make d->mapqueue, which sends maps to derpmapd; d->base must be there. */
void	 mapset_checker_init(struct derpd *d);

/* Start derpmapd, which reports by message; see struct proc. */
int	 maps_start_checker(struct proc *p);

/* Have what derpmapd sends handled.  0, or -1 (logged); it is then killed. */
int	 mapset_checker_attach(struct proc *p);

/* derpmapd has ended; called before or after it is to be started again. */
void	 mapset_checker_gone(struct derpd *d);

/*
 * Queue a map to be validated as one of `conf' with the certificates of `l';
 * check->self is filled in.  derpmapd is started if it does not run.  0, or -1
 * there is no memory (logged).
 */
int	 mapset_validate(struct derpd *d, const struct conf *conf,
	    const struct loaded *l, struct mapset_check *check);

/* mapfile.c */

/*
 * Read the map in the file `path', with its time in *mtime.  The bytes read,
 * one more than a map may have when it is larger; or -1, with the reason in
 * `err' of `errsize' bytes (logged).
 */
ssize_t	 mapset_read(const char *path, uint8_t p[MAP_MAX_SIZE + 1],
	    uint64_t *mtime, char *err, size_t errsize);

/*
 * Where the last good map is kept, a name by what it is served at, in `path' of
 * `size' bytes.  0, or -1 it is too long (logged).
 */
int	 mapset_kept_path(const struct conf *c, const struct conf_map *m,
	    char *path, size_t size);

/* Keep a good map for a start without its source; a failure is logged. */
void	 mapset_keep(const struct derpd *d, const struct map *m);

/* mapset.c */

/*
 * All maps of a set have been validated.  `why' NULL: each file has a good map,
 * or an older one is served in its place; else the reason why one has none.
 */
typedef void (*mapset_staged_cb)(const char *why, void *arg);

/*
 * Read all maps of `conf' and have them validated, as ones of a relay with the
 * certificates of `loaded'; both must stay until the stage is committed or
 * dropped.  `cb' is called once, from the event loop.  Nothing that is in
 * force changes.  The stage, or NULL without
 * memory (logged).
 */
struct map_stage *mapset_stage(struct derpd *d, const struct conf *conf,
	    const struct loaded *loaded, mapset_staged_cb cb, void *arg);

/* The maps of a stage. */
const struct map_set *mapset_staged(const struct map_stage *st);

/*
 * Put the set in force as a whole in place of d->maps, watch its files, tell
 * the workers, and free the stage.  d->conf must be the new configuration
 * already, and the older one still be there.
 */
void	 mapset_commit(struct map_stage *st);

/* Free a stage that is not to be put in force, also an unfinished one. */
void	 mapset_drop(struct map_stage *st);

/* Free a set and what it watches. */
void	 maps_free(struct map_set *set);

/* maps.c */

/* The file of the map `arg' has changed. */
void	 maps_file_changed(void *arg);

/* The last try gave this error; NULL: none. */
void	 maps_set_error(struct map *m, const char *text);

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

/*
 * mapset: the maps of the parent, from their sources to the workers.  Part of
 * parent.h, which includes it.
 *
 * mapset.c    the maps of a configuration, until they are in force
 * maps.c      the maps that are in force; mapfile.c their files
 * checker.c   derpmapd, which validates maps; mapqueue.h those that wait
 * fetch.c     the fetch process: maps of other servers
 */
#ifndef MAPSET_H
#define MAPSET_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"
#include "conf.h"
#include "mapcheck.h"
#include "mapdoc.h"
#include "mapqueue.h"
#include "msg.h"

struct mapset_stage;
struct parent;
struct parent_loaded;
struct parent_proc;

/* A map that was checked. */
struct mapset_content {
	uint8_t		*body;		/* NULL: there is none */
	size_t		 len;
	uint8_t		*gzip;		/* NULL: not smaller */
	size_t		 gzip_len;
	uint8_t		 hash[IPC_MAP_HASH_LEN];
	uint64_t	 mtime;		/* seconds since 1970 */
	char		*summary;	/* JSON, see map_summary() */
	char		*findings;	/* warnings, a line each; "" none */
};

enum mapset_state {
	MAPSET_NONE,		/* nothing to serve yet */
	MAPSET_GOOD,		/* as its source has it */
	MAPSET_LAST_GOOD	/* the source is bad or away */
};

/* Another server of the same map. */
struct mapset_other {
	const char	*url;		/* of the configuration */
	int		 known;		/* it answered the last time */
	uint8_t		 hash[IPC_MAP_HASH_LEN];
	char		 why[256];	/* it did not answer */
	time_t		 checked;	/* 0 never */
	int		 drift;		/* was said to differ */
	uint64_t	 due_ms;	/* of fetch's results, see fetch.c */
};

/* One map of the configuration. */
struct mapset_map {
	struct parent	*d;
	uint32_t	 index;
	const struct conf_map *conf;
	struct mapset_content good;
	enum mapset_state	 state;
	char			*error;		/* of the last try, NULL none */
	int			 refused;	/* what the source has is not
						   good */
	time_t			 since;		/* in force */
	time_t			 checked;	/* last try */
	struct mapset_stage *stage;		/* NULL: in force */
	int			 changed;	/* the file, while it was
						   staged */
	char			*later;		/* why a fetch failed after the
						   one that is being validated;
						   NULL none did */
	uint64_t		 due_ms;	/* of fetch's results, see
						   fetch.c */
	struct parent_filewatch *watch;		/* NULL: followed */
	struct mapset_other others[CONF_MAXCOMPARES];
	size_t		 nothers;
};

struct mapset {
	struct mapset_map	*v;
	size_t			 n;
	uint32_t		 generation;	/* of the configuration */
};

/* fetch.c */

/* 1 when a map is followed or compared, else 0. */
int	 mapset_fetch_wanted(const struct conf *c);

/* Start the fetch process; see struct parent_proc. */
int	 mapset_fetch_start(struct parent_proc *p);

/* Tell it what to fetch. */
void	 mapset_fetch_configure(struct parent *d);

/* Fetch all now. */
void	 mapset_fetch_now(struct parent *d);

/*
 * A result of fetch, which came at `now_ms' (monotonic): what became of its
 * last request, see MSG_FETCH_RESULT.  0, or -1 malformed, of a source that
 * fetch was not told, or more than a source can have.
 */
struct ipc_msg_fetch_result;
int	 mapset_fetch_result(struct parent *d,
	    const struct ipc_msg_fetch_result *v, uint64_t now_ms);

/* checker.c */

/* Make d->mapqueue, which sends maps to derpmapd; d->base must be there. */
void	 mapset_checker_init(struct parent *d);

/* Start derpmapd, which reports by message; see struct parent_proc. */
int	 mapset_start_checker(struct parent_proc *p);

/* Have what derpmapd sends handled.  0, or -1 (logged); it is then killed. */
int	 mapset_checker_attach(struct parent_proc *p);

/* derpmapd has ended; called before or after it is to be started again. */
void	 mapset_checker_gone(struct parent *d);

/*
 * Queue a map to be validated as one of `conf' with the certificates of `l';
 * check->self is filled in.  derpmapd is started if it does not run.  0, or -1
 * there is no memory (logged).
 */
int	 mapset_validate(struct parent *d, const struct conf *conf,
	    const struct parent_loaded *l, struct mapset_check *check);

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
void	 mapset_keep(const struct parent *d, const struct mapset_map *m);

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
struct mapset_stage *mapset_stage(struct parent *d, const struct conf *conf,
	    const struct parent_loaded *loaded, mapset_staged_cb cb, void *arg);

/* The maps of a stage. */
const struct mapset *mapset_staged(const struct mapset_stage *st);

/*
 * Put the set in force as a whole in place of d->maps, watch its files, tell
 * the workers, and free the stage.  d->conf must be the new configuration
 * already, and the older one still be there.
 */
void	 mapset_commit(struct mapset_stage *st);

/* Free a stage that is not to be put in force, also an unfinished one. */
void	 mapset_drop(struct mapset_stage *st);

/* Free a set and what it watches. */
void	 mapset_free(struct mapset *set);

/* maps.c */

/* The file of the map `arg' has changed. */
void	 mapset_file_changed(void *arg);

/* The last try gave this error; NULL: none. */
void	 mapset_set_error(struct mapset_map *m, const char *text);

/* Send all maps to one worker.  0, or -1. */
int	 mapset_send(struct parent_proc *relay);

/* What was fetched for a map is this; `why': it could not be fetched. */
void	 mapset_fetched(struct mapset_map *m, const void *p, size_t len,
	    uint64_t mtime);
void	 mapset_not_fetched(struct mapset_map *m, const char *why);

/* The same bytes as before were found at the source. */
void	 mapset_confirmed(struct mapset_map *m);

/* What another server has, in o->hash or o->why, is news: say what changed. */
void	 mapset_compared(struct mapset_map *m, struct mapset_other *o);

/* 1 when it is known to serve other bytes, 0 the same, -1 unknown. */
int	 mapset_drift(const struct mapset_map *m, const struct mapset_other *o);

/* Where a map comes from: a path or a URL. */
const char *mapset_source(const struct mapset_map *m);

/* mapstatus.c */

/* What derpctl map shows, as JSON, see control.h; ipc_wr_ok() tells. */
void	 mapset_status_text(const struct parent *d, struct ipc_wr *w);

/* "good", "last good", "none". */
const char *mapset_state_name(const struct mapset_map *m);

#endif

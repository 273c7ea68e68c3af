/*
 * mapset: the maps of the parent, from their sources to the fronts.  Part of
 * parent.h, which includes it.
 *
 * mapset.c    the maps of a configuration, until they are in force
 * maps.c      the maps in force; mapfile.c their files
 * checker.c   what derpmapd, which validates maps, is told of this machine
 * fetch.c     the fetch process, which fetches maps of other servers
 */
#ifndef MAPSET_H
#define MAPSET_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"
#include "conf.h"
#include "mapdoc.h"
#include "mapchecker.h"
#include "mapread.h"
#include "msg.h"

struct mapset_stage;
struct parent;
struct parent_loaded;
struct parent_proc;

enum mapset_state {
	MAPSET_NONE,		/* nothing to serve yet */
	MAPSET_GOOD,		/* the map of its source */
	MAPSET_LAST_GOOD	/* the source failed or is not good */
};

/* Another server of the same map. */
struct mapset_other {
	const char	*url;		/* in the configuration */
	int		 known;		/* the last fetch succeeded */
	uint8_t		 hash[IPC_MAP_HASH_LEN];
	char		 why[256];	/* error of the last fetch */
	time_t		 checked;	/* last fetch, 0: never */
	int		 drift;		/* logged as different */
	uint64_t	 due_ms;	/* limit of results, see fetch.c */
};

/* A map of the configuration. */
struct mapset_map {
	struct parent	*d;
	uint32_t	 index;
	const struct conf_map *conf;
	struct mapqueue_content good;
	enum mapset_state	 state;
	char			*error;		/* of the last try, or NULL */
	int			 refused;	/* the source's map is not
						   good */
	time_t			 since;		/* time when put in force */
	time_t			 checked;	/* time of the last try */
	struct mapset_stage *stage;		/* NULL: in force */
	int			 changed;	/* the file changed while
						   staged */
	char			*later;		/* error of a fetch after the
						   map being validated;
						   NULL: none */
	uint64_t		 due_ms;	/* limit of results, see
						   fetch.c */
	struct watch_file *watch;		/* NULL: followed */
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

/* Send the fetch process its settings. */
void	 mapset_fetch_configure(struct parent *d);

/*
 * A result of fetch at `now_ms' (monotonic), see MSG_FETCH_RESULT.  0, or -1:
 * malformed, for an unknown source, or more than a source may have.
 */
struct ipc_msg_fetch_result;
int	 mapset_fetch_result(struct parent *d,
	    const struct ipc_msg_fetch_result *v, uint64_t now_ms);

/* checker.c */

/* Initialise d->mapcheck, which sends maps to derpmapd; d->base must be set. */
void	 mapset_checker_init(struct parent *d);

/* Start derpmapd; see struct parent_proc. */
int	 mapset_start_checker(struct parent_proc *p);

/* Handle the messages of derpmapd.  0, or -1 (logged; it is then killed). */
int	 mapset_checker_attach(struct parent_proc *p);

/*
 * Queue a map to be validated as one of `conf' with the certificates of `l';
 * check->self is filled in.  derpmapd is started if it does not run.  0, or -1:
 * no memory (logged).
 */
int	 mapset_validate(struct parent *d, const struct conf *conf,
	    const struct parent_loaded *l, struct mapqueue_check *check);

/* mapfile.c */

/*
 * The path of the copy of the last good map, whose name depends on where the
 * map is served, in `path' of `size' bytes.  0, or -1: too long (logged).
 */
int	 mapset_kept_path(const struct conf *c, const struct conf_map *m,
	    char *path, size_t size);

/*
 * Keep a copy of a good map for a start without its source; errors are logged.
 */
void	 mapset_keep(const struct parent *d, const struct mapset_map *m);

/* The same for all good maps of files. */
void	 mapset_keep_all(const struct parent *d);

/* mapset.c */

/*
 * All maps of a set have been validated.  `why' NULL: each file has a good map,
 * or an older one is served instead; else the reason why one has none.
 */
typedef void (*mapset_staged_cb)(const char *why, void *arg);

/*
 * Read all maps of `conf' and have them validated as maps of a relay with the
 * certificates of `loaded'; both must stay until the stage is committed or
 * dropped.  `cb' is called once, from the event loop.  Nothing in force
 * changes.  The stage, or NULL: no memory (logged).
 */
struct mapset_stage *mapset_stage(struct parent *d, const struct conf *conf,
	    const struct parent_loaded *loaded, mapset_staged_cb cb, void *arg);

/* The maps of a stage. */
const struct mapset *mapset_staged(const struct mapset_stage *st);

/*
 * Put the set in force as a whole instead of d->maps, watch its files, send it
 * to the fronts, and free the stage.  d->conf must be the new configuration
 * already, and the old one still exist.
 */
void	 mapset_commit(struct mapset_stage *st);

/* Free a stage that is not put in force, complete or not. */
void	 mapset_drop(struct mapset_stage *st);

/* Free a set and stop watching its files. */
void	 mapset_free(struct mapset *set);

/* maps.c */

/* The file of the map `arg' has changed. */
void	 mapset_file_changed(void *arg);

/* Set the error of the last try; NULL: none. */
void	 mapset_set_error(struct mapset_map *m, const char *text);

/* Send all maps to one front.  0, or -1. */
int	 mapset_send(struct parent_proc *front);

/* Handle a fetched map, or the error `why' of a fetch. */
void	 mapset_fetched(struct mapset_map *m, const void *p, size_t len,
	    uint64_t mtime);
void	 mapset_not_fetched(struct mapset_map *m, const char *why);

/* The source still has the same bytes. */
void	 mapset_confirmed(struct mapset_map *m);

/* Handle a comparison, in o->hash or o->why: log a change. */
void	 mapset_compared(struct mapset_map *m, struct mapset_other *o);

/* 1 when the server is known to have other bytes, 0 the same, -1 unknown. */
int	 mapset_drift(const struct mapset_map *m, const struct mapset_other *o);

/* The source of a map: a path or a URL. */
const char *mapset_source(const struct mapset_map *m);

/* mapstatus.c */

/*
 * Append the JSON for derpctl map, see control.h; ipc_wr_ok() reports a
 * failure.
 */
void	 mapset_status_text(const struct parent *d, struct ipc_wr *w);

/*
 * Write the array "maps" of their states for the metrics process, bounded by
 * their number: {"path":s,"source":s,"state":s,"hash":s,"bytes":n,"age":n,
 * "checked":n,"error":s,"warnings":n,"compared":n,"drifts":n}.
 */
struct json_out;
void	 mapset_status_brief(const struct parent *d, struct json_out *o);

/* "good", "last good", "none". */
const char *mapset_state_name(const struct mapset_map *m);

#endif

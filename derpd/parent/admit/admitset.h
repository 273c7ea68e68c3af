/*
 * admitset: admission in the parent: who decides who may use the relay, and by
 * which settings and files.  Part of parent.h, which includes it.
 *
 * admitset.c    settings and files, until they are in force
 * admitfiles.c  the files of clients and names, in memory
 * admitproc.c   the process admit, and its channels to others
 * verifyproc.c  the processes verify
 * admitstate.c  what admit keeps over restarts
 * admitstatus.c what derpctl and derpd -n show
 * ratefile.c    the rate of clients, from a file; rateparse.c its text
 */
#ifndef ADMITSET_H
#define ADMITSET_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "codec.h"
#include "conf.h"
#include "json_out.h"
#include "log.h"
#include "msg.h"

struct admitset_stage;
struct ipc_msg;
struct ipc_msg_admit_save;
struct parent;
struct watch_file;
struct parent_proc;

/* A file of clients or names. */
struct admitset_file {
	enum ipc_admit_file_kind kind;
	char		*path;
	int		 fd;		/* a copy of its bytes, to read */
	time_t		 since;		/* when it was read */
	struct watch_file *watch;	/* NULL: none */
};

#define ADMITSET_MAXFILES	(1 + CONF_MAXCLIENTNAMES)

struct admitset_files {
	struct admitset_file v[ADMITSET_MAXFILES];
	size_t		 n;
};

/* A state that admit sends in pieces. */
struct admitset_saving {
	uint8_t		*p;
	size_t		 len, size;
	int		 idle;		/* one too many: it is not written */
	uint64_t	 due_ms;	/* of results, see results.h */
};

struct admitset {
	int		 in_force;	/* admit has settings */
	struct admitset_files files;	/* in force */
	struct admitset_stage *stage;	/* being staged; NULL: none */
	uint32_t	 using;		/* id of what admit puts in force and
					   has not confirmed, 0: none */
	struct watch_file *ratewatch;	/* of the rate file */
	char		 error[512];	/* why changed files are not in force,
					   "": they are */
	struct admitset_saving saving[IPC_ADMIT_STATE_QUOTA];
	struct log_limit save_limit;
	uint8_t		 health[IPC_KEYLEN];	/* key of health */
	int		 has_health;
	char		 summary[IPC_ERRORSIZE];	/* of admit: a JSON
						   object; "": none yet */
	char		 metrics[IPC_ADMIT_METRICSIZE];
};

/* What a client may send. */
struct admitset_rate {
	uint64_t	 rate;		/* bytes a second, 0: no limit */
	uint64_t	 burst;		/* bytes */
};

/* admitset.c */

/* 1 when this configuration needs the process admit, else 0. */
int	 admitset_wanted(const struct conf *c);

/*
 * The settings have been checked: `why' NULL: they can be put in force; else
 * the reason (logged).  `child' 1: because admit ended.
 */
typedef void (*admitset_staged_cb)(const char *why, int child, void *arg);

/*
 * Read the files of `conf', which must stay until the stage is committed or
 * dropped, and have admit check all.  `id' is not 0.  `cb' is called once, from
 * the event loop, unless admitset_staged() is 1 at once.  Nothing in force
 * changes.  The stage, or NULL (logged).
 */
struct admitset_stage *admitset_stage(struct parent *d, const struct conf *conf,
	    uint32_t id, admitset_staged_cb cb, void *arg);

/* 1 when the settings have been checked, else 0. */
int	 admitset_staged(const struct admitset_stage *st);

/*
 * Put the stage in force, and free it.  d->conf must be the new configuration
 * already.  1: admit will confirm it, by parent_gen_done(); else 0.
 */
int	 admitset_commit(struct admitset_stage *st);

/* Free a stage that is not put in force; NULL is allowed. */
void	 admitset_drop(struct admitset_stage *st);

/* A new admit gets what is in force, and the stage, if any.  0, or -1. */
int	 admitset_send(struct parent_proc *admit);

/* The answer of admit to a commit.  0, or -1: not permitted. */
int	 admitset_result(struct parent_proc *admit, uint32_t id, int ok,
	    const char *why);

/* admit has ended. */
void	 admitset_gone(struct parent *d);

/* A file of admission has changed. */
void	 admitset_file_changed(void *arg);

/* admitfiles.c */

/*
 * Read the files of a configuration into memory, and watch them unless `d' only
 * checks.  0, or -1 (logged; *f is empty).
 */
int	 admitset_files_read(struct parent *d, const struct conf *c,
	    struct admitset_files *f);

/* Forget the files, and stop watching them. */
void	 admitset_files_free(struct admitset_files *f);

/* Send the files to admit.  0, or -1. */
int	 admitset_files_send(struct parent_proc *admit,
	    const struct admitset_files *f);

/* admitproc.c */

/* Start admit; see struct parent_proc. */
int	 admitset_start(struct parent_proc *p);

/* Start admit unless it runs or will be started.  0, or -1 (logged). */
int	 admitset_run(struct parent *d);

/*
 * Make a channel between admit and a front, a relay worker or verify, which
 * replaces an older one; before that, tell admit the secret of a relay worker.
 * 0, also when one of them does not run or admit has no settings; -1 (logged).
 */
int	 admitset_connect(struct parent_proc *p);

/* The same for all of them. */
void	 admitset_connect_all(struct parent *d);

/*
 * A front or relay worker has no channel to admit and requests one.  0, or -1
 * malformed.
 */
int	 admitset_renew(struct parent_proc *p, struct ipc_msg *m);

/* Set the key of health, and tell admit. */
void	 admitset_set_health(struct parent *d, const uint8_t key[IPC_KEYLEN]);

/* Handle what admit has sent before it ended. */
void	 admitset_drain(struct parent_proc *p);

/* verifyproc.c */

/* 1 when this verify has a source, else 0. */
int	 admitset_verify_wanted(const struct parent_proc *p);

/* Start one verify; see struct parent_proc. */
int	 admitset_verify_start(struct parent_proc *p);

/*
 * After a reload: start, stop and configure all verify processes; `old' is the
 * configuration before.
 */
void	 admitset_verify_configure(struct parent *d, const struct conf *old);

/* admitstate.c */

/* Send a new admit the states of the one before.  0, or -1. */
int	 admitset_state_send(struct parent_proc *admit);

/*
 * A piece of a state at `now_ms' (monotonic).  1: the state is complete and on
 * disk; 0: it is not, yet; -1: the piece is not permitted.
 */
int	 admitset_state_save(struct parent *d,
	    const struct ipc_msg_admit_save *v, uint64_t now_ms);

/* admit has ended: forget what is not complete. */
void	 admitset_state_gone(struct parent *d);

/* admitstatus.c */

/*
 * Write who may use a relay of this configuration, a line without a newline
 * ("everybody may relay"), to `dst' of `size' bytes.
 */
void	 admitset_line(const struct conf *c, char *dst, size_t size);

/* The member "admission" of the status, see control.h. */
void	 admitset_status(const struct parent *d, struct json_out *o);

/* Status and metrics of admit.  0, or -1: malformed. */
struct ipc_msg_admit_status;
int	 admitset_set_status(struct parent *d,
	    const struct ipc_msg_admit_status *v);

/* ratefile.c */

/*
 * Get what a client of `c' may send: from its rate file, if it has one, which
 * *watch then watches, unless `d' only checks; else *watch is NULL.  0, or -1
 * (logged with path and line).
 */
int	 admitset_rate_get(struct parent *d, const struct conf *c,
	    struct admitset_rate *r, struct watch_file **watch);

/* rateparse.c */

/*
 * Parse the `len' bytes at `text' of a rate file.  0, or -1 with a line in
 * `err' of `errsize' bytes that begins with `path' and a line number.
 */
int	 admitset_rate_parse(const char *path, const char *text, size_t len,
	    struct admitset_rate *r, char *err, size_t errsize);

#endif

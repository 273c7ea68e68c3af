/*
 * parent: the privileged parent of derpd.
 *
 * derpd.c     options, start
 * parent.c    the event loop, signals, stop
 * procs.c     children: start, death, restart; programs.c what they run
 * startchild.c  a child with its settings; life.c children that hang
 * relays.c    relay workers; serve.h has those of STUN and maps
 * generation.h configuration, keys and certificates, all or nothing
 * reload.c    generations of the parent; load.c what they read
 * certload.h  one certificate and its key
 * relayset.c  what a relay worker gets of them
 * keyfiles.c  key and certificate files of this machine
 * keycalls.c  calls of keys that do not block
 * checkfiles.c what else the configuration names
 * renew.h     certificates from ACME directories
 * listen.c    listening sockets
 * control.c   the control socket; status.c and ownnode.c what it answers
 * notify.c    the service manager
 *
 * It opens files and sockets and watches its children.  Nothing that came from
 * a network is parsed here, and no private key is read: keys gets descriptors.
 */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "certs.h"
#include "certwatch.h"
#include "chan.h"
#include "conf.h"
#include "generation.h"
#include "json_out.h"
#include "keycalls.h"
#include "listen.h"
#include "mapset.h"
#include "renew.h"
#include "serve.h"

#define DERPD_VERSION		"1.0"
#define PARENT_CALL_MS		10000	/* bound of one answer of keys */
#define PARENT_LEVEL_SIZE	256

struct parent;

/* A child. */
struct parent_proc {
	struct parent	*d;
	enum ipc_role	 role;
	unsigned int	 worker;
	/* 0, or -1 (logged): try again later unless pid is set */
	int		 (*start)(struct parent_proc *);
	pid_t		 pid;		/* 0: not running */
	struct ipc_chan	*chan;		/* NULL: gone */
	int		 ready;
	unsigned int	 commits;	/* not answered yet */
	unsigned int	 restarts;
	unsigned int	 backoff_ms;	/* last wait before a restart */
	uint64_t	 started_ms;	/* monotonic */
	uint64_t	 owes_ms;	/* a sign of life, for so long */
	uint64_t	 connected_ms;	/* a relay to keys; monotonic */
	uint64_t	 linked_ms;	/* last links that it asked for */
	uint64_t	 deaf_ms;	/* last it said that sockets ended */
	char		 level[PARENT_LEVEL_SIZE]; /* sandbox in force, as it
						      said */
	struct event	*ev_restart;
};

/* How many there may be of all roles. */
enum {
	PARENT_MAXPROCS = 0
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)	+ 1
#define WORKERS(ROLE, member, name, program, folder, sandbox)	\
	+ IPC_MAXWORKERS
#include "roles.def"
};

/* What is had of the system for children; a test has its own. */
struct parent_procs_ops {
	pid_t	 (*wait)(int *status);	/* one that ended, or 0 or -1 */
	int	 (*kill)(pid_t, int);
	uint64_t (*clock)(void);	/* monotonic ms */
};

struct parent {
	struct event_base *base;
	const char		*conf_path;
	const char		*self;		/* full path of this program */
	int			 debug;		/* -d: foreground, standard
						   error */
	int			 verbose;
	int			 checking;	/* -n: make nothing */
	int			 starting;	/* until all children were ready
						   once */
	int			 stopping;
	int			 failed;	/* the start, or -n, came to
						   nothing */
	int			 checked;	/* -n is over */
	uint64_t		 started_ms;
	struct conf		*conf;
	struct parent_loaded	 loaded;	/* in force */
	struct parent_gens gens;		/* what is to be, or is put, in
						   force */
	struct parent_listen_set listens;
	struct parent_listen_set stunsocks;	/* UDP; a socket a stund */
	/* of those that run */
	struct net_stun_stats stun_stats[IPC_MAXWORKERS];
	struct net_stun_stats stun_past;	/* of those that have ended */
	struct mapset		 maps;
	struct mapset_queue mapqueue;		/* maps to be validated */
	struct event		*ev_mapcheck;	/* and the time of the first
						   one */
	struct parent_health	 well;
	struct renew		 acme;
	struct parent_certwatch certwatch;
	struct parent_keycalls calls;		/* of keys */
	int			 keys_loaded;	/* keys has all that is in
						   force */
	unsigned int		 nworkers;	/* relay workers, 0 without any
						   web */
	unsigned int		 nstuns;
	/* a member for each row of roles.def: keys, relays, ... */
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	struct parent_proc	 member;
#define WORKERS(ROLE, member, name, program, folder, sandbox)		\
	struct parent_proc	 member[IPC_MAXWORKERS];
#include "roles.def"
	/* all of the above that there may be */
	struct parent_proc	*procs[PARENT_MAXPROCS];
	const struct parent_procs_ops *system;
	unsigned int	 nprocs;
	struct event	*ev_stop;
	struct event	*ev_renew;
	struct event	*ev_turn;	/* of gens */
	struct event	*ev_deadline;	/* the same */
	struct event	*ev_metrics;
};

/* parent.c */

/* -n: look at everything, make nothing.  0 good, -1 not (logged). */
int	 parent_check(struct parent *d);

/*
 * Start and run until stopped.  `ready_fd' (-1: stay in the foreground) gets a
 * byte once all is up.  0 stopped, -1 it did not start (logged).
 */
int	 parent_run(struct parent *d, int ready_fd);

/*
 * The start, or -n: everything was read, and is `good' or not (logged).
 */
void	 parent_loaded(struct parent *d, int good);

/* A child became ready: if all are, for the first time, the start is over. */
void	 parent_ready(struct parent *d);

/* Begin to stop; the loop ends when the children have. */
void	 parent_stop(struct parent *d);

/* procs.c */

/* Name all children that there may be; none is started. */
void	 parent_procs_set_up(struct parent *d);

/* 1 when the configuration wants this child, else 0. */
int	 parent_procs_wanted(const struct parent_proc *p);

/* Start keys, which reports by message; see struct parent_proc. */
int	 parent_procs_start_keys(struct parent_proc *p);

/*
 * Start all children that are wanted and do not run; they report by message.
 * 0, or -1 (logged).
 */
int	 parent_procs_start(struct parent *d);

/*
 * After a reload: start or stop one child as it is wanted now.  1 when it was
 * started just now and has its settings, else 0.
 */
int	 parent_procs_adjust(struct parent_proc *p);

/* 1 when all children that are wanted are ready, else 0. */
int	 parent_procs_ready(const struct parent *d);

/*
 * Open the programs of all roles, which are found from the full path of this
 * one, `self'.  0, or -1 (logged).
 */
int	 parent_programs_open(const char *self);

/* The path of a role's program, and in *fd the program itself, still ours. */
const char *parent_programs_find(enum ipc_role role, int *fd);

struct ipc_relay_conf;

/* Settings of worker number `worker' of `nworkers' from the configuration. */
void	parent_relay_conf(struct ipc_relay_conf *r, const struct conf *c,
	    const uint8_t node_key[32], uint32_t worker, uint32_t nworkers);

/* Fork, execute, say MSG_START.  0, or -1 (logged). */
int	 parent_procs_spawn(struct parent_proc *p);

/*
 * Deliver what a child sends to `cb', with p as its argument.  0, or -1
 * (logged); it is then killed.
 */
int	 parent_procs_attach(struct parent_proc *p, ipc_chan_cb cb);

/*
 * Start a child.  `set_up' sends it its settings: 0, or -1 it can't; what the
 * child sends goes to `cb', with p as its argument.  0, or -1 (logged); the
 * child is then killed.
 */
int	 parent_start_child(struct parent_proc *p,
	    int (*set_up)(struct parent_proc *), ipc_chan_cb cb);

/* Start a child that has no settings and sends nothing but MSG_READY. */
int	 parent_start_plain(struct parent_proc *p);

/*
 * Handle a message of a child: MSG_READY, or one for `handle', which returns 0,
 * or -1: the child may not send that, and is killed.
 */
void	 parent_child_message(struct parent_proc *p, struct ipc_msg *m,
	    int (*handle)(struct parent_proc *, struct ipc_msg *));

/* MSG_READY, said once in a child's life.  0, or -1 malformed. */
int	 parent_procs_handle_ready(struct parent_proc *p, struct ipc_msg *m);

/* Close the channel of a child that has gone, or goes then. */
void	 parent_procs_forget(struct parent_proc *p);

/* A signal says that children have ended: take leave, start them again. */
void	 parent_procs_reap(struct parent *d);

/*
 * A child broke the rules, as `what' says behind its name: it is killed, and
 * started anew when it has gone.
 */
void	 parent_procs_fail(struct parent_proc *p, const char *what);

/* 1 when a child is running, else 0. */
int	 parent_procs_running(const struct parent *d);

/* Tell the children to stop within `ms' milliseconds; keys follows the last. */
void	 parent_procs_stop(struct parent *d, unsigned int ms);

/* Kill what is left. */
void	 parent_procs_kill(struct parent *d);

/* Have this process and all children log in detail (1), or briefly (0). */
void	 parent_procs_verbose(struct parent *d, int verbose);

/* life.c */

/* Look after all children from now on: who hangs is killed. */
void	 parent_life_start(struct parent *d);

/* relays.c */

/* Start one worker, with all that it needs; see struct parent_proc. */
int	 parent_relays_start_one(struct parent_proc *p);

/*
 * Channels between keys and a worker, replacing older ones.  0, also when one
 * of the two is not there; -1 (logged).
 */
int	 parent_relays_connect_keys(struct parent *d,
	    struct parent_proc *relay);

/* Send a message without a descriptor to every worker that is there. */
void	 parent_relays_send(struct parent *d, uint32_t type,
	    const struct ipc_wr *w);

/* load.c */

/* Free what a generation brought. */
void	 parent_load_free(struct parent_loaded *l);

/* The step of a generation: struct parent_gen_ops. */
void	 parent_load_step(void *arg, struct parent_generation *g);

/*
 * Have keys forget all keys but those in force; the mesh key that it has staged
 * takes effect when `use', else it is forgotten.  The end is told as of
 * parent_keys_call().
 */
void	 parent_load_retain(struct parent *d, int use, parent_keys_cb done,
	    void *arg);

/* reload.c */

/* Set up d->gens. */
void	 parent_reload_init(struct parent *d);

/*
 * Read the configuration again and put it in force, or leave everything as it
 * was.  `done' (NULL: nobody waits) is called with `arg' from the event loop
 * when that has ended.  parent_certs_reload() is in generation.h.
 */
void	 parent_reload(struct parent *d, parent_reload_cb done, void *arg);

/* keys can be called: give it what is in force, or is to be at the start. */
void	 parent_keys_ready(struct parent *d);

/*
 * From now on make a meta certificate once a day, and name the certificates
 * that expire soon.
 */
void	 parent_renew_begin(struct parent *d);

/* relayset.c */

/*
 * Send a worker that starts its settings and certificates, which it puts in
 * force.  0, or -1.
 */
int	 parent_settings_first(struct parent_proc *relay);

/*
 * Send a worker settings and certificates, which it checks and keeps under the
 * number `id' beside those in force.  1: it will answer; 0: it does not run.
 */
int	 parent_settings_stage(struct parent_proc *relay, const struct conf *c,
	    const struct parent_loaded *l, uint32_t id);

/* Have it put them in force.  1: it will answer; 0: it does not run. */
int	 parent_settings_commit(struct parent_proc *relay, uint32_t id);

/* Have it forget them. */
void	 parent_settings_drop(struct parent_proc *relay, uint32_t id);

/* checkfiles.c */

/*
 * Check what `c' names and no other step of a generation reads: directories to
 * write to, authorities.  0, or -1: something can't be used (logged, a line
 * each, with where it is named and what to do).
 */
int	 parent_check_files(const struct conf *c);

/* keyfiles.c */

/*
 * Open a private key file for keys: a regular file of at most 64 KiB, closed to
 * others as derpd(8) says.  `what' names it in messages ("relay key").  A
 * descriptor, or -1 (logged).
 */
int	 parent_keyfile_open(const char *path, const char *what);

/*
 * Make an empty temporary file beside `path', whose directory is made, and put
 * its name into `temp' of `size' bytes.  A descriptor, or -1 (logged).
 */
int	 parent_keyfile_temp(const char *path, char *temp, size_t size);

/*
 * The file `temp' is whole: it becomes `path', for good.  0, or -1 (logged);
 * `temp' is then removed.
 */
int	 parent_keyfile_commit(const char *temp, const char *path);

/* The file `from' becomes `to', for good.  0, or -1 (logged). */
int	 parent_keyfile_rename(const char *from, const char *to);

/*
 * Make or replace a file that holds no secret, of the `len' bytes at `p', by a
 * temporary file and rename.  0, or -1 (logged); what was there stays then.
 */
int	 parent_keyfile_public(const char *path, const void *p, size_t len);

/* control.c */

/* Can the socket be made at its path, as far as the path goes?  0, or -1
   (logged). */
int	 parent_control_check(const struct conf *c);

/* Open the control socket, non-blocking.  0, or -1 (logged). */
int	 parent_control_open(struct parent *d);

/* Remove it, and end all conversations. */
void	 parent_control_close(struct parent *d);

/* A worker's part of the answer to `derpctl clients'.  0, or -1 malformed. */
int	 parent_control_client(struct parent_proc *relay, struct ipc_msg *m);

/* A worker has gone: do not wait for its clients. */
void	 parent_control_worker_gone(struct parent *d, unsigned int worker);

/*
 * The job (enum ipc_acme_job) has ended: whoever asked for it is told the line,
 * as an answer when `good', else as what is wrong.
 */
void	 parent_control_cert_done(unsigned int job, int good, const char *line);

/* status.c */

/* JSON of the status, appended to `w' as it is; ipc_wr_ok() tells. */
void	 parent_status_text(const struct parent *d, struct ipc_wr *w);

/*
 * ownnode.c: the same of this machine's map node.  There must be a relay or
 * STUN.
 */
void	 mapset_own_node(const struct parent *d, struct ipc_wr *w);

/* certstatus.c: what derpctl cert shows, as JSON, see control.h. */
void	 parent_certstatus_text(const struct parent *d, struct ipc_wr *w);

/* The array "names" of a certificate, for that and for the status. */
void	 parent_certstatus_names(struct json_out *o,
	    const struct parent_cert *c);

/* The port of TLS, of the first such socket; 0 none. */
int	 parent_status_tls_port(const struct parent *d);

#endif

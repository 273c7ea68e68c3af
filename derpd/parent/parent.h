/*
 * parent: the privileged parent of derpd.
 *
 * derpd.c      options, start; fromenv.h the configuration of derpd -E
 * parent.c     the event loop, signals, stop
 * procs.c      children of all roles, of lib/supervise/
 * startchild.c a child with its settings
 * fronts.c     fronts; signers.c their signers; relays.c relay workers;
 *              servers.c what fronts and relay workers both need
 * serve.h      the processes of STUN, health and bootstrap-dns
 * generation.h configuration, keys and certificates, all or nothing
 * reload.c     generations of the parent; load.c their steps
 * certload.h   one certificate and its key
 * certself.h   the self-signed pair
 * certchain.h  the chain of a file; certcheck.h all certificates together
 * certpick.h   which certificate a client gets
 * settings.c   the settings of fronts and relay workers, and certificates
 * keyfiles.h   key and certificate files of this machine
 * keycalls.c   calls of keys that do not block
 * checkfiles.c other files of the configuration
 * renew.h      certificates from ACME directories
 * replace.h    this derpd is replaced while it runs
 * admitset.h   who may use the relay
 * meshset.h    the other nodes of the region
 * moves.h      sessions that move to other processes
 * succeed.h    a relay worker that is replaced by a new process
 * successor.h  this derpd takes over from another one
 * listen.c     listening sockets; inherit.h those of an earlier derpd
 * talk.c       the control socket and requests of derpctl, which status.c,
 *              certstatus.c, mapstatus.c and ownnode.c answer; talklists.c what
 *              relay workers and admit list for it
 *
 * The parent opens files and sockets and supervises its children.  It parses
 * nothing that came from a network and reads no private key: keys gets file
 * descriptors.
 */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "admitset.h"
#include "certs.h"
#include "certself.h"
#include "certwatch.h"
#include "chan.h"
#include "conf.h"
#include "counters.h"
#include "frontlists.h"
#include "generation.h"
#include "inherit.h"
#include "json_out.h"
#include "keycalls.h"
#include "listen.h"
#include "mapset.h"
#include "meshset.h"
#include "moves.h"
#include "renew.h"
#include "replace.h"
#include "serve.h"
#include "slots.h"
#include "succeed.h"
#include "successor.h"
#include "supervise.h"

#define PARENT_CALL_MS		10000	/* for one answer of keys */
#define PARENT_REQUEST_MS	900	/* between two requests of a child,
					   which repeats each every second */
#define PARENT_FORGED_MOST	3	/* fronts that are killed on one relay
					   worker's reports in 10 minutes */

struct parent;

/* A child process. */
struct parent_proc {
	struct super_child c;
	struct parent	*d;
	/* 0, or -1 (logged): retried later unless c.pid is set */
	int		 (*start)(struct parent_proc *);
	unsigned int	 commits;	/* not acknowledged yet */
	uint64_t	 connected_ms;	/* server, signer: last channels to
					   keys */
	uint8_t		 secret[IPC_TICKET_SECRETLEN];	/* relay: of its
					   tickets; new at each start */
	uint8_t		 admit_secret[IPC_TICKET_SECRETLEN];	/* of admit's,
					   likewise */
	uint64_t	 admit_ms;	/* server, verify: last channel to
					   admit */
	uint64_t	 linked_ms;	/* server: last links on request */
	uint64_t	 deaf_ms;	/* front: last report of an ended
					   socket */
	uint64_t	 forged_ms[PARENT_FORGED_MOST];	/* relay: when fronts
					   were killed on its reports, the last
					   one first, 0: none; all monotonic */
};

/* The maximum number of children of all roles. */
enum {
	PARENT_MAXPROCS = 0
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)	+ 1
#define WORKERS(ROLE, member, name, program, folder, sandbox)	\
	+ IPC_MAXWORKERS
#include "roles.def"
};

struct parent {
	struct super		 super;		/* all children */
	const char		*conf_path;
	const char		*conf_text;	/* of derpd -E; NULL: a file */
	const char		**macros;	/* of -D, "NAME=VALUE" */
	size_t			 nmacros;
	const char		*self;		/* full path of this program */
	int			 debug;		/* -d: foreground, standard
						   error */
	int			 verbose;
	int			 checking;	/* -n: only check */
	int			 status;	/* exit status if it failed */
	int			 checked;	/* -n has ended */
	/*
	 * -U: 1 until this derpd has taken over.  It starts, but serves nobody,
	 * and changes nothing that another derpd uses.
	 */
	int			 waiting;
	int			 accepting;	/* meanwhile fronts accept */
	char			 why[IPC_ERRORSIZE];	/* the start fails, ""
						   see the log */
	struct upgrade_new	 successor;	/* of -U */
	struct event		*ev_successor;
	uint64_t		 started_ms;
	struct conf		*conf;
	struct parent_loaded	 loaded;	/* in force */
	struct parent_gens gens;		/* requested, and under way */
	struct parent_inherit	 inherit;	/* sockets, until they are
						   opened */
	struct parent_moves moves;		/* of sessions */
	struct parent_succeed succeed;		/* of a relay worker */
	struct parent_listen_set listens;
	struct parent_listen_set stunsocks;	/* UDP; a socket a stund */
	struct parent_listen_set metricsocks;	/* of metrics */
	struct net_stun_stats stun_told;	/* the sum, last in metrics */
	struct mapset		 maps;
	struct mapqueue_checker	 mapcheck;	/* maps to be validated */
	struct parent_health	 well;
	struct parent_selfcheck	 selfcheck;
	struct parent_lastreload lastreload;
	struct upgrade		 upgrade;
	struct parent_drain drain;
	struct parent_dns	 dns;
	struct renew		 acme;
	struct admitset		 admitset;
	struct meshset		 mesh;
	struct parent_certwatch certwatch;
	struct parent_certself	 certself;
	struct parent_keycalls calls;		/* of keys */
	struct parent_frontlists frontlists;	/* pages of clients */
	int			 keys_loaded;	/* keys has all in force */
	unsigned int		 nfronts;	/* 0: nothing to serve over
						   TCP */
	unsigned int		 nworkers;	/* relay workers; 0: no relay */
	struct ipc_slots	*slots;		/* owners of keys */
	/*
	 * Counters of fronts and relay workers, which outlive them; by
	 * parent_servers_number().
	 */
	struct ipc_counters	*counters[2 * IPC_MAXWORKERS];
	struct ipc_counters	*stuncounters[IPC_MAXWORKERS];	/* of stund */
	uint8_t			 slot_secret[IPC_SLOT_SECRETLEN];
	unsigned int		 nstuns;
	/* A member for each row of roles.def: keys, fronts, ... */
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	struct parent_proc	 member;
#define WORKERS(ROLE, member, name, program, folder, sandbox)		\
	struct parent_proc	 member[IPC_MAXWORKERS];
#include "roles.def"
	struct parent_proc relaynext;		/* of succeed.h */
	struct super_child *children[PARENT_MAXPROCS + 1];	/* of super */
	struct event	*ev_renew;
	struct event	*ev_turn;	/* of gens */
	struct event	*ev_deadline;	/* of gens */
	struct event	*ev_metrics;
	struct event	*ev_state;	/* of metricsd.c; soon, after a
					   change, or later */
	int		 state_soon;
};

/* parent.c */

/* derpd -n: check everything, make nothing.  0 valid, -1 not (logged). */
int	 parent_check(struct parent *d);

/*
 * Start and run until stopped.  `ready_fd' (-1: stay in the foreground) gets
 * the exit status as a byte: 0 when all children are ready.  Returns 0 when it
 * was stopped, EX_TEMPFAIL (75) when a port can't be had, 1 when the start
 * failed for another reason; both are logged.
 */
int	 parent_run(struct parent *d, int ready_fd);

/*
 * The first generation of the start, or of -n, has ended: `good' 1 or 0
 * (logged).
 */
void	 parent_loaded(struct parent *d, int good);

/* A child became ready: when all are for the first time, the start is over. */
void	 parent_ready(struct parent *d);

/* All is ready: serve from now on. */
void	 parent_serve(struct parent *d);

/* Begin to stop; the loop ends when the children have ended. */
void	 parent_stop(struct parent *d);

/*
 * The numbers of processes that `c' needs on a machine with `ncpus' CPUs, each
 * at most IPC_MAXWORKERS.  parent_count_fronts() returns 0 when nothing is
 * served over TCP, parent_count_workers() 0 when there is no relay.
 */
unsigned int parent_count_fronts(const struct conf *c, long ncpus);
unsigned int parent_count_workers(const struct conf *c, long ncpus);

/* procs.c */

/* Set up all possible children; none is started. */
void	 parent_procs_set_up(struct parent *d);

/* Start the children that are not wanted before this derpd has taken over. */
void	 parent_procs_start_later(struct parent *d);

/* Start keys; see struct parent_proc. */
int	 parent_procs_start_keys(struct parent_proc *p);

/* startchild.c */

/*
 * Start a child.  `set_up' sends it its settings (0, or -1 on failure); its
 * messages go to `cb', with p as the argument.  0, or -1 (logged; the child is
 * killed).
 */
int	 parent_start_child(struct parent_proc *p,
	    int (*set_up)(struct parent_proc *), ipc_chan_cb cb);

/* The same for a child that sends nothing but MSG_READY. */
int	 parent_start_quiet(struct parent_proc *p,
	    int (*set_up)(struct parent_proc *));

/* The same for one that has no settings either. */
int	 parent_start_plain(struct parent_proc *p);

/*
 * Handle a message of a child: MSG_READY here, any other by `handle', which
 * returns 0, or -1: the message is not permitted, and the child is killed.
 */
void	 parent_child_message(struct parent_proc *p, struct ipc_msg *m,
	    int (*handle)(struct parent_proc *, struct ipc_msg *));

/* servers.c: fronts and relay workers, here called servers */

/* The number of servers, running or not. */
unsigned int parent_servers_count(const struct parent *d);

/* The server with this number, below parent_servers_count(); and back. */
struct parent_proc *parent_servers_at(struct parent *d, unsigned int n);
unsigned int parent_servers_number(const struct parent_proc *p);

/* "front 0", static. */
const char *parent_servers_name(const struct parent_proc *p);

/*
 * Start one server as by parent_start_child(), also with the generation under
 * way.  0, or -1 (logged).
 */
int	 parent_servers_start(struct parent_proc *p,
	    int (*set_up)(struct parent_proc *), ipc_chan_cb cb);

/* Send a server the owners of keys, or its own counters.  0, or -1. */
int	 parent_servers_send_slots(struct parent_proc *p);
int	 parent_servers_send_counters(struct parent_proc *p);

/* A server has ended: its counters stay, and its gauges do not count. */
void	 parent_servers_gone(const struct parent_proc *p);

/*
 * Make channels between keys and a server, which replace older ones.  0, also
 * when one of the two does not run; -1 (logged).
 */
int	 parent_servers_connect_keys(struct parent_proc *p);

/*
 * Connect a front with all relay workers that run, or a relay worker with all
 * fronts, for hand-overs.  0, or -1.
 */
int	 parent_servers_connect_hands(struct parent_proc *p);

/* Handle a message that all servers send.  0, or -1: not permitted. */
int	 parent_servers_message(struct parent_proc *p, struct ipc_msg *m);

/* fronts.c */

/* Start one front with its settings; see struct parent_proc. */
int	 parent_fronts_start_one(struct parent_proc *p);

/*
 * Give a front its listening sockets, at its start, or later: when it was
 * started without, and after FRONT_RETIRE with `on' 0.  0, or -1.
 */
int	 parent_fronts_listen(struct parent_proc *p);

/*
 * Send a front that was started just now all that it needs: its settings, then
 * the channels for hand-overs.  0, or -1.
 */
int	 parent_fronts_set_up(struct parent_proc *p);

/* Handle a message of a front except MSG_READY.  0, or -1: not permitted. */
int	 parent_fronts_message(struct parent_proc *p, struct ipc_msg *m);

/* Send a message without a descriptor to every front that runs. */
void	 parent_fronts_send(struct parent *d, uint32_t type,
	    const struct ipc_wr *w);

/* relays.c */

/* Start one worker with its settings; see struct parent_proc. */
int	 parent_relays_start_one(struct parent_proc *p);

/*
 * Send a worker that was started just now all that it needs: its secret (keys
 * gets it first), settings, links, and last the channels by which clients come.
 * 0, or -1.
 */
int	 parent_relays_set_up(struct parent_proc *p);

/* Handle a message of a worker except MSG_READY.  0, or -1: not permitted. */
int	 parent_relays_message(struct parent_proc *p, struct ipc_msg *m);

/*
 * Start the process `next', d->relaynext, that is to replace the worker of its
 * number.  0, or -1 (logged).
 */
int	 parent_relays_start_next(struct parent_proc *next);

/*
 * Exchange the processes of the two, with their secrets: that of `next' is the
 * worker `p' from now on.
 */
void	 parent_relays_exchange(struct parent_proc *p,
	    struct parent_proc *next);

/*
 * The process of the worker `p' has succeeded another one: link it with the
 * others, which are held.  Links to the nodes `lost', a bit each, did not move.
 */
void	 parent_relays_succeeded(struct parent_proc *p, uint32_t lost);

/* Tell the other workers that the worker `p' has ended. */
void	 parent_relays_gone(const struct parent_proc *p);

/*
 * Link the worker `p' again to those that run of the bitmap `links'; logs each.
 */
void	 parent_relays_mend(struct parent_proc *p, uint64_t links);

/* signers.c */

/* The number of signers: one for each front. */
unsigned int parent_signers_count(const struct parent *d);

/* Start one signer with its channels; see struct parent_proc. */
int	 parent_signers_start_one(struct parent_proc *p);

/*
 * Make a channel between front `n' and its signer, which replaces an older one.
 * 0, also when one of the two does not run; or -1.
 */
int	 parent_signers_connect_front(struct parent *d, unsigned int n);

/*
 * keys is ready and has loaded nothing yet: it sends the signers each key that
 * it loads.
 */
void	 parent_signers_keys_ready(struct parent *d);

/* load.c */

/* Free what a generation loaded. */
void	 parent_load_free(struct parent_loaded *l);

/* Carry out the step of a generation: struct parent_gen_ops. */
void	 parent_load_step(void *arg, struct parent_generation *g);

/*
 * Make keys drop all keys but those in force; the mesh key that it has staged
 * takes effect when `use' is 1, else it is dropped.  `done' as in
 * parent_keys_call().
 */
void	 parent_load_retain(struct parent *d, int use, parent_keys_cb done,
	    void *arg);

/* reload.c */

/* Initialise d->gens. */
void	 parent_reload_init(struct parent *d);

/*
 * Read the configuration again and put it in force, or change nothing.  `done'
 * (NULL: no callback) is called with `arg' at the end.  When that takes another
 * process, or the program on disk has changed, derpd is replaced: replace.h.
 * parent_certs_reload() is in generation.h.
 */
void	 parent_reload(struct parent *d, parent_reload_cb done, void *arg);

/* Keep the result of a reload for the metrics; `why' NULL: it is in force. */
void	 parent_reload_note(struct parent *d, const char *why);

/* Generations that had to wait may begin. */
void	 parent_reload_look(struct parent *d);

/* keys can be called: load what is in force, or will be at the start. */
void	 parent_keys_ready(struct parent *d);

/*
 * From now on make a meta certificate once a day, and log certificates that
 * expire soon.
 */
void	 parent_renew_begin(struct parent *d);

/* settings.c */

/*
 * Fill in the settings of front `front' of `nfronts', with `nworkers' relay
 * workers (0: no relay), from `c'; `slot_secret' has IPC_SLOT_SECRETLEN bytes.
 */
void	 parent_front_conf(struct ipc_front_conf *f, const struct conf *c,
	    const uint8_t node_key[32], const uint8_t *slot_secret,
	    uint32_t front, uint32_t nfronts, uint32_t nworkers);

/* The same for relay worker `worker' of `nworkers', with `nfronts' fronts. */
void	 parent_relay_conf(struct ipc_relay_conf *r, const struct conf *c,
	    const uint8_t node_key[32], const uint8_t *slot_secret,
	    uint32_t worker, uint32_t nworkers, uint32_t nfronts);

/*
 * Send a starting server its settings, and a front the certificates, which it
 * puts in force.  0, or -1.
 */
int	 parent_settings_first(struct parent_proc *p);

/*
 * Send a server settings, and a front certificates, which it checks and keeps
 * under the number `id' beside those in force.  1: it will answer; 0: it does
 * not run.
 */
int	 parent_settings_stage(struct parent_proc *p, const struct conf *c,
	    const struct parent_loaded *l, uint32_t id);

/* Put them in force in the server.  1: it will answer; 0: it does not run. */
int	 parent_settings_commit(struct parent_proc *p, uint32_t id);

/* Make the server drop them. */
void	 parent_settings_drop(struct parent_proc *p, uint32_t id);

/* checkfiles.c */

/*
 * Check the files that `c' names and no other step of a generation reads:
 * directories to write to, certificate authorities.  0, or -1: one can't be
 * used (a line is logged for each, with its place in the configuration and
 * advice).
 */
int	 parent_check_files(const struct conf *c);

/* talk.c */

/* Check the path of the control socket.  0, or -1 (logged). */
int	 parent_control_check(const struct conf *c);

/*
 * Open the control socket, non-blocking; that of an earlier derpd, if it was
 * inherited and the path is the same.  0, or -1 (logged).
 */
int	 parent_control_open(struct parent *d);

/* Return the listening descriptor, which stays ours, or -1: it is not open. */
int	 parent_control_fd(void);

/*
 * Accept no conversation any more, and leave the socket to the derpd that has
 * inherited it.  Conversations go on.
 */
void	 parent_control_leave(void);

/* Remove the control socket, and end all conversations. */
void	 parent_control_close(void);

/*
 * Begin a conversation over the connection `fd', which is closed if it can't
 * begin (logged).
 */
void	 parent_talk_start(struct parent *d, int fd);

/*
 * The job (enum ipc_acme_job) has ended: derpctl, if it waits for the job, gets
 * the line, as a result when `good' is 1, else as an error.
 */
void	 parent_control_cert_done(unsigned int job, int good, const char *line);

/* talklists.c */

/* A worker's answer for `derpctl clients'.  0, or -1 malformed. */
int	 parent_control_client(struct parent_proc *relay, struct ipc_msg *m);

/* A worker has ended: do not wait for its clients. */
void	 parent_control_worker_gone(struct parent *d, unsigned int worker);

/* A line of admit, or the end of its lines. */
void	 parent_control_admit_line(const struct ipc_msg_admit_line *v);

/* admit has ended: do not wait for its lines. */
void	 parent_control_admit_gone(void);

/* status.c */

/* Append the JSON of the status to `w'; ipc_wr_ok() reports a failure. */
void	 parent_status_text(const struct parent *d, struct ipc_wr *w);

/*
 * ownnode.c: the same for this machine's map node.  There must be a relay or
 * STUN.
 */
void	 mapset_own_node(const struct parent *d, struct ipc_wr *w);

/* certstatus.c: the same for `derpctl cert', see control.h. */
void	 parent_certstatus_text(const struct parent *d, struct ipc_wr *w);

/* The array "names" of a certificate, for both. */
void	 parent_certstatus_names(struct json_out *o,
	    const struct parent_cert *c);

/* The port of the first TLS socket, or of the first with derp; 0: none. */
int	 parent_status_tls_port(const struct parent *d);
int	 parent_status_derp_port(const struct parent *d);

#endif

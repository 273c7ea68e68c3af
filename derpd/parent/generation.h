/*
 * generation: a configuration, certificates and keys, built and checked beside
 * those in force, staged in every server, a front or a relay worker, and put in
 * force as a whole.
 *
 * One generation at a time is under way.  The start, derpd -n, a reload, a
 * change of certificate files, the daily renewal of the meta certificate, a
 * restart of keys, and a change of files of admission are all generations.
 * Further requests are queued.
 *
 * generation.c decides the order of the steps and which processes must answer.
 * The owner carries out the steps (struct parent_gen_ops; load.c for struct
 * parent).  Nothing here blocks.  Callbacks come from parent_gens_turn() only,
 * never from within another function.
 */
#ifndef GENERATION_H
#define GENERATION_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "admitset.h"
#include "certload.h"
#include "meshset.h"
#include "msg.h"

#define PARENT_GEN_MS	30000	/* deadline of a generation, ms */
#define PARENT_GEN_TRIES 3	/* tries when a child ended */
#define PARENT_MAXSERVERS (2 * IPC_MAXWORKERS)	/* fronts, relay workers */

struct conf;
struct mapset_stage;
struct parent;

enum parent_gen_kind {
	GEN_START,		/* the start of derpd */
	GEN_CHECK,		/* derpd -n: only check */
	GEN_KEYS,		/* keys was restarted */
	GEN_RELOAD,		/* configuration and all its files */
	GEN_CERTS,		/* certificates */
	GEN_META,		/* meta certificate */
	GEN_ADMIT,		/* files of admission */
	GEN_RATE		/* the file with the rate of clients */
};

/* In this order; generation.c has the steps of each kind. */
enum parent_gen_state {
	GEN_AT_CONF,		/* read the configuration */
	GEN_AT_NODE,		/* node key */
	GEN_AT_CERTS,		/* certificates and their keys */
	GEN_AT_MESH,		/* mesh key */
	GEN_AT_META,		/* meta certificate */
	GEN_AT_FILES,		/* other files of the configuration */
	GEN_AT_MAPS,		/* maps */
	GEN_AT_ADMIT,		/* the rate of clients; admit checks who may
				   use the relay */
	GEN_AT_STAGE,		/* the servers check and keep all */
	GEN_AT_COMMIT,		/* the servers put all in force */
	GEN_AT_RETAIN,		/* keys drops what is not in force */
	GEN_AT_END
};

/*
 * The end of a request.  `why' NULL: the generation is in force.  Otherwise
 * nothing was changed, and `why' is the reason, a line that was logged.
 */
typedef void (*parent_reload_cb)(void *arg, const char *why);

struct parent_gen_request {
	TAILQ_ENTRY(parent_gen_request) entry;
	enum parent_gen_kind kind;
	unsigned int	 tries;
	parent_reload_cb done;		/* NULL: no callback */
	void		*arg;
};
TAILQ_HEAD(parent_gen_requests, parent_gen_request);

/* What a generation loads. */
struct parent_loaded {
	struct parent_cert	**certs;
	size_t			 ncerts;
	uint8_t			 node_key[32];	/* public key */
	char			*meta;		/* meta certificate, PEM */
	size_t			 meta_len;
	struct admitset_rate	 rate;		/* of clients */
	struct meshset_key	 mesh;		/* of the region */
};

/* A set of servers, by their numbers. */
struct parent_gen_set {
	uint64_t	 bits[PARENT_MAXSERVERS / 64];
};

struct parent_generation {
	enum parent_gen_kind kind;
	enum parent_gen_state state;
	uint32_t	 id;		/* not 0 */
	struct parent_gen_requests requests;
	int		 done;		/* the step has ended */
	int		 failed;	/* a step has failed */
	int		 replaces;	/* ... since derpd has to be replaced */
	int		 child;		/* because a child ended */
	int		 keyless;	/* keys ended after the servers had
					   agreed, and lost what it loaded */
	char		 why[512];	/* the first error */
	char		 line[512];	/* last error of the step */
	struct parent_gen_set owed;	/* servers that have not answered */
	struct parent_gen_set ended;	/* servers that ended while staged */

	/* The owner's: what it loaded; after the commit, what it replaced. */
	struct parent		*d;
	struct conf		*conf;
	int			 own_conf;	/* conf is freed with
						   this struct */
	struct parent_loaded	 loaded;
	struct mapset_stage *maps;
	struct admitset_stage *admit;
	int		 rated;		/* the rate of clients was read */
	struct watch_file *ratewatch;	/* of its file, NULL: none */
	struct parent_certload load;	/* the certificate being read */
	const struct conf_cert *at;
	size_t		 file;		/* index in ACME's key files */
};

struct parent_gen_ops {
	/* 1 when a generation of this kind may begin now, else 0. */
	int	 (*may_begin)(void *arg, enum parent_gen_kind kind);
	/* Begin the step g->state, which ends by parent_gen_done(). */
	void	 (*step)(void *arg, struct parent_generation *g);
	/*
	 * Send all to a server, to be checked and kept.  1, or 0: not running.
	 */
	int	 (*stage)(void *arg, struct parent_generation *g,
		    unsigned int server);
	/*
	 * Put the generation in force here, and notify the servers.  Call
	 * parent_gen_owe() for each that will answer, and parent_gen_hold()
	 * when parent_gen_done() will follow.
	 */
	void	 (*commit)(void *arg, struct parent_generation *g);
	/* End: free what is not in force any more. */
	void	 (*end)(void *arg, struct parent_generation *g, int in_force);
	/* End a server that has not answered by the deadline. */
	void	 (*late)(void *arg, unsigned int server);
	/* The name of a server in messages, static: "front 0". */
	const char *(*name)(void *arg, unsigned int server);
	/* Call parent_gens_late() in `ms' milliseconds; 0: cancel the timer. */
	void	 (*deadline)(void *arg, unsigned int ms);
	/* Call parent_gens_turn() from the event loop. */
	void	 (*turn)(void *arg);
};

struct parent_gens {
	const struct parent_gen_ops *ops;
	void		*arg;
	unsigned int	 nservers;
	uint32_t	 id;		/* of the last generation */
	const char	*stopped;	/* why, NULL: it is not */
	struct parent_generation *now;	/* under way; NULL: none */
	struct parent_gen_requests queue, answers;
};

/* Initialise for a number of servers, at most PARENT_MAXSERVERS. */
void	 parent_gens_init(struct parent_gens *m,
	    const struct parent_gen_ops *ops, void *arg,
	    unsigned int nservers);

/*
 * Request a generation.  `done' (NULL: no callback) is called with `arg' when
 * it has ended.  Waiting requests of one kind share a generation, which begins
 * after the last of them.
 */
void	 parent_gen_request(struct parent_gens *m, enum parent_gen_kind kind,
	    parent_reload_cb done, void *arg);

/* Cancel the callbacks of all requests with `arg'. */
void	 parent_gen_cancel(struct parent_gens *m, const void *arg);

/* What ops->may_begin() says may have changed. */
void	 parent_gens_wake(struct parent_gens *m);

/* Take the next steps; called from the event loop after ops->turn(). */
void	 parent_gens_turn(struct parent_gens *m);

/* The deadline has passed. */
void	 parent_gens_late(struct parent_gens *m);

/*
 * derpd stops, or is replaced: end the generation under way and all requests,
 * with the answer `why' (static).  No generation begins afterwards.
 */
void	 parent_gens_stop(struct parent_gens *m, const char *why);

/* The step has ended: rv 0, or -1 and the reason `why' (NULL: g->line). */
void	 parent_gen_done(struct parent_gens *m, int rv, const char *why);

/* Record the error `why' (NULL: g->line) if it is the first. */
void	 parent_gen_note(struct parent_generation *g, const char *why);

/* Within ops->commit(): the server will answer. */
void	 parent_gen_owe(struct parent_generation *g, unsigned int server);

/* The same: the step ends by parent_gen_done(), not by answers alone. */
void	 parent_gen_hold(struct parent_generation *g);

/*
 * The answer of a server to stage or commit of generation `id': `ok' 1, or 0
 * with the reason.
 */
void	 parent_gen_answer(struct parent_gens *m, unsigned int server,
	    uint32_t id, int ok, const char *why);

/* A server has been started with what is in force; or has ended. */
void	 parent_gen_server_up(struct parent_gens *m, unsigned int server);
void	 parent_gen_server_gone(struct parent_gens *m, unsigned int server);

/* keys has ended and lost all that it had loaded. */
void	 parent_gen_keys_gone(struct parent_gens *m);

/* load.c */

/*
 * Read all certificates again and put them in force in keys and in all servers,
 * or change nothing.  `done' is called with `arg' from the event loop at the
 * end, also when derpd stops meanwhile.
 */
void	 parent_certs_reload(struct parent *d, parent_reload_cb done,
	    void *arg);

/* Cancel the callbacks of all requests with `arg'. */
void	 parent_reload_cancel(struct parent *d, const void *arg);

#endif

/*
 * generation: a configuration, certificates and keys, built and checked beside
 * those in force, staged in every worker, and put in force as a whole.
 *
 * One generation at a time is under way.  The start, derpd -n, a reload, a
 * change of certificate files, the daily renewal of the meta certificate and a
 * restart of keys are all generations; what is requested meanwhile waits.
 *
 * generation.c knows the order and who has to answer.  What a step does is up
 * to the owner (struct parent_gen_ops; load.c for struct parent).  Nothing here
 * blocks, and no call back comes from within a function that is called here,
 * but from parent_gens_turn().
 */
#ifndef GENERATION_H
#define GENERATION_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "certload.h"

#define PARENT_GEN_MS	30000	/* the deadline of a generation */
#define PARENT_GEN_TRIES 3	/* of one that a child's end made fail */

struct conf;
struct mapset_stage;
struct parent;

enum parent_gen_kind {
	GEN_START,		/* the start of derpd */
	GEN_CHECK,		/* derpd -n: check all, put nothing in force */
	GEN_KEYS,		/* keys was started again */
	GEN_RELOAD,		/* configuration and all that it names */
	GEN_CERTS,		/* certificates */
	GEN_META		/* meta certificate */
};

/* In this order; which of them a kind has: see generation.c. */
enum parent_gen_state {
	GEN_AT_CONF,		/* read the configuration */
	GEN_AT_NODE,		/* node key */
	GEN_AT_CERTS,		/* certificates and their keys */
	GEN_AT_MESH,		/* mesh key */
	GEN_AT_META,		/* meta certificate */
	GEN_AT_FILES,		/* what else the configuration names */
	GEN_AT_MAPS,		/* maps */
	GEN_AT_STAGE,		/* the workers check it */
	GEN_AT_COMMIT,		/* the workers put it in force */
	GEN_AT_RETAIN,		/* keys forgets what is not in force */
	GEN_AT_END
};

/*
 * The end of what was requested.  `why' NULL: it is in force.  Else nothing was
 * changed, and the line `why' says what is wrong, which has been logged.
 */
typedef void (*parent_reload_cb)(void *arg, const char *why);

struct parent_gen_request {
	TAILQ_ENTRY(parent_gen_request) entry;
	enum parent_gen_kind kind;
	unsigned int	 tries;
	parent_reload_cb done;		/* NULL: nobody waits */
	void		*arg;
};
TAILQ_HEAD(parent_gen_requests, parent_gen_request);

/* What a generation brings. */
struct parent_loaded {
	struct parent_cert	**certs;
	size_t			 ncerts;
	int			 selfsigned;	/* index in certs, -1 none */
	uint8_t			 node_key[32];	/* public half */
	char			*meta;		/* meta certificate, PEM */
	size_t			 meta_len;
};

struct parent_generation {
	enum parent_gen_kind kind;
	enum parent_gen_state state;
	uint32_t	 id;		/* never 0 */
	struct parent_gen_requests requests;
	int		 done;		/* the step has ended */
	int		 failed;	/* one of them did */
	int		 child;		/* ... because a child ended */
	int		 keyless;	/* keys ended after the workers had
					   agreed: the next one has nothing */
	char		 why[512];	/* the first thing that is wrong */
	char		 line[512];	/* logged by the step's last part */
	uint64_t	 owed;		/* workers that have to answer, a bit
					   each */
	uint64_t	 ended;		/* workers that ended while staged */

	/* The owner's: what it brings; once committed, what it replaced. */
	struct parent		*d;
	struct conf		*conf;
	int			 own_conf;	/* conf is to be freed with
						   it */
	struct parent_loaded	 loaded;
	struct mapset_stage *maps;
	struct parent_certload load;	/* the certificate that is read */
	const struct conf_cert *at;
	size_t		 file;		/* of ACME's key files */
};

struct parent_gen_ops {
	/* May a generation of this kind begin now?  1 or 0. */
	int	 (*may_begin)(void *arg, enum parent_gen_kind kind);
	/* Begin the step g->state; it ends by parent_gen_done(). */
	void	 (*step)(void *arg, struct parent_generation *g);
	/* Send all to a worker, to be checked and kept.  1, 0: it is gone. */
	int	 (*stage)(void *arg, struct parent_generation *g,
		    unsigned int worker);
	/*
	 * Put it in force here, and tell the workers to; those that will
	 * answer, a bit each.
	 */
	uint64_t (*commit)(void *arg, struct parent_generation *g);
	/* It ends, in force or not: free what is not in force any more. */
	void	 (*end)(void *arg, struct parent_generation *g, int in_force);
	/* A worker owes an answer for too long: end it. */
	void	 (*late)(void *arg, unsigned int worker);
	/* Call parent_gens_late() in `ms' milliseconds; 0: not any more. */
	void	 (*deadline)(void *arg, unsigned int ms);
	/* Call parent_gens_turn() from the event loop. */
	void	 (*turn)(void *arg);
};

struct parent_gens {
	const struct parent_gen_ops *ops;
	void		*arg;
	unsigned int	 nworkers;
	uint32_t	 id;		/* of the last one */
	int		 stopped;
	struct parent_generation *now;	/* NULL: none is under way */
	struct parent_gen_requests queue, answers;
};

/* Set up for a number of workers. */
void	 parent_gens_init(struct parent_gens *m,
	    const struct parent_gen_ops *ops, void *arg,
	    unsigned int nworkers);

/*
 * Request a generation.  `done' (NULL: nobody waits) is called with `arg' when
 * it has ended.  Requests of one kind that wait share a generation, which
 * begins after the last of them.
 */
void	 parent_gen_request(struct parent_gens *m, enum parent_gen_kind kind,
	    parent_reload_cb done, void *arg);

/* Who requested with `arg' is not called any more. */
void	 parent_gen_cancel(struct parent_gens *m, const void *arg);

/* Go on; called from the event loop after ops->turn(). */
void	 parent_gens_turn(struct parent_gens *m);

/* The time is up. */
void	 parent_gens_late(struct parent_gens *m);

/*
 * derpd stops: end what is under way and whatever waits, with an answer.  No
 * generation begins after it.
 */
void	 parent_gens_stop(struct parent_gens *m);

/*
 * The step has ended: rv 0, or -1 and `why' (NULL: g->line has it).
 */
void	 parent_gen_done(struct parent_gens *m, int rv, const char *why);

/* Keep the line `why' (NULL: g->line), if it is the first. */
void	 parent_gen_note(struct parent_generation *g, const char *why);

/*
 * A worker answers about generation `id': to stage or commit, good when `ok',
 * else with why not.
 */
void	 parent_gen_answer(struct parent_gens *m, unsigned int worker,
	    uint32_t id, int ok, const char *why);

/* A worker runs, with what is in force; or has ended. */
void	 parent_gen_worker_up(struct parent_gens *m, unsigned int worker);
void	 parent_gen_worker_gone(struct parent_gens *m, unsigned int worker);

/* keys has ended, and what was given to it is lost. */
void	 parent_gen_keys_gone(struct parent_gens *m);

/* load.c */

/*
 * Read all certificates again and put them in force in keys and in all workers,
 * or leave everything as it was.  `done' is called with `arg' from the event
 * loop when that has ended, also when derpd stops meanwhile.
 */
void	 parent_certs_reload(struct parent *d, parent_reload_cb done,
	    void *arg);

/* Who requested with `arg' is gone. */
void	 parent_reload_cancel(struct parent *d, const void *arg);

#endif

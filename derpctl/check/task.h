/*
 * task: a place to check with the state of its job.  Used only in this folder:
 * plan.c makes tasks, jobs.c runs them, judge.c compares them.
 */
#ifndef TASK_H
#define TASK_H

#include <sys/types.h>
#include <sys/queue.h>

#include "jobrecord.h"
#include "targets.h"

#define CTLCHECK_NODES	1024	/* of a map */

enum ctlcheck_state {
	CTLCHECK_WAITING,
	CTLCHECK_RUNNING,
	CTLCHECK_DONE
};

struct ctlcheck_task {
	TAILQ_ENTRY(ctlcheck_task) entry;
	struct ctlcheck_place	 place;
	enum ctlcheck_state	 state;
	int			 hidden;	/* not in the results */
	/* What to check. */
	const struct ctlcheck_task *of;		/* the map that told this node
						   or region; NULL: none */
	struct ctlcheck_task	*after;		/* checked only when this node
						   answers HTTP; NULL: at
						   once */
	char			 host[CHECK_STRING]; /* that is asked; "": none,
						   or several */
	char			 url[URL_MAXTEXT]; /* of a map, or */
	char			 file[URL_MAXTEXT]; /* its file; "": a URL */
	int			 needed;	/* a map must be there */
	int			 guessed;	/* a node's STUN port, which its
						   own map may correct */
	int			 mirror;	/* a map that a node of a region
						   serves, to be compared */
	/* What its job has told. */
	int			 has_map, absent;
	uint8_t			 hash[CTLCHECK_HASH];
	size_t			 nnodes;	/* of a map */
	/* Its job. */
	pid_t			 pid;
	int			 fd;		/* -1: closed */
	int64_t			 began, until;	/* ms of base_clock_ms() */
	uint8_t			*buf;		/* bytes not decoded yet */
	size_t			 len, total;
	int			 ended;		/* the last record came */
	int			 endless;	/* it took too long */
	char			 step[64];
	char			 meets[CTLCHECK_WHY]; /* the addresses that it
						   connects to */
	int64_t			 asked;		/* since then it waits for
						   them; 0: it does not */
};

TAILQ_HEAD(ctlcheck_tasks, ctlcheck_task);

struct ctlcheck_run {
	const struct ctlcheck_options *opts;
	int			 only4, only6;	/* one address family alone */
	int			 quiet;		/* no progress */
	int			 job_ms;	/* for a job */
	struct ctlcheck_tasks	 tasks;		/* in the order of the output */
	size_t			 ntasks, ndone, running;
	int			 shown;		/* a line of progress is */
};

/* plan.c */

/* Make a task, and insert it behind another, NULL: at the end. */
struct ctlcheck_task *ctlcheck_plan_new(enum ctlcheck_kind kind,
	    const char *name);
void	 ctlcheck_plan_insert(struct ctlcheck_run *run,
	    struct ctlcheck_task *before, struct ctlcheck_task *t);

/*
 * Add the tasks of a target, at the end.  Returns 0, or -1 when out of memory.
 */
int	 ctlcheck_plan_target(struct ctlcheck_run *run,
	    const struct ctlcheck_target *t);

/* Add a node that the job of a map has told.  Returns 0 or -1. */
int	 ctlcheck_plan_node(struct ctlcheck_run *run, struct ctlcheck_task *map,
	    const struct check_node *n);

/*
 * A node's own map tells about that node: if its STUN port is another one than
 * was guessed, the node is checked again.
 */
void	 ctlcheck_plan_correct(struct ctlcheck_run *run,
	    struct ctlcheck_task *map, const struct check_node *n);

/* All nodes of a map are told: add its regions.  Returns 0 or -1. */
int	 ctlcheck_plan_regions(struct ctlcheck_run *run,
	    struct ctlcheck_task *map);

/*
 * The next task whose job can start, or NULL.  Tasks that became needless are
 * marked as done and hidden.
 */
struct ctlcheck_task *ctlcheck_plan_next(struct ctlcheck_run *run);

/*
 * The nodes of a region of a map that let clients in, at most `max'.  Returns
 * how many.
 */
size_t	 ctlcheck_plan_serving(const struct ctlcheck_run *run,
	    const struct ctlcheck_task *mesh, struct check_node *nodes,
	    size_t max);

/* Free the tasks of a run. */
void	 ctlcheck_plan_free(struct ctlcheck_run *run);

/* job.c: what the process of a job does.  Does not return. */
void	 ctlcheck_job(const struct ctlcheck_run *run,
	    const struct ctlcheck_task *t, int fd) __attribute__((noreturn));

/* jobs.c: run all jobs.  Returns 0, or a signal that asks to end. */
int	 ctlcheck_jobs(struct ctlcheck_run *run);

/* meet.c: one job at an address */

/* The job wants to connect to these addresses, with blanks. */
void	 ctlcheck_meet_ask(struct ctlcheck_task *t, const char *addresses);

/* Let jobs go on whose addresses are free. */
void	 ctlcheck_meet_admit(struct ctlcheck_run *run);

/* Did a job that was at one of these addresses take too long? */
int	 ctlcheck_meet_hopeless(const struct ctlcheck_run *run,
	    const struct ctlcheck_task *t);

/* Is another job at an address of a node of this region? */
int	 ctlcheck_meet_held(const struct ctlcheck_run *run,
	    const struct ctlcheck_task *mesh);

/* progress.c: a line on the terminal, if standard error is one. */
void	 ctlcheck_progress(struct ctlcheck_run *run,
	    const struct ctlcheck_task *t);
void	 ctlcheck_progress_end(struct ctlcheck_run *run);

/* collect.c */

/* Forget what a job has told. */
void	 ctlcheck_collect_clear(struct ctlcheck_place *p);

/* Add to a place's findings.  Return 0, or -1 when out of memory. */
int	 ctlcheck_collect_found(struct ctlcheck_place *p,
	    const struct check_finding *f);
int	 ctlcheck_collect_measured(struct ctlcheck_place *p,
	    const struct check_measure *m);
void	 ctlcheck_collect_failed(struct ctlcheck_place *p, const char *why);

/* Move the places of all tasks into the results.  Returns as above. */
int	 ctlcheck_collect(struct ctlcheck_run *run, struct ctlcheck_results *r);

/* expand.c: the nodes of a map */

/*
 * Pass each node of the valid map of `len' bytes at `text' to `node'.  Returns
 * 0, or -1 with the reason in `why'.
 */
int	 ctlcheck_expand(const char *text, size_t len,
	    void (*node)(const struct check_node *, void *), void *arg,
	    char *why, size_t size);

/*
 * mirrors.c: compare the maps of several servers, and add places for them.
 * Returns 0, or -1 when out of memory.
 */
int	 ctlcheck_mirrors(struct ctlcheck_run *run);

/*
 * judge.c: recognise what is wrong with this machine, not with the places.
 * Returns as above.
 */
int	 ctlcheck_judge(struct ctlcheck_run *run);

#endif

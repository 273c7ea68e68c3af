/*
 * succession: a relay worker is replaced by a new process while its sessions go
 * on (derpctl restart relay), as a state machine.  Pure: succeed.c carries out
 * the steps (struct parent_succession_ops).
 *
 *   IDLE --> WAITING --> STARTING --> HOLDING --> MOVING --> ENDING --> IDLE
 *
 *	state		waits for				bound
 *	WAITING		the end of a reload			30 s
 *	STARTING	the new process to be ready		20 s
 *	HOLDING		all relay workers to be held		moves.h
 *	MOVING		the sessions to be at the new one	moves.h
 *	ENDING		the end of the process that is not needed any more:
 *			the old one, or after a failure the new one
 *
 * The commit is between MOVING and ENDING.  Whatever fails, ends or is late
 * before it ends the new process, and all go on as before.
 */
#ifndef SUCCESSION_H
#define SUCCESSION_H

#include <stdint.h>

#define PARENT_SUCCESSION_WAIT_MS	30000
#define PARENT_SUCCESSION_LOOK_MS	100	/* between two looks */
#define PARENT_SUCCESSION_START_MS	20000
#define PARENT_SUCCESSION_END_MS	1000	/* then it is killed, again */

enum parent_succession_state {
	PARENT_SUCCESSION_IDLE,
	PARENT_SUCCESSION_WAITING,
	PARENT_SUCCESSION_STARTING,
	PARENT_SUCCESSION_HOLDING,
	PARENT_SUCCESSION_MOVING,
	PARENT_SUCCESSION_ENDING
};

/*
 * The end: `why' NULL: the worker has been replaced; else the reason, a line.
 */
typedef void (*parent_succession_cb)(void *arg, const char *why);

struct parent_succession_ops {
	/* Return 1 while a generation is under way, which delays all. */
	int	 (*busy)(void *arg);
	/* Start the process that is to replace a worker.  0, or -1. */
	int	 (*start)(void *arg, unsigned int worker);
	/* Hold all relay workers; parent_succession_held() follows. */
	void	 (*hold)(void *arg);
	/*
	 * Have the sessions sent and received; parent_succession_sent() and
	 * parent_succession_took() follow.
	 */
	void	 (*move)(void *arg, unsigned int worker);
	/*
	 * Why the new process must not take over, though all have answered;
	 * NULL: it may.
	 */
	const char *(*broken)(void *arg);
	/* The new process is the worker, with all sessions. */
	void	 (*commit)(void *arg, unsigned int worker, uint32_t sessions);
	/* Make all go on that are held. */
	void	 (*thaw)(void *arg);
	/* Kill the process that is not needed. */
	void	 (*kill)(void *arg);
	/* Call parent_succession_late() in `ms'; 0: cancel the timer. */
	void	 (*deadline)(void *arg, unsigned int ms);
};

/* All zero initially, but for ops and arg. */
struct parent_succession {
	const struct parent_succession_ops *ops;
	void		*arg;
	enum parent_succession_state state;
	unsigned int	 worker;
	unsigned int	 waited;	/* ms, in WAITING */
	int		 runs;		/* there is the other process */
	int		 sent, took;	/* that has answered */
	uint32_t	 nsent, ntook;
	char		 why[256];	/* the failure; "": none */
	parent_succession_cb done;	/* NULL: called, or not wanted */
	void		*done_arg;
};

/* Return 1 unless it is idle, else 0. */
int	 parent_succession_on(const struct parent_succession *s);

/*
 * Replace `worker'.  `done' is called with `arg' once, also within this call.
 */
void	 parent_succession_begin(struct parent_succession *s,
	    unsigned int worker, parent_succession_cb done, void *arg);

/* The requester has gone: do not call back.  All else goes on. */
void	 parent_succession_forget(struct parent_succession *s,
	    const void *arg);

/* The new process is ready. */
void	 parent_succession_ready(struct parent_succession *s);

/* The ends of the steps of moves.h; `why' NULL: done. */
void	 parent_succession_held(struct parent_succession *s, const char *why);
void	 parent_succession_sent(struct parent_succession *s, const char *why,
	    uint32_t sessions);
void	 parent_succession_took(struct parent_succession *s, const char *why,
	    uint32_t sessions);

/* The other process has ended; or a relay worker in service, of this name. */
void	 parent_succession_gone(struct parent_succession *s);
void	 parent_succession_broke(struct parent_succession *s,
	    const char *name);

/* The deadline has passed. */
void	 parent_succession_late(struct parent_succession *s);

/* derpd stops. */
void	 parent_succession_stop(struct parent_succession *s);

#endif

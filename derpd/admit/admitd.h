/*
 * admitd: the process that decides who may use the relay, and the parts that
 * its files share.  All state hangs off struct admit_proc.
 *
 *	admitd.c	the process: what is made at the start, the turn
 *	parentmsg.c	the parent's messages
 *	ends.c		channels of fronts, relay workers and verify
 *	logins.c	questions of fronts, and tickets
 *	judge.c		what is known of a key
 *	inforce.c	settings are put in force
 *	state.c		what survives a restart
 *	report.c	status, lines for derpctl
 *	metrics.c	metrics
 *
 * and, pure: decide.c (the decision), inquiries.c and admitsource.c (who is
 * asked, and who waits for that), cache.c, lately.c (answers), connected.c
 * (clients that are connected), groups.c (limits of groups).  settings.c is
 * settings with what their files say.
 */
#ifndef ADMITD_H
#define ADMITD_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cache.h"
#include "childrun.h"
#include "connected.h"
#include "decide.h"
#include "groups.h"
#include "inquiries.h"
#include "lately.h"
#include "log.h"
#include "settings.h"
#include "ticket.h"

#define ADMIT_VERDICTS	(IPC_ADMIT_NO_SECRET + 1)

struct admit_proc;
struct event;

/* A channel. */
struct admit_end {
	struct admit_proc	*a;
	enum ipc_admit_chan_kind kind;
	unsigned int	 number;
	struct ipc_chan	*chan;		/* NULL: there is none */
	uint64_t	 doubt_us;	/* verify's: it may know another source
					   until then; 0: it does not */
};

/* When a source began to answer or to fail, by both clocks. */
struct admit_since {
	uint64_t	 us;
	time_t		 wall;
};

/* A state that is being written: given to the parent in pieces. */
struct admit_saving {
	struct ipc_wr	 w;
	size_t		 sent;		/* bytes of it */
	int		 active;
	int		 unsaved;	/* sent, but not known to be on disk */
	uint64_t	 next_us;	/* not before then */
};

struct admit_proc {
	struct ipc_child *child;
	struct event	*tick;
	int		 soon;		/* the tick comes within 100 ms */
	struct admit_settings *conf;	/* in force; NULL: none yet */
	struct admit_settings *staged;	/* NULL: none */
	uint32_t	 staged_id;	/* 0: not to be put in force */

	struct admit_cache *cache;
	struct admit_lately *lately;
	struct admit_inquiries *inquiries;
	struct admit_connected *connected;
	struct admit_groups *groups;

	struct admit_end fronts[IPC_MAXWORKERS];
	struct admit_end relays[IPC_MAXWORKERS];
	struct admit_end verifies[IPC_MAXVERIFY];
	struct ipc_ticket_key keys[IPC_MAXWORKERS];	/* of relay workers */
	int		 have_key[IPC_MAXWORKERS];
	uint8_t		 health[IPC_KEYLEN];
	int		 have_health;

	struct admit_saving saving[IPC_ADMIT_STATE_QUOTA];	/* from
						   IPC_ADMIT_STATE_LATELY on */
	void		*lately_state;	/* to load when there are sources */
	size_t		 lately_len;

	uint64_t	 stood_in[ADMIT_BY_OPEN + 1];	/* logins, by enum
						   admit_because */
	uint64_t	 revoked[ADMIT_VERDICTS];	/* counters of clients
						   that were connected */
	uint64_t	 report_us;	/* the next one */
	uint8_t		 reported[16];	/* hash of the last one */
	struct admit_since since[IPC_MAXVERIFY];
};

/* The process; never returns. */
void	 admit_main(void) __attribute__((noreturn));

/* Microseconds of a monotonic clock. */
uint64_t admit_now(void);

/* There is something to do: the next turn comes within 100 ms. */
void	 admit_wake(struct admit_proc *a);

/* parentmsg.c */

/* Handlers of the parent's messages; `arg' is the struct admit_proc. */
extern const struct ipc_handlers admit_parent_handlers;

/* ends.c */

/* Initialise the ends, without channels. */
void	 admit_ends_init(struct admit_proc *a);

/*
 * Use *fd, which is set to -1, as a new channel; the old one is closed.
 * Returns 0, or -1: there is no such end.
 */
int	 admit_ends_open(struct admit_proc *a, enum ipc_admit_chan_kind kind,
	    unsigned int number, int *fd);

/*
 * The sources have changed: `same' has a bit for each that is where it was.
 * The channels to the others wait a moment: their processes may not know yet.
 */
void	 admit_ends_sources(struct admit_proc *a, unsigned int same);

/* Use channels that have waited long enough. */
void	 admit_ends_turn(struct admit_proc *a, uint64_t now_us);

/* logins.c */

/* A front asks about a login. */
int	 admit_logins_ask(struct admit_proc *a, unsigned int front,
	    const struct ipc_msg_admit_ask *v);

/*
 * Decide again about a login, or a check, that waited when the sources were
 * replaced.
 */
void	 admit_logins_again(struct admit_proc *a, const uint8_t *key,
	    const struct admit_waiter *w);

/* Answer a login that was decided. */
void	 admit_logins_decided(struct admit_proc *a, const uint8_t *key,
	    const struct admit_waiter *w, const struct admit_decision *d);

/* judge.c */

/* Set what is known of a key, but for the answers of sources. */
void	 admit_judge_facts(const struct admit_proc *a, const uint8_t *key,
	    struct admit_facts *f);

/*
 * Set the last answers of sources about a key: those that a login uses, or
 * that a check of a client that is connected does.
 */
void	 admit_judge_answers(const struct admit_proc *a, const uint8_t *key,
	    int check, struct admit_facts *f);

/* Set what is to be told of a client. */
void	 admit_judge_grant(const struct admit_proc *a, const uint8_t *key,
	    struct admit_grant *g);

/* inforce.c */

/* Put settings in force, which are then owned by `a'. */
void	 admit_inforce(struct admit_proc *a, struct admit_settings *s);

/* state.c */

/* Read what an earlier process saved. */
void	 admit_state_read(struct admit_proc *a, enum ipc_admit_state_kind kind,
	    int fd);

/* There are sources: load what is about them. */
void	 admit_state_load(struct admit_proc *a);

/* The parent has written a state. */
void	 admit_state_saved(struct admit_proc *a,
	    enum ipc_admit_state_kind kind);

/* Save what has changed, or was not written the last time, a piece of it. */
void	 admit_state_turn(struct admit_proc *a, uint64_t now_us);

/* Save all of that, within `ms' milliseconds. */
void	 admit_state_end(struct admit_proc *a, uint32_t ms);

/* report.c */

/* Send MSG_ADMIT_STATUS if it is time, and something has changed. */
void	 admit_report_turn(struct admit_proc *a, uint64_t now_us);

/* Answer MSG_ADMIT_QUERY. */
void	 admit_report_query(struct admit_proc *a, uint32_t request);

/* metrics.c */

/* Write all counters as Prometheus text, with HELP and TYPE. */
void	 admit_metrics_text(const struct admit_proc *a,
	    char text[IPC_ADMIT_METRICSIZE]);

#endif

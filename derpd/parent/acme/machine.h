/*
 * machine: the certificates of an ACME directory as one state machine, pure.
 * Nearly every state is one piece of work, which renew.c does when the state
 * is entered; the event that the work ends with comes back.  Time, randomness
 * and what is on disk are part of each event.
 *
 *                OFF --WAKE--> LOAD --RECORD--> REST <--------------------+
 *                                                |                        |
 *      certificate: due or requested             | ARI: ask when to renew |
 *   +--------------------------------------------+----------> JOB         |
 *   v                                            |                        |
 *  TRY record written --(acme.crt waits)--> FORCE|                        |
 *   |                                            | revocation, rollover,  |
 *   v                                            v contacts               |
 *  ACCOUNT read, or made --> FIRST_CONTACTS --> NEXT account key, if any  |
 *    certificate: CERT_KEY made      |           |                        |
 *    revocation:  MARK --> ALLOW     |           |                        |
 *    all:         BINDING [UNBIND] --> SETTINGS --> JOB of acme-helper    |
 *                  ^--- STALE <-- a reload meanwhile  |                   |
 *       the account key is refused: ASIDE, or MOVE_NEXT, FORGET_NEXT      |
 *                                                     |                   |
 *   certificate  good: INSTALL --> FORCE --> TIDY ----+---------> SAVE ---+
 *                bad:  DROP_KEY ----------------------+
 *   rollover     good: MOVE_NEXT --> FORGET_NEXT -----+
 *                refused twice: DROP_NEXT --> FORGET_NEXT
 *   revocation   DISALLOW --> good: RETIRE --> FORCE -+
 *                             bad:  UNMARK -----------+
 *   contacts     good: CONTACTS ----------------------+
 *
 * On disk (state directory)            and after a crash there
 *   TRY          acme.plan: a failure  the next try waits for the back-off
 *   ACCOUNT      acme-account.key      is used
 *   CERT_KEY     + acme-HASH.key       TIDY of the next order removes it
 *   INSTALL      acme.crt is the new   the new one is in force at the start
 *   NEXT         acme-account-next.key a rollover; the directory reports which
 *                                      of the two keys it accepts
 *   MOVE_NEXT    next becomes account  done
 *   DROP_NEXT    only the account's    done
 *   MARK         acme-revoked.crt is   the revocation is requested again
 *                acme.crt
 *   RETIRE       only acme-revoked.crt done: no order until one is requested
 *   UNMARK       only acme.crt         not revoked
 *   ASIDE        acme-account-*.old    a new account key is made
 *   CONTACTS     acme.contact          sent to the directory again if missing
 *
 * Two smaller facts stand beside the state: the pair (acme.crt is in force, or
 * waits to be), and the rollover (does keys have the next key, was it refused
 * once).
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "acmeresult.h"
#include "msg.h"
#include "plan.h"

#define RENEW_JOB_SECS	2400	/* for a job, more than acme-helper's
				   own bound */

/* The work of a state, and the events that it ends with. */
enum renew_state {
	RENEW_AT_OFF,		/* none: no acme section */
	RENEW_AT_LOAD,		/* read acme.plan: RECORD */
	RENEW_AT_REST,		/* none: until something is due */
	/* File: WRITTEN, UNWRITTEN.  Keys: KEY_*. */
	RENEW_AT_TRY,		/* file: acme.plan with a failed try */
	RENEW_AT_ACCOUNT,	/* keys: account key, made if missing */
	RENEW_AT_FIRST_CONTACTS, /* file: acme.contact, of a new account */
	RENEW_AT_NEXT,		/* keys: next account key, made if missing
				   in a rollover only; else KEY_NONE */
	RENEW_AT_CERT_KEY,	/* keys: acme-HASH.key is made */
	RENEW_AT_MARK,		/* file: acme-revoked.crt beside acme.crt */
	RENEW_AT_ALLOW,		/* keys: may revoke the certificate */
	RENEW_AT_BINDING,	/* keys: account binding's key; KEY_NONE */
	RENEW_AT_UNBIND,	/* keys: forgets the binding's key */
	RENEW_AT_SETTINGS,	/* keys: settings */
	RENEW_AT_STALE,		/* none: waits for the pending call; a
				   reload made its answer obsolete */
	RENEW_AT_JOB,		/* acme-helper: RESULT, GONE */
	RENEW_AT_ENDED,		/* none, and left at once */
	RENEW_AT_ASIDE,		/* file: account key to its .old */
	RENEW_AT_MOVE_NEXT,	/* file: next account key replaces it */
	RENEW_AT_DROP_NEXT,	/* file: next account key is removed */
	RENEW_AT_FORGET_NEXT,	/* keys: forgets the next account key */
	RENEW_AT_DISALLOW,	/* keys: may not revoke any more */
	RENEW_AT_UNMARK,	/* file: acme-revoked.crt is removed */
	RENEW_AT_RETIRE,	/* file: acme.crt becomes acme-revoked.crt */
	RENEW_AT_INSTALL,	/* file: the new chain, validated, becomes
				   acme.crt */
	RENEW_AT_FORCE,		/* reload of certificates: IN_FORCE,
				   NOT_IN_FORCE */
	RENEW_AT_TIDY,		/* file: old keys, mark of a revocation */
	RENEW_AT_DROP_KEY,	/* file: the order's key is removed */
	RENEW_AT_CONTACTS,	/* file: acme.contact */
	RENEW_AT_SAVE,		/* file: acme.plan */
	RENEW_NSTATES
};

enum renew_event_type {
	RENEW_ON_NONE,		/* pseudo event: leaves RENEW_AT_ENDED */
	RENEW_ON_WAKE,		/* time has passed, or a process is ready */
	RENEW_ON_REQUEST,	/* derpctl requests the job ev->job */
	RENEW_ON_RELOAD,	/* a new configuration is in force */
	RENEW_ON_RECORD,	/* acme.plan is ev->text of ev->len bytes;
				   NULL: missing */
	RENEW_ON_WRITTEN,	/* the file was written or removed */
	RENEW_ON_UNWRITTEN,	/* that failed: ev->text has the reason;
				   NULL: logged */
	RENEW_ON_KEY_TAKEN,	/* keys has loaded or dropped the key */
	RENEW_ON_KEY_MADE,	/* keys has made the key and its file */
	RENEW_ON_KEY_NONE,	/* there is no such key */
	RENEW_ON_KEY_REFUSED,	/* ev->text has the reason */
	RENEW_ON_IN_FORCE,	/* the certificates on disk are in force */
	RENEW_ON_NOT_IN_FORCE,
	RENEW_ON_RESULT,	/* result of acme-helper's job */
	RENEW_ON_GONE,		/* acme-helper has ended */
	RENEW_NEVENTS
};

/* The relation of acme.crt to the certificate in force. */
enum renew_pair {
	RENEW_PAIR_SERVED,	/* acme.crt is in force, or missing */
	RENEW_PAIR_WAITS	/* acme.crt is new and not in force yet */
};

/* The state of an account key rollover. */
enum renew_roll {
	RENEW_ROLL_NONE,	/* keys has no next account key */
	RENEW_ROLL_HELD,	/* keys has the next account key */
	RENEW_ROLL_REFUSED	/* ... which was refused once */
};

/* Facts at the time of an event: the disk and the service. */
struct renew_facts {
	int		 enabled;	/* there is an acme section */
	int		 stopping;	/* derpd stops */
	int		 ready;		/* acme-helper and keys are ready */
	int		 next;		/* acme-account-next.key exists */
	int		 mark;		/* acme-revoked.crt exists */
	int		 marked;	/* ... and is in force */
	uint8_t		 reason;	/* ... reason of the revocation */
	int		 either;	/* both kinds of challenge may be
					   used */
	int		 contacts;	/* acme.contact differs from the
					   configuration */
	int		 served;	/* a certificate of the directory is in
					   force */
	int64_t		 until;		/* ... and expires then, seconds since
					   1970 */
	const char	*name;		/* ... its first name, NULL none */
	struct renew_plan_cert cert;	/* ... if it has all names, see
					   plan.h */
};

struct renew_event {
	enum renew_event_type type;
	int64_t		 now;		/* seconds since 1970 */
	uint64_t	 ms;		/* monotonic milliseconds */
	uint32_t	 rnd;		/* random */
	const struct renew_facts *facts;
	const char	*text;		/* see enum renew_event_type */
	size_t		 len;		/* of RECORD: bytes */
	unsigned int	 job;		/* of REQUEST: enum ipc_acme_job */
	uint8_t		 reason;	/* of REQUEST: RFC 5280 5.3.1 */
	/* Of RESULT; `text' is the error, "" none. */
	enum ipc_acme_outcome end;
	int64_t		 not_before;	/* earliest next try, 0 unknown */
	const struct acme_ari *ari;	/* of ACMEJOB_ARI */
};

struct renew_machine {
	enum renew_state state;
	unsigned int		 job;		/* enum ipc_acme_job under way,
						   0 none */
	enum renew_pair		 pair;
	enum renew_roll		 roll;
	struct renew_plan	 plan;		/* contents of acme.plan, from
						   LOAD on */
	unsigned int		 requests;	/* jobs that derpctl waits for:
						   bitmap of
						   enum ipc_acme_job */
	uint8_t			 reason;	/* of the revocation */
	/* The earliest next try; seconds since 1970. */
	int64_t			 next_roll, next_contact, next_revoke;
	/* Of the job under way. */
	uint64_t	 until_ms;	/* deadline of acme-helper */
	enum ipc_acme_outcome end;
	char		 error[IPC_ACME_LINESIZE];
	char		 earlier[IPC_ACME_LINESIZE];	/* error of the last
							   order, or "" */
	char		 lacks[IPC_ACME_LINESIZE];	/* error of a file that
							   is lacking, or "" */
	int64_t		 not_before;
	int		 answered;	/* derpctl gets an answer: */
	int		 good;		/* 1 done, 0 not */
	char		 answer[2 * IPC_ACME_LINESIZE];
};

enum renew_level {
	RENEW_DEBUG, RENEW_INFO, RENEW_WARN
};

/* Effects besides the states' work. */
struct renew_ops {
	/* Log a line. */
	void	(*log)(void *arg, enum renew_level level, const char *line);
	/* The job has ended: send derpctl the line, if it waits for the job. */
	void	(*answer)(void *arg, unsigned int job, int good,
		    const char *line);
	/* Remove acme-revoked.crt: a new certificate may be requested. */
	void	(*unmark)(void *arg);
	/* acme-helper is overdue: end it. */
	void	(*kill)(void *arg);
	void	*arg;
};

/* Initialise the machine of a service that starts. */
void	 renew_machine_init(struct renew_machine *m);

/*
 * Handle an event.  1: m->state has been entered, and its work must be done
 * now; 0: the state and the pending event are as before.
 */
int	 renew_step(struct renew_machine *m, const struct renew_event *ev,
	    const struct renew_ops *ops);

/* The next job; *when gets its time (seconds since 1970; INT64_MAX: never). */
unsigned int renew_due(const struct renew_machine *m,
	    const struct renew_facts *f, int64_t now, int64_t *when);

/* Seconds from `now' to the next RENEW_ON_WAKE; 0: none is needed. */
int64_t	 renew_wake(const struct renew_machine *m,
	    const struct renew_facts *f, int64_t now);

/* 1: the certificate was revoked, and no new one may be requested yet. */
int	 renew_on_hold(const struct renew_facts *f);

/* The name of a state, for logs and tests. */
const char *renew_state_name(enum renew_state s);

#endif

/*
 * machine: what is done about certificates of an ACME directory, and in which
 * order: one state machine, pure.  Each state but a few is one piece of work,
 * which renew.c does when the state is entered; the event that it ends with
 * comes back.  Time, randomness and what is on disk come with each event.
 *
 *                OFF --LOOK--> LOAD --RECORD--> REST <--------------------+
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
 *   NEXT         acme-account-next.key a rollover; the directory says which
 *                                      of the two keys it takes
 *   MOVE_NEXT    next becomes account  done
 *   DROP_NEXT    only the account's    done
 *   MARK         acme-revoked.crt is   the revocation is requested again
 *                acme.crt
 *   RETIRE       only acme-revoked.crt done: no order until one is requested
 *   UNMARK       only acme.crt         not revoked
 *   ASIDE        acme-account-*.old    a new account key is made
 *   CONTACTS     acme.contact          the directory is told again if not
 *
 * Two smaller facts stand beside the state: of the pair (acme.crt is in force,
 * or waits to be), and of the rollover (does keys have the next key, was it
 * refused once).
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "acmeresult.h"
#include "msg.h"
#include "plan.h"

#define RENEW_JOB_SECS	2400	/* for a job, acme-helper's own bound and
				   more */

/* The work of a state, and the events that it ends with. */
enum renew_state {
	RENEW_AT_OFF,		/* none: no acme section */
	RENEW_AT_LOAD,		/* read acme.plan: RECORD */
	RENEW_AT_REST,		/* none: until something is due */
	/* File: WRITTEN, UNWRITTEN.  Keys: KEY_*. */
	RENEW_AT_TRY,		/* file: acme.plan with a try that failed */
	RENEW_AT_ACCOUNT,	/* keys: account key, made when missing */
	RENEW_AT_FIRST_CONTACTS, /* file: acme.contact, of a new account */
	RENEW_AT_NEXT,		/* keys: next account key; KEY_NONE; of a
				   rollover it is made when missing */
	RENEW_AT_CERT_KEY,	/* keys: acme-HASH.key is made */
	RENEW_AT_MARK,		/* file: acme-revoked.crt beside acme.crt */
	RENEW_AT_ALLOW,		/* keys: may have the certificate revoked */
	RENEW_AT_BINDING,	/* keys: account binding's key; KEY_NONE */
	RENEW_AT_UNBIND,	/* keys: forgets the binding's key */
	RENEW_AT_SETTINGS,	/* keys: settings */
	RENEW_AT_STALE,		/* none: waits for the answer of the last call,
				   which a reload has overtaken */
	RENEW_AT_JOB,		/* acme-helper: RESULT, GONE */
	RENEW_AT_ENDED,		/* none, and left at once */
	RENEW_AT_ASIDE,		/* file: account key to its .old */
	RENEW_AT_MOVE_NEXT,	/* file: next account key replaces it */
	RENEW_AT_DROP_NEXT,	/* file: next account key is removed */
	RENEW_AT_FORGET_NEXT,	/* keys: forgets the next account key */
	RENEW_AT_DISALLOW,	/* keys: may have nothing revoked any more */
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
	RENEW_ON_NONE,		/* none: how RENEW_AT_ENDED is left */
	RENEW_ON_LOOK,		/* time has passed, or a process is ready */
	RENEW_ON_REQUEST,	/* derpctl requests the job ev->job */
	RENEW_ON_RELOAD,	/* a new configuration is in force */
	RENEW_ON_RECORD,	/* acme.plan is ev->text of ev->len bytes, or
				   NULL, none */
	RENEW_ON_WRITTEN,	/* the file is on the disk, or removed */
	RENEW_ON_UNWRITTEN,	/* it is not: ev->text says why, or NULL, the
				   log does */
	RENEW_ON_KEY_TAKEN,	/* keys has taken what it was given */
	RENEW_ON_KEY_MADE,	/* keys has made it, and it is on the disk */
	RENEW_ON_KEY_NONE,	/* there is none to be taken */
	RENEW_ON_KEY_REFUSED,	/* ev->text says why */
	RENEW_ON_IN_FORCE,	/* certificates are in force as on the disk */
	RENEW_ON_NOT_IN_FORCE,
	RENEW_ON_RESULT,	/* of acme-helper's job */
	RENEW_ON_GONE,		/* acme-helper has ended */
	RENEW_NEVENTS
};

/* How acme.crt and what is in force belong together. */
enum renew_pair {
	RENEW_PAIR_SERVED,	/* it is in force, or there is none */
	RENEW_PAIR_WAITS	/* it is new, and could not be put in force */
};

/* A rollover of the account key. */
enum renew_roll {
	RENEW_ROLL_NONE,	/* keys has no next account key */
	RENEW_ROLL_HELD,	/* keys has it */
	RENEW_ROLL_REFUSED	/* ... and the directory refused it once */
};

/* What is so when an event comes: of the disk, and of the service. */
struct renew_facts {
	int		 enabled;	/* there is an acme section */
	int		 stopping;	/* derpd stops */
	int		 ready;		/* acme-helper and keys can work */
	int		 next;		/* acme-account-next.key is there */
	int		 mark;		/* acme-revoked.crt is there */
	int		 marked;	/* ... and is that which is in force */
	uint8_t		 reason;	/* ... to be revoked for this reason */
	int		 contacts;	/* acme.contact is not what the
					   configuration says */
	int		 served;	/* a certificate of the directory is in
					   force */
	int64_t		 until;		/* ... and expires then, seconds since
					   1970 */
	const char	*name;		/* ... its first name, NULL none */
	struct renew_plan_cert cert;	/* ... if it is for all names: see
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
	/* Of RESULT; `text' is what is wrong, "" nothing. */
	enum ipc_acme_outcome end;
	int64_t		 not_before;	/* do not come back earlier, 0 unsaid */
	const struct acme_ari *ari;	/* of ACMEJOB_ARI */
};

struct renew_machine {
	enum renew_state state;
	unsigned int		 job;		/* enum ipc_acme_job under way,
						   0 none */
	enum renew_pair		 pair;
	enum renew_roll		 roll;
	struct renew_plan	 plan;		/* what acme.plan says, from
						   LOAD on */
	unsigned int		 requests;	/* jobs that derpctl waits for,
						   a bit 1 << enum ipc_acme_job
						   each */
	uint8_t			 reason;	/* of the revocation */
	/* a try, not before that; seconds since 1970 */
	int64_t			 next_roll, next_contact, next_revoke;
	/* Of the job under way. */
	uint64_t	 until_ms;	/* acme-helper has to have ended it */
	enum ipc_acme_outcome end;
	char		 error[IPC_ACME_LINESIZE];
	char		 lacks[IPC_ACME_LINESIZE];	/* a file that it began
							   without; "" none */
	int64_t		 not_before;
	int		 answered;	/* derpctl is to be told: */
	int		 good;		/* 1 done, 0 not */
	char		 answer[2 * IPC_ACME_LINESIZE];
};

enum renew_level {
	RENEW_DEBUG, RENEW_INFO, RENEW_WARN
};

/* Effects besides the states' work. */
struct renew_ops {
	/* Log a line. */
	void	(*say)(void *arg, enum renew_level level, const char *line);
	/* The job has ended: tell derpctl, if it waits for it. */
	void	(*answer)(void *arg, unsigned int job, int good,
		    const char *line);
	/* Remove acme-revoked.crt: a new certificate may be had. */
	void	(*unmark)(void *arg);
	/* acme-helper is overdue: end it. */
	void	(*kill)(void *arg);
	void	*arg;
};

/* The state of a service that starts. */
void	 renew_machine_init(struct renew_machine *m);

/*
 * An event.  1: m->state has been entered, its work is to be done now; 0: it is
 * as before, and so is what is waited for.
 */
int	 renew_step(struct renew_machine *m, const struct renew_event *ev,
	    const struct renew_ops *ops);

/*
 * The job that is next, and in *when its time (seconds since 1970; INT64_MAX
 * never).
 */
unsigned int renew_due(const struct renew_machine *m,
	    const struct renew_facts *f, int64_t now, int64_t *when);

/* Seconds from `now' to the next RENEW_ON_LOOK; 0: none is needed. */
int64_t	 renew_wake(const struct renew_machine *m,
	    const struct renew_facts *f, int64_t now);

/* 1: the certificate was revoked, and no other is to be had yet. */
int	 renew_on_hold(const struct renew_facts *f);

/* The name of a state, for logs and tests. */
const char *renew_state_name(enum renew_state s);

#endif

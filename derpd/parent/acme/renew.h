/*
 * renew: the parent's part of ACME: when what is done, the keys and files for
 * it, the check of what came back, and putting it in force.
 *
 * renew.c        the process acme-helper, its jobs
 * tokens.c tokens, from the helper to the workers
 * jobs.c   the jobs that are no order, and what derpctl asks for
 * files.c  files in the state directory
 *
 * In the state directory: acme-account.key, acme.crt (the chain in force),
 * acme-HASH.key (its key, named by the hash of the public half), acme.plan (see
 * plan.h), acme.contact (directory and contacts, as it was told them last);
 * acme-import.key, the key of an acme.crt that was put there by hand;
 * acme-account-next.key while the account key is being changed;
 * acme-account-YYYYMMDD.old, an account key that the directory took no more on
 * that day; acme-revoked.crt from a revocation until a new certificate is
 * wanted.  A new pair takes effect when acme.crt is renamed; which key belongs
 * to it, it says itself.  So there is a whole pair at every moment.
 */
#ifndef RENEW_H
#define RENEW_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "msg.h"
#include "plan.h"
#include "tokens.h"

struct cert;
struct derpd;
struct event;
struct msg;
struct proc;

struct acme_state {
	struct plan	 plan;
	int		 known;		/* the plan is what is on the disk */
	unsigned int	 job;		/* enum acme_job, 0 none */
	uint32_t	 id;		/* of the job */
	uint64_t	 until_ms;	/* it has to have ended, clock_ms() */
	char		 thumb[64];	/* of the account key */
	uint8_t		 key[KEYHASH_LEN];	/* of the order's key */
	char		 lacks[ACME_LINESIZE];	/* the file that the job began
						   without; "" none */
	struct tokens	 tokens;	/* what the workers answer */
	char		 asked[TOKEN_SIZE];	/* not by all yet, "" none */
	unsigned char	 owes[MAXWORKERS];	/* who did not say so yet */
	struct event	*ev;
	unsigned int	 want;		/* a bit for each enum acme_job that
					   derpctl asked for */
	uint8_t		 reason;	/* of the revocation */
	int		 next_key;	/* keys has the next account key */
	int		 roll_refused;	/* once, by a directory */
	int64_t		 next_roll, next_contact;	/* not before then */
	int		 not_loaded;	/* acme.crt is newer than what is in
					   force */
	unsigned int	 said;		/* MSG_ACME_TOKENs of this job */
};

/* acme.c */

/* 1 when the configuration wants acme-helper, else 0. */
int	 acme_wanted(const struct conf *c);

/* Start acme-helper with all that it needs; see struct proc. */
int	 acme_start(struct proc *p);

/* The helper has gone, and its job with it. */
void	 acme_helper_gone(struct derpd *d);

/* A channel between keys and acme-helper, replacing an older one. */
void	 acme_connect_keys(struct derpd *d);

/* A new configuration is in force, or the service has started. */
void	 acme_tell(struct derpd *d);

/*
 * When the certificate is to be renewed or had next, as things stand; 0: not
 * planned.
 */
int64_t	 acme_renewal(const struct derpd *d);

/* 1 while the temporary certificate stands in for one that is to come. */
int	 acme_temporary(const struct derpd *d);

/* Do what is due. */
void	 acme_look(struct derpd *d);

/* tokens.c */

/* What a worker that has just been started is to answer.  0, or -1. */
int	 acme_send_tokens(struct proc *relay);

/* MSG_RELAY_TOKEN_SET of a worker.  0, or -1 malformed. */
int	 acme_token_set(struct proc *relay, struct msg *m);

/* A worker has gone: do not wait for it. */
void	 acme_worker_gone(struct derpd *d, unsigned int worker);

/*
 * MSG_ACME_TOKEN of the helper, during an order: have the workers answer the
 * token, and tell the helper when all do; or forget all.  0, or -1: malformed,
 * too many, or another one is asked for and not answered yet.
 */
int	 acme_take_token(struct derpd *d, struct rd *r);

/* The workers forget all tokens. */
void	 acme_forget_tokens(struct derpd *d);

/* jobs.c */

/* 1: the certificate was revoked, and no other is to be had yet. */
int	 acme_on_hold(const struct derpd *d);

/* A new certificate may be had again. */
void	 acme_end_hold(struct derpd *d);

/*
 * What comes before orders: ACME_JOB_ROLL or ACME_JOB_REVOKE and in *when since
 * which time; or ACME_JOB_ISSUE and INT64_MAX, there is nothing.
 */
enum acme_job acme_other_job(const struct derpd *d, int64_t *when);

/* When the directory is to be told of contacts; INT64_MAX: it knows them. */
int64_t	 acme_contact_due(const struct derpd *d);

/* Remember that the directory knows the contacts.  0, or -1 (logged). */
int	 acme_contacts_told(struct derpd *d);

/*
 * derpctl asks for a job, ACME_JOB_ISSUE, _REVOKE (with a reason of RFC 5280
 * 5.3.1) or _ROLL: acme_look() begins it, control_cert_done() is called when it
 * ended.  0, or -1 and in *why what is wrong.
 */
int	 acme_ask(struct derpd *d, unsigned int job, unsigned int reason,
	    const char **why);

/* Part of acme_prepare() for these jobs.  0, or -1 (logged). */
int	 acme_prepare_other(struct derpd *d, enum acme_job job);

/*
 * Part of acme_prepare() for all but ACME_JOB_ROLL: give keys the next account
 * key, if there is one, so that the helper can tell whether the directory has
 * taken it already.  One that can't be read is left to ACME_JOB_ROLL.
 */
void	 acme_prepare_next(struct derpd *d);

/*
 * A job but ACME_JOB_ROLL ended with ACME_END_ACCOUNT or ACME_END_NEXT_KEY: put
 * another account key in place, if that can be.  As what it counts then.
 */
enum acme_outcome acme_other_key(struct derpd *d, enum acme_outcome end);

/* One of these jobs has ended. */
void	 acme_other_done(struct derpd *d, enum acme_job job,
	    enum acme_outcome end, const char *error);

/* files.c */

/* Path of the file `name' in the state directory, or -1 (logged): too long. */
int	 acme_path(const struct conf *c, const char *name, char dst[PATH_MAX]);

/*
 * The certificate of the acme section: the one in force with its key in keys,
 * or the self-signed pair as long as there is none.  0 and *cert; NULL when
 * derpd only checks and there is none yet; -1 (logged).
 */
int	 acme_load_cert(struct derpd *d, const struct conf *c,
	    struct cert **cert);

/*
 * Judge the files of the acme section, of those that are there: keys of the
 * account, of its binding, and an import.  0, or -1 (logged, a line each).
 */
int	 acme_judge(struct derpd *d, const struct conf *c);

/* That certificate; NULL while the self-signed one stands in. */
const struct cert *acme_cert(const struct derpd *d);

/* What keys and acme-helper are told of the configuration. */
void	 acme_conf_from(struct acme_conf *a, const struct conf *c);

/*
 * Give keys what the job wants: the account key, made when it is not there, the
 * binding's, the settings; for ACME_JOB_ISSUE a new key, for others what they
 * need.  0, or -1 (logged).
 */
int	 acme_prepare(struct derpd *d, enum acme_job job);

/* The order came to nothing: its key is of no use.  NULL d->acme.key: none. */
void	 acme_drop_key(struct derpd *d);

/*
 * Check the chain that came back against the order's key, the names and what
 * chain_judge() says of it, and make it acme.crt.  0, or -1 with a line in
 * `err'.
 */
int	 acme_commit(struct derpd *d, const void *pem, size_t len, char *err,
	    size_t errsize);

/* Remove keys that belong to no certificate. */
void	 acme_tidy(struct derpd *d);

/* Read the record into d->acme.plan, once; and write it.  0, or -1 (logged). */
void	 acme_read_plan(struct derpd *d);
int	 acme_write_plan(struct derpd *d);

#endif

/*
 * renew: the parent's part of ACME: when certificates are had, the keys and
 * files for it, the validation of what came back, and putting it in force.
 *
 * renew.c     events in and out; the process acme-helper
 * machine.c   states and transitions, pure; machine.h draws them
 * moves.c     what a transition changes in the machine; pure
 * plan.c      when a certificate is due, and the back-off; pure
 * jobs.c      the work of each state
 * files.c     certificates and their keys in the state directory
 * disk.c      the other files, and what the machine has to know of them
 * tokens.c    tokens, from the helper to the workers
 *
 * In the state directory: acme-account.key, acme.crt (the chain in force),
 * acme-HASH.key (its key, named by the hash of the public half), acme.plan (see
 * plan.h), acme.contact (directory and contacts, as they were told last);
 * acme-import.key, the key of an acme.crt that was put there by hand;
 * acme-account-next.key while the account key is being changed;
 * acme-account-YYYYMMDD.old, an account key that the directory refused on that
 * day; acme-revoked.crt from the begin of a revocation until a new certificate
 * is wanted.  A new pair takes effect when acme.crt is renamed; which key
 * belongs to it, it says itself.  So there is a whole pair at every moment.
 */
#ifndef RENEW_H
#define RENEW_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "conf.h"
#include "machine.h"
#include "msg.h"
#include "tokens.h"

struct event;
struct ipc_msg;
struct ipc_rd;
struct parent;
struct parent_cert;
struct parent_proc;

struct renew {
	struct parent	*d;
	struct renew_machine machine;
	struct event	*ev;		/* RENEW_ON_LOOK */
	uint32_t	 id;		/* of acme-helper's last job */
	uint8_t		 key[IPC_KEYHASH_LEN];		/* of the order's key */
	char		 why[IPC_ACME_LINESIZE];	/* of the last event */
	const uint8_t	*pem;		/* chain of the result that is being */
	size_t		 len;		/* handled, bytes */
	/* tokens.c */
	char			 thumb[64];	/* of the account key */
	struct acme_tokens	 tokens;	/* what the workers answer */
	char			 asked[IPC_TOKEN_SIZE];	/* not by all yet, ""
							   none */
	unsigned char		 owes[IPC_MAXWORKERS];	/* who did not say so
							   yet */
	unsigned int		 said;		/* MSG_ACME_TOKENs of this
						   job */
};

/* renew.c */

/* 1 when the configuration wants acme-helper, else 0. */
int	 renew_wanted(const struct conf *c);

/* Start acme-helper with all that it needs; see struct parent_proc. */
int	 renew_start(struct parent_proc *p);

/* The helper has gone, and its job with it. */
void	 renew_helper_gone(struct parent *d);

/* A channel between keys and acme-helper, replacing an older one. */
void	 renew_connect_keys(struct parent *d);

/* A new configuration is in force. */
void	 renew_configure(struct parent *d);

/*
 * When the certificate is to be renewed or had next, as things stand, in
 * seconds since 1970; 0: not planned.
 */
int64_t	 renew_when(const struct parent *d);

/* 1 while the temporary certificate stands in for one that is to come. */
int	 renew_temporary(const struct parent *d);

/* 1: the certificate was revoked, and no other is to be had yet. */
int	 renew_is_on_hold(const struct parent *d);

/* Do what is due. */
void	 renew_run(struct parent *d);

/*
 * derpctl requests a job, ACMEJOB_ISSUE, _REVOKE (with a reason of RFC 5280
 * 5.3.1) or _ROLL: renew_run() begins it, parent_control_cert_done() is called
 * when it ended.  0, or -1 and in *why what is wrong.
 */
int	 renew_request(struct parent *d, unsigned int job, unsigned int reason,
	    const char **why);

/*
 * An event for the machine: follow its transitions, and do the work of the
 * states, until an answer is waited for.  Only `type' and what belongs to it is
 * to be set.
 */
void	 renew_event(struct parent *d, const struct renew_event *ev);

/* jobs.c */

/*
 * Do the work of the state that was entered.  1: it ends with the event *ev,
 * whose text, if any, is in d->acme.why or static; 0: the event comes later,
 * by renew_event().
 */
int	 renew_work(struct parent *d, struct renew_event *ev);

/* tokens.c */

/* What a worker that has just been started is to answer.  0, or -1. */
int	 renew_send_tokens(struct parent_proc *relay);

/* MSG_RELAY_TOKEN_SET of a worker.  0, or -1 malformed. */
int	 renew_token_set(struct parent_proc *relay, struct ipc_msg *m);

/* A worker has gone: do not wait for it. */
void	 renew_worker_gone(struct parent *d, unsigned int worker);

/*
 * MSG_ACME_TOKEN of the helper, during an order: have the workers answer the
 * token, and tell the helper when all do; or forget all.  0, or -1: malformed,
 * too many, or another one is asked for and not answered yet.
 */
int	 renew_handle_token(struct parent *d, struct ipc_rd *r);

/* The workers forget all tokens. */
void	 renew_forget_tokens(struct parent *d);

/* files.c */

#define RENEW_CRT	"acme.crt"
#define RENEW_ACCOUNT_KEY "acme-account.key"
#define RENEW_NEXT_KEY	"acme-account-next.key"
#define RENEW_NEW_KEY	"acme-new.key"	/* until its name is known */

/* Path of the file `name' in the state directory, or -1 (logged): too long. */
int	 renew_path(const struct conf *c, const char *name, char dst[PATH_MAX]);

/*
 * The certificate of the acme section, read from its file, whose path is put
 * into `crt': 0 and *cert, NULL while there is none.  `key' is then the file
 * with its key, and `name' the one that this is to be renamed to when the key
 * turns out to be good; "" it has its name.  -1 it is of no use (logged).
 */
int	 renew_find_cert(const struct conf *c, char crt[PATH_MAX],
	    char key[PATH_MAX], char name[PATH_MAX], struct parent_cert **cert);

/* A key file of the acme section that is there, for keys to look at. */
struct renew_keyfile {
	enum ipc_acmekey	 which;
	char			 path[PATH_MAX];
	const char		*what;	/* "account key" */
	const struct conf_pos *pos;	/* named there */
};

/*
 * The next key file, from *i on, which begins as 0: 1 and *f filled in, 0 there
 * is none left, -1 it can't be looked at (logged).
 */
int	 renew_next_keyfile(const struct conf *c, size_t *i,
	    struct renew_keyfile *f);

/* Is an import whole?  0, or -1 (logged). */
int	 renew_check_import(const struct conf *c);

/* That certificate; NULL while the self-signed one stands in. */
const struct parent_cert *renew_cert(const struct parent *d);

/* What keys and acme-helper are told of the configuration. */
void	 renew_conf_from(struct ipc_acme_conf *a, const struct conf *c);

/* The order's new key gets its name, by its hash in d->acme.key. */
int	 renew_name_key(const struct parent *d);

/* The order came to nothing: remove its key, and forget which it was. */
void	 renew_drop_key(struct parent *d);

/*
 * Check the chain that came back against the order's key, the names and what
 * acme_chain_check() says of it, and make it acme.crt.  0, or -1 with a line in
 * `err' of `errsize' bytes.
 */
int	 renew_install(const struct parent *d, const void *pem, size_t len,
	    char *err, size_t errsize);

/* Remove keys that belong to no certificate, and the mark of a revocation. */
void	 renew_tidy(const struct parent *d);

/* disk.c */

/* 1 when the file `name' is in the state directory, else 0. */
int	 renew_there(const struct parent *d, const char *name);

/*
 * What the machine has to know of the files, the certificate and the
 * configuration; the rest of *f is 0.  The certificate's name for ARI is kept
 * in *ch.
 */
void	 renew_look_at(const struct parent *d, struct renew_facts *f,
	    struct acme_chain *ch);

/*
 * Read acme.plan into `text' of PLAN_TEXTSIZE bytes.  The length, or -1, there
 * is none.
 */
ssize_t	 renew_read_plan(const struct parent *d, char *text);

/* Write acme.plan.  0, or -1 (logged), as all below. */
int	 renew_write_plan(const struct parent *d);

/* Write acme.contact: the directory knows the contacts. */
int	 renew_write_contacts(const struct parent *d);

/* A revocation for the reason (RFC 5280 5.3.1) begins: acme-revoked.crt. */
int	 renew_write_mark(const struct parent *d, uint8_t reason);

/* It did not come about, or is over: remove that file. */
int	 renew_remove_mark(const struct parent *d);

/* It is done: acme.crt takes the place of that file. */
int	 renew_retire(const struct parent *d);

/* The account key is of no use: put it aside, once a day at most. */
int	 renew_set_aside(const struct parent *d);

/* The directory takes the next account key, which becomes the account key. */
int	 renew_move_next(const struct parent *d);

/* It does not: remove the next account key. */
int	 renew_drop_next(const struct parent *d);

#endif

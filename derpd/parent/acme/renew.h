/*
 * renew: ACME in the parent: when certificates are requested, their keys and
 * files, the validation of a new chain, and putting it in force.
 *
 * renew.c     events; the process acme-helper
 * machine.c   states and transitions, pure; machine.h draws them
 * changes.c   the changes that a transition makes to the machine; pure
 * plan.c      when a certificate is due, and the back-off; pure
 * jobs.c      the work of each state
 * files.c     certificates and their keys in the state directory
 * disk.c      the other files, and the machine's facts
 * tokens.c    tokens, from the helper to the fronts
 * validation.c certificates that validate names, from keys to the fronts
 * import.c    certificate and account key of derper, taken over once
 *
 * In the state directory: acme-account.key, acme.crt (the chain in force),
 * acme-HASH.key (its key, named by the hash of the public key), acme.plan (see
 * plan.h), acme.contact (directory and contacts, as sent last);
 * acme-import.key, the key of an acme.crt that an operator put there;
 * acme.imported, the file that `import' took the first certificate from;
 * acme-account-next.key during a rollover of the account key;
 * acme-account-YYYYMMDD.old, an account key that the directory refused on that
 * day; acme-revoked.crt from the beginning of a revocation until a new
 * certificate is requested.  A new pair takes effect when acme.crt is renamed;
 * acme.crt itself determines the key, so there is a complete pair at any time.
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

/* A certificate that validates a name (TLS-ALPN-01). */
struct renew_validation {
	char		 token[IPC_TOKEN_SIZE];
	char		 server[IPC_ACME_NAMESIZE];	/* server name */
	uint8_t		 hash[IPC_KEYHASH_LEN];		/* of its key */
	uint8_t		*pem;		/* heap */
	size_t		 len;
};

/* One that keys is asked for. */
struct renew_validating {
	struct parent	*d;
	char		 name[IPC_ACME_NAMESIZE];
	uint8_t		 hash[IPC_KEYHASH_LEN];
};

struct renew {
	struct parent	*d;
	struct renew_machine machine;
	struct event	*ev;		/* timer of RENEW_ON_WAKE */
	uint32_t	 id;		/* of acme-helper's last job */
	uint8_t		 key[IPC_KEYHASH_LEN];		/* of the order's key */
	char		 why[IPC_ACME_LINESIZE];	/* of the last event */
	const uint8_t	*pem;		/* chain of the result being */
	size_t		 len;		/* handled, bytes */
	/* tokens.c */
	char			 thumb[64];	/* of the account key */
	struct acme_tokens	 tokens;	/* answered by the fronts */
	char			 pending[IPC_TOKEN_SIZE];	/* token not yet
							   answered, or "" */
	int			 unsent;	/* 1: no front has got it yet */
	unsigned char		 owes[IPC_MAXWORKERS];	/* fronts that have not
							   confirmed it */
	unsigned int		 ntokens;	/* MSG_ACME_TOKENs of this
						   job */
	/* validation.c */
	struct renew_validation	*validations;	/* served by the fronts */
	size_t			 nvalidations;
	struct renew_validating	 validating;	/* for the pending token */
};

/* renew.c */

/* 1 when the configuration needs acme-helper, else 0. */
int	 renew_wanted(const struct conf *c);

/* Start acme-helper with its settings; see struct parent_proc. */
int	 renew_start(struct parent_proc *p);

/* Send acme-helper its settings.  0, or -1. */
int	 renew_send_conf(struct parent_proc *p);

/* acme-helper has ended, and its job with it. */
void	 renew_helper_gone(struct parent *d);

/* Make a channel between keys and acme-helper, which replaces an older one. */
void	 renew_connect_keys(struct parent *d);

/* A new configuration is in force. */
void	 renew_configure(struct parent *d);

/*
 * When the certificate is planned to be renewed or requested next, in seconds
 * since 1970; 0: not planned.
 */
int64_t	 renew_when(const struct parent *d);

/*
 * Since when a certificate is being requested, in seconds since 1970; 0: it is
 * not.
 */
int64_t	 renew_since(const struct parent *d);

/* 1 while a job is under way, with the work before and after it; else 0. */
int	 renew_busy(const struct parent *d);

/* Why the last order failed, not one under way; "": it did not. */
const char *renew_error(const struct parent *d);

/* 1 while the temporary certificate is served instead of a missing one. */
int	 renew_temporary(const struct parent *d);

/* 1: the certificate was revoked, and no new one may be requested yet. */
int	 renew_is_on_hold(const struct parent *d);

/* Begin what is due. */
void	 renew_run(struct parent *d);

/*
 * derpctl requests a job, ACMEJOB_ISSUE, _REVOKE (with a reason of RFC 5280
 * 5.3.1) or _ROLL: renew_run() begins it, and its end calls
 * parent_control_cert_done().  0, or -1 and the error in *why.
 */
int	 renew_request(struct parent *d, unsigned int job, unsigned int reason,
	    const char **why);

/*
 * Pass an event to the machine: take its transitions, and do the work of the
 * states, until an event is awaited.  Only `type' and the members that belong
 * to it must be set.
 */
void	 renew_event(struct parent *d, const struct renew_event *ev);

/* jobs.c */

/*
 * Do the work of the state that was entered.  1: it ended with the event *ev,
 * whose text, if any, is in d->acme.why or static; 0: the event comes later, by
 * renew_event().
 */
int	 renew_work(struct parent *d, struct renew_event *ev);

/* tokens.c */

/* Send a front that has just been started all tokens.  0, or -1. */
int	 renew_send_tokens(struct parent_proc *front);

/* MSG_FRONT_TOKEN_SET of a front.  0, or -1 malformed. */
int	 renew_token_set(struct parent_proc *front, struct ipc_msg *m);

/* A front has ended: do not wait for it. */
void	 renew_front_gone(struct parent *d, unsigned int front);

/*
 * MSG_ACME_TOKEN of the helper, during an order: make the fronts answer the
 * token, and notify the helper when all do; or forget all tokens.  0, or -1:
 * malformed, too many, or another token is pending.
 */
int	 renew_handle_token(struct parent *d, struct ipc_rd *r);

/* Make the fronts forget all tokens. */
void	 renew_forget_tokens(struct parent *d);

/*
 * Send the fronts what answers the pending token; acme-helper is notified when
 * all do.
 */
void	 renew_publish(struct parent *d, uint32_t type, struct ipc_wr *w);

/* validation.c */

/* Send a front that has just been started all certificates.  0, or -1. */
int	 renew_send_validations(struct parent_proc *front);

/*
 * Make the certificate that validates `name' with the key authorization `auth',
 * and renew_publish() it for the pending token.  0, or -1: none is ordered for
 * this name, or there are too many.
 */
int	 renew_validate(struct parent *d, const char *name, const char *auth);

/* Forget all certificates, and the one that is being made. */
void	 renew_forget_validations(struct parent *d);

/* files.c */

#define RENEW_CRT	"acme.crt"
#define RENEW_ACCOUNT_KEY "acme-account.key"
#define RENEW_NEXT_KEY	"acme-account-next.key"
#define RENEW_NEW_KEY	"acme-new.key"	/* until its hash is known */
#define RENEW_IMPORT_KEY "acme-import.key" /* of an acme.crt from elsewhere */
#define RENEW_REVOKED	"acme-revoked.crt"
#define RENEW_IMPORTED	"acme.imported"	/* `import' was done, and of what */

/* Path of the file `name' in the state directory.  -1 (logged): too long. */
int	 renew_path(const struct conf *c, const char *name, char dst[PATH_MAX]);

/*
 * Read the certificate of the acme section, whose path is written to `crt'.  0
 * and *cert; NULL if there is none yet.  `key' gets the path of its key file,
 * and `name' the new name of an imported key file; "" for any other.  -1: the
 * certificate can't be used (logged).
 */
int	 renew_find_cert(const struct conf *c, char crt[PATH_MAX],
	    char key[PATH_MAX], char name[PATH_MAX], struct parent_cert **cert);

/* A key file of the acme section, for keys to check. */
struct renew_keyfile {
	enum ipc_acmekey	 which;
	char			 path[PATH_MAX];
	const char		*what;	/* "account key" */
	const struct gram_pos *pos;	/* its place in the configuration */
};

/*
 * The next key file, from index *i, which begins as 0.  1 and *f filled in, 0:
 * no more, -1: it can't be opened (logged).
 */
int	 renew_next_keyfile(const struct conf *c, size_t *i,
	    struct renew_keyfile *f);

/* Check that an import has both files.  0, or -1 (logged). */
int	 renew_check_import(const struct conf *c);

/* The ACME certificate in force; NULL while the temporary one is served. */
const struct parent_cert *renew_cert(const struct parent *d);

/* The kinds of challenge that the configuration permits, as bits. */
#define RENEW_HTTP	1U
#define RENEW_TLS_ALPN	2U
#define RENEW_BOTH	(RENEW_HTTP | RENEW_TLS_ALPN)
unsigned int renew_challenges(const struct conf *c);

/* The challenge of the next try, or of the one under way. */
enum ipc_acme_challenge renew_challenge(const struct parent *d);

/* Fill in the settings of keys and acme-helper. */
void	 renew_conf_from(struct ipc_acme_conf *a, const struct parent *d);

/* Rename the order's new key file by its hash in d->acme.key. */
int	 renew_name_key(const struct parent *d);

/* The order failed: remove its key file, and clear its hash. */
void	 renew_drop_key(struct parent *d);

/*
 * Check a new chain against the order's key, the names and acme_chain_check(),
 * and make it acme.crt.  0, or -1 with a line in `err' of `errsize' bytes.
 */
int	 renew_install(const struct parent *d, const void *pem, size_t len,
	    char *err, size_t errsize);

/* Remove key files without a certificate, and the mark of a revocation. */
void	 renew_tidy(const struct parent *d);

/* import.c */

/*
 * Copy the certificate, its key and the account key from the directory of
 * `import' to the state directory, once, when that has no certificate; errors
 * are logged.  With `checking', only log what would be copied.
 */
void	 renew_import(const struct conf *c, int checking);

/* disk.c */

/* 1 when the file `name' is in the state directory, else 0. */
int	 renew_there(const struct parent *d, const char *name);

/*
 * Fill in the facts of the files, the certificate and the configuration; the
 * rest of *f is 0.  The certificate's ARI id is kept in *ch.
 */
void	 renew_read_facts(const struct parent *d, struct renew_facts *f,
	    struct acme_chain *ch);

/* Read acme.plan into `text' of PLAN_TEXTSIZE bytes.  Bytes, or -1: no file. */
ssize_t	 renew_read_plan(const struct parent *d, char *text);

/* Write acme.plan.  0, or -1 (logged), as for all below. */
int	 renew_write_plan(const struct parent *d);

/* Write acme.contact: the directory has the contacts. */
int	 renew_write_contacts(const struct parent *d);

/* A revocation for the reason (RFC 5280 5.3.1) begins: write the mark. */
int	 renew_write_mark(const struct parent *d, uint8_t reason);

/* The revocation failed or is over: remove the mark. */
int	 renew_remove_mark(const struct parent *d);

/* The revocation is done: rename acme.crt to acme-revoked.crt. */
int	 renew_retire(const struct parent *d);

/* The directory refuses the account key: put it aside, once a day at most. */
int	 renew_set_aside(const struct parent *d);

/* The directory has the next account key: rename it to the account key. */
int	 renew_move_next(const struct parent *d);

/* The directory refused the next account key: remove it. */
int	 renew_drop_next(const struct parent *d);

#endif

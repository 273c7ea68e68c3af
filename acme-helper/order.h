/*
 * order: parsers of an ACME directory's JSON answers (RFC 8555 7.1, RFC 9773
 * 4.2, profiles).  Pure.  For acme.c and tests.
 *
 * The text is untrusted: required members must have the right type, every URL
 * must be one that net_https_fetch() accepts, every string is bounded, and text
 * for messages is printable ASCII.  Unknown members are skipped.  Each parser
 * reads the `len' bytes at `text'.  It returns 0, or -1 with the error in `err'
 * of `errsize' bytes.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"
#include "acmeproblem.h"
#include "acmeresult.h"

#define HELPER_TOKENSIZE	129	/* size of a challenge's token */
#define HELPER_MAXPROFILES 16

enum helper_status {
	HELPER_PENDING, HELPER_PROCESSING, HELPER_READY, HELPER_VALID,
	    HELPER_INVALID,
	HELPER_DEACTIVATED, HELPER_EXPIRED, HELPER_REVOKED
};

struct helper_directory {
	char		 new_nonce[IPC_ACME_URLSIZE];
	char		 new_account[IPC_ACME_URLSIZE];
	char		 new_order[IPC_ACME_URLSIZE];
	char		 revoke[IPC_ACME_URLSIZE];	/* "" none, as below */
	char		 key_change[IPC_ACME_URLSIZE];
	char		 renewal_info[IPC_ACME_URLSIZE];
	char		 terms[IPC_ACME_URLSIZE];	/* any URL, for the
							   user */
	int		 needs_eab;
	unsigned int	 nprofiles;
	char		 profiles[HELPER_MAXPROFILES][IPC_ACME_PROFILESIZE];
};

struct helper_order {
	enum helper_status status;
	char		 finalize[IPC_ACME_URLSIZE];
	char		 certificate[IPC_ACME_URLSIZE];	/* "" not yet */
	struct helper_problem problem;
	unsigned int	 nauthz;
	char		 authz[IPC_ACME_MAXNAMES][IPC_ACME_URLSIZE];
	unsigned int	 nnames;
	char		 names[IPC_ACME_MAXNAMES][IPC_ACME_NAMESIZE];
};

struct helper_authz {
	enum helper_status status;
	char		 name[IPC_ACME_NAMESIZE];
	/* Its challenge of one kind; url "" when there is none. */
	char		 url[IPC_ACME_URLSIZE];
	char		 token[HELPER_TOKENSIZE];
	enum helper_status challenge;
	struct helper_problem problem;	/* of a failed challenge */
};

int	 helper_directory_parse(const char *text, size_t len,
	    struct helper_directory *d, char *err, size_t errsize);

/* The account's status (RFC 8555 7.1.2). */
int	 helper_account_parse(const char *text, size_t len,
	    enum helper_status *status, char *err, size_t errsize);

/*
 * An order (RFC 8555 7.1.3).  A valid one without a certificate URL counts as
 * processing.
 */
int	 helper_order_parse(const char *text, size_t len,
	    struct helper_order *o, char *err, size_t errsize);

/* An authorization (RFC 8555 7.1.4), with its challenge of this kind. */
int	 helper_authz_parse(const char *text, size_t len,
	    enum ipc_acme_challenge kind, struct helper_authz *a, char *err,
	    size_t errsize);
int	 helper_ari_parse(const char *text, size_t len, struct acme_ari *ari,
	    char *err, size_t errsize);

/*
 * A problem document (RFC 7807, RFC 8555 6.7).  Of several problems the first
 * specific one is used, with its name.  Any other text gives HELPER_E_OTHER
 * with an explanation in `detail'.  Never fails.
 */
void	 helper_problem_parse(const char *text, size_t len,
	    struct helper_problem *p);

/* A date as in RFC 3339, in seconds since 1970; -1: malformed. */
int64_t	 helper_date(const char *s);

/* "pending" and so on. */
const char *helper_status_name(enum helper_status s);

#endif

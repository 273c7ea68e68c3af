/*
 * order: what an ACME directory answers, read from its JSON (RFC 8555 7.1,
 * RFC 9773 4.2, profiles).  Pure.  For acme.c and tests.
 *
 * The text is a stranger's: members that are needed must be there with the
 * right type, every URL must be one that net_https_fetch() takes, every string
 * has a bound, and what is kept for people is printable ASCII.  Unknown members
 * are passed over.  Each parser takes the `len' bytes at `text', and gives 0,
 * or -1 with what is wrong in `err' of `errsize' bytes.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"
#include "acmeproblem.h"
#include "acmeresult.h"

#define HELPER_TOKENSIZE	129	/* room for a challenge's token */
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
	char		 terms[IPC_ACME_URLSIZE];	/* any URL; for
							   people */
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
	/* Its HTTP-01 challenge; url "" when there is none. */
	char		 url[IPC_ACME_URLSIZE];
	char		 token[HELPER_TOKENSIZE];
	enum helper_status challenge;
	struct helper_problem problem;	/* why a challenge failed */
};

int	 helper_directory_parse(const char *text, size_t len,
	    struct helper_directory *d, char *err, size_t errsize);

/* The account's status (RFC 8555 7.1.2). */
int	 helper_account_parse(const char *text, size_t len,
	    enum helper_status *status, char *err, size_t errsize);

/*
 * An order (RFC 8555 7.1.3).  One that is valid and does not say yet where the
 * certificate is counts as processing.
 */
int	 helper_order_parse(const char *text, size_t len,
	    struct helper_order *o, char *err, size_t errsize);
int	 helper_authz_parse(const char *text, size_t len,
	    struct helper_authz *a, char *err, size_t errsize);
int	 helper_ari_parse(const char *text, size_t len, struct acme_ari *ari,
	    char *err, size_t errsize);

/*
 * A problem document (RFC 7807, RFC 8555 6.7).  Of several the first that says
 * most, with its name.  A text that is none gives HELPER_E_OTHER and says so in
 * `detail'; this does not fail.
 */
void	 helper_problem_parse(const char *text, size_t len,
	    struct helper_problem *p);

/* A date as in RFC 3339, in seconds since 1970; -1 when malformed. */
int64_t	 helper_date(const char *s);

/* "pending" and such. */
const char *helper_status_name(enum helper_status s);

#endif

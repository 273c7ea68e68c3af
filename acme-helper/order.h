/*
 * order: what an ACME directory answers, read from its JSON (RFC 8555 7.1,
 * RFC 9773 4.2, profiles).  Pure.  For acme.c and tests.
 *
 * The text is a stranger's: members that are needed must be there with the
 * right type, every URL must be one that https_ask() takes, every string has a
 * bound, and what is kept for people is printable ASCII.  Unknown members are
 * passed over.  Each parser takes the `len' bytes at `text', and gives 0, or -1
 * with what is wrong in `err' of `errsize' bytes.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"
#include "acmeproblem.h"
#include "acmeresult.h"

#define ACME_TOKENSIZE	129	/* room for a challenge's token */
#define ACME_MAXPROFILES 16

enum acme_status {
	ACME_PENDING, ACME_PROCESSING, ACME_READY, ACME_VALID, ACME_INVALID,
	ACME_DEACTIVATED, ACME_EXPIRED, ACME_REVOKED
};

struct acme_directory {
	char		 new_nonce[ACME_URLSIZE];
	char		 new_account[ACME_URLSIZE];
	char		 new_order[ACME_URLSIZE];
	char		 revoke[ACME_URLSIZE];	/* "" none, as below */
	char		 key_change[ACME_URLSIZE];
	char		 renewal_info[ACME_URLSIZE];
	char		 terms[ACME_URLSIZE];	/* any URL; for people */
	int		 needs_eab;
	unsigned int	 nprofiles;
	char		 profiles[ACME_MAXPROFILES][ACME_PROFILESIZE];
};

struct acme_order {
	enum acme_status status;
	char		 finalize[ACME_URLSIZE];
	char		 certificate[ACME_URLSIZE];	/* "" not yet */
	struct acme_problem problem;
	unsigned int	 nauthz;
	char		 authz[ACME_MAXNAMES][ACME_URLSIZE];
	unsigned int	 nnames;
	char		 names[ACME_MAXNAMES][ACME_NAMESIZE];
};

struct acme_authz {
	enum acme_status status;
	char		 name[ACME_NAMESIZE];
	/* Its HTTP-01 challenge; url "" when there is none. */
	char		 url[ACME_URLSIZE];
	char		 token[ACME_TOKENSIZE];
	enum acme_status challenge;
	struct acme_problem problem;	/* why a challenge failed */
};

int	 acme_directory_parse(const char *text, size_t len,
	    struct acme_directory *d, char *err, size_t errsize);

/* The account's status (RFC 8555 7.1.2). */
int	 acme_account_parse(const char *text, size_t len,
	    enum acme_status *status, char *err, size_t errsize);

/*
 * An order (RFC 8555 7.1.3).  One that is valid and does not say yet where the
 * certificate is counts as processing.
 */
int	 acme_order_parse(const char *text, size_t len, struct acme_order *o,
	    char *err, size_t errsize);
int	 acme_authz_parse(const char *text, size_t len, struct acme_authz *a,
	    char *err, size_t errsize);
int	 acme_ari_parse(const char *text, size_t len, struct acme_ari *ari,
	    char *err, size_t errsize);

/*
 * A problem document (RFC 7807, RFC 8555 6.7).  Of several the first that says
 * most, with its name.  A text that is none gives ACME_E_OTHER and says so in
 * `detail'; this does not fail.
 */
void	 acme_problem_parse(const char *text, size_t len,
	    struct acme_problem *p);

/* A date as in RFC 3339, in seconds since 1970; -1 when malformed. */
int64_t	 acme_date(const char *s);

/* "pending" and such. */
const char *acme_status_name(enum acme_status s);

#endif

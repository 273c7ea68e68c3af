/*
 * plan: when to request or renew a certificate, when to query the directory
 * about it, and the back-off after failures.  Pure.  For the parent, which
 * keeps the record on disk, so that a restart changes none of it.
 *
 * A certificate is renewed at a random point of the window that the directory
 * names (RFC 9773).  Without a window it is renewed when a third of its
 * lifetime is left, or randomly a little earlier.  In any case not before a
 * ninetieth of the lifetime has passed, and not later than when a tenth of it
 * is left.
 *
 * Times are seconds since 1970; `rnd' is a fresh random number.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "acmeresult.h"
#include "chain.h"
#include "msg.h"

#define PLAN_TEXTSIZE	4096	/* room for a record as text */

struct renew_plan {
	/* Tries to get a certificate. */
	unsigned int	 failures;	/* in a row, with interrupted tries */
	int64_t		 tried;		/* begin of the last try; 0: never */
	int64_t		 next_try;	/* earliest next try */
	int64_t		 issued;	/* last success; 0: none */
	enum ipc_acme_outcome end;	/* of the last try */
	char		 error[IPC_ACME_LINESIZE];	/* "" success */
	uint32_t	 jitter;
	enum ipc_acme_challenge challenge;	/* of the next try, if the
						   configuration permits both */
	/* The directory's information about the certificate `ari_id'. */
	char		 ari_id[CHAIN_IDSIZE];
	int64_t		 ari_start, ari_end;		/* 0: none */
	int64_t		 ari_pick;	/* point in the window */
	int64_t		 ari_next;	/* next query */
	char		 ari_why[IPC_ACME_URLSIZE];	/* page of it */
};

/* The certificate in force: not_after 0 when there is none. */
struct renew_plan_cert {
	int64_t		 not_before, not_after;
	const char	*id;		/* RFC 9773 4.1; "" unknown */
};

enum renew_plan_do {
	PLAN_ISSUE,		/* request it: renew_plan_begin() first */
	PLAN_QUERY		/* query the renewal window */
};

/* Initialise an empty record. */
void	 renew_plan_init(struct renew_plan *p, uint32_t rnd);

/* What to do next; *when gets its time, which may have passed. */
enum renew_plan_do renew_plan_next(const struct renew_plan *p,
	    const struct renew_plan_cert *c, int64_t now, int64_t *when);

/* When to renew the certificate, regardless of the back-off; 0: now. */
int64_t	 renew_plan_renewal(const struct renew_plan *p,
	    const struct renew_plan_cert *c);

/*
 * A try begins.  The record must be on disk before the first request: a try
 * that a crash interrupts counts as failed.
 */
void	 renew_plan_begin(struct renew_plan *p, const struct renew_plan_cert *c,
	    int64_t now, uint32_t rnd);

/* The try failed; `not_before' is what the directory requested, or 0. */
void	 renew_plan_failed(struct renew_plan *p,
	    const struct renew_plan_cert *c,
	    enum ipc_acme_outcome end, const char *error, int64_t not_before,
	    int64_t now, uint32_t rnd);

/*
 * The try failed at its challenge, and the other kind is possible: use that one
 * next, and soon when it is the first failure and the directory permits it, by
 * `not_before' as in renew_plan_failed().
 */
void	 renew_plan_other(struct renew_plan *p, int64_t not_before,
	    int64_t now);

/* The try succeeded, and the new certificate is in force. */
void	 renew_plan_issued(struct renew_plan *p, int64_t now, uint32_t rnd);

/*
 * The directory's renewal information for `c': `ari', whose start is 0 when the
 * directory has none; `not_before' is the next query, or 0.
 */
void	 renew_plan_ari(struct renew_plan *p, const struct renew_plan_cert *c,
	    const struct acme_ari *ari, int64_t not_before, int64_t now,
	    uint32_t rnd);

/* The query failed. */
void	 renew_plan_ari_failed(struct renew_plan *p,
	    const struct renew_plan_cert *c, int64_t not_before, int64_t now);

/* The configuration changed: reset the back-off. */
void	 renew_plan_forgive(struct renew_plan *p);

/* Write the record as text, lines of "name value", to `dst'.  Bytes. */
size_t	 renew_plan_write(const struct renew_plan *p, char dst[PLAN_TEXTSIZE]);

/*
 * Read a record.  0, or -1 when it is malformed: *p is then a cautious record,
 * which assumes failures.
 */
int	 renew_plan_read(struct renew_plan *p, const char *text, size_t len,
	    int64_t now, uint32_t rnd);

#endif

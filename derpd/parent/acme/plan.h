/*
 * plan: when to get or renew a certificate, when to ask the directory about it,
 * and how long to leave it alone after failures.  Pure.  For the parent, which
 * keeps the record on disk, so that a restart changes none of it.
 *
 * A certificate is renewed at a random point of the window that the directory
 * names (RFC 9773), else when a third of its lifetime is left, a little earlier
 * by chance.  Whatever the directory says, not before a ninetieth of the
 * lifetime is over, and not later than when a tenth of it is left.
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
	unsigned int	 failures;	/* in a row; one that never ended too */
	int64_t		 tried;		/* when the last one began; 0 never */
	int64_t		 next_try;	/* not before then */
	int64_t		 issued;	/* the last success; 0 none */
	enum ipc_acme_outcome end;	/* of the last one */
	char		 error[IPC_ACME_LINESIZE];	/* "" it went well */
	uint32_t	 jitter;
	/* What the directory said about the certificate `ari_id'. */
	char		 ari_id[CHAIN_IDSIZE];
	int64_t		 ari_start, ari_end;		/* 0 nothing */
	int64_t		 ari_pick;	/* the point in the window */
	int64_t		 ari_next;	/* ask again then */
	char		 ari_why[IPC_ACME_URLSIZE];	/* page for people */
};

/* The certificate in force: not_after 0 when there is none. */
struct renew_plan_cert {
	int64_t		 not_before, not_after;
	const char	*id;		/* RFC 9773 4.1; "" unknown */
};

enum renew_plan_do {
	PLAN_ISSUE,		/* get or renew it: renew_plan_begin() first */
	PLAN_QUERY		/* ask the directory when to renew it */
};

/* A record of which nothing happened yet. */
void	 renew_plan_init(struct renew_plan *p, uint32_t rnd);

/* What is to be done next, and in *when the time, which may be over. */
enum renew_plan_do renew_plan_next(const struct renew_plan *p,
	    const struct renew_plan_cert *c, int64_t now, int64_t *when);

/* When the certificate is to be renewed, back-off left aside; 0: now. */
int64_t	 renew_plan_renewal(const struct renew_plan *p,
	    const struct renew_plan_cert *c);

/*
 * A try begins.  The record is to be on disk before the first request: one that
 * never ends, because the machine did, counts as failed.
 */
void	 renew_plan_begin(struct renew_plan *p, const struct renew_plan_cert *c,
	    int64_t now, uint32_t rnd);

/* The try failed like that; `not_before' is what the directory asked for. */
void	 renew_plan_failed(struct renew_plan *p,
	    const struct renew_plan_cert *c,
	    enum ipc_acme_outcome end, const char *error, int64_t not_before,
	    int64_t now, uint32_t rnd);

/* The try went well, and the new certificate is in force. */
void	 renew_plan_issued(struct renew_plan *p, int64_t now, uint32_t rnd);

/*
 * The directory said when to renew `c': `ari', whose start is 0 when it has no
 * such thing; `not_before' is when to ask again, 0 unsaid.
 */
void	 renew_plan_ari(struct renew_plan *p, const struct renew_plan_cert *c,
	    const struct acme_ari *ari, int64_t not_before, int64_t now,
	    uint32_t rnd);

/* It could not be asked. */
void	 renew_plan_ari_failed(struct renew_plan *p,
	    const struct renew_plan_cert *c, int64_t not_before, int64_t now);

/* The configuration changed: what failed before may go well now. */
void	 renew_plan_forgive(struct renew_plan *p);

/* The record as text, lines of "name value", into `dst'.  Bytes. */
size_t	 renew_plan_write(const struct renew_plan *p, char dst[PLAN_TEXTSIZE]);

/*
 * Read a record.  0, or -1 when it is malformed: *p is then a careful one, of
 * which nothing is known but that there were failures.
 */
int	 renew_plan_read(struct renew_plan *p, const char *text, size_t len,
	    int64_t now, uint32_t rnd);

#endif

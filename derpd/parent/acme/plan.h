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

struct plan {
	/* Tries to get a certificate. */
	unsigned int	 failures;	/* in a row; one that never ended too */
	int64_t		 tried;		/* when the last one began; 0 never */
	int64_t		 next_try;	/* not before then */
	int64_t		 issued;	/* the last success; 0 none */
	enum acme_outcome end;		/* of the last one */
	char		 error[ACME_LINESIZE];	/* "" it went well */
	uint32_t	 jitter;
	/* What the directory said about the certificate `ari_id'. */
	char		 ari_id[CHAIN_IDSIZE];
	int64_t		 ari_start, ari_end;	/* 0 nothing */
	int64_t		 ari_pick;	/* the point in the window */
	int64_t		 ari_next;	/* ask again then */
	char		 ari_why[ACME_URLSIZE];	/* page for people */
};

/* The certificate in force: not_after 0 when there is none. */
struct plan_cert {
	int64_t		 not_before, not_after;
	const char	*id;		/* RFC 9773 4.1; "" unknown */
};

enum plan_do {
	PLAN_ISSUE,		/* get or renew it: plan_begin() first */
	PLAN_ASK		/* ask the directory when to renew it */
};

/* A record of which nothing happened yet. */
void	 plan_init(struct plan *p, uint32_t rnd);

/* What is to be done next, and in *when the time, which may be over. */
enum plan_do plan_next(const struct plan *p, const struct plan_cert *c,
	    int64_t now, int64_t *when);

/* When the certificate is to be renewed, back-off left aside; 0: now. */
int64_t	 plan_renewal(const struct plan *p, const struct plan_cert *c);

/*
 * A try begins.  The record is to be on disk before the first request: one that
 * never ends, because the machine did, counts as failed.
 */
void	 plan_begin(struct plan *p, const struct plan_cert *c, int64_t now,
	    uint32_t rnd);

/* The try failed like that; `not_before' is what the directory asked for. */
void	 plan_failed(struct plan *p, const struct plan_cert *c,
	    enum acme_outcome end, const char *error, int64_t not_before,
	    int64_t now, uint32_t rnd);

/* The try went well, and the new certificate is in force. */
void	 plan_issued(struct plan *p, int64_t now, uint32_t rnd);

/*
 * The directory said when to renew `c': `ari', whose start is 0 when it has no
 * such thing; `not_before' is when to ask again, 0 unsaid.
 */
void	 plan_ari(struct plan *p, const struct plan_cert *c,
	    const struct acme_ari *ari, int64_t not_before, int64_t now,
	    uint32_t rnd);

/* It could not be asked. */
void	 plan_ari_failed(struct plan *p, const struct plan_cert *c,
	    int64_t not_before, int64_t now);

/* The configuration changed: what failed before may go well now. */
void	 plan_forgive(struct plan *p);

/* The record as text, lines of "name value", into `dst'.  Bytes. */
size_t	 plan_write(const struct plan *p, char dst[PLAN_TEXTSIZE]);

/*
 * Read a record.  0, or -1 when it is malformed: *p is then a careful one, of
 * which nothing is known but that there were failures.
 */
int	 plan_read(struct plan *p, const char *text, size_t len, int64_t now,
	    uint32_t rnd);

#endif

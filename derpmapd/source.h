/*
 * source: one URL that is asked for a map again and again: what is known of it,
 * when it is due, and one try.  Part of the fetch process.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "sandbox.h"
#include "url.h"

#define SOURCE_HASH_LEN	32	/* SHA-256 */
#define SOURCE_MS	20000	/* for a try with all its redirects */
#define SOURCE_RETRY_MS	5000	/* after a first failure */

struct ipc_chan;

struct mapd_source {
	uint32_t	 id;		/* the parent's */
	uint32_t	 every;		/* seconds between two */
	int		 body;		/* the parent wants it */
	char		 url[URL_MAXTEXT];
	char		 cafile[1024];	/* authorities; "" the system's */
	/* of the last good answer */
	int		 known;
	uint8_t		 hash[SOURCE_HASH_LEN];
	uint64_t	 mtime;		/* Last-Modified, seconds since 1970 */
	char		 etag[256];	/* "" none */
	char		 modified[64];	/* Last-Modified as it came, "" none */
	/* schedule, monotonic ms */
	long long	 due;
	uint64_t	 retry_ms;	/* after the next failure; 0: first */
};

/* What a try gave; mapd_source_free_result() when done. */
struct mapd_source_result {
	enum ipc_fetch_result what;
	char		 why[512];	/* of FETCH_FAILED: one line */
	uint8_t		*body;		/* of FETCH_NEW; heap */
	size_t		 len;
};

/*
 * Ask once, within SOURCE_MS but for the resolver's own time, following three
 * redirects at most; `net' says which ports may be connected to (NULL: any).
 * 0 and *r filled in, and `s' updated; -1 when something arrived on the
 * channel `watch' (NULL: none) first: nothing changed.
 */
int	 mapd_source_fetch(struct mapd_source *s, const struct sandbox_net *net,
	    struct ipc_chan *watch, struct mapd_source_result *r);

/* Set when the source is due next, after the result `what' at `now'. */
void	 mapd_source_schedule(struct mapd_source *s, enum ipc_fetch_result what,
	    long long now);

/* Free what a result holds. */
void	 mapd_source_free_result(struct mapd_source_result *r);

/*
 * Take over from `old', of the same URL, what is known of it, unless its next
 * answer must come whole.
 */
void	 mapd_source_inherit(struct mapd_source *s,
	    const struct mapd_source *old);

#endif

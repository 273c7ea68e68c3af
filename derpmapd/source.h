/*
 * source: a URL that is requested periodically for a map: its state, its
 * schedule, and one request.  Part of the fetch process.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "sandbox.h"
#include "url.h"

#define SOURCE_HASH_LEN	32	/* SHA-256 */
#define SOURCE_MS	20000	/* for a request with all redirects */
#define SOURCE_RETRY_MS	5000	/* after a first failure */

struct ipc_chan;
struct mapd_way;

struct mapd_source {
	uint32_t	 id;		/* set by the parent */
	uint32_t	 every;		/* seconds between two requests */
	int		 body;		/* the parent wants it */
	char		 url[URL_MAXTEXT];
	char		 cafile[1024];	/* CA certificates; "" the system's */
	/* of the last valid response */
	int		 known;
	uint8_t		 hash[SOURCE_HASH_LEN];
	uint64_t	 mtime;		/* Last-Modified, seconds since 1970 */
	char		 etag[256];	/* "" none */
	char		 modified[64];	/* Last-Modified as it came, "" none */
	/* schedule, monotonic ms */
	long long	 due;
	uint64_t	 retry_ms;	/* after the next failure; 0: first */
};

/* Result of a request; free it with mapd_source_free_result(). */
struct mapd_source_result {
	enum ipc_fetch_result what;
	char		 why[512];	/* of FETCH_FAILED: one line */
	uint8_t		*body;		/* of FETCH_NEW; heap */
	size_t		 len;
};

/*
 * Request the map once, within SOURCE_MS plus the resolver's own time,
 * following at most three redirects.  `net' has the permitted ports (NULL:
 * any), `way' how connections are made (NULL: by libc alone).  Returns 0 with
 * *r filled in and `s' updated, or -1 without changes when a message arrived on
 * the channel `watch' (NULL for none) first.
 */
int	 mapd_source_fetch(struct mapd_source *s, const struct sandbox_net *net,
	    struct mapd_way *way, struct ipc_chan *watch,
	    struct mapd_source_result *r);

/* Set when the next request is due, after the result `what' at `now'. */
void	 mapd_source_schedule(struct mapd_source *s, enum ipc_fetch_result what,
	    long long now);

/* Free what a result holds. */
void	 mapd_source_free_result(struct mapd_source_result *r);

/*
 * Copy the state of `old', of the same URL, unless the next response must have
 * its body.
 */
void	 mapd_source_inherit(struct mapd_source *s,
	    const struct mapd_source *old);

#endif

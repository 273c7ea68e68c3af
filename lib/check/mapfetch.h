/*
 * mapfetch: request a map as clients do: by its URL, over redirects.  Used by
 * map.c.
 */
#ifndef MAPFETCH_H
#define MAPFETCH_H

#include "exchange.h"
#include "url.h"

struct check_fetch {
	struct check_run	 r;		/* for the server of `url' */
	struct check_node	 node;
	struct net_url		 url;		/* the last one requested */
	const char		*address;	/* of the first host; NULL: by
						   DNS */
	char			 first[256];	/* the first URL's host */
	int			 needed;
	char			 judged[272];	/* the host and port of the
						   certificate that was checked
						   last */
	unsigned int		 redirects;	/* that were followed */
	struct check_exchange	 e;		/* the last response */
	int64_t			 took;		/* us, without the resolver and
						   the check of TLS */
};

/*
 * Request the map at `url' and follow redirects to https URLs; the other
 * arguments are those of check_map().  With `needed', the certificate is
 * checked unless opts->trust says otherwise, and what fails is reported.
 * Returns 1 with f->e.r.final set, the response of the last URL; 0 without one;
 * -1 for a reason on this machine, in f->r.local.  Call check_fetch_free() in
 * all cases.
 */
int	 check_fetch(struct check_fetch *f, const char *url,
	    const char *address, int needed, const struct check_opts *o,
	    const struct check_sink *sink);

/* Free the response. */
void	 check_fetch_free(struct check_fetch *f);

#endif

/*
 * query: the pairs of a URL's query, as Go's net/url reads them.  Pure.
 */
#ifndef QUERY_H
#define QUERY_H

#include "http.h"

#define WEB_QUERY_SIZE	256	/* bytes of a name or value that means
				   something, with its NUL */

/*
 * Cut the next pair off *rest, the query or what is left of it (p NULL: none),
 * and write its decoded name and value.  Pairs that are malformed, too long or
 * hold a NUL are skipped.  Return 1, or 0 at the end.
 */
int	web_query_next(struct net_http_str *rest, char name[WEB_QUERY_SIZE],
	    char value[WEB_QUERY_SIZE]);

#endif

/*
 * web_map: the answers to requests for a DERP map; see web.h for the types.
 */
#ifndef WEB_MAP_H
#define WEB_MAP_H

#include "web.h"

/*
 * Answer the request `h' for the decoded path `path', if that concerns a map:
 * 1, and *r and *action are as after web_route().  0: it does not, nothing is
 * changed.  On entry *r is empty, but that close, head_only and discard are
 * set.
 */
int	web_map(const struct web_env *env, const struct net_http_head *h,
	    const char *path, struct web_reply *r, enum web_action *action);

/*
 * Does the client of `h' prefer gzip to the bytes as they are (RFC 9110
 * 12.5.3)?  1 yes; 0 no, or it does not say, or it can't be understood.
 */
int	web_wants_gzip(const struct net_http_head *h);

/*
 * Is the strong tag `tag' (quotes included) in the request's If-None-Match, by
 * weak comparison (RFC 9110 13.1.2)?  2: the field is "*"; 1 yes; 0 no; -1:
 * there is no such field.
 */
int	web_none_match(const struct net_http_head *h, const char *tag);

#endif

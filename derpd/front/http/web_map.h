/*
 * web_map: the answers to requests for a DERP map; see web.h for the types.
 */
#ifndef WEB_MAP_H
#define WEB_MAP_H

#include "web.h"

/*
 * Answer the request `h' for the decoded path `path', if that concerns a map.
 * Return 1 with *r and *action as after web_route(), or 0 with nothing changed.
 * On entry *r is empty, except that close, head_only and discard are set.
 */
int	web_map(const struct web_env *env, const struct net_http_head *h,
	    const char *path, struct web_reply *r, enum web_action *action);

/*
 * Return 1 if the client of `h' prefers gzip to the identity coding (RFC 9110
 * 12.5.3); 0 if not, and for a missing or malformed field.
 */
int	web_wants_gzip(const struct net_http_head *h);

/*
 * Look for the strong tag `tag' (quotes included) in the request's
 * If-None-Match, by weak comparison (RFC 9110 13.1.2).  Return 2: the field is
 * "*"; 1: found; 0: not found; -1: there is no such field.
 */
int	web_none_match(const struct net_http_head *h, const char *tag);

#endif

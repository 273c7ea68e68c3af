/*
 * dialproxy: an HTTP proxy on the way to a node: the request CONNECT and its
 * response (RFC 9110 9.3.6).  Pure.
 */
#ifndef DIALPROXY_H
#define DIALPROXY_H

#include <stddef.h>

#include "bounds.h"

#define DIAL_PROXY_LOGIN	256	/* bytes of a login in base64 */

struct dial_proxy {
	char		 host[IPC_HOSTSIZE];	/* "": no proxy */
	char		 port[8];
	char		 login[DIAL_PROXY_LOGIN]; /* "user:password" in base64;
						   "": none */
};

/*
 * Read the URL of a proxy, "http://[user:password@]host[:port]" (the default
 * port is 80); "": no proxy.  Returns 0, or -1 when it is invalid.
 */
int	 dial_proxy_set(struct dial_proxy *p, const char *url);

/*
 * Write the request for `host' (a name or an address) and `port' to `buf' of
 * `size' bytes.  Returns its bytes, or -1: it does not fit, or the host has
 * white space.
 */
int	 dial_proxy_request(const struct dial_proxy *p, const char *host,
	    const char *port, char *buf, size_t size);

/*
 * Read the response, of which the first `n' bytes are at `p'.  Returns 1: the
 * way is open; 0: more bytes are needed; or -1 with one line in `why' of `size'
 * bytes.
 */
int	 dial_proxy_response(const char *p, size_t n, char *why, size_t size);

#endif

/*
 * dialnode: see dialnode.h.  Called by mesh and by the bridge's worker.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "dialnode.h"

#define PORT_HTTPS	443

int
dial_node_set(struct dial_node *n, const char *host, uint16_t port)
{
	if (host[0] == '\0' || port == 0 || strlcpy(n->trust.host, host,
	    sizeof(n->trust.host)) >= sizeof(n->trust.host))
		return (-1);
	snprintf(n->port, sizeof(n->port), "%u", (unsigned int)port);
	if (port == PORT_HTTPS)
		strlcpy(n->label, host, sizeof(n->label));
	else
		snprintf(n->label, sizeof(n->label), strchr(host, ':') !=
		    NULL ? "[%s]:%s" : "%s:%s", host, n->port);
	return (0);
}

int
dial_node_same(const struct dial_node *a, const struct dial_node *b)
{
	return (strcmp(a->trust.host, b->trust.host) == 0 &&
	    strcmp(a->trust.certname, b->trust.certname) == 0 &&
	    a->trust.insecure == b->trust.insecure &&
	    strcmp(a->trust.cas.file, b->trust.cas.file) == 0 &&
	    strcmp(a->proxy.host, b->proxy.host) == 0 &&
	    strcmp(a->proxy.port, b->proxy.port) == 0 &&
	    strcmp(a->proxy.login, b->proxy.login) == 0 &&
	    strcmp(a->address, b->address) == 0 &&
	    strcmp(a->port, b->port) == 0 &&
	    memcmp(a->own, b->own, sizeof(a->own)) == 0 &&
	    a->pinned == b->pinned &&
	    memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	    a->tcp.unsent == b->tcp.unsent &&
	    a->tcp.keepalive == b->tcp.keepalive &&
	    a->tcp.user_timeout == b->tcp.user_timeout &&
	    strcmp(a->congestion, b->congestion) == 0);
}

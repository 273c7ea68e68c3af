/*
 * node: see node.h.  Called by mesh.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

#define PORT_HTTPS	443

int
mesh_node_set(struct mesh_node *n, const struct ipc_msg_mesh_conf *v)
{
	if (v->host[0] == '\0' || v->port == 0 || (v->server_key != NULL &&
	    v->server_key_len != IPC_KEYLEN))
		return (-1);
	strlcpy(n->trust.host, v->host, sizeof(n->trust.host));
	strlcpy(n->trust.certname, v->certname, sizeof(n->trust.certname));
	strlcpy(n->trust.cas.file, v->cafile, sizeof(n->trust.cas.file));
	strlcpy(n->address, v->address, sizeof(n->address));
	snprintf(n->port, sizeof(n->port), "%u", (unsigned int)v->port);
	if (v->port == PORT_HTTPS)
		strlcpy(n->label, v->host, sizeof(n->label));
	else
		snprintf(n->label, sizeof(n->label), strchr(v->host, ':') !=
		    NULL ? "[%s]:%s" : "%s:%s", v->host, n->port);
	memcpy(n->own, v->node_key, sizeof(n->own));
	n->pinned = v->server_key != NULL;
	if (n->pinned)
		memcpy(n->key, v->server_key, sizeof(n->key));
	n->tcp.unsent = v->unsent;
	n->tcp.keepalive = v->keepalive;
	n->tcp.user_timeout = v->user_timeout;
	strlcpy(n->congestion, v->congestion, sizeof(n->congestion));
	return (0);
}

int
mesh_node_is(const struct mesh_node *n, const struct ipc_msg_mesh_conf *v)
{
	struct mesh_node *w;
	int same;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (0);
	same = mesh_node_set(w, v) == 0 &&
	    strcmp(n->trust.host, w->trust.host) == 0 &&
	    strcmp(n->trust.certname, w->trust.certname) == 0 &&
	    strcmp(n->trust.cas.file, w->trust.cas.file) == 0 &&
	    strcmp(n->address, w->address) == 0 &&
	    strcmp(n->port, w->port) == 0 &&
	    memcmp(n->own, w->own, sizeof(n->own)) == 0 &&
	    n->pinned == w->pinned &&
	    memcmp(n->key, w->key, sizeof(n->key)) == 0 &&
	    n->tcp.unsent == w->tcp.unsent &&
	    n->tcp.keepalive == w->tcp.keepalive &&
	    n->tcp.user_timeout == w->tcp.user_timeout &&
	    strcmp(n->congestion, w->congestion) == 0 &&
	    net_cas_are_current(&n->trust.cas);
	free(w);
	return (same);
}

const struct sandbox_net *
mesh_node_reach(struct mesh_node *n, struct net_reach *r)
{
	char url[32];

	mesh_trust_begin(&n->trust);
	/* The port counts, the name is none. */
	snprintf(url, sizeof(url), "https://node:%s/", n->port);
	if (net_reach_init(r) == -1 ||
	    net_reach_add(r, url, n->trust.cas.file) == -1)
		return (NULL);
	return (&r->net);
}

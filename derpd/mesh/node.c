/*
 * node: see node.h.  Called by mesh.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

int
mesh_node_set(struct dial_node *n, const struct ipc_msg_mesh_conf *v)
{
	if (v->server_key != NULL && v->server_key_len != IPC_KEYLEN)
		return (-1);
	if (dial_node_set(n, v->host, v->port) == -1)
		return (-1);
	strlcpy(n->trust.certname, v->certname, sizeof(n->trust.certname));
	strlcpy(n->trust.cas.file, v->cafile, sizeof(n->trust.cas.file));
	strlcpy(n->address, v->address, sizeof(n->address));
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
mesh_node_is(const struct dial_node *n, const struct ipc_msg_mesh_conf *v)
{
	struct dial_node *w;
	int same;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (0);
	same = mesh_node_set(w, v) == 0 && dial_node_same(n, w) &&
	    net_cas_are_current(&n->trust.cas);
	free(w);
	return (same);
}

const struct sandbox_net *
mesh_node_reach(struct dial_node *n, struct net_reach *r)
{
	char url[32];

	dial_trust_begin(&n->trust);
	/* The port counts, the name is none. */
	snprintf(url, sizeof(url), "https://node:%s/", n->port);
	if (net_reach_init(r) == -1 ||
	    net_reach_add(r, url, n->trust.cas.file) == -1)
		return (NULL);
	return (&r->net);
}

/*
 * nodesadopt: a connection to another node that a mesh process hands over; see
 * nodes.h.  Called by nodes.c.  The sender may be hostile: each value is
 * checked, here or in takeover.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcdispatch.h"
#include "nodes.h"
#include "relay.h"
#include "takeover.h"

/* Check what needs no records.  Return NULL, or what is wrong. */
static const char *
check(const struct relay *r, const struct ipc_msg_mesh_link *v,
    const struct relay_takeover *t)
{
	const char *why;

	if ((why = relay_takeover_check(t)) != NULL)
		return (why);
	if (!v->proxied && v->record_len == 0)
		return ("a link without TLS");
	if (memcmp(v->server_key, r->conf.node_key, FRAME_KEY_LEN) == 0)
		return ("a link to itself");
	return (NULL);
}

/* Make the connection and its link.  Return NULL without memory. */
static struct relay_conn *
make(struct nodes_node *n, const struct ipc_msg_mesh_link *v,
    const struct relay_takeover *t, struct net_record *rec)
{
	struct nodes_link *l = calloc(1, sizeof(*l));
	struct relay_conn *c;

	if (l == NULL ||
	    (c = relay_conn_new(n->r, t->fd, v->addr, v->port)) == NULL) {
		free(l);
		return (NULL);
	}
	memcpy(c->session.key, v->server_key, FRAME_KEY_LEN);
	c->conn.rec = rec;
	c->conn.plain = rec == NULL;
	l->number = v->number;
	nodes_link_begin(c, n, l);
	if (relay_takeover_keep(t, &c->conn) == -1)
		nodes_link_end(c, 0, "out of memory");
	return (c);
}

int
nodes_adopt(struct nodes_node *n, const struct ipc_msg_mesh_link *v, int fd,
    const char **why)
{
	const struct relay_takeover t = {
		.fd = fd,
		.proxied = v->proxied,
		.record = v->record,
		.record_len = v->record_len,
		.plain = v->plain,
		.plain_len = v->plain_len,
		.cipher = v->cipher,
		.cipher_len = v->cipher_len
	};
	struct net_record_cache *cache = &n->r->set.records;
	struct net_record *rec = NULL;
	int rv = -1;

	if ((*why = check(n->r, v, &t)) != NULL ||
	    (rv = relay_takeover_records(&t, cache, &rec, why)) == -1)
		goto fail;
	if (rec != NULL && !rec->client) {
		*why = "records of a server";
		rv = -1;
		goto fail;
	}
	if (rv == 1 && !n->r->stopping && make(n, v, &t, rec) != NULL)
		return (0);
	rv = 0;
	nodes_tell(n, v->number, 0, "the relay worker can't take it");
fail:
	net_record_free(cache, rec);
	close(fd);
	return (rv);
}

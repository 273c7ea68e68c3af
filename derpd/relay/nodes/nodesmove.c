/*
 * nodesmove: a link that moves to another worker with its sessions; see
 * nodes.h.  Called by relay/move.  What comes may be of a hostile worker: each
 * value is checked, here or in takeover.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "far.h"
#include "messages.h"
#include "nodes.h"
#include "relay.h"
#include "takeover.h"

static const char no_memory[] = "out of memory";

int
nodes_link_can_move(const struct relay_conn *c)
{
	/*
	 * The mesh process of a pump ends.  A worker that has missed what came
	 * over it waits for another one.
	 */
	return (c->conn.rec != NULL && c->r->far.missed == 0 &&
	    !c->node->restarting);
}

void
nodes_link_save(const struct relay_conn *c, struct ipc_msg_move_link *v)
{
	const struct nodes_link *l = c->node;

	v->key = c->session.key;
	v->addr = c->conn.addr;
	v->port = c->conn.port;
	v->number = l->number;
	v->login_us = c->session.login_us;
	v->end = nodes_keyage_end(&c->r->nodes.keyage, c->session.login_us,
	    c->session.mesh_end);
	v->skip = l->session.skip;
	v->part = l->session.part;
	v->part_len = l->session.part_len;
	v->health = l->health;
	v->health_len = (uint32_t)l->health_len;
}

/* Check what needs no records.  Return NULL, or what is wrong. */
static const char *
check(const struct relay *r, const struct ipc_msg_move_link *v,
    const struct relay_takeover *t)
{
	const char *why;

	if (!r->has_mesh)
		return ("a link, without a mesh key");
	if (cluster_far_worker(r, v->link) != r->conf.worker)
		return ("a link of another worker");
	if (r->nodes.of[v->link / 2].c != NULL)
		return ("a second link to a node");
	if ((why = relay_takeover_check(t)) != NULL)
		return (why);
	if (v->record_len == 0)
		return ("a link without TLS");
	if (memcmp(v->key, r->conf.node_key, FRAME_KEY_LEN) == 0)
		return ("a link to itself");
	if (v->health_len > NODES_TEXT)
		return ("a link with too long a text");
	return (relay_adopt_room_moved(r, t->fd) ? NULL :
	    "a link has no descriptor: too few open files");
}

/* Make the connection of `l', which is taken on success.  NULL: no memory. */
static struct relay_conn *
make(struct nodes_node *n, const struct ipc_msg_move_link *v, int fd,
    struct net_record *rec, struct nodes_link *l, int rekeyed)
{
	struct relay_conn *c = relay_conn_new(n->r, fd, v->addr, v->port);

	if (c == NULL)
		return (NULL);
	relay_conn_moved(c);
	memcpy(c->session.key, v->key, FRAME_KEY_LEN);
	c->session.login_us = v->login_us;
	c->session.mesh_end = nodes_keyage_moved(v->end, rekeyed,
	    n->r->set.now_us);
	c->conn.rec = rec;
	c->conn.patient = 1;
	l->number = v->number;
	l->orphan = 1;
	l->moved = 1;
	l->frames = 1;
	memcpy(l->health, v->health, v->health_len);
	l->health_len = v->health_len;
	nodes_link_attach(c, n, l, v->link);
	return (c);
}

const char *
nodes_link_restore(struct relay *r, const struct ipc_msg_move_link *v, int fd,
    int rekeyed, struct relay_conn **c)
{
	const struct relay_takeover t = { .fd = fd, .record = v->record,
	    .record_len = v->record_len };
	struct net_record_cache *cache = &r->set.records;
	struct net_record *rec = NULL;
	struct nodes_link *l = NULL;
	const char *why = check(r, v, &t);
	int rv;

	if (why == NULL &&
	    (rv = relay_takeover_records(&t, cache, &rec, &why)) != 1)
		why = rv == 0 ? no_memory : why;
	else if (why == NULL && !rec->client)
		why = "a link with records of a server";
	if (why == NULL && (l = calloc(1, sizeof(*l))) == NULL)
		why = no_memory;
	if (why == NULL && nodes_session_restore(&l->session, v->skip, v->part,
	    v->part_len) == -1)
		why = "a link with a partial frame that is none";
	if (why == NULL && (*c = make(&r->nodes.of[v->link / 2], v, fd, rec, l,
	    rekeyed)) == NULL)
		why = no_memory;
	if (why == NULL)
		return (NULL);
	free(l);
	net_record_free(cache, rec);
	close(fd);
	return (why);
}

void
nodes_link_go_on(struct relay_conn *c)
{
	c->conn.state = CONN_UP;
	c->r->stats->node_up[c->node->link / 2] = 1;
	conn_deadline(&c->conn, NODES_BEAT_SECS - 1);
	conn_dirty(&c->conn);
	conn_resume(&c->conn, PAUSE_LOGIN);
}

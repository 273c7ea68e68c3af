/*
 * nodes: see nodes.h.  Called by relay.c.
 *
 * A mesh process may have been taken over: what it sends is checked
 * (nodesadopt.c), and the channel of one that sends what an honest one never
 * does is closed.  It can only have links of its own node.
 */
#include <stddef.h>

#include "far.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "nodes.h"
#include "relay.h"

#define UNREAD_MAX	(64 * 1024)	/* then the mesh process is lost */

unsigned int
nodes_number(const struct nodes_node *n)
{
	return ((unsigned int)(n - n->r->nodes.of));
}

/*
 * Close the channel.  The link stays until the next mesh process of that node
 * replaces it, or for some time.
 */
static void
drop(struct nodes_node *n)
{
	ipc_chan_free(n->chan);
	n->chan = NULL;
	if (n->c != NULL)
		n->c->node->orphan = 1;
}

static void
report(struct nodes_node *n, const char *why)
{
	log_limited_warnx(&n->forged, "mesh %u sent what it must not (%s): "
	    "its channel is closed", nodes_number(n), why);
	drop(n);
}

void
nodes_tell(struct nodes_node *n, uint32_t number, int now, const char *why)
{
	const struct ipc_msg_mesh_lost v = { .number = number, .now = now,
	    .why = why };

	if (n->chan == NULL || ipc_send_mesh_lost(n->chan, &v) == 0)
		return;
	log_warn("can't tell mesh %u that its link has ended (sendmsg): its "
	    "channel is closed", nodes_number(n));
	drop(n);
}

static int
on_link(void *arg, const struct ipc_msg_mesh_link *v, int *fd)
{
	struct nodes_node *n = arg;
	const char *why;
	int s = *fd;

	*fd = -1;
	if (nodes_adopt(n, v, s, &why) == -1)
		report(n, why);
	return (0);
}

static int
on_end(void *arg, const struct ipc_msg_mesh_end *v)
{
	struct nodes_node *n = arg;

	if (n->c != NULL && n->c->node->orphan == 0 &&
	    n->c->node->number == v->number)
		nodes_link_end(n->c, 1, "its mesh process ended it");
	return (0);
}

static const struct ipc_handlers handlers = {
	.mesh_link = on_link,
	.mesh_end = on_end
};

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct nodes_node *n = arg;
	const char *what;

	(void)ch;
	conn_clock(&n->r->set);
	if ((what = ipc_dispatch(&handlers, m, n)) != NULL)
		report(n, what);
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct nodes_node *n = arg;

	if (ipc_chan_broke(ch)) {
		report(n, why);
		return;
	}
	log_debug("the channel to mesh %u is closed: %s", nodes_number(n),
	    why);
	drop(n);
}

/* Seconds until the link ends because the mesh key has changed; 0: never. */
static uint32_t
seconds_left(const struct nodes_node *n)
{
	const struct derp_session *s = &n->c->session;
	const uint64_t now = n->r->set.now_us;
	const uint64_t end = nodes_keyage_end(&n->r->nodes.keyage, s->login_us,
	    s->mesh_end);

	if (end == 0)
		return (0);
	return (end <= now ? 1 : (uint32_t)((end - now) / 1000000 + 1));
}

/* Tell the mesh process of a link that moved here. */
static int
greet(struct nodes_node *n)
{
	static const uint8_t zeros[FRAME_KEY_LEN];
	struct ipc_msg_mesh_hello v = { .server_key = zeros, .addr = zeros };

	if (n->c != NULL && n->c->node->moved && !n->c->conn.dead) {
		n->c->node->moved = 0;
		n->c->node->orphan = 0;
		v.up = 1;
		v.number = n->c->node->number;
		v.server_key = n->c->session.key;
		v.addr = n->c->conn.addr;
		v.port = n->c->conn.port;
		v.end = seconds_left(n);
	}
	return (ipc_send_mesh_hello(n->chan, &v));
}

int
nodes_open(struct relay *r, int fd, unsigned int node)
{
	struct nodes_node *n = &r->nodes.of[node];
	struct ipc_chan *ch;

	ch = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_MESH, message,
	    gone, n);
	if (ch == NULL)
		return (-1);
	drop(n);
	ipc_chan_limit(ch, UNREAD_MAX);
	n->chan = ch;
	if (greet(n) == -1) {
		log_warn("can't greet mesh %u (sendmsg): its channel is closed",
		    node);
		drop(n);
	}
	return (0);
}

void
nodes_commit(struct relay *r)
{
	if (r->configured && r->next_conf.mesh_key != r->conf.mesh_key)
		nodes_keyage_changed(&r->nodes.keyage, r->set.now_us);
}

unsigned int
nodes_files(const struct relay *r)
{
	unsigned int i, n = 0;

	/* The channel, and two links, one of which replaces the other. */
	for (i = 0; i < IPC_MAXNODES; i++)
		if (r->nodes.of[i].chan != NULL)
			n += CONN_HAND_FILES + 2;
	return (n);
}

void
nodes_tick(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXNODES; i++)
		r->stats->node_keys[i] = cluster_far_keys(r, i);
}

int
nodes_more(const struct relay *r)
{
	return (r->nodes.paused && !cluster_link_waits(r));
}

void
nodes_work(struct relay *r)
{
	unsigned int i;

	if (!nodes_more(r))
		return;
	r->nodes.paused = 0;
	for (i = 0; i < IPC_MAXNODES; i++)
		if (r->nodes.of[i].c != NULL)
			conn_resume(&r->nodes.of[i].c->conn, PAUSE_NEWS);
}

/* What the cluster calls, about a link below FAR_LINKS */

/* Return the connection of the link; NULL: it is not here, or has ended. */
static struct relay_conn *
find(const struct relay *r, unsigned int link)
{
	struct relay_conn *c = r->nodes.of[link / 2].c;

	return (c == NULL || c->node->link != link || c->conn.dead ? NULL : c);
}

static int
forward(struct relay *r, unsigned int link, const uint8_t src[FRAME_KEY_LEN],
    const uint8_t dst[FRAME_KEY_LEN], const uint8_t *p, size_t n)
{
	struct relay_conn *c = find(r, link);

	if (c == NULL)
		return (-1);
	relay_packets_forward(c, src, dst, p, n);
	return (0);
}

static void
close_peer(struct relay *r, unsigned int link, const uint8_t key[FRAME_KEY_LEN])
{
	struct relay_conn *c = find(r, link);
	uint8_t hdr[FRAME_HDR_LEN];

	if (c == NULL)
		return;
	net_frame_put_hdr(hdr, FRAME_CLOSE_PEER, FRAME_KEY_LEN);
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_send(&c->conn, key, FRAME_KEY_LEN);
}

static void
anew(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXNODES; i++)
		if (r->nodes.of[i].c != NULL)
			nodes_link_end(r->nodes.of[i].c, 1,
			    "another relay worker ended");
}

static const struct cluster_far_ops ops = {
	.forward = forward,
	.close_peer = close_peer,
	.anew = anew
};

void
nodes_init(struct relay *r)
{
	unsigned int i;

	r->far_ops = &ops;
	for (i = 0; i < IPC_MAXNODES; i++)
		r->nodes.of[i].r = r;
}

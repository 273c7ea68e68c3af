/*
 * mesh: whether the nodes of a region forward packets to each other.
 *
 * One client logs in at each node.  A packet from a client at a node must reach
 * the client at the next one, both ways; the last node's next one is the first.
 * Nodes where no client can log in are left out: their own checks say why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testpackets.h"

#define NODES		16	/* of a region that are checked */
#define LEN		62	/* bytes of a packet */
#define TRY_MS		250	/* between two tries */
#define KNOWN		2	/* steps until all nodes know of a new client:
				   nodes connect again after 5 s */
#define LATER		4	/* of these in a step: for a packet after
				   that */

/* A client at a node. */
struct member {
	struct check_run	 r;
	struct check_client	 c;
	const uint8_t		*key;		/* of the server */
};

struct crossing {
	struct check_run	*r;		/* of the region */
	struct member		*at;
	size_t			 n;
	long long		 known;		/* all nodes know all clients */
	char			 broken[CHECK_WHAT]; /* "a to b, b to a" */
};

static void
unheard(const struct check_finding *f, void *arg)
{
	(void)f;
	(void)arg;
}

static const struct check_sink nowhere = { .found = unheard };

/* Log in at a node, by the first of its addresses where it works. */
static int
enter(struct member *at, const struct check_node *n, const struct check_opts *o)
{
	char why[CHECK_WHAT];
	size_t i;

	at->r.node = n;
	at->r.opts = o;
	at->r.sink = &nowhere;
	at->c.name = n->name[0] != '\0' ? n->name : n->host;
	if (n->stun_only || !check_names(&at->r))
		return (0);
	for (i = 0; i < at->r.naddrs && !at->r.stopped; i++) {
		if (!at->r.addrs[i].dns_only && check_client_enter(&at->c,
		    &at->r, &at->r.addrs[i], 0, why, sizeof(why))) {
			at->key = net_derpclient_server_key(at->c.d);
			return (1);
		}
		check_client_leave(&at->c);
	}
	return (0);
}

static void
note_broken(struct crossing *m, const struct member *from,
    const struct member *to)
{
	const size_t len = strlen(m->broken);

	(void)snprintf(m->broken + len, sizeof(m->broken) - len, "%s%s to %s",
	    len == 0 ? "" : ", ", from->c.name, to->c.name);
}

/* Send a packet from one node to another until it arrives. */
static void
forward(struct crossing *m, struct member *from, struct member *to)
{
	struct check_packets w;
	const long long left = m->known - net_stream_until(0);
	const int later = check_step_ms(m->r) / LATER;
	const int ms = left > later ? (int)left : later;

	if (check_packets_init(&w, &from->c, &to->c) == -1)
		(void)snprintf(m->r->local, sizeof(m->r->local),
		    "out of memory");
	else if (check_packets_try(&w, LEN, ms / TRY_MS + 1, TRY_MS) !=
	    RUN_ARRIVED)
		note_broken(m, from, to);
	check_packets_free(&w);
	m->r->stopped |= net_derpclient_interrupted(from->c.d) ||
	    net_derpclient_interrupted(to->c.d);
}

/* Check two nodes, which are no news when they are one. */
static void
pair(struct crossing *m, struct member *a, struct member *b)
{
	if (memcmp(a->key, b->key, FRAME_KEY_LEN) == 0) {
		check_found(m->r, NULL, 0, CHECK_NODES_SAME, "%s and %s have "
		    "the same key", a->c.name, b->c.name);
		return;
	}
	forward(m, a, b);
	if (!m->r->stopped)
		forward(m, b, a);
}

static void
all_pairs(struct crossing *m)
{
	const size_t pairs = m->n == 2 ? 1 : m->n;
	size_t i;

	m->known = net_stream_until(KNOWN * check_step_ms(m->r));
	for (i = 0; i < pairs && m->n >= 2 && !m->r->stopped; i++)
		pair(m, &m->at[i], &m->at[(i + 1) % m->n]);
	if (m->broken[0] != '\0' && !m->r->stopped)
		check_found(m->r, NULL, 0, CHECK_MESH_BROKEN, "packets do not "
		    "arrive from %s", m->broken);
}

int
check_mesh(const struct check_node *nodes, size_t n, const struct check_opts *o,
    const struct check_sink *sink, char *why, size_t size)
{
	struct check_run r = { .opts = o, .sink = sink };
	struct crossing m = { .r = &r };
	struct member *at;
	size_t i;

	check_step(&r, "mesh");
	if ((m.at = calloc(NODES, sizeof(*m.at))) == NULL) {
		(void)snprintf(why, size, "out of memory");
		return (-1);
	}
	for (i = 0; i < n && m.n < NODES && !r.stopped; i++) {
		at = &m.at[m.n];
		memset(at, 0, sizeof(*at));
		m.n += (size_t)enter(at, &nodes[i], o);
		r.stopped |= at->r.stopped;
	}
	all_pairs(&m);
	for (i = 0; i < m.n; i++)
		check_client_leave(&m.at[i].c);
	free(m.at);
	if (r.local[0] == '\0' && !r.stopped)
		return (0);
	(void)snprintf(why, size, "%s", r.local);
	return (-1);
}

/*
 * proxy: connections through load balancers, see proxy.h.  Called by front.c,
 * frontconn.c and, for X-Forwarded-For, httpconn.c.
 *
 * A connection from a balancer must begin with a header, and one from elsewhere
 * must not: nothing is guessed from the bytes, or any client could choose its
 * address (proxy-protocol.txt, section 2).
 */
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "front.h"
#include "proxy.h"
#include "proxyproto.h"

struct front_proxies_list {
	LIST_ENTRY(front_proxies_list) entry;
	unsigned int		 listener;
	size_t			 n;
	struct net_prefix	 v[];
};

int
front_proxies_stage(struct front_proxies *p, unsigned int listener,
    const struct net_prefix *v, size_t n)
{
	struct front_proxies_list *l;

	if ((l = malloc(sizeof(*l) + n * sizeof(*v))) == NULL)
		return (-1);
	l->listener = listener;
	l->n = n;
	memcpy(l->v, v, n * sizeof(*v));
	LIST_INSERT_HEAD(&p->staged, l, entry);
	return (0);
}

static void
clear(struct front_proxies_lists *lists)
{
	struct front_proxies_list *l;

	while ((l = LIST_FIRST(lists)) != NULL) {
		LIST_REMOVE(l, entry);
		free(l);
	}
}

void
front_proxies_commit(struct front_proxies *p)
{
	struct front_proxies_list *l;

	clear(&p->used);
	while ((l = LIST_FIRST(&p->staged)) != NULL) {
		LIST_REMOVE(l, entry);
		LIST_INSERT_HEAD(&p->used, l, entry);
	}
}

void
front_proxies_drop(struct front_proxies *p)
{
	clear(&p->staged);
}

int
front_proxies_has(const struct front_proxies *p, unsigned int listener,
    const uint8_t addr[16])
{
	const struct front_proxies_list *l;
	size_t i;

	LIST_FOREACH(l, &p->used, entry) {
		if (l->listener != listener)
			continue;
		for (i = 0; i < l->n; i++)
			if (net_prefix_has(&l->v[i], addr))
				return (1);
	}
	return (0);
}

static void
refuse(struct front_conn *c)
{
	const struct log_about about = conn_about(&c->conn);

	log_client(LOG_WARNING, &c->f->proxies.bad, &about, "connection "
	    "closed: no PROXY header: have this load balancer send one, or "
	    "remove its address from `proxy from'");
	conn_close(&c->conn, "no PROXY header from a load balancer");
}

/*
 * Return 1 when the connection begins with a request instead, which a reverse
 * proxy before a port with derp may do: it names the client in the request.
 */
static int
is_request(const struct front_conn *c, const struct conn_buf *b)
{
	return (c->derp && !net_proxyproto_begins(conn_buf_head(b),
	    conn_buf_left(b)));
}

int
front_proxy_header(struct front_conn *c)
{
	struct conn_buf *b = &c->conn.input.held;
	struct net_proxyproto h;
	int n;

	n = net_proxyproto_parse(&h, conn_buf_head(b), conn_buf_left(b));
	if (n == 0)
		return (0);
	if (n == -1 && !is_request(c, b)) {
		refuse(c);
		return (0);
	}
	if (n > 0)
		conn_buf_drain(b, (size_t)n);
	c->conn.state = front_conn_first_state(c);
	/* With TLS, the handshake has what is left of the same deadline. */
	if (c->conn.plain)
		conn_deadline(&c->conn, FRONT_HTTP_SECS);
	if (n == -1 || !h.known || front_budget_move(c, h.addr, h.port) == 0)
		return (1);
	conn_close(&c->conn, "its source has too many connections");
	return (0);
}

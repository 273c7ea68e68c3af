/*
 * httpconn: HTTP requests on a connection, until one of them upgrades it to
 * DERP (derp(7), sections 2 and 5).  Called by frontconn.c; the answers are in
 * web.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "budget.h"
#include "clients.h"
#include "forwarded.h"
#include "http.h"
#include "httpconn.h"
#include "log.h"
#include "front.h"
#include "web.h"
#include "websocket.h"

/* Send a reply up to this size at once, a larger one in pieces. */
#define AT_ONCE		(48 * 1024)

/* The HTTP state of a connection between two pieces of input. */
struct web_conn {
	struct conn_buf	 part;		/* a partial head */
	size_t			 discard;	/* body bytes to discard */
	struct web_map_entry *map;		/* being sent, else NULL */
	void			*own;		/* the same, on the heap */
	const uint8_t		*body;		/* the part not sent yet */
	size_t			 left;
	int			 close;		/* close after the body */
};

void
web_env(const struct front_conn *c, struct web_env *env)
{
	memset(env, 0, sizeof(*env));
	env->tls = !c->conn.plain;
	env->derp = c->derp;
	memcpy(env->peer, c->conn.addr, sizeof(env->peer));
	env->last = c->f->retire.on;
	env->relay = c->f->conf.relay;
	env->home = c->f->conf.home;
	env->redirect = c->f->conf.redirect;
	env->node_key = c->f->conf.node_key;
	env->maps = &c->f->maps;
	env->dns = &c->f->dns;
	env->viewers = &c->f->viewers;
	env->tokens = &c->f->tokens;
	env->now = time(NULL);
	env->date = &c->f->web.date;
}

/* Return the HTTP state, NULL if there is none. */
static struct web_conn *
http_of(const struct front_conn *c)
{
	return (c->http);
}

/* Return the HTTP state; without memory NULL, and the connection is closed. */
static struct web_conn *
state(struct front_conn *c)
{
	struct web_conn **h = &c->http;

	if (*h == NULL && (*h = calloc(1, sizeof(**h))) == NULL)
		conn_close(&c->conn, "out of memory");
	return (*h);
}

size_t
web_kept(const struct front_conn *c)
{
	const struct web_conn *h = http_of(c);

	return (h == NULL ? 0 : conn_buf_memory(&h->part));
}

/* The body was sent, or is not any more. */
static void
release(struct front_conn *c, struct web_conn *h)
{
	web_mapstore_release(h->map);
	h->map = NULL;
	if (h->own != NULL)
		c->f->web.bodies--;
	free(h->own);
	h->own = NULL;
}

void
web_free(struct front_conn *c)
{
	struct web_conn *h = http_of(c);

	web_clients_forget(c);

	if (h == NULL)
		return;
	conn_buf_free(&h->part);
	release(c, h);
	free(h);
	c->http = NULL;
}

static void
send_reply(struct front_conn *c)
{
	const struct web_reply *reply = &c->f->web.reply;
	struct web_conn *h;

	conn_reply(&c->conn, reply->buf, reply->len, reply->body,
	    reply->body_len);
	if (c->conn.dead)
		return;
	if (reply->close) {
		conn_drain(&c->conn);
		if (conn_buf_left(&c->conn.output.out) > 0)
			conn_deadline(&c->conn, FRONT_HTTP_SECS);
		return;
	}
	conn_deadline(&c->conn, FRONT_HTTP_SECS);
	if (reply->discard > 0 && (h = state(c)) != NULL)
		h->discard = reply->discard;
	/*
	 * Requests that the client sends ahead wait in its socket.  They are
	 * answered one at a time, because a read may hold hundreds.
	 */
	conn_pause(&c->conn, PAUSE_BODY);
	if (conn_buf_left(&c->conn.output.out) == 0)
		conn_resume(&c->conn, PAUSE_BODY);
}

/*
 * Send a map; of a large one its head, then pieces of the body as the socket
 * accepts them.  The next request waits for its end.
 */
static void
send_map(struct front_conn *c)
{
	const struct web_reply *reply = &c->f->web.reply;
	struct web_conn *h;

	if (reply->len + reply->body_len <= AT_ONCE) {
		send_reply(c);
		return;
	}
	if ((h = state(c)) == NULL)
		return;
	h->discard = reply->discard;
	h->map = reply->map;
	web_mapstore_hold(h->map);
	h->body = reply->body;
	h->left = reply->body_len;
	h->close = reply->close;
	conn_pause(&c->conn, PAUSE_BODY);
	conn_deadline(&c->conn, FRONT_HTTP_SECS);
	conn_reply(&c->conn, reply->buf, reply->len, NULL, 0);
	conn_dirty(&c->conn);
}

size_t
web_pending(const struct front_conn *c)
{
	const struct web_conn *h = http_of(c);

	return (h == NULL ? 0 : h->left);
}

size_t
web_read(struct front_conn *c, uint8_t *dst, size_t max)
{
	struct web_conn *h = http_of(c);
	size_t n;

	if (h == NULL || h->left == 0)
		return (0);
	n = h->left < max ? h->left : max;
	memcpy(dst, h->body, n);
	h->body += n;
	h->left -= n;
	conn_deadline(&c->conn, FRONT_HTTP_SECS);
	return (n);
}

void
web_sent(struct front_conn *c)
{
	struct web_conn *h = http_of(c);

	if (h != NULL)
		release(c, h);
	if ((h != NULL && h->close) || c->f->retire.on)
		conn_drain(&c->conn);
	else
		conn_resume(&c->conn, PAUSE_BODY);
}

static void
ws_out(const uint8_t *p, size_t n, void *arg)
{
	conn_write(&((struct front_conn *)arg)->conn, p, n);
}

/* DERP bytes of WebSocket messages. */
static int
ws_data(const uint8_t *p, size_t n, void *arg)
{
	struct front_conn *c = arg;

	(void)conn_feed(&c->conn, p, n);
	return (c->conn.dead ? -1 : 0);
}

static int
is_balancer(const uint8_t addr[16], void *arg)
{
	const struct front_conn *c = arg;

	return (front_proxies_has(&c->f->proxies, c->listener,
	    addr));
}

/*
 * When the request comes from a load balancer itself, as far as is known, it
 * may name the client.  Return 0, or -1: the client has too many connections.
 */
static int
set_client(struct front_conn *c)
{
	uint8_t addr[16];
	uint16_t port;

	if (!is_balancer(c->conn.addr, c) || !web_forwarded(&c->f->web.head,
	    is_balancer, c, addr, &port))
		return (0);
	return (front_budget_move(c, addr, port));
}

/* Find out who sent the request, for /debug/clients/. */
static void
name_client(const struct front_conn *c, struct web_env *env)
{
	uint16_t port;

	env->named = c->named;
	env->balancer = is_balancer(c->conn.addr, (void *)(uintptr_t)c);
	if (env->balancer)
		env->forwarded = web_forwarded(&c->f->web.head, is_balancer,
		    (void *)(uintptr_t)c, env->client, &port);
}

static void
upgrade(struct front_conn *c, int websocket)
{
	const struct web_reply *reply = &c->f->web.reply;

	if (set_client(c) == -1) {
		conn_close(&c->conn, "its source has too many connections");
		return;
	}
	conn_write(&c->conn, reply->buf, reply->len);
	if (websocket) {
		c->ws = web_ws_new(ws_data, ws_out, c);
		if (c->ws == NULL) {
			conn_close(&c->conn, "out of memory");
			return;
		}
		c->conn.wrapped = 1;
		c->f->set.stats->websocket_accepts++;
	}
	c->f->set.stats->accepts++;
	c->login.not_ideal = reply->ideal_node.p != NULL;
	web_free(c);
	c->f->web.ops->login(c);
}

/* Answer with the counters of all processes. */
static void
send_stats(struct front_conn *c)
{
	struct web_reply *reply = &c->f->web.reply;
	const char *more = c->f->metrics == NULL ? "" : c->f->metrics;
	struct web_env env;
	char *text;
	size_t len;

	if (c->f->web.ops->stats(c->f, &text, &len) == -1) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	web_env(c, &env);
	web_reply_body(&env, &c->f->web.head, WEB_VARZ, len + strlen(more),
	    reply);
	conn_write(&c->conn, reply->buf, reply->len);
	if (!reply->head_only) {
		conn_write(&c->conn, text, len);
		conn_write(&c->conn, more, strlen(more));
	}
	free(text);
	if (reply->close)
		conn_drain(&c->conn);
	else {
		conn_deadline(&c->conn, FRONT_HTTP_SECS);
		conn_pause(&c->conn, PAUSE_BODY);
	}
}

void
web_send_body(struct front_conn *c, const struct net_http_head *h,
    const char *type, void *body, size_t len)
{
	struct web_reply *reply = &c->f->web.reply;
	struct web_conn *state_of;
	struct web_env env;

	if ((state_of = state(c)) == NULL) {
		free(body);
		return;
	}
	web_env(c, &env);
	web_reply_body(&env, h, type, len, reply);
	state_of->own = body;
	c->f->web.bodies++;
	state_of->body = body;
	state_of->left = reply->head_only ? 0 : len;
	state_of->close = reply->close;
	conn_pause(&c->conn, PAUSE_BODY);
	conn_deadline(&c->conn, FRONT_HTTP_SECS);
	conn_reply(&c->conn, reply->buf, reply->len, NULL, 0);
	conn_dirty(&c->conn);
}

/* Count a request to /bootstrap-dns. */
static void
count_dns(struct conn_stats *s, enum web_dns_asked asked)
{
	if (asked == WEB_DNS_NOT)
		return;
	s->dns_requests++;
	s->dns_published_hits += asked == WEB_DNS_PUBLISHED_HIT;
	s->dns_published_misses += asked == WEB_DNS_PUBLISHED_MISS;
	s->dns_unpublished_hits += asked == WEB_DNS_UNPUBLISHED_HIT;
	s->dns_unpublished_misses += asked == WEB_DNS_UNPUBLISHED_MISS;
}

/* Handle a head that is whole or invalid. */
static void
request(struct front_conn *c, int parsed)
{
	struct web_reply *reply = &c->f->web.reply;
	enum web_action action;
	struct web_env env;

	c->answered = 1;
	web_env(c, &env);
	if (parsed < 0) {
		web_error(&env, parsed, reply);
		conn_write(&c->conn, reply->buf, reply->len);
		conn_drain(&c->conn);
		return;
	}
	name_client(c, &env);
	action = web_route(&env, &c->f->web.head, reply);
	count_dns(c->f->set.stats, reply->dns);
	switch (action) {
	case WEB_REPLY:
		send_reply(c);
		break;
	case WEB_UPGRADE_DERP:
		upgrade(c, 0);
		break;
	case WEB_UPGRADE_WEBSOCKET:
		upgrade(c, 1);
		break;
	case WEB_STATS:
		send_stats(c);
		break;
	case WEB_MAP:
		send_map(c);
		break;
	case WEB_CLIENTS:
		if (web_clients_request(c, &env))
			send_reply(c);
		break;
	}
}

/*
 * `have' bytes of a partial head were checked already.  Return 1 if its first
 * line or its end arrived only now.
 */
static int
head_news(const struct conn_buf *part, size_t have)
{
	const uint8_t *p = conn_buf_head(part);
	size_t n = conn_buf_left(part), from = have < 3 ? 0 : have - 3;

	if (memchr(p + have, '\n', n - have) == NULL)
		return (0);
	return (memchr(p + 2, '\n', have < 2 ? 0 : have - 2) == NULL ||
	    memmem(p + from, n - from, "\r\n\r\n", 4) != NULL);
}

/* Continue a head of earlier input, or keep a partial one. */
static size_t
continue_head(struct front_conn *c, const uint8_t *p, size_t n)
{
	struct web_conn *h;
	struct conn_buf whole;
	size_t have, k;
	int rv;

	if ((h = state(c)) == NULL)
		return (n);
	have = conn_buf_left(&h->part);
	k = HTTP_MAX_HEAD + 1 - have;
	if (k > n)
		k = n;
	if (conn_buf_add_tight(&h->part, p, k) == -1) {
		conn_close(&c->conn, "out of memory");
		return (n);
	}
	/* Parse only twice: with the first line, and at the end. */
	if (have + k <= HTTP_MAX_HEAD && !head_news(&h->part, have))
		return (k);
	rv = net_http_parse_request(&c->f->web.head,
	    (const char *)conn_buf_head(&h->part), have + k);
	if (rv == HTTP_MORE)
		return (k);
	whole = h->part;
	memset(&h->part, 0, sizeof(h->part));
	request(c, rv);
	conn_buf_wipe(&whole);		/* a ClientInfo may be behind it */
	return (rv < 0 ? n : (size_t)rv - have);
}

size_t
web_input(struct front_conn *c, const uint8_t *p, size_t n)
{
	struct web_conn *h = http_of(c);
	size_t k;
	int rv;

	if (h != NULL && h->discard > 0) {
		k = h->discard < n ? h->discard : n;
		h->discard -= k;
		return (k);
	}
	if (h != NULL && conn_buf_left(&h->part) > 0)
		return (continue_head(c, p, n));
	rv = net_http_parse_request(&c->f->web.head, (const char *)p, n);
	if (rv == HTTP_MORE)
		return (continue_head(c, p, n));
	request(c, rv);
	return (rv < 0 ? n : (size_t)rv);
}

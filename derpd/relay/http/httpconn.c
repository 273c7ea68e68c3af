/*
 * httpconn: HTTP requests on a connection, until one of them upgrades it to
 * DERP (derp(7), sections 2 and 5).  Called by input.c; the answers are in
 * web.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admit.h"
#include "forwarded.h"
#include "http.h"
#include "httpconn.h"
#include "log.h"
#include "relay.h"
#include "web.h"
#include "websocket.h"

/* Send a reply up to this size at once, a larger one in pieces. */
#define AT_ONCE		(48 * 1024)

/* The HTTP state of a connection between two pieces of input. */
struct web_conn {
	struct relay_buf	 part;		/* a partial head */
	size_t			 discard;	/* body bytes to discard */
	struct web_map_entry *map;		/* being sent, else NULL */
	const uint8_t		*body;		/* the part not sent yet */
	size_t			 left;
	int			 close;		/* close after the body */
};

static void
make_env(const struct relay_conn *c, struct web_env *env)
{
	memset(env, 0, sizeof(*env));
	env->tls = !c->plain;
	memcpy(env->peer, c->addr, sizeof(env->peer));
	env->relay = c->r->conf.relay;
	env->home = c->r->conf.home;
	env->redirect = c->r->conf.redirect;
	env->node_key = c->r->conf.node_key;
	env->maps = &c->r->maps;
	env->tokens = &c->r->tokens;
	env->now = time(NULL);
	env->date = &c->r->web.date;
}

/* Return the HTTP state, NULL if there is none. */
static struct web_conn *
http_of(const struct relay_conn *c)
{
	return (c->unknown == NULL ? NULL : c->unknown->http);
}

/* Return the HTTP state; without memory NULL, and the connection is closed. */
static struct web_conn *
state(struct relay_conn *c)
{
	struct web_conn **h = &c->unknown->http;

	if (*h == NULL && (*h = calloc(1, sizeof(**h))) == NULL)
		relay_conn_close(c, "out of memory");
	return (*h);
}

size_t
web_kept(const struct relay_conn *c)
{
	const struct web_conn *h = http_of(c);

	return (h == NULL ? 0 : relay_buf_memory(&h->part));
}

void
web_free(struct relay_conn *c)
{
	struct web_conn *h = http_of(c);

	if (h == NULL)
		return;
	relay_buf_free(&h->part);
	web_mapstore_release(h->map);
	free(h);
	c->unknown->http = NULL;
}

static void
send_reply(struct relay_conn *c)
{
	const struct web_reply *reply = &c->r->web.reply;
	struct web_conn *h;

	relay_conn_reply(c, reply->buf, reply->len, reply->body,
	    reply->body_len);
	if (c->dead)
		return;
	if (reply->close) {
		relay_conn_drain(c);
		if (relay_buf_left(&c->output.out) > 0)
			relay_conn_deadline(c, RELAY_HTTP_SECS);
		return;
	}
	relay_conn_deadline(c, RELAY_HTTP_SECS);
	if (reply->discard > 0 && (h = state(c)) != NULL)
		h->discard = reply->discard;
	/*
	 * Requests that the client sends ahead wait in its socket.  They are
	 * answered one at a time, because a read may hold hundreds.
	 */
	relay_conn_pause(c, PAUSE_BODY);
	if (relay_buf_left(&c->output.out) == 0)
		relay_conn_resume(c, PAUSE_BODY);
}

/*
 * Send a map; of a large one its head, then pieces of the body as the socket
 * accepts them.  The next request waits for its end.
 */
static void
send_map(struct relay_conn *c)
{
	const struct web_reply *reply = &c->r->web.reply;
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
	relay_conn_pause(c, PAUSE_BODY);
	relay_conn_deadline(c, RELAY_HTTP_SECS);
	relay_conn_reply(c, reply->buf, reply->len, NULL, 0);
	relay_conn_dirty(c);
}

size_t
web_pending(const struct relay_conn *c)
{
	const struct web_conn *h = http_of(c);

	return (h == NULL ? 0 : h->left);
}

size_t
web_read(struct relay_conn *c, uint8_t *dst, size_t max)
{
	struct web_conn *h = http_of(c);
	size_t n;

	if (h == NULL || h->left == 0)
		return (0);
	n = h->left < max ? h->left : max;
	memcpy(dst, h->body, n);
	h->body += n;
	h->left -= n;
	relay_conn_deadline(c, RELAY_HTTP_SECS);
	return (n);
}

void
web_sent(struct relay_conn *c)
{
	struct web_conn *h = http_of(c);

	if (h != NULL) {
		web_mapstore_release(h->map);
		h->map = NULL;
	}
	if (h != NULL && h->close)
		relay_conn_drain(c);
	else
		relay_conn_resume(c, PAUSE_BODY);
}

static void
ws_out(const uint8_t *p, size_t n, void *arg)
{
	relay_conn_write(arg, p, n);
}

static int
is_balancer(const uint8_t addr[16], void *arg)
{
	const struct relay_conn *c = arg;

	return (relay_proxies_has(&c->r->proxies, c->unknown->listener,
	    addr));
}

/*
 * When the request comes from a load balancer itself, as far as is known, it
 * may name the client.  Return 0, or -1: the client has too many connections.
 */
static int
set_client(struct relay_conn *c)
{
	uint8_t addr[16];
	uint16_t port;

	if (!is_balancer(c->addr, c) || !web_forwarded(&c->r->web.head,
	    is_balancer, c, addr, &port))
		return (0);
	return (relay_admit_as(c, addr, port));
}

static void
upgrade(struct relay_conn *c, int websocket)
{
	const struct web_reply *reply = &c->r->web.reply;

	if (set_client(c) == -1) {
		relay_conn_close(c, "its source has too many connections");
		return;
	}
	relay_conn_write(c, reply->buf, reply->len);
	if (websocket) {
		c->ws = web_ws_new(relay_conn_ws_data, ws_out, c);
		if (c->ws == NULL) {
			relay_conn_close(c, "out of memory");
			return;
		}
		c->r->stats->websocket_accepts++;
	}
	c->r->stats->accepts++;
	c->session.not_ideal = reply->ideal_node.p != NULL;
	web_free(c);
	c->r->web.ops->login(c);
}

/* Answer a request for the metrics; the next request waits for its end. */
static void
send_stats(struct relay_conn *c, const struct web_env *env)
{
	struct web_reply *reply = &c->r->web.reply;
	const char *more = c->r->metrics == NULL ? "" : c->r->metrics;
	struct relay_stats all;
	char *text;
	size_t len;

	cluster_pages_sum(c->r, &all);
	if (relay_stats_text(&all, c->r->conf.client_rate != 0, &text,
	    &len) == -1) {
		relay_conn_close(c, "out of memory");
		return;
	}
	web_reply_body(env, &c->r->web.head, WEB_VARZ, len + strlen(more),
	    reply);
	relay_conn_write(c, reply->buf, reply->len);
	if (!reply->head_only) {
		relay_conn_write(c, text, len);
		relay_conn_write(c, more, strlen(more));
	}
	free(text);
	if (reply->close) {
		relay_conn_drain(c);
		return;
	}
	relay_conn_deadline(c, RELAY_HTTP_SECS);
	relay_conn_pause(c, PAUSE_BODY);
}

/* Handle a head that is whole or invalid. */
static void
request(struct relay_conn *c, int parsed)
{
	struct web_reply *reply = &c->r->web.reply;
	struct web_env env;

	make_env(c, &env);
	if (parsed < 0) {
		web_error(&env, parsed, reply);
		relay_conn_write(c, reply->buf, reply->len);
		relay_conn_drain(c);
		return;
	}
	switch (web_route(&env, &c->r->web.head, reply)) {
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
		send_stats(c, &env);
		break;
	case WEB_MAP:
		send_map(c);
		break;
	}
}

/*
 * `have' bytes of a partial head were checked already.  Return 1 if its first
 * line or its end arrived only now.
 */
static int
head_news(const struct relay_buf *part, size_t have)
{
	const uint8_t *p = relay_buf_head(part);
	size_t n = relay_buf_left(part), from = have < 3 ? 0 : have - 3;

	if (memchr(p + have, '\n', n - have) == NULL)
		return (0);
	return (memchr(p + 2, '\n', have < 2 ? 0 : have - 2) == NULL ||
	    memmem(p + from, n - from, "\r\n\r\n", 4) != NULL);
}

/* Continue a head of earlier input, or keep a partial one. */
static size_t
continue_head(struct relay_conn *c, const uint8_t *p, size_t n)
{
	struct web_conn *h;
	struct relay_buf whole;
	size_t have, k;
	int rv;

	if ((h = state(c)) == NULL)
		return (n);
	have = relay_buf_left(&h->part);
	k = HTTP_MAX_HEAD + 1 - have;
	if (k > n)
		k = n;
	if (relay_buf_add_tight(&h->part, p, k) == -1) {
		relay_conn_close(c, "out of memory");
		return (n);
	}
	/* Parse only twice: with the first line, and at the end. */
	if (have + k <= HTTP_MAX_HEAD && !head_news(&h->part, have))
		return (k);
	rv = net_http_parse_request(&c->r->web.head,
	    (const char *)relay_buf_head(&h->part), have + k);
	if (rv == HTTP_MORE)
		return (k);
	whole = h->part;
	memset(&h->part, 0, sizeof(h->part));
	request(c, rv);
	relay_buf_free(&whole);
	return (rv < 0 ? n : (size_t)rv - have);
}

size_t
web_input(struct relay_conn *c, const uint8_t *p, size_t n)
{
	struct web_conn *h = http_of(c);
	size_t k;
	int rv;

	if (h != NULL && h->discard > 0) {
		k = h->discard < n ? h->discard : n;
		h->discard -= k;
		return (k);
	}
	if (h != NULL && relay_buf_left(&h->part) > 0)
		return (continue_head(c, p, n));
	rv = net_http_parse_request(&c->r->web.head, (const char *)p, n);
	if (rv == HTTP_MORE)
		return (continue_head(c, p, n));
	request(c, rv);
	return (rv < 0 ? n : (size_t)rv);
}

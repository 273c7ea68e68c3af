/*
 * clients: see clients.h.  Called by httpconn.c with requests, by front.c with
 * what the parent sends, and by frontconn.c at a deadline.
 *
 * A front knows no sessions.  One list at a time is made, and few answers wait
 * to be read, so that the memory for them is bounded.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clients.h"
#include "clientspage.h"
#include "clock.h"
#include "front.h"
#include "httpconn.h"
#include "ipcsend.h"
#include "web_reply.h"

#define LIST_SECS	20	/* until the list is there; others have their
				   turns before */
#define MAX_BODIES	4	/* answers that are being sent */

#define HTML	"text/html; charset=utf-8"
#define JSON	"application/json"

/* Send `text' as the body of the answer to the request `h'. */
static void
answer(struct front_conn *c, const struct net_http_head *h, int json,
    struct ipc_wr *text)
{
	if (ipc_wr_ok(text))
		web_send_body(c, h, json ? JSON : HTML, text->p, text->len);
	else {
		ipc_wr_free(text);
		conn_close(&c->conn, "out of memory");
	}
}

/* The answer is 503: the client may try again. */
static void
unavailable(struct front_conn *c, const struct net_http_head *h,
    const struct web_env *env, const char *why)
{
	struct web_reply *r = &c->f->web.reply;

	web_begin(env, h, r, 503);
	web_put(r, "Retry-After: 1\r\nX-Content-Type-Options: nosniff\r\n");
	(void)web_end(r, WEB_TEXT, why);
}

/* The page without a list: how many clients there are. */
static void
send_index(struct front_conn *c, int json)
{
	struct conn_stats sum;
	struct ipc_wr text;

	front_pages_sum(c->f, &sum);
	ipc_wr_init(&text);
	web_clients_index(json, sum.connections, sum.clients, &text);
	answer(c, &c->f->web.head, json, &text);
}

/* Request the list.  0, or -1 without memory or parent. */
static int
begin(struct front_conn *c, const struct web_clients_query *q)
{
	struct web_clients *l = &c->f->clients;
	struct ipc_msg_front_list v = { ++l->id, q->q };

	if (conn_clientpage_begin(&l->page, &q->q) == -1)
		return (-1);
	if (ipc_send_front_list(c->f->parent, &v) == -1) {
		conn_clientpage_free(&l->page);
		return (-1);
	}
	l->c = c;
	l->query = *q;
	/* The parts of a head are in the input, which does not stay. */
	l->head = c->f->web.head;
	l->head.nfields = 0;
	l->head.method.p = c->f->web.reply.head_only ? "HEAD" : "GET";
	l->head.method.len = strlen(l->head.method.p);
	conn_pause(&c->conn, PAUSE_LIST);
	conn_deadline(&c->conn, LIST_SECS);
	return (0);
}

int
web_clients_request(struct front_conn *c, const struct web_env *env)
{
	const struct net_http_head *h = &c->f->web.head;
	struct web_clients_query q;
	const char *why;

	if (web_clients_parse(&q, h->query.p, h->query.len,
	    base_clock_unix_ns(), &why) == -1) {
		(void)web_answer_text(env, h, &c->f->web.reply, 400, why);
		return (1);
	}
	why = "another list is being made\n";
	if (c->f->clients.c != NULL || c->f->web.bodies >= MAX_BODIES) {
		unavailable(c, h, env, why);
		return (1);
	}
	if (q.filter == WEB_CLIENTS_NONE)
		send_index(c, q.json);
	else if (begin(c, &q) == -1)
		conn_close(&c->conn, "out of memory");
	return (0);
}

void
web_clients_listed(struct front *f, const struct ipc_msg_front_listed *v)
{
	struct web_clients *l = &f->clients;

	if (l->c != NULL && v->id == l->id &&
	    conn_clientpage_wants(&l->page, &v->row))
		conn_clientpage_add(&l->page, &v->row);
}

void
web_clients_end(struct front *f, const struct ipc_msg_front_list_end *v)
{
	struct web_clients *l = &f->clients;
	struct web_clients_counts counts = { v->conns, v->keys, 0, v->whole };
	struct front_conn *c = l->c;
	struct ipc_wr text;

	if (c == NULL || v->id != l->id)
		return;			/* it has gone, or it was too late */
	l->c = NULL;
	if (v->past > l->page.n)
		counts.remaining = v->past - l->page.n;
	conn_clientpage_sort(&l->page);
	ipc_wr_init(&text);
	if (l->query.json)
		web_clients_json(&l->query, &counts, l->page.rows, l->page.n,
		    &text);
	else
		web_clients_html(&l->query, &counts, l->page.rows, l->page.n,
		    &text);
	conn_clientpage_free(&l->page);
	answer(c, &l->head, l->query.json, &text);
	conn_resume(&c->conn, PAUSE_LIST);
}

int
web_clients_late(struct front_conn *c)
{
	struct web_clients *l = &c->f->clients;
	struct web_reply *r = &c->f->web.reply;
	struct web_env env;

	if (l->c != c)
		return (0);
	web_clients_forget(c);
	web_env(c, &env);
	r->len = 0;
	r->close = 1;
	r->head_only = 0;
	unavailable(c, NULL, &env, "the relay workers did not answer in "
	    "time\n");
	conn_write(&c->conn, r->buf, r->len);
	conn_drain(&c->conn);
	return (1);
}

void
web_clients_forget(struct front_conn *c)
{
	struct web_clients *l = &c->f->clients;

	if (l->c != c)
		return;
	l->c = NULL;
	conn_clientpage_free(&l->page);
}

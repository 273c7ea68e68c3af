/*
 * login: the DERP login (derp(7), section 2).  Called by httpconn.c after an
 * upgrade, by session.c with the ClientInfo, by relay.c with the answers of
 * keys, and by adopt.c when the owner of the key has the client.
 *
 * The keys process opens the client's box, with a ticket that says whose it is,
 * and seals the server's when the session is registered; boxes.c keeps the
 * boxes that wait for it.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <string.h>

#include "admit.h"
#include "clientinfo.h"
#include "handover.h"
#include "ipcsend.h"
#include "log.h"
#include "login.h"
#include "relay.h"
#include "route.h"

void
derp_login_begin(struct relay_conn *c)
{
	uint8_t frame[FRAME_SERVER_KEY_SIZE];
	size_t n;

	c->state = CONN_INFO;
	relay_conn_deadline(c, LOGIN_SECS);
	n = net_frame_put_server_key(frame, c->r->conf.node_key);
	relay_conn_send(c, frame, n);
}

/* Return the bytes that keys has yet to read. */
static size_t
queued(void *arg)
{
	const struct relay *r = arg;

	return (r->box == NULL ? SIZE_MAX : ipc_chan_queued(r->box));
}

/* Request that keys open a box. */
static void
send_box(void *arg, uint64_t id, const uint8_t *info, size_t n)
{
	struct relay *r = arg;
	const size_t envelope = FRAME_KEY_LEN + FRAME_NONCE_LEN;
	struct ipc_msg_login v = {
		.cookie = id,
		.worker = relay_handover_owner(r, info),
		.client = info,
		.nonce = info + FRAME_KEY_LEN,
		.box = info + envelope,
		.box_len = n - envelope
	};

	if (ipc_send_login(r->box, &v) == -1)
		log_warn("can't send a login box to keys (sendmsg): the "
		    "client's login times out");
}

/* Request that keys seal ServerInfo for the client of a ticket. */
static void
send_seal(void *arg, uint64_t id, const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct relay *r = arg;
	char text[128];
	struct ipc_msg_seal v = { .cookie = id, .number = number,
	    .info = text };

	if (derp_serverinfo_text(text, sizeof(text), r->conf.client_rate,
	    r->conf.client_burst) == -1) {
		log_warnx("login refused: ServerInfo with the limits of "
		    "`client rate' does not fit into %zu bytes",
		    sizeof(text));
		return;
	}
	v.info_len = strlen(text);
	if (ipc_send_seal(r->box, &v) == -1)
		log_warn("can't request a seal from keys (sendmsg): the "
		    "client's login times out");
}

int
derp_login_init(struct relay *r)
{
	static const struct derp_boxes_ops ops = { queued, send_box,
	    send_seal };

	derp_boxes_init(&r->logins.boxes, &ops, r);
	r->logins.tickets = derp_tickets_new();
	return (r->logins.tickets == NULL ? -1 : 0);
}

static void
refuse(struct relay_conn *c, const char *why)
{
	log_limited(&c->r->logins.refused, "login refused: %s", why);
	relay_conn_close(c, why);
}

void
derp_login_info(struct relay_conn *c, const uint8_t *p, size_t n)
{
	memcpy(c->session.key, p, FRAME_KEY_LEN);
	if (relay_handover_owner(c->r, p) == IPC_MAXWORKERS) {
		refuse(c, "no worker owns its key");
		return;
	}
	c->unknown->login = derp_boxes_add(&c->r->logins.boxes, c->id, c, p,
	    n);
	if (c->unknown->login == NULL) {
		relay_conn_close(c, "out of memory");
		return;
	}
	c->state = CONN_ADMIT;
	relay_conn_deadline(c, LOGIN_SECS);
	relay_conn_pause(c, PAUSE_LOGIN);
}

void
derp_login_again(struct relay *r)
{
	derp_boxes_again(&r->logins.boxes);
}

size_t
derp_login_kept(const struct relay_conn *c)
{
	return (c->unknown == NULL ? 0 :
	    derp_box_size(c->unknown->login));
}

void
derp_login_free(struct relay_conn *c)
{
	if (c->unknown == NULL)
		return;
	derp_boxes_remove(&c->r->logins.boxes, c->unknown->login);
	c->unknown->login = NULL;
}

/* Register the session.  Return 0, or -1: it is closed. */
static int
enter(struct relay_conn *c)
{
	struct relay *r = c->r;

	c->unknown->info_at = relay_buf_left(&c->output.ctl);
	if (relay_route_add(c) == -1) {
		relay_conn_close(c, "out of memory");
		return (-1);
	}
	r->stats->connections++;
	if (c->session.not_ideal)
		r->stats->notideal_connections++;
	return (0);
}

void
derp_login_admit(struct relay_conn *c,
    const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	if (enter(c) == -1)
		return;
	c->unknown->login = derp_boxes_seal(&c->r->logins.boxes, c->id, c,
	    number);
	if (c->unknown->login == NULL)
		relay_conn_close(c, "out of memory");
}

void
derp_login_result(struct relay *r, const struct ipc_msg_login_result *v)
{
	struct derp_clientinfo ci;
	struct relay_conn *c;

	derp_boxes_more(&r->logins.boxes);
	c = derp_boxes_owner(&r->logins.boxes, v->cookie, BOXES_SENT);
	if (c == NULL || c->dead || c->state != CONN_ADMIT)
		return;			/* the client has gone */
	switch (v->end) {
	case IPC_LOGIN_OK:
		if (derp_clientinfo_parse(v->text, v->text_len, v->mesh,
		    &ci) == -1)
			refuse(c, "ClientInfo is malformed");
		else
			relay_handover_begin(c, &ci, v->ticket);
		break;
	case IPC_LOGIN_BAD:
		refuse(c, "ClientInfo does not decrypt with the client's key");
		break;
	case IPC_LOGIN_SEEN:
		refuse(c, "this ClientInfo was used before");
		break;
	case IPC_LOGIN_NO_SECRET:
		refuse(c, "keys does not know the worker that owns its key");
		break;
	}
}

/* The client is logged in. */
static void
begin(struct relay_conn *c)
{
	c->state = CONN_UP;
	c->session.up = 1;
	relay_conn_known(c);
	c->session.login_us = c->r->now_us;
	c->period = KEEPALIVE_SECS +
	    randombytes_uniform(KEEPALIVE_JITTER + 1);
	relay_conn_deadline(c, c->period);
	relay_conn_dirty(c);
	relay_conn_resume(c, PAUSE_LOGIN);
}

void
derp_login_sealed(struct relay *r, const struct ipc_msg_sealed *v)
{
	uint8_t hdr[FRAME_HDR_LEN];
	struct relay_conn *c;

	c = derp_boxes_owner(&r->logins.boxes, v->cookie, BOXES_SEAL);
	if (c == NULL || c->dead || c->state != CONN_ADMIT)
		return;			/* the client has gone */
	if (!v->ok) {
		refuse(c, "keys was restarted, and can't seal ServerInfo");
		return;
	}
	derp_login_free(c);
	net_frame_put_hdr(hdr, FRAME_SERVER_INFO, (uint32_t)v->box_len);
	relay_conn_send_at(c, c->unknown->info_at, v->box, v->box_len);
	relay_conn_send_at(c, c->unknown->info_at, hdr, sizeof(hdr));
	begin(c);
}

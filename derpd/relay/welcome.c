/*
 * welcome: see welcome.h.  Called by adopt.c and, with the answers of keys, by
 * relay.c.
 */
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "log.h"
#include "relay.h"
#include "relayconn.h"
#include "route.h"
#include "serverinfo.h"
#include "welcome.h"

static void
request(struct relay *r, const struct relay_seal *k)
{
	char text[SERVERINFO_SIZE];
	struct ipc_msg_seal v = { .cookie = k->id, .number = k->number,
	    .info = text };

	if (r->keys == NULL)
		return;			/* relay_welcome_again() */
	v.info_len = derp_serverinfo(text, r->conf.client_rate,
	    r->conf.client_burst);
	if (ipc_send_seal(r->keys, &v) == -1)
		log_warn("can't request a seal from keys (sendmsg): the "
		    "client's login times out");
}

void
relay_welcome(struct relay_conn *c, const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct relay *r = c->r;

	if (relay_route_add(c) == -1) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	r->stats->connections++;
	if (c->session.not_ideal)
		r->stats->notideal_connections++;
	c->seal = relay_seals_add(&r->seals, c->conn.id, c, number);
	if (c->seal == NULL)
		conn_close(&c->conn, "out of memory");
	else
		request(r, c->seal);
}

void
relay_welcome_again(struct relay *r)
{
	const struct relay_seal *k;

	TAILQ_FOREACH(k, &r->seals.list, entry)
		request(r, k);
}

void
relay_welcome_sealed(struct relay *r, const struct ipc_msg_sealed *v)
{
	uint8_t hdr[FRAME_HDR_LEN];
	struct relay_conn *c = relay_seals_owner(&r->seals, v->cookie);

	if (c == NULL || c->conn.dead || c->conn.state != CONN_ADMIT)
		return;			/* the client has gone */
	if (!v->ok) {
		log_limited(&r->refused, "login refused: keys was restarted, "
		    "and can't seal ServerInfo");
		conn_close(&c->conn, "ServerInfo can't be sealed");
		return;
	}
	relay_seals_remove(&r->seals, c->seal);
	c->seal = NULL;
	net_frame_put_hdr(hdr, FRAME_SERVER_INFO, (uint32_t)v->box_len);
	/* Before what was sent to it since it is registered. */
	conn_send_first(&c->conn, v->box, v->box_len);
	conn_send_first(&c->conn, hdr, sizeof(hdr));
	relay_conn_up(c);
}

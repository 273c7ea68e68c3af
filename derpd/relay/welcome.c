/*
 * welcome: see welcome.h.  Called by adopt.c, by relay.c with the answers of
 * keys, and by newrate.c and relayadmit.c.
 */
#include <sodium.h>
#include <string.h>

#include "cluster.h"
#include "group.h"
#include "ipcsend.h"
#include "log.h"
#include "relay.h"
#include "relayadmit.h"
#include "relayconn.h"
#include "route.h"
#include "serverinfo.h"
#include "welcome.h"

/*
 * Write the ServerInfo of the client: a mesh peer has no limit.  Return its
 * length, and a hash of it in *hash.
 */
static size_t
make_text(const struct relay_conn *c, char text[SERVERINFO_SIZE],
    uint32_t *hash)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	const struct ipc_relay_conf *conf = &c->r->conf;
	struct derp_limit client = { 0, 0 }, group;
	unsigned char h[crypto_shorthash_BYTES];
	size_t n;

	if (!c->session.mesh) {
		client.rate = conf->client_rate;
		client.burst = conf->client_burst;
	}
	derp_group_limits(&c->session, &group.rate, &group.burst);
	n = derp_serverinfo(text, &client, &group);
	crypto_shorthash(h, (const unsigned char *)text, n, key);
	memcpy(hash, h, sizeof(*hash));
	return (n);
}

static void
request(struct relay *r, struct relay_seal *k)
{
	const struct relay_conn *c = k->owner;
	char text[SERVERINFO_SIZE];
	struct ipc_msg_seal v = { .cookie = k->id, .number = k->number,
	    .client = c->session.key, .info = text };

	if (r->keys == NULL)
		return;			/* relay_welcome_again() */
	v.info_len = make_text(c, text, &k->text);
	if (ipc_send_seal(r->keys, &v) == -1)
		log_warn("can't request a seal from keys (sendmsg)");
}

void
relay_welcome(struct relay_conn *c, const uint8_t number[IPC_TICKET_NUMBERLEN])
{
	struct relay *r = c->r;

	if (relay_route_add(c) == -1) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	relay_admit_began(c);
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
	struct relay_seal *k;

	TAILQ_FOREACH(k, &r->seals.list, entry)
		request(r, k);
}

/* Remove the request, and ask again if the client's limits have changed. */
static void
finish(struct relay_conn *c)
{
	c->told = c->seal->text;
	relay_seals_remove(&c->r->seals, c->seal);
	c->seal = NULL;
	relay_welcome_tell(c);
}

/* The first ServerInfo of the client: the login is complete; or close. */
static void
log_in(struct relay_conn *c, const struct ipc_msg_sealed *v)
{
	struct log_about about;
	uint8_t hdr[FRAME_HDR_LEN];

	if (!v->ok) {
		about = conn_about(&c->conn);
		log_client(LOG_WARNING, &c->r->refused, &about, "login "
		    "refused: keys can't seal ServerInfo");
		conn_close(&c->conn, "ServerInfo can't be sealed");
		return;
	}
	net_frame_put_hdr(hdr, FRAME_SERVER_INFO, (uint32_t)v->box_len);
	/* Before what was sent to it since it is registered. */
	conn_send_first(&c->conn, v->box, v->box_len);
	conn_send_first(&c->conn, hdr, sizeof(hdr));
	relay_conn_up(c);
	finish(c);
}

/*
 * Another ServerInfo of a client that is logged in.  To clients of Tailscale it
 * says, too, that all is well: what is not is said again.
 */
static void
tell(struct relay_conn *c, const struct ipc_msg_sealed *v)
{
	uint8_t hdr[FRAME_HDR_LEN];

	if (v->ok) {
		net_frame_put_hdr(hdr, FRAME_SERVER_INFO,
		    (uint32_t)v->box_len);
		conn_send(&c->conn, hdr, sizeof(hdr));
		conn_send(&c->conn, v->box, v->box_len);
		cluster_duplicate_again(c);
	}
	finish(c);
}

void
relay_welcome_sealed(struct relay *r, const struct ipc_msg_sealed *v)
{
	struct relay_seal *k = relay_seals_find(&r->seals, v->cookie);
	struct relay_conn *c;

	if (k == NULL)
		return;			/* the client has gone */
	c = k->owner;
	if (c->conn.dead)
		return;
	if (c->conn.state == CONN_SEAL)
		log_in(c, v);
	else if (c->conn.state == CONN_UP)
		tell(c, v);
}

void
relay_welcome_tell(struct relay_conn *c)
{
	char text[SERVERINFO_SIZE];
	uint32_t hash;

	/* An answer that is outstanding calls this again. */
	if (c->conn.state != CONN_UP || c->conn.dead || c->seal != NULL)
		return;
	(void)make_text(c, text, &hash);
	if (hash == c->told)
		return;
	c->seal = relay_seals_change(&c->r->seals, c->conn.id, c);
	if (c->seal == NULL)
		log_warn("a client is not told its limits (malloc)");
}

void
relay_welcome_work(struct relay *r)
{
	struct relay_seal *k;

	while ((k = relay_seals_next(&r->seals)) != NULL)
		request(r, k);
}

/*
 * conn: a connection of a relay worker, from accept to close, and its
 * deadlines.  Called by accept.c and by the modules that handle one client.
 *
 * No step runs inside another.  relay_conn_close() only marks a connection;
 * relay_conn_reap() unlinks and frees it between the steps of a turn, when no
 * code walks a list or holds a connection.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admit.h"
#include "handover.h"
#include "httpconn.h"
#include "input.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "pump.h"
#include "relay.h"
#include "sent.h"
#include "session.h"
#include "tlsio.h"
#include "watch.h"
#include "websocket.h"

/* All that an idle client needs: one block of the pool. */
#define CONN_MAX	768

_Static_assert(sizeof(struct relay_conn) <= CONN_MAX, "size of a connection");

static void
wheel_off(struct relay_conn *c)
{
	if (!c->on_wheel)
		return;
	TAILQ_REMOVE(&c->r->wheel[c->slot], c, wheel);
	c->on_wheel = 0;
}

void
relay_conn_deadline(struct relay_conn *c, unsigned int secs)
{
	struct relay *r = c->r;

	if (c->dead)
		return;
	wheel_off(c);
	c->slot = (r->now_slot + secs + 1) % WHEEL_SLOTS;
	TAILQ_INSERT_TAIL(&r->wheel[c->slot], c, wheel);
	c->on_wheel = 1;
}

static void
sample_rtt(struct relay_conn *c)
{
#ifdef __linux__
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &ti, &len) == 0)
		relay_stats_rtt(c->r->stats, ti.tcpi_rtt);
#else
	(void)c;
#endif
}

static void
keep_alive(struct relay_conn *c)
{
	uint8_t hdr[FRAME_HDR_LEN];

	sample_rtt(c);
	if (c->rec != NULL)
		net_record_forgive(c->rec);
	relay_output_rest(c);
	net_frame_put_hdr(hdr, FRAME_KEEP_ALIVE, 0);
	relay_conn_send(c, hdr, sizeof(hdr));
	relay_conn_deadline(c, c->period);
}

void
relay_conn_no_deadline(struct relay_conn *c)
{
	wheel_off(c);
}

void
relay_conn_tick(struct relay *r)
{
	struct relay_conn *c;

	r->now_slot = (r->now_slot + 1) % WHEEL_SLOTS;
	while ((c = TAILQ_FIRST(&r->wheel[r->now_slot])) != NULL) {
		wheel_off(c);
		if (c->state == CONN_UP)
			keep_alive(c);
		else
			relay_conn_close(c, "timed out");
	}
}

void
relay_conn_known(struct relay_conn *c)
{
	if (c->unknown == NULL)
		return;
	relay_unfinished_remove(&c->r->unfinished, &c->unknown->unfinished);
	free(c->unknown);
	c->unknown = NULL;
}

/*
 * Connections have pages of their own: what outlives them in malloc's heap
 * would keep its pages.
 */
static struct relay_conn *
conn_alloc(struct relay *r, int fd, const uint8_t addr[16], uint16_t port)
{
	struct relay_unknown *u;
	struct relay_conn *c;
	size_t size;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return (NULL);
	if ((c = derp_pool_get(&r->conn_memory, sizeof(*c), &size)) == NULL) {
		free(u);
		return (NULL);
	}
	memset(c, 0, sizeof(*c));
	c->size = size;
	c->unknown = u;
	c->r = r;
	c->fd = fd;
	c->id = ++r->next_id;
	memcpy(c->addr, addr, sizeof(c->addr));
	c->port = port;
	c->session.env = &r->derp;
	return (c);
}

enum relay_conn_state
relay_conn_first_state(const struct relay_conn *c)
{
	return (c->plain ? CONN_HTTP : CONN_HANDSHAKE);
}

static void
add(struct relay_conn *c)
{
	TAILQ_INSERT_TAIL(&c->r->conns, c, entry);
	c->r->nconns++;
}

struct relay_conn *
relay_conn_new(struct relay *r, int fd, int tls, uint16_t listener,
    const uint8_t addr[16], uint16_t port)
{
	struct relay_conn *c;

	if ((c = conn_alloc(r, fd, addr, port)) == NULL)
		return (NULL);
	c->plain = !tls;
	c->unknown->listener = listener;
	c->state = relay_proxies_has(&r->proxies, listener, addr) ?
	    CONN_PROXY : relay_conn_first_state(c);
	if (relay_admit(c) == -1 || relay_input_begin(c) == -1) {
		relay_conn_known(c);
		derp_pool_put(&r->conn_memory, c, c->size);
		return (NULL);
	}
	relay_conn_charge(c);
	add(c);
	relay_conn_deadline(c, c->state == CONN_HTTP ? RELAY_HTTP_SECS :
	    LOGIN_SECS);
	return (c);
}

struct relay_conn *
relay_conn_take(struct relay *r, int fd, const uint8_t addr[16],
    uint16_t port)
{
	struct relay_conn *c;

	if ((c = conn_alloc(r, fd, addr, port)) == NULL)
		return (NULL);
	c->state = CONN_ADMIT;
	c->paused = PAUSE_LOGIN;
	relay_input_assign(c);
	add(c);
	relay_conn_deadline(c, LOGIN_SECS);
	return (c);
}

static void
count_dropped(struct derp_pkt *p, void *arg)
{
	struct relay *r = arg;

	derp_count_drop(r->stats, DROP_GONE_DISCONNECTED,
	    p->data + FRAME_HDR_LEN + FRAME_KEY_LEN,
	    p->len - FRAME_HDR_LEN - FRAME_KEY_LEN);
}

/* Remove the session of a logged-in client from the worker's tables. */
static void
leave(struct relay_conn *c)
{
	struct relay *r = c->r;

	if (c->session.peer == NULL)
		return;
	cluster_watch_end(c);
	if (c->session.home)
		r->stats->home_connections--;
	if (c->session.not_ideal)
		r->stats->notideal_connections--;
	r->stats->connections--;
	derp_sent_forget(r->sent, c);
	cluster_peers_remove(r->peers, c);
}

void
relay_conn_close(struct relay_conn *c, const char *why)
{
	if (c->dead)
		return;
	c->dead = 1;
	log_debug("connection %llu closed: %s", (unsigned long long)c->id, why);
	TAILQ_INSERT_TAIL(&c->r->dead, c, dead_link);
}

static void
unlink_all(struct relay_conn *c)
{
	struct relay *r = c->r;

	wheel_off(c);
	if (c->output.is_dirty)
		TAILQ_REMOVE(&r->outputs.dirty, c, output.dirty);
	relay_input_end(c);
	if (c->output.ev_write != NULL)
		event_free(c->output.ev_write);
	if (c->ev_rate != NULL)
		event_free(c->ev_rate);
	if (c->unknown != NULL)
		relay_handover_free(c);
	derp_login_free(c);
	if (c->proxied)
		r->npumps--;
	TAILQ_REMOVE(&r->conns, c, entry);
	r->nconns--;
}

static void
conn_free(struct relay_conn *c)
{
	relay_tlsio_end(c);
	relay_pump_free(c);
	if (c->fd != -1)
		close(c->fd);
	web_free(c);
	web_ws_free(c->ws);
	relay_input_free(c);
	derp_free(&c->session);
	relay_output_free(c, count_dropped, c->r);
	relay_conn_known(c);
	derp_pool_put(&c->r->conn_memory, c, c->size);
}

void
relay_conn_reap(struct relay *r)
{
	struct relay_conn *c;

	if (TAILQ_EMPTY(&r->dead))
		return;
	while ((c = TAILQ_FIRST(&r->dead)) != NULL) {
		TAILQ_REMOVE(&r->dead, c, dead_link);
		leave(c);
		unlink_all(c);
		conn_free(c);
	}
	relay_accept_room(r);
}

void
relay_conn_drain(struct relay_conn *c)
{
	if (c->dead || c->state == CONN_DRAIN)
		return;
	relay_pump_free(c);
	c->state = CONN_DRAIN;
	relay_conn_pause(c, PAUSE_DRAIN);
	relay_conn_deadline(c, 2);
	relay_conn_dirty(c);
}

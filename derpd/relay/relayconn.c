/*
 * relayconn: see relayconn.h.  Called by adopt.c, nodesadopt.c, welcome.c and
 * relay.c; its call-backs by derpd/conn.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <event2/event.h>
#include <sodium.h>
#include <string.h>

#include "clock.h"
#include "group.h"
#include "move.h"
#include "nodes.h"
#include "peers.h"
#include "records.h"
#include "relay.h"
#include "relayadmit.h"
#include "relayconn.h"
#include "seals.h"
#include "sent.h"
#include "watch.h"

#define NUMBER_US	100	/* unit of the numbers of connections */
#define KEEPALIVE_SECS	60
#define KEEPALIVE_JITTER 5
#define LOGIN_SECS	10		/* until ServerInfo is sealed */
#define RECORD_KEYS	16384		/* maximum number of expanded keys: 19
					   MB, allocated when used */

/* All that an idle client needs: one block of the pool. */
#define CONN_MAX	768

_Static_assert(sizeof(struct relay_conn) <= CONN_MAX, "size of a connection");

static void
sample_rtt(struct relay_conn *c)
{
#ifdef __linux__
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	if (getsockopt(c->conn.fd, IPPROTO_TCP, TCP_INFO, &ti, &len) == 0)
		conn_stats_rtt(c->r->stats, ti.tcpi_rtt);
#else
	(void)c;
#endif
}

/* Is it a mesh peer whose key was replaced a day ago, here or elsewhere? */
static int
key_is_over(struct relay_conn *c)
{
	const struct derp_session *s = &c->session;
	const uint64_t now = c->r->set.now_us;

	return (s->mesh && ((s->mesh_end != 0 && now >= s->mesh_end) ||
	    nodes_keyage_is_over(&c->r->nodes.keyage, s->login_us, now)));
}

static void
keep_alive(struct relay_conn *c)
{
	uint8_t hdr[FRAME_HDR_LEN];

	if (key_is_over(c)) {
		conn_close(&c->conn, "its mesh key was replaced a day ago");
		return;
	}
	sample_rtt(c);
	if (c->conn.rec != NULL)
		net_record_forgive(c->conn.rec);
	relay_packets_rest(c);
	net_frame_put_hdr(hdr, FRAME_KEEP_ALIVE, 0);
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_deadline(&c->conn, c->period);
}

static void
expired(struct conn *c)
{
	struct relay_conn *rc = relay_conn_of(c);

	if (c->state != CONN_UP)
		conn_close(c, "timed out");
	else if (rc->node != NULL)
		nodes_link_beat(rc);
	else
		keep_alive(rc);
}

static void
received(struct conn *c, uint8_t *p, size_t n)
{
	if (c->rec == NULL)
		conn_plain(c, p, n);
	else
		conn_records_received(c, p, n);
}

static size_t
input(struct conn *c, const uint8_t *p, size_t n)
{
	struct relay_conn *rc = relay_conn_of(c);

	return (rc->node == NULL ? derp_input(&rc->session, p, n) :
	    nodes_link_input(rc, p, n));
}

static void
work(struct conn *c)
{
	conn_work_plain(c);
	if (!c->dead && c->paused == 0 && c->rec != NULL)
		conn_work_records(c);
}

static size_t
read_size(const struct conn *c)
{
	(void)c;
	return (CONN_IN_SIZE);
}

/* In a hold no connection is read, whatever asks for it. */
static int
may_read(struct conn *c)
{
	if (!relay_hold_is_on(relay_conn_of(c)->r))
		return (1);
	conn_hold(c);
	return (0);
}

static void
was_read(struct conn *c, int input_came)
{
	struct relay_conn *rc = relay_conn_of(c);

	if (input_came ? c->state == CONN_UP && c->paused == 0 && !c->dead :
	    rc->pace.on)
		relay_beat_note(rc, input_came);
}

static void
pausing(struct conn *c)
{
	relay_beat_leave(relay_conn_of(c));
}

/*
 * Its session is registered, but ServerInfo is not ready, or it is not this
 * worker's yet.
 */
static int
held(const struct conn *c)
{
	return (c->state == CONN_SEAL || c->state == CONN_MOVED);
}

/* A link does not count any more when its last output is sent. */
static void
draining(struct conn *c)
{
	nodes_link_ended(relay_conn_of(c));
}

/* One that never was this worker's own was not counted. */
static void
uncount(const struct relay_conn *rc)
{
	struct conn_stats *s = rc->r->stats;

	if (rc->conn.state == CONN_MOVED)
		return;
	if (rc->session.home)
		s->home_connections--;
	if (rc->session.not_ideal)
		s->notideal_connections--;
	s->connections--;
}

/* Remove the session from the worker's tables. */
static void
leave(struct conn *c)
{
	struct relay_conn *rc = relay_conn_of(c);
	struct relay *r = rc->r;

	nodes_link_ended(rc);
	relay_admit_leave(rc);
	relay_newrate_leave(rc);
	relay_drain_leave(rc);
	move_leave(rc);
	if (rc->session.peer == NULL)
		return;
	cluster_watch_end(rc);
	uncount(rc);
	derp_sent_forget(r->sent, rc);
	cluster_peers_remove(r->peers, rc);
}

static void
free_conn(struct conn *c)
{
	struct relay_conn *rc = relay_conn_of(c);
	struct relay *r = rc->r;

	if (rc->ev_rate != NULL)
		event_free(rc->ev_rate);
	relay_seals_remove(&r->seals, rc->seal);
	derp_groups_leave(r->leases.groups, &rc->session);
	derp_free(&rc->session);
	relay_packets_free(rc);
	nodes_link_free(rc);
	conn_end(c);
	derp_pool_put(&r->conn_memory, rc, rc->size);
}

static const uint8_t *
key(const struct conn *c)
{
	const struct relay_conn *rc = relay_conn_peek(c);

	return (rc->node == NULL ? rc->session.key : NULL);
}

static const struct conn_ops ops = {
	.received = received,
	.input = input,
	.work = work,
	.read_size = read_size,
	.may_read = may_read,
	.was_read = was_read,
	.pausing = pausing,
	.encrypt = conn_records_write,
	.encrypt_pieces = conn_records_write_pieces,
	.end = conn_records_close,
	.pending = relay_packets_pending,
	.gather = relay_packets_gather,
	.gathered = relay_packets_gathered,
	.held = held,
	.key = key,
	.rested = relay_packets_rested,
	.expired = expired,
	.draining = draining,
	.leave = leave,
	.free = free_conn
};

void
relay_conn_init(struct relay *r)
{
	conn_set_init(&r->set, &ops, &conn_output_sock, &r->own.none,
	    RECORD_KEYS, r);
}

/*
 * Connections have pages of their own: what outlives them in malloc's heap
 * would keep its pages.
 */
struct relay_conn *
relay_conn_new(struct relay *r, int fd, const uint8_t addr[16], uint16_t port)
{
	struct relay_conn *c;
	size_t size;

	if ((c = derp_pool_get(&r->conn_memory, sizeof(*c), &size)) == NULL)
		return (NULL);
	memset(c, 0, sizeof(*c));
	c->size = size;
	c->r = r;
	c->session.env = &r->derp;
	conn_begin(&r->set, &c->conn, fd, addr, port);
	c->conn.state = CONN_SEAL;
	c->conn.paused = PAUSE_LOGIN;
	conn_add(&c->conn);
	conn_deadline(&c->conn, LOGIN_SECS);
	return (c);
}

/*
 * Return a number for a new connection: no two of all workers are the same, and
 * they grow with time.
 */
static uint64_t
new_number(struct relay *r)
{
	uint64_t n = base_clock_boot_us() / NUMBER_US;

	if (n <= r->last_number)
		n = r->last_number + 1;
	r->last_number = n;
	return (n * IPC_MAXWORKERS + r->conf.worker);
}

static unsigned int
new_period(void)
{
	return (KEEPALIVE_SECS + randombytes_uniform(KEEPALIVE_JITTER + 1));
}

void
relay_conn_up(struct relay_conn *c)
{
	c->conn.state = CONN_UP;
	c->session.login_us = c->r->set.now_us;
	c->session.login_ns = base_clock_unix_ns();
	c->session.number = new_number(c->r);
	c->period = new_period();
	conn_deadline(&c->conn, c->period);
	conn_dirty(&c->conn);
	conn_resume(&c->conn, PAUSE_LOGIN);
}

void
relay_conn_go_on(struct relay_conn *c)
{
	struct conn_stats *s = c->r->stats;
	unsigned int due = c->period;

	c->conn.state = CONN_UP;
	s->connections++;
	s->home_connections += c->session.home;
	s->notideal_connections += c->session.not_ideal;
	s->watchers += c->session.watch != NULL;
	c->period = new_period();
	/* A client ends a session that has brought nothing for two minutes. */
	if (due > c->period)
		due = c->period;
	conn_deadline(&c->conn, due == 0 ? 0 : due - 1);
	conn_dirty(&c->conn);
	conn_resume(&c->conn, PAUSE_LOGIN);
}

void
relay_conn_moved(struct relay_conn *c)
{
	c->conn.state = CONN_MOVED;
	conn_no_deadline(&c->conn);
}

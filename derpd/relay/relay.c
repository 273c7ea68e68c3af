/*
 * relay: the process of a relay worker; see relay.h.  Called by main.c.
 *
 * The parent sends all its settings in messages; it enters its sandbox before
 * it reads the first byte of a client.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "childrun.h"
#include "clock.h"
#include "cluster.h"
#include "heap.h"
#include "link.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "relay.h"
#include "route.h"
#include "sent.h"
#include "tlsctx.h"
#include "tlsio.h"
#include "tlskey.h"
#include "watch.h"

#define SIGN_MS		1000	/* limit of one signature */
#define RECONNECT_MS	1000	/* Restarting: when to reconnect */
#define RECONNECT_TRY_MS 30000	/* how long to try */
#define STOP_POLL_MS	50
#define LIST_MAX	(CHAN_MAXQUEUED / 4 * 3) /* bytes of lists of clients */
#define QUEUES_FULL	64	/* classes that may be full at a time */

void
relay_clock(struct relay *r)
{
	r->now_us = base_clock_us();
}

int
relay_can_sign(struct relay *r)
{
	return (relay_tlskey_ready(&r->tlskey));
}

/* The signer is gone or hangs: handshakes wait for it or its successor. */
static void
signer_lost(void *arg)
{
	relay_accept_pause(arg, ACCEPT_KEYS);
}

static void
signer_back(struct relay *r)
{
	struct relay_conn *c;

	TAILQ_FOREACH(c, &r->conns, entry)
		relay_conn_resume(c, PAUSE_KEYS);
	relay_accept_resume(r, ACCEPT_KEYS);
}

static int
on_login_result(void *arg, const struct ipc_msg_login_result *v)
{
	derp_login_result(arg, v);
	return (0);
}

static int
on_sealed(void *arg, const struct ipc_msg_sealed *v)
{
	derp_login_sealed(arg, v);
	return (0);
}

/* Handlers of the box channel's messages. */
static const struct ipc_handlers box_handlers = {
	.login_result = on_login_result,
	.sealed = on_sealed
};

static void
box_message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	const char *what;

	(void)ch;
	relay_clock(arg);
	if ((what = ipc_dispatch(&box_handlers, m, arg)) != NULL)
		log_warnx("a message from keys is ignored: %s %s", what,
		    ipc_msg_name(m->type));
}

static void
box_gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct relay *r = arg;

	log_debug("the box channel to keys is closed: %s", why);
	ipc_chan_free(ch);
	r->box = NULL;
}

static int
on_keys(void *arg, const struct ipc_msg_relay_keys *v, int *fd)
{
	struct relay *r = arg;

	if (v->kind == KEYCHAN_SIGN) {
		relay_tlskey_set_channel(&r->tlskey, *fd, SIGN_MS);
		*fd = -1;
		signer_back(r);
		return (0);
	}
	ipc_chan_free(r->box);
	r->box = ipc_chan_new(r->base, *fd, ROLE_RELAY, ROLE_KEYS, box_message,
	    box_gone, r);
	if (r->box == NULL)
		fatal("can't open the box channel to keys (malloc, event_new)");
	*fd = -1;
	derp_login_again(r);
	return (0);
}

static int
on_secret(void *arg, const struct ipc_msg_relay_secret *v)
{
	struct relay *r = arg;

	derp_tickets_secret(r->logins.tickets, v->worker, v->secret);
	return (0);
}

static int
on_conf(void *arg, const struct ipc_msg_relay_conf *v)
{
	struct relay *r = arg;

	if (!ipc_relay_conf_valid(&v->conf))
		return (-1);
	r->next_conf = v->conf;
	relay_proxies_drop(&r->proxies);
	return (0);
}

static int
on_cert(void *arg, const struct ipc_msg_relay_cert *v)
{
	if (relay_tlsio_cert(arg, v->hash, v->pem, v->len) == -1)
		fatalx("can't use a certificate chain of %zu bytes from the "
		    "parent: malformed, or out of memory", v->len);
	return (0);
}

static int
on_listen(void *arg, const struct ipc_msg_relay_listen *v, int *fd)
{
	if (relay_accept_add(arg, *fd, v->tls, (uint16_t)v->number) == -1)
		fatalx("can't use a listening socket from the parent: "
		    "out of memory");
	*fd = -1;
	return (0);
}

static int
on_proxies(void *arg, const struct ipc_msg_relay_proxies *v)
{
	struct relay *r = arg;
	struct ipc_rd left = v->prefixes_left;
	struct net_prefix prefixes[IPC_MAXPROXIES];
	struct ipc_prefix one;
	uint32_t i;

	for (i = 0; i < v->nprefixes; i++) {
		if (ipc_next_prefix(&left, &one) == -1)
			return (-1);
		memcpy(prefixes[i].addr, one.addr, sizeof(one.addr));
		prefixes[i].bits = (uint8_t)one.bits;
	}
	if (relay_proxies_stage(&r->proxies, v->number, prefixes,
	    v->nprefixes) == -1)
		fatalx("can't use the load balancers of a listening address: "
		    "out of memory");
	return (0);
}

static int
on_slots(void *arg, int *fd)
{
	if (cluster_owners_map(arg, *fd) == -1)
		fatal("can't use the owners of keys from the parent (mmap)");
	close(*fd);
	*fd = -1;
	return (0);
}

static int
on_counters(void *arg, const struct ipc_msg_relay_counters *v, int *fd)
{
	int page = *fd;

	*fd = -1;
	if (cluster_pages_map(arg, v->worker, v->own, page) == -1)
		fatal("can't use the counters of worker %u from the parent "
		    "(mmap)", v->worker);
	return (0);
}

static int
on_link(void *arg, const struct ipc_msg_relay_link *v, int *fd)
{
	int part = *fd;

	*fd = -1;
	if (cluster_link_part(arg, v->worker, v->part, part) == -1)
		fatal("can't use the link to worker %u from the parent (mmap, "
		    "malloc)", v->worker);
	return (0);
}

static int
on_gone(void *arg, const struct ipc_msg_relay_gone *v)
{
	cluster_link_ended(arg, v->worker);
	return (0);
}

static int
on_hand(void *arg, const struct ipc_msg_relay_hand *v, int *fd)
{
	if (relay_hands_open(arg, *fd, v->worker) == -1)
		fatalx("can't use the channel of hand-overs to worker %u: out "
		    "of memory", v->worker);
	*fd = -1;
	return (0);
}

static int
on_maps(void *arg, const struct ipc_msg_relay_maps *v)
{
	struct relay *r = arg;

	return (web_mapstore_maps(&r->maps, v->n));
}

static int
on_map(void *arg, const struct ipc_msg_relay_map *v)
{
	struct relay *r = arg;

	return (web_mapstore_map(&r->maps, &v->map, time(NULL)));
}

/* Serve a token of ACME from now on, and confirm that to the parent. */
static int
on_token(void *arg, const struct ipc_msg_relay_token *v)
{
	struct ipc_msg_relay_token_set set = { v->token };
	struct relay *r = arg;

	if (acme_tokens_add(&r->tokens, v->token, v->auth) == -1)
		return (-1);
	if (v->token[0] != '\0' &&
	    ipc_send_relay_token_set(r->parent, &set) == -1)
		fatal("can't confirm an ACME token to the parent (sendmsg)");
	return (0);
}

static int
on_metrics(void *arg, const struct ipc_msg_relay_metrics *v)
{
	struct relay *r = arg;
	char *text;

	if ((text = strdup(v->text)) == NULL) {
		log_warn("no memory for metrics from the parent: older ones "
		    "are served");
		return (0);
	}
	free(r->metrics);
	r->metrics = text;
	return (0);
}

/* Put the staged settings in force. */
static void
commit(struct relay *r)
{
	relay_tlsio_commit(r);
	relay_proxies_commit(&r->proxies);
	r->conf = r->next_conf;
	r->staged = 0;
	relay_accept_limits(r);
	derp_queue_set_limit(&r->queues, (uint64_t)r->conf.queue_bytes *
	    QUEUES_FULL);
}

static int
on_commit(void *arg, const struct ipc_msg_relay_commit *v)
{
	struct relay *r = arg;
	struct ipc_msg_relay_result result = { .id = v->id };

	if (v->how == SETTINGS_DROP) {
		relay_tlsio_drop(r);
		relay_proxies_drop(&r->proxies);
		r->staged = 0;
		return (0);
	}
	if (v->how == SETTINGS_USE && v->id != r->staged)
		return (-1);
	if (v->how != SETTINGS_USE) {
		result.why = relay_tlsio_stage(r);
		r->staged = result.why == NULL ? v->id : 0;
	}
	result.ok = result.why == NULL;
	if (result.ok && v->how != SETTINGS_STAGE)
		commit(r);
	if (ipc_send_relay_result(r->parent, &result) == -1)
		fatal("can't report to the parent whether settings are in "
		    "force (sendmsg)");
	if (v->how == SETTINGS_FIRST)
		r->configured = 1;
	return (0);
}

static void
client_fill(struct ipc_client_info *i, const struct relay_conn *c)
{
	const struct relay *r = c->r;

	memset(i, 0, sizeof(*i));
	memcpy(i->key, c->session.key, sizeof(i->key));
	memcpy(i->addr, c->addr, sizeof(i->addr));
	i->port = c->port;
	i->worker = r->conf.worker;
	i->age_ms = (r->now_us - c->session.login_us) / 1000;
	i->rx_bytes = c->session.rx_bytes;
	i->tx_bytes = c->session.tx_bytes;
	i->rx_packets = c->session.rx_packets;
	i->tx_packets = c->session.tx_packets;
	i->drops = c->session.drops;
	i->queued_packets = derp_queue_packets(c->output.queue);
	i->queued_bytes = derp_queue_bytes(c->output.queue);
	i->flags = derp_flags(&c->session);
	i->home = c->session.home;
	i->dup = c->session.notified_dup;
}

static int
on_clients(void *arg, const struct ipc_msg_relay_clients *v)
{
	struct ipc_msg_relay_client one = { .request = v->request };
	struct ipc_msg_relay_clients_end end = { .request = v->request };
	struct relay *r = arg;
	struct relay_conn *c;

	TAILQ_FOREACH(c, &r->conns, entry) {
		if (c->state != CONN_UP || c->dead)
			continue;
		/*
		 * A slow parent gets a partial list; its channel must not
		 * overflow.
		 */
		if (ipc_chan_queued(r->parent) > LIST_MAX)
			break;
		client_fill(&one.client, c);
		(void)ipc_send_relay_client(r->parent, &one);
	}
	end.whole = c == NULL;
	(void)ipc_send_relay_clients_end(r->parent, &end);
	return (0);
}

/* Exit when all output is sent or the time is over. */
static void
stop_poll(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	struct relay_conn *c;

	(void)fd;
	(void)what;
	/*
	 * Lingering connections count: the client may still send, and to close
	 * now would send a reset, which may overtake our last output.
	 */
	if (base_clock_us() < r->stop_us)
		TAILQ_FOREACH(c, &r->conns, entry)
			if (!c->dead && (c->state == CONN_DRAIN ||
			    c->state == CONN_PUMP))
				return;
	exit(0);
}

/* Stop: accept no clients, and tell the others when to reconnect. */
static int
on_stop(void *arg, const struct ipc_msg_stop *v)
{
	struct relay *r = arg;
	uint8_t frame[FRAME_RESTARTING_SIZE];
	struct timeval tv = { 0, STOP_POLL_MS * 1000 };
	struct relay_conn *c;
	size_t n;

	if (r->stopping)
		return (0);
	r->stopping = 1;
	r->stop_us = r->now_us + (uint64_t)v->ms * 1000;
	relay_accept_close(r);
	n = net_frame_put_restarting(frame, RECONNECT_MS, RECONNECT_TRY_MS);
	TAILQ_FOREACH(c, &r->conns, entry) {
		if (c->state == CONN_PUMP)
			continue;	/* it ends with its session */
		if (c->state != CONN_UP) {
			relay_conn_close(c, "stopping");
			continue;
		}
		relay_conn_send(c, frame, n);
		relay_conn_drain(c);
	}
	r->ev_stop = event_new(r->base, -1, EV_PERSIST, stop_poll, r);
	if (r->ev_stop == NULL || event_add(r->ev_stop, &tv) == -1)
		exit(0);
	return (0);
}

static const struct ipc_handlers handlers = {
	.stop = on_stop,
	.relay_conf = on_conf,
	.relay_cert = on_cert,
	.relay_listen = on_listen,
	.relay_proxies = on_proxies,
	.relay_keys = on_keys,
	.relay_secret = on_secret,
	.relay_slots = on_slots,
	.relay_counters = on_counters,
	.relay_link = on_link,
	.relay_gone = on_gone,
	.relay_hand = on_hand,
	.relay_commit = on_commit,
	.relay_token = on_token,
	.relay_maps = on_maps,
	.relay_map = on_map,
	.relay_metrics = on_metrics,
	.relay_clients = on_clients
};

/*
 * Called every second: resume when the signer is ready again.  The parent sends
 * new channels when keys or the signer was restarted, and on request: the other
 * end may have closed a channel and still run.
 */
static void
check_keys(struct relay *r)
{
	struct ipc_msg_relay_keyless v = { relay_tlskey_gone(&r->tlskey),
	    r->box == NULL };

	if ((r->acceptor.off & ACCEPT_KEYS) != 0 && relay_can_sign(r))
		signer_back(r);
	if (r->configured && (v.sign || v.box))
		(void)ipc_send_relay_keyless(r->parent, &v);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;

	(void)fd;
	(void)what;
	relay_clock(r);
	relay_accept_tick(r);
	check_keys(r);
	relay_conn_tick(r);
	net_record_tick(&r->tls.records);
	cluster_link_tick(r);
	derp_pool_tick(&r->pool);
	derp_pool_tick(&r->conn_memory);
	relay_heap_tick(&r->heap, r->nconns);
}

struct relay *
relay_new(struct ipc_chan *parent)
{
	struct timeval second = { 1, 0 };
	struct relay *r;
	int i;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		fatal("can't create the worker: no memory");
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->resumed);
	TAILQ_INIT(&r->shaking);
	relay_unfinished_init(&r->unfinished);
	relay_outputs_init(&r->outputs, &relay_output_sock);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	relay_route_init(r);
	derp_pool_init(&r->pool);
	derp_pool_init(&r->conn_memory);
	if (derp_login_init(r) == -1)
		fatal("can't create the worker: no memory");
	relay_hands_init(r);
	derp_queue_set_init(&r->queues, &r->pool, relay_output_dropped);
	LIST_INIT(&r->watchers);
	LIST_INIT(&r->acceptor.listeners);
	r->acceptor.off = ACCEPT_START;
	r->now_us = base_clock_us();
	r->parent = parent;
	if ((r->base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
	if (relay_beat_init(r) == -1)
		fatal("can't run the event loop (timerfd, event_new)");
	r->ev_tick = event_new(r->base, -1, EV_PERSIST, tick, r);
	if (r->ev_tick == NULL || event_add(r->ev_tick, &second) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	relay_tlsio_init(r);
	if (cluster_init(r) == -1)
		fatal("can't create the worker: no memory");
	return (r);
}

/* Return 1 when work is queued for the next turn, without a socket event. */
static int
unfinished(const struct relay *r)
{
	return (!TAILQ_EMPTY(&r->resumed) || !TAILQ_EMPTY(&r->shaking) ||
	    !TAILQ_EMPTY(&r->outputs.dirty) || !TAILQ_EMPTY(&r->dead) ||
	    cluster_watch_more(r));
}

/*
 * Packets that a client sent before it left are written before it is reaped, so
 * that their receivers are notified that it left.  Handshakes are handled after
 * logged-in clients.  Keys are counted before clients can notice a login, and
 * again when some are gone.
 */
void
relay_turn(void *arg)
{
	struct relay *r = arg;
	int sleeps = !unfinished(r) && cluster_link_sleep(r);

	if (event_base_loop(r->base, EVLOOP_ONCE |
	    (sleeps ? 0 : EVLOOP_NONBLOCK)) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	relay_clock(r);
	cluster_link_read(r);
	relay_conn_work(r);
	cluster_peers_count(r->peers, r->stats);
	relay_output_flush(r);
	relay_conn_shake(r);
	relay_handover_work(r);
	relay_conn_reap(r);
	cluster_peers_reap(r->peers);
	cluster_peers_count(r->peers, r->stats);
	derp_sent_reap(r->sent);
	cluster_watch_work(r);
	relay_output_flush(r);
	cluster_link_flush(r);
}

static void
prepare(struct ipc_child *c)
{
	struct relay *r;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	relay_heap_init();
	relay_tlsctx_preload();
	r = relay_new(c->parent);
	relay_tlskey_init(&r->tlskey, signer_lost, r);
	relay_accept_init(r);
	c->base = r->base;
	c->arg = r;
}

static int
configured(void *arg)
{
	const struct relay *r = arg;

	return (r->configured);
}

static void
woken(void *arg)
{
	relay_clock(arg);
}

static void
begin(void *arg)
{
	relay_accept_resume(arg, ACCEPT_START);
}

void
relay_main(void)
{
	struct ipc_child child = {
		.role = ROLE_RELAY,
		.handlers = &handlers,
		.prepare = prepare,
		.configured = configured,
		.before = woken,
		.begin = begin,
		.turn = relay_turn
	};

	ipc_child_run(&child);
}

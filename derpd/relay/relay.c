/*
 * relay: the process of a relay worker; see relay.h.  Called by main.c.
 *
 * The parent sends all its settings in messages; it enters its sandbox before
 * it reads the first byte of a client.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "childrun.h"
#include "clock.h"
#include "cluster.h"
#include "crypto.h"
#include "group.h"
#include "ipcsend.h"
#include "link.h"
#include "log.h"
#include "move.h"
#include "nodes.h"
#include "peers.h"
#include "relay.h"
#include "relayadmit.h"
#include "route.h"
#include "sent.h"
#include "stop.h"
#include "tickets.h"
#include "watch.h"
#include "welcome.h"

#define LIST_MAX	(CHAN_MAXQUEUED / 4 * 3) /* bytes of lists of clients */
#define QUEUES_FULL	64	/* classes that may be full at a time */

static int
on_sealed(void *arg, const struct ipc_msg_sealed *v)
{
	relay_welcome_sealed(arg, v);
	return (0);
}

/* Handlers of the messages of keys. */
static const struct ipc_handlers keys_handlers = { .sealed = on_sealed };

static void
keys_message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct relay *r = arg;
	const char *what;

	(void)ch;
	conn_clock(&r->set);
	if ((what = ipc_dispatch(&keys_handlers, m, r)) != NULL)
		log_warnx("a message from keys is ignored: %s %s", what,
		    ipc_msg_name(m->type));
}

static void
keys_gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct relay *r = arg;

	log_debug("the channel to keys is closed: %s", why);
	ipc_chan_free(ch);
	r->keys = NULL;
}

static int
on_keys(void *arg, const struct ipc_msg_server_keys *v, int *fd)
{
	struct relay *r = arg;

	if (v->kind != KEYCHAN_SEAL)
		return (-1);
	ipc_chan_free(r->keys);
	r->keys = ipc_chan_new(r->set.base, *fd, ROLE_RELAY, ROLE_KEYS,
	    keys_message, keys_gone, r);
	if (r->keys == NULL)
		fatal("can't open the channel to keys (malloc, event_new)");
	*fd = -1;
	relay_hold_channels(r);
	relay_welcome_again(r);
	return (0);
}

static int
on_secret(void *arg, const struct ipc_msg_relay_secret *v)
{
	struct relay *r = arg;

	derp_tickets_secrets(r->tickets, v->worker, v->secret,
	    v->admit_secret);
	return (0);
}

static int
on_admit(void *arg, int *fd)
{
	if (relay_admit_open(arg, *fd) == -1)
		fatal("can't open the channel to admit (malloc, event_new)");
	*fd = -1;
	relay_hold_channels(arg);
	return (0);
}

static int
on_kick(void *arg, const struct ipc_msg_relay_kick *v)
{
	relay_admit_kick(arg, v->key);
	return (0);
}

static int
on_conf(void *arg, const struct ipc_msg_relay_conf *v)
{
	struct relay *r = arg;

	if (!ipc_relay_conf_valid(&v->conf))
		return (-1);
	r->next_conf = v->conf;
	return (0);
}

static int
on_slots(void *arg, int *fd)
{
	struct relay *r = arg;

	if (cluster_owners_map(r, *fd) == -1)
		fatal("can't use the owners of keys from the parent (mmap)");
	close(*fd);
	*fd = -1;
	return (0);
}

/* Count in `stats' from now on. */
static void
use_stats(struct relay *r, struct conn_stats *stats)
{
	r->stats = stats;
	r->set.stats = stats;
	r->derp.stats = stats;
}

static int
on_counters(void *arg, int *fd)
{
	struct relay *r = arg;
	struct conn_stats *stats;
	int page = *fd;

	*fd = -1;
	if ((stats = conn_statspage_map(&r->own, page)) == NULL)
		fatal("can't use the page of counters from the parent (mmap)");
	/* A worker that replaces another one has counted before. */
	conn_stats_add(stats, &r->own.none);
	use_stats(r, stats);
	return (0);
}

static int
on_link(void *arg, const struct ipc_msg_relay_link *v, int *fd)
{
	int part = *fd;

	*fd = -1;
	if (cluster_link_part(arg, v->worker, v->part, part) == -1)
		fatal("can't use the link to relay %u from the parent (mmap, "
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
on_mesh(void *arg, const struct ipc_msg_relay_mesh *v, int *fd)
{
	if (nodes_open(arg, *fd, v->node) == -1)
		fatalx("can't use the channel of links from mesh %u: out of "
		    "memory", v->node);
	*fd = -1;
	relay_hold_channels(arg);
	return (0);
}

static int
on_hand(void *arg, const struct ipc_msg_server_hand *v, int *fd)
{
	/* The parent connects again after a hold. */
	if (relay_hold_is_on(arg))
		return (0);
	if (relay_hands_open(arg, *fd, v->number) == -1)
		fatalx("can't use the channel of hand-overs from front %u: out "
		    "of memory", v->number);
	*fd = -1;
	return (0);
}

/* Put the staged settings in force. */
static void
commit(struct relay *r)
{
	nodes_commit(r);
	relay_admit_commit(r);
	relay_newrate_commit(r);
	r->conf = r->next_conf;
	r->staged = 0;
	r->has_mesh |= r->conf.mesh || r->conf.had_mesh;
	r->set.notsent_lowat = r->conf.notsent_lowat;
	r->set.write_timeout = r->conf.write_timeout;
	relay_beat_share(r, r->conf.nworkers);
	derp_groups_workers(r->leases.groups, r->conf.nworkers);
	derp_queue_set_limit(&r->queues, (uint64_t)r->conf.queue_bytes *
	    QUEUES_FULL);
}

static int
on_commit(void *arg, const struct ipc_msg_server_commit *v)
{
	struct ipc_msg_server_result result = { .id = v->id, .ok = 1 };
	struct relay *r = arg;

	if (v->how == SETTINGS_DROP) {
		r->staged = 0;
		return (0);
	}
	if (v->how == SETTINGS_USE && v->id != r->staged)
		return (-1);
	r->staged = v->id;
	if (v->how != SETTINGS_STAGE)
		commit(r);
	if (ipc_send_server_result(r->parent, &result) == -1)
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
	memcpy(i->addr, c->conn.addr, sizeof(i->addr));
	i->port = c->conn.port;
	i->worker = r->conf.worker;
	i->age_ms = (r->set.now_us - c->session.login_us) / 1000;
	i->rx_bytes = c->session.rx_bytes;
	i->tx_bytes = c->session.tx_bytes;
	i->rx_packets = c->session.rx_packets;
	i->tx_packets = c->session.tx_packets;
	i->drops = c->session.drops;
	i->queued_packets = derp_queue_packets(c->packets.queue);
	i->queued_bytes = derp_queue_bytes(c->packets.queue);
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
	struct conn *c;

	TAILQ_FOREACH(c, &r->set.conns, entry) {
		if (c->state != CONN_UP || c->dead ||
		    relay_conn_of(c)->node != NULL)
			continue;
		/*
		 * A slow parent gets a partial list; its channel must not
		 * overflow.
		 */
		if (ipc_chan_queued(r->parent) > LIST_MAX)
			break;
		client_fill(&one.client, relay_conn_of(c));
		one.name = relay_admit_name(relay_conn_of(c));
		one.group = relay_admit_group(relay_conn_of(c));
		(void)ipc_send_relay_client(r->parent, &one);
	}
	end.whole = c == NULL;
	(void)ipc_send_relay_clients_end(r->parent, &end);
	return (0);
}

static int
on_list(void *arg, const struct ipc_msg_relay_list *v)
{
	relay_listing_begin(arg, v);
	return (0);
}

static int
on_move_to(void *arg, const struct ipc_msg_relay_move_to *v, int *fd)
{
	if (v->to >= v->nworkers)
		return (-1);
	if (move_to(arg, v->to, v->nworkers, v->slot_secret, v->nodes,
	    *fd) == -1)
		fatal("can't open the channel to relay %u (malloc, event_new)",
		    v->to);
	*fd = -1;
	return (0);
}

static int
on_move(void *arg)
{
	/* What is sent must not change any more. */
	if (!relay_hold_is_held(arg))
		return (-1);
	move_go(arg);
	return (0);
}

static int
on_take(void *arg, const struct ipc_msg_relay_take *v)
{
	move_take(arg, v->lost);
	return (0);
}

static const struct ipc_handlers handlers = {
	.stop = relay_stop_message,
	.relay_conf = on_conf,
	.server_keys = on_keys,
	.relay_secret = on_secret,
	.server_slots = on_slots,
	.server_counters = on_counters,
	.relay_link = on_link,
	.relay_gone = on_gone,
	.server_hand = on_hand,
	.relay_mesh = on_mesh,
	.server_commit = on_commit,
	.server_admit = on_admit,
	.relay_kick = on_kick,
	.relay_clients = on_clients,
	.relay_list = on_list,
	.relay_drain = relay_drain_message,
	.relay_hold = relay_hold_message,
	.relay_thaw = relay_hold_thaw,
	.relay_leave = relay_hold_leave,
	.relay_succeeded = relay_hold_succeeded,
	.relay_move_to = on_move_to,
	.relay_move = on_move,
	.relay_move_from = move_from_message,
	.relay_take = on_take
};

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct ipc_msg_server_keyless keyless = { .keys = 1 };
	struct relay *r = arg;

	(void)fd;
	(void)what;
	conn_clock(&r->set);
	if (relay_hold_is_on(r)) {
		relay_hold_tick(r);
		return;
	}
	/* Keys may have closed a channel and still run. */
	if (r->configured && r->keys == NULL)
		(void)ipc_send_server_keyless(r->parent, &keyless);
	conn_tick(&r->set);
	relay_admit_tick(r);
	cluster_link_tick(r);
	nodes_tick(r);
	derp_pool_tick(&r->pool);
	derp_pool_tick(&r->conn_memory);
	conn_heap_tick(&r->heap, r->set.nconns);
}

struct relay *
relay_new(struct ipc_chan *parent)
{
	struct timeval second = { 1, 0 };
	struct relay *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->tickets = derp_tickets_new()) == NULL)
		fatal("can't create the worker: no memory");
	if ((r->set.base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
	relay_conn_init(r);
	relay_route_init(r);
	use_stats(r, &r->own.none);
	derp_pool_init(&r->pool);
	derp_pool_init(&r->conn_memory);
	relay_seals_init(&r->seals);
	relay_hands_init(r);
	relay_packets_init(r);
	nodes_init(r);
	LIST_INIT(&r->watchers);
	r->parent = parent;
	if (relay_leases_init(r) == -1)
		fatal("can't create the worker: no memory");
	if (relay_beat_init(r) == -1)
		fatal("can't run the event loop (timerfd, event_new)");
	r->ev_tick = event_new(r->set.base, -1, EV_PERSIST, tick, r);
	if (r->ev_tick == NULL || event_add(r->ev_tick, &second) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	if (cluster_init(r) == -1)
		fatal("can't create the worker: no memory");
	return (r);
}

/*
 * Packets that a client sent before it left are written before it is reaped, so
 * that their receivers are notified that it left.  Keys are counted before
 * clients can notice a login, and again when some are gone.
 */
static void
whole_turn(struct relay *r)
{
	int sleeps = !conn_more(&r->set) && !cluster_watch_more(r) &&
	    !relay_admit_more(r) && !relay_newrate_more(r) &&
	    !relay_listing_more(r) && !relay_drain_more(r) &&
	    !cluster_far_more(r) && !nodes_more(r) && !move_more(r) &&
	    cluster_link_sleep(r);

	if (event_base_loop(r->set.base, EVLOOP_ONCE |
	    (sleeps ? 0 : EVLOOP_NONBLOCK)) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	conn_clock(&r->set);
	cluster_link_read(r);
	conn_work(&r->set);
	cluster_count(r);
	conn_output_flush(&r->set);
	conn_reap(&r->set);
	cluster_peers_reap(r->peers);
	cluster_far_work(r);
	cluster_count(r);
	derp_sent_reap(r->sent);
	cluster_watch_work(r);
	relay_admit_work(r);
	relay_newrate_work(r);
	relay_drain_work(r);
	move_work(r);
	nodes_work(r);
	relay_listing_work(r);
	relay_welcome_work(r);
	conn_output_flush(&r->set);
	cluster_link_flush(r);
}

void
relay_turn(void *arg)
{
	struct relay *r = arg;

	if (relay_hold_is_on(r))
		relay_hold_turn(r);
	else
		whole_turn(r);
}

static void
prepare(struct ipc_child *c)
{
	struct relay *r;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	conn_heap_init();
	net_crypto_preload();
	r = relay_new(c->parent);
	conn_files_init(&r->files);
	c->base = r->set.base;
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
	struct relay *r = arg;

	conn_clock(&r->set);
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
		.turn = relay_turn
	};

	ipc_child_run(&child);
}

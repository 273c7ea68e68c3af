/*
 * front: the process of a front; see front.h.  Called by main.c and, before a
 * handshake, by frontconn.c.
 *
 * The parent sends all its settings in messages; it enters its sandbox before
 * it reads the first byte of a client.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "childrun.h"
#include "crypto.h"
#include "front.h"
#include "ipcsend.h"
#include "log.h"
#include "slots.h"
#include "tlsctx.h"

#define SIGN_MS		1000	/* limit of one signature */

int
front_can_sign(struct front *f)
{
	return (front_tlskey_ready(&f->tlskey));
}

/* The signer is gone or hangs: handshakes wait for it or its successor. */
static void
signer_lost(void *arg)
{
	front_accept_pause(arg, ACCEPT_KEYS);
}

static int
on_login_result(void *arg, const struct ipc_msg_login_result *v)
{
	front_login_result(arg, v);
	return (0);
}

/* Handlers of the box channel's messages. */
static const struct ipc_handlers box_handlers = {
	.login_result = on_login_result
};

static void
box_message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct front *f = arg;
	const char *what;

	(void)ch;
	conn_clock(&f->set);
	if ((what = ipc_dispatch(&box_handlers, m, f)) != NULL)
		log_warnx("a message from keys is ignored: %s %s", what,
		    ipc_msg_name(m->type));
}

static void
box_gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct front *f = arg;

	log_debug("the box channel to keys is closed: %s", why);
	ipc_chan_free(ch);
	f->box = NULL;
}

static int
on_keys(void *arg, const struct ipc_msg_server_keys *v, int *fd)
{
	struct front *f = arg;

	if (v->kind == KEYCHAN_SIGN) {
		front_tlskey_set_channel(&f->tlskey, *fd, SIGN_MS);
		*fd = -1;
		front_conn_signs(f);
		return (0);
	}
	if (v->kind != KEYCHAN_BOX)
		return (-1);
	ipc_chan_free(f->box);
	f->box = ipc_chan_new(f->set.base, *fd, ROLE_FRONT, ROLE_KEYS,
	    box_message, box_gone, f);
	if (f->box == NULL)
		fatal("can't open the box channel to keys (malloc, event_new)");
	*fd = -1;
	front_login_again(f);
	return (0);
}

static int
on_conf(void *arg, const struct ipc_msg_front_conf *v)
{
	struct front *f = arg;

	if (!ipc_front_conf_valid(&v->conf))
		return (-1);
	f->next_conf = v->conf;
	front_proxies_drop(&f->proxies);
	f->next_viewers.n = 0;
	return (0);
}

static int
on_cert(void *arg, const struct ipc_msg_front_cert *v)
{
	if (front_tls_cert(arg, v->hash, v->pem, v->len) == -1)
		fatalx("can't use a certificate chain of %zu bytes from the "
		    "parent: malformed, or out of memory", v->len);
	return (0);
}

static int
on_listen(void *arg, const struct ipc_msg_front_listen *v, int *fd)
{
	if (front_accept_add(arg, *fd, v) == -1)
		fatalx("can't use a listening socket from the parent: "
		    "out of memory");
	*fd = -1;
	return (0);
}

/* Read `n' prefixes from `left' to `to'.  0, or -1 malformed. */
static int
read_prefixes(struct ipc_rd left, uint32_t n,
    struct net_prefix to[IPC_MAXPROXIES])
{
	struct ipc_prefix one;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (ipc_next_prefix(&left, &one) == -1)
			return (-1);
		memcpy(to[i].addr, one.addr, sizeof(one.addr));
		to[i].bits = (uint8_t)one.bits;
	}
	return (0);
}

static int
on_proxies(void *arg, const struct ipc_msg_front_proxies *v)
{
	struct front *f = arg;
	struct net_prefix prefixes[IPC_MAXPROXIES];

	if (read_prefixes(v->prefixes_left, v->nprefixes, prefixes) == -1)
		return (-1);
	if (front_proxies_stage(&f->proxies, v->number, prefixes,
	    v->nprefixes) == -1)
		fatalx("can't use the load balancers of a listening address: "
		    "out of memory");
	return (0);
}

static int
on_debug(void *arg, const struct ipc_msg_front_debug *v)
{
	struct front *f = arg;

	f->next_viewers.n = v->nprefixes;
	return (read_prefixes(v->prefixes_left, v->nprefixes,
	    f->next_viewers.v));
}

static int
on_slots(void *arg, int *fd)
{
	struct front *f = arg;
	struct ipc_slots *s;

	if ((s = ipc_slots_map(*fd)) == NULL)
		fatal("can't use the owners of keys from the parent (mmap)");
	ipc_slots_free(f->slots);
	f->slots = s;
	close(*fd);
	*fd = -1;
	return (0);
}

static int
on_own_counters(void *arg, int *fd)
{
	struct front *f = arg;
	int page = *fd;

	*fd = -1;
	f->set.stats = conn_statspage_map(&f->own, page);
	if (f->set.stats == NULL)
		fatal("can't use the page of counters from the parent (mmap)");
	return (0);
}

static int
on_counters(void *arg, const struct ipc_msg_front_counters *v, int *fd)
{
	int page = *fd;

	*fd = -1;
	if (front_pages_map(arg, v->number, page) == -1)
		fatal("can't use the counters of another process from the "
		    "parent (mmap)");
	return (0);
}

static int
on_hand(void *arg, const struct ipc_msg_server_hand *v, int *fd)
{
	if (front_hands_open(arg, *fd, v->number) == -1)
		fatalx("can't use the channel of hand-overs to relay %u: out "
		    "of memory", v->number);
	*fd = -1;
	return (0);
}

static int
on_admit(void *arg, int *fd)
{
	if (front_admission_open(arg, *fd) == -1)
		fatalx("can't use the channel to admit: out of memory");
	*fd = -1;
	return (0);
}

static int
on_maps(void *arg, const struct ipc_msg_front_maps *v)
{
	struct front *f = arg;

	return (web_mapstore_maps(&f->maps, v->n));
}

static int
on_map(void *arg, const struct ipc_msg_front_map *v)
{
	struct front *f = arg;

	return (web_mapstore_map(&f->maps, &v->map, time(NULL)));
}

static int
on_dns(void *arg, const struct ipc_msg_front_dns *v)
{
	struct front *f = arg;

	return (web_dns_set(&f->dns, v));
}

/* Confirm to the parent that a token of ACME is served. */
static int
confirm_token(struct front *f, const char *token)
{
	struct ipc_msg_front_token_set set = { token };

	if (ipc_send_front_token_set(f->parent, &set) == -1)
		fatal("can't confirm an ACME token to the parent (sendmsg)");
	return (0);
}

static int
on_token(void *arg, const struct ipc_msg_front_token *v)
{
	struct front *f = arg;

	if (acme_tokens_add(&f->tokens, v->token, v->auth) == -1)
		return (-1);
	if (v->token[0] != '\0')
		return (confirm_token(f, v->token));
	front_validation_free(&f->validations);
	return (0);
}

static int
on_validation(void *arg, const struct ipc_msg_front_validation *v)
{
	struct front *f = arg;

	/* Without a confirmation the order fails, and is tried again. */
	return (front_validation_add(&f->validations, v) == -1 ? 0 :
	    confirm_token(f, v->token));
}

static int
on_drain(void *arg, const struct ipc_msg_front_drain *v)
{
	front_accept_drain(arg, v->on);
	return (0);
}

static int
on_metrics(void *arg, const struct ipc_msg_front_metrics *v)
{
	struct front *f = arg;
	char *text;

	if ((text = strdup(v->text)) == NULL) {
		log_warn("no memory for metrics from the parent: older ones "
		    "are served");
		return (0);
	}
	free(f->metrics);
	f->metrics = text;
	return (0);
}

static int
on_listed(void *arg, const struct ipc_msg_front_listed *v)
{
	web_clients_listed(arg, v);
	return (0);
}

static int
on_list_end(void *arg, const struct ipc_msg_front_list_end *v)
{
	web_clients_end(arg, v);
	return (0);
}

/* Put the staged settings in force. */
static void
commit(struct front *f)
{
	const int admit = f->conf.admit;

	front_tls_commit(f);
	front_proxies_commit(&f->proxies);
	f->conf = f->next_conf;
	f->viewers = f->next_viewers;
	f->staged = 0;
	f->set.notsent_lowat = f->conf.notsent_lowat;
	f->set.write_timeout = f->conf.write_timeout;
	front_accept_limits(f);
	if (f->conf.admit != admit)
		front_admission_changed(f);
}

static int
on_commit(void *arg, const struct ipc_msg_server_commit *v)
{
	struct front *f = arg;
	struct ipc_msg_server_result result = { .id = v->id };

	if (v->how == SETTINGS_DROP) {
		front_tls_drop(f);
		front_proxies_drop(&f->proxies);
		f->staged = 0;
		return (0);
	}
	if (v->how == SETTINGS_USE && v->id != f->staged)
		return (-1);
	if (v->how != SETTINGS_USE) {
		result.why = front_tls_stage(f);
		f->staged = result.why == NULL ? v->id : 0;
	}
	result.ok = result.why == NULL;
	if (result.ok && v->how != SETTINGS_STAGE)
		commit(f);
	if (ipc_send_server_result(f->parent, &result) == -1)
		fatal("can't report to the parent whether settings are in "
		    "force (sendmsg)");
	if (v->how == SETTINGS_FIRST)
		f->configured = 1;
	return (0);
}

/* Stop: accept no clients; pumps end with their sessions. */
static int
on_stop(void *arg, const struct ipc_msg_stop *v)
{
	front_retire_stop(arg, v->ms);
	return (0);
}

static int
on_retire(void *arg, const struct ipc_msg_front_retire *v)
{
	front_retire(arg, v->on);
	return (0);
}

static int
on_hold(void *arg)
{
	front_hands_hold(arg);
	return (0);
}

static const struct ipc_handlers handlers = {
	.stop = on_stop,
	.front_conf = on_conf,
	.front_cert = on_cert,
	.front_listen = on_listen,
	.front_proxies = on_proxies,
	.front_debug = on_debug,
	.server_keys = on_keys,
	.server_slots = on_slots,
	.server_counters = on_own_counters,
	.server_hand = on_hand,
	.server_admit = on_admit,
	.server_commit = on_commit,
	.front_token = on_token,
	.front_validation = on_validation,
	.front_maps = on_maps,
	.front_map = on_map,
	.front_dns = on_dns,
	.front_metrics = on_metrics,
	.front_drain = on_drain,
	.front_retire = on_retire,
	.front_hold = on_hold,
	.front_listed = on_listed,
	.front_list_end = on_list_end,
	.front_counters = on_counters
};

/*
 * Called every second: resume when the signer is ready again.  The parent sends
 * new channels when keys or the signer was restarted, and on request: the other
 * end may have closed a channel and still run.
 */
static void
check_keys(struct front *f)
{
	struct ipc_msg_server_keyless v = { front_tlskey_gone(&f->tlskey),
	    f->box == NULL };

	if ((f->acceptor.off & ACCEPT_KEYS) != 0 && front_can_sign(f))
		front_conn_signs(f);
	if (f->configured && (v.sign || v.keys))
		(void)ipc_send_server_keyless(f->parent, &v);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;

	(void)fd;
	(void)what;
	conn_clock(&f->set);
	front_accept_tick(f);
	check_keys(f);
	front_admission_tick(f);
	front_hands_tick(f);
	conn_tick(&f->set);
	conn_heap_tick(&f->heap, f->set.nconns);
}

/* The text of the counters. */
static int
stats_text(struct front *f, char **text, size_t *len)
{
	struct conn_stats all;

	front_pages_sum(f, &all);
	return (conn_stats_text(&all, f->conf.rate_limited, text, len));
}

static const struct web_ops web_ops = {
	.login = front_login_begin,
	.stats = stats_text
};

struct front *
front_new(struct ipc_chan *parent)
{
	struct timeval second = { 1, 0 };
	struct front *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		fatal("can't create the front: no memory");
	if ((f->set.base = event_base_new()) == NULL)
		fatal("can't run the event loop (epoll, kqueue)");
	front_conn_init(f);
	front_unfinished_init(&f->unfinished);
	front_login_init(f);
	front_admission_init(f);
	front_hands_init(f);
	LIST_INIT(&f->acceptor.listeners);
	f->acceptor.off = ACCEPT_START;
	f->web.ops = &web_ops;
	f->parent = parent;
	f->ev_tick = event_new(f->set.base, -1, EV_PERSIST, tick, f);
	if (f->ev_tick == NULL || event_add(f->ev_tick, &second) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	return (f);
}

/* Handshakes are handled after what pumps have. */
void
front_turn(void *arg)
{
	struct front *f = arg;
	int sleeps = !conn_more(&f->set) && TAILQ_EMPTY(&f->shaking);

	if (event_base_loop(f->set.base, EVLOOP_ONCE |
	    (sleeps ? 0 : EVLOOP_NONBLOCK)) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	conn_clock(&f->set);
	conn_work(&f->set);
	conn_output_flush(&f->set);
	front_conn_shake(f);
	conn_output_flush(&f->set);
	front_handover_work(f);
	conn_reap(&f->set);
	front_retire_work(f);
}

static void
prepare(struct ipc_child *c)
{
	struct front *f;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	conn_heap_init();
	front_tlsctx_preload();
	net_crypto_preload();
	f = front_new(c->parent);
	/* keys knows requests by these: not those of the last start again. */
	randombytes_buf(&f->set.next_id, sizeof(f->set.next_id));
	front_tlskey_init(&f->tlskey, signer_lost, f);
	conn_files_init(&f->files);
	c->base = f->set.base;
	c->arg = f;
}

static int
configured(void *arg)
{
	const struct front *f = arg;

	return (f->configured);
}

static void
woken(void *arg)
{
	struct front *f = arg;

	conn_clock(&f->set);
}

static void
begin(void *arg)
{
	front_accept_resume(arg, ACCEPT_START);
}

void
front_main(void)
{
	struct ipc_child child = {
		.role = ROLE_FRONT,
		.handlers = &handlers,
		.prepare = prepare,
		.configured = configured,
		.before = woken,
		.begin = begin,
		.turn = front_turn
	};

	ipc_child_run(&child);
}

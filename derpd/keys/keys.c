/*
 * keys: the process that holds every private key.  The parent starts it and
 * passes it key files to read and channels to relay workers.  Touches only
 * those descriptors; it has no network access.
 *
 * Signatures have priority, because a worker blocks while it waits for one, and
 * the parent expects the worker's answer to a ping.  Login boxes and
 * acme-helper's requests follow, one at a time.
 */

#include <sys/queue.h>
#include <sys/resource.h>
#include <errno.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "keys.h"
#include "keys_acme.h"
#include "keys_ticket.h"
#include "log.h"

/* Event priorities. */
enum { PRIO_SIGN, PRIO_BOX, PRIO_COUNT };

#define MAXQUEUED	(4 * 1024 * 1024) /* unread answers on one channel */
#define SIGN_RUN	8		/* consecutive signatures of one
					   channel */
#define SECUREHEAP	(1024 * 1024)	/* bytes of locked heap, libcrypto */
#define LOCKED		(1024 * 1024)	/* memory that libsodium locks,
					   approximate bytes */

struct keys_peer {
	TAILQ_ENTRY(keys_peer)	 entry;
	struct ipc_chan		*chan;
	struct event		*rd;
	struct event		*wr;
	struct event		*rest;	/* event behind the other channels */
	unsigned int		 run;	/* signatures since then */
	unsigned int		 worker;
	int			 kind;	/* enum ipc_keychan; 0: the parent */
};

static TAILQ_HEAD(, keys_peer)	 peers = TAILQ_HEAD_INITIALIZER(peers);
static struct event_base	*base;
static struct event		*ev_expire;	/* of shared secrets */

static void	peer_readable(evutil_socket_t, short, void *);
static void	peer_writable(evutil_socket_t, short, void *);
static void	peer_rested(evutil_socket_t, short, void *);
static void	expire_later(int);

/*
 * Warn when keys can't be kept out of swap: libcrypto and libsodium continue
 * silently.
 */
static void
check_locking(int locked)
{
	struct rlimit	 rl;
	void		*p;

	/* As much as libcrypto's heap and libsodium's buffers need. */
	if (locked && (p = sodium_malloc(LOCKED)) != NULL) {
		locked = sodium_mlock(p, LOCKED) == 0;
		sodium_free(p);
	}
	if (locked || getrlimit(RLIMIT_MEMLOCK, &rl) == -1)
		return;
	log_warnx("can't lock keys in memory (mlock), they may be written to "
	    "swap: raise the limit, now %llu bytes, to 8 MiB "
	    "(LimitMEMLOCK= in the unit, ulimit -l)",
	    (unsigned long long)rl.rlim_cur);
}

void
keys_preload(void)
{
	unsigned char	 byte;
	int		 locked = 1;

	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
	/* libc reads the time zone before its first time conversion. */
	tzset();
#ifndef LIBRESSL_VERSION_NUMBER
	/* Unlocked memory (result 2) is still excluded from core dumps. */
	if (CRYPTO_secure_malloc_initialized() == 0) {
		switch (CRYPTO_secure_malloc_init(SECUREHEAP, 32)) {
		case 0:
			fatalx("can't set up %d bytes of memory for keys "
			    "(mmap, mprotect)", SECUREHEAP);
		case 1:
			break;
		default:
			locked = 0;
		}
	}
#endif
	check_locking(locked);
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1)
		fatalx("can't initialise libcrypto: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	/*
	 * Key generation needs more of libcrypto's resources than any other
	 * call.
	 */
	EVP_PKEY_free(keys_cert_new_key());
	randombytes_buf(&byte, sizeof(byte));
	if (keys_file_preload() == -1 || keys_box_preload() == -1 ||
	    keys_ticket_preload() == -1 || keys_acme_preload() == -1)
		fatal("can't set up memory for keys (mmap, mprotect, mlock)");
}

/* Channels */

static void
peer_free(struct keys_peer *p)
{
	TAILQ_REMOVE(&peers, p, entry);
	event_free(p->rd);
	event_free(p->wr);
	event_free(p->rest);
	ipc_chan_free(p->chan);
	free(p);
}

static void
peer_gone(struct keys_peer *p, const char *why)
{
	if (p->kind == 0) {
		log_debug("channel to the parent: %s", why);
		exit(0);
	}
	if (p->kind == KEYCHAN_ACME)
		log_debug("channel of acme-helper: %s", why);
	else
		log_debug("%s channel of relay worker %u: %s",
		    p->kind == KEYCHAN_SIGN ? "sign" : "box", p->worker, why);
	peer_free(p);
}

static struct keys_peer *
peer_new(struct ipc_chan *c, int kind, unsigned int worker)
{
	struct keys_peer	*p;
	int			 prio;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("out of memory for the channel of a worker or the "
		    "parent");
	p->chan = c;
	p->kind = kind;
	p->worker = worker;
	p->rd = event_new(base, ipc_chan_fd(c), EV_READ | EV_PERSIST,
	    peer_readable, p);
	p->wr = event_new(base, ipc_chan_fd(c), EV_WRITE, peer_writable, p);
	p->rest = event_new(base, -1, 0, peer_rested, p);
	if (p->rd == NULL || p->wr == NULL || p->rest == NULL)
		fatal("can't make events for the channel of a worker or the "
		    "parent (event_new)");
	prio = kind == KEYCHAN_SIGN || kind == 0 ? PRIO_SIGN : PRIO_BOX;
	if (event_priority_set(p->rd, prio) == -1 ||
	    event_priority_set(p->wr, prio) == -1 ||
	    event_priority_set(p->rest, PRIO_BOX) == -1 ||
	    event_add(p->rd, NULL) == -1)
		fatalx("can't watch the channel of a worker or the parent "
		    "(event_add)");
	TAILQ_INSERT_TAIL(&peers, p, entry);
	return (p);
}

/*
 * Write what the peer accepts now; an event continues with the rest.  Nothing
 * more is read from a peer that leaves too much unread.  Returns 0, or -1 when
 * the peer is gone.
 */
static int
peer_flush(struct keys_peer *p)
{
	if (ipc_chan_flush(p->chan, 0) == 0)
		return (p->run >= SIGN_RUN ? 0 : event_add(p->rd, NULL));
	if (errno != ETIMEDOUT)
		return (-1);
	if (ipc_chan_queued(p->chan) > MAXQUEUED)
		event_del(p->rd);
	return (event_add(p->wr, NULL));
}

/* Channels of workers and of acme-helper */

/* A new channel replaces an older one of its kind and worker. */
void
keys_add_channel(enum ipc_keychan kind, unsigned int worker, int *fd)
{
	const enum ipc_role	 role = kind == KEYCHAN_ACME ? ROLE_ACME :
	    ROLE_RELAY;
	struct keys_peer	*p, *next;
	struct ipc_chan		*c;

	TAILQ_FOREACH_SAFE(p, &peers, entry, next)
		if (p->kind == (int)kind && p->worker == worker)
			peer_free(p);
	c = ipc_chan_new(NULL, *fd, ROLE_KEYS, role, NULL, NULL, NULL);
	if (c == NULL) {
		log_warn("no channel to %s %u (malloc): it requests another "
		    "one", ipc_role_name(role), worker);
		return;
	}
	*fd = -1;
	peer_new(c, (int)kind, worker);
}

/* Pass on `rv', the result of sending an answer; log a failure. */
static int
answered(int rv)
{
	if (rv == -1)
		log_warn("can't send an answer to a worker (sendmsg): its "
		    "channel is closed");
	return (rv);
}

static int
on_sign(void *arg, const struct ipc_msg_sign *v)
{
	struct keys_peer	*p = arg;
	uint8_t			 sig[KEYS_SIGN_MAXLEN];
	struct ipc_msg_signature a = { .cookie = v->cookie, .bytes = sig };
	int		 len;

	len = keys_sign_digest(v->hash, v->alg, v->in, v->len, sig);
	if (len == -1)
		log_debug("refused to sign for relay worker %u", p->worker);
	else {
		a.ok = 1;
		a.len = (size_t)len;
	}
	return (answered(ipc_send_signature(p->chan, &a)));
}

/* Zero shared secrets in time. */
static void
expire(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	expire_later(keys_ticket_expire(base_clock_boot_us()));
}

/* Look again in a second, if secrets are `kept'. */
static void
expire_later(int kept)
{
	static const struct timeval second = { 1, 0 };

	if (kept && !evtimer_pending(ev_expire, NULL) &&
	    evtimer_add(ev_expire, &second) == -1)
		fatal("no timer for shared secrets (evtimer_add)");
}

/* Make the ticket of a box that was opened. */
static enum ipc_login_end
make_ticket(const struct keys_peer *p, const struct ipc_msg_login *v,
    const struct keys_box_opened *o, uint8_t ticket[IPC_TICKET_LEN])
{
	struct keys_ticket_login l = {
		.client = v->client,
		.nonce = v->nonce,
		.shared = o->shared,
		.mesh = o->mesh != KEYS_NOOFFSET,
		.worker = v->worker,
		.from = p->worker,
		.cookie = v->cookie
	};

	return (keys_ticket_make(&l, base_clock_boot_us(), ticket));
}

static int
on_login(void *arg, const struct ipc_msg_login *v)
{
	struct keys_peer	*p = arg;
	struct keys_box_login	 l = { .client = v->client, .nonce = v->nonce,
				    .box = v->box, .boxlen = v->box_len };
	uint8_t			 ticket[IPC_TICKET_LEN] = { 0 };
	struct ipc_msg_login_result a = { .cookie = v->cookie,
				    .end = IPC_LOGIN_BAD, .ticket = ticket,
				    .mesh = KEYS_NOOFFSET };
	struct keys_box_opened	 o;
	int			 rv;

	if (keys_box_open(&l, &o) == 0)
		a.end = make_ticket(p, v, &o, ticket);
	if (a.end == IPC_LOGIN_OK) {
		a.mesh = o.mesh;
		a.text = o.text;
		a.text_len = o.textlen;
		expire_later(1);
	}
	rv = ipc_send_login_result(p->chan, &a);
	keys_box_forget();
	return (answered(rv));
}

static int
on_seal(void *arg, const struct ipc_msg_seal *v)
{
	struct keys_peer	*p = arg;
	uint8_t			 sealed[BOX_SEALEDSIZE];
	struct ipc_msg_sealed	 a = { .cookie = v->cookie, .box = sealed };
	const uint8_t		*shared;

	shared = keys_ticket_shared(p->worker, v->number, base_clock_boot_us());
	if (shared != NULL)
		a.box_len = keys_box_seal(shared, v->info, v->info_len, sealed);
	a.ok = a.box_len > 0;
	return (answered(ipc_send_sealed(p->chan, &a)));
}

static int
on_acme_sign(void *arg, const struct ipc_msg_acme_sign *v)
{
	char			 err[IPC_WHYSIZE];
	struct keys_peer	*p = arg;
	struct ipc_msg_acme_signed a = { .cookie = v->cookie };
	struct ipc_wr	 jws;
	int		 rv;

	ipc_wr_init(&jws);
	if (keys_acme_sign_request(v, &jws, err, sizeof(err)) == 0) {
		a.ok = 1;
		a.jws = jws.p;
		a.len = jws.len;
	} else
		a.why = err;
	rv = ipc_send_acme_signed(p->chan, &a);
	ipc_wr_free(&jws);
	return (answered(rv));
}

/* Messages accepted on each kind of channel. */
static const struct ipc_handlers handlers[] = {
	[KEYCHAN_SIGN] = { .sign = on_sign },
	[KEYCHAN_BOX] = { .login = on_login, .seal = on_seal },
	[KEYCHAN_ACME] = { .acme_sign = on_acme_sign }
};

static struct ipc_child	 child;

/* Handle one message.  Returns 0, or -1 when the channel must be closed. */
static int
handle(struct keys_peer *p, struct ipc_msg *m)
{
	const char	*what;

	if (p->kind == 0) {
		ipc_child_handle(&child, m);
		return (0);
	}
	if ((what = ipc_dispatch(&handlers[p->kind], m, p)) == NULL)
		return (0);
	log_warnx("%s %u %s: %s", ipc_role_name(p->kind == KEYCHAN_ACME ?
	    ROLE_ACME : ROLE_RELAY), p->worker, what, ipc_msg_name(m->type));
	return (-1);
}

/* Events */

/*
 * Handle one message, then return to the loop, so that a signature never waits
 * for more than one login.  Further messages in the channel's buffer raise no
 * event.
 */
static void
peer_readable(evutil_socket_t fd, short what, void *arg)
{
	struct keys_peer	*p = arg;
	struct ipc_msg		 m;
	int			 rv;

	(void)fd;
	(void)what;
	if (ipc_chan_recv(p->chan, &m, 0) == -1) {
		if (errno != ETIMEDOUT)
			peer_gone(p, strerror(errno));
		return;
	}
	rv = handle(p, &m);
	if (p->kind == KEYCHAN_SIGN && ++p->run >= SIGN_RUN) {
		event_del(p->rd);
		event_active(p->rest, EV_TIMEOUT, 1);
	}
	ipc_msg_free(&m);
	if (rv == -1 || peer_flush(p) == -1) {
		peer_gone(p, "closed");
		return;
	}
	if (event_pending(p->rd, EV_READ, NULL) && ipc_chan_pending(p->chan))
		event_active(p->rd, EV_READ, 1);
}

/*
 * Signatures have priority, but a worker with an endless stream of requests
 * must not starve the logins of others: this event runs after those.
 */
static void
peer_rested(evutil_socket_t fd, short what, void *arg)
{
	struct keys_peer	*p = arg;

	(void)fd;
	(void)what;
	p->run = 0;
	if (ipc_chan_queued(p->chan) > MAXQUEUED)
		return;			/* peer_flush() resumes reading */
	if (event_add(p->rd, NULL) == -1)
		peer_gone(p, strerror(errno));
	else if (ipc_chan_pending(p->chan))
		event_active(p->rd, EV_READ, 1);
}

static void
peer_writable(evutil_socket_t fd, short what, void *arg)
{
	struct keys_peer	*p = arg;

	(void)fd;
	(void)what;
	if (peer_flush(p) == -1)
		peer_gone(p, strerror(errno));
	else if (event_pending(p->rd, EV_READ, NULL))
		event_active(p->rd, EV_READ, 1);
}

/*
 * An event loop that checks for new signature requests after each callback of
 * lower priority.
 */
static void
make_base(void)
{
	struct event_config	*cfg;

	if ((cfg = event_config_new()) == NULL ||
	    event_config_set_max_dispatch_interval(cfg, NULL, 1,
	    PRIO_BOX) == -1 ||
	    (base = event_base_new_with_config(cfg)) == NULL ||
	    event_base_priority_init(base, PRIO_COUNT) == -1)
		fatalx("can't make an event loop with priorities "
		    "(event_base_new)");
	event_config_free(cfg);
	if ((ev_expire = evtimer_new(base, expire, NULL)) == NULL)
		fatal("can't make an event for shared secrets (event_new)");
}

static void
prepare(struct ipc_child *c)
{
	c->arg = c;
	keys_preload();
	make_base();
}

static void
work(void *arg)
{
	struct ipc_child	*c = arg;
	struct keys_peer	*parent = peer_new(c->parent, 0, 0);

	/* Messages that arrived with MSG_START raise no event. */
	event_active(parent->rd, EV_READ, 1);
	event_base_dispatch(base);
	exit(1);
}

static struct ipc_child child = {
	.role = ROLE_KEYS,
	.handlers = &keys_parent_handlers,
	.prepare = prepare,
	.work = work
};

void
keys_main(void)
{
	ipc_child_run(&child);
}

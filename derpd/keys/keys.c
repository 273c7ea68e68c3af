/*
 * keys: the process that holds every private key.  The parent starts it and
 * passes it key files to read, and channels to fronts, relay workers, signers,
 * mesh processes and acme-helper.  Touches only those descriptors; it has no
 * network access.
 *
 * Each turn of the loop handles one message of each channel, so that none waits
 * for more than one message of each other.
 */

#include <sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "keymem.h"
#include "keys.h"
#include "keys_acme.h"
#include "keys_mesh.h"
#include "keys_ticket.h"
#include "log.h"

#define MAXQUEUED	(4 * 1024 * 1024) /* unread answers on one channel */
#define LOCKED		(1024 * 1024)	/* memory that libsodium locks,
					   approximate bytes */

struct keys_peer {
	TAILQ_ENTRY(keys_peer)	 entry;
	struct ipc_chan		*chan;
	struct event		*rd;
	struct event		*wr;
	unsigned int		 worker;
	int			 kind;	/* enum ipc_keychan; 0: the parent */
};

static TAILQ_HEAD(, keys_peer)	 peers = TAILQ_HEAD_INITIALIZER(peers);

/* The other end of each kind of channel. */
static const enum ipc_role	 roles[] = {
	[KEYCHAN_BOX] = ROLE_FRONT,
	[KEYCHAN_SEAL] = ROLE_RELAY,
	[KEYCHAN_ACME] = ROLE_ACME,
	[KEYCHAN_MESH] = ROLE_MESH,
	[KEYCHAN_SIGNER] = ROLE_SIGNER
};

static struct event_base	*base;
static struct event		*ev_expire;	/* of shared secrets */

static void	peer_readable(evutil_socket_t, short, void *);
static void	peer_writable(evutil_socket_t, short, void *);
static void	expire_later(int);

void
keys_preload(void)
{
	unsigned char	 byte;

	/* libc reads the time zone before its first time conversion. */
	tzset();
	base_keymem_init(LOCKED);
	if (sodium_init() == -1)
		fatalx("can't initialise libsodium");
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
	log_debug("channel of %s %u: %s", ipc_role_name(roles[p->kind]),
	    p->worker, why);
	peer_free(p);
}

static struct keys_peer *
peer_new(struct ipc_chan *c, int kind, unsigned int worker)
{
	struct keys_peer	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("out of memory for the channel of a process or the "
		    "parent");
	p->chan = c;
	p->kind = kind;
	p->worker = worker;
	p->rd = event_new(base, ipc_chan_fd(c), EV_READ | EV_PERSIST,
	    peer_readable, p);
	p->wr = event_new(base, ipc_chan_fd(c), EV_WRITE, peer_writable, p);
	if (p->rd == NULL || p->wr == NULL)
		fatal("can't make events for the channel of a process or the "
		    "parent (event_new)");
	if (event_add(p->rd, NULL) == -1)
		fatalx("can't watch the channel of a process or the parent "
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
		return (event_add(p->rd, NULL));
	if (errno != ETIMEDOUT)
		return (-1);
	if (ipc_chan_queued(p->chan) > MAXQUEUED)
		event_del(p->rd);
	return (event_add(p->wr, NULL));
}

/* Channels of fronts, relay workers, mesh, acme-helper and signers */

/* A signer has a new channel: send it all keys. */
static void
begin_signer(struct keys_peer *p)
{
	if (keys_tls_send_all(p->chan) == -1 || peer_flush(p) == -1)
		peer_gone(p, "can't be sent the keys");
}

/* A new channel replaces an older one of its kind and number. */
void
keys_add_channel(enum ipc_keychan kind, unsigned int worker, int *fd)
{
	const enum ipc_role	 role = roles[kind];
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
	p = peer_new(c, (int)kind, worker);
	if (kind == KEYCHAN_SIGNER)
		begin_signer(p);
}

void
keys_signers_key(EVP_PKEY *pkey)
{
	struct keys_peer	*p, *next;

	TAILQ_FOREACH_SAFE(p, &peers, entry, next)
		if (p->kind == KEYCHAN_SIGNER &&
		    (keys_tls_send(p->chan, pkey) == -1 ||
		    peer_flush(p) == -1))
			peer_gone(p, "can't be sent a key");
}

void
keys_signers_retain(const uint8_t *hashes, size_t n)
{
	struct ipc_msg_signer_retain v = { (uint32_t)n, hashes };
	struct keys_peer	*p, *next;

	TAILQ_FOREACH_SAFE(p, &peers, entry, next)
		if (p->kind == KEYCHAN_SIGNER &&
		    (ipc_send_signer_retain(p->chan, &v) == -1 ||
		    peer_flush(p) == -1))
			peer_gone(p, "can't be sent which keys to retain");
}

/* Pass on `rv', the result of sending an answer; log a failure. */
static int
answered(int rv)
{
	if (rv == -1)
		log_warn("can't send an answer to a process (sendmsg): its "
		    "channel is closed");
	return (rv);
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

/*
 * Seal what a relay worker sends to a client: with the secret of its login,
 * else with its key, when the login was long ago or keys was restarted since.
 *
 * A worker that was taken over can have anything sealed for any client.  It
 * can't log in with that (keys_box_open()).  It can play this server, but only
 * to clients that meet it behind TLS: those that it has anyway.  Its requests
 * are not limited, because a flood costs others no more than one of a front's
 * logins: keys handles one message of each channel in turn, some 100 us, and
 * none of a worker that leaves answers unread.
 */
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
	else
		a.box_len = keys_box_seal_for(v->client, v->info, v->info_len,
		    sealed);
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

static int
on_mesh_login(void *arg, const struct ipc_msg_mesh_login *v)
{
	char			 err[IPC_WHYSIZE];
	uint8_t			 info[BOX_LOGINSIZE];
	struct keys_peer	*p = arg;
	struct ipc_msg_mesh_logged a = { .cookie = v->cookie, .info = info };

	a.info_len = keys_mesh_login(p->worker, v->server_key, base_clock_ms(),
	    info, err, sizeof(err));
	a.ok = a.info_len > 0;
	if (!a.ok)
		a.why = err;
	return (answered(ipc_send_mesh_logged(p->chan, &a)));
}

/* Messages accepted on each kind of channel. */
static const struct ipc_handlers handlers[] = {
	[KEYCHAN_BOX] = { .login = on_login },
	[KEYCHAN_SEAL] = { .seal = on_seal },
	[KEYCHAN_ACME] = { .acme_sign = on_acme_sign },
	[KEYCHAN_MESH] = { .mesh_login = on_mesh_login },
	[KEYCHAN_SIGNER] = { .stop = NULL }	/* no message */
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
	log_warnx("%s %u %s: %s", ipc_role_name(roles[p->kind]), p->worker,
	    what, ipc_msg_name(m->type));
	return (-1);
}

/* Events */

/*
 * Handle one message, then return to the loop.  Further messages in the
 * channel's buffer raise no event.
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
	ipc_msg_free(&m);
	if (rv == -1 || peer_flush(p) == -1) {
		peer_gone(p, "closed");
		return;
	}
	if (event_pending(p->rd, EV_READ, NULL) && ipc_chan_pending(p->chan))
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

static void
make_base(void)
{
	if ((base = event_base_new()) == NULL)
		fatalx("can't make an event loop (event_base_new)");
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

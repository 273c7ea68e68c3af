/*
 * keys: the process that holds every private key.  Started by the parent,
 * which passes it key files to read and channels to relay workers; touches
 * those descriptors and nothing else, and never sees a network.
 *
 * Signatures come before everything else, because a worker waits for them, and
 * in turn with them the parent, which waits for signs of life; then login boxes
 * and acme-helper, one at a time.
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

#include "chan.h"
#include "child.h"
#include "frame.h"
#include "keys.h"
#include "keys_acme.h"
#include "log.h"

/* Event priorities. */
enum { PRIO_SIGN, PRIO_BOX, PRIO_COUNT };

#define MAXQUEUED	(4 * 1024 * 1024) /* unread answers of one channel */
#define SIGN_RUN	8		/* signatures of one channel in a row */
#define MAXNAMES	256		/* of a self-signed certificate */
#define SECUREHEAP	(1024 * 1024)	/* bytes of locked heap, libcrypto */
#define LOCKED		(256 * 1024)	/* bytes that libsodium locks, about */
#define ERRSIZE		256

struct peer {
	TAILQ_ENTRY(peer)	 entry;
	struct chan		*chan;
	struct event		*rd;
	struct event		*wr;
	struct event		*rest;	/* others have had their turn */
	unsigned int		 run;	/* signatures since then */
	unsigned int		 worker;
	int			 kind;	/* enum keychan, 0: the parent */
};

static TAILQ_HEAD(, peer)	 peers = TAILQ_HEAD_INITIALIZER(peers);
static struct event_base	*base;

static void	peer_readable(evutil_socket_t, short, void *);
static void	peer_writable(evutil_socket_t, short, void *);
static void	peer_rested(evutil_socket_t, short, void *);

/*
 * Say it when keys can't be kept from the swap: libcrypto and libsodium go on
 * without a word.
 */
static void
check_locking(int locked)
{
	struct rlimit	 rl;
	void		*p;

	/* As much as libcrypto's heap and the buffers of libsodium take. */
	if (locked && (p = sodium_malloc(LOCKED)) != NULL) {
		locked = sodium_mlock(p, LOCKED) == 0;
		sodium_free(p);
	}
	if (locked || getrlimit(RLIMIT_MEMLOCK, &rl) == -1)
		return;
	log_warnx("keys can't be locked in memory (mlock) and may get into "
	    "the swap: raise the limit, now %llu bytes, to 8 MiB "
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
	/* libc reads the time zone before it converts any time. */
	tzset();
#ifndef LIBRESSL_VERSION_NUMBER
	/* Without locked memory (result 2) it is still kept from core dumps. */
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
	/* Key making wants more of libcrypto than anything else here. */
	EVP_PKEY_free(cert_new_key());
	randombytes_buf(&byte, sizeof(byte));
	if (keyfile_preload() == -1 || box_preload() == -1 ||
	    acme_preload() == -1)
		fatal("can't set up memory for keys (mmap, mprotect, mlock)");
}

/* Channels */

static void
peer_free(struct peer *p)
{
	TAILQ_REMOVE(&peers, p, entry);
	event_free(p->rd);
	event_free(p->wr);
	event_free(p->rest);
	chan_free(p->chan);
	free(p);
}

static void
peer_gone(struct peer *p, const char *why)
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

static struct peer *
peer_new(struct chan *c, int kind, unsigned int worker)
{
	struct peer	*p;
	int		 prio;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("channel");
	p->chan = c;
	p->kind = kind;
	p->worker = worker;
	p->rd = event_new(base, chan_fd(c), EV_READ | EV_PERSIST,
	    peer_readable, p);
	p->wr = event_new(base, chan_fd(c), EV_WRITE, peer_writable, p);
	p->rest = event_new(base, -1, 0, peer_rested, p);
	if (p->rd == NULL || p->wr == NULL || p->rest == NULL)
		fatal("channel events");
	prio = kind == KEYCHAN_SIGN || kind == 0 ? PRIO_SIGN : PRIO_BOX;
	if (event_priority_set(p->rd, prio) == -1 ||
	    event_priority_set(p->wr, prio) == -1 ||
	    event_priority_set(p->rest, PRIO_BOX) == -1 ||
	    event_add(p->rd, NULL) == -1)
		fatalx("can't watch a channel");
	TAILQ_INSERT_TAIL(&peers, p, entry);
	return (p);
}

/*
 * Write what the peer takes now and come back for the rest.  While too much is
 * unread nothing more is read from it.  0, or -1: it is gone.
 */
static int
peer_flush(struct peer *p)
{
	if (chan_flush(p->chan, 0) == 0)
		return (p->run >= SIGN_RUN ? 0 : event_add(p->rd, NULL));
	if (errno != ETIMEDOUT)
		return (-1);
	if (chan_queued(p->chan) > MAXQUEUED)
		event_del(p->rd);
	return (event_add(p->wr, NULL));
}

/* Send `w' (freed here) to the peer.  0, or -1. */
static int
answer(struct peer *p, uint32_t type, struct wr *w)
{
	int	 rv = -1;

	if (wr_ok(w))
		rv = chan_send(p->chan, type, w, -1);
	if (rv == -1)
		log_warn("can't send %s", msg_name(type));
	wr_free(w);
	return (rv);
}

/* Messages of the parent */

/* MSG_KEY_RESULT: `err' NULL and the result, or what is wrong. */
static int
key_result(struct peer *p, const char *err, const void *blob, size_t len)
{
	struct wr	 w;

	wr_init(&w);
	wr_u8(&w, err == NULL);
	wr_str(&w, err == NULL ? "" : err);
	wr_blob(&w, err == NULL ? blob : NULL, err == NULL ? len : 0);
	return (answer(p, MSG_KEY_RESULT, &w));
}

static int
key_tls(struct peer *p, struct msg *m)
{
	char		 err[ERRSIZE];
	uint8_t		 hash[KEYHASH_LEN];
	EVP_PKEY	*pkey;

	if ((pkey = keyfile_read_pem(m->fd, err, sizeof(err))) == NULL)
		return (key_result(p, err, NULL, 0));
	if (sign_add(pkey, hash) == -1)
		return (key_result(p, "out of memory for the key", NULL, 0));
	return (key_result(p, NULL, hash, sizeof(hash)));
}

static int
key_node(struct peer *p, struct msg *m)
{
	char	 err[ERRSIZE];
	uint8_t	 sec[KEYS_NODELEN], pub[KEYS_NODELEN];
	int	 rv;

	if (m->type == MSG_KEY_NODE)
		rv = keyfile_read_node(m->fd, sec, err, sizeof(err));
	else {
		randombytes_buf(sec, sizeof(sec));
		sec[0] &= 248;		/* clamped, as derper writes it */
		sec[31] = (sec[31] & 127) | 64;
		rv = keyfile_write_node(m->fd, sec, err, sizeof(err));
	}
	if (rv == 0)
		box_set_node(sec, pub);
	explicit_bzero(sec, sizeof(sec));
	return (key_result(p, rv == 0 ? NULL : err, pub, sizeof(pub)));
}

static int
key_mesh(struct peer *p, struct msg *m)
{
	char	 err[ERRSIZE];
	uint8_t	 key[KEYS_MESHLEN];
	int	 rv = 0;

	if (m->fd == -1)
		box_set_mesh(NULL);
	else if ((rv = keyfile_read_mesh(m->fd, key, err, sizeof(err))) == 0)
		box_set_mesh(key);
	explicit_bzero(key, sizeof(key));
	return (key_result(p, rv == 0 ? NULL : err, NULL, 0));
}

static int
key_retain(struct peer *p, struct msg *m)
{
	const uint8_t	*hashes;
	uint32_t	 n;

	n = rd_u32(&m->rd);
	if (n > MSG_MAXPAYLOAD / KEYHASH_LEN)
		return (-1);
	hashes = rd_ptr(&m->rd, (size_t)n * KEYHASH_LEN);
	if (!rd_end(&m->rd))
		return (-1);
	sign_retain(hashes, n);
	return (key_result(p, NULL, NULL, 0));
}

static int
key_metacert(struct peer *p)
{
	char	 err[ERRSIZE], pem[CERT_PEMSIZE];
	uint8_t	 pub[KEYS_NODELEN];
	int	 len;

	if (box_node(pub) == -1)
		return (key_result(p, "there is no node key yet", NULL, 0));
	if ((len = cert_meta(pub, pem, err, sizeof(err))) == -1)
		return (key_result(p, err, NULL, 0));
	return (key_result(p, NULL, pem, (size_t)len));
}

/* Make, write and load a key and its certificate.  Bytes of PEM, or -1. */
static int
selfsign(int fd, char **names, size_t n, char *pem, char *err, size_t errsize)
{
	EVP_PKEY	*pkey;
	uint8_t		 hash[KEYHASH_LEN];
	int		 len;

	if ((pkey = cert_new_key()) == NULL) {
		snprintf(err, errsize, "can't make a P-256 key");
		return (-1);
	}
	len = cert_selfsign(pkey, names, n, pem, err, errsize);
	if (len == -1 || keyfile_write_pem(fd, pkey, err, errsize) == -1) {
		EVP_PKEY_free(pkey);
		return (-1);
	}
	if (sign_add(pkey, hash) == -1) {
		snprintf(err, errsize, "out of memory for the key");
		return (-1);
	}
	return (len);
}

static int
key_selfsign(struct peer *p, struct msg *m)
{
	static char	 text[MAXNAMES][256];
	char		*names[MAXNAMES], err[ERRSIZE], pem[CERT_PEMSIZE];
	uint32_t	 i, n;
	int		 len;

	if ((n = rd_u32(&m->rd)) == 0 || n > MAXNAMES)
		return (-1);
	for (i = 0; i < n; i++) {
		rd_str(&m->rd, text[i], sizeof(text[i]));
		names[i] = text[i];
	}
	if (!rd_end(&m->rd))
		return (-1);
	len = selfsign(m->fd, names, n, pem, err, sizeof(err));
	if (len == -1)
		return (key_result(p, err, NULL, 0));
	return (key_result(p, NULL, pem, (size_t)len));
}

/* MSG_KEY_ACME_ */
static int
key_acme(struct peer *p, struct msg *m)
{
	char	 err[ERRSIZE];
	uint8_t	 result[ACME_RESULTSIZE];
	size_t	 n;
	int	 rv;

	rv = acme_from_parent(m, result, &n, err, sizeof(err));
	if (rv == -1)
		return (-1);
	return (key_result(p, rv ? NULL : err, result, n));
}

/* A worker's channel replaces its older one of the kind. */
static int
key_chan(struct msg *m)
{
	struct peer	*p, *next;
	struct chan	*c;
	uint32_t	 worker = rd_u32(&m->rd);
	uint8_t		 kind = rd_u8(&m->rd);

	if (!rd_end(&m->rd) || kind < KEYCHAN_SIGN || kind > KEYCHAN_ACME)
		return (-1);
	TAILQ_FOREACH_SAFE(p, &peers, entry, next)
		if (p->kind == kind && p->worker == worker)
			peer_free(p);
	c = chan_new(NULL, m->fd, ROLE_KEYS, kind == KEYCHAN_ACME ? ROLE_ACME :
	    ROLE_RELAY, NULL, NULL, NULL);
	if (c == NULL) {
		log_warn("channel of %s %u", role_name(kind == KEYCHAN_ACME ?
		    ROLE_ACME : ROLE_RELAY), worker);
		return (0);
	}
	m->fd = -1;
	peer_new(c, kind, worker);
	return (0);
}

/* 0, or -1: malformed or not for us. */
static int
from_parent(struct peer *p, struct msg *m)
{
	uint8_t	 verbose;

	switch (m->type) {
	case MSG_KEY_TLS:
		return (key_tls(p, m));
	case MSG_KEY_NODE:
	case MSG_KEY_NODE_NEW:
		return (key_node(p, m));
	case MSG_KEY_MESH:
		return (key_mesh(p, m));
	case MSG_KEY_RETAIN:
		return (key_retain(p, m));
	case MSG_KEY_SELFSIGN:
		return (key_selfsign(p, m));
	case MSG_KEY_METACERT:
		return (key_metacert(p));
	case MSG_KEY_ACME_FILE:
	case MSG_KEY_ACME_CONF:
	case MSG_KEY_ACME_REVOKE:
		return (key_acme(p, m));
	case MSG_KEY_CHAN:
		return (key_chan(m));
	case MSG_VERBOSE:
		verbose = rd_u8(&m->rd);
		if (!rd_end(&m->rd))
			return (-1);
		log_setverbose(verbose);
		return (0);
	case MSG_STOP:
		exit(0);
	default:
		return (-1);
	}
}

/* Messages of a worker, or of acme-helper */

static int
worker_sign(struct peer *p, struct msg *m)
{
	const uint8_t	*hash, *in;
	uint8_t		 alg, sig[SIGN_MAXLEN];
	uint64_t	 cookie;
	struct wr	 w;
	size_t		 inlen;
	int		 len;

	cookie = rd_u64(&m->rd);
	hash = rd_ptr(&m->rd, KEYHASH_LEN);
	alg = rd_u8(&m->rd);
	in = rd_blob(&m->rd, &inlen);
	if (!rd_end(&m->rd))
		return (-1);
	len = sign_digest(hash, alg, in, inlen, sig);
	if (len == -1)
		log_debug("refused to sign for relay worker %u", p->worker);
	wr_init(&w);
	wr_u64(&w, cookie);
	wr_u8(&w, len != -1);
	wr_blob(&w, sig, len == -1 ? 0 : (size_t)len);
	return (answer(p, MSG_SIGNED, &w));
}

static int
worker_login(struct peer *p, struct msg *m)
{
	static struct box_result r;
	struct box_login	 l;
	struct wr		 w;
	uint64_t		 cookie;
	int			 ok;

	cookie = rd_u64(&m->rd);
	l.client = rd_ptr(&m->rd, FRAME_KEY_LEN);
	l.nonce = rd_ptr(&m->rd, BOX_NONCELEN);
	l.box = rd_blob(&m->rd, &l.boxlen);
	l.info = rd_blob(&m->rd, &l.infolen);
	if (!rd_end(&m->rd))
		return (-1);
	ok = box_login(&l, &r) == 0;
	wr_init(&w);
	wr_u64(&w, cookie);
	wr_u8(&w, (uint8_t)ok);
	wr_u32(&w, ok ? r.mesh : KEYS_NOOFFSET);
	wr_blob(&w, r.text, ok ? r.textlen : 0);
	wr_blob(&w, r.reply, ok ? r.replylen : 0);
	box_forget();
	return (answer(p, MSG_LOGIN_RESULT, &w));
}

static int
helper_sign(struct peer *p, struct msg *m)
{
	struct wr	 w;

	wr_init(&w);
	if (acme_from_helper(m, &w) == -1) {
		wr_free(&w);
		return (-1);
	}
	return (answer(p, MSG_ACME_SIGNED, &w));
}

static int
from_worker(struct peer *p, struct msg *m)
{
	if (p->kind == KEYCHAN_ACME && m->type == MSG_ACME_SIGN)
		return (helper_sign(p, m));
	if (p->kind == KEYCHAN_SIGN && m->type == MSG_SIGN)
		return (worker_sign(p, m));
	if (p->kind == KEYCHAN_BOX && m->type == MSG_LOGIN)
		return (worker_login(p, m));
	return (-1);
}

/* Events */

/*
 * One message; then back to the loop, so that a signature never waits for more
 * than one login.  The channel may hold further messages that no event would
 * tell of.
 */
static void
peer_readable(evutil_socket_t fd, short what, void *arg)
{
	struct peer	*p = arg;
	struct msg	 m;
	int		 rv;

	(void)fd;
	(void)what;
	if (chan_recv(p->chan, &m, 0) == -1) {
		if (errno != ETIMEDOUT)
			peer_gone(p, strerror(errno));
		return;
	}
	rv = p->kind == 0 ? from_parent(p, &m) : from_worker(p, &m);
	if (p->kind == KEYCHAN_SIGN && ++p->run >= SIGN_RUN) {
		event_del(p->rd);
		event_active(p->rest, EV_TIMEOUT, 1);
	}
	if (rv == -1)
		log_warnx("bad %s from %s", msg_name(m.type),
		    p->kind == 0 ? "the parent" : p->kind == KEYCHAN_ACME ?
		    "acme-helper" : "a relay worker");
	msg_free(&m);
	if (rv == -1 || peer_flush(p) == -1) {
		peer_gone(p, "closed");
		return;
	}
	if (event_pending(p->rd, EV_READ, NULL) && chan_more(p->chan))
		event_active(p->rd, EV_READ, 1);
}

/*
 * Signatures come first, but a worker that asks without end may not keep the
 * logins of the others from being looked at: this event stands behind those.
 */
static void
peer_rested(evutil_socket_t fd, short what, void *arg)
{
	struct peer	*p = arg;

	(void)fd;
	(void)what;
	p->run = 0;
	if (chan_queued(p->chan) > MAXQUEUED)
		return;			/* peer_flush() reads on */
	if (event_add(p->rd, NULL) == -1)
		peer_gone(p, strerror(errno));
	else if (chan_more(p->chan))
		event_active(p->rd, EV_READ, 1);
}

static void
peer_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer	*p = arg;

	(void)fd;
	(void)what;
	if (peer_flush(p) == -1)
		peer_gone(p, strerror(errno));
	else if (event_pending(p->rd, EV_READ, NULL))
		event_active(p->rd, EV_READ, 1);
}

/* A loop that looks for new signatures after each less urgent call back. */
static void
make_base(void)
{
	struct event_config	*cfg;

	if ((cfg = event_config_new()) == NULL ||
	    event_config_set_max_dispatch_interval(cfg, NULL, 1,
	    PRIO_BOX) == -1 ||
	    (base = event_base_new_with_config(cfg)) == NULL ||
	    event_base_priority_init(base, PRIO_COUNT) == -1)
		fatalx("can't make an event loop");
	event_config_free(cfg);
}

void
keys_main(void)
{
	struct child_start	 st;
	struct chan		*c;
	struct peer		*parent;
	struct wr		 w;

	c = child_init(ROLE_KEYS, &st);
	keys_preload();
	make_base();
	wr_init(&w);
	wr_str(&w, child_confine(ROLE_KEYS, &st));
	parent = peer_new(c, 0, 0);
	if (answer(parent, MSG_READY, &w) == -1 || peer_flush(parent) == -1)
		fatalx("can't tell the parent that keys is ready");
	/* What came along with MSG_START is not announced by an event. */
	event_active(parent->rd, EV_READ, 1);
	event_base_dispatch(base);
	exit(1);
}

/*
 * signer: the process of a signer; see signer.h.  The parent starts it, and
 * passes it a channel to keys and one to its front.  Touches these
 * alone.
 *
 * The loop reads the parent first, then keys, then one request of the front,
 * so that a request meets all keys that were sent before it.  Keys that are
 * here are used while keys is away.  A request with a key that is not here
 * waits until keys has sent all that it has: the front then holds back
 * handshakes, as it does for a signature that is late.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "childrun.h"
#include "clock.h"
#include "keymem.h"
#include "log.h"
#include "signer.h"

#define REPORT_MS	1000	/* between two reports that there is no keys */

struct signer {
	struct ipc_child *child;
	struct ipc_chan	*keys;		/* NULL: none */
	int		 complete;	/* keys has sent all that it has */
	long long	 reported;	/* when the lack of keys was, ms */
	struct ipc_chan	*front;	/* NULL: none */
	int		 unread;	/* the front has not read an answer */
	struct ipc_msg	 held;		/* its request that waits for a key */
	int		 has_held;
};

static struct signer	signer;

/* The parent's messages */

static void
drop_front(struct signer *s)
{
	if (s->has_held)
		ipc_msg_free(&s->held);
	s->has_held = s->unread = 0;
	ipc_chan_free(s->front);
	s->front = NULL;
}

/* Use *fd as the channel to `peer'.  Returns NULL (logged) without memory. */
static struct ipc_chan *
take(int *fd, enum ipc_role peer)
{
	struct ipc_chan *c = ipc_chan_new(NULL, *fd, ROLE_SIGNER, peer, NULL,
	    NULL, NULL);

	if (c == NULL)
		log_warn("no channel to %s (malloc): another one is requested",
		    ipc_role_name(peer));
	else
		*fd = -1;
	return (c);
}

static int
on_front(void *arg, int *fd)
{
	struct signer *s = arg;

	drop_front(s);
	s->front = take(fd, ROLE_FRONT);
	return (0);
}

static int
on_keys(void *arg, int *fd)
{
	struct signer *s = arg;

	ipc_chan_free(s->keys);
	s->complete = 0;
	s->keys = take(fd, ROLE_KEYS);
	return (0);
}

static const struct ipc_handlers parent_handlers = {
	.signer_keys = on_keys,
	.signer_front = on_front
};

/* Keys */

static int
on_key(void *arg, const struct ipc_msg_signer_key *v)
{
	(void)arg;
	return (signer_sign_add(v->der, v->len));
}

static int
on_retain(void *arg, const struct ipc_msg_signer_retain *v)
{
	struct signer *s = arg;

	signer_sign_retain(v->hashes, v->nhashes);
	s->complete = 1;
	return (0);
}

static const struct ipc_handlers keys_handlers = {
	.signer_key = on_key,
	.signer_retain = on_retain
};

/* keys is away: the keys that are here stay until it is back. */
static void
drop_keys(struct signer *s, const char *why)
{
	log_debug("channel to keys: %s", why);
	ipc_chan_free(s->keys);
	s->keys = NULL;
	s->complete = 0;
}

/* Read all that keys has sent. */
static void
read_keys(struct signer *s)
{
	struct ipc_msg m;
	const char *what;

	while (s->keys != NULL) {
		if (ipc_chan_recv(s->keys, &m, 0) == -1) {
			if (errno != ETIMEDOUT)
				drop_keys(s, strerror(errno));
			return;
		}
		what = ipc_dispatch(&keys_handlers, &m, s);
		ipc_msg_free(&m);
		if (what != NULL) {
			log_warnx("keys %s, or a key that can't be used", what);
			drop_keys(s, what);
		}
	}
}

/* Request a channel to keys once a second. */
static void
report_keyless(struct signer *s)
{
	long long now = base_clock_ms();

	if (s->keys != NULL || now - s->reported < REPORT_MS)
		return;
	s->reported = now;
	/* Failures are noticed when the parent's messages are read. */
	if (ipc_send_signer_keyless(s->child->parent) == 0)
		(void)ipc_chan_flush(s->child->parent, 0);
}

/* The front */

static int
on_sign(void *arg, const struct ipc_msg_sign *v)
{
	struct signer *s = arg;
	uint8_t sig[KEYHASH_MAXSIG];
	struct ipc_msg_signature a = { .cookie = v->cookie, .bytes = sig };
	int len;

	len = signer_sign_digest(v->hash, v->alg, v->in, v->len, sig);
	if (len == -1)
		log_debug("refused to sign");
	else {
		a.ok = 1;
		a.len = (size_t)len;
	}
	return (ipc_send_signature(s->front, &a));
}

static const struct ipc_handlers front_handlers = { .sign = on_sign };

/* Is this a request for a signature with a key that is not here? */
static int
lacks_key(const struct ipc_msg *m)
{
	struct ipc_msg_sign v;
	struct ipc_rd rd = m->rd;

	return (m->type == MSG_SIGN && ipc_get_sign(&rd, &v) == 0 &&
	    !signer_sign_has(v.hash));
}

/* Write what the front reads now.  Nothing is read from it before the rest. */
static void
flush_front(struct signer *s)
{
	s->unread = ipc_chan_flush(s->front, 0) == -1;
	if (s->unread && errno != ETIMEDOUT)
		drop_front(s);
}

/* Answer a message of the front, and free it. */
static void
answer(struct signer *s, struct ipc_msg *m)
{
	const char *what = ipc_dispatch(&front_handlers, m, s);

	ipc_msg_free(m);
	if (what == NULL) {
		flush_front(s);
		return;
	}
	log_warnx("the front %s", what);
	drop_front(s);
}

/*
 * Read one message, and answer it.  A request with an unknown key waits for the
 * next turn at least: all that was sent before it is read by then.
 */
static void
read_front(struct signer *s)
{
	struct ipc_msg m;

	if (ipc_chan_recv(s->front, &m, 0) == -1) {
		if (errno == ETIMEDOUT)
			return;
		log_debug("channel of the front: %s", strerror(errno));
		drop_front(s);
	} else if (lacks_key(&m)) {
		s->held = m;
		s->has_held = 1;
	} else
		answer(s, &m);
}

/* Need the request that is held wait no more? */
static int
is_due(const struct signer *s)
{
	return (s->has_held && (s->complete || !lacks_key(&s->held)));
}

static void
answer_held(struct signer *s)
{
	struct ipc_msg m = s->held;

	s->has_held = 0;
	answer(s, &m);
}

/* The front's channel is ready for what it was polled for. */
static void
serve_front(struct signer *s, short revents)
{
	if (s->unread)
		flush_front(s);
	else if (!s->has_held)
		read_front(s);
	else if ((revents & (POLLHUP | POLLERR)) != 0)
		drop_front(s);		/* nobody waits for the answer */
}

/* The loop */

/* What to wait for from the front. */
static short
front_events(const struct signer *s)
{
	if (s->unread)
		return (POLLOUT);
	return (s->has_held ? 0 : POLLIN);
}

/* A message that was read already is waiting. */
static int
is_pending(struct ipc_chan *c)
{
	return (c != NULL && ipc_chan_pending(c));
}

/* Milliseconds to wait at most. */
static int
rest_ms(struct signer *s)
{
	if (is_due(s) || is_pending(s->child->parent) || is_pending(s->keys) ||
	    (front_events(s) == POLLIN && is_pending(s->front)))
		return (0);
	return (s->keys == NULL ? REPORT_MS : -1);
}

static int
fd_of(const struct ipc_chan *c)
{
	return (c == NULL ? -1 : ipc_chan_fd(c));
}

static void
turn(struct signer *s)
{
	struct pollfd pfd[3] = {
		{ .fd = fd_of(s->child->parent), .events = POLLIN },
		{ .fd = fd_of(s->keys), .events = POLLIN },
		{ .fd = fd_of(s->front), .events = front_events(s) }
	};

	if (poll(pfd, 3, rest_ms(s)) == -1) {
		if (errno != EINTR)
			fatal("can't wait for requests (poll)");
		return;
	}
	if (pfd[0].revents != 0 || is_pending(s->child->parent))
		while (ipc_child_wait(s->child, 0))
			continue;
	if (pfd[1].revents != 0 || is_pending(s->keys))
		read_keys(s);
	report_keyless(s);
	if (is_due(s))
		answer_held(s);
	/* The parent may have replaced the channel. */
	else if (s->front != NULL && fd_of(s->front) == pfd[2].fd &&
	    (pfd[2].revents != 0 || is_pending(s->front)))
		serve_front(s, pfd[2].revents);
}

static void
prepare(struct ipc_child *c)
{
	signer.child = c;
	signer.reported = base_clock_ms();
	c->arg = &signer;
	/* libc reads the time zone before its first time conversion. */
	tzset();
	base_keymem_init(0);
}

static void
work(void *arg)
{
	for (;;)
		turn(arg);
}

static struct ipc_child child = {
	.role = ROLE_SIGNER,
	.handlers = &parent_handlers,
	.prepare = prepare,
	.work = work
};

void
signer_main(void)
{
	ipc_child_run(&child);
}

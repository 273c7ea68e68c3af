/*
 * helper: the process that talks to ACME directories for the parent; see
 * helper.h.  Started by the parent; touches the network, and reads what the
 * resolver and the certificate authorities need.
 *
 * One thread that does one job at a time and heeds the parent while it waits.
 * It holds no key: keys makes and signs each request.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tls.h>

#include "acme.h"
#include "child.h"
#include "clock.h"
#include "helper.h"
#include "log.h"
#include "reach.h"

#define START_MS	10000
#define SEND_MS		10000
#define KEYS_MS		20000	/* a signature, keys being busy */
#define TOKEN_MS	10000	/* until all workers answer a token */
#define HEED_MS		250	/* a sign of life at least this often */

static struct chan	*parent, *keys;
static struct acme_conf	 conf, next_conf;
static struct net_reach	 reach;	/* what the sandbox leaves */
static int		 confined, working, stopping, new_conf;
static char		 token_set[ACME_TOKENSIZE];	/* "" none said */
static uint64_t		 cookies;

/* What is to be done, when there is something. */
static struct {
	int		 wanted;
	uint32_t	 id;
	uint8_t		 what;		/* enum acme_job */
	int		 next;		/* keys has an ACMEKEY_NEXT */
	char		*pem;
	size_t		 len;
} todo;

/* Messages of the parent */

/* The parent is gone, or the channel to it broken. */
static void
parent_failed(const char *what)
{
	if (errno == EPIPE)
		exit(0);
	fatal("%s", what);
}

static void
use_conf(void)
{
	if (!new_conf)
		return;
	conf = next_conf;
	new_conf = 0;
	/* Another process gets the settings before it is confined. */
	if (confined && !net_reach_covers(&reach, conf.directory,
	    conf.ca_file)) {
		log_info("starting anew for another port or authority");
		exit(0);
	}
}

static void
take_keys(struct msg *m)
{
	chan_free(keys);
	keys = chan_new(NULL, m->fd, ROLE_ACME, ROLE_KEYS, NULL, NULL, NULL);
	if (keys == NULL)
		fatal("channel to keys");
	m->fd = -1;
}

static void
take_job(struct rd *r)
{
	const uint8_t	*pem;
	size_t		 len;

	todo.id = rd_u32(r);
	todo.what = rd_u8(r);
	todo.next = rd_u8(r);
	pem = rd_blob(r, &len);
	if (!rd_end(r) || todo.wanted || working)
		fatalx("malformed job from the parent, or a second one");
	free(todo.pem);
	if ((todo.pem = malloc(len + 1)) == NULL)
		fatal("certificate of %zu bytes", len);
	memcpy(todo.pem, pem, len);
	todo.pem[len] = '\0';
	todo.len = len;
	todo.wanted = 1;
}

static void
take_message(struct msg *m)
{
	switch (m->type) {
	case MSG_ACME_KEYS:
		take_keys(m);
		break;
	case MSG_ACME_CONF:
		if (acme_conf_get(&m->rd, &next_conf) == -1)
			fatalx("malformed settings from the parent");
		new_conf = 1;
		break;
	case MSG_ACME_DO:
		take_job(&m->rd);
		break;
	case MSG_ACME_TOKEN_SET:
		rd_str(&m->rd, token_set, sizeof(token_set));
		break;
	case MSG_VERBOSE:
		log_setverbose(rd_u8(&m->rd));
		break;
	case MSG_STOP:
		if (!working)
			exit(0);
		stopping = 1;
		break;
	default:
		fatalx("unexpected %s from the parent", msg_name(m->type));
	}
}

/* Heed one message of the parent's, within `ms'.  1 it came, 0 it did not. */
static int
heed(int ms)
{
	struct msg	 m;

	if (chan_recv(parent, &m, ms) == -1) {
		if (errno != ETIMEDOUT)
			parent_failed("channel to the parent");
		return (0);
	}
	take_message(&m);
	msg_free(&m);
	return (1);
}

/* Send to the parent; `w' is freed. */
static void
tell(uint32_t type, struct wr *w)
{
	if (!wr_ok(w) || chan_send(parent, type, w, -1) == -1 ||
	    chan_flush(parent, SEND_MS) == -1)
		parent_failed(msg_name(type));
	wr_free(w);
}

/* What a job needs of the world */

static int
do_ask(void *arg, const struct https_request *req, struct https_response *res,
    int ms)
{
	struct https_request	 mine = *req;
	int			 rv;

	(void)arg;
	mine.watch = parent;
	for (;;) {
		while (!stopping && heed(0))
			;
		if (!stopping) {
			rv = https_ask(&mine, res, ms);
			/* The parent had something to say: heed it first. */
			if (rv == 0 || !res->interrupted)
				return (rv);
			https_free(res);
			continue;
		}
		memset(res, 0, sizeof(*res));
		snprintf(res->error, sizeof(res->error), "told to end");
		return (-1);
	}
}

/* Read the answer of keys.  0 and the JWS appended, or -1. */
static int
read_signed(struct msg *m, uint64_t cookie, struct wr *out, char *err,
    size_t errsize)
{
	char		 why[256];
	const uint8_t	*jws;
	uint64_t	 got = rd_u64(&m->rd);
	size_t		 len;
	int		 ok = rd_u8(&m->rd);

	rd_str(&m->rd, why, sizeof(why));
	jws = rd_blob(&m->rd, &len);
	if (m->type != MSG_ACME_SIGNED || !rd_end(&m->rd) || got != cookie) {
		/* Never again: the next answer would be for this one. */
		chan_free(keys);
		keys = NULL;
		snprintf(err, errsize, "keys answers something else");
		return (-1);
	}
	if (!ok) {
		snprintf(err, errsize, "%s", why);
		return (-1);
	}
	wr_bytes(out, jws, len);
	return (0);
}

/* Ask keys and wait, with signs of life for the parent.  0, or -1 errno. */
static int
ask_keys(const struct wr *w, struct msg *m)
{
	long long	 until = clock_ms() + KEYS_MS;

	if (chan_send(keys, MSG_ACME_SIGN, w, -1) == -1 ||
	    chan_flush(keys, HEED_MS) == -1)
		return (-1);
	while (chan_recv(keys, m, HEED_MS) == -1) {
		if (errno != ETIMEDOUT || (long long)clock_ms() > until)
			return (-1);
		(void)chan_heed(parent);
	}
	return (0);
}

static int
do_sign(void *arg, const struct acme_wish *wish, struct wr *out, char *err,
    size_t errsize)
{
	struct msg	 m;
	struct wr	 w;
	int		 rv;

	(void)arg;
	if (keys == NULL) {
		snprintf(err, errsize, "there is no channel to keys");
		return (-1);
	}
	wr_init(&w);
	wr_u64(&w, ++cookies);
	wr_u8(&w, (uint8_t)wish->what);
	wr_str(&w, wish->url);
	wr_str(&w, wish->nonce);
	wr_str(&w, wish->account);
	wr_str(&w, wish->replaces);
	rv = wr_ok(&w) ? ask_keys(&w, &m) : -1;
	wr_free(&w);
	if (rv == -1) {
		snprintf(err, errsize, "keys does not answer: %s",
		    strerror(errno));
		chan_free(keys);
		keys = NULL;
		return (-1);
	}
	rv = read_signed(&m, cookies, out, err, errsize);
	msg_free(&m);
	return (rv);
}

static int
do_token(void *arg, const char *token)
{
	struct wr	 w;
	long long	 until = clock_ms() + TOKEN_MS, left;

	(void)arg;
	token_set[0] = '\0';
	wr_init(&w);
	wr_str(&w, token);
	tell(MSG_ACME_TOKEN, &w);
	if (token[0] == '\0')
		return (0);
	while (!stopping && (left = until - clock_ms()) > 0) {
		(void)heed((int)left);
		if (strcmp(token_set, token) == 0)
			return (0);
	}
	return (-1);
}

static int
do_wait(void *arg, unsigned int seconds)
{
	long long	 until = clock_ms() + seconds * 1000LL, left;

	(void)arg;
	while (!stopping && (left = until - clock_ms()) > 0)
		(void)heed(left > INT_MAX ? INT_MAX : (int)left);
	return (stopping ? -1 : 0);
}

static int64_t
do_now(void *arg)
{
	(void)arg;
	return ((int64_t)time(NULL));
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	log_debug("%s", text);
}

static void
do_warn(void *arg, const char *text)
{
	(void)arg;
	log_warnx("%s", text);
}

/* The process */

static void
report(uint32_t id, const struct acme_result *r)
{
	struct wr	 w;

	wr_init(&w);
	wr_u32(&w, id);
	wr_u8(&w, (uint8_t)r->end);
	wr_str(&w, r->error);
	wr_u64(&w, (uint64_t)r->not_before);
	wr_blob(&w, r->chain, r->chain_len);
	wr_u64(&w, (uint64_t)r->ari.start);
	wr_u64(&w, (uint64_t)r->ari.end);
	wr_str(&w, r->ari.why);
	tell(MSG_ACME_RESULT, &w);
}

static void
work(void)
{
	static const struct acme_ops	 ops = { do_ask, do_sign, do_token,
					    do_wait, do_now, do_step, do_warn,
					    NULL };
	struct acme_result		 r;

	todo.wanted = 0;
	working = 1;
	acme_run(&ops, &conf, (enum acme_job)todo.what, todo.next, todo.pem,
	    todo.len, &r);
	working = 0;
	report(todo.id, &r);
	acme_result_free(&r);
	if (stopping)
		exit(0);
}

/* The first settings, which say what must stay within reach. */
static void
start(struct child_start *st)
{
	struct wr	 w;
	long long	 until = clock_ms() + START_MS, left;

	while (!new_conf && (left = until - clock_ms()) > 0)
		(void)heed((int)left);
	if (!new_conf)
		fatalx("no settings from the parent");
	use_conf();
	if (net_reach_init(&reach) == -1 || net_reach_add(&reach,
	    conf.directory, conf.ca_file) == -1)
		fatal("can't gather what the directory %s needs of the "
		    "sandbox", conf.directory);
	st->net = &reach.net;
	wr_init(&w);
	wr_str(&w, child_confine(ROLE_ACME, st));
	confined = st->sandbox;
	tell(MSG_READY, &w);
}

void
helper_main(void)
{
	struct child_start	 st;

	parent = child_init(ROLE_ACME, &st);
	if (net_resolver_limit() == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (tls_init() == -1)
		fatalx("libtls");
	tzset();
	start(&st);
	for (;;) {
		use_conf();
		if (todo.wanted)
			work();
		else
			(void)heed(INT_MAX);
	}
}

/*
 * helper: the process that talks to ACME directories for the parent; see
 * helper.h.  Started by the parent; uses the network, and reads the files of
 * the resolver and the certificate authorities.
 *
 * One thread does one job at a time, and handles messages of the parent while
 * it waits.  It holds no key: keys makes and signs each request.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tls.h>

#include "acme.h"
#include "childrun.h"
#include "clock.h"
#include "helper.h"
#include "log.h"
#include "reach.h"

#define KEYS_MS		20000	/* for a signature, if keys is busy */
#define TOKEN_MS	10000	/* for all fronts to answer a token */
#define POLL_MS		250	/* interval of answering pings */

static struct ipc_child		 child;
static struct ipc_chan		*keys;
static struct ipc_acme_conf	 conf, next_conf;
static struct net_reach		 reach;	/* what the sandbox permits */
static int			 working, stopping, new_conf;
/* The token that the fronts answer, "" none. */
static char			 token_set[IPC_TOKEN_SIZE];
static uint64_t			 cookies;

/* The pending job. */
static struct {
	int			 wanted;
	uint32_t		 id;
	enum ipc_acme_job	 what;
	int			 next;	/* keys has an ACMEKEY_NEXT */
	char			*pem;
	size_t			 len;
} todo;

/* Messages of the parent */

static void
use_conf(void)
{
	if (!new_conf)
		return;
	conf = next_conf;
	new_conf = 0;
	/* Settings beyond the sandbox need a new process. */
	if (child.confined && !net_reach_covers(&reach, conf.directory,
	    conf.ca_file)) {
		log_info("restarting for another port or certificate "
		    "authority");
		exit(0);
	}
}

static int
on_keys(void *arg, int *fd)
{
	(void)arg;
	ipc_chan_free(keys);
	keys = ipc_chan_new(NULL, *fd, ROLE_ACME, ROLE_KEYS, NULL, NULL, NULL);
	if (keys == NULL)
		fatal("no channel to keys for signatures (malloc)");
	*fd = -1;
	return (0);
}

static int
on_conf(void *arg, const struct ipc_msg_acme_conf *v)
{
	(void)arg;
	if (!acme_conf_valid(&v->conf))
		return (-1);
	next_conf = v->conf;
	new_conf = 1;
	return (0);
}

static int
on_do(void *arg, const struct ipc_msg_acme_do *v)
{
	(void)arg;
	if (todo.wanted || working)
		return (-1);		/* a second job */
	todo.id = v->id;
	todo.what = v->job;
	todo.next = v->next_key;
	free(todo.pem);
	if ((todo.pem = malloc(v->len + 1)) == NULL)
		fatal("no memory for a certificate of %zu bytes of a job",
		    v->len);
	memcpy(todo.pem, v->pem, v->len);
	todo.pem[v->len] = '\0';
	todo.len = v->len;
	todo.wanted = 1;
	return (0);
}

static int
on_token_set(void *arg, const struct ipc_msg_acme_token_set *v)
{
	(void)arg;
	strlcpy(token_set, v->token, sizeof(token_set));
	return (0);
}

static int
on_stop(void *arg, const struct ipc_msg_stop *v)
{
	(void)arg;
	(void)v;
	if (!working)
		exit(0);
	stopping = 1;
	return (0);
}

/* struct helper_ops of a job */

static int
do_request(void *arg, const struct net_https_request *req,
    struct net_https_response *res, int ms)
{
	struct net_https_request	 mine = *req;
	int				 rv;

	(void)arg;
	mine.watch = child.parent;
	for (;;) {
		while (!stopping && ipc_child_wait(&child, 0))
			;
		if (!stopping) {
			rv = net_https_fetch(&mine, res, ms);
			/*
			 * Interrupted by a message of the parent: handle it
			 * first.
			 */
			if (rv == 0 || !res->interrupted)
				return (rv);
			net_https_free(res);
			continue;
		}
		memset(res, 0, sizeof(*res));
		snprintf(res->error, sizeof(res->error), "stopped on request");
		return (-1);
	}
}

/* Read the answer of keys.  0 and the JWS appended, or -1. */
static int
read_signed(struct ipc_msg *m, uint64_t cookie, struct ipc_wr *out, char *err,
    size_t errsize)
{
	struct ipc_msg_acme_signed v;

	if (m->type != MSG_ACME_SIGNED ||
	    ipc_get_acme_signed(&m->rd, &v) == -1 || v.cookie != cookie) {
		/*
		 * Close the channel: a late answer would be taken for the next
		 * one.
		 */
		ipc_chan_free(keys);
		keys = NULL;
		snprintf(err, errsize, "unexpected answer from keys");
		return (-1);
	}
	if (!v.ok) {
		snprintf(err, errsize, "%s", v.why);
		return (-1);
	}
	ipc_wr_bytes(out, v.jws, v.len);
	return (0);
}

/* Call keys and wait, answering pings.  0, or -1 with errno. */
static int
request_signature(const struct ipc_msg_acme_sign *v, struct ipc_msg *m)
{
	long long	 until = base_clock_ms() + KEYS_MS;

	if (ipc_send_acme_sign(keys, v) == -1 ||
	    ipc_chan_flush(keys, POLL_MS) == -1)
		return (-1);
	while (ipc_chan_recv(keys, m, POLL_MS) == -1) {
		if (errno != ETIMEDOUT || (long long)base_clock_ms() > until)
			return (-1);
		(void)ipc_chan_poll(child.parent);
	}
	return (0);
}

static int
do_sign(void *arg, const struct helper_sign_request *wish, struct ipc_wr *out,
    char *err, size_t errsize)
{
	struct ipc_msg_acme_sign v = {
		.cookie = ++cookies,
		.what = wish->what,
		.url = wish->url,
		.nonce = wish->nonce,
		.account = wish->account,
		.replaces = wish->replaces
	};
	struct ipc_msg	 m;
	int		 rv;

	(void)arg;
	if (keys == NULL) {
		snprintf(err, errsize, "there is no channel to keys");
		return (-1);
	}
	if (request_signature(&v, &m) == -1) {
		snprintf(err, errsize, "keys does not answer: %s",
		    strerror(errno));
		ipc_chan_free(keys);
		keys = NULL;
		return (-1);
	}
	rv = read_signed(&m, cookies, out, err, errsize);
	ipc_msg_free(&m);
	return (rv);
}

static int
do_token(void *arg, const char *token, const char *name)
{
	struct ipc_msg_acme_token v = { token, name };
	long long	 until = base_clock_ms() + TOKEN_MS, left;

	(void)arg;
	token_set[0] = '\0';
	ipc_child_sent(&child, ipc_send_acme_token(child.parent, &v));
	if (token[0] == '\0')
		return (0);
	while (!stopping && (left = until - base_clock_ms()) > 0) {
		(void)ipc_child_wait(&child, (int)left);
		if (strcmp(token_set, token) == 0)
			return (0);
	}
	return (-1);
}

static int
do_wait(void *arg, unsigned int seconds)
{
	long long	 until = base_clock_ms() + seconds * 1000LL, left;

	(void)arg;
	while (!stopping && (left = until - base_clock_ms()) > 0)
		(void)ipc_child_wait(&child, left > INT_MAX ? INT_MAX :
		    (int)left);
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
report(uint32_t id, const struct helper_result *r)
{
	struct ipc_msg_acme_result v = {
		.id = id,
		.outcome = r->end,
		.error = r->error,
		.not_before = (uint64_t)r->not_before,
		.chain = r->chain,
		.chain_len = r->chain_len,
		.start = (uint64_t)r->ari.start,
		.end = (uint64_t)r->ari.end,
		.page = r->ari.why
	};

	ipc_child_sent(&child, ipc_send_acme_result(child.parent, &v));
}

static void
do_job(void)
{
	static const struct helper_ops	 ops = { do_request, do_sign, do_token,
					    do_wait, do_now, do_step, do_warn,
					    NULL };
	struct helper_result		 r;

	todo.wanted = 0;
	working = 1;
	helper_run(&ops, &conf, todo.what, todo.next, todo.pem,
	    todo.len, &r);
	working = 0;
	report(todo.id, &r);
	helper_result_free(&r);
	if (stopping)
		exit(0);
}

static void
prepare(struct ipc_child *c)
{
	(void)c;
	if (net_resolver_limit(2) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (tls_init() == -1)
		fatalx("can't set up libtls (tls_init)");
	tzset();
}

static int
configured(void *arg)
{
	(void)arg;
	return (new_conf);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	(void)arg;
	use_conf();
	if (net_reach_init(&reach) == -1 || net_reach_https(&reach) == -1 ||
	    net_reach_add(&reach, conf.directory, conf.ca_file) == -1)
		fatal("can't gather what the directory %s needs of the "
		    "sandbox", conf.directory);
	return (&reach.net);
}

static void
work(void *arg)
{
	(void)arg;
	for (;;) {
		use_conf();
		if (todo.wanted)
			do_job();
		else
			(void)ipc_child_wait(&child, INT_MAX);
	}
}

static const struct ipc_handlers handlers = {
	.stop = on_stop,
	.acme_keys = on_keys,
	.acme_conf = on_conf,
	.acme_do = on_do,
	.acme_token_set = on_token_set
};

static struct ipc_child child = {
	.role = ROLE_ACME,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.work = work
};

void
helper_main(void)
{
	ipc_child_run(&child);
}

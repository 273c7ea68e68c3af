/*
 * drive_direct: run a job in this process; see acmedrive.c.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drive.h"
#include "keys.h"
#include "keys_acme.h"

static int
do_request(void *arg, const struct net_https_request *req,
    struct net_https_response *res, int ms)
{
	int	 rv = net_https_fetch(req, res, ms);

	(void)arg;
	if (drive.verbose)
		fprintf(stderr, "%s %s: %d %s\n", req->method, req->url,
		    rv == -1 ? -1 : res->head.status, rv == -1 ? res->error :
		    "");
	return (rv);
}

static int
do_sign(void *arg, const struct helper_sign_request *wish, struct ipc_wr *out,
    char *e, size_t size)
{
	struct keys_acme_request	 q;

	(void)arg;
	memset(&q, 0, sizeof(q));
	q.what = (uint8_t)wish->what;
	snprintf(q.url, sizeof(q.url), "%s", wish->url);
	snprintf(q.nonce, sizeof(q.nonce), "%s", wish->nonce);
	snprintf(q.account, sizeof(q.account), "%s", wish->account);
	snprintf(q.replaces, sizeof(q.replaces), "%s", wish->replaces);
	return (keys_acme_sign(&q, out, e, size));
}

static int
do_token(void *arg, const char *token, const char *name)
{
	(void)arg;
	(void)name;
	return (drive_token(token));
}

static int
do_wait(void *arg, unsigned int seconds)
{
	(void)arg;
	sleep(seconds);
	return (0);
}

static int64_t
do_now(void *arg)
{
	(void)arg;
	return ((int64_t)time(NULL) + drive.offset);
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	if (drive.verbose)
		fprintf(stderr, "%s\n", text);
}

static void
do_warn(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "warning: %s\n", text);
}

static void
load(unsigned int which)
{
	uint8_t	 result[KEYS_RESULTSIZE];
	char	 text[256];
	int	 fd, make, n;

	if (drive.key_file[which] == NULL)
		return;
	fd = drive_open_key(which, &make);
	n = keys_acme_load(which, make, fd, result, text, sizeof(text));
	if (n == -1)
		errx(2, "%s: %s", drive.key_file[which], text);
	if (which == ACMEKEY_ACCOUNT)
		snprintf(drive.thumb, sizeof(drive.thumb), "%.*s", n,
		    (const char *)result);
	close(fd);
}

void
drive_direct(struct helper_result *r)
{
	struct helper_ops	 ops = { do_request, do_sign, do_token, do_wait,
			    do_now, do_step, do_warn, NULL };
	unsigned int	 i;

	if (keys_file_preload() == -1 || keys_acme_preload() == -1)
		errx(2, "out of memory");
	for (i = ACMEKEY_ACCOUNT; i <= ACMEKEY_EAB; i++)
		load(i);
	keys_acme_set_conf(&drive.conf);
	if (drive.job == ACMEJOB_REVOKE &&
	    keys_acme_set_revoke(drive.der, (size_t)drive.der_len, 1) == -1)
		errx(2, "can't revoke that");
	helper_run(&ops, &drive.conf, drive.job, drive.key_file[ACMEKEY_NEXT] !=
	    NULL, drive.pem, drive.pem_len, r);
}

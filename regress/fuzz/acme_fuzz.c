/*
 * Fuzz target: the answers of an ACME directory, from HTTP heads to JSON and
 * certificates.
 *
 * The input is the current certificate and the answers to one job after the
 * other, separated by lines `%%'; the first byte selects the job.  A job must
 * end for any input: its requests and its time are bounded, and it ends with
 * success or with one printable line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme.h"

#define NEXT		"\n%%\n"
#define MAXASKED	5000
#define NOW		1760000000LL

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char	*rest;		/* answers that are left */
static size_t		 left;
static long		 asked, slept;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Cut off the next answer; an empty one when none is left. */
static const char *
next_answer(size_t *len)
{
	const char	*p = rest, *end;

	end = left == 0 ? NULL : memmem(rest, left, NEXT, sizeof(NEXT) - 1);
	if (end == NULL) {
		*len = left;
		rest += left;
		left = 0;
	} else {
		*len = (size_t)(end - rest);
		rest += *len + sizeof(NEXT) - 1;
		left -= *len + sizeof(NEXT) - 1;
	}
	return (p);
}

static int
do_request(void *arg, const struct net_https_request *req,
    struct net_https_response *res, int ms)
{
	const char	*p;
	struct net_url	 u;
	size_t		 len;
	int		 n;

	(void)arg;
	check(++asked < MAXASKED && ms > 0 && net_url_parse(req->url, &u) == 0);
	memset(res, 0, sizeof(*res));
	p = next_answer(&len);
	if ((res->text = malloc(len + 1)) == NULL)
		abort();
	memcpy(res->text, p, len);
	n = net_http_parse_response(&res->head, res->text, len);
	if (n <= 0) {
		snprintf(res->error, sizeof(res->error), "no answer");
		return (-1);
	}
	res->body_len = len - (size_t)n;
	if ((res->body = malloc(res->body_len + 1)) == NULL)
		abort();
	memcpy(res->body, res->text + n, res->body_len);
	res->body[res->body_len] = '\0';
	return (0);
}

/* The signed text is put into JSON unchanged. */
static int
do_sign(void *arg, const struct helper_sign_request *w, struct ipc_wr *out,
    char *err, size_t errsize)
{
	struct net_url	 u;

	(void)arg;
	(void)err;
	(void)errsize;
	check(net_url_parse(w->url, &u) == 0);
	check(strpbrk(w->nonce, "\"\\\n") == NULL && w->nonce[0] != '\0');
	check(w->account[0] == '\0' || net_url_parse(w->account, &u) == 0);
	ipc_wr_bytes(out, "x", 1);
	return (0);
}

static int
do_token(void *arg, const char *token, const char *name)
{
	(void)arg;
	(void)name;
	check(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
	    "wxyz0123456789-_") == strlen(token));
	return (0);
}

static int
do_wait(void *arg, unsigned int seconds)
{
	(void)arg;
	check(seconds > 0 && seconds <= 60);
	slept += seconds;
	return (0);
}

static int64_t
do_now(void *arg)
{
	(void)arg;
	return (NOW + slept);
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	check(text[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const struct helper_ops	 ops = { do_request, do_sign, do_token,
					    do_wait, do_now, do_step, do_step,
					    NULL };
	static struct ipc_acme_conf	 conf;
	struct helper_result		 r;
	const char			*s;
	size_t				 n;

	if (len == 0)
		return (0);
	snprintf(conf.directory, sizeof(conf.directory), "https://ca.example");
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
	snprintf(conf.issuer, sizeof(conf.issuer), "no such authority");
	conf.nnames = 1;
	conf.agreed = 1;
	rest = (const char *)p + 1;
	left = len - 1;
	asked = slept = 0;
	s = next_answer(&n);
	helper_run(&ops, &conf, (enum ipc_acme_job)(*p % 8), *p & 8, s, n, &r);
	check(slept <= 1800);
	check((r.end == ACMEEND_OK) == (r.error[0] == '\0'));
	for (s = r.error; *s != '\0'; s++)
		check(*s >= ' ' && *s <= '~');
	check(r.chain == NULL || r.chain_len > 0);
	check(r.not_before >= 0 && r.not_before <= NOW + slept + 30 * 86400);
	helper_result_free(&r);
	return (0);
}

/*
 * acmedrive: one job of acme-helper's in one process, with the keys linked in,
 * for the tests against a real directory.
 *
 *	acmedrive -d directory [-C ca] [-m port] -k account [options] job name...
 *	acmedrive ports n
 *
 * Jobs: issue, ari, revoke, roll, contact.  The first form prints "ok", or the
 * number of the end (enum acme_outcome) and the line for people.  The second
 * one prints n ports that are free.
 *
 *	-b		answer the challenge with something else
 *	-c contact	mailto: URL
 *	-D		do not agree to the terms of service
 *	-e kid:file	account binding, and the file of its MAC key
 *	-i file		certificate that is renewed, asked about or revoked
 *	-I name		wanted end of the chain
 *	-k file		account key; made when it is not there
 *	-K file		key of the certificate; made anew
 *	-m port		of pebble-challtestsrv's management
 *	-n file		new account key, for roll; made anew
 *	-o file		where the chain goes
 *	-p profile
 *	-t seconds	what the clock is off by
 *	-v		say what is done
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "acme.h"
#include "chain.h"
#include "keys.h"
#include "keys_acme.h"
#include "log.h"

static struct acme_conf	 conf;
static char		 thumb[ACME_RESULTSIZE + 1];
static int		 manager, verbose, lie;
static long		 offset;
static const char	*old_file, *out_file;

/* A number argument. */
static long
number(const char *s)
{
	const char	*bad;
	long long	 n;

	n = strtonum(s, -1000000000, 1000000000, &bad);
	if (bad != NULL)
		errx(2, "%s is %s", s, bad);
	return ((long)n);
}

/* Print ports that were free, all different. */
static int
ports(int n)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 fd;

	for (; n > 0; n--) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
		    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
		    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
			err(2, "no port is free");
		/* Left open until the end, so that the next one differs. */
		printf("%u\n", ntohs(sin.sin_port));
	}
	return (0);
}

/* The world */

static int
do_ask(void *arg, const struct https_request *req, struct https_response *res,
    int ms)
{
	int	 rv = https_ask(req, res, ms);

	(void)arg;
	if (verbose)
		fprintf(stderr, "%s %s: %d %s\n", req->method, req->url,
		    rv == -1 ? -1 : res->head.status, rv == -1 ? res->error :
		    "");
	return (rv);
}

static int
do_sign(void *arg, const struct acme_wish *wish, struct wr *out, char *e,
    size_t size)
{
	struct acme_request	 q;

	(void)arg;
	memset(&q, 0, sizeof(q));
	q.what = (uint8_t)wish->what;
	snprintf(q.url, sizeof(q.url), "%s", wish->url);
	snprintf(q.nonce, sizeof(q.nonce), "%s", wish->nonce);
	snprintf(q.account, sizeof(q.account), "%s", wish->account);
	snprintf(q.replaces, sizeof(q.replaces), "%s", wish->replaces);
	return (acme_sign(&q, out, e, size));
}

/* Give the token to pebble-challtestsrv. */
static int
do_token(void *arg, const char *token)
{
	struct sockaddr_in	 sin;
	char			 body[512], text[1024];
	int			 fd, n;
	ssize_t			 got;

	(void)arg;
	if (token[0] == '\0')
		return (0);
	n = snprintf(body, sizeof(body), "{\"token\":\"%s\",\"content\":"
	    "\"%s.%s\"}", token, token, lie ? "something-else" : thumb);
	n = snprintf(text, sizeof(text), "POST /add-http01 HTTP/1.0\r\n"
	    "Content-Length: %d\r\n\r\n%s", n, body);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)manager);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		err(2, "socket");
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    write(fd, text, (size_t)n) != n ||
	    (got = read(fd, text, sizeof(text) - 1)) < 12)
		err(2, "pebble-challtestsrv does not answer");
	text[got] = '\0';
	close(fd);
	return (strncmp(text + 8, " 200", 4) == 0 ? 0 : -1);
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
	return ((int64_t)time(NULL) + offset);
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	if (verbose)
		fprintf(stderr, "%s\n", text);
}

/* Keys and files */

static int
load(unsigned int which, const char *file, int make)
{
	uint8_t	 result[ACME_RESULTSIZE];
	char	 text[256];
	int	 fd, n;

	if (!make && which == ACMEKEY_ACCOUNT && access(file, F_OK) == -1)
		make = 1;
	fd = open(file, make ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0600);
	if (fd == -1)
		err(2, "%s", file);
	n = acme_load(which, make, fd, result, text, sizeof(text));
	if (n == -1)
		errx(2, "%s: %s", file, text);
	if (which == ACMEKEY_ACCOUNT)
		snprintf(thumb, sizeof(thumb), "%.*s", n,
		    (const char *)result);
	close(fd);
	return (0);
}

static char *
slurp(const char *file, size_t *len)
{
	char	*p;
	FILE	*fp;

	if ((p = malloc(CHAIN_MAXPEM)) == NULL ||
	    (fp = fopen(file, "r")) == NULL)
		err(2, "%s", file);
	*len = fread(p, 1, CHAIN_MAXPEM, fp);
	fclose(fp);
	return (p);
}

static void
allow_revoke(const char *pem, size_t len)
{
	unsigned char	*der = NULL;
	BIO		*bio = BIO_new_mem_buf(pem, (int)len);
	X509		*x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	int		 n;

	if (x == NULL || (n = i2d_X509(x, &der)) <= 0 ||
	    acme_set_revoke(der, (size_t)n, 1) == -1)
		errx(2, "can't revoke that");
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
}

static void
spill(const char *file, const char *p, size_t len)
{
	FILE	*fp;

	if ((fp = fopen(file, "w")) == NULL || fwrite(p, 1, len, fp) != len ||
	    fclose(fp) != 0)
		err(2, "%s", file);
}

static int
do_job(const char *name)
{
	static const char *const jobs[] = { "", "issue", "ari", "revoke",
	    "roll", "contact" };
	struct acme_ops		 ops = { do_ask, do_sign, do_token, do_wait,
				    do_now, do_step, NULL };
	struct acme_result	 r;
	size_t			 len = 0;
	char			*pem = NULL;
	unsigned int		 job;
	int			 rv;

	for (job = 1; job < 6 && strcmp(name, jobs[job]) != 0; job++)
		;
	if (job == 6)
		errx(2, "%s: there is no such job", name);
	if (old_file != NULL)
		pem = slurp(old_file, &len);
	if (job == ACME_JOB_REVOKE)
		allow_revoke(pem, len);
	acme_run(&ops, &conf, (enum acme_job)job, pem, len, &r);
	if (r.end == ACME_END_OK && job == ACME_JOB_ARI)
		printf("ok %lld %lld again %lld\n", (long long)r.ari.start,
		    (long long)r.ari.end, (long long)(r.not_before == 0 ? 0 :
		    r.not_before - do_now(NULL)));
	else if (r.end == ACME_END_OK)
		printf("ok\n");
	else
		printf("%d %s\n", (int)r.end, r.error);
	if (r.chain != NULL && out_file != NULL)
		spill(out_file, r.chain, r.chain_len);
	rv = r.end != ACME_END_OK;
	acme_result_free(&r);
	free(pem);
	return (rv);
}

static void
set(char *dst, size_t size, const char *value)
{
	if ((size_t)snprintf(dst, size, "%s", value) >= size)
		errx(2, "%s is too long", value);
}

static void
binding(char *arg)
{
	char	*colon = strchr(arg, ':');

	if (colon == NULL)
		errx(2, "-e kid:file");
	*colon = '\0';
	set(conf.eab_kid, sizeof(conf.eab_kid), arg);
	(void)load(ACMEKEY_EAB, colon + 1, 0);
}

static void
option(int ch, char *arg)
{
	switch (ch) {
	case 'b': lie = 1; break;
	case 'c': set(conf.contacts[0], sizeof(conf.contacts[0]), arg);
		conf.ncontacts = 1;
		break;
	case 'C': set(conf.ca_file, sizeof(conf.ca_file), arg); break;
	case 'd': set(conf.directory, sizeof(conf.directory), arg); break;
	case 'D': conf.agreed = 0; break;
	case 'e': binding(arg); break;
	case 'i': old_file = arg; break;
	case 'I': set(conf.issuer, sizeof(conf.issuer), arg); break;
	case 'k': (void)load(ACMEKEY_ACCOUNT, arg, 0); break;
	case 'K': (void)load(ACMEKEY_CERT, arg, 1); break;
	case 'm': manager = (int)number(arg); break;
	case 'n': (void)load(ACMEKEY_NEXT, arg, 1); break;
	case 'o': out_file = arg; break;
	case 'p': set(conf.profile, sizeof(conf.profile), arg); break;
	case 't': offset = number(arg); break;
	case 'v': verbose = 1; break;
	default: exit(2);
	}
}

int
main(int argc, char **argv)
{
	const char	*bad;
	int		 ch, i;

	if (argc == 3 && strcmp(argv[1], "ports") == 0)
		return (ports((int)number(argv[2])));
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1 || keyfile_preload() == -1 ||
	    acme_preload() == -1)
		errx(2, "out of memory");
	conf.agreed = 1;
	while ((ch = getopt(argc, argv, "bc:C:d:De:i:I:k:K:m:n:o:p:t:v")) !=
	    -1)
		option(ch, optarg);
	if (argc - optind < 2 || argc - optind - 1 > ACME_MAXNAMES)
		errx(2, "a job and names are wanted");
	for (i = optind + 1; i < argc; i++)
		if ((bad = acme_name(argv[i], conf.names[conf.nnames++])) !=
		    NULL)
			errx(2, "%s: %s", argv[i], bad);
	acme_set_conf(&conf);
	return (do_job(argv[optind]));
}

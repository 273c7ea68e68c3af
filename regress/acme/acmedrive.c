/*
 * acmedrive: run one job of acme-helper against a real directory, with the keys
 * in this process, or with the processes that derpd starts.
 *
 *	acmedrive -d directory [-C ca] [-m port] -k account [option ...]
 *	    job name ...
 *	acmedrive ports n
 *
 * Jobs: issue, ari, revoke, roll, contact.  The first form prints "ok", or the
 * number of the outcome (enum ipc_acme_outcome) and its line.  The second form
 * prints n free ports.
 *
 *	-b		answer the challenge with a wrong text
 *	-c contact	mailto: URL
 *	-D		do not agree to the terms of service
 *	-e kid:file	account binding: key id and file of the MAC key
 *	-H program	acme-helper, to run as a process
 *	-i file		certificate to renew, query or revoke
 *	-I name		CA at the end of the chain
 *	-k file		account key; created if missing
 *	-K file		key of the certificate; always created
 *	-m port		management port of pebble-challtestsrv
 *	-n file		new account key, for roll; created if missing
 *	-o file		write the chain to this file
 *	-p profile
 *	-R program	derpd, to run its keys as a process
 *	-S		without sandbox
 *	-t seconds	error of the clock; only in one process
 *	-v		log in detail
 */
#include <sys/socket.h>
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

#include "chain.h"
#include "drive.h"
#include "log.h"

struct drive	 drive;

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

/* Print different free ports. */
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

/* Send the token to pebble-challtestsrv. */
int
drive_token(const char *token)
{
	struct sockaddr_in	 sin;
	char			 body[512], text[1024];
	int			 fd, n;
	ssize_t			 got;

	if (token[0] == '\0')
		return (0);
	n = snprintf(body, sizeof(body), "{\"token\":\"%s\",\"content\":"
	    "\"%s.%s\"}", token, token, drive.lie ?
	    "something-else" : drive.thumb);
	n = snprintf(text, sizeof(text), "POST /add-http01 HTTP/1.0\r\n"
	    "Content-Length: %d\r\n\r\n%s", n, body);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)drive.manager);
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

int
drive_open_key(unsigned int which, int *make)
{
	const char	*file = drive.key_file[which];
	int		 fd;

	*make = which == ACMEKEY_CERT ||
	    (which != ACMEKEY_EAB && access(file, F_OK) == -1);
	fd = open(file, *make ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0600);
	if (fd == -1)
		err(2, "%s", file);
	return (fd);
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

/* The current certificate, and the first of its chain for a revocation. */
static void
read_old(void)
{
	BIO	*bio;
	X509	*x;

	if (drive.old_file == NULL)
		return;
	drive.pem = slurp(drive.old_file, &drive.pem_len);
	bio = BIO_new_mem_buf(drive.pem, (int)drive.pem_len);
	if ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) == NULL ||
	    (drive.der_len = i2d_X509(x, &drive.der)) <= 0)
		errx(2, "%s: no certificate", drive.old_file);
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

static enum ipc_acme_job
job_of(const char *name)
{
	static const char *const jobs[] = { "", "issue", "ari", "revoke",
	    "roll", "contact" };
	unsigned int	 job;

	for (job = 1; job < 6; job++)
		if (strcmp(name, jobs[job]) == 0)
			return ((enum ipc_acme_job)job);
	errx(2, "%s: there is no such job", name);
}

static void
show(const struct helper_result *r)
{
	if (r->end == ACMEEND_OK && drive.job == ACMEJOB_ARI)
		printf("ok %lld %lld again %lld\n", (long long)r->ari.start,
		    (long long)r->ari.end, (long long)(r->not_before == 0 ? 0 :
		    r->not_before - (int64_t)time(NULL)));
	else if (r->end == ACMEEND_OK)
		printf("ok\n");
	else
		printf("%d %s\n", (int)r->end, r->error);
	if (r->chain != NULL && drive.out_file != NULL)
		spill(drive.out_file, r->chain, r->chain_len);
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
	set(drive.conf.eab_kid, sizeof(drive.conf.eab_kid), arg);
	drive.key_file[ACMEKEY_EAB] = colon + 1;
}

static void
option(int ch, char *arg)
{
	struct ipc_acme_conf	*c = &drive.conf;

	switch (ch) {
	case 'b': drive.lie = 1; break;
	case 'c': set(c->contacts[0], sizeof(c->contacts[0]), arg);
		c->ncontacts = 1;
		break;
	case 'C': set(c->ca_file, sizeof(c->ca_file), arg); break;
	case 'd': set(c->directory, sizeof(c->directory), arg); break;
	case 'D': c->agreed = 0; break;
	case 'e': binding(arg); break;
	case 'H': drive.helper = arg; break;
	case 'i': drive.old_file = arg; break;
	case 'I': set(c->issuer, sizeof(c->issuer), arg); break;
	case 'k': drive.key_file[ACMEKEY_ACCOUNT] = arg; break;
	case 'K': drive.key_file[ACMEKEY_CERT] = arg; break;
	case 'm': drive.manager = (int)number(arg); break;
	case 'n': drive.key_file[ACMEKEY_NEXT] = arg; break;
	case 'o': drive.out_file = arg; break;
	case 'p': set(c->profile, sizeof(c->profile), arg); break;
	case 'R': drive.keys = arg; break;
	case 'S': drive.sandbox = 0; break;
	case 't': drive.offset = number(arg); break;
	case 'v': drive.verbose = 1; break;
	default: exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct ipc_acme_conf	*c = &drive.conf;
	struct helper_result	 r;
	const char		*bad;
	int			 ch, i, rv;

	if (argc == 3 && strcmp(argv[1], "ports") == 0)
		return (ports((int)number(argv[2])));
	signal(SIGPIPE, SIG_IGN);
	log_init("acmedrive", 1, 0);
	if (sodium_init() == -1)
		errx(2, "libsodium");
	c->agreed = drive.sandbox = 1;
	while ((ch = getopt(argc, argv,
	    "bc:C:d:De:H:i:I:k:K:m:n:o:p:R:St:v")) != -1)
		option(ch, optarg);
	if (argc - optind < 2 || argc - optind - 1 > IPC_ACME_MAXNAMES)
		errx(2, "a job and names are wanted");
	drive.job = job_of(argv[optind]);
	for (i = optind + 1; i < argc; i++)
		if ((bad = acme_name(argv[i], c->names[c->nnames++])) != NULL)
			errx(2, "%s: %s", argv[i], bad);
	read_old();
	if (drive.helper != NULL && drive.keys != NULL)
		drive_procs(&r);
	else
		drive_direct(&r);
	show(&r);
	rv = r.end != ACMEEND_OK;
	helper_result_free(&r);
	free(drive.pem);
	OPENSSL_free(drive.der);
	return (rv);
}

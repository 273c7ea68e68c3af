/*
 * import: takes over the certificate and the account key of derper, or of
 * another program with autocert's cache; see renew.h.  Called by certload.c.
 * Only copies key files: keys parses them.
 *
 * In the directory, for a name or an address N:
 *   N, N+rsa		key and chain in one file (autocert)
 *   N.crt, N.key	derper's of an address, with dots for colons
 *   acme_account+key, acme-account.key		account keys
 */
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "acmeconf.h"
#include "keyfiles.h"
#include "log.h"
#include "parent.h"
#include "readall.h"

#define MAX_KEY		(64 * 1024)	/* bytes, as parent_keyfile_open() */
#define MARK		" PRIVATE KEY-----"	/* ends lines around a key */

/* What is at `path', if anything?  1: a file; 0: nothing. */
static int
exists(const char *path)
{
	return (access(path, F_OK) == 0);
}

/* 1 when the state directory has no certificate, and never had an imported. */
static int
is_wanted(const struct conf *c)
{
	static const char *const own[] = { RENEW_CRT, RENEW_REVOKED,
	    RENEW_IMPORTED };
	char path[PATH_MAX];
	size_t i;

	if (c->acme.import == NULL)
		return (0);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (renew_path(c, own[i], path) == -1 || exists(path))
			return (0);
	return (1);
}

/* The path of a file in the directory.  0, or -1: too long (logged). */
static int
source(const struct conf *c, const char *name, const char *ending,
    char dst[PATH_MAX])
{
	if (snprintf(dst, PATH_MAX, "%s/%s%s", c->acme.import, name,
	    ending) < PATH_MAX)
		return (0);
	log_warnx("%s: the path is too long", gram_at(&c->acme.import_pos,
	    c->acme.import));
	return (-1);
}

/* 1 when there is a whole key as PEM, by its first and last line. */
static int
has_key(const char *p, size_t n)
{
	const char *q = memmem(p, n, MARK, strlen(MARK));

	return (q != NULL && memmem(q + 1, n - (size_t)(q + 1 - p), MARK,
	    strlen(MARK)) != NULL);
}

/*
 * Copy a key file to one of the state directory.  One without a key would keep
 * derpd from making its own.  0, or -1 (logged).
 */
static int
copy_key(const struct conf *c, const char *from, const char *name)
{
	static char text[MAX_KEY];
	char to[PATH_MAX], err[PATH_MAX + 256];
	ssize_t n;
	int fd, rv = -1;

	if (renew_path(c, name, to) == -1 ||
	    (fd = parent_keyfile_open(from, "key")) == -1)
		return (-1);
	if ((n = base_read_all(fd, text, sizeof(text))) == -1)
		log_warn("can't read %s", from);
	else if (!has_key(text, (size_t)n))
		log_warnx("key %s is not imported: there is no private key as "
		    "PEM in it", from);
	else if ((rv = parent_keyfile_private(to, text, (size_t)n, err,
	    sizeof(err))) == -1)
		log_warnx("%s", err);
	explicit_bzero(text, sizeof(text));
	close(fd);
	return (rv);
}

/* The account key, unless there is one. */
static void
import_account(const struct conf *c, int checking)
{
	static const char *const names[] = { "acme_account+key",
	    "acme-account.key" };
	char from[PATH_MAX], own[PATH_MAX];
	size_t i;

	if (renew_path(c, RENEW_ACCOUNT_KEY, own) == -1 || exists(own))
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (source(c, names[i], "", from) == -1 || !exists(from))
			continue;
		if (checking)
			log_info("account key %s: will be imported at the "
			    "first start", from);
		else if (copy_key(c, from, RENEW_ACCOUNT_KEY) == 0)
			log_info("imported the account key %s", from);
		return;
	}
}

/* Why the certificate is of no use for `name'; NULL: it is. */
static const char *
unfit(const struct parent_cert *cert, const char *name)
{
	if (!parent_cert_covers(cert, name))
		return ("it is for another name");
	if (parent_cert_days_left(cert, time(NULL)) < 0)
		return ("it has expired");
	if (cert->selfsigned)
		return ("it is self-signed");
	return (NULL);
}

/* Write certificate, key, and that this was done.  0, or -1 (logged). */
static int
take(const struct conf *c, const struct parent_cert *cert, const char *key)
{
	char crt[PATH_MAX], done[PATH_MAX], line[PATH_MAX + 1];
	int n = snprintf(line, sizeof(line), "%s\n", cert->path);

	/* The certificate last: without it there is no pair. */
	if (renew_path(c, RENEW_CRT, crt) == -1 ||
	    renew_path(c, RENEW_IMPORTED, done) == -1 ||
	    copy_key(c, key, RENEW_IMPORT_KEY) == -1 ||
	    parent_keyfile_public(crt, cert->pem, cert->pem_len) == -1 ||
	    parent_keyfile_public(done, line, (size_t)n) == -1)
		return (-1);
	log_info("imported the certificate %s", cert->path);
	return (0);
}

/* The pair of files `crt' and `key' for a name.  1: imported, 0: not. */
static int
import_pair(const struct conf *c, const char *name, const char *crt,
    const char *key, int checking)
{
	char err[512];
	struct parent_cert *cert;
	const char *bad;
	int rv = 0;

	if (!exists(crt))
		return (0);
	if ((cert = parent_cert_load(crt, err, sizeof(err))) == NULL) {
		log_warnx("not imported: %s", err);
		return (0);
	}
	if ((bad = unfit(cert, name)) != NULL)
		log_warnx("certificate %s is not imported: %s", crt, bad);
	else if (checking) {
		log_info("certificate %s: will be imported at the first start",
		    crt);
		rv = 1;
	} else
		rv = take(c, cert, key) == 0;
	parent_cert_free(cert);
	return (rv);
}

/* The certificate of one name.  1: imported, 0: not. */
static int
import_name(const struct conf *c, const char *name, int checking)
{
	static const struct {
		const char *crt, *key;
	} endings[] = { { "", "" }, { "+rsa", "+rsa" }, { ".crt", ".key" } };
	char file[IPC_ACME_NAMESIZE], crt[PATH_MAX], key[PATH_MAX], *p;
	size_t i;

	if (acme_name(name, file) != NULL)
		return (0);	/* reported by the check of the configuration */
	for (p = file; (p = strchr(p, ':')) != NULL; p++)
		*p = '.';
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (source(c, file, endings[i].crt, crt) == 0 &&
		    source(c, file, endings[i].key, key) == 0 &&
		    import_pair(c, name, crt, key, checking))
			return (1);
	return (0);
}

void
renew_import(const struct conf *c, int checking)
{
	const struct gram_name *n;

	if (!is_wanted(c))
		return;
	if (access(c->acme.import, R_OK | X_OK) == -1) {
		if (errno == ENOENT)	/* a first start, without derper's */
			log_info("acme import: there is no directory %s",
			    c->acme.import);
		else
			log_warn("acme import: can't read %s",
			    gram_at(&c->acme.import_pos, c->acme.import));
		return;
	}
	import_account(c, checking);
	TAILQ_FOREACH(n, &c->names, entry)
		if (import_name(c, n->name, checking))
			return;
	log_info("acme import: no certificate in %s for a configured host name",
	    c->acme.import);
}

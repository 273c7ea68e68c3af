/*
 * certload: see certload.h.  Called by load.c; reads certificate files, opens
 * key files for keys, and makes the self-signed pair.
 */
#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certchain.h"
#include "certload.h"
#include "keyfiles.h"
#include "log.h"
#include "messages.h"
#include "parent.h"

#define WHY_SIZE	512

/* Outcomes of one stage of the work, besides -1 (failed). */
enum { WAITS, HAS_ENDED };

static void	ended(struct parent_certload *l, int rv, const char *why);
static void	key_read(void *arg, const uint8_t *res, size_t len,
		    const char *why);

/* Send the key file to keys; `what' and `path' name it in messages. */
static int
read_key(struct parent_certload *l, const char *what, const char *path)
{
	int fd;

	if ((fd = parent_keyfile_open(l->key, what)) == -1)
		return (-1);
	parent_keys_call(l->d, MSG_KEY_TLS, NULL, fd, path, key_read, l);
	return (WAITS);
}

/* A pair of files */

static int
begin_pair(struct parent_certload *l)
{
	const struct conf_cert *k = l->k;
	char err[512];

	l->kind = CERT_OF_PAIR;
	if ((l->cert = parent_cert_load(k->cert, err, sizeof(err))) == NULL) {
		log_warnx("%s:%d: %s", k->pos.file, k->pos.line, err);
		return (-1);
	}
	strlcpy(l->key, k->key, sizeof(l->key));
	return (read_key(l, gram_at(&k->pos, "key"), gram_at(&k->pos, k->key)));
}

/* The self-signed pair */

/* Names for a self-signed certificate: host names, then own addresses. */
static void
put_names(struct ipc_wr *w, const struct parent_certload *l)
{
	static char hosts[IPC_KEYS_MAXNAMES][64];
	const struct parent_listen_set *s = &l->d->listens;
	struct ipc_msg_key_selfsign v;
	char *host, *end;
	size_t i;

	v.nnames = 0;
	for (i = 0; i < l->nnames && v.nnames < IPC_KEYS_MAXNAMES; i++)
		v.names[v.nnames++] = (char *)(uintptr_t)l->names[i];
	for (i = 0; i < s->n && v.nnames < IPC_KEYS_MAXNAMES; i++) {
		host = hosts[v.nnames];
		strlcpy(host, s->v[i].text + (s->v[i].text[0] == '['),
		    sizeof(hosts[0]));
		if ((end = strrchr(host, ':')) == NULL || !s->v[i].tls)
			continue;
		if (end > host && end[-1] == ']')
			end--;
		*end = '\0';
		if (strcmp(host, "::") != 0 && strcmp(host, "0.0.0.0") != 0)
			v.names[v.nnames++] = host;
	}
	ipc_put_key_selfsign(w, &v);
}

static int
load_selfsigned(struct parent_certload *l)
{
	char err[512];

	if ((l->cert = parent_cert_load(l->crt, err, sizeof(err))) != NULL)
		return (0);
	log_warnx("%s", err);
	return (-1);
}

static void
log_selfsigned(const struct parent_certload *l, const char *done)
{
	log_info("%s self-signed certificate %s, CertName %s", done, l->crt,
	    l->cert->pin);
}

/* keys has made the key; the certificate is `pem' of `len' bytes. */
static int
write_selfsigned(struct parent_certload *l, const uint8_t *pem, size_t len)
{
	if (parent_keyfile_public(l->crt, pem, len) == -1) {
		(void)unlink(l->key);	/* never leave half a pair */
		return (-1);
	}
	if (load_selfsigned(l) == -1)
		return (-1);
	log_selfsigned(l, "made");
	return (HAS_ENDED);
}

static void
made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_certload *l = arg;
	char line[WHY_SIZE];
	int rv = -1;

	if (why == NULL) {
		log_capture(line, sizeof(line));
		rv = write_selfsigned(l, res, len);
		log_capture(NULL, 0);
		why = line;
	}
	ended(l, rv, why);
}

static int
make_selfsigned(struct parent_certload *l)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	put_names(&w, l);
	parent_keys_make(l->d, MSG_KEY_SELFSIGN, &w, l->key, made, l);
	ipc_wr_free(&w);
	return (WAITS);
}

static int
is_missing(const char *path)
{
	return (access(path, F_OK) == -1 && errno == ENOENT);
}

/* Why the pair must be made anew; NULL: it need not. */
static const char *
outdated(const struct parent_certload *l, char *why, size_t size)
{
	const char *name = parent_certself_lacks(l->cert, l->names, l->nnames);

	if (name != NULL)
		(void)snprintf(why, size, "it is not valid for %s", name);
	else if (l->d->certself.due &&
	    l->cert->not_after - time(NULL) < CERT_SELF_RENEW)
		(void)snprintf(why, size, "it is near its end");
	else
		return (NULL);
	return (why);
}

/*
 * Use the new pair that an earlier generation has made and not put in force, or
 * make one.
 */
static int
renew_selfsigned(struct parent_certload *l)
{
	struct parent_certself_pair new;
	char err[512], why[128];

	l->anew = 1;
	parent_cert_free(l->cert);
	l->cert = NULL;
	if (parent_certself_paths(l->conf, 1, &new) == -1)
		return (-1);
	strlcpy(l->crt, new.crt, sizeof(l->crt));
	strlcpy(l->key, new.key, sizeof(l->key));
	if (!is_missing(l->key) && !is_missing(l->crt) && (l->cert =
	    parent_cert_load(l->crt, err, sizeof(err))) != NULL) {
		if (outdated(l, why, sizeof(why)) == NULL)
			return (read_key(l, "key", l->key));
		parent_cert_free(l->cert);
		l->cert = NULL;
	}
	/* The certificate is written last: without it there is no pair. */
	(void)unlink(l->crt);
	return (make_selfsigned(l));
}

/* The pair exists. */
static int
use_selfsigned(struct parent_certload *l)
{
	char why[320];

	if (load_selfsigned(l) == -1)
		return (-1);
	parent_certself_history(l->conf, l->cert);
	if (l->keep || outdated(l, why, sizeof(why)) == NULL)
		return (read_key(l, "key", l->key));
	if (!l->d->checking)
		return (renew_selfsigned(l));
	log_warnx("%s:%d: certificate %s will be made anew at the next start "
	    "or reload, because %s: its CertName, %s, changes then: put the "
	    "new one, which derpctl node prints, into each map with the old "
	    "one", l->k->pos.file, l->k->pos.line, l->crt, why, l->cert->pin);
	return (read_key(l, "key", l->key));
}

static int
begin_selfsigned(struct parent_certload *l)
{
	struct parent_certself_pair p;

	l->kind = CERT_SELFSIGNED;
	l->nnames = parent_certself_names(l->conf, l->k, l->names);
	if (parent_certself_paths(l->conf, 0, &p) == -1 ||
	    (!l->d->checking && parent_certself_mend(l->conf) == -1))
		return (-1);
	strlcpy(l->crt, p.crt, sizeof(l->crt));
	strlcpy(l->key, p.key, sizeof(l->key));
	/*
	 * A file that got more names is not refused for it, nor is a start with
	 * the file and the pair that was in use before.
	 */
	if (l->nnames == 0 && !l->keep && !l->changed &&
	    (l->d->checking || !l->d->super.starting || is_missing(l->crt))) {
		log_warnx("%s:%d: certificate self-signed is left over: the "
		    "certificates of files are valid for all host names, and "
		    "clients would get one or the other: remove this line, or "
		    "the others", l->k->pos.file, l->k->pos.line);
		return (-1);
	}
	/*
	 * The certificate is written last: without it the pair does not exist.
	 */
	if (is_missing(l->crt)) {
		if (!l->d->checking)
			return (make_selfsigned(l));
		log_info("%s: will be made at the first start", l->crt);
		return (HAS_ENDED);
	}
	if (is_missing(l->key)) {
		log_warnx("key %s: No such file or directory: restore it, or "
		    "remove %s as well to have a new pair made, which has a "
		    "new pin", l->key, l->crt);
		return (-1);
	}
	return (use_selfsigned(l));
}

/* The certificate of an ACME directory */

static int
begin_acme(struct parent_certload *l)
{
	int rv;

	l->kind = CERT_OF_ACME;
	renew_import(l->conf, l->d->checking);
	rv = renew_find_cert(l->conf, l->crt, l->key, l->name, &l->cert);
	if (rv == -1)
		return (-1);
	if (l->cert != NULL)
		return (read_key(l, "key", l->key));
	if (!l->d->checking)
		return (begin_selfsigned(l));
	log_info("%s: will be requested from %s",
	    l->crt, l->conf->acme.directory);
	return (HAS_ENDED);
}

/* All kinds of certificates */

/* Another line whose certificate has this public key; NULL: none. */
static const struct conf_cert *
owner_of(const struct parent_certload *l, const uint8_t *hash)
{
	const struct conf_cert *k;
	struct parent_cert *c;
	char err[512];
	int found = 0;

	TAILQ_FOREACH(k, &l->conf->certs, entry) {
		if (k == l->k || k->cert == NULL)
			continue;
		c = parent_cert_load(k->cert, err, sizeof(err));
		found = c != NULL && memcmp(c->hash, hash,
		    IPC_KEYHASH_LEN) == 0;
		parent_cert_free(c);
		if (found)
			break;
	}
	return (k);
}

/* The key of the line does not belong to its certificate: say what does. */
static void
log_other_key(const struct parent_certload *l, const uint8_t *hash)
{
	const struct conf_cert *k = l->k, *o = owner_of(l, hash);
	size_t n = parent_certchain_find(l->cert->pem, l->cert->pem_len, hash);
	char what[256];

	if (n > 1)
		(void)snprintf(what, sizeof(what), "it belongs to certificate "
		    "%zu in that file, and the server's own certificate must "
		    "be the first: put it there, with its chain behind it", n);
	else if (o != NULL)
		(void)snprintf(what, sizeof(what), "it belongs to that of line "
		    "%d: exchange the keys of the two lines", o->pos.line);
	else
		strlcpy(what, "install the key that the certificate was "
		    "requested with, both from the same directory",
		    sizeof(what));
	log_warnx("%s:%d: certificate %s does not belong to key %s: clients "
	    "could not connect: %s", k->pos.file, k->pos.line, k->cert, k->key,
	    what);
}

/* keys has read a key with this public key hash.  0, or -1 (logged). */
static int
check_hash(struct parent_certload *l, const uint8_t *hash, size_t len)
{
	if (len != IPC_KEYHASH_LEN) {
		log_warnx("%s: malformed answer from keys", l->key);
		return (-1);
	}
	if (memcmp(hash, l->cert->hash, len) == 0)
		return (0);
	switch (l->kind) {
	case CERT_OF_PAIR:
		log_other_key(l, hash);
		break;
	case CERT_SELFSIGNED:
		log_warnx("%s does not belong to %s: remove both to have a "
		    "new pair made", l->crt, l->key);
		break;
	case CERT_OF_ACME:
		log_warnx("%s does not belong to %s: install the key of this "
		    "certificate", l->key, l->cert->path);
		break;
	}
	return (-1);
}

/* The key belongs to the certificate.  HAS_ENDED, or -1 (logged). */
static int
use_key(struct parent_certload *l)
{
	if (l->kind == CERT_SELFSIGNED)
		log_selfsigned(l, "using");
	/* An imported key gets the name of one that was made here. */
	if (l->name[0] != '\0' && !l->d->checking) {
		if (parent_keyfile_rename(l->key, l->name) == -1)
			return (-1);
		log_info("%s and its key are taken over", l->cert->path);
	}
	return (HAS_ENDED);
}

static void
key_read(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_certload *l = arg;
	char line[WHY_SIZE];
	int rv = -1;

	if (why == NULL) {
		log_capture(line, sizeof(line));
		if (check_hash(l, res, len) == 0)
			rv = use_key(l);
		log_capture(NULL, 0);
		why = line;
	}
	ended(l, rv, why);
}

static int
begin(struct parent_certload *l)
{
	if (l->k->acme)
		return (begin_acme(l));
	return (l->k->cert == NULL ? begin_selfsigned(l) : begin_pair(l));
}

/*
 * At a start the relay must serve: is there another certificate in place of the
 * one that can't be used?  A certificate in force is replaced by a valid one
 * only.
 */
static int
goes_on(struct parent_certload *l)
{
	if (l->kind == CERT_OF_ACME) {
		log_warnx("can't use %s: a new certificate will be requested",
		    l->crt);
		l->name[0] = '\0';
		return (1);
	}
	if (l->kind != CERT_SELFSIGNED || !l->anew)
		return (0);
	log_warnx("the self-signed certificate could not be made anew: the old "
	    "one is served: correct this and reload");
	l->anew = 0;
	l->keep = 1;
	return (1);
}

static void
ended(struct parent_certload *l, int rv, const char *why)
{
	struct parent_cert *cert = l->cert;
	char line[WHY_SIZE];

	l->cert = NULL;
	if (rv != -1) {
		l->done(l->arg, 0, cert, NULL);
		return;
	}
	parent_cert_free(cert);
	if (!l->d->super.starting || !goes_on(l)) {
		l->done(l->arg, -1, NULL, why);
		return;
	}
	log_capture(line, sizeof(line));
	rv = begin_selfsigned(l);
	log_capture(NULL, 0);
	if (rv != WAITS)
		ended(l, rv, line);
}

void
parent_certload(struct parent_certload *l, struct parent *d,
    const struct conf *conf, const struct conf_cert *k,
    parent_certload_cb done, void *arg)
{
	char line[WHY_SIZE];
	int rv;

	l->d = d;
	l->conf = conf;
	l->k = k;
	l->cert = NULL;
	l->name[0] = '\0';
	l->anew = 0;
	l->done = done;
	l->arg = arg;
	log_capture(line, sizeof(line));
	rv = begin(l);
	log_capture(NULL, 0);
	if (rv != WAITS)
		ended(l, rv, line);
}

void
parent_certload_cancel(struct parent_certload *l)
{
	if (l->d == NULL)
		return;
	parent_keys_cancel(l->d, l);
	parent_cert_free(l->cert);
	l->cert = NULL;
}

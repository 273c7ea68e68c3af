/*
 * certload: see certload.h.  Called by load.c; reads certificate files, opens
 * key files for keys, and makes the self-signed pair.
 */
#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certload.h"
#include "log.h"
#include "messages.h"
#include "parent.h"

#define SELF_CRT	"self-signed.crt"
#define SELF_KEY	"self-signed.key"
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
	return (read_key(l, conf_at(&k->pos, "key"), conf_at(&k->pos, k->key)));
}

/* The self-signed pair */

/* Names for a self-signed certificate: host names, then own addresses. */
static void
put_names(struct ipc_wr *w, const struct conf *c,
    const struct parent_listen_set *s)
{
	static char hosts[IPC_KEYS_MAXNAMES][64];
	struct ipc_msg_key_selfsign v;
	const struct conf_name *n;
	char *host, *end;
	size_t i;

	v.nnames = 0;
	TAILQ_FOREACH(n, &c->names, entry)
		if (v.nnames < IPC_KEYS_MAXNAMES)
			v.names[v.nnames++] = n->name;
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

/*
 * Check the host names, which clients that pin the certificate check as well.
 */
static void
check_names(const struct conf *c, const struct parent_cert *cert)
{
	const struct conf_name *n;

	TAILQ_FOREACH(n, &c->names, entry)
		if (!parent_cert_covers(cert, n->name))
			log_warnx("%s:%d: %s is not valid for the name %s, so "
			    "clients that use the name refuse the relay: "
			    "remove the file to have a new pair made, which "
			    "has a new CertName", n->pos.file, n->pos.line,
			    cert->path, n->name);
}

/* Load the certificate; `made' is 1 when it was made just now. */
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
	check_names(l->conf, l->cert);
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
	put_names(&w, l->conf, &l->d->listens);
	parent_keys_make(l->d, MSG_KEY_SELFSIGN, &w, l->key, made, l);
	ipc_wr_free(&w);
	return (WAITS);
}

static int
begin_selfsigned(struct parent_certload *l)
{
	const char *dir = l->conf->statedir;

	l->kind = CERT_SELFSIGNED;
	if ((size_t)snprintf(l->crt, sizeof(l->crt), "%s/" SELF_CRT, dir) >=
	    sizeof(l->crt) || (size_t)snprintf(l->key, sizeof(l->key),
	    "%s/" SELF_KEY, dir) >= sizeof(l->key)) {
		log_warnx("%s: the path is too long", dir);
		return (-1);
	}
	/*
	 * The certificate is written last: without it the pair does not exist.
	 */
	if (access(l->crt, F_OK) == -1 && errno == ENOENT) {
		if (!l->d->checking)
			return (make_selfsigned(l));
		log_info("%s: will be made at the first start", l->crt);
		return (HAS_ENDED);
	}
	if (access(l->key, F_OK) == -1 && errno == ENOENT) {
		log_warnx("key %s: No such file or directory: restore it, or "
		    "remove %s as well to have a new pair made, which has a "
		    "new pin", l->key, l->crt);
		return (-1);
	}
	return (read_key(l, "key", l->key));
}

/* The certificate of an ACME directory */

static int
begin_acme(struct parent_certload *l)
{
	int rv;

	l->kind = CERT_OF_ACME;
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

/* keys has read a key with this public key hash.  0, or -1 (logged). */
static int
check_hash(struct parent_certload *l, const uint8_t *hash, size_t len)
{
	const struct conf_pos *pos = &l->k->pos;

	if (l->kind == CERT_SELFSIGNED && load_selfsigned(l) == -1)
		return (-1);
	if (len == IPC_KEYHASH_LEN && memcmp(hash, l->cert->hash, len) == 0)
		return (0);
	switch (l->kind) {
	case CERT_OF_PAIR:
		log_warnx("%s:%d: certificate %s does not belong to key %s",
		    pos->file, pos->line, l->k->cert, l->k->key);
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
	/* A certificate in force is replaced by a valid one only. */
	if (l->kind != CERT_OF_ACME || !l->d->starting) {
		l->done(l->arg, -1, NULL, why);
		return;
	}
	log_warnx("can't use %s: a new certificate will be requested", l->crt);
	log_capture(line, sizeof(line));
	l->name[0] = '\0';
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

/*
 * files: certificates and keys in the state directory; see renew.h.  Called by
 * load.c and checkfiles.c, and for the machine by jobs.c.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "hex.h"
#include "keyfiles.h"
#include "log.h"
#include "parent.h"

#define NAME_BYTES	8	/* of the hash, in the name of a key file */

int
renew_path(const struct conf *c, const char *name, char dst[PATH_MAX])
{
	if (snprintf(dst, PATH_MAX, "%s/%s", c->statedir, name) < PATH_MAX)
		return (0);
	log_warnx("%s: the path is too long", c->statedir);
	return (-1);
}

/* Name of the key file for a public key hash. */
static void
key_name(const uint8_t hash[IPC_KEYHASH_LEN], char *dst, size_t size)
{
	char hex[2 * NAME_BYTES + 1];

	base_hex_put(hex, hash, NAME_BYTES);
	snprintf(dst, size, "acme-%s.key", hex);
}

/* 1 when the key was imported and does not have its final name yet. */
static int
is_import(const char *path, const char *from)
{
	return (access(path, F_OK) == -1 && errno == ENOENT &&
	    access(from, F_OK) == 0);
}

int
renew_find_cert(const struct conf *c, char crt[PATH_MAX], char key[PATH_MAX],
    char name[PATH_MAX], struct parent_cert **cert)
{
	char own[64], from[PATH_MAX], err[512];

	*cert = NULL;
	name[0] = '\0';
	if (renew_path(c, RENEW_CRT, crt) == -1)
		return (-1);
	if (access(crt, F_OK) == -1 && errno == ENOENT)
		return (0);
	if ((*cert = parent_cert_load(crt, err, sizeof(err))) == NULL) {
		log_warnx("%s", err);
		return (-1);
	}
	key_name((*cert)->hash, own, sizeof(own));
	if (renew_path(c, own, key) == 0 &&
	    renew_path(c, RENEW_IMPORT_KEY, from) == 0) {
		if (is_import(key, from)) {
			strlcpy(name, key, PATH_MAX);
			strlcpy(key, from, PATH_MAX);
		}
		return (0);
	}
	parent_cert_free(*cert);
	*cert = NULL;
	return (-1);
}

const struct parent_cert *
renew_cert(const struct parent *d)
{
	const struct conf_cert *k;
	char path[PATH_MAX];
	size_t i = 0;

	if (renew_path(d->conf, RENEW_CRT, path) == -1)
		return (NULL);
	TAILQ_FOREACH(k, &d->conf->certs, entry) {
		if (k->acme && i < d->loaded.ncerts &&
		    strcmp(d->loaded.certs[i]->path, path) == 0)
			return (d->loaded.certs[i]);
		i++;
	}
	return (NULL);
}

unsigned int
renew_challenges(const struct conf *c)
{
	const struct conf_listen *l;
	unsigned int can = 0;

	TAILQ_FOREACH(l, &c->listens, entry)
		if (l->tls)
			can |= RENEW_TLS_ALPN;
		else if (!l->derp)
			can |= RENEW_HTTP;
	if (c->acme.challenge == CONF_CHALLENGE_HTTP)
		return (RENEW_HTTP);
	if (c->acme.challenge == CONF_CHALLENGE_TLS_ALPN)
		return (RENEW_TLS_ALPN);
	return (can);
}

enum ipc_acme_challenge
renew_challenge(const struct parent *d)
{
	switch (renew_challenges(d->conf)) {
	case RENEW_HTTP:
		return (ACMECHALLENGE_HTTP);
	case RENEW_TLS_ALPN:
		return (ACMECHALLENGE_TLS_ALPN);
	default:
		return (d->acme.machine.plan.challenge);
	}
}

/*
 * The profile: Let's Encrypt issues certificates for addresses with one
 * profile alone.
 */
static const char *
profile(const struct conf *c)
{
	const struct gram_name *n;

	if (c->acme.profile != NULL)
		return (c->acme.profile);
	if (strstr(c->acme.directory, ".api.letsencrypt.org/") != NULL)
		TAILQ_FOREACH(n, &c->names, entry)
			if (acme_name_is_address(n->name))
				return ("shortlived");
	return ("");
}

void
renew_conf_from(struct ipc_acme_conf *a, const struct parent *d)
{
	const struct conf *c = d->conf;
	const struct conf_acme *k = &c->acme;
	const struct gram_name *n;

	memset(a, 0, sizeof(*a));
	strlcpy(a->directory, k->directory, sizeof(a->directory));
	if (k->ca_file != NULL)
		strlcpy(a->ca_file, k->ca_file, sizeof(a->ca_file));
	strlcpy(a->profile, profile(c), sizeof(a->profile));
	a->challenge = renew_challenge(d);
	if (k->issuer != NULL)
		strlcpy(a->issuer, k->issuer, sizeof(a->issuer));
	if (k->eab_kid != NULL)
		strlcpy(a->eab_kid, k->eab_kid, sizeof(a->eab_kid));
	/* derpd.conf(5) says that an acme section agrees to the terms. */
	a->agreed = 1;
	TAILQ_FOREACH(n, &k->contacts, entry)
		strlcpy(a->contacts[a->ncontacts++], n->name,
		    sizeof(a->contacts[0]));
	TAILQ_FOREACH(n, &c->names, entry)
		(void)acme_name(n->name, a->names[a->nnames++]);
}

int
renew_next_keyfile(const struct conf *c, size_t *i, struct renew_keyfile *f)
{
	static const struct {
		enum ipc_acmekey which;
		const char *name, *what;
	} own[] = {
		{ ACMEKEY_ACCOUNT, RENEW_ACCOUNT_KEY, "account key" },
		{ ACMEKEY_NEXT, RENEW_NEXT_KEY, "new account key" },
	};
	const size_t n = sizeof(own) / sizeof(own[0]);

	if (!c->acme.enabled)
		return (0);
	for (; *i < n; (*i)++) {
		if (renew_path(c, own[*i].name, f->path) == -1) {
			(*i)++;
			return (-1);
		}
		if (access(f->path, F_OK) == -1 && errno == ENOENT)
			continue;
		f->which = own[*i].which;
		f->what = own[*i].what;
		f->pos = &c->acme.pos;
		(*i)++;
		return (1);
	}
	if ((*i)++ > n || c->acme.eab_key == NULL)
		return (0);
	f->which = ACMEKEY_EAB;
	f->what = "eab key";
	f->pos = &c->acme.eab_pos;
	strlcpy(f->path, c->acme.eab_key, sizeof(f->path));
	return (1);
}

int
renew_check_import(const struct conf *c)
{
	char crt[PATH_MAX], key[PATH_MAX];

	if (!c->acme.enabled)
		return (0);
	if (renew_path(c, RENEW_CRT, crt) == -1 ||
	    renew_path(c, RENEW_IMPORT_KEY, key) == -1)
		return (-1);
	if (access(key, F_OK) == -1 || access(crt, F_OK) == 0)
		return (0);
	log_warnx("%s: its certificate is missing: put it into %s, or remove "
	    "the key", gram_at(&c->acme.pos, key), crt);
	return (-1);
}

/* 1 when the key belongs to acme.crt, whatever the order's outcome was. */
static int
is_in_use(const struct parent *d)
{
	char path[PATH_MAX], err[512];
	struct parent_cert *c;
	int rv;

	if (renew_path(d->conf, RENEW_CRT, path) == -1 ||
	    (c = parent_cert_load(path, err, sizeof(err))) == NULL)
		return (0);
	rv = memcmp(c->hash, d->acme.key, IPC_KEYHASH_LEN) == 0;
	parent_cert_free(c);
	return (rv);
}

int
renew_name_key(const struct parent *d)
{
	char temp[PATH_MAX], path[PATH_MAX], name[64];

	key_name(d->acme.key, name, sizeof(name));
	if (renew_path(d->conf, RENEW_NEW_KEY, temp) == -1 ||
	    renew_path(d->conf, name, path) == -1)
		return (-1);
	return (parent_keyfile_commit(temp, path));
}

void
renew_drop_key(struct parent *d)
{
	char path[PATH_MAX], name[64];

	key_name(d->acme.key, name, sizeof(name));
	if (!is_in_use(d) && renew_path(d->conf, name, path) == 0)
		(void)unlink(path);
	memset(d->acme.key, 0, sizeof(d->acme.key));
}

/* What is wrong with the new certificate; NULL: nothing. */
static const char *
check_cert(const struct parent *d, const struct parent_cert *c)
{
	const struct gram_name *n;

	if (memcmp(c->hash, d->acme.key, IPC_KEYHASH_LEN) != 0)
		return ("it does not belong to the order's key");
	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (!parent_cert_covers(c, n->name))
			return ("it does not have all names");
	return (acme_chain_check(c->pem, c->pem_len, time(NULL)));
}

int
renew_install(const struct parent *d, const void *pem, size_t len, char *err,
    size_t errsize)
{
	char path[PATH_MAX], why[256];
	const char *bad;
	struct acme_chain ch;
	struct parent_cert *c;
	int rv = -1;

	if (acme_chain_read(pem, len, &ch, why, sizeof(why)) == -1) {
		snprintf(err, errsize, "the new certificate: %s", why);
		return (-1);
	}
	if (renew_path(d->conf, RENEW_CRT, path) == -1 ||
	    (c = parent_cert_parse("the new certificate", pem, len, err,
	    errsize)) == NULL)
		return (-1);
	if ((bad = check_cert(d, c)) != NULL)
		snprintf(err, errsize, "the new certificate: %s", bad);
	else if ((rv = parent_keyfile_public(path, c->pem, c->pem_len)) == -1)
		snprintf(err, errsize, "the new certificate can't be written");
	parent_cert_free(c);
	return (rv);
}

/* 1 when it is the name of a key file other than `keep'. */
static int
is_old(const char *name, const char *keep)
{
	size_t n = strlen("acme-"), hex;

	if (strncmp(name, "acme-", n) != 0)
		return (0);
	hex = strspn(name + n, "0123456789abcdef");
	return (hex == 2 * NAME_BYTES &&
	    strcmp(name + n + hex, ".key") == 0 && strcmp(name, keep) != 0);
}

void
renew_tidy(const struct parent *d)
{
	const struct parent_cert *c = renew_cert(d);
	char keep[64] = "", path[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	/* Without a certificate any key may still be needed. */
	if (c == NULL || (dir = opendir(d->conf->statedir)) == NULL)
		return;
	key_name(c->hash, keep, sizeof(keep));
	while ((e = readdir(dir)) != NULL)
		if (is_old(e->d_name, keep) &&
		    renew_path(d->conf, e->d_name, path) == 0)
			(void)unlink(path);
	closedir(dir);
	(void)renew_remove_mark(d);
}

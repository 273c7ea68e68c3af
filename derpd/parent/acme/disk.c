/*
 * disk: the files that the machine reads and writes in the state directory: the
 * record, the contacts, account keys, the mark of a revocation; see renew.h.
 * Called by renew.c and jobs.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keyfiles.h"
#include "log.h"
#include "parent.h"

#define PLAN		"acme.plan"
#define CONTACT		"acme.contact"
#define REASON		"reason "	/* first line of a mark, a number */
#define MAX_CONTACT	8192	/* bytes of the file */

int
renew_there(const struct parent *d, const char *name)
{
	char path[PATH_MAX];

	return (renew_path(d->conf, name, path) == 0 &&
	    access(path, F_OK) == 0);
}

/* Read at most `size' bytes of a file of the state directory.  Bytes, or -1. */
static ssize_t
read_file(const struct parent *d, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (renew_path(d->conf, name, path) == -1 ||
	    (fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return (-1);
	n = read(fd, text, size);
	close(fd);
	return (n < 0 ? 0 : n);
}

/* Replace a file of the state directory.  0, or -1 (logged). */
static int
write_file(const struct parent *d, const char *name, const void *p, size_t len)
{
	char path[PATH_MAX];

	if (renew_path(d->conf, name, path) == -1)
		return (-1);
	return (parent_keyfile_public(path, p, len));
}

/* Rename the file `name' to `to'.  0, or -1 (logged). */
static int
rename_file(const struct parent *d, const char *name, const char *to)
{
	char from_path[PATH_MAX], to_path[PATH_MAX];

	if (renew_path(d->conf, name, from_path) == -1 ||
	    renew_path(d->conf, to, to_path) == -1)
		return (-1);
	return (parent_keyfile_rename(from_path, to_path));
}

/* Remove a file; a missing file counts as removed.  0, or -1. */
static int
remove_file(const struct parent *d, const char *name)
{
	char path[PATH_MAX];

	if (renew_path(d->conf, name, path) == -1)
		return (-1);
	return (unlink(path) == -1 && errno != ENOENT ? -1 : 0);
}

/* The record */

ssize_t
renew_read_plan(const struct parent *d, char *text)
{
	return (read_file(d, PLAN, text, PLAN_TEXTSIZE));
}

int
renew_write_plan(const struct parent *d)
{
	char text[PLAN_TEXTSIZE];
	size_t n = renew_plan_write(&d->acme.machine.plan, text);

	return (write_file(d, PLAN, text, n));
}

/* Contacts */

/* The contents of acme.contact once the directory has the contacts. */
static void
put_contacts(const struct parent *d, struct ipc_wr *w)
{
	const struct conf_acme *k = &d->conf->acme;
	const struct gram_name *n;

	ipc_wr_init(w);
	ipc_wr_bytes(w, k->directory, strlen(k->directory));
	ipc_wr_bytes(w, "\n", 1);
	TAILQ_FOREACH(n, &k->contacts, entry) {
		ipc_wr_bytes(w, n->name, strlen(n->name));
		ipc_wr_bytes(w, "\n", 1);
	}
}

int
renew_write_contacts(const struct parent *d)
{
	struct ipc_wr w;
	int rv = -1;

	put_contacts(d, &w);
	if (ipc_wr_ok(&w))
		rv = write_file(d, CONTACT, w.p, w.len);
	ipc_wr_free(&w);
	return (rv);
}

/*
 * 1 when the directory needs the contacts; a new account gets them when made.
 */
static int
contacts_differ(const struct parent *d)
{
	char text[MAX_CONTACT];
	struct ipc_wr w;
	ssize_t n;
	int differ;

	if (!renew_there(d, RENEW_ACCOUNT_KEY))
		return (0);
	if ((n = read_file(d, CONTACT, text, sizeof(text))) == -1)
		return (!TAILQ_EMPTY(&d->conf->acme.contacts));
	put_contacts(d, &w);
	differ = ipc_wr_ok(&w) && ((size_t)n != w.len ||
	    memcmp(text, w.p, w.len) != 0);
	ipc_wr_free(&w);
	return (differ);
}

/* Account keys */

int
renew_move_next(const struct parent *d)
{
	if (rename_file(d, RENEW_NEXT_KEY, RENEW_ACCOUNT_KEY) == -1)
		return (-1);
	log_info("the account has a new key, %s/" RENEW_ACCOUNT_KEY,
	    d->conf->statedir);
	return (0);
}

int
renew_drop_next(const struct parent *d)
{
	return (remove_file(d, RENEW_NEXT_KEY));
}

/*
 * The directory refuses the account key: put it aside, so that a new one is
 * made, once a day at most.
 */
int
renew_set_aside(const struct parent *d)
{
	char from[PATH_MAX], to[PATH_MAX], name[64];
	struct tm tm;
	time_t now = time(NULL);

	if (gmtime_r(&now, &tm) == NULL || strftime(name, sizeof(name),
	    "acme-account-%Y%m%d.old", &tm) == 0 ||
	    renew_path(d->conf, RENEW_ACCOUNT_KEY, from) == -1 ||
	    renew_path(d->conf, name, to) == -1)
		return (-1);
	if (access(to, F_OK) == 0) {
		log_warnx("the directory refuses the account key %s, which was "
		    "made today: a new one will be made tomorrow", from);
		return (-1);
	}
	if (parent_keyfile_rename(from, to) == -1)
		return (-1);
	log_warnx("the directory no longer accepts the account key: it is %s "
	    "now, and a new key will be made for a new account", to);
	return (0);
}

/*
 * A revocation: acme-revoked.crt, which has a line with the reason before the
 * certificate, marks its beginning.  At the end acme.crt is renamed to it: no
 * new certificate is requested until derpctl does so.
 */

int
renew_write_mark(const struct parent *d, uint8_t reason)
{
	const struct parent_cert *c = renew_cert(d);
	char line[32];
	struct ipc_wr w;
	int rv = -1;

	if (c == NULL)
		return (-1);
	ipc_wr_init(&w);
	snprintf(line, sizeof(line), REASON "%u\n", reason);
	ipc_wr_bytes(&w, line, strlen(line));
	ipc_wr_bytes(&w, c->pem, c->pem_len);
	if (ipc_wr_ok(&w))
		rv = write_file(d, RENEW_REVOKED, w.p, w.len);
	ipc_wr_free(&w);
	return (rv);
}

int
renew_remove_mark(const struct parent *d)
{
	return (remove_file(d, RENEW_REVOKED));
}

int
renew_retire(const struct parent *d)
{
	return (rename_file(d, RENEW_CRT, RENEW_REVOKED));
}

/* 1, and the reason, when the certificate in force is being revoked, else 0. */
static int
is_marked(const struct parent *d, const struct parent_cert *c, uint8_t *reason)
{
	static char text[CERT_MAXFILE + 32];
	size_t n = strlen(REASON);
	ssize_t len = read_file(d, RENEW_REVOKED, text, sizeof(text) - 1);
	char *pem;

	if (len < (ssize_t)n || memcmp(text, REASON, n) != 0)
		return (0);
	text[len] = '\0';
	if ((pem = strchr(text, '\n')) == NULL)
		return (0);
	*pem++ = '\0';
	*reason = (uint8_t)strtonum(text + n, 0, 10, NULL);
	return ((size_t)(text + len - pem) == c->pem_len &&
	    memcmp(pem, c->pem, c->pem_len) == 0);
}

/* Fill in the plan's facts of the certificate; its ARI id is kept in `ch'. */
static void
cert_facts(const struct parent *d, const struct parent_cert *c,
    struct renew_plan_cert *pc, struct acme_chain *ch)
{
	const struct gram_name *n;
	char err[256];

	/* A certificate that lacks a configured name counts as missing. */
	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (!parent_cert_covers(c, n->name))
			return;
	if (acme_chain_read(c->pem, c->pem_len, ch, err, sizeof(err)) == -1)
		memset(ch, 0, sizeof(*ch));
	pc->not_before = c->not_before;
	pc->not_after = c->not_after;
}

void
renew_read_facts(const struct parent *d, struct renew_facts *f,
    struct acme_chain *ch)
{
	const struct parent_cert *c = renew_cert(d);

	memset(f, 0, sizeof(*f));
	memset(ch, 0, sizeof(*ch));
	f->cert.id = ch->id;
	f->enabled = d->conf->acme.enabled;
	f->next = renew_there(d, RENEW_NEXT_KEY);
	f->mark = renew_there(d, RENEW_REVOKED);
	f->contacts = contacts_differ(d);
	f->either = renew_challenges(d->conf) == RENEW_BOTH;
	if (c == NULL)
		return;
	f->served = 1;
	f->until = c->not_after;
	f->name = c->nnames > 0 ? c->names[0] : NULL;
	f->marked = f->mark && is_marked(d, c, &f->reason);
	cert_facts(d, c, &f->cert, ch);
}

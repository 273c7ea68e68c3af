/*
 * jobs: the jobs of acme-helper that are no order: revocation, a new
 * account key, new contacts; and what derpctl asks for.  See renew.h.  Called
 * by renew.c and control.c; touches files in the state directory.
 *
 * The new account key lies beside the old one until the directory has said
 * which of them it takes.  As long as it is there the change is tried again.
 * A crash, and what is there after it:
 *
 *	before the new key is renamed	the old key
 *	before the request, or the	both; the directory has the old one: it
 *	  directory takes it		is asked again
 *	before its answer is here	both; it has the new one and says so
 *					when the account is looked for by it
 *	before the new key takes the	the same
 *	  place of the old one
 *	after that			the new key
 *
 * A key is removed only when the directory has shown the account of the other
 * one.  While both are there no account is made with the old key before it has
 * been looked for by the new one (acme_account.c).
 */
#include <openssl/x509.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"
#include "pemcert.h"

#define ACCOUNT_KEY	"acme-account.key"
#define NEXT_KEY	"acme-account-next.key"
#define CONTACT		"acme.contact"
#define CRT		"acme.crt"
#define REVOKED		"acme-revoked.crt"
#define RETRY_SECS	3600	/* seconds after a failure */
#define AGAIN_SECS	10	/* after a first refusal of a new account key */
#define REST_SECS	86400	/* after a refusal of the contacts */
#define MAX_CONTACT	8192	/* bytes of the file */

/* Is there the file in the state directory? */
static int
there(const struct derpd *d, const char *name)
{
	char path[PATH_MAX];

	return (acme_path(d->conf, name, path) == 0 &&
	    access(path, F_OK) == 0);
}

int
acme_on_hold(const struct derpd *d)
{
	return (d->conf->acme.enabled && acme_cert(d) == NULL &&
	    there(d, REVOKED));
}

void
acme_end_hold(struct derpd *d)
{
	char path[PATH_MAX];

	if (acme_path(d->conf, REVOKED, path) == 0)
		(void)unlink(path);
}

/* Contacts */

/* What acme.contact holds when the directory knows the contacts. */
static void
put_told(const struct derpd *d, struct wr *w)
{
	const struct conf_acme *k = &d->conf->acme;
	const struct conf_name *n;

	wr_init(w);
	wr_bytes(w, k->directory, strlen(k->directory));
	wr_bytes(w, "\n", 1);
	TAILQ_FOREACH(n, &k->contacts, entry) {
		wr_bytes(w, n->name, strlen(n->name));
		wr_bytes(w, "\n", 1);
	}
}

int
acme_contacts_told(struct derpd *d)
{
	char path[PATH_MAX];
	struct wr w;
	int rv = -1;

	put_told(d, &w);
	if (wr_ok(&w) && acme_path(d->conf, CONTACT, path) == 0)
		rv = keyfile_public(path, w.p, w.len);
	wr_free(&w);
	return (rv);
}

/* Has the directory to be told?  Not of an account that is made yet. */
static int
contacts_differ(const struct derpd *d)
{
	char path[PATH_MAX], text[MAX_CONTACT];
	struct wr w;
	ssize_t n;
	int differ, fd;

	if (!there(d, ACCOUNT_KEY) || acme_path(d->conf, CONTACT, path) == -1)
		return (0);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return (!TAILQ_EMPTY(&d->conf->acme.contacts));
	n = read(fd, text, sizeof(text));
	close(fd);
	put_told(d, &w);
	differ = wr_ok(&w) && (n < 0 || (size_t)n != w.len ||
	    memcmp(text, w.p, w.len) != 0);
	wr_free(&w);
	return (differ);
}

/* What is to be done */

enum acme_job
acme_other_job(const struct derpd *d, int64_t *when)
{
	const struct acme_state *a = &d->acme;

	*when = 0;
	if (a->want & 1U << ACME_JOB_ROLL)
		return (ACME_JOB_ROLL);
	if (there(d, NEXT_KEY)) {
		*when = a->next_roll;
		return (ACME_JOB_ROLL);
	}
	if (a->want & 1U << ACME_JOB_REVOKE)
		return (ACME_JOB_REVOKE);
	*when = INT64_MAX;
	return (ACME_JOB_ISSUE);
}

int64_t
acme_contact_due(const struct derpd *d)
{
	return (contacts_differ(d) ? d->acme.next_contact : INT64_MAX);
}

/* What is wrong with what derpctl asks for; NULL nothing. */
static const char *
judge(const struct derpd *d, unsigned int job, unsigned int reason)
{
	if (!d->conf->acme.enabled)
		return ("derpd.conf has no acme section");
	if (job == ACME_JOB_ISSUE || job == ACME_JOB_ROLL)
		return (NULL);
	/* RFC 5280 5.3.1: 7 is none. */
	if (job != ACME_JOB_REVOKE || reason > 10 || reason == 7)
		return ("malformed request");
	if (acme_cert(d) == NULL)
		return ("there is no certificate of the directory's that "
		    "could be revoked");
	return (NULL);
}

int
acme_ask(struct derpd *d, unsigned int job, unsigned int reason,
    const char **why)
{
	if ((*why = judge(d, job, reason)) != NULL)
		return (-1);
	if (job == ACME_JOB_ISSUE)
		acme_end_hold(d);
	if (job == ACME_JOB_REVOKE)
		d->acme.reason = (uint8_t)reason;
	/* One that is under way is the one that is asked for. */
	if (d->acme.job != job)
		d->acme.want |= 1U << job;
	return (0);
}

/* What keys needs */

/* MSG_KEY_ACME_FILE for the new account key; no file: forget it. */
static int
call_next(struct derpd *d, int make, int fd, const char *path)
{
	uint8_t thumb[64];
	struct wr w;
	size_t len;
	int rv;

	wr_init(&w);
	wr_u8(&w, ACMEKEY_NEXT);
	wr_u8(&w, make ? ACMEFILE_MAKE : ACMEFILE_READ);
	rv = make ? keyfile_make(d, MSG_KEY_ACME_FILE, &w, path, thumb,
	    sizeof(thumb), &len) : keyfile_call(d, MSG_KEY_ACME_FILE, &w, fd,
	    path, thumb, sizeof(thumb), &len);
	wr_free(&w);
	return (rv);
}

static int
prepare_roll(struct derpd *d)
{
	char path[PATH_MAX];
	int fd;

	if (acme_path(d->conf, NEXT_KEY, path) == -1)
		return (-1);
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return (call_next(d, 1, -1, path));
	if ((fd = keyfile_open(path, "new account key")) == -1)
		return (-1);
	return (call_next(d, 0, fd, path));
}

/* Say which certificate keys lets revoke; NULL: none. */
static int
call_revoke(struct derpd *d, const uint8_t *der, size_t len)
{
	struct wr w;
	char none;
	int rv;

	wr_init(&w);
	wr_u8(&w, d->acme.reason);
	wr_blob(&w, der, len);
	rv = keyfile_call(d, MSG_KEY_ACME_REVOKE, &w, -1, "revocation", &none,
	    0, NULL);
	wr_free(&w);
	return (rv);
}

static int
prepare_revoke(struct derpd *d)
{
	const struct cert *c = acme_cert(d);
	unsigned char *der = NULL;
	X509 *x = NULL;
	BIO *bio;
	int len = -1, rv = -1;

	if (c == NULL)
		return (-1);
	if ((bio = BIO_new_mem_buf(c->pem, (int)c->pem_len)) != NULL)
		x = pem_cert(bio);
	if (x != NULL)
		len = i2d_X509(x, &der);
	if (len > 0)
		rv = call_revoke(d, der, (size_t)len);
	else
		log_warnx("%s can't be read again", c->path);
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	return (rv);
}

int
acme_prepare_other(struct derpd *d, enum acme_job job)
{
	switch (job) {
	case ACME_JOB_ROLL:
		return (prepare_roll(d));
	case ACME_JOB_REVOKE:
		return (prepare_revoke(d));
	default:
		return (0);
	}
}

/* Results */

void
acme_prepare_next(struct derpd *d)
{
	d->acme.next_key = there(d, NEXT_KEY) && prepare_roll(d) == 0;
}

/* The directory takes the new key; -1: it could not be put in its place. */
static int
roll_good(struct derpd *d)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (acme_path(d->conf, NEXT_KEY, from) == -1 ||
	    acme_path(d->conf, ACCOUNT_KEY, to) == -1 ||
	    keyfile_rename(from, to) == -1)
		return (-1);
	(void)call_next(d, 0, -1, NEXT_KEY);
	d->acme.next_key = 0;
	log_info("the account has a new key, %s", to);
	return (0);
}

/*
 * The directory takes the account key no more: put it aside, so that another is
 * made, once a day at most.  0, or -1 (logged).
 */
static int
set_aside(struct derpd *d)
{
	char from[PATH_MAX], to[PATH_MAX], name[64];
	struct tm tm;
	time_t now = time(NULL);

	if (gmtime_r(&now, &tm) == NULL || strftime(name, sizeof(name),
	    "acme-account-%Y%m%d.old", &tm) == 0 ||
	    acme_path(d->conf, ACCOUNT_KEY, from) == -1 ||
	    acme_path(d->conf, name, to) == -1)
		return (-1);
	if (access(to, F_OK) == 0) {
		log_warnx("the directory refuses the account key %s, which was"
		    " made today: another is made tomorrow", from);
		return (-1);
	}
	if (keyfile_rename(from, to) == -1)
		return (-1);
	log_warnx("the directory takes the account key no more: it is %s now,"
	    " and another one is made for a new account", to);
	return (0);
}

enum acme_outcome
acme_other_key(struct derpd *d, enum acme_outcome end)
{
	/* It goes on soon, with that key. */
	if (end == ACME_END_NEXT_KEY)
		return (there(d, NEXT_KEY) && roll_good(d) == 0 ?
		    ACME_END_STOPPED : ACME_END_INTERNAL);
	return (set_aside(d) == 0 ? ACME_END_STOPPED : ACME_END_REFUSED);
}

/* The directory stays with the old key. */
static void
roll_refused(struct derpd *d)
{
	char path[PATH_MAX];

	if (acme_path(d->conf, NEXT_KEY, path) == 0)
		(void)unlink(path);
	(void)call_next(d, 0, -1, NEXT_KEY);
}

static void
rolled(struct derpd *d, enum acme_outcome end, const char *error)
{
	struct acme_state *a = &d->acme;

	a->next_roll = time(NULL) + RETRY_SECS;
	if (end == ACME_END_OK && roll_good(d) == 0)
		control_cert_done(ACME_JOB_ROLL, 1,
		    "the account has a new key");
	else if (end == ACME_END_OK)
		control_cert_done(ACME_JOB_ROLL, 0, "the directory has the new "
		    "key, but it can't be put in its place: see the log");
	else if (end == ACME_END_REFUSED && !a->roll_refused) {
		/* Not all of its servers may know yet what it said first. */
		a->roll_refused = 1;
		a->next_roll = time(NULL) + AGAIN_SECS;
		return;
	} else {
		log_warnx("no new account key: %s", error);
		if (end == ACME_END_REFUSED)
			roll_refused(d);
		control_cert_done(ACME_JOB_ROLL, 0, error);
	}
	a->roll_refused = 0;
}

/*
 * What was revoked is put aside, as a sign that no other is to be had until
 * somebody says so.
 */
static void
revoked(struct derpd *d, enum acme_outcome end, const char *error)
{
	char from[PATH_MAX], to[PATH_MAX];

	(void)call_revoke(d, NULL, 0);
	if (end != ACME_END_OK) {
		log_warnx("not revoked: %s", error);
		control_cert_done(ACME_JOB_REVOKE, 0, error);
		return;
	}
	log_warnx("the certificate has been revoked");
	if (acme_path(d->conf, CRT, from) == -1 ||
	    acme_path(d->conf, REVOKED, to) == -1 ||
	    keyfile_rename(from, to) == -1 || load_certs_again(d) == -1)
		control_cert_done(ACME_JOB_REVOKE, 0, "it is revoked, but "
		    "still served: see the log");
	else
		control_cert_done(ACME_JOB_REVOKE, 1, "revoked: the temporary "
		    "certificate is served until derpctl cert renew");
}

static void
contacted(struct derpd *d, enum acme_outcome end, const char *error)
{
	d->acme.next_contact = time(NULL) + (end == ACME_END_REFUSED ?
	    REST_SECS : RETRY_SECS);
	if (end != ACME_END_OK)
		log_warnx("the directory does not know the contacts: %s",
		    error);
	else if (acme_contacts_told(d) == 0)
		log_info("the directory knows the contacts");
}

void
acme_other_done(struct derpd *d, enum acme_job job, enum acme_outcome end,
    const char *error)
{
	switch (job) {
	case ACME_JOB_ROLL:
		rolled(d, end, error);
		break;
	case ACME_JOB_REVOKE:
		revoked(d, end, error);
		break;
	case ACME_JOB_CONTACT:
		contacted(d, end, error);
		break;
	default:
		break;
	}
}

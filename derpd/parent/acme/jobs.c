/*
 * jobs: the work of the machine's states: calls of keys, files, the job of
 * acme-helper, putting certificates in force; see renew.h and machine.h.
 * Called by renew.c.
 */
#include <openssl/x509.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "keyfiles.h"
#include "log.h"
#include "parent.h"
#include "pemcert.h"

/* Set the event `type', with a line that is kept. */
static int
event(struct renew_event *ev, enum renew_event_type type, const char *text)
{
	ev->type = type;
	ev->text = text;
	return (1);
}

/* Set the event for a written file; `rv' -1: writing failed. */
static int
written(struct renew_event *ev, int rv)
{
	return (event(ev, rv == 0 ? RENEW_ON_WRITTEN : RENEW_ON_UNWRITTEN,
	    NULL));
}

/* Keys */

/* End of a call of keys; `type' is the event of its success. */
static void
key_done(struct renew *r, enum renew_event_type type, const char *why)
{
	struct renew_event ev = { .type = type };

	if (why != NULL) {
		ev.type = RENEW_ON_KEY_REFUSED;
		ev.text = why;
	}
	renew_event(r->d, &ev);
}

static void
key_taken(void *arg, const uint8_t *res, size_t len, const char *why)
{
	(void)res;
	(void)len;
	key_done(arg, RENEW_ON_KEY_TAKEN, why);
}

static void
key_made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	(void)res;
	(void)len;
	key_done(arg, RENEW_ON_KEY_MADE, why);
}

/* MSG_KEY_ACME_FILE: the payload. */
static void
put_file(struct ipc_wr *w, enum ipc_acmekey which, enum ipc_acmefile how)
{
	struct ipc_msg_key_acme_file v = { which, how };

	ipc_wr_init(w);
	ipc_put_key_acme_file(w, &v);
}

/* Make keys write a new key to the file `path'. */
static int
make_key(struct parent *d, enum ipc_acmekey which, const char *path,
    parent_keys_cb done)
{
	struct ipc_wr w;

	put_file(&w, which, ACMEFILE_MAKE);
	parent_keys_make(d, MSG_KEY_ACME_FILE, &w, path, done, &d->acme);
	ipc_wr_free(&w);
	return (0);
}

/* Make keys load the file `path', or drop its key of this kind (fd -1). */
static int
send_key(struct parent *d, enum ipc_acmekey which, int fd, const char *path,
    parent_keys_cb done)
{
	struct ipc_wr w;

	put_file(&w, which, ACMEFILE_READ);
	parent_keys_call(d, MSG_KEY_ACME_FILE, &w, fd, path, done, &d->acme);
	ipc_wr_free(&w);
	return (0);
}

/* Open a key file; `what' names it in messages.  -1: the event is set. */
static int
open_key(struct parent *d, const char *path, const char *what,
    struct renew_event *ev)
{
	int fd;

	log_capture(d->acme.why, sizeof(d->acme.why));
	fd = parent_keyfile_open(path, what);
	log_capture(NULL, 0);
	if (fd == -1)
		(void)event(ev, RENEW_ON_KEY_REFUSED, d->acme.why);
	return (fd);
}

/* keys has the account key: keep its thumbprint. */
static const char *
keep_thumb(struct renew *r, const uint8_t *res, size_t len, const char *why)
{
	if (why != NULL)
		return (why);
	if (len >= sizeof(r->thumb))
		return ("keys sent a malformed thumbprint");
	memcpy(r->thumb, res, len);
	r->thumb[len] = '\0';
	return (NULL);
}

static void
account_taken(void *arg, const uint8_t *res, size_t len, const char *why)
{
	key_done(arg, RENEW_ON_KEY_TAKEN, keep_thumb(arg, res, len, why));
}

static void
account_made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct renew *r = arg;

	if ((why = keep_thumb(r, res, len, why)) == NULL)
		log_info("made the account key %s/" RENEW_ACCOUNT_KEY,
		    r->d->conf->statedir);
	key_done(r, RENEW_ON_KEY_MADE, why);
}

static int
account(struct parent *d, struct renew_event *ev)
{
	char path[PATH_MAX];
	int fd;

	/* The key of the last order belongs to the certificate by now. */
	memset(d->acme.key, 0, sizeof(d->acme.key));
	if (renew_path(d->conf, RENEW_ACCOUNT_KEY, path) == -1)
		return (event(ev, RENEW_ON_KEY_REFUSED, NULL));
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return (make_key(d, ACMEKEY_ACCOUNT, path, account_made));
	if ((fd = open_key(d, path, "account key", ev)) == -1)
		return (1);
	return (send_key(d, ACMEKEY_ACCOUNT, fd, path, account_taken));
}

/*
 * Load the next account key, so that acme-helper can find out whether the
 * directory has it already.  Only a rollover makes one.
 */
static int
next(struct parent *d, struct renew_event *ev)
{
	char path[PATH_MAX];
	int fd;

	if (renew_path(d->conf, RENEW_NEXT_KEY, path) == -1)
		return (event(ev, RENEW_ON_KEY_REFUSED, NULL));
	if (access(path, F_OK) == -1 && errno == ENOENT) {
		if (d->acme.machine.job != ACMEJOB_ROLL)
			return (event(ev, RENEW_ON_KEY_NONE, NULL));
		return (make_key(d, ACMEKEY_NEXT, path, key_made));
	}
	if ((fd = open_key(d, path, "new account key", ev)) == -1)
		return (1);
	return (send_key(d, ACMEKEY_NEXT, fd, path, key_taken));
}

static int
forget_next(struct parent *d, struct renew_event *ev)
{
	(void)ev;
	return (send_key(d, ACMEKEY_NEXT, -1, RENEW_NEXT_KEY, key_taken));
}

/* keys has made the certificate's new key: rename its file. */
static void
cert_key_made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct renew *r = arg;

	if (why == NULL && len != sizeof(r->key))
		why = "keys sent a malformed hash";
	if (why == NULL) {
		memcpy(r->key, res, len);
		if (renew_name_key(r->d) == -1)
			why = "";	/* logged */
	}
	key_done(r, RENEW_ON_KEY_MADE, why);
}

static int
cert_key(struct parent *d, struct renew_event *ev)
{
	char path[PATH_MAX];

	if (renew_path(d->conf, RENEW_NEW_KEY, path) == -1)
		return (event(ev, RENEW_ON_KEY_REFUSED, NULL));
	return (make_key(d, ACMEKEY_CERT, path, cert_key_made));
}

static int
binding(struct parent *d, struct renew_event *ev)
{
	const struct conf_acme *k = &d->conf->acme;
	int fd;

	if (k->eab_key == NULL)
		return (event(ev, RENEW_ON_KEY_NONE, NULL));
	if ((fd = open_key(d, k->eab_key, gram_at(&k->eab_pos, "eab key"),
	    ev)) == -1)
		return (1);
	return (send_key(d, ACMEKEY_EAB, fd, gram_at(&k->eab_pos, k->eab_key),
	    key_taken));
}

static int
unbind(struct parent *d, struct renew_event *ev)
{
	(void)ev;
	return (send_key(d, ACMEKEY_EAB, -1, "eab key", key_taken));
}

static int
settings(struct parent *d, struct renew_event *ev)
{
	static struct ipc_msg_key_acme_conf v;
	struct ipc_wr w;

	(void)ev;
	renew_conf_from(&v.conf, d);
	ipc_wr_init(&w);
	ipc_put_key_acme_conf(&w, &v);
	parent_keys_call(d, MSG_KEY_ACME_CONF, &w, -1, "acme settings",
	    key_taken, &d->acme);
	ipc_wr_free(&w);
	return (0);
}

/* Send keys the certificate that it may revoke; empty: none. */
static void
call_revoke(struct parent *d, uint8_t reason, const uint8_t *der, size_t len)
{
	struct ipc_msg_key_acme_revoke v = { reason, der, len };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_key_acme_revoke(&w, &v);
	parent_keys_call(d, MSG_KEY_ACME_REVOKE, &w, -1, "revocation",
	    key_taken, &d->acme);
	ipc_wr_free(&w);
}

static int
allow(struct parent *d, struct renew_event *ev)
{
	const struct parent_cert *c = renew_cert(d);
	unsigned char *der = NULL;
	X509 *x = NULL;
	BIO *bio = NULL;
	int len = -1;

	if (c != NULL)
		bio = BIO_new_mem_buf(c->pem, (int)c->pem_len);
	if (bio != NULL)
		x = net_pem_cert(bio);
	if (x != NULL)
		len = i2d_X509(x, &der);
	if (len > 0)
		call_revoke(d, d->acme.machine.reason, der, (size_t)len);
	else
		(void)event(ev, RENEW_ON_KEY_REFUSED, "the certificate can't "
		    "be read again");
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	return (len <= 0);
}

static int
disallow(struct parent *d, struct renew_event *ev)
{
	(void)ev;
	call_revoke(d, 0, (const uint8_t *)"", 0);
	return (0);
}

/* Other work */

static int
rest(struct parent *d, struct renew_event *ev)
{
	(void)d;
	return (event(ev, RENEW_ON_WAKE, NULL));
}

static int
load(struct parent *d, struct renew_event *ev)
{
	static char text[PLAN_TEXTSIZE];
	ssize_t n = renew_read_plan(d, text);

	ev->len = n < 0 ? 0 : (size_t)n;
	return (event(ev, RENEW_ON_RECORD, n < 0 ? NULL : text));
}

static int
job(struct parent *d, struct renew_event *ev)
{
	const struct renew_machine *m = &d->acme.machine;
	const struct parent_cert *c = renew_cert(d);
	struct ipc_msg_acme_do v = { .next_key = m->roll != RENEW_ROLL_NONE };

	if (d->helper.c.chan == NULL || !d->helper.c.ready)
		return (event(ev, RENEW_ON_GONE, NULL));
	d->acme.ntokens = 0;
	v.id = ++d->acme.id;
	v.job = (enum ipc_acme_job)m->job;
	if (c != NULL) {
		v.pem = c->pem;
		v.len = c->pem_len;
	}
	/*
	 * Before an order the settings, for its challenge.  An ended
	 * acme-helper is reported like any other process.
	 */
	if ((m->job == ACMEJOB_ISSUE && renew_send_conf(&d->helper) == -1) ||
	    ipc_send_acme_do(d->helper.c.chan, &v) == -1)
		super_fail(&d->helper.c, "could not be sent a job");
	return (0);
}

static int
install(struct parent *d, struct renew_event *ev)
{
	struct renew *r = &d->acme;

	if (renew_install(d, r->pem, r->len, r->why, sizeof(r->why)) == 0)
		return (event(ev, RENEW_ON_WRITTEN, NULL));
	return (event(ev, RENEW_ON_UNWRITTEN, r->why));
}

static void
forced(void *arg, const char *why)
{
	struct parent *d = arg;
	struct renew_event ev = { .type = why == NULL ? RENEW_ON_IN_FORCE :
	    RENEW_ON_NOT_IN_FORCE };

	renew_event(d, &ev);
}

static int
force(struct parent *d, struct renew_event *ev)
{
	(void)ev;
	parent_certs_reload(d, forced, d);
	return (0);
}

static int
write_record(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_write_plan(d)));
}

static int
write_contacts(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_write_contacts(d)));
}

static int
mark(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_write_mark(d, d->acme.machine.reason)));
}

static int
unmark(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_remove_mark(d)));
}

static int
retire(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_retire(d)));
}

static int
aside(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_set_aside(d)));
}

static int
move_next(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_move_next(d)));
}

static int
drop_next(struct parent *d, struct renew_event *ev)
{
	return (written(ev, renew_drop_next(d)));
}

static int
tidy(struct parent *d, struct renew_event *ev)
{
	renew_tidy(d);
	return (written(ev, 0));
}

static int
drop_key(struct parent *d, struct renew_event *ev)
{
	renew_drop_key(d);
	return (written(ev, 0));
}

int
renew_work(struct parent *d, struct renew_event *ev)
{
	static int (*const work[RENEW_NSTATES])(struct parent *,
	    struct renew_event *) = {
		[RENEW_AT_LOAD] = load,
		[RENEW_AT_REST] = rest,
		[RENEW_AT_TRY] = write_record,
		[RENEW_AT_ACCOUNT] = account,
		[RENEW_AT_FIRST_CONTACTS] = write_contacts,
		[RENEW_AT_NEXT] = next,
		[RENEW_AT_CERT_KEY] = cert_key,
		[RENEW_AT_MARK] = mark,
		[RENEW_AT_ALLOW] = allow,
		[RENEW_AT_BINDING] = binding,
		[RENEW_AT_UNBIND] = unbind,
		[RENEW_AT_SETTINGS] = settings,
		[RENEW_AT_JOB] = job,
		[RENEW_AT_ASIDE] = aside,
		[RENEW_AT_MOVE_NEXT] = move_next,
		[RENEW_AT_DROP_NEXT] = drop_next,
		[RENEW_AT_FORGET_NEXT] = forget_next,
		[RENEW_AT_DISALLOW] = disallow,
		[RENEW_AT_UNMARK] = unmark,
		[RENEW_AT_RETIRE] = retire,
		[RENEW_AT_INSTALL] = install,
		[RENEW_AT_FORCE] = force,
		[RENEW_AT_TIDY] = tidy,
		[RENEW_AT_DROP_KEY] = drop_key,
		[RENEW_AT_CONTACTS] = write_contacts,
		[RENEW_AT_SAVE] = write_record
	};
	enum renew_state s = d->acme.machine.state;

	return (work[s] == NULL ? 0 : work[s](d, ev));
}

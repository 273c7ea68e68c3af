/*
 * certself: see certself.h.  Called by certload.c and reload.c.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certself.h"
#include "keyfiles.h"
#include "log.h"
#include "parent.h"

#define BASE	"self-signed"

static int
make_path(char dst[PATH_MAX], const struct conf *c, const char *name)
{
	if (snprintf(dst, PATH_MAX, "%s/%s", c->statedir, name) < PATH_MAX)
		return (0);
	log_warnx("%s: the path is too long", c->statedir);
	return (-1);
}

int
parent_certself_paths(const struct conf *c, int new,
    struct parent_certself_pair *p)
{
	return (make_path(p->crt, c, new ? BASE "-new.crt" : BASE ".crt") ==
	    -1 ? -1 :
	    make_path(p->key, c, new ? BASE "-new.key" : BASE ".key"));
}

static int
is_there(const char *path)
{
	return (access(path, F_OK) == 0);
}

/* Mark the host names that the certificate of the file covers. */
static void
mark_covered(const struct conf *c, const char *path,
    int covered[CONF_MAXNAMES])
{
	const struct gram_name *n;
	struct parent_cert *cert;
	char err[512];
	size_t i = 0;

	/* One that can't be used is an error of its own line. */
	if ((cert = parent_cert_load(path, err, sizeof(err))) == NULL)
		return;
	TAILQ_FOREACH(n, &c->names, entry) {
		if (i == CONF_MAXNAMES)
			break;
		covered[i++] |= parent_cert_covers(cert, n->name);
	}
	parent_cert_free(cert);
}

size_t
parent_certself_names(const struct conf *c, const struct conf_cert *k,
    const char *names[CONF_MAXNAMES])
{
	int covered[CONF_MAXNAMES] = { 0 };
	const struct conf_cert *f;
	const struct gram_name *n;
	size_t i = 0, count = 0;

	/* Each file once: to check its chain may read many authorities. */
	TAILQ_FOREACH(f, &c->certs, entry)
		if (f->cert != NULL && !k->acme)
			mark_covered(c, f->cert, covered);
	TAILQ_FOREACH(n, &c->names, entry) {
		if (i == CONF_MAXNAMES)
			break;
		if (!covered[i++])
			names[count++] = n->name;
	}
	return (count);
}

const char *
parent_certself_lacks(const struct parent_cert *cert, const char *const *names,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!parent_cert_covers(cert, names[i]))
			return (names[i]);
	return (NULL);
}

/* Give the new pair its names; the old certificate is out of the way. */
static int
put_in_place(const struct parent_certself_pair *new,
    const struct parent_certself_pair *p)
{
	if (is_there(new->key) &&
	    parent_keyfile_rename(new->key, p->key) == -1)
		return (-1);
	return (parent_keyfile_rename(new->crt, p->crt));
}

int
parent_certself_mend(const struct conf *c)
{
	struct parent_certself_pair p, new;
	char old[PATH_MAX];

	if (parent_certself_paths(c, 0, &p) == -1 ||
	    parent_certself_paths(c, 1, &new) == -1 ||
	    make_path(old, c, BASE "-old.crt") == -1)
		return (-1);
	/* Without an old one the operator has removed the pair. */
	if (is_there(p.crt) || !is_there(new.crt) || !is_there(old))
		return (0);
	return (put_in_place(&new, &p));
}

void
parent_certself_history(const struct conf *c, struct parent_cert *cert)
{
	char old[PATH_MAX], err[512];
	struct parent_cert *o;
	struct stat st;

	if (make_path(old, c, BASE "-old.crt") == -1 || !is_there(old) ||
	    stat(cert->path, &st) == -1 ||
	    (o = parent_cert_load(old, err, sizeof(err))) == NULL)
		return;
	if (strcmp(o->pin, cert->pin) != 0) {
		strlcpy(cert->was, o->pin, sizeof(cert->was));
		cert->was_until = st.st_mtime;
	}
	parent_cert_free(o);
}

static void
replace(const struct conf *c, struct parent_cert *cert,
    const struct parent_certself_pair *new)
{
	struct parent_certself_pair p;
	char old[PATH_MAX], *path;

	if (parent_certself_paths(c, 0, &p) == -1 ||
	    make_path(old, c, BASE "-old.crt") == -1 ||
	    (path = strdup(p.crt)) == NULL)
		return;
	if ((is_there(p.crt) && parent_keyfile_rename(p.crt, old) == -1) ||
	    put_in_place(new, &p) == -1) {
		free(path);
		return;
	}
	free(cert->path);
	cert->path = path;
	parent_certself_history(c, cert);
	log_warnx("certificate %s was made anew: its CertName was %s and is "
	    "%s: clients whose map pins the old one stay out: put into the map "
	    "what derpctl node prints", cert->path, cert->was, cert->pin);
}

void
parent_certself_commit(struct parent *d)
{
	struct parent_certself_pair new;
	size_t i;

	if (parent_certself_paths(d->conf, 1, &new) == -1)
		return;
	for (i = 0; i < d->loaded.ncerts; i++)
		if (strcmp(d->loaded.certs[i]->path, new.crt) == 0) {
			replace(d->conf, d->loaded.certs[i], &new);
			d->certself.due = 0;
			return;
		}
	/* One of a generation that has failed, and that none needs now. */
	if (is_there(new.crt))
		(void)unlink(new.crt);
	if (is_there(new.key))
		(void)unlink(new.key);
}

int
parent_certself_look(struct parent_certself *s, const struct parent_loaded *l,
    const char *crt, time_t now)
{
	int ends = 0, seen = s->seen;
	size_t i;

	for (i = 0; i < l->ncerts; i++)
		ends |= strcmp(l->certs[i]->path, crt) == 0 &&
		    l->certs[i]->not_after - now < CERT_SELF_RENEW;
	s->seen = ends;
	return (ends && seen);
}

static void
wait_for_look(struct parent *d)
{
	struct timeval tv = { CERT_SELF_EVERY, 0 };

	evtimer_add(d->certself.ev, &tv);
}

static void
made_anew(void *arg, const char *why)
{
	struct parent *d = arg;

	d->certself.due = 0;
	if (why != NULL && !d->super.stopping)
		log_warnx("the self-signed certificate could not be made anew, "
		    "the next try is in an hour: %s", why);
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct parent_certself_pair p;

	(void)fd;
	(void)what;
	wait_for_look(d);
	if (d->super.stopping || parent_certself_paths(d->conf, 0, &p) == -1 ||
	    !parent_certself_look(&d->certself, &d->loaded, p.crt,
	    time(NULL)) || d->certself.due)
		return;
	d->certself.due = 1;
	parent_certs_reload(d, made_anew, d);
}

void
parent_certself_begin(struct parent *d)
{
	if ((d->certself.ev = evtimer_new(d->super.base, look, d)) == NULL)
		fatalx("no timer to look at certificates (event_new)");
	wait_for_look(d);
}

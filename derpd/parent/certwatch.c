/*
 * certwatch: see certwatch.h.
 *
 * A pair is two files that are rarely replaced at the same moment, so a change
 * waits a little for the other file.  The old pair stays in force until the new
 * one is valid.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "certwatch.h"
#include "filewatch.h"
#include "log.h"
#include "parent.h"

#define SETTLE_SECS	2	/* for both files to be replaced */
#define AGAIN_SECS	3600	/* try refused ones again: time may mend them */

/* 1 when any certificate differs from the one in force. */
static int
changed_since(const struct parent *d)
{
	const struct conf_cert *k;
	size_t i = 0;
	int rv = 0;
	char err[512];
	struct parent_cert *c;

	TAILQ_FOREACH(k, &d->conf->certs, entry) {
		if (i >= d->loaded.ncerts)
			break;
		if (k->cert != NULL) {
			c = parent_cert_load(k->cert, err, sizeof(err));
			rv |= c == NULL || c->pem_len !=
			    d->loaded.certs[i]->pem_len || memcmp(c->pem,
			    d->loaded.certs[i]->pem, c->pem_len) != 0;
			parent_cert_free(c);
		}
		i++;
	}
	return (rv);
}

static void
wait_for(struct parent *d, time_t secs)
{
	struct timeval tv = { secs, 0 };

	if (d->certwatch.ev != NULL)
		evtimer_add(d->certwatch.ev, &tv);
}

static void
reloaded(void *arg, const char *why)
{
	struct parent *d = arg;
	struct parent_certwatch *w = &d->certwatch;

	if (d->super.stopping)
		return;
	strlcpy(w->error, why == NULL ? "" : why, sizeof(w->error));
	if (why == NULL) {
		log_info("new certificates are in force");
		return;
	}
	log_warnx("a new certificate is not valid: the old ones stay "
	    "in force");
	wait_for(d, AGAIN_SECS);
}

/* The files have settled: reload them, unless they are in force. */
static void
settled(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct parent_certwatch *w = &d->certwatch;

	(void)fd;
	(void)what;
	if (d->super.stopping || d->super.starting)
		return;
	if (changed_since(d))
		parent_certs_reload(d, reloaded, d);
	else if (w->error[0] != '\0') {
		w->error[0] = '\0';
		log_info("the certificate files are those in force again");
	}
}

void
parent_certwatch_look(struct parent *d)
{
	wait_for(d, SETTLE_SECS);
}

static void
changed(void *arg)
{
	parent_certwatch_look(arg);
}

static void
watch(struct parent *d, const char *path)
{
	struct parent_certwatch *w = &d->certwatch;
	struct watch_file **v;

	v = reallocarray(w->files, w->n + 1, sizeof(struct watch_file *));
	if (v == NULL) {
		log_warn("%s can't be watched: reload after a change", path);
		return;
	}
	w->files = v;
	if ((v[w->n] = watch_file_new(d->super.base, path, changed, d)) ==
	    NULL)
		log_warn("%s can't be watched: reload after a change", path);
	else
		w->n++;
}

void
parent_certwatch_begin(struct parent *d)
{
	const struct conf_cert *k;

	parent_certwatch_end(d);
	d->certwatch.error[0] = '\0';
	d->certwatch.ev = evtimer_new(d->super.base, settled, d);
	if (d->certwatch.ev == NULL) {
		log_warnx("certificates can't be watched: reload after a "
		    "change");
		return;
	}
	TAILQ_FOREACH(k, &d->conf->certs, entry)
		if (k->cert != NULL) {
			watch(d, k->cert);
			watch(d, k->key);
		}
}

void
parent_certwatch_end(struct parent *d)
{
	struct parent_certwatch *w = &d->certwatch;
	size_t i;

	for (i = 0; i < w->n; i++)
		watch_file_free(w->files[i]);
	free(w->files);
	w->files = NULL;
	w->n = 0;
	if (w->ev != NULL)
		event_free(w->ev);
	w->ev = NULL;
}

/*
 * conf_fuzz: the configuration.  The input is written to a file, since the
 * parser reads files.  An accepted configuration has the properties of conf.h,
 * and is the same when the file or the printed configuration is read again; a
 * refused one has error messages.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conffixture.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
in(unsigned long long v, unsigned long long min, unsigned long long max)
{
	return (v >= min && v <= max);
}

static void
check_admit(const struct conf *c)
{
	const struct conf_admit *a = &c->admit;
	const struct conf_verify *s;
	int n = 0;

	TAILQ_FOREACH(s, &a->sources, entry)
		if (n++ == IPC_MAXVERIFY || s->pos.line < 1 ||
		    (s->cleartext && strncasecmp(s->name, "http:", 5) != 0) ||
		    (s->cafile != NULL && *s->cafile != '/'))
			abort();
	if (a->conf.on != c->front.admit || a->conf.on != c->worker.admit ||
	    (a->conf.on && n == 0 && a->keys == NULL) ||
	    a->conf.check_secs == 0 || c->debug.n > IPC_MAXPROXIES ||
	    (c->relay.rate_file != NULL && c->worker.client_rate != 0))
		abort();
}

static void
check(const struct conf *c)
{
	const struct conf_listen *l;
	const struct conf_relay *r = &c->relay;
	const struct ipc_relay_conf *w = &c->worker;
	const struct ipc_front_conf *f = &c->front;
	int tls = 0, web = r->enabled || !TAILQ_EMPTY(&c->maps);

	TAILQ_FOREACH(l, &c->listens, entry) {
		tls |= l->tls;
		if (l->sslen == 0 || l->sslen > sizeof(l->ss) ||
		    l->pos.file == NULL || l->pos.line < 1)
			abort();
	}
	if (web ? !tls || TAILQ_EMPTY(&c->certs) : !c->stun.enabled)
		abort();
	if (TAILQ_EMPTY(&c->names) || *c->control != '/' ||
	    (*c->chroot != '/' && *c->chroot != '\0') ||
	    *c->statedir != '/' || *r->key != '/' ||
	    (c->mesh.key != NULL && *c->mesh.key != '/'))
		abort();
	if (r->workers > IPC_MAXWORKERS || r->fronts > IPC_MAXWORKERS ||
	    !in(w->queue_bytes, 65605, 1 << 30) || w->queue_packets == 0 ||
	    w->codel_target > 10000 ||
	    (w->codel_target != 0 && w->codel_target >= w->codel_interval) ||
	    w->notsent_lowat < 16384 ||
	    (w->client_rate != 0 && w->client_burst < 65568) ||
	    (f->accept_rate != 0 && f->accept_burst == 0) ||
	    (f->home == HOME_REDIRECT) != (f->redirect[0] != '\0'))
		abort();
	check_admit(c);
}

/* The configuration in its own grammar; free() it. */
static char *
print(const struct conf *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		abort();
	conf_print(f, c);
	if (fclose(f) == EOF)
		abort();
	return (text);
}

/* The printed configuration reads back and prints as the same. */
static void
print_and_read(const struct conf *c)
{
	struct conf *again;
	size_t len, len2;
	char *text = print(c, &len), *text2;

	write_file((const uint8_t *)text, len);
	if ((again = conf_load(path)) == NULL || conf_differs(c, again) != NULL)
		abort();
	text2 = print(again, &len2);
	if (len != len2 || memcmp(text, text2, len) != 0)
		abort();
	free(text);
	free(text2);
	conf_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c, *again;

	set_up();
	write_file(data, size);
	said = 0;
	c = conf_load(path);
	/* 20 errors, and how many more there are. */
	if (said > 21 || (c == NULL) != (said > 0))
		abort();
	if (c == NULL)
		return (0);
	check(c);
	if ((again = conf_load(path)) == NULL ||
	    conf_differs(c, again) != NULL ||
	    conf_needs_restart(c, again) != NULL)
		abort();
	conf_free(again);
	print_and_read(c);
	conf_free(c);
	return (0);
}

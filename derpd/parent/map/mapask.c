/*
 * mapask: the process that checks maps, and how it is asked; see serve.h.  It
 * gets bytes, never a path, and gives back a verdict.  What is served is made
 * here of the bytes that it was handed, unread: a checker that was taken over
 * can pass a bad map, but have nobody told another one.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mapcheck.h"
#include "pack.h"
#include "parent.h"

#define CHECK_MS	5000	/* bound of one check */
#define FINDINGS_MAX	100	/* lines of a map in the log */

static void
from_checker(struct chan *c, struct msg *m, void *arg)
{
	(void)c;
	(void)arg;
	/* Answers are taken where they were asked for. */
	log_debug("late %s from derpmapd", msg_name(m->type));
}

int
maps_start_checker(struct proc *p)
{
	if (procs_spawn(p) == -1 || procs_wait_ready(p) == -1 ||
	    procs_attach(p, from_checker) == -1)
		return (-1);
	return (0);
}

/* What the warnings about this machine's own node are judged by. */
static void
fill_self(const struct derpd *d, const struct conf *c, struct map_self *s)
{
	const struct conf_name *n;
	const struct cert *cert;
	size_t i, k;

	memset(s, 0, sizeof(*s));
	s->relay = c->relay.enabled;
	s->port = (uint16_t)status_tls_port(d);
	TAILQ_FOREACH(n, &c->names, entry)
		if (s->nnames < MAP_MAX_NAMES)
			strlcpy(s->names[s->nnames++], n->name,
			    sizeof(s->names[0]));
	if (d->loaded.selfsigned == 0)
		strlcpy(s->pin, d->loaded.certs[0]->pin, sizeof(s->pin));
	for (i = 0; i < d->loaded.ncerts; i++) {
		cert = d->loaded.certs[i];
		for (k = 0; k < cert->nnames; k++)
			if (s->ncerts < MAP_MAX_NAMES)
				strlcpy(s->certs[s->ncerts++], cert->names[k],
				    sizeof(s->certs[0]));
	}
}

/* Log each line; the first error goes to `err' too. */
static void
log_findings(char *text, int good, char *err, size_t errsize)
{
	char *line;
	int error, n = 0;

	*err = '\0';
	while ((line = strsep(&text, "\n")) != NULL) {
		if (n == FINDINGS_MAX) {
			log_info("and more: derpctl map check says all");
			break;
		}
		error = strncmp(line, "error: ", 7) == 0;
		/* Of a map that is refused, warnings are of no interest. */
		if (*line == '\0' || (!good && !error))
			continue;
		n++;
		if (!error) {
			log_info("%s", line);
			continue;
		}
		log_warnx("%s", line + 7);
		if (*err == '\0')
			strlcpy(err, line + 7, errsize);
	}
}

static char *
copy_text(const uint8_t *p, size_t len)
{
	return (p == NULL || memchr(p, '\0', len) != NULL ? NULL :
	    strndup((const char *)p, len));
}

/* Take the answer apart.  1 good, 0 not good, -1 malformed or no memory. */
static int
take_result(struct rd *r, struct map_content *c, char **findings)
{
	const uint8_t *text, *summary;
	size_t ntext, nsummary;
	int ok = rd_u8(r);

	memset(c, 0, sizeof(*c));
	text = rd_blob(r, &ntext);
	summary = rd_blob(r, &nsummary);
	if (!rd_end(r) || (*findings = copy_text(text, ntext)) == NULL)
		return (-1);
	if (!ok)
		return (0);
	c->summary = copy_text(summary, nsummary);
	c->findings = strdup(*findings);
	return (c->summary == NULL || c->findings == NULL ? -1 : 1);
}

/* What is served of the bytes that were handed over.  0, or -1 no memory. */
static int
fill_content(struct map_content *c, const void *p, size_t len)
{
	if ((c->body = malloc(len > 0 ? len : 1)) == NULL)
		return (-1);
	memcpy(c->body, p, len);
	c->len = len;
	crypto_hash_sha256(c->hash, c->body, len);
	c->gzip = pack_gzip(c->body, len, &c->gzip_len);
	return (0);
}

static void
free_content(struct map_content *c)
{
	free(c->body);
	free(c->gzip);
	free(c->summary);
	free(c->findings);
	memset(c, 0, sizeof(*c));
}

static int
cant(const char *what, const char *why, char *err, size_t errsize)
{
	snprintf(err, errsize, "%s: could not be checked: %s", what, why);
	log_warnx("%s", err);
	return (-1);
}

static int
call(struct derpd *d, const struct conf *conf, const char *what, const void *p,
    size_t len, struct msg *m)
{
	static struct map_self self;
	struct wr w;
	int rv;

	fill_self(d, conf, &self);
	wr_init(&w);
	wr_str(&w, what);
	map_self_put(&w, &self);
	wr_blob(&w, p, len);
	rv = chan_call(d->map.chan, MSG_MAP_CHECK, &w, -1, m, CHECK_MS);
	wr_free(&w);
	return (rv);
}

int
mapask(struct derpd *d, const struct conf *conf, const char *what,
    const void *p, size_t len, struct map_content *c, char *err,
    size_t errsize)
{
	char *findings = NULL;
	struct msg m;
	int rv;

	memset(c, 0, sizeof(*c));
	if (d->map.chan == NULL)
		return (cant(what, "derpmapd is not running", err, errsize));
	if (call(d, conf, what, p, len, &m) == -1) {
		procs_fail(&d->map, "did not answer");
		return (cant(what, "derpmapd did not answer", err, errsize));
	}
	rv = m.type == MSG_MAP_RESULT ? take_result(&m.rd, c, &findings) : -1;
	msg_free(&m);
	if (rv == -1) {
		procs_fail(&d->map, "sent a malformed answer");
		cant(what, "derpmapd gave no proper answer", err, errsize);
	} else
		log_findings(findings, rv == 1, err, errsize);
	if (rv == 1 && fill_content(c, p, len) == -1)
		rv = cant(what, "out of memory", err, errsize);
	if (rv != 1)
		free_content(c);
	free(findings);
	return (rv);
}

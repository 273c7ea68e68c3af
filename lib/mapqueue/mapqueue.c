/*
 * mapqueue: maps that wait to be validated; see mapqueue.h.  Called by
 * mapchecker.c and the owners of maps.
 *
 * What is used is made here from the bytes that were sent to derpmapd: a
 * compromised derpmapd can accept a bad map, but can't replace one.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mapqueue.h"
#include "messages.h"

#define FINDINGS_MAX	100	/* log lines of a map */

struct mapqueue_job {
	TAILQ_ENTRY(mapqueue_job) entry;
	char		*what;
	struct ipc_wr	 w;		/* payload of MSG_MAP_CHECK, which
					   ends with the map */
	size_t		 len;		/* of the map */
	uint64_t	 mtime;
	mapqueue_verdict_cb cb;
	void		*owner;		/* NULL: cancelled */
};

static void	push(struct mapqueue *q);

void
mapqueue_init(struct mapqueue *q, const struct mapqueue_ops *ops, void *arg,
    mapqueue_pack pack)
{
	memset(q, 0, sizeof(*q));
	TAILQ_INIT(&q->jobs);
	q->ops = ops;
	q->arg = arg;
	q->pack = pack;
}

void
mapqueue_content_free(struct mapqueue_content *c)
{
	free(c->body);
	free(c->gzip);
	free(c->summary);
	free(c->findings);
	memset(c, 0, sizeof(*c));
}

static void
job_free(struct mapqueue_job *j)
{
	if (j == NULL)
		return;
	ipc_wr_free(&j->w);
	free(j->what);
	free(j);
}

/* Remove the first map from the queue; the next map becomes the first. */
static struct mapqueue_job *
pop(struct mapqueue *q)
{
	struct mapqueue_job *j = TAILQ_FIRST(&q->jobs);

	TAILQ_REMOVE(&q->jobs, j, entry);
	q->sent = q->timed = 0;
	q->ops->timer(q->arg, 0);
	return (j);
}

/* Send the first map if it was not sent, and start its timer. */
static void
push(struct mapqueue *q)
{
	struct mapqueue_job *j = TAILQ_FIRST(&q->jobs);

	if (j == NULL || q->sent)
		return;
	if (q->ops->send(q->arg, &j->w) == 0) {
		q->sent = q->timed = 1;
		q->ops->timer(q->arg, MAPQUEUE_CHECK_MS);
	} else if (!q->timed) {
		q->timed = 1;
		q->ops->timer(q->arg, MAPQUEUE_WAIT_MS);
	}
}

/* The first map could not be validated. */
static void
fail(struct mapqueue *q, const char *why)
{
	struct mapqueue_job *j = pop(q);
	char err[MAPQUEUE_ERR_SIZE];

	if (j->owner != NULL) {
		snprintf(err, sizeof(err), "%s: could not be checked: %s",
		    j->what, why);
		log_warnx("%s", err);
		j->cb(j->owner, -1, NULL, err);
	}
	job_free(j);
}

static struct mapqueue_job *
job_new(const struct mapqueue_check *check)
{
	static struct ipc_msg_map_check v;	/* large */
	struct mapqueue_job *j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return (NULL);
	ipc_wr_init(&j->w);
	j->what = strdup(check->what);
	j->len = check->len;
	j->mtime = check->mtime;
	j->cb = check->cb;
	j->owner = check->owner;
	v.what = check->what;
	v.self = *check->self;
	v.map = check->p;
	v.len = check->len;
	ipc_put_map_check(&j->w, &v);
	if (j->what != NULL && ipc_wr_ok(&j->w))
		return (j);
	job_free(j);
	return (NULL);
}

int
mapqueue_add(struct mapqueue *q, const struct mapqueue_check *check)
{
	struct mapqueue_job *j = job_new(check), *old, *next;

	if (j == NULL) {
		log_warnx("%s: could not be checked: out of memory",
		    check->what);
		return (-1);
	}
	/* A newer map replaces a waiting map of the same owner. */
	TAILQ_FOREACH_SAFE(old, &q->jobs, entry, next)
		if (old->owner == check->owner &&
		    (!q->sent || old != TAILQ_FIRST(&q->jobs))) {
			TAILQ_INSERT_BEFORE(old, j, entry);
			TAILQ_REMOVE(&q->jobs, old, entry);
			job_free(old);
			push(q);
			return (0);
		}
	TAILQ_INSERT_TAIL(&q->jobs, j, entry);
	push(q);
	return (0);
}

void
mapqueue_cancel(struct mapqueue *q, const void *owner)
{
	struct mapqueue_job *j, *next;

	TAILQ_FOREACH_SAFE(j, &q->jobs, entry, next) {
		if (j->owner != owner)
			continue;
		j->owner = NULL;
		/* The first map was sent: its verdict is still awaited. */
		if (j != TAILQ_FIRST(&q->jobs)) {
			TAILQ_REMOVE(&q->jobs, j, entry);
			job_free(j);
		} else if (!q->sent)
			job_free(pop(q));
	}
	push(q);
}

int
mapqueue_has(const struct mapqueue *q, const void *owner)
{
	const struct mapqueue_job *j;

	TAILQ_FOREACH(j, &q->jobs, entry)
		if (j->owner == owner)
			return (1);
	return (0);
}

void
mapqueue_ready(struct mapqueue *q)
{
	push(q);
}

void
mapqueue_gone(struct mapqueue *q)
{
	if (q->sent)
		fail(q, "derpmapd did not answer");
	push(q);
}

void
mapqueue_late(struct mapqueue *q)
{
	if (TAILQ_EMPTY(&q->jobs))
		return;
	if (q->sent) {
		q->ops->broken(q->arg, "did not answer");
		fail(q, "derpmapd did not answer");
	} else
		fail(q, "derpmapd is not running");
	push(q);
}

void
mapqueue_clear(struct mapqueue *q)
{
	while (!TAILQ_EMPTY(&q->jobs))
		job_free(pop(q));
}

/* Log each line; `err' gets the first error as well. */
static void
log_findings(char *text, int good, char *err, size_t errsize)
{
	char *line;
	int error, n = 0;

	*err = '\0';
	while ((line = strsep(&text, "\n")) != NULL) {
		if (n == FINDINGS_MAX) {
			log_info("and more: derpctl map check shows all");
			break;
		}
		error = strncmp(line, "error: ", 7) == 0;
		/* Warnings about a refused map are not logged. */
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
copy_text(const char *p, size_t len)
{
	return (memchr(p, '\0', len) != NULL ? NULL : strndup(p, len));
}

/* Read the verdict.  1 good, 0 not good, -1 malformed or no memory. */
static int
read_result(struct ipc_rd *r, struct mapqueue_content *c, char **findings)
{
	struct ipc_msg_map_result v;

	memset(c, 0, sizeof(*c));
	*findings = NULL;
	if (ipc_get_map_result(r, &v) == -1 ||
	    (*findings = copy_text(v.findings, v.findings_len)) == NULL)
		return (-1);
	if (!v.ok)
		return (0);
	c->summary = copy_text(v.summary, v.summary_len);
	c->findings = strdup(*findings);
	return (c->summary == NULL || c->findings == NULL ? -1 : 1);
}

/* Make what is used from the bytes that were sent.  0, or -1 no memory. */
static int
fill_content(const struct mapqueue *q, struct mapqueue_content *c,
    const void *p, size_t len)
{
	if ((c->body = malloc(len > 0 ? len : 1)) == NULL)
		return (-1);
	memcpy(c->body, p, len);
	c->len = len;
	crypto_hash_sha256(c->hash, c->body, len);
	if (q->pack != NULL)
		c->gzip = q->pack(c->body, len, &c->gzip_len);
	return (0);
}

/* Deliver the verdict on the first map. */
static void
finish(struct mapqueue *q, int good, struct mapqueue_content *c,
    char *findings)
{
	struct mapqueue_job *j;
	char err[MAPQUEUE_ERR_SIZE];

	j = TAILQ_FIRST(&q->jobs);
	if (good && j->owner != NULL &&
	    fill_content(q, c, j->w.p + j->w.len - j->len, j->len) == -1) {
		mapqueue_content_free(c);
		fail(q, "out of memory");
		return;
	}
	(void)pop(q);
	if (j->owner != NULL) {
		c->mtime = j->mtime;
		log_findings(findings, good, err, sizeof(err));
		j->cb(j->owner, good, c, err);
	} else
		mapqueue_content_free(c);
	job_free(j);
}

void
mapqueue_answer(struct mapqueue *q, struct ipc_rd *r)
{
	struct mapqueue_content c;
	char *findings;
	int rv;

	if (!q->sent) {
		q->ops->broken(q->arg, "sent a verdict on no map");
		return;
	}
	if ((rv = read_result(r, &c, &findings)) == -1) {
		mapqueue_content_free(&c);
		q->ops->broken(q->arg, "sent a malformed answer");
		fail(q, "malformed answer from derpmapd");
	} else
		finish(q, rv, &c, findings);
	free(findings);
	push(q);
}

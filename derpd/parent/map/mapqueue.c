/*
 * mapqueue: maps that wait to be validated; see mapqueue.h.  Called by
 * checker.c.
 *
 * What is served is made here from the bytes that were sent to derpmapd: a
 * compromised derpmapd can accept a bad map, but can't replace one.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mapcheck.h"
#include "mapqueue.h"
#include "pack.h"
#include "mapset.h"

#define FINDINGS_MAX	100	/* log lines of a map */

struct mapset_job {
	TAILQ_ENTRY(mapset_job) entry;
	char		*what;
	struct ipc_wr	 w;		/* payload of MSG_MAP_CHECK, which
					   ends with the map */
	size_t		 len;		/* of the map */
	uint64_t	 mtime;
	mapset_verdict_cb cb;
	void		*owner;		/* NULL: cancelled */
};

static void	push(struct mapset_queue *q);

void
mapset_queue_init(struct mapset_queue *q, const struct mapset_queue_ops *ops,
    void *arg)
{
	memset(q, 0, sizeof(*q));
	TAILQ_INIT(&q->jobs);
	q->ops = ops;
	q->arg = arg;
}

void
mapset_content_free(struct mapset_content *c)
{
	free(c->body);
	free(c->gzip);
	free(c->summary);
	free(c->findings);
	memset(c, 0, sizeof(*c));
}

static void
job_free(struct mapset_job *j)
{
	if (j == NULL)
		return;
	ipc_wr_free(&j->w);
	free(j->what);
	free(j);
}

/* Remove the first map from the queue; the next map becomes the first. */
static struct mapset_job *
pop(struct mapset_queue *q)
{
	struct mapset_job *j = TAILQ_FIRST(&q->jobs);

	TAILQ_REMOVE(&q->jobs, j, entry);
	q->sent = q->timed = 0;
	q->ops->timer(q->arg, 0);
	return (j);
}

/* Send the first map if it was not sent, and start its timer. */
static void
push(struct mapset_queue *q)
{
	struct mapset_job *j = TAILQ_FIRST(&q->jobs);

	if (j == NULL || q->sent)
		return;
	if (q->ops->send(q->arg, &j->w) == 0) {
		q->sent = q->timed = 1;
		q->ops->timer(q->arg, MAPSET_CHECK_MS);
	} else if (!q->timed) {
		q->timed = 1;
		q->ops->timer(q->arg, MAPSET_WAIT_MS);
	}
}

/* The first map could not be validated. */
static void
fail(struct mapset_queue *q, const char *why)
{
	struct mapset_job *j = pop(q);
	char err[MAPSET_ERR_SIZE];

	if (j->owner != NULL) {
		snprintf(err, sizeof(err), "%s: could not be checked: %s",
		    j->what, why);
		log_warnx("%s", err);
		j->cb(j->owner, -1, NULL, err);
	}
	job_free(j);
}

static struct mapset_job *
job_new(const struct mapset_check *check)
{
	static struct ipc_msg_map_check v;	/* large */
	struct mapset_job *j;

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
mapset_queue_add(struct mapset_queue *q, const struct mapset_check *check)
{
	struct mapset_job *j = job_new(check), *old, *next;

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
mapset_queue_cancel(struct mapset_queue *q, const void *owner)
{
	struct mapset_job *j, *next;

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
mapset_queue_has(const struct mapset_queue *q, const void *owner)
{
	const struct mapset_job *j;

	TAILQ_FOREACH(j, &q->jobs, entry)
		if (j->owner == owner)
			return (1);
	return (0);
}

void
mapset_queue_ready(struct mapset_queue *q)
{
	push(q);
}

void
mapset_queue_gone(struct mapset_queue *q)
{
	if (q->sent)
		fail(q, "derpmapd did not answer");
	push(q);
}

void
mapset_queue_late(struct mapset_queue *q)
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
mapset_queue_clear(struct mapset_queue *q)
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
read_result(struct ipc_rd *r, struct mapset_content *c, char **findings)
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

/* Make what is served from the bytes that were sent.  0, or -1 no memory. */
static int
fill_content(struct mapset_content *c, const void *p, size_t len)
{
	if ((c->body = malloc(len > 0 ? len : 1)) == NULL)
		return (-1);
	memcpy(c->body, p, len);
	c->len = len;
	crypto_hash_sha256(c->hash, c->body, len);
	c->gzip = mapset_pack_gzip(c->body, len, &c->gzip_len);
	return (0);
}

/* Deliver the verdict on the first map. */
static void
finish(struct mapset_queue *q, int good, struct mapset_content *c,
    char *findings)
{
	struct mapset_job *j;
	char err[MAPSET_ERR_SIZE];

	j = TAILQ_FIRST(&q->jobs);
	if (good && j->owner != NULL &&
	    fill_content(c, j->w.p + j->w.len - j->len, j->len) == -1) {
		mapset_content_free(c);
		fail(q, "out of memory");
		return;
	}
	(void)pop(q);
	if (j->owner != NULL) {
		c->mtime = j->mtime;
		log_findings(findings, good, err, sizeof(err));
		j->cb(j->owner, good, c, err);
	} else
		mapset_content_free(c);
	job_free(j);
}

void
mapset_queue_answer(struct mapset_queue *q, struct ipc_rd *r)
{
	struct mapset_content c;
	char *findings;
	int rv;

	if (!q->sent) {
		q->ops->broken(q->arg, "sent a verdict on no map");
		return;
	}
	if ((rv = read_result(r, &c, &findings)) == -1) {
		mapset_content_free(&c);
		q->ops->broken(q->arg, "sent a malformed answer");
		fail(q, "malformed answer from derpmapd");
	} else
		finish(q, rv, &c, findings);
	free(findings);
	push(q);
}

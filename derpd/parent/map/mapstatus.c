/*
 * mapstatus: the status of the maps for derpctl, as JSON; see control.h.
 * Called by talk.c.
 */
#include <string.h>
#include <time.h>

#include "json_out.h"
#include "parent.h"

/* Bounds the regions in one answer; further regions are left out. */
#define SUMMARIES_MAX	(MSG_MAXPAYLOAD - 128 * 1024)

const char *
mapset_state_name(const struct mapset_map *m)
{
	switch (m->state) {
	case MAPSET_GOOD:
		return ("good");
	case MAPSET_LAST_GOOD:
		return ("last good");
	default:
		return ("none");
	}
}

/* Seconds from `then' to now, at least 0. */
static unsigned long long
ago(time_t then)
{
	time_t now = time(NULL);

	return (now > then ? (unsigned long long)(now - then) : 0);
}

static void
put_hosts(struct json_out *o, const struct mapset_map *m)
{
	const struct gram_names *names = TAILQ_EMPTY(&m->conf->hosts) ?
	    &m->d->conf->names : &m->conf->hosts;
	const struct gram_name *n;

	json_out_array(o, "hosts");
	TAILQ_FOREACH(n, names, entry)
		json_out_str(o, NULL, n->name);
	json_out_end(o);
}

static void
put_other(struct json_out *o, const struct mapset_map *m,
    const struct mapset_other *s)
{
	int drift = mapset_drift(m, s);

	json_out_object(o, NULL);
	json_out_str(o, "url", s->url);
	json_out_str(o, "state", drift == -1 ? "unknown" : drift == 0 ?
	    "same" : "drift");
	json_out_hex(o, "hash", s->hash, s->known ? sizeof(s->hash) : 0);
	json_out_str(o, "error", s->why);
	json_out_uint(o, "checked", s->checked == 0 ? 0 : ago(s->checked));
	json_out_end(o);
}

/* Warnings of derpmapd: an array of their lines, of 1023 bytes at most. */
static void
put_findings(struct json_out *o, const char *text)
{
	const char *end;
	size_t n;

	json_out_array(o, "warnings");
	for (; *text != '\0'; text = end + (*end == '\n')) {
		if ((end = strchr(text, '\n')) == NULL)
			end = text + strlen(text);
		if ((n = (size_t)(end - text)) > 0)
			json_out_strn(o, NULL, text, n < 1024 ? n : 1023);
	}
	json_out_end(o);
}

static void
put_summary(struct json_out *o, const struct mapset_map *m)
{
	size_t len;

	if (m->good.body != NULL && o->w->len +
	    (len = strlen(m->good.summary)) < SUMMARIES_MAX) {
		json_out_raw(o, "summary", m->good.summary, len);
		return;
	}
	json_out_object(o, "summary");
	json_out_array(o, "regions");
	json_out_end(o);
	json_out_end(o);
}

static void
put_map(struct json_out *o, const struct mapset_map *m)
{
	int have = m->good.body != NULL;
	size_t i;

	json_out_object(o, NULL);
	json_out_str(o, "path", m->conf->path);
	put_hosts(o, m);
	json_out_str(o, "source", mapset_source(m));
	json_out_str(o, "state", mapset_state_name(m));
	json_out_hex(o, "hash", m->good.hash, have ? sizeof(m->good.hash) : 0);
	json_out_uint(o, "bytes", m->good.len);
	json_out_uint(o, "age", have ? ago(m->since) : 0);
	if (have)
		json_out_time(o, "since", m->since);
	else
		json_out_str(o, "since", "");
	json_out_uint(o, "checked", m->checked == 0 ? 0 : ago(m->checked));
	json_out_str(o, "error", m->error);
	put_findings(o, have ? m->good.findings : "");
	put_summary(o, m);
	json_out_array(o, "compare");
	for (i = 0; i < m->nothers; i++)
		put_other(o, m, &m->others[i]);
	json_out_end(o);
	json_out_end(o);
}

void
mapset_status_text(const struct parent *d, struct ipc_wr *w)
{
	struct json_out o;
	size_t i;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_array(&o, "maps");
	for (i = 0; i < d->maps.n; i++)
		put_map(&o, &d->maps.v[i]);
	json_out_end(&o);
	json_out_end(&o);
}

/* The number of warnings of derpmapd, a line each. */
static unsigned int
count_findings(const char *text)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return (n);
}

static unsigned int
count_drifts(const struct mapset_map *m)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < m->nothers; i++)
		n += mapset_drift(m, &m->others[i]) == 1;
	return (n);
}

/* The state of a map, without what is in it. */
static void
put_brief(struct json_out *o, const struct mapset_map *m)
{
	const int have = m->good.body != NULL;

	json_out_object(o, NULL);
	json_out_str(o, "path", m->conf->path);
	json_out_str(o, "source", mapset_source(m));
	json_out_str(o, "state", mapset_state_name(m));
	json_out_hex(o, "hash", m->good.hash, have ? sizeof(m->good.hash) : 0);
	json_out_uint(o, "bytes", m->good.len);
	json_out_uint(o, "age", have ? ago(m->since) : 0);
	json_out_uint(o, "checked", m->checked == 0 ? 0 : ago(m->checked));
	json_out_str(o, "error", m->error);
	json_out_uint(o, "warnings", have ? count_findings(m->good.findings) :
	    0);
	json_out_uint(o, "compared", m->nothers);
	json_out_uint(o, "drifts", count_drifts(m));
	json_out_end(o);
}

void
mapset_status_brief(const struct parent *d, struct json_out *o)
{
	size_t i;

	json_out_array(o, "maps");
	for (i = 0; i < d->maps.n; i++)
		put_brief(o, &d->maps.v[i]);
	json_out_end(o);
}

/*
 * mapstatus: what derpctl is told of the maps, as JSON; see control.h.  Called
 * by control.c.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "jsonout.h"
#include "parent.h"

/* Regions of more and larger maps than fit into one answer are left out. */
#define SUMMARIES_MAX	(MSG_MAXPAYLOAD - 128 * 1024)

const char *
mapstatus_state(const struct map *m)
{
	switch (m->state) {
	case MAP_GOOD:
		return ("good");
	case MAP_LAST_GOOD:
		return ("last good");
	default:
		return ("none");
	}
}

/* Seconds from `then' to now, never less than none. */
static unsigned long long
ago(time_t then)
{
	time_t now = time(NULL);

	return (now > then ? (unsigned long long)(now - then) : 0);
}

static void
put_hosts(struct wr *w, const struct map *m)
{
	const struct conf_names *names = TAILQ_EMPTY(&m->conf->hosts) ?
	    &m->d->conf->names : &m->conf->hosts;
	const struct conf_name *n;

	jsonout(w, ",\"hosts\":[");
	TAILQ_FOREACH(n, names, entry) {
		jsonout_str(w, n->name);
		if (TAILQ_NEXT(n, entry) != NULL)
			jsonout(w, ",");
	}
	jsonout(w, "]");
}

static void
put_other(struct wr *w, const struct map *m, const struct map_other *o)
{
	int drift = maps_drift(m, o);

	jsonout(w, "{\"url\":");
	jsonout_str(w, o->url);
	jsonout(w, ",\"state\":\"%s\",\"hash\":", drift == -1 ? "unknown" :
	    drift == 0 ? "same" : "drift");
	jsonout_hex(w, o->hash, o->known ? sizeof(o->hash) : 0);
	jsonout(w, ",\"error\":");
	jsonout_str(w, o->why);
	jsonout(w, ",\"checked\":%llu}", o->checked == 0 ? 0 :
	    ago(o->checked));
}

/* Warnings of the checker, an array of their lines. */
static void
put_findings(struct wr *w, const char *text)
{
	char line[1024];
	const char *end;
	size_t n;
	int first = 1;

	jsonout(w, ",\"warnings\":[");
	for (; *text != '\0'; text = end + (*end == '\n')) {
		if ((end = strchr(text, '\n')) == NULL)
			end = text + strlen(text);
		if ((n = (size_t)(end - text)) == 0)
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		jsonout(w, "%s", first ? "" : ",");
		jsonout_str(w, line);
		first = 0;
	}
	jsonout(w, "]");
}

static void
put_map(struct wr *w, const struct map *m)
{
	int have = m->good.body != NULL;
	size_t i;

	jsonout(w, "{\"path\":");
	jsonout_str(w, m->conf->path);
	put_hosts(w, m);
	jsonout(w, ",\"source\":");
	jsonout_str(w, maps_source(m));
	jsonout(w, ",\"state\":\"%s\",\"hash\":", mapstatus_state(m));
	jsonout_hex(w, m->good.hash, have ? sizeof(m->good.hash) : 0);
	jsonout(w, ",\"bytes\":%zu,\"age\":%llu,\"since\":", m->good.len,
	    have ? ago(m->since) : 0);
	if (have)
		jsonout_time(w, m->since);
	else
		jsonout_str(w, "");
	jsonout(w, ",\"checked\":%llu,\"error\":", m->checked == 0 ? 0 :
	    ago(m->checked));
	jsonout_str(w, m->error == NULL ? "" : m->error);
	put_findings(w, have ? m->good.findings : "");
	jsonout(w, ",\"summary\":");
	if (have && w->len + strlen(m->good.summary) < SUMMARIES_MAX)
		wr_bytes(w, m->good.summary, strlen(m->good.summary));
	else
		jsonout(w, "{\"regions\":[]}");
	jsonout(w, ",\"compare\":[");
	for (i = 0; i < m->nothers; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		put_other(w, m, &m->others[i]);
	}
	jsonout(w, "]}");
}

void
mapstatus_text(const struct derpd *d, struct wr *w)
{
	size_t i;

	jsonout(w, "{\"maps\":[");
	for (i = 0; i < d->maps.n; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		put_map(w, &d->maps.v[i]);
	}
	jsonout(w, "]}");
}

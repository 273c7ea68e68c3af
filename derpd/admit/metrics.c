/*
 * metrics: the counters of admit as Prometheus text; see admitd.h.  Called
 * by report.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admitd.h"

#define LABELSIZE	64	/* of a source's name; what is longer is cut */

/* The text so far. */
struct text {
	char	*p;
	size_t	 len;
};

static void	add(struct text *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Append; what does not fit is left out, with all behind it. */
static void
add(struct text *t, const char *fmt, ...)
{
	const size_t room = IPC_ADMIT_METRICSIZE - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		t->p[t->len] = '\0';
		t->len = IPC_ADMIT_METRICSIZE - 1;
	} else
		t->len += (size_t)n;
}

static void
head(struct text *t, const char *name, const char *type, const char *help)
{
	add(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
gauge(struct text *t, const char *name, const char *help, size_t v)
{
	head(t, name, "gauge", help);
	add(t, "%s %zu\n", name, v);
}

/* Clients that were connected, by the verdict that closed them. */
static void
revoked(struct text *t, const uint64_t *v)
{
	static const char name[] = "derp_admit_revoked_total";
	static const struct {
		enum ipc_admit_verdict	 verdict;
		const char		*label;
	} labels[] = {
		{ IPC_ADMIT_UNKNOWN, "unknown" },
		{ IPC_ADMIT_DENIED, "denied" },
		{ IPC_ADMIT_REFUSED, "refused" },
		{ IPC_ADMIT_QUOTA, "quota" }
	};
	size_t i;

	head(t, name, "counter", "Connected clients that were not admitted any "
	    "more.");
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		add(t, "%s{verdict=\"%s\"} %llu\n", name, labels[i].label,
		    (unsigned long long)v[labels[i].verdict]);
}

/* What may be shown of a source as the value of a label, printable ASCII. */
static void
label(char dst[LABELSIZE], const struct admit_source *s)
{
	const size_t shown = (size_t)admit_source_shown(s);
	const char *name = s->name;
	size_t n;

	for (n = 0; n < LABELSIZE - 1 && n < shown; n++)
		dst[n] = name[n] > ' ' && name[n] < 0x7f && name[n] != '"' &&
		    name[n] != '\\' ? name[n] : '_';
	dst[n] = '\0';
}

static void
sources(struct text *t, const struct admit_inquiries *qs)
{
	static const char up[] = "derp_admit_source_up";
	static const char answers[] = "derp_admit_answers_total";
	const size_t n = admit_inquiries_nsources(qs);
	const struct admit_source *s;
	char name[LABELSIZE];
	size_t i;

	head(t, up, "gauge", "1 when the last question to a source was "
	    "answered.");
	for (i = 0; i < n; i++) {
		s = admit_inquiries_source(qs, i);
		label(name, s);
		add(t, "%s{number=\"%zu\",source=\"%s\"} %d\n", up, i, name,
		    s->answered && s->fails == 0);
	}
	head(t, answers, "counter", "Answers of sources.");
	for (i = 0; i < n; i++) {
		s = admit_inquiries_source(qs, i);
		label(name, s);
		add(t, "%s{number=\"%zu\",source=\"%s\",answer=\"yes\"} "
		    "%llu\n", answers, i, name, (unsigned long long)s->yes);
		add(t, "%s{number=\"%zu\",source=\"%s\",answer=\"no\"} "
		    "%llu\n", answers, i, name, (unsigned long long)s->no);
		add(t, "%s{number=\"%zu\",source=\"%s\",answer=\"failed\"} "
		    "%llu\n", answers, i, name,
		    (unsigned long long)s->failed);
	}
}

static void
stood_in(struct text *t, const uint64_t *v)
{
	static const char name[] = "derp_admit_stood_in_total";

	head(t, name, "counter", "Logins that were admitted while sources "
	    "failed.");
	add(t, "%s{by=\"lately\"} %llu\n%s{by=\"open\"} %llu\n", name,
	    (unsigned long long)v[ADMIT_BY_LATELY], name,
	    (unsigned long long)v[ADMIT_BY_OPEN]);
}

void
admit_metrics_text(const struct admit_proc *a, char text[IPC_ADMIT_METRICSIZE])
{
	struct text t = { text, 0 };

	stood_in(&t, a->stood_in);
	revoked(&t, a->revoked);
	gauge(&t, "derp_admit_keys", "Keys that the clients file admits.",
	    a->conf->file == NULL ? 0 : clients_file_count(a->conf->file));
	gauge(&t, "derp_admit_connected", "Keys that are connected.",
	    admit_connected_count(a->connected));
	gauge(&t, "derp_admit_waiting", "Keys about which sources are asked.",
	    admit_inquiries_count(a->inquiries));
	gauge(&t, "derp_admit_cached", "Keys with an answer of a source in "
	    "memory.", admit_cache_count(a->cache));
	gauge(&t, "derp_admit_remembered", "Keys that sources admitted "
	    "lately.", admit_lately_count(a->lately));
	if (admit_inquiries_nsources(a->inquiries) > 0)
		sources(&t, a->inquiries);
}

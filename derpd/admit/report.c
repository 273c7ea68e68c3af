/*
 * report: status, metrics and lines for derpctl; see admitd.h.  Called by
 * admitd.c and parentmsg.c.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admitd.h"
#include "json_out.h"

#define EVERY_US	5000000	/* between two reports */
#define BRIEF_NAME	49	/* a source's name with its NUL, in a summary
				   that would be too long */

/* When a source began what it does: its time of day, always the same. */
static time_t
since(struct admit_proc *a, size_t i)
{
	const struct admit_source *s = admit_inquiries_source(a->inquiries, i);
	struct admit_since *t = &a->since[i];

	if (t->us != s->since_us) {
		t->us = s->since_us;
		t->wall = time(NULL) -
		    (time_t)((admit_now() - s->since_us) / 1000000);
	}
	return (t->wall);
}

/* What a source does. */
static const char *
state_of(const struct admit_source *s)
{
	if (s->fails > 0)
		return ("failing");
	return (s->answered ? "ok" : "never answered");
}

/* What all of them do. */
static const char *
state_of_all(const struct admit_proc *a)
{
	const size_t n = admit_inquiries_nsources(a->inquiries);
	const struct admit_source *s;
	size_t i, answered = 0, fails = 0;

	for (i = 0; i < n; i++) {
		s = admit_inquiries_source(a->inquiries, i);
		answered += s->answered;
		fails += s->fails > 0;
	}
	if (fails > 0)
		return ("failing");
	return (n > 0 && answered == 0 ? "no source has answered yet" : "ok");
}

/* The beginning of a source's name, without what JSON would escape. */
static void
put_brief(struct json_out *o, const struct admit_source *s)
{
	char name[BRIEF_NAME];
	size_t n;

	for (n = 0; n < sizeof(name) - 1 && s->name[n] != '\0'; n++)
		name[n] = s->name[n] >= ' ' && s->name[n] < 0x7f &&
		    s->name[n] != '"' && s->name[n] != '\\' ? s->name[n] : '_';
	json_out_object(o, NULL);
	json_out_strn(o, "name", name, n);
	json_out_str(o, "state", state_of(s));
	json_out_end(o);
}

static void
put_source(struct admit_proc *a, struct json_out *o, size_t i)
{
	const struct admit_source *s = admit_inquiries_source(a->inquiries, i);

	json_out_object(o, NULL);
	json_out_str(o, "kind", s->kind == IPC_VERIFY_URL ? "url" :
	    "tailscaled");
	json_out_str(o, "name", s->name);
	json_out_str(o, "state", state_of(s));
	if (s->since_us != 0)
		json_out_time(o, "since", since(a, i));
	json_out_str(o, "error", s->error);
	json_out_uint(o, "questions", s->sent);
	json_out_uint(o, "yes", s->yes);
	json_out_uint(o, "no", s->no);
	json_out_uint(o, "failed", s->failed);
	json_out_uint(o, "waiting", s->nwaiting + s->nsent);
	json_out_end(o);
}

/* What derpctl status shows, of sources only the state if `brief'. */
static void
put_all(struct admit_proc *a, struct ipc_wr *w, int brief)
{
	const struct admit_settings *s = a->conf;
	struct json_out o;
	size_t i;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_bool(&o, "on", s->conf.on);
	json_out_str(&o, "state", state_of_all(a));
	json_out_str(&o, "sources_needed", s->conf.all ? "all" : "any");
	json_out_str(&o, "fail", s->conf.fail_open ? "open" : "closed");
	json_out_bool(&o, "keys_file", s->conf.keys);
	json_out_uint(&o, "keys", s->file == NULL ? 0 :
	    clients_file_count(s->file));
	json_out_uint(&o, "names", s->names == NULL ? 0 :
	    clients_names_count(s->names));
	json_out_uint(&o, "connected", admit_connected_count(a->connected));
	if (!brief) {
		json_out_uint(&o, "waiting",
		    admit_inquiries_count(a->inquiries));
		json_out_uint(&o, "cached", admit_cache_count(a->cache));
		json_out_uint(&o, "remembered",
		    admit_lately_count(a->lately));
	}
	json_out_array(&o, "sources");
	for (i = 0; i < s->nsources; i++)
		if (brief)
			put_brief(&o, admit_inquiries_source(a->inquiries, i));
		else
			put_source(a, &o, i);
	json_out_end(&o);
	json_out_end(&o);
}

/* Write the summary, without details if it is too long with them. */
static void
put_summary(struct admit_proc *a, struct ipc_wr *w)
{
	put_all(a, w, 0);
	if (!ipc_wr_ok(w) || w->len >= IPC_ERRORSIZE) {
		ipc_wr_free(w);
		put_all(a, w, 1);
	}
	ipc_wr_u8(w, '\0');
}

/* Send the status, unless it is what was sent last. */
static void
report(struct admit_proc *a)
{
	char metrics[IPC_ADMIT_METRICSIZE];
	uint8_t h[sizeof(a->reported)];
	struct ipc_msg_admit_status v = { .metrics = metrics };
	struct ipc_wr w;
	size_t n;

	ipc_wr_init(&w);
	put_summary(a, &w);
	n = w.len;
	admit_metrics_text(a, metrics);
	ipc_wr_str(&w, metrics);
	if (ipc_wr_ok(&w) && n <= IPC_ERRORSIZE) {
		v.summary = (const char *)w.p;
		crypto_generichash(h, sizeof(h), w.p, w.len, NULL, 0);
		if (memcmp(h, a->reported, sizeof(h)) != 0 &&
		    ipc_send_admit_status(a->child->parent, &v) == -1)
			fatal("can't send the status to the parent (sendmsg)");
		memcpy(a->reported, h, sizeof(h));
	}
	ipc_wr_free(&w);
}

void
admit_report_turn(struct admit_proc *a, uint64_t now_us)
{
	if (now_us < a->report_us)
		return;
	a->report_us = now_us + EVERY_US;
	report(a);
}

/* Lines for derpctl */

struct lines {
	struct admit_proc	*a;
	uint32_t	 request;
};

static void
send_line(void *arg, const void *text, size_t len)
{
	const struct lines *l = arg;
	const struct ipc_msg_admit_line v = { .request = l->request,
	    .text = text, .len = len };

	if (ipc_send_admit_line(l->a->child->parent, &v) == -1)
		fatal("can't send a line to the parent (sendmsg)");
}

void
admit_report_query(struct admit_proc *a, uint32_t request)
{
	struct ipc_msg_admit_line end = { .request = request, .last = 1,
	    .text = "" };
	struct lines l = { a, request };

	if (a->conf != NULL)
		(void)admit_groups_lines(a->groups, send_line, &l);
	if (ipc_send_admit_line(a->child->parent, &end) == -1)
		fatal("can't send a line to the parent (sendmsg)");
}

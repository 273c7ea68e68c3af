/*
 * tables: see tables.h.  Called by page.c.
 *
 * All texts of the state come from other processes, some from other machines:
 * they are written by metrics_html_text() and metrics_html_time() alone.
 */
#include <string.h>

#include "html.h"
#include "out.h"
#include "tables.h"

#define HASH_DIGITS	12	/* of a map's hash that are shown */
#define SOON_DAYS	7	/* left of a certificate that nobody renews */

/* How much a state deserves a look: classes of the style. */
static const char good[] = "good", warn[] = "warn", bad[] = "bad";

static int
is(const char *s, const char *what)
{
	return (s != NULL && strcmp(s, what) == 0);
}

static int
is_empty(const char *s)
{
	return (s == NULL || s[0] == '\0');
}

/*
 * Begin a section with a table of this class, whose columns are named
 * `columns', with a "|" between two.
 */
static void
begin(struct ipc_wr *w, const char *id, const char *title, const char *class,
    const char *columns)
{
	const char *p;
	size_t len;

	metrics_out(w, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>\n"
	    "<table class=\"%s\"><thead><tr>", id, id, title, class);
	for (p = columns; ; p += len + 1) {
		len = strcspn(p, "|");
		metrics_out(w, "<th scope=\"col\">%.*s</th>", (int)len, p);
		if (p[len] == '\0')
			break;
	}
	metrics_out(w, "</tr></thead>\n<tbody>\n");
}

/* End a cell, and begin the next one; a narrow page shows its column's name. */
static void
next(struct ipc_wr *w, const char *column, int first)
{
	metrics_out(w, "</t%c><td data-column=\"%s\">", first ? 'h' : 'd',
	    column);
}

static void
end(struct ipc_wr *w)
{
	metrics_out(w, "</tbody></table></section>\n");
}

/* A small line below the text of a cell; nothing if it is empty. */
static void
put_small(struct ipc_wr *w, const char *class, const char *lead, const char *s)
{
	if (is_empty(s))
		return;
	metrics_out(w, "<small%s%s%s>%s", class[0] != '\0' ? " class=\"" : "",
	    class, class[0] != '\0' ? "\"" : "", lead);
	metrics_html_text(w, s);
	metrics_out(w, "</small>");
}

/* A state in one word or some, with its colour. */
static void
put_state(struct ipc_wr *w, const char *class, const char *text)
{
	metrics_out(w, "<span class=\"mark %s\">", class);
	metrics_html_text(w, text);
	metrics_out(w, "</span>");
}

static void
put_days(struct ipc_wr *w, const struct metrics_cert *c)
{
	const char *class = good;
	long long days = c->days_left;

	if (days < 0 || is(c->kind, "temporary"))
		class = bad;
	else if (!is_empty(c->error) || (is(c->kind, "file") &&
	    days < SOON_DAYS))
		class = warn;
	metrics_out(w, "<span class=\"mark %s\">", class);
	if (days < 0)
		metrics_out(w, "expired");
	else
		metrics_out(w, "%lld day%s left", days, days == 1 ? "" : "s");
	metrics_out(w, "</span><small>");
	metrics_html_time(w, c->not_after);
	metrics_out(w, "</small>");
}

static void
put_renewal(struct ipc_wr *w, const struct metrics_cert *c)
{
	if (!is_empty(c->error) && !is_empty(c->next_try)) {
		metrics_out(w, "next try ");
		metrics_html_time(w, c->next_try);
	} else if (!is_empty(c->renewal))
		metrics_html_time(w, c->renewal);
	else
		metrics_out(w, "%s", is(c->kind, "file") ?
		    "when the file changes" : "–");
	put_small(w, "bad", "", c->error);
}

void
metrics_table_certs(const struct metrics_state *s, struct ipc_wr *w)
{
	const struct metrics_cert *c;
	size_t i;

	if (s->ncerts == 0)
		return;
	begin(w, "certificates", "Certificates", "tall",
	    "Names|Valid|Renewal");
	for (i = 0; i < s->ncerts; i++) {
		c = &s->certs[i];
		metrics_out(w, "<tr><th scope=\"row\">");
		metrics_html_text(w, c->names);
		put_small(w, "", "", c->kind);
		if (is(c->kind, "self-signed"))
			put_small(w, "", "pin ", c->pin);
		else
			put_small(w, "", "issued by ", c->issuer);
		next(w, "Valid", 1);
		put_days(w, c);
		next(w, "Renewal", 0);
		put_renewal(w, c);
		metrics_out(w, "</td></tr>\n");
	}
	end(w);
}

static void
put_map_state(struct ipc_wr *w, const struct metrics_map *m)
{
	put_state(w, is(m->state, "good") ? good : is(m->state, "none") ? bad :
	    warn, m->state);
	if (m->warnings > 0)
		metrics_out(w, "<small>%u warning%s</small>", m->warnings,
		    m->warnings == 1 ? "" : "s");
	if (m->drifts > 0)
		metrics_out(w, "<small class=\"warn\">%u of %u other servers "
		    "have another map</small>", m->drifts, m->compared);
	else if (m->compared > 0)
		metrics_out(w, "<small>compared with %u other server%s"
		    "</small>", m->compared, m->compared == 1 ? "" : "s");
	put_small(w, "bad", "", m->error);
}

void
metrics_table_maps(const struct metrics_state *s, struct ipc_wr *w)
{
	char num[METRICS_HTML_NUMSIZE], hash[HASH_DIGITS + 1];
	const struct metrics_map *m;
	size_t i;

	if (s->nmaps == 0)
		return;
	begin(w, "maps", "Maps", "tall", "Path|State|Served for");
	for (i = 0; i < s->nmaps; i++) {
		m = &s->maps[i];
		strlcpy(hash, m->hash, sizeof(hash));
		metrics_out(w, "<tr><th scope=\"row\">");
		metrics_html_text(w, m->path);
		put_small(w, "", "from ", m->source);
		put_small(w, "", "hash ", hash);
		next(w, "State", 1);
		put_map_state(w, m);
		next(w, "Served for", 0);
		if (hash[0] == '\0')
			metrics_out(w, "–</td></tr>\n");
		else {
			metrics_out(w, "%s", metrics_html_age(num, m->age));
			metrics_out(w, "<small>%s</small></td></tr>\n",
			    metrics_html_bytes(num, m->bytes));
		}
	}
	end(w);
}

static const char *
class_of_link(const char *state)
{
	if (is(state, "up") || is(state, "this node"))
		return (good);
	return (is(state, "down") ? bad : warn);
}

void
metrics_table_links(const struct metrics_state *s, struct ipc_wr *w)
{
	char num[METRICS_HTML_NUMSIZE];
	const struct metrics_link *l;
	size_t i;

	if (s->nlinks == 0)
		return;
	begin(w, "mesh", "Mesh", "tall", "Node|Link|Clients there");
	for (i = 0; i < s->nlinks; i++) {
		l = &s->links[i];
		metrics_out(w, "<tr><th scope=\"row\">");
		metrics_html_text(w, l->name);
		next(w, "Link", 1);
		put_state(w, class_of_link(l->state), l->state);
		if (!is_empty(l->since)) {
			metrics_out(w, "<small>since ");
			metrics_html_time(w, l->since);
			metrics_out(w, "</small>");
		}
		put_small(w, "bad", "", l->error);
		next(w, "Clients there", 0);
		metrics_out(w, "%s</td></tr>\n",
		    metrics_html_count(num, l->keys));
	}
	end(w);
}

static void
put_item(struct ipc_wr *w, const char *name)
{
	metrics_out(w, "<div><dt>%s</dt><dd>", name);
}

static void
put_stun(struct ipc_wr *w, const struct metrics_state *s)
{
	put_item(w, "STUN");
	put_state(w, s->stun_answering ? good : bad, s->stun_answering ?
	    "answering" : "silent");
	put_small(w, "bad", "", s->stun_answering ? "" : s->stun_why);
	metrics_out(w, "</dd></div>\n");
}

static void
put_reload(struct ipc_wr *w, const struct metrics_state *s)
{
	put_item(w, "Last reload");
	put_state(w, s->reload_ok ? good : warn, s->reload_ok ? "in force" :
	    "refused");
	metrics_out(w, "<small>");
	metrics_html_time(w, s->reload_when);
	metrics_out(w, "</small>");
	put_small(w, "warn", "", s->reload_ok ? "" : s->reload_why);
	metrics_out(w, "</dd></div>\n");
}

static void
put_text_item(struct ipc_wr *w, const char *name, const char *s)
{
	if (is_empty(s))
		return;
	put_item(w, name);
	metrics_html_text(w, s);
	metrics_out(w, "</dd></div>\n");
}

static void
put_listens(struct ipc_wr *w, const struct metrics_state *s)
{
	size_t i;

	if (s->nlistens == 0)
		return;
	put_item(w, "Listening on");
	for (i = 0; i < s->nlistens; i++) {
		metrics_out(w, "%s", i > 0 ? "<br>" : "");
		metrics_html_text(w, s->listens[i]);
	}
	metrics_out(w, "</dd></div>\n");
}

void
metrics_table_service(const struct metrics_state *s, struct ipc_wr *w)
{
	metrics_out(w, "<section aria-labelledby=\"service\"><h2 id=\"service\""
	    ">Service</h2>\n<dl class=\"list\">");
	if (s->stun)
		put_stun(w, s);
	if (!is_empty(s->admission_line)) {
		put_item(w, "Admission");
		metrics_html_text(w, s->admission_line);
		put_small(w, "warn", "", s->admission_error);
		metrics_out(w, "</dd></div>\n");
	}
	put_listens(w, s);
	put_text_item(w, "Configuration", s->config);
	if (s->reloads)
		put_reload(w, s);
	put_text_item(w, "Relay key", s->nodekey);
	metrics_out(w, "</dl></section>\n");
}

void
metrics_table_processes(const struct metrics_state *s, struct ipc_wr *w)
{
	char num[METRICS_HTML_NUMSIZE];
	const struct metrics_process *p;
	size_t i;

	begin(w, "processes", "Processes", "",
	    "Process|State|Restarts|Up");
	for (i = 0; i < s->nprocesses; i++) {
		p = &s->processes[i];
		metrics_out(w, "<tr><th scope=\"row\">");
		metrics_html_text(w, p->role);
		if (p->numbered)
			metrics_out(w, " %u", p->worker);
		if (p->ready)
			put_small(w, "", "sandbox: ", p->sandbox);
		metrics_out(w, "</th><td>");
		put_state(w, p->ready ? good : bad, p->ready ? "ready" :
		    "not ready");
		metrics_out(w, "</td><td>%s</td>",
		    metrics_html_count(num, p->restarts));
		metrics_out(w, "<td>%s</td></tr>\n", p->ready ?
		    metrics_html_age(num, p->uptime) : "–");
	}
	end(w);
}

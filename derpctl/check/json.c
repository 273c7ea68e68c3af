/*
 * json: the results as one JSON object in one line; derpctl-check(8) describes
 * it.
 *
 * Called by the command.  Writes only to the stream passed to it.
 */
#include "forms.h"

static void
finding(struct json_out *o, const struct ctlcheck_finding *f)
{
	const struct check_fault_row *row = check_fault_row(f->id);

	json_out_object(o, NULL);
	json_out_str(o, "level", ctlcheck_level_word(row->level));
	json_out_str(o, "name", row->name);
	json_out_str(o, "where", f->where);
	json_out_str(o, "what", f->what);
	json_out_str(o, "title", row->title);
	json_out_str(o, "why", row->why);
	json_out_str(o, "cure", row->cure);
	json_out_end(o);
}

static const char *
unit(enum check_kind kind)
{
	switch (kind) {
	case CHECK_BYTES:
		return ("bytes");
	case CHECK_US:
		return ("us");
	case CHECK_SECONDS:
		return ("s");
	case CHECK_DAYS:
		return ("days");
	case CHECK_TEXT:
	case CHECK_COUNT:
	case CHECK_BOOL:
		break;
	}
	return (NULL);
}

static void
measure(struct json_out *o, const struct ctlcheck_measure *m)
{
	const struct check_fact_row *row = check_fact_row(m->id);

	json_out_object(o, NULL);
	json_out_str(o, "name", row->name);
	json_out_str(o, "where", m->where);
	if (row->kind == CHECK_TEXT)
		json_out_str(o, "value", m->text);
	else if (row->kind == CHECK_BOOL)
		json_out_bool(o, "value", m->n != 0);
	else
		json_out_int(o, "value", m->n);
	if (unit(row->kind) != NULL)
		json_out_str(o, "unit", unit(row->kind));
	json_out_end(o);
}

static void
node(struct json_out *o, const struct check_node *n)
{
	if (n->region != 0) {
		json_out_uint(o, "region", n->region);
		json_out_str(o, "code", n->code);
	}
	if (n->name[0] != '\0')
		json_out_str(o, "node", n->name);
	if (n->host[0] != '\0') {
		json_out_str(o, "host", n->host);
		json_out_uint(o, "port", n->port);
	}
}

static void
place(struct json_out *o, const struct ctlcheck_place *p)
{
	size_t i;

	json_out_object(o, NULL);
	json_out_str(o, "kind", ctlcheck_kind_word(p->kind));
	json_out_str(o, "name", p->name);
	node(o, &p->node);
	json_out_str(o, "state", ctlcheck_state_word(p));
	if (p->failed != NULL)
		json_out_str(o, "failed", p->failed);
	json_out_int(o, "took_ms", p->took_ms);
	json_out_array(o, "findings");
	for (i = 0; i < p->nfindings; i++)
		finding(o, &p->findings[i]);
	json_out_end(o);
	json_out_array(o, "facts");
	for (i = 0; i < p->nmeasures; i++)
		measure(o, &p->measures[i]);
	json_out_end(o);
	json_out_end(o);
}

void
ctlcheck_json(FILE *fp, const struct ctlcheck_results *r)
{
	struct ctl_json doc;
	size_t i;

	ctl_json_begin(&doc);
	json_out_bool(&doc.o, "ok", ctlcheck_status(r) == 0);
	json_out_time(&doc.o, "time", r->time);
	json_out_int(&doc.o, "took_ms", r->took_ms);
	json_out_uint(&doc.o, "faults", r->faults);
	json_out_uint(&doc.o, "notes", r->notes);
	json_out_uint(&doc.o, "failed", r->failed);
	json_out_array(&doc.o, "places");
	for (i = 0; i < r->nplaces; i++) {
		place(&doc.o, &r->places[i]);
		ctl_json_flush(&doc, fp);
	}
	ctl_json_end(&doc, fp);
}

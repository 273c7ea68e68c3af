/*
 * nagios: the results as a plugin of Nagios, Icinga and others prints them: a
 * line of text with performance data, and a line for each fault.
 *
 * Called by the command.  Writes only to the stream passed to it.  No text has
 * a '|', which begins performance data.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "forms.h"

enum { NAGIOS_OK = 0, NAGIOS_CRITICAL = 2, NAGIOS_UNKNOWN = 3 };

/* The first fault, or the first place that could not be checked. */
static void
put_first(FILE *fp, const struct ctlcheck_results *r)
{
	const struct ctlcheck_place *p;
	const struct ctlcheck_finding *f;

	for (p = r->places; p < r->places + r->nplaces; p++) {
		for (f = p->findings; f < p->findings + p->nfindings; f++) {
			if (check_fault_row(f->id)->level == CHECK_FAULT) {
				ctlcheck_put_finding(fp, p, f);
				return;
			}
		}
		if (r->faults == 0 && p->failed != NULL) {
			ctlcheck_put_where(fp, p, "");
			fputs(": ", fp);
			ctl_put_text(fp, p->failed, strlen(p->failed));
			return;
		}
	}
}

static void
summary(FILE *fp, const struct ctlcheck_results *r)
{
	if (r->faults > 0) {
		fputs("DERP CRITICAL - ", fp);
		if (r->faults > 1) {
			ctlcheck_put_count(fp, r->faults, "fault");
			fputs(", first ", fp);
		}
		put_first(fp, r);
	} else if (r->failed > 0) {
		fputs("DERP UNKNOWN - not checked: ", fp);
		put_first(fp, r);
	} else if (r->nplaces == 0)
		fputs("DERP UNKNOWN - there was nothing to check", fp);
	else {
		fputs("DERP OK - ", fp);
		ctlcheck_put_count(fp, r->nplaces, "place");
		fputs(" good", fp);
		if (r->notes > 0) {
			fputs(", ", fp);
			ctlcheck_put_count(fp, r->notes, "note");
		}
	}
}

/* The worst of all nodes: the least days, or the longest time. */
static int
worst(const struct ctlcheck_results *r, enum check_fact id, int64_t *n)
{
	const int least = check_fact_row(id)->kind == CHECK_DAYS;
	const struct ctlcheck_measure *m;
	size_t i;
	int any = 0;

	for (i = 0; i < r->nplaces; i++) {
		if ((m = ctlcheck_best(&r->places[i], id)) == NULL)
			continue;
		if (!any || (least ? m->n < *n : m->n > *n))
			*n = m->n;
		any = 1;
	}
	return (any);
}

static void
performance(FILE *fp, const struct ctlcheck_results *r)
{
	static const enum check_fact shown[] = {
		CHECK_FACT_CERT_DAYS, CHECK_FACT_LOGIN, CHECK_FACT_RTT,
		CHECK_FACT_STUN
	};
	int64_t n = 0;
	size_t i;

	fprintf(fp, " | faults=%u;;0;0 notes=%u;;;0 failed=%u;;;0 "
	    "places=%zu;;;0 time=%" PRId64 ".%03" PRId64 "s;;;0", r->faults,
	    r->notes, r->failed, r->nplaces, r->took_ms / 1000,
	    r->took_ms % 1000);
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (!worst(r, shown[i], &n))
			continue;
		fprintf(fp, " %s=%" PRId64 "%s", check_fact_row(shown[i])->name,
		    n, check_fact_row(shown[i])->kind == CHECK_US ? "us;;;0" :
		    "");
	}
	fputc('\n', fp);
}

/* Print text that `print' makes, without '|'. */
static void
without_bars(FILE *fp, const struct ctlcheck_results *r,
    void (*print)(FILE *, const struct ctlcheck_results *))
{
	char *text = NULL, *p;
	size_t len = 0;
	FILE *to;

	if ((to = open_memstream(&text, &len)) == NULL)
		return;
	print(to, r);
	if (fclose(to) == 0) {
		for (p = text; (p = strchr(p, '|')) != NULL;)
			*p = '/';
		fputs(text, fp);
	}
	free(text);
}

int
ctlcheck_nagios(FILE *fp, const struct ctlcheck_results *r)
{
	static const int status[] = {
		NAGIOS_OK, NAGIOS_CRITICAL, NAGIOS_UNKNOWN
	};

	without_bars(fp, r, summary);
	performance(fp, r);
	without_bars(fp, r, ctlcheck_quiet);
	return (status[ctlcheck_status(r)]);
}

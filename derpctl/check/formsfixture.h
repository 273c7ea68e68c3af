/*
 * formsfixture: made-up results, and the text that a form makes of them, for
 * the tests of the output.
 */
#ifndef FORMSFIXTURE_H
#define FORMSFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forms.h"

static struct ctlcheck_results results;
static char *text;		/* of the form that was printed last */
static size_t textlen;

static char *
copy(const char *s)
{
	char *p = strdup(s);

	ATF_REQUIRE(p != NULL);
	return (p);
}

/* A place is valid until the next one is added. */
static inline struct ctlcheck_place *
add_place(enum ctlcheck_kind kind, const char *name)
{
	struct ctlcheck_place *p;

	p = realloc(results.places, (results.nplaces + 1) * sizeof(*p));
	ATF_REQUIRE(p != NULL);
	results.places = p;
	p += results.nplaces++;
	*p = (struct ctlcheck_place){ .kind = kind, .name = copy(name) };
	return (p);
}

/* A node of region 900. */
static inline struct ctlcheck_place *
add_node(const char *name)
{
	struct ctlcheck_place *p = add_place(CTLCHECK_NODE, name);

	p->node.region = 900;
	p->node.port = 443;
	snprintf(p->node.code, sizeof(p->node.code), "own");
	snprintf(p->node.name, sizeof(p->node.name), "900-%zu",
	    results.nplaces);
	snprintf(p->node.host, sizeof(p->node.host), "%s", name);
	return (p);
}

static inline void
add_finding(struct ctlcheck_place *p, enum check_fault id, const char *where,
    const char *what)
{
	p->findings = realloc(p->findings,
	    (p->nfindings + 1) * sizeof(*p->findings));
	ATF_REQUIRE(p->findings != NULL);
	p->findings[p->nfindings++] = (struct ctlcheck_finding){
		id, copy(where), copy(what)
	};
	ctlcheck_count(&results);
}

static inline void
add_measure(struct ctlcheck_place *p, enum check_fact id, const char *where,
    int64_t n, const char *value)
{
	p->measures = realloc(p->measures,
	    (p->nmeasures + 1) * sizeof(*p->measures));
	ATF_REQUIRE(p->measures != NULL);
	p->measures[p->nmeasures++] = (struct ctlcheck_measure){
		id, copy(where), n, copy(value)
	};
}

static inline void
fail(struct ctlcheck_place *p, const char *why)
{
	free(p->failed);
	p->failed = copy(why);
	ctlcheck_count(&results);
}

/* The first row that is a note. */
static inline enum check_fault
a_note(void)
{
	int i;

	for (i = 0; i < CHECK_NFAULTS; i++)
		if (check_fault_row((enum check_fault)i)->level == CHECK_NOTE)
			return ((enum check_fault)i);
	atf_tc_skip("no row is a note");
}

/* Forget the results and the text. */
static inline void
drop(void)
{
	ctlcheck_free(&results);
	free(text);
	text = NULL;
}

static inline FILE *
begin_text(void)
{
	FILE *fp;

	free(text);
	text = NULL;
	ATF_REQUIRE((fp = open_memstream(&text, &textlen)) != NULL);
	return (fp);
}

static inline const char *
end_text(FILE *fp)
{
	ATF_REQUIRE(fclose(fp) == 0);
	return (text);
}

/* Check that the text holds a part, or that it does not. */
#define HAS(part)	ATF_CHECK_MSG(strstr(text, part) != NULL, \
			    "%s\nhas not:\n%s", text, part)
#define HASNT(part)	ATF_CHECK_MSG(strstr(text, part) == NULL, \
			    "%s\nhas:\n%s", text, part)

#endif

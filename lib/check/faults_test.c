/*
 * Tests of faults.def and facts.def: derpctl-check(8) describes each row, in
 * their order and words, and nothing else; and the rows themselves.
 */
#include <atf-c.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "manfixture.h"

#define ITEM	"\n.It Sy "

static char *page;

/* The items of the section, up to the end of its list. */
static char *
section(const atf_tc_t *tc, const char *name)
{
	char head[64], *p, *end;

	free(page);
	page = read_manual(tc, "../../man/derpctl-check.8");
	snprintf(head, sizeof(head), "\n.Sh %s\n", name);
	ATF_REQUIRE_MSG((p = strstr(page, head)) != NULL, "%s", name);
	ATF_REQUIRE((p = strstr(p, "\n.Bl ")) != NULL);
	ATF_REQUIRE((end = strstr(p, "\n.El\n")) != NULL);
	*end = '\0';
	return (p);
}

/* Take the next item off *list: head and text, in one line.  NULL: none. */
static char *
next_item(char **list)
{
	char *item, *p, *q;

	if ((item = strstr(*list, ITEM)) == NULL)
		return (NULL);
	item += strlen(ITEM);
	if ((p = strstr(item, ITEM)) != NULL) {
		*list = p;
		ATF_REQUIRE((item = strndup(item, (size_t)(p - item))) != NULL);
	} else {
		*list += strlen(*list);
		ATF_REQUIRE((item = strdup(item)) != NULL);
	}
	/* Lines are broken anywhere; "\&" protects the begin of one. */
	for (p = q = item; *p != '\0'; p++) {
		if (p[0] == '\\' && p[1] == '&')
			p++;
		else
			*q++ = *p == '\n' ? ' ' : *p;
	}
	*q = '\0';
	return (item);
}

/* Compare the next item of a list. */
static void
same(char **list, const char *want)
{
	char *item = next_item(list);

	ATF_REQUIRE_MSG(item != NULL, "the manual has no: %s", want);
	ATF_CHECK_STREQ(want, item);
	free(item);
}

static void
compare(const atf_tc_t *tc, const char *name, enum check_level level)
{
	const struct check_fault_row *r;
	char *list = section(tc, name), want[2048];
	int i;

	for (i = 0; i < CHECK_NFAULTS; i++) {
		r = check_fault_row((enum check_fault)i);
		if (r->level != level)
			continue;
		snprintf(want, sizeof(want), "%s %c%s. %s %s", r->name,
		    toupper((unsigned char)r->title[0]), r->title + 1, r->why,
		    r->cure);
		same(&list, want);
	}
	ATF_CHECK(next_item(&list) == NULL);
	free(page);
	page = NULL;
}

ATF_TC_WITHOUT_HEAD(faults);
ATF_TC_BODY(faults, tc)
{
	compare(tc, "FAULTS", CHECK_FAULT);
}

ATF_TC_WITHOUT_HEAD(notes);
ATF_TC_BODY(notes, tc)
{
	compare(tc, "NOTES", CHECK_NOTE);
}

ATF_TC_WITHOUT_HEAD(facts);
ATF_TC_BODY(facts, tc)
{
	static const char *const units[] = {
		[CHECK_TEXT] = "text", [CHECK_COUNT] = "number",
		[CHECK_BYTES] = "bytes", [CHECK_US] = "us",
		[CHECK_SECONDS] = "s", [CHECK_DAYS] = "days",
		[CHECK_BOOL] = "true or false"
	};
	const struct check_fact_row *r;
	char *list = section(tc, "MEASUREMENTS"), want[2048];
	int i;

	for (i = 0; i < CHECK_NFACTS; i++) {
		r = check_fact_row((enum check_fact)i);
		snprintf(want, sizeof(want), "%s Pq %s %s", r->name,
		    units[r->kind], r->help);
		same(&list, want);
	}
	ATF_CHECK(next_item(&list) == NULL);
	free(page);
	page = NULL;
}

/* A name for programs: small letters, digits and "-". */
static void
is_name(const char *s)
{
	ATF_CHECK_MSG(s[0] != '\0' && islower((unsigned char)s[0]) &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0',
	    "%s", s);
}

/* A sentence in ASCII, of a text that mdoc does not interpret. */
static void
is_sentence(const char *name, const char *s)
{
	const size_t n = strlen(s);
	size_t i;

	ATF_CHECK_MSG(n > 1 && s[n - 1] == '.', "%s: %s", name, s);
	for (i = 0; i < n; i++)
		ATF_CHECK_MSG(s[i] >= ' ' && s[i] <= '~' && s[i] != '\\',
		    "%s: %s", name, s);
}

ATF_TC_WITHOUT_HEAD(rows);
ATF_TC_BODY(rows, tc)
{
	const struct check_fault_row *r;
	const struct check_fact_row *f;
	int i, j;

	for (i = 0; i < CHECK_NFAULTS; i++) {
		r = check_fault_row((enum check_fault)i);
		is_name(r->name);
		is_sentence(r->name, r->why);
		is_sentence(r->name, r->cure);
		ATF_CHECK_MSG(r->title[0] != '\0' &&
		    r->title[strlen(r->title) - 1] != '.', "%s", r->name);
		for (j = 0; j < i; j++)
			ATF_CHECK_MSG(strcmp(r->name,
			    check_fault_row((enum check_fault)j)->name) != 0,
			    "%s", r->name);
	}
	for (i = 0; i < CHECK_NFACTS; i++) {
		f = check_fact_row((enum check_fact)i);
		is_name(f->name);
		is_sentence(f->name, f->help);
		for (j = 0; j < i; j++)
			ATF_CHECK_MSG(strcmp(f->name,
			    check_fact_row((enum check_fact)j)->name) != 0,
			    "%s", f->name);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, faults);
	ATF_TP_ADD_TC(tp, notes);
	ATF_TP_ADD_TC(tp, facts);
	ATF_TP_ADD_TC(tp, rows);
	return (atf_no_error());
}

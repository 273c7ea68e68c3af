/*
 * found: the findings of a run; see run.h.
 *
 * The findings of a node are kept until all of its addresses are checked.  By
 * then addresses.c knows which of them say the same.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

/* Append to a text of CHECK_WHERE bytes, as far as there is room. */
static void
append(char where[CHECK_WHERE], const char *before, const char *s)
{
	const size_t len = strlen(where);

	(void)snprintf(where + len, CHECK_WHERE - len, "%s%s",
	    len == 0 ? "" : before, s);
}

static void
append_port(char where[CHECK_WHERE], unsigned int port)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "port %u", port);
	if (port != 0)
		append(where, " ", text);
}

/* Returns 1 when the two say the same, of whatever address, else 0. */
static int
same(const struct check_kept *k, const struct check_kept *o)
{
	return (k->f.id == o->f.id && k->port == o->port &&
	    (k->a == NULL) == (o->a == NULL) &&
	    strcmp(k->f.what, o->f.what) == 0);
}

/* Keep a finding, once.  Returns 0 when there is no room. */
static int
keep(struct check_run *r, const struct check_kept *new)
{
	size_t i;

	for (i = 0; i < r->nkept; i++)
		if (r->kept[i].a == new->a && same(&r->kept[i], new))
			return (1);
	if (r->kept == NULL || r->nkept == RUN_KEPT)
		return (0);
	r->kept[r->nkept++] = *new;
	return (1);
}

void
check_found(struct check_run *r, const struct check_addr *a, unsigned int port,
    enum check_fault id, const char *fmt, ...)
{
	struct check_kept k = { .f.id = id, .a = a, .port = port };
	const int quiet = a != NULL && a->dns_only;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(k.f.what, sizeof(k.f.what), fmt, ap);
	va_end(ap);
	if (!quiet) {
		r->has[id] = 1;
		r->faults += check_fault_row(id)->level == CHECK_FAULT;
	}
	if (keep(r, &k) || quiet)
		return;
	append(k.f.where, "", a == NULL ? "" : a->text);
	append_port(k.f.where, port);
	r->sink->found(&k.f, r->sink->arg);
}

/* Add the addresses of the same findings in k[1..n-1], and drop these. */
static void
gather(struct check_kept *k, size_t n)
{
	size_t i, last = 0;

	append(k->f.where, "", k->a->text);
	for (i = 1; i < n; i++)
		if (!k[i].dropped && same(k, &k[i]))
			last = i;
	for (i = 1; i <= last; i++) {
		if (k[i].dropped || !same(k, &k[i]))
			continue;
		append(k->f.where, i == last ? " and " : ", ", k[i].a->text);
		k[i].dropped = 1;
	}
}

void
check_report_kept(struct check_run *r)
{
	struct check_kept *k;
	size_t i;

	for (i = 0; i < r->nkept; i++)
		r->kept[i].dropped |= r->kept[i].a != NULL &&
		    r->kept[i].a->dns_only;
	for (i = 0; i < r->nkept; i++) {
		k = &r->kept[i];
		if (k->dropped)
			continue;
		if (k->a != NULL)
			gather(k, r->nkept - i);
		append_port(k->f.where, k->port);
		r->sink->found(&k->f, r->sink->arg);
	}
	r->nkept = 0;
}

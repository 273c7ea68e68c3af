/*
 * grammanfixture: holds the manual of a configuration against its table: each
 * keyword, its default, unit and bounds, and no other statement.  Behind
 * gramfixture.h, for tests.
 */
#ifndef GRAMMANFIXTURE_H
#define GRAMMANFIXTURE_H

#include <ctype.h>
#include <regex.h>

#include "manfixture.h"

static char	*page;		/* the manual's source, lines joined */

/* Units as the manual writes them. */
static const char *const units[] = {
	[GRAM_MS] = "[Mm]illiseconds", [GRAM_SECONDS] = "[Ss]econds",
	[GRAM_BYTES] = "[Bb]ytes", [GRAM_BYTERATE] = "[Bb]ytes a second",
	[GRAM_RATE] = "a second"
};

/* The manual's text, with a blank for each newline, except around macros. */
static inline void
read_page(const atf_tc_t *tc, const char *file)
{
	char *line, *p;

	page = read_manual(tc, file);
	for (line = page; (p = strchr(line, '\n')) != NULL; line = p + 1)
		if (*line != '.' && p[1] != '.')
			*p = ' ';
}

/* The text of the section of that title; free() it. */
static inline char *
section(const char *title)
{
	char want[64], *text;
	const char *p, *end;

	snprintf(want, sizeof(want), "\n.Ss %s", title);
	ATF_REQUIRE_MSG((p = strstr(page, want)) != NULL, "no%s", want);
	p += strlen(want);
	if ((end = strstr(p, "\n.Ss ")) == NULL)
		end = strstr(p, "\n.Sh ");
	ATF_REQUIRE(end != NULL && (text = strndup(p, (size_t)(end - p))) !=
	    NULL);
	return (text);
}

/*
 * Copy the words of the head of the item at `p' ("\n.It Ic ..."), without
 * macros, to `dst', each after a blank; returns what follows the head.
 */
static inline const char *
item_head(const char *p, char *dst, size_t size)
{
	const char *end = strchr(p + 1, '\n');
	size_t n;

	if (end == NULL)
		end = p + strlen(p);
	if (strncmp(p, "\n.It Xo", 7) == 0)
		end = strstr(p, "\n.Xc");
	ATF_REQUIRE(end != NULL);
	*dst = '\0';
	for (p++; p < end; p += n) {
		p += strspn(p, " \n");
		n = strcspn(p, " \n");
		if (*p == '.' || (n == 2 && isupper((unsigned char)p[0]) &&
		    islower((unsigned char)p[1])) || *p == '|')
			continue;
		ATF_REQUIRE(strlen(dst) + n + 2 < size);
		strlcat(dst, " ", size);
		strncat(dst, p, n);
	}
	return (end);
}

/* 1 when the keywords are in the head, in their order. */
static inline int
in_head(const char *head, const char *keywords)
{
	char word[32];
	size_t n;

	for (; *keywords != '\0'; keywords += n + (keywords[n] == ' ')) {
		n = strcspn(keywords, " ");
		snprintf(word, sizeof(word), " %.*s", (int)n, keywords);
		while ((head = strstr(head, word)) != NULL &&
		    head[n + 1] != ' ' && head[n + 1] != '\0')
			head++;
		if (head == NULL)
			return (0);
		head += n + 1;
	}
	return (1);
}

/* 1 when the head begins with the first of the keywords. */
static inline int
begins(const char *head, const char *keywords)
{
	size_t n = strcspn(keywords, " ");

	return (strncmp(head + 1, keywords, n) == 0 &&
	    (head[n + 1] == ' ' || head[n + 1] == '\0'));
}

/*
 * The description of a row's statement in `text', which is freed with it; NULL:
 * none.
 */
static inline char *
find_item(const char *text, const struct gram_option *o)
{
	const char *p, *body, *end;
	char head[256], *copy;

	for (p = text; (p = strstr(p, "\n.It ")) != NULL; p++) {
		body = item_head(p, head, sizeof(head));
		if (!begins(head, o->keywords) || !in_head(head, o->keywords))
			continue;
		/*
		 * Consecutive heads share the description after the last one.
		 */
		if ((end = strstr(body, "\n.It ")) == NULL)
			end = body + strlen(body);
		ATF_REQUIRE((copy = strndup(body, (size_t)(end - body))) !=
		    NULL);
		if (copy[strspn(copy, "\n ")] == '\0') {
			free(copy);
			continue;
		}
		return (copy);
	}
	return (NULL);
}

/* 1 when the text matches. */
static inline int
matches(const char *text, const char *expr)
{
	regex_t re;
	int found;

	ATF_REQUIRE_EQ(0, regcomp(&re, expr, REG_EXTENDED | REG_NOSUB));
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return (found);
}

/* Check the default, alone or after that of the preceding value. */
static inline void
check_default(const struct gram_option *o, const char *text)
{
	const char *value = o->def != NULL ? o->def : o->unset;
	char before[128] = "", expr[512];

	if (value == NULL)
		return;
	if (o->follows != GRAM_HEAD && o[-1].def != NULL)
		snprintf(before, sizeof(before), "(%s %s )?", o[-1].def,
		    gram_suffix(o - 1, o));
	snprintf(expr, sizeof(expr), "[Dd]efault( is|:)?( |\n\\.[A-Z][a-z] )"
	    "%s%s([^0-9A-Za-z_/-]|$)", before, value);
	ATF_CHECK_MSG(matches(text, expr), "%s: the default is %s, the manual "
	    "says:%s", gram_name(o), value, text);
}

/* A bound as the manual writes it: bytes in the largest unit. */
static inline void
bound(char *dst, size_t size, const struct gram_option *o, int64_t v)
{
	int bytes = o->unit == GRAM_BYTES || o->unit == GRAM_BYTERATE;
	const char *u = "";

	if (bytes && v >= 1024 && v % 1024 == 0) {
		u = v % (1 << 30) == 0 ? "G" : v % (1 << 20) == 0 ? "M" : "K";
		v /= *u == 'G' ? 1 << 30 : *u == 'M' ? 1 << 20 : 1 << 10;
	}
	snprintf(dst, size, "%lld%s", (long long)v, u);
}

static inline void
check_bounds(const struct gram_option *o, const char *text)
{
	char expr[128], min[32], max[32];

	if (!(o->type->accepts & GRAM_NUMBER) || o->max == 0)
		return;
	bound(min, sizeof(min), o, o->min);
	bound(max, sizeof(max), o, o->max);
	snprintf(expr, sizeof(expr), "(^|[^0-9])%s to %s([^0-9A-Z]|$)", min,
	    max);
	ATF_CHECK_MSG(matches(text, expr), "%s: takes %s to %s, the manual "
	    "says:%s", gram_name(o), min, max, text);
}

/* Check that each row is in the section of its block, as the manual has it. */
static inline void
check_rows(const atf_tc_t *tc, const char *file, const char *const *sections)
{
	const struct gram_option *o;
	char *text, *item;

	read_page(tc, file);
	for (o = FIXTURE_TABLE.rows; o != ROWS_END; o++) {
		if (strcmp(o->keywords, "include") == 0)
			continue;
		text = section(sections[o->block]);
		if ((item = find_item(text, o)) == NULL)
			atf_tc_fail_nonfatal("%s: not in the section %s",
			    o->keywords, sections[o->block]);
		else {
			check_default(o, item);
			check_bounds(o, item);
			if (o->unit != GRAM_NOUNIT)
				ATF_CHECK_MSG(matches(item, units[o->unit]),
				    "%s: is in %s, the manual says:%s",
				    gram_name(o), units[o->unit], item);
		}
		free(item);
		free(text);
	}
	free(page);
}

/*
 * Check that the sections of the blocks describe nothing else: a statement
 * without a row would be refused.
 */
static inline void
check_statements(const atf_tc_t *tc, const char *file,
    const char *const *sections, int nblocks)
{
	const char *p;
	char *text, head[256];
	size_t n;
	int block;

	read_page(tc, file);
	for (block = 0; block < nblocks; block++) {
		text = section(sections[block]);
		for (p = text; (p = strstr(p, "\n.It Ic ")) != NULL; p++) {
			(void)item_head(p, head, sizeof(head));
			n = strcspn(head + 1, " ");
			head[n + 1] = '\0';
			ATF_CHECK_MSG(gram_usage(&FIXTURE_TABLE, block,
			    head + 1, n) != NULL, "%s: no such statement in "
			    "options.def", head + 1);
		}
		free(text);
	}
	free(page);
}

#endif

/*
 * commands_test: derpctl(8) agrees with the table of commands: each command
 * with its options and arguments, no other, and its JSON.
 */
#include <atf-c.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "ctl.h"
#include "manfixture.h"

#define MAXITEMS	200

static char	*page;			/* the manual's source */
static char	*items[MAXITEMS];	/* words of the heads, sorted */
static size_t	 nitems;
static char	*json[MAXITEMS];	/* the same, below JSON, unsorted */
static size_t	 njson;

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort the words of a text, to compare it whatever their order. */
static void
sort_words(char *text)
{
	char	*copy, *p, *word, *words[64] = { NULL };
	size_t	 i, n = 0, size = strlen(text) + 1;

	ATF_REQUIRE((copy = p = strdup(text)) != NULL);
	while ((word = strsep(&p, " ")) != NULL && n < 64)
		if (*word != '\0')
			words[n++] = word;
	qsort(words, n, sizeof(words[0]), compare);
	*text = '\0';
	for (i = 0; i < n; i++) {
		strlcat(text, i > 0 ? " " : "", size);
		strlcat(text, words[i], size);
	}
	free(copy);
}

/* The head of an item ("Cm cert revoke Op Ar reason") without macros. */
static char *
plain(const char *head, size_t len)
{
	char	*line, *p, *word, *out;
	int	 option = 0;

	ATF_REQUIRE((line = p = strndup(head, len)) != NULL &&
	    (out = calloc(2, len + 1)) != NULL);
	while ((word = strsep(&p, " ")) != NULL) {
		if (isupper((unsigned char)word[0]) && word[1] != '\0' &&
		    word[2] == '\0') {
			option = strcmp(word, "Fl") == 0;
			continue;
		}
		if (strcmp(word, "|") == 0 || strcmp(word, "...") == 0)
			continue;
		if (out[0] != '\0')
			strlcat(out, " ", 2 * len);
		strlcat(out, option ? "-" : "", 2 * len);
		strlcat(out, word, 2 * len);
		option = 0;
	}
	free(line);
	return out;
}

/* Read the heads of all items of commands. */
static void
read_page(const atf_tc_t *tc)
{
	const char	*p, *end, *below;

	page = read_manual(tc, "../man/derpctl.8");
	ATF_REQUIRE((p = strstr(page, "\nThe commands:\n")) != NULL);
	ATF_REQUIRE((below = strstr(p, "\n.Ss JSON")) != NULL);
	while ((p = strstr(p, "\n.It Cm ")) != NULL) {
		p += strlen("\n.It ");
		end = strchr(p, '\n');
		ATF_REQUIRE(nitems < MAXITEMS && njson < MAXITEMS);
		if (p > below)
			json[njson++] = plain(p, (size_t)(end - p));
		else {
			items[nitems] = plain(p, (size_t)(end - p));
			sort_words(items[nitems++]);
		}
	}
}

/* The words of a row, sorted. */
static void
row_words(char *dst, size_t size, const struct command *c)
{
	const struct command_option	*o = c->options;
	const char			*args = c->args;
	struct command_arg		 a;
	char				*p;
	size_t				 i, n;

	snprintf(dst, size, "%s%s", c->words,
	    (c->flags & COMMAND_VERBATIM) != 0 ? " --" : "");
	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++) {
		n = strlen(dst);
		snprintf(dst + n, size - n, " -%c %s", o[i].letter,
		    o[i].value != NULL ? o[i].value : "");
	}
	while (command_arg(&args, &a)) {
		n = strlen(dst);
		snprintf(dst + n, size - n, " %s %s", a.word, a.name);
	}
	for (p = dst; (p = strchr(p, '|')) != NULL;)
		*p = ' ';
	sort_words(dst);
}

/* Keys of top are items, too: one word each, or several with commas. */
static int
is_key(const char *item)
{
	return strchr(item, ',') != NULL || strlen(item) == 1;
}

ATF_TC_WITHOUT_HEAD(manual);
ATF_TC_BODY(manual, tc)
{
	char	row[512];
	size_t	i, j;
	int	used[MAXITEMS] = { 0 };

	read_page(tc);
	for (i = 1; i < ctl_commands.ncommands; i++) {
		row_words(row, sizeof(row), &ctl_commands.commands[i]);
		for (j = 0; j < nitems; j++)
			if (strcmp(items[j], row) == 0)
				break;
		if (j == nitems)
			atf_tc_fail_nonfatal("%s: derpctl(8) has no item with "
			    "the words: %s", ctl_commands.commands[i].words,
			    row);
		else
			used[j] = 1;
	}
	for (j = 0; j < nitems; j++)
		ATF_CHECK_MSG(used[j] || is_key(items[j]),
		    "derpctl(8) has an item that is no command: %s", items[j]);
}

/* Is the command named in the list of members of JSON? */
static int
has_json(const char *command)
{
	char	*copy, *p, *name;
	size_t	 i, n;
	int	 found = 0;

	for (i = 0; i < njson; i++) {
		ATF_REQUIRE((copy = p = strdup(json[i])) != NULL);
		while ((name = strsep(&p, ",")) != NULL) {
			name += strspn(name, " ");
			for (n = strlen(name); n > 0 && name[n - 1] == ' ';)
				name[--n] = '\0';
			if (strstr(name, " -") != NULL)
				*strstr(name, " -") = '\0';
			found |= strcmp(name, command) == 0;
		}
		free(copy);
	}
	return found;
}

/* Every command but the help prints JSON with -j, as the manual says. */
ATF_TC_WITHOUT_HEAD(manual_json);
ATF_TC_BODY(manual_json, tc)
{
	const char	*words;
	size_t		 i;

	read_page(tc);
	for (i = 1; i < ctl_commands.ncommands; i++) {
		words = ctl_commands.commands[i].words;
		if (strcmp(words, "help") != 0 &&
		    strcmp(words, "complete") != 0)
			ATF_CHECK_MSG(has_json(words), "%s: derpctl(8) does "
			    "not say what -j prints", words);
	}
}

/* What command.h demands of rows. */
ATF_TC_WITHOUT_HEAD(rows);
ATF_TC_BODY(rows, tc)
{
	const struct command	*c;
	const char		*args;
	struct command_arg	 a;
	size_t			 i, n;

	for (i = 1; i < ctl_commands.ncommands; i++) {
		c = &ctl_commands.commands[i];
		ATF_CHECK_MSG(c->run != NULL, "%s: no function", c->words);
		ATF_CHECK_MSG(strcmp(c[-1].words, c->words) < 0,
		    "%s: not in order", c->words);
		ATF_CHECK_MSG(strlen(c->help) <= 53, "%s: its help is longer "
		    "than a line", c->words);
		n = 0;
		for (args = c->args; command_arg(&args, &a);)
			n++;
		ATF_CHECK_MSG(n <= COMMAND_MAXARGS, "%s: %zu arguments",
		    c->words, n);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, manual);
	ATF_TP_ADD_TC(tp, manual_json);
	ATF_TP_ADD_TC(tp, rows);
	return atf_no_error();
}

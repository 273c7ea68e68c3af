/*
 * words: read the words behind a command by its row; see command.h.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "wordlist.h"

/* A command line that is being read. */
struct command_line {
	const struct command_set *set;
	const struct command	*c;
	int			 argc;		/* not read yet */
	char			**argv;
	struct command_words	*w;
	char			*why;
};

int
command_arg(const char **args, struct command_arg *a)
{
	const char	*p = *args;
	size_t		 n = strcspn(p, " "), word;

	memset(a, 0, sizeof(*a));
	if (n == 0)
		return 0;
	*args = p + n + (p[n] == ' ');
	if (p[0] == '[') {
		a->optional = 1;
		p++;
		n -= 2;
		if ((word = strcspn(p, ":")) < n) {
			snprintf(a->word, sizeof(a->word), "%.*s", (int)word,
			    p);
			p += word + 1;
			n -= word + 1;
		} else if (n > 3 && strncmp(p + n - 3, "...", 3) == 0) {
			a->rest = 1;
			n -= 3;
		}
	} else if (n > 3 && strncmp(p + n - 3, "...", 3) == 0) {
		a->rest = 1;
		n -= 3;
	}
	snprintf(a->name, sizeof(a->name), "%.*s", (int)n, p);
	return 1;
}

const struct command_value *
command_value(const struct command_set *set, const char *name)
{
	size_t	i;

	for (i = 0; i < set->nvalues; i++)
		if (strcmp(set->values[i].name, name) == 0)
			return &set->values[i];
	return NULL;
}

const struct command_option *
command_option(const struct command *c, char letter)
{
	size_t	i;

	for (i = 0; i < COMMAND_MAXOPTS && c->options[i].letter != 0; i++)
		if (c->options[i].letter == letter)
			return &c->options[i];
	return NULL;
}

const char *
command_long(const struct command_set *set, const struct command_option *o)
{
	size_t	i;

	for (i = 0; i < set->nlongs; i++)
		if (set->longs[i].letter == o->letter)
			return set->longs[i].name;
	return NULL;
}

/* Write the reason.  Always returns -1. */
static int	 wrong(const struct command_line *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

static int
wrong(const struct command_line *l, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(l->why, COMMAND_WHY, fmt, ap);
	va_end(ap);
	return -1;
}

/*
 * Check the value of the option or argument called `label', "" if its name
 * tells nothing.  Returns 0, or -1 with the reason.
 */
static int
check(const struct command_line *l, const char *label, const char *name,
    const char *text)
{
	const struct command_value	*v = command_value(l->set, name);
	struct command_names		 names = { .n = 0 };
	const char			*errstr = NULL;
	char				 list[COMMAND_WHY / 2] = "";

	if (v != NULL && v->kind == COMMAND_NUMBER) {
		(void)strtonum(text, v->min, v->max, &errstr);
		snprintf(list, sizeof(list), "%lld to %lld", v->min, v->max);
	} else if (v != NULL && v->kind == COMMAND_WORD)
		command_names_split(&names, v->words, ' ');
	else if (strchr(name, '|') != NULL)
		command_names_split(&names, name, '|');
	if (errstr == NULL && (names.n == 0 || command_names_has(&names, text)))
		return 0;
	command_names_or(&names, list, sizeof(list));
	return wrong(l, "%s%s\"%.60s\": expected %s", label,
	    *label == '\0' ? "" : " ", text, list);
}

/*
 * Read one option with its value, which begins at argv[0][*at].  Returns 0, 1
 * for help, or -1.
 */
static int
read_letter(struct command_line *l, size_t *at)
{
	const char			 letter = l->argv[0][*at];
	const char			*value = &l->argv[0][*at + 1];
	const char			 word[] = { '-', letter, '\0' };
	const struct command_option	*o = command_option(l->c, letter);

	if (o == NULL && letter == 'h')
		return 1;
	if (o == NULL)
		return command_option(&l->set->commands[0], letter) == NULL ?
		    wrong(l, "unknown option %s", word) :
		    wrong(l, "%s stands before the command", word);
	(*at)++;
	if (o->value == NULL) {
		l->w->option[(unsigned char)letter] = "";
		return 0;
	}
	if (*value == '\0') {
		if (l->argc < 2)
			return wrong(l, "%s: %s is missing", word, o->value);
		l->argc--;
		l->argv++;
		value = l->argv[0];
	}
	l->w->option[(unsigned char)letter] = value;
	*at = strlen(l->argv[0]);
	return check(l, word, o->value, value);
}

/* Read an option in its long form.  Returns 0 or -1. */
static int
read_long(struct command_line *l)
{
	const struct command_option	*o = l->c->options;
	const char			*name;
	size_t				 i;

	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++)
		if ((name = command_long(l->set, &o[i])) != NULL &&
		    strcmp(l->argv[0] + 2, name) == 0) {
			l->w->option[(unsigned char)o[i].letter] = "";
			return 0;
		}
	return wrong(l, "unknown option %.60s", l->argv[0]);
}

/* Read the options.  Returns as command_read(). */
static int
read_options(struct command_line *l)
{
	size_t	at;
	int	rv;

	for (; l->argc > 0 && l->argv[0][0] == '-' && l->argv[0][1] != '\0';
	    l->argc--, l->argv++) {
		if (strcmp(l->argv[0], "--help") == 0)
			return 1;
		if (strcmp(l->argv[0], "--") == 0) {
			l->argc--;
			l->argv++;
			return 0;
		}
		if ((l->c->flags & COMMAND_VERBATIM) != 0)
			return strcmp(l->argv[0], "-h") == 0 ? 1 :
			    wrong(l, "-- is missing before %.60s", l->argv[0]);
		if (l->argv[0][1] == '-') {
			if (read_long(l) == -1)
				return -1;
			continue;
		}
		for (at = 1; l->argv[0][at] != '\0';)
			if ((rv = read_letter(l, &at)) != 0)
				return rv;
	}
	return 0;
}

/* Check that one option of a group is given.  Returns 0 or -1. */
static int
check_groups(const struct command_line *l)
{
	const struct command_option	*o = l->c->options;
	size_t				 i, j;

	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++)
		for (j = 0; j < i; j++)
			if (o[i].group != 0 && o[i].group == o[j].group &&
			    l->w->option[(unsigned char)o[i].letter] != NULL &&
			    l->w->option[(unsigned char)o[j].letter] != NULL)
				return wrong(l, "-%c and -%c exclude each "
				    "other", o[j].letter, o[i].letter);
	return 0;
}

/* The position of the argument behind `word', which is copied; -1: none. */
static int
find_word(const struct command *c, const char *word, struct command_arg *a)
{
	const char	*args = c->args;
	int		 i;

	for (i = 0; command_arg(&args, a); i++)
		if (a->word[0] != '\0' && strcmp(a->word, word) == 0)
			return i;
	return -1;
}

/* Say that another word was expected, or none.  Returns -1. */
static int
unexpected(const struct command_line *l)
{
	const char		*args = l->c->args;
	struct command_names	 names = { .n = 0 };
	struct command_arg	 a;
	char			 list[COMMAND_WHY / 2] = "";

	while (command_arg(&args, &a))
		if (a.word[0] != '\0')
			command_names_add(&names, a.word, strlen(a.word));
	if (names.n == 0)
		return wrong(l, "unexpected argument \"%.60s\"", l->argv[0]);
	command_names_or(&names, list, sizeof(list));
	return wrong(l, "\"%.60s\": expected %s", l->argv[0], list);
}

/* Say which argument is missing, or which words it may be.  Returns -1. */
static int
missing(const struct command_line *l, const char *name)
{
	struct command_names	names = { .n = 0 };
	char			list[COMMAND_WHY / 2] = "";

	command_names_split(&names, name, '|');
	command_names_or(&names, list, sizeof(list));
	return wrong(l, "%s is missing", list);
}

/* Read the arguments that have a word before them.  Returns 0 or -1. */
static int
read_named(struct command_line *l)
{
	struct command_arg	 a;
	int			 i;

	for (; l->argc > 0; l->argc -= 2, l->argv += 2) {
		if ((i = find_word(l->c, l->argv[0], &a)) == -1)
			return unexpected(l);
		if (l->w->arg[i] != NULL)
			return wrong(l, "%s is given twice", a.word);
		if (l->argc == 1)
			return wrong(l, "%s: %s is missing", a.word, a.name);
		if (check(l, a.word, a.name, l->argv[1]) == -1)
			return -1;
		l->w->arg[i] = l->argv[1];
	}
	return 0;
}

/* Read the arguments.  Returns 0 or -1. */
static int
read_args(struct command_line *l)
{
	const char		*args = l->c->args, *label;
	struct command_arg	 a;
	int			 i;

	for (i = 0; command_arg(&args, &a) && a.word[0] == '\0'; i++) {
		if (a.rest && (a.optional || l->argc > 0)) {
			l->w->argc = l->argc;
			l->w->argv = l->argv;
			return 0;
		}
		if (l->argc == 0) {
			if (a.optional)
				return 0;
			return missing(l, a.name);
		}
		label = strchr(a.name, '|') != NULL ? "" : a.name;
		if (check(l, label, a.name, l->argv[0]) == -1)
			return -1;
		l->w->arg[i] = l->argv[0];
		l->argc--;
		l->argv++;
	}
	return read_named(l);
}

int
command_read(const struct command_set *set, const struct command *c, int argc,
    char **argv, struct command_words *w, char why[COMMAND_WHY])
{
	struct command_line	l;
	int			rv;

	memset(w, 0, sizeof(*w));
	l = (struct command_line){ set, c, argc, argv, w, why };
	if ((rv = read_options(&l)) != 0)
		return rv;
	return check_groups(&l) == -1 || read_args(&l) == -1 ? -1 : 0;
}

long long
command_number(const char *text, long long otherwise)
{
	return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

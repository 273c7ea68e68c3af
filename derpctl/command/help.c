/*
 * help: usage and help of commands; see command.h.
 */
#include <ctype.h>
#include <string.h>

#include "command.h"
#include "wordlist.h"

#define COLUMNS	79
#define INDENT	7		/* of the lines of a usage: "usage: " */
#define WIDTH	24		/* of what stands before a help */

/* A usage being printed. */
struct help_line {
	FILE	*fp;
	size_t	 at;		/* the column */
	size_t	 indent;	/* of further lines */
};

/* Print a part of the usage behind a blank, or on the next line. */
static void
put_part(struct help_line *l, const char *part)
{
	size_t	n = strlen(part);

	if (l->at + 1 + n > COLUMNS) {
		fprintf(l->fp, "\n%*s", (int)l->indent, "");
		l->at = l->indent;
	} else if (l->at > INDENT) {
		fputc(' ', l->fp);
		l->at++;
	}
	fputs(part, l->fp);
	l->at += n;
}

/* Print the options of a command; those of a group as one part. */
static void
put_options(struct help_line *l, const struct command *c)
{
	const struct command_option	*o = c->options;
	char				 part[128] = "";
	size_t				 i;

	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++) {
		strlcat(part, part[0] == '\0' ? "[" : " | ", sizeof(part));
		snprintf(part + strlen(part), sizeof(part) - strlen(part),
		    "-%c%s%s", o[i].letter, o[i].value != NULL ? " " : "",
		    o[i].value != NULL ? o[i].value : "");
		if (o[i].group != 0 && i + 1 < COMMAND_MAXOPTS &&
		    o[i + 1].group == o[i].group)
			continue;
		strlcat(part, "]", sizeof(part));
		put_part(l, part);
		part[0] = '\0';
	}
}

/* Write an argument as a usage has it. */
static void
format_arg(char *dst, size_t size, const struct command_arg *a)
{
	const char	*p;
	char		 ch[2] = "";

	snprintf(dst, size, "%s%s%s", a->optional ? "[" : "", a->word,
	    a->word[0] != '\0' ? " " : "");
	for (p = a->name; *p != '\0'; p++) {
		ch[0] = *p;
		strlcat(dst, *p == '|' ? " | " : ch, size);
	}
	strlcat(dst, a->rest ? " ..." : "", size);
	strlcat(dst, a->optional ? "]" : "", size);
}

/* Print one usage behind what is printed already. */
static void
put_usage(FILE *fp, const struct command_set *set, const struct command *c)
{
	struct help_line	 l = { fp, INDENT, INDENT + 4 };
	const char		*args = c->args;
	struct command_arg	 a;
	char			 part[128];

	put_part(&l, set->program);
	if (c->words[0] != '\0') {
		put_part(&l, "[-j]");
		if ((c->flags & COMMAND_SOCKET) != 0)
			put_part(&l, "[-s socket]");
		put_part(&l, c->words);
	}
	put_options(&l, c);
	if ((c->flags & COMMAND_VERBATIM) != 0)
		put_part(&l, "--");
	while (command_arg(&args, &a)) {
		format_arg(part, sizeof(part), &a);
		put_part(&l, part);
	}
	fputc('\n', fp);
}

void
command_usage(FILE *fp, const struct command_set *set, const struct command *c)
{
	fputs("usage: ", fp);
	put_usage(fp, set, c);
}

/* Print a line of help. */
static void
put_help(FILE *fp, const char *what, const char *help)
{
	fprintf(fp, "  %-*s  %s\n", WIDTH, what, help);
}

static void
put_option_helps(FILE *fp, const struct command_set *set,
    const struct command *c)
{
	const struct command_option	*o = c->options;
	const char			*name;
	char				 what[64];
	size_t				 i;

	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++) {
		name = command_long(set, &o[i]);
		snprintf(what, sizeof(what), "-%c%s%s%s%s", o[i].letter,
		    o[i].value != NULL ? " " : "",
		    o[i].value != NULL ? o[i].value : "",
		    name != NULL ? ", --" : "", name != NULL ? name : "");
		put_help(fp, what, o[i].help);
	}
}

/* Print the words that an argument or a value of an option may be. */
static void
put_values(FILE *fp, const struct command_set *set, const char *name)
{
	const struct command_value	*v = command_value(set, name);
	struct command_names		 names = { .n = 0 };
	char				 text[256] = "";

	if (v == NULL || v->kind == COMMAND_FILE)
		return;
	if (v->kind == COMMAND_WORD) {
		command_names_split(&names, v->words, ' ');
		command_names_or(&names, text, sizeof(text));
	} else
		snprintf(text, sizeof(text), "%lld to %lld", v->min, v->max);
	put_help(fp, name, text);
}

void
command_help(FILE *fp, const struct command_set *set, const struct command *c)
{
	const struct command_option	*o = c->options;
	const char			*args = c->args;
	struct command_arg		 a;
	size_t				 i;

	command_usage(fp, set, c);
	fprintf(fp, "\n%c%s.\n\n", toupper((unsigned char)c->help[0]),
	    c->help + 1);
	put_option_helps(fp, set, c);
	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++)
		if (o[i].value != NULL)
			put_values(fp, set, o[i].value);
	while (command_arg(&args, &a))
		put_values(fp, set, a.name);
}

size_t
command_group_help(FILE *fp, const struct command_set *set, const char *word)
{
	const struct command	*c;
	size_t			 i, found = 0, n = strlen(word);

	for (i = 1; i < set->ncommands; i++) {
		c = &set->commands[i];
		if (strncmp(c->words, word, n) != 0 || (c->words[n] != ' ' &&
		    c->words[n] != '\0'))
			continue;
		fputs(found++ == 0 ? "usage: " : "       ", fp);
		put_usage(fp, set, c);
	}
	return found;
}

void
command_list(FILE *fp, const struct command_set *set)
{
	size_t	i;

	command_usage(fp, set, &set->commands[0]);
	fputc('\n', fp);
	put_option_helps(fp, set, &set->commands[0]);
	fputs("\nThe commands:\n", fp);
	for (i = 1; i < set->ncommands; i++)
		put_help(fp, set->commands[i].words, set->commands[i].help);
}

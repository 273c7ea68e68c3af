/*
 * complete: what may stand in place of a word of the command line; see
 * command.h.  The scripts of the shells are in etc/completion/.
 */
#include <string.h>

#include "command.h"
#include "wordlist.h"

/* A command line with a word to complete. */
struct command_begun {
	FILE			*fp;
	const struct command_set *set;
	int			 argc;
	char			**argv;
	int			 at;	/* the next word to read */
	const char		*word;	/* the one to complete */
};

/* Print a candidate if it begins as the word does. */
static void
put(const struct command_begun *b, const char *candidate, const char *help)
{
	if (strncmp(candidate, b->word, strlen(b->word)) == 0)
		fprintf(b->fp, "%s\t%s\n", candidate, help);
}

static void
put_names(const struct command_begun *b, const struct command_names *names,
    const char *help)
{
	size_t	i;

	for (i = 0; i < names->n; i++)
		put(b, names->name[i], help);
}

/* Print what the value called `name' may be. */
static void
put_values(const struct command_begun *b, const char *name)
{
	const struct command_value	*v = command_value(b->set, name);
	struct command_names		 names = { .n = 0 };

	if (v != NULL && v->kind == COMMAND_FILE)
		fputs("\tfile\n", b->fp);
	else if (v != NULL && v->kind == COMMAND_WORD)
		command_names_split(&names, v->words, ' ');
	else if (strchr(name, '|') != NULL)
		command_names_split(&names, name, '|');
	put_names(b, &names, v != NULL ? name : "");
}

static void
put_options(const struct command_begun *b, const struct command *c)
{
	const struct command_option	*o = c->options;
	const char			*name;
	char				 text[32] = "-";
	size_t				 i;

	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++) {
		text[1] = o[i].letter;
		put(b, text, o[i].help);
	}
	for (i = 0; i < COMMAND_MAXOPTS && o[i].letter != 0; i++)
		if ((name = command_long(b->set, &o[i])) != NULL) {
			snprintf(text, sizeof(text), "--%s", name);
			put(b, text, o[i].help);
		}
	if (command_option(c, 'h') == NULL)
		put(b, "--help", "print the help");
}

/*
 * Read options up to the word to complete or the first other word.  Returns 1
 * when that word is part of an option, and completed, else 0.
 */
static int
read_options(struct command_begun *b, const struct command *c)
{
	const struct command_option	*o;
	const char			*text;

	for (; b->at < b->argc - 1; b->at++) {
		text = b->argv[b->at];
		if (text[0] != '-' || text[1] == '\0')
			return 0;
		/* The last letter may have a value in the next word. */
		o = command_option(c, text[strlen(text) - 1]);
		if (o == NULL || o->value == NULL)
			continue;
		if (++b->at == b->argc - 1) {
			put_values(b, o->value);
			return 1;
		}
	}
	if (b->word[0] != '-')
		return 0;
	put_options(b, c);
	return 1;
}

/* Complete a word that may be the next one of a command. */
static void
put_commands(const struct command_begun *b, const char *prefix)
{
	const struct command	*c;
	struct command_names	 names = { .n = 0 };
	const char		*word;
	size_t			 i, len, before;

	for (i = 1; i < b->set->ncommands; i++) {
		c = &b->set->commands[i];
		word = command_next_word(c, prefix, &len);
		before = names.n;
		if (word != NULL)
			command_names_add(&names, word, len);
		if (names.n > before)
			put(b, names.name[before], word[len] == '\0' ?
			    c->help : "");
	}
}

/* Complete an argument. */
static void
put_argument(const struct command_begun *b, const struct command *c)
{
	const char		*args = c->args;
	struct command_arg	 a;
	int			 left = b->argc - 1 - b->at;

	while (command_arg(&args, &a) && a.word[0] == '\0')
		if (a.rest || left-- == 0) {
			put_values(b, a.name);
			return;
		}
	/* Pairs of a word and an argument. */
	for (; a.name[0] != '\0'; (void)command_arg(&args, &a))
		if (left % 2 == 0)
			put(b, a.word, "");
		else if (strcmp(b->argv[b->argc - 2], a.word) == 0)
			put_values(b, a.name);
}

void
command_complete(FILE *fp, const struct command_set *set, int argc,
    char **argv)
{
	struct command_begun	 b = { fp, set, argc, argv, 0, NULL };
	const struct command	*c;
	char			 why[COMMAND_WHY];
	int			 used = 0;

	if (argc == 0)
		return;
	b.word = argv[argc - 1];
	if (read_options(&b, &set->commands[0]))
		return;
	if (b.at == argc - 1) {
		put_commands(&b, "");
		return;
	}
	c = command_find(set, argc - 1 - b.at, argv + b.at, &used, why);
	if (c == NULL) {
		if (b.at == argc - 2)
			put_commands(&b, argv[b.at]);
		return;
	}
	b.at += used;
	if (b.at == argc - 1)
		put_commands(&b, c->words);
	if (!read_options(&b, c))
		put_argument(&b, c);
}

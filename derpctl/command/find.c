/*
 * find: the command that the first words name; see command.h.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "wordlist.h"
#include "nearest.h"

const char *
command_next_word(const struct command *c, const char *prefix, size_t *len)
{
	const char	*p = c->words;
	size_t		 n = strlen(prefix);

	if (n > 0) {
		if (strncmp(p, prefix, n) != 0 || p[n] != ' ')
			return NULL;
		p += n + 1;
	}
	*len = strcspn(p, " ");
	return *len == 0 ? NULL : p;
}

/* Collect the words that may follow `prefix'. */
static void
next_words(const struct command_set *set, const char *prefix,
    struct command_names *names)
{
	const char	*word;
	size_t		 i, len;

	names->n = 0;
	for (i = 1; i < set->ncommands; i++) {
		word = command_next_word(&set->commands[i], prefix, &len);
		if (word != NULL)
			command_names_add(names, word, len);
	}
}

/* How many of the words are those of the command; 0 when one is another. */
static int
match(const struct command *c, int argc, char **argv)
{
	const char	*p = c->words;
	size_t		 n;
	int		 i;

	for (i = 0; *p != '\0'; i++) {
		n = strcspn(p, " ");
		if (i == argc || strlen(argv[i]) != n ||
		    strncmp(argv[i], p, n) != 0)
			return 0;
		p += n + (p[n] == ' ');
	}
	return i;
}

/*
 * Say that none of the names, which may follow `prefix', is `word' (NULL: it is
 * missing), and which was meant.
 */
static void
unknown(const struct command_names *names, const char *prefix, const char *word,
    char why[COMMAND_WHY])
{
	struct base_nearest	n;
	size_t			i;

	if (word == NULL) {
		snprintf(why, COMMAND_WHY, "%s: expected ", prefix);
		command_names_or(names, why, COMMAND_WHY);
		return;
	}
	snprintf(why, COMMAND_WHY, "%s%sunknown command \"%.60s\"", prefix,
	    *prefix == '\0' ? "" : ": ", word);
	base_nearest_begin(&n, word);
	for (i = 0; i < names->n; i++)
		base_nearest_try(&n, names->name[i]);
	if (n.name != NULL) {
		strlcat(why, ": did you mean ", COMMAND_WHY);
		strlcat(why, n.name, COMMAND_WHY);
		strlcat(why, "?", COMMAND_WHY);
	} else if (*prefix != '\0') {
		strlcat(why, ": expected ", COMMAND_WHY);
		command_names_or(names, why, COMMAND_WHY);
	}
}

const struct command *
command_find(const struct command_set *set, int argc, char **argv, int *used,
    char why[COMMAND_WHY])
{
	const struct command	*best = NULL;
	struct command_names	 names;
	size_t			 i;
	int			 n, most = 0;

	for (i = 1; i < set->ncommands; i++)
		if ((n = match(&set->commands[i], argc, argv)) > most) {
			best = &set->commands[i];
			most = n;
		}
	*used = most;
	next_words(set, best != NULL ? best->words : argv[0], &names);
	if (best != NULL && (most == argc || best->args[0] != '\0' ||
	    argv[most][0] == '-' || names.n == 0))
		return best;
	if (best != NULL)
		unknown(&names, best->words, argv[most], why);
	else if (names.n > 0 && argv[0][0] != '\0')
		unknown(&names, argv[0], argc > 1 ? argv[1] : NULL, why);
	else {
		next_words(set, "", &names);
		unknown(&names, "", argv[0], why);
	}
	return NULL;
}

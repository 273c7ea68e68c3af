/*
 * wordlist: a few words in their order, each once.  For this folder.
 */
#ifndef WORDLIST_H
#define WORDLIST_H

#include <stddef.h>

#define COMMAND_MAXNAMES	64
#define COMMAND_NAMESIZE	32	/* bytes of one with its NUL */

struct command_names {
	char	 name[COMMAND_MAXNAMES][COMMAND_NAMESIZE];
	size_t	 n;
};

/* Add a word of `len' bytes; one more than there is room for is left out. */
void	 command_names_add(struct command_names *s, const char *p, size_t len);

/* Add the words of a text, which are divided by `divider'. */
void	 command_names_split(struct command_names *s, const char *text,
	    char divider);

/* Returns 1 when the word is one of them, else 0. */
int	 command_names_has(const struct command_names *s, const char *word);

/* Append them to `dst' of `size' bytes: "a, b or c". */
void	 command_names_or(const struct command_names *s, char *dst,
	    size_t size);

#endif

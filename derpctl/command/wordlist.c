/*
 * wordlist: see wordlist.h.
 */
#include <string.h>

#include "wordlist.h"

void
command_names_add(struct command_names *s, const char *p, size_t len)
{
	char	*to;

	if (s->n == COMMAND_MAXNAMES || len >= COMMAND_NAMESIZE)
		return;
	to = s->name[s->n];
	memcpy(to, p, len);
	to[len] = '\0';
	if (!command_names_has(s, to))
		s->n++;
}

void
command_names_split(struct command_names *s, const char *text, char divider)
{
	const char	*p, sep[2] = { divider, '\0' };
	size_t		 n;

	for (p = text; *p != '\0'; p += n + (p[n] == divider)) {
		n = strcspn(p, sep);
		command_names_add(s, p, n);
	}
}

int
command_names_has(const struct command_names *s, const char *word)
{
	size_t	i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->name[i], word) == 0)
			return 1;
	return 0;
}

void
command_names_or(const struct command_names *s, char *dst, size_t size)
{
	size_t	i;

	for (i = 0; i < s->n; i++) {
		if (i > 0)
			strlcat(dst, i + 1 < s->n ? ", " : " or ", size);
		strlcat(dst, s->name[i], size);
	}
}

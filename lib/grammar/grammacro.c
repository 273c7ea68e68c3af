/*
 * grammacro: macros of a configuration and of -D.  Called by the configuration
 * of a daemon, by grammatch.c and by gramlex.c, which expands them.
 */
#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "gramparse.h"

struct macro {
	TAILQ_ENTRY(macro) entry;
	char		*name, *value;
	int		 sticky;	/* of -D: not overridden */
};

static TAILQ_HEAD(, macro) macros = TAILQ_HEAD_INITIALIZER(macros);

static struct macro *
find(const char *name)
{
	struct macro *m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			return (m);
	return (NULL);
}

const char *
gram_macro_value(const char *name)
{
	struct macro *m = find(name);

	return (m == NULL ? NULL : m->value);
}

int
gram_macro_set(const char *name, const char *value, int sticky)
{
	struct macro *m = find(name);
	char *copy;

	if (m != NULL && m->sticky && !sticky)
		return (0);
	if ((copy = strdup(value)) == NULL)
		return (-1);
	if (m == NULL) {
		if ((m = calloc(1, sizeof(*m))) == NULL ||
		    (m->name = strdup(name)) == NULL) {
			free(m);
			free(copy);
			return (-1);
		}
		TAILQ_INSERT_TAIL(&macros, m, entry);
	}
	free(m->value);
	m->value = copy;
	m->sticky = sticky;
	return (0);
}

int
gram_macro_is_name(const char *s)
{
	return (*s != '\0' && s[strspn(s, GRAM_NAME_CHARS)] == '\0');
}

void
gram_macro_reset(void)
{
	struct macro *m, *next;

	for (m = TAILQ_FIRST(&macros); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (m->sticky)
			continue;
		TAILQ_REMOVE(&macros, m, entry);
		free(m->name);
		free(m->value);
		free(m);
	}
}

/* A line break in a value would make errors report the wrong line. */
int
gram_macro(const struct gram_table *t, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	char *name;
	int rv = -1;

	if (eq == NULL || strpbrk(eq, "\r\n") != NULL)
		return (-1);
	if ((name = strndup(assignment, (size_t)(eq - assignment))) == NULL)
		return (-1);
	if ((gram_is_keyword(t, name) || gram_find_block(t, name) != NULL) &&
	    !gram_may_define(t, name))
		rv = 1;
	else if (gram_macro_is_name(name))
		rv = gram_macro_set(name, eq + 1, 1);
	free(name);
	return (rv);
}

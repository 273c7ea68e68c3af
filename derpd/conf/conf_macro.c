/*
 * conf_macro: macros of a configuration and of -D.  Called by derpd.c, by
 * conf_match.c and by lex.c, which expands them.
 */
#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "conf_option.h"
#include "conf_parse.h"

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
conf_macro_value(const char *name)
{
	struct macro *m = find(name);

	return (m == NULL ? NULL : m->value);
}

int
conf_macro_set(const char *name, const char *value, int sticky)
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
conf_macro_is_name(const char *s)
{
	return (*s != '\0' && s[strspn(s, MACRO_NAME_CHARS)] == '\0');
}

void
conf_macro_reset(void)
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
conf_macro(const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	char *name;
	int rv = -1;

	if (eq == NULL || strpbrk(eq, "\r\n") != NULL)
		return (-1);
	if ((name = strndup(assignment, (size_t)(eq - assignment))) == NULL)
		return (-1);
	if ((conf_is_keyword(name) || conf_find_block(name) != NULL) &&
	    !conf_may_define(name))
		rv = 1;
	else if (conf_macro_is_name(name))
		rv = conf_macro_set(name, eq + 1, 1);
	free(name);
	return (rv);
}

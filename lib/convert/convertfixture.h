/*
 * convertfixture: a conversion whose messages and text tests look at.
 */
#ifndef CONVERTFIXTURE_H
#define CONVERTFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertset.h"

#define MAXENV	16

static char	said[8192];	/* all messages, a line each */
static int	nerrors;
static const char *present;	/* the one file that exists */

static void
say(void *arg, enum convert_kind kind, const char *line)
{
	(void)arg;
	nerrors += kind == CONVERT_ERROR;
	strlcat(said, line, sizeof(said));
	strlcat(said, "\n", sizeof(said));
}

static int
exists(void *arg, const char *path)
{
	(void)arg;
	return (present != NULL && strcmp(path, present) == 0);
}

static const struct convert_ops ops = { .say = say, .exists = exists,
    .home = "/root" };

static struct convert *
new(enum convert_from from)
{
	said[0] = '\0';
	nerrors = 0;
	return (convert_new(&ops, from));
}

/* The text, on the heap; errors are in `said'. */
static inline char *
end(struct convert *c)
{
	char *text = convert_text(c);

	convert_free(c);
	ATF_CHECK_EQ(text == NULL, nerrors > 0);
	return (text);
}

/* The text of the words: variables or flags, with a host name. */
static inline char *
convert(enum convert_from from, const char *words)
{
	char buf[512], *v[MAXENV + 1], *p = buf;
	struct convert *c = new(from);
	int n = 0;

	ATF_REQUIRE((size_t)snprintf(buf, sizeof(buf), "%s %s",
	    from == CONVERT_ENV ? "DERP_HOSTNAME=relay.example.org" :
	    "-hostname=relay.example.org", words) < sizeof(buf));
	while ((v[n] = strsep(&p, " ")) != NULL)
		if (v[n][0] != '\0')
			ATF_REQUIRE(++n < MAXENV);
	if (from == CONVERT_ENV)
		convert_env(c, v);
	else
		convert_flags(c, n, v);
	return (end(c));
}

/* The words are refused with a message that begins with `name'. */
static inline void
refused(const char *words, const char *name, const char *want)
{
	char *text = convert(*words == '-' ? CONVERT_FLAGS : CONVERT_ENV,
	    words);

	ATF_CHECK_MSG(text == NULL, "accepted: %s", words);
	ATF_CHECK_MSG(strncmp(said, name, strlen(name)) == 0,
	    "%s: expected %s first: %s", words, name, said);
	ATF_CHECK_MSG(strstr(said, want) != NULL, "%s: expected `%s': %s",
	    words, want, said);
	free(text);
}

/* One variable with this value; the text, or NULL. */
static inline char *
one(const char *name, const char *value)
{
	struct convert *c = new(CONVERT_ENV);

	convert_set_variable(c, "DERP_HOSTNAME", "relay.example.org");
	convert_set_variable(c, "DERP_MESH_PSK_FILE", "/m");
	convert_set_variable(c, name, value);
	return (end(c));
}

#endif

/*
 * settings: the settings of derper with their values and the names by which
 * they were given; see convert.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertset.h"
#include "log.h"
#include "nearest.h"

static const struct {
	const char	*flag;
	const char	*variable;
	int		 boolean;
} settings[CONVERT_NSETTINGS] = {
#define SETTING(id, flag, variable)	{ flag, variable, 0 },
#define BOOLEAN(id, flag, variable)	{ flag, variable, 1 },
#include "convert.def"
};

static const struct {
	enum convert_id	 id;
	const char	*variable;
} aliases[] = {
#define ALIAS(id, variable)		{ CONVERT_##id, variable },
#include "convert.def"
};

#define NALIASES	(sizeof(aliases) / sizeof(aliases[0]))

struct convert *
convert_new(const struct convert_ops *ops, enum convert_from from)
{
	struct convert *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("no memory for the settings of derper");
	c->ops = ops;
	c->from = from;
	ipc_wr_init(&c->text);
	convert_comment(c, from == CONVERT_ENV ?
	    "derpd.conf(5) made of the DERP_ variables of the environment" :
	    "derpd.conf(5) made of the flags of derper");
	return (c);
}

void
convert_free(struct convert *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CONVERT_NSETTINGS; i++)
		if (c->v[i].value != NULL)
			freezero(c->v[i].value, strlen(c->v[i].value));
	ipc_wr_free(&c->text);
	free(c);
}

const char *
convert_get(const struct convert *c, enum convert_id id)
{
	const char *s = c->v[id].value;

	return (s == NULL || *s == '\0' ? NULL : s);
}

const char *
convert_name(const struct convert *c, enum convert_id id)
{
	static char names[2][64];
	static int which;
	int flag;

	if (c->v[id].value != NULL)
		return (c->v[id].name);
	which = !which;
	flag = c->from == CONVERT_FLAGS ? settings[id].flag != NULL :
	    settings[id].variable == NULL;
	snprintf(names[which], sizeof(names[which]), "%s%s", flag ? "-" :
	    CONVERT_PREFIX, flag ? settings[id].flag : settings[id].variable);
	return (names[which]);
}

/*
 * Is the value one line of text of bounded length?  1, or 0: an error was said.
 */
static int
is_line(struct convert *c, const char *given, const char *value)
{
	const char *p;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			convert_error(c, "%s: the value has a line break, a "
			    "tab or another control character: expected text "
			    "of one line", given);
			return (0);
		}
	if (p - value <= CONVERT_MAXVALUE)
		return (1);
	convert_error(c, "%s: the value has %zu bytes: expected at most %d",
	    given, strlen(value), CONVERT_MAXVALUE);
	return (0);
}

/*
 * Set a value.  Of the same name the last one counts; two names of one setting
 * must not disagree.
 */
static void
set(struct convert *c, size_t id, const char *before, const char *name,
    const char *value)
{
	char given[sizeof(c->v[id].name)];
	const char *old = convert_get(c, (enum convert_id)id);

	snprintf(given, sizeof(given), "%s%s", before, name);
	if (old != NULL && strcmp(given, c->v[id].name) != 0) {
		if (*value != '\0' && strcmp(old, value) != 0)
			convert_error(c, "%s and %s are the same setting and "
			    "have different values: expected one of them",
			    c->v[id].name, given);
		return;
	}
	if (!is_line(c, given, value))
		return;
	if (c->v[id].value != NULL)
		freezero(c->v[id].value, strlen(c->v[id].value));
	if ((c->v[id].value = strdup(value)) == NULL)
		fatal("no memory for the value of %s", given);
	strlcpy(c->v[id].name, given, sizeof(c->v[id].name));
}

/* Variables */

/* Note a variable that is none, with the nearest one. */
static void
note_unknown(struct convert *c, const char *name)
{
	struct base_nearest near;
	size_t i;

	base_nearest_begin(&near, name);
	for (i = 0; i < CONVERT_NSETTINGS; i++)
		if (settings[i].variable != NULL)
			base_nearest_try(&near, settings[i].variable);
	for (i = 0; i < NALIASES; i++)
		base_nearest_try(&near, aliases[i].variable);
	if (near.name == NULL)
		convert_note(c, CONVERT_PREFIX "%.64s is not known and "
		    "ignored", name);
	else
		convert_note(c, CONVERT_PREFIX "%.64s is not known and "
		    "ignored: did you mean " CONVERT_PREFIX "%s?", name,
		    near.name);
}

/* The setting of a variable without DERP_; CONVERT_NSETTINGS: none. */
static size_t
find_variable(const char *name)
{
	size_t i;

	for (i = 0; i < NALIASES; i++)
		if (strcmp(aliases[i].variable, name) == 0)
			return (aliases[i].id);
	for (i = 0; i < CONVERT_NSETTINGS; i++)
		if (settings[i].variable != NULL &&
		    strcmp(settings[i].variable, name) == 0)
			break;
	return (i);
}

void
convert_set_variable(struct convert *c, const char *name, const char *value)
{
	size_t i;

	if (strncmp(name, CONVERT_PREFIX, sizeof(CONVERT_PREFIX) - 1) != 0)
		return;
	name += sizeof(CONVERT_PREFIX) - 1;
	if ((i = find_variable(name)) == CONVERT_NSETTINGS)
		note_unknown(c, name);
	else
		set(c, i, CONVERT_PREFIX, name, value);
}

void
convert_env(struct convert *c, char *const *env)
{
	char name[128];
	const char *eq;

	for (; *env != NULL; env++) {
		if (strncmp(*env, CONVERT_PREFIX,
		    sizeof(CONVERT_PREFIX) - 1) != 0 ||
		    (eq = strchr(*env, '=')) == NULL)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(eq - *env), *env);
		convert_set_variable(c, name, eq + 1);
	}
}

/* Flags */

/* The setting of the flag; CONVERT_NSETTINGS: an error was said. */
static size_t
find_flag(struct convert *c, const char *name)
{
	size_t i;

	for (i = 0; i < CONVERT_NSETTINGS; i++)
		if (settings[i].flag != NULL &&
		    strcmp(settings[i].flag, name) == 0)
			return (i);
	convert_error(c, "-%.64s is no flag of derper: expected its flags, "
	    "such as -hostname relay.example.org", name);
	return (i);
}

/* Take one flag, and perhaps the next word.  The number of words, or 0. */
static int
take_flag(struct convert *c, int n, char *const *flags)
{
	const char *flag = flags[0], *eq;
	char name[64];
	size_t i;

	flag += strncmp(flag, "--", 2) == 0 ? 2 : 1;
	if ((eq = strchr(flag, '=')) == NULL)
		eq = flag + strlen(flag);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - flag), flag);
	if ((i = find_flag(c, name)) == CONVERT_NSETTINGS)
		return (0);
	if (*eq == '=' || settings[i].boolean) {
		set(c, i, "-", name, *eq == '=' ? eq + 1 : "true");
		return (1);
	}
	if (n < 2) {
		convert_error(c, "-%s without a value: expected one behind it",
		    name);
		return (0);
	}
	set(c, i, "-", name, flags[1]);
	return (2);
}

void
convert_flags(struct convert *c, int n, char *const *flags)
{
	int taken;

	for (; n > 0; n -= taken, flags += taken) {
		if (flags[0][0] != '-' || flags[0][1] == '\0') {
			convert_error(c, "\"%.64s\" is no flag, and derper "
			    "ignores it and all that follows: expected flags, "
			    "with = before the value of one that is true or "
			    "false, as in -stun=false", flags[0]);
			return;
		}
		if ((taken = take_flag(c, n, flags)) == 0)
			return;
	}
}

/* What is asked of all settings. */

void
convert_note_booleans(struct convert *c)
{
	char shown[CONVERT_SHOWNSIZE];
	size_t i;

	for (i = 0; c->from == CONVERT_ENV && i < CONVERT_NSETTINGS; i++) {
		convert_shown(c, (enum convert_id)i, shown);
		if (settings[i].boolean && shown[0] != '\0' &&
		    strcmp(shown, "true") != 0 && strcmp(shown, "false") != 0)
			convert_note(c, "%s: \"%s\" does not count, and the "
			    "default of derper holds: expected exactly true "
			    "or false", c->v[i].name, shown);
	}
}

int
convert_wants_version(struct convert *c)
{
	return (convert_bool(c, CONVERT_VERSION, 0));
}

const char *
convert_eab_key(const struct convert *c, const char **path)
{
	*path = c->eab_file;
	return (c->eab_file[0] == '\0' ? NULL :
	    convert_get(c, CONVERT_EAB_KEY));
}

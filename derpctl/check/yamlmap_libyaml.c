/*
 * yamlmap_libyaml: YAML by libyaml's events; see yamlmap.h.
 *
 * The type of a scalar comes from its field, as in Go: a number of a string
 * field is a string.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "json.h"
#include "json_out.h"
#include "yamlmap.h"

#define DEPTH	10		/* of a map it is 5 */
#define NAME	256		/* bytes of a name with its NUL */

/* How the scalar of a field is written. */
enum scalar {
	STRING,
	PLAIN			/* a number, true or false, as it is */
};

/* The fields of a map and of what is in it (tailcfg.DERPMap). */
static const struct {
	const char	*name;
	enum scalar	 type;
} fields[] = {
	{ "HomeParams", STRING }, { "RegionScore", PLAIN },
	{ "Regions", STRING }, { "OmitDefaultRegions", PLAIN },
	{ "RegionID", PLAIN }, { "RegionCode", STRING },
	{ "RegionName", STRING }, { "Latitude", PLAIN },
	{ "Longitude", PLAIN }, { "Avoid", PLAIN },
	{ "NoMeasureNoHome", PLAIN }, { "Nodes", STRING }, { "Name", STRING },
	{ "HostName", STRING }, { "CertName", STRING }, { "IPv4", STRING },
	{ "IPv6", STRING }, { "STUNPort", PLAIN }, { "STUNOnly", PLAIN },
	{ "DERPPort", PLAIN }, { "InsecureForTests", PLAIN },
	{ "STUNTestIP", STRING }, { "CanPort80", PLAIN }
};

/* A document on its way. */
struct yamlmap {
	yaml_parser_t	 p;
	struct json_out	 o;
	char		*why;
	size_t		 size;
	/* Of each open mapping and sequence. */
	int		 mapping[DEPTH];
	unsigned int	 depth;
	int		 named;		/* `name' is that of the next value */
	char		 name[NAME];
	enum scalar	 type;
	int		 any;		/* there is a value */
};

static int
wrong(struct yamlmap *c, const yaml_mark_t *at, const char *reason)
{
	(void)snprintf(c->why, c->size, "line %zu, column %zu: YAML: %s",
	    at->line + 1, at->column + 1, reason);
	return (-1);
}

/* Headscale takes names of fields in small letters alone. */
static int
ignored(struct yamlmap *c, const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;
	char reason[2 * NAME + 64];
	int i, skip;

	skip = snprintf(reason, sizeof(reason), "Headscale ignores \"%s\": "
	    "write \"", s);
	for (i = 0; s[i] != '\0'; i++)
		reason[skip + i] = (char)tolower((unsigned char)s[i]);
	(void)strlcpy(reason + skip + i, "\"", sizeof(reason) -
	    (size_t)(skip + i));
	return (wrong(c, &e->start_mark, reason));
}

static int
is_small(const char *s)
{
	for (; *s != '\0'; s++)
		if (isupper((unsigned char)*s))
			return (0);
	return (1);
}

/* Take the scalar as the name of the next value. */
static int
take_name(struct yamlmap *c, const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;
	size_t i, len = e->data.scalar.length;

	if (len >= sizeof(c->name) || strlen(s) != len)
		return (wrong(c, &e->start_mark, "this name is too long"));
	(void)strlcpy(c->name, s, sizeof(c->name));
	c->type = STRING;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcasecmp(fields[i].name, s) == 0) {
			if (!is_small(s))
				return (ignored(c, e));
			(void)strlcpy(c->name, fields[i].name, sizeof(c->name));
			c->type = fields[i].type;
		}
	/* Below RegionScore the names are regions, the values numbers. */
	if (strspn(s, "0123456789") == len)
		c->type = PLAIN;
	c->named = 1;
	return (0);
}

/* The name of the next value, NULL in an array; it is used up. */
static const char *
value_name(struct yamlmap *c)
{
	const int named = c->named;

	c->named = 0;
	c->any = 1;
	return (named ? c->name : NULL);
}

static int
is_plain(const yaml_event_t *e)
{
	return (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* Is it a number, true or false, as JSON has it? */
static int
is_json(const char *s, size_t len)
{
	struct json_error e;
	struct json *j = json_parse(s, len, 1, 1, &e);
	const enum json_type type = j == NULL ? JSON_NONE : json_type(j, 0);

	json_free(j);
	return (type == JSON_NUMBER || type == JSON_BOOL);
}

static int
put_scalar(struct yamlmap *c, const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value, *name;
	const size_t len = e->data.scalar.length;
	const enum scalar type = c->type;

	name = value_name(c);
	if (is_plain(e) && (len == 0 || strcmp(s, "~") == 0 ||
	    strcmp(s, "null") == 0))
		json_out_raw(&c->o, name, "null", 4);
	else if (is_plain(e) && type == PLAIN && is_json(s, len))
		json_out_raw(&c->o, name, s, len);
	else
		json_out_strn(&c->o, name, s, len);
	return (0);
}

static int
open_level(struct yamlmap *c, const yaml_event_t *e, int mapping)
{
	const char *name;

	if (c->depth == DEPTH)
		return (wrong(c, &e->start_mark, "this is nested too deeply"));
	name = value_name(c);
	if (mapping)
		json_out_object(&c->o, name);
	else
		json_out_array(&c->o, name);
	c->mapping[c->depth++] = mapping;
	return (0);
}

static int
close_level(struct yamlmap *c)
{
	c->depth--;
	json_out_end(&c->o);
	return (0);
}

/* Does the event have an anchor or a tag, which a map needs not? */
static int
is_special(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return (e->data.scalar.anchor != NULL ||
		    e->data.scalar.tag != NULL);
	case YAML_SEQUENCE_START_EVENT:
		return (e->data.sequence_start.anchor != NULL ||
		    e->data.sequence_start.tag != NULL);
	case YAML_MAPPING_START_EVENT:
		return (e->data.mapping_start.anchor != NULL ||
		    e->data.mapping_start.tag != NULL);
	default:
		return (e->type == YAML_ALIAS_EVENT);
	}
}

/* Handle an event.  Returns 0, 1 at the end of the document, or -1. */
static int
handle(struct yamlmap *c, const yaml_event_t *e)
{
	const int needs_name = c->depth > 0 && c->mapping[c->depth - 1] &&
	    !c->named;

	if (is_special(e))
		return (wrong(c, &e->start_mark, "anchors, aliases and tags "
		    "are not for maps"));
	if (needs_name && (e->type == YAML_MAPPING_START_EVENT ||
	    e->type == YAML_SEQUENCE_START_EVENT))
		return (wrong(c, &e->start_mark, "expected a name"));
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return (needs_name ? take_name(c, e) : put_scalar(c, e));
	case YAML_MAPPING_START_EVENT:
		return (open_level(c, e, 1));
	case YAML_SEQUENCE_START_EVENT:
		return (open_level(c, e, 0));
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return (close_level(c));
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return (c->any ? 1 : wrong(c, &e->start_mark,
		    "there is nothing"));
	default:
		return (0);
	}
}

static int
next(struct yamlmap *c)
{
	yaml_mark_t at;
	yaml_event_t e;
	int rv;

	if (!yaml_parser_parse(&c->p, &e)) {
		at = c->p.problem_mark;
		return (wrong(c, &at, c->p.problem != NULL ? c->p.problem :
		    "out of memory"));
	}
	rv = handle(c, &e);
	yaml_event_delete(&e);
	return (rv);
}

int
ctlcheck_yaml(const char *text, size_t len, struct ipc_wr *w, char *why,
    size_t size)
{
	struct yamlmap c = { .why = why, .size = size };
	int rv;

	if (!yaml_parser_initialize(&c.p)) {
		(void)snprintf(why, size, "out of memory");
		return (-1);
	}
	yaml_parser_set_input_string(&c.p, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&c.p, YAML_UTF8_ENCODING);
	json_out_init(&c.o, w);
	while ((rv = next(&c)) == 0)
		continue;
	yaml_parser_delete(&c.p);
	if (rv == 1 && json_out_whole(&c.o))
		return (0);
	if (rv == 1)
		(void)snprintf(why, size, "YAML: it can't be written as JSON");
	return (-1);
}

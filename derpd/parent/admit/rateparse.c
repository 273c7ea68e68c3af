/*
 * rateparse: the text of a file with the rate and burst of each client, in
 * derper's format (RateConfig of its derp/derpserver); see admitset.h.  Called
 * by ratefile.c.  Pure.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admitset.h"
#include "bom.h"
#include "conf_option.h"
#include "json.h"

#define DEPTH		16
#define TOKENS		4096

/* A member that derper knows. */
struct rate_member {
	const char	*name;
	uint64_t	*value;
};

/* Read a number of bytes.  0, or -1 with a line in `err'. */
static int
get_value(const char *path, const struct json *j, json_ref key,
    const struct rate_member *m, char *err, size_t size)
{
	const json_ref r = json_value(j, key);
	unsigned int line, column;
	int64_t v;

	if (json_type(j, r) == JSON_NULL)
		return (0);		/* as Go reads it */
	if (json_int(j, r, &v) == 0 && v >= 0) {
		*m->value = v > CONF_RATE_MAX ? (uint64_t)CONF_RATE_MAX :
		    (uint64_t)v;
		return (0);
	}
	json_where(j, r, &line, &column);
	snprintf(err, size, "%s:%u: %s: expected a number of bytes", path, line,
	    m->name);
	return (-1);
}

/* Read all members that are known; Go ignores case, and others. */
static int
get_members(const char *path, const struct json *j, struct rate_member *m,
    size_t n, char *err, size_t size)
{
	char name[64];
	json_ref key;
	size_t i;

	for (key = json_first(j, 0); key != -1; key = json_next(j, key)) {
		if (json_str(j, key, name, sizeof(name)) == -1)
			continue;
		for (i = 0; i < n; i++)
			if (strcasecmp(name, m[i].name) == 0 &&
			    get_value(path, j, key, &m[i], err, size) == -1)
				return (-1);
	}
	return (0);
}

int
admitset_rate_parse(const char *path, const char *text, size_t len,
    struct admitset_rate *r, char *err, size_t size)
{
	struct rate_member members[] = {
		{ "PerClientRateLimitBytesPerSec", &r->rate },
		{ "PerClientRateBurstBytes", &r->burst }
	};
	struct json_error e;
	const char *bad;
	struct json *j;
	int rv = -1;

	r->rate = r->burst = 0;
	if ((bad = base_bom_found(text, len)) != NULL)
		snprintf(err, size, "%s:1: %s", path, bad);
	else if ((j = json_parse(text, len, DEPTH, TOKENS, &e)) == NULL)
		snprintf(err, size, "%s:%u: not JSON: %s", path, e.line,
		    e.what);
	else {
		if (json_type(j, 0) != JSON_OBJECT)
			snprintf(err, size, "%s:1: expected an object, such as "
			    "{\"%s\": 2097152, \"%s\": 8388608}", path,
			    members[0].name, members[1].name);
		else
			rv = get_members(path, j, members, 2, err, size);
		json_free(j);
	}
	if (rv == -1 || r->rate == 0)
		r->rate = r->burst = 0;
	else if (r->burst < CONF_BURST_MIN)
		r->burst = CONF_BURST_MIN;
	return (rv);
}

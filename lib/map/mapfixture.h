/*
 * mapfixture: Shared by the tests of the map checker: collected findings, and a
 * map to change.
 */
#ifndef MAPFIXTURE_H
#define MAPFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "mapcheck.h"

#define PIN	"sha256-raw:0123456789abcdef0123456789abcdef" \
		"0123456789abcdef0123456789abcdef"

/* A map; `more' adds fields to the top level, a region or a node. */
#define NODE(name, more) "{\"Name\":\"" name "\",\"RegionID\":900," \
	"\"HostName\":\"relay.example.org\"" more "}"
#define REGION(more, nodes) "\"900\":{\"RegionID\":900," \
	"\"RegionCode\":\"own\",\"RegionName\":\"Own\"" more \
	",\"Nodes\":[" nodes "]}"
#define MAP(more, regions) "{\"Regions\":{" regions "}" more "}"
#define NODE_MAP(more)	MAP("", REGION("", NODE("900a", more)))

static char	found[65536];	/* all findings, one per line */
static int	nerrors, nwarnings;

static inline void
collect(int error, const char *line, void *arg)
{
	size_t n = strlen(found);

	(void)arg;
	error ? nerrors++ : nwarnings++;
	ATF_CHECK_MSG(strpbrk(line, "\n\033\177") == NULL, "%s", line);
	snprintf(found + n, sizeof(found) - n, "%s: %s\n",
	    error ? "error" : "warning", line);
}

/* Check a map; the result must agree with the findings. */
static inline int
check(const char *text, const struct ipc_map_self *self)
{
	int rv;

	found[0] = '\0';
	nerrors = nwarnings = 0;
	rv = map_check(text, strlen(text), "f", self, collect, NULL);
	ATF_CHECK_MSG(rv == (nerrors > 0 ? -1 : 0), "%d with %s", rv, found);
	return (rv);
}

/* The map's only finding must be `line'. */
static inline void
finds(const char *text, const struct ipc_map_self *self, const char *line)
{
	check(text, self);
	ATF_CHECK_MSG(strncmp(found, line, strlen(line)) == 0 &&
	    strcmp(found + strlen(line), "\n") == 0,
	    "%s\nexpected %s\nfound    %s", text, line, found);
}

/* `line' must be one of the map's findings. */
static inline void
finds_too(const char *text, const struct ipc_map_self *self, const char *line)
{
	char whole[1024];

	check(text, self);
	snprintf(whole, sizeof(whole), "%s\n", line);
	ATF_CHECK_MSG(strstr(found, whole) != NULL,
	    "%s\nexpected %s\nfound    %s", text, line, found);
}

/* No finding of the map may contain `part'. */
static inline void
lacks(const char *text, const struct ipc_map_self *self, const char *part)
{
	check(text, self);
	ATF_CHECK_MSG(strstr(found, part) == NULL, "%s\nfound %s", text,
	    found);
}

/* The map must have no findings. */
static inline void
fine(const char *text, const struct ipc_map_self *self)
{
	check(text, self);
	ATF_CHECK_MSG(found[0] == '\0', "%s\nfound %s", text, found);
}

#endif

/*
 * mapvalid: whether a map is valid, in one line; see check_map_valid() in
 * check.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "bom.h"
#include "check.h"
#include "mapcheck.h"

/* The errors of a map. */
struct errors {
	unsigned int	 n;
	char		 first[CHECK_WHAT - 64];
};

/* Store the first error: "line 3, column 5: Regions.900: ...". */
static void
collect(int error, const char *line, void *arg)
{
	struct errors *e = arg;
	unsigned int row, column;
	int skip = 0;

	if (!error || e->n++ > 0)
		return;
	if (sscanf(line, "map:%u:%u: %n", &row, &column, &skip) == 2 &&
	    skip > 0)
		(void)snprintf(e->first, sizeof(e->first),
		    "line %u, column %u: %s", row, column, line + skip);
	else
		(void)snprintf(e->first, sizeof(e->first), "%s", line);
}

int
check_map_valid(const char *text, size_t len, char *why, size_t size)
{
	struct errors e = { .n = 0 };
	const char *bom;

	if ((bom = base_bom_found(text, len)) != NULL)
		(void)snprintf(why, size, "%s", bom);
	else if (map_check(text, len, "map", NULL, collect, &e) == 0)
		return (0);
	else if (e.n > 1)
		(void)snprintf(why, size, "%s (and %u more error%s)", e.first,
		    e.n - 1, e.n == 2 ? "" : "s");
	else
		(void)snprintf(why, size, "%s", e.first);
	return (-1);
}

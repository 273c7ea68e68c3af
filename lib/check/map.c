/*
 * map: a map that a server sends.
 */
#include "run.h"

int
check_map(const char *url, const char *address, int needed,
    const struct check_opts *o, const struct check_sink *sink,
    struct check_map *m, char *why, size_t size)
{
	(void)url;
	(void)address;
	(void)needed;
	(void)o;
	(void)sink;
	(void)m;
	(void)why;
	(void)size;
	return (0);
}

/*
 * mapfield: the kinds of values that a map has, and whether one is well formed.
 * For mapcheck.c alone.  Pure.
 */
#ifndef MAPFIELD_H
#define MAPFIELD_H

#include "json.h"

#define MAPFIELD_TEXT	512		/* bytes of a string, NUL included */
#define MAPFIELD_MAX_ID	((1LL << 53) - 1) /* what JSON readers agree on */

enum mapfield {
	K_BOOL, K_NUMBER, K_TEXT,
	K_PORT,			/* 0 to 65535 */
	K_STUNPORT,		/* -1 as well */
	K_HOST,			/* a name or an address */
	K_IPV4, K_IPV6,		/* an address, "none" or "" */
	K_ADDRESS,		/* of either kind, or "" */
	K_CERTNAME,		/* a name, a pin, or "" */
	K_ID,			/* of a region */
	K_NODES,		/* an array that is not empty */
	K_OBJECT
};

/* NULL when the value `r' is of this kind, else what is expected; static. */
const char *mapfield_judge(const struct json *j, enum mapfield kind,
	    json_ref r);

#endif

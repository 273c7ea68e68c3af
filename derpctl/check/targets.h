/*
 * targets: what a word of the command line asks to be checked.  Pure.
 */
#ifndef TARGETS_H
#define TARGETS_H

#include <stddef.h>

#include "ctlcheck.h"
#include "url.h"

enum ctlcheck_target_kind {
	CTLCHECK_HOST,		/* a relay */
	CTLCHECK_URL,		/* a map that a server serves */
	CTLCHECK_FILE		/* a map in a file; "-": standard input */
};

struct ctlcheck_target {
	enum ctlcheck_target_kind kind;
	struct check_node	 node;	/* of CTLCHECK_HOST; of CTLCHECK_URL
					   the host alone */
	int			 guessed;	/* STUN port: the default */
	char			 text[URL_MAXTEXT]; /* of the others */
};

/*
 * Read one of
 *
 *	HOST, HOST:PORT, HOST:PORT:STUNPORT	a relay; STUNPORT may be "off",
 *						an IPv6 address with a port is
 *						in brackets
 *	https://HOST, https://HOST:PORT		the same
 *	https://HOST/PATH			a map
 *	-, a word with a slash, or one that ends in .json, .yaml or .yml
 *						a file
 *
 * Returns 0, or -1 with the reason in `why' of `size' bytes.
 */
int	 ctlcheck_target_read(const char *text, struct ctlcheck_target *t,
	    char *why, size_t size);

#endif

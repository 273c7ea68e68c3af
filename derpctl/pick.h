/*
 * pick: the one client that a word on the command line names.  Pure.
 */
#ifndef PICK_H
#define PICK_H

#include "list.h"

#define CTL_PICK_WHY	1024	/* bytes of a reason, with its NUL */

/* The result. */
struct ctl_pick {
	uint8_t		 key[IPC_KEYLEN];
	const char	*name;		/* in the list; "" without one */
	size_t		 connections;	/* with this key */
};

/*
 * Find the client of the list whose name is `word', or whose key begins with
 * it; a whole key, or one after "nodekey:", is no name.  Returns 0, or -1 with
 * a text in `why' when there is none, or when there are several, which the text
 * names.  Sorts the list by key.
 */
int	ctl_pick(struct ctl_pick *p, struct ctl_list *l, const char *word,
	    char why[CTL_PICK_WHY]);

#endif

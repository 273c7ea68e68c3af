/*
 * filter: which clients are shown.  Pure.
 */
#ifndef FILTER_H
#define FILTER_H

#include "messages.h"
#include "prefix.h"

#define CTL_WORD_SIZE	128	/* bytes of a word, with its NUL */

struct ctl_filter {
	char			 word[CTL_WORD_SIZE];	/* "": any */
	char			 hex[2 * IPC_KEYLEN + 1];	/* first digits
						   of a key; "": no key */
	struct net_prefix	 prefix;
	int			 has_prefix;	/* the word is one */
	const char		*group;		/* NULL: any */
};

/*
 * A filter for `word', which may be the first digits of a key (with or without
 * "nodekey:"), a part of a name, a group, an address with or without its port,
 * or a prefix of addresses; NULL: any.  `group', which must outlive the filter:
 * only that group; NULL: any.  Returns 0, or -1 when the word is too long to
 * match anything.
 */
int	ctl_filter_set(struct ctl_filter *f, const char *word,
	    const char *group);

/* Returns 1 when the filter lets this client pass, else 0. */
int	ctl_filter_has(const struct ctl_filter *f,
	    const struct ipc_client_info *c, const char *name,
	    const char *group);

/*
 * Write the first digits of a key that the word `s' is, in lower case, to
 * `hex'.  Returns their number, or 0 when it can't be a key.
 */
size_t	ctl_filter_key(const char *s, char hex[2 * IPC_KEYLEN + 1]);

/* Returns 1 when the key begins with these digits, else 0. */
int	ctl_filter_begins(const uint8_t key[IPC_KEYLEN], const char *hex);

#define CTL_ADDR_SIZE	(NET_PREFIX_TEXT + 8)

/* Write "192.0.2.1:443" or "[2001:db8::1]:443". */
void	ctl_filter_address(char dst[CTL_ADDR_SIZE],
	    const struct ipc_client_info *c);

#endif

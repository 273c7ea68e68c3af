/*
 * pick: see pick.h.  Used by kick.
 */
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "hex.h"
#include "pick.h"

#define MAX_NAMED	6	/* clients that a reason names */

/* Append a client to the reason. */
static void
name_one(char why[CTL_PICK_WHY], const struct ctl_conn *c, size_t n)
{
	char	key[2 * IPC_KEYLEN + 1];
	size_t	len = strlen(why);

	base_hex_put(key, c->c.key, sizeof(c->c.key));
	snprintf(why + len, CTL_PICK_WHY - len, "%s nodekey:%.16s...%s%s%s",
	    n > 1 ? "," : "", key, c->name[0] != '\0' ? " (" : "", c->name,
	    c->name[0] != '\0' ? ")" : "");
}

/* A reason that names the first clients. */
static void
ambiguous(char why[CTL_PICK_WHY], const struct ctl_conn *const *found,
    size_t n, const char *word)
{
	size_t	i, len;

	snprintf(why, CTL_PICK_WHY, "%.64s: %zu clients match; name one by "
	    "more of its key:", word, n);
	for (i = 0; i < n && i < MAX_NAMED; i++)
		name_one(why, found[i], i + 1);
	len = strlen(why);
	if (n > MAX_NAMED)
		snprintf(why + len, CTL_PICK_WHY - len, " and %zu more",
		    n - MAX_NAMED);
}

/*
 * Is the word a key, whatever a client is called?  A name may come from the
 * client's owner: it must not stand for another client's key.
 */
static int
is_key(const char *word, const char *hex)
{
	return strlen(hex) == 2 * IPC_KEYLEN ||
	    (hex[0] != '\0' && strchr(word, ':') != NULL);
}

int
ctl_pick(struct ctl_pick *p, struct ctl_list *l, const char *word,
    char why[CTL_PICK_WHY])
{
	const struct ctl_conn	*c, *found[MAX_NAMED] = { NULL };
	char			 hex[2 * IPC_KEYLEN + 1];
	size_t			 i, n = 0;
	int			 key_alone, same;

	memset(p, 0, sizeof(*p));
	ctl_filter_key(word, hex);
	key_alone = word[0] == '\0' || is_key(word, hex);
	ctl_list_sort(l, CTL_BY_KEY, 0);
	for (i = 0; i < l->n; i++) {
		c = l->v[i];
		if ((key_alone || strcmp(c->name, word) != 0) &&
		    (hex[0] == '\0' || !ctl_filter_begins(c->c.key, hex)))
			continue;
		same = n > 0 && memcmp(p->key, c->c.key, sizeof(p->key)) == 0;
		if (!same && n++ < MAX_NAMED)
			found[n - 1] = c;
		p->connections = same ? p->connections + 1 : 1;
		p->name = c->name;
		memcpy(p->key, c->c.key, sizeof(p->key));
	}
	if (n == 1)
		return 0;
	if (n > 1)
		ambiguous(why, found, n, word);
	else
		snprintf(why, CTL_PICK_WHY, "%.64s%s: no client that is "
		    "connected has this name, or a key that begins so", word,
		    strlen(word) > 64 ? "..." : "");
	return -1;
}

/*
 * filter: see filter.h.  Used by clients and top.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "hex.h"

#define KEY_WORD	"nodekey:"

void
ctl_filter_address(char dst[CTL_ADDR_SIZE], const struct ipc_client_info *c)
{
	char	a[NET_PREFIX_TEXT];

	net_prefix_address(c->addr, a);
	snprintf(dst, CTL_ADDR_SIZE, strchr(a, ':') == NULL ? "%s:%u" :
	    "[%s]:%u", a, (unsigned int)c->port);
}

size_t
ctl_filter_key(const char *s, char hex[2 * IPC_KEYLEN + 1])
{
	size_t	i, n;

	hex[0] = '\0';
	if (strncmp(s, KEY_WORD, strlen(KEY_WORD)) == 0)
		s += strlen(KEY_WORD);
	n = strlen(s);
	if (n > 2 * IPC_KEYLEN || strspn(s, "0123456789abcdefABCDEF") != n)
		return 0;
	for (i = 0; i <= n; i++)
		hex[i] = (char)tolower((unsigned char)s[i]);
	return n;
}

int
ctl_filter_begins(const uint8_t key[IPC_KEYLEN], const char *hex)
{
	char	all[2 * IPC_KEYLEN + 1];

	base_hex_put(all, key, IPC_KEYLEN);
	return strncmp(all, hex, strlen(hex)) == 0;
}

int
ctl_filter_set(struct ctl_filter *f, const char *word, const char *group)
{
	memset(f, 0, sizeof(*f));
	f->group = group;
	if (word == NULL)
		return 0;
	if (strlcpy(f->word, word, sizeof(f->word)) >= sizeof(f->word))
		return -1;
	ctl_filter_key(word, f->hex);
	f->has_prefix = net_prefix_parse(&f->prefix, word) != NET_PREFIX_BAD;
	return 0;
}

int
ctl_filter_has(const struct ctl_filter *f, const struct ipc_client_info *c,
    const char *name, const char *group)
{
	char	address[CTL_ADDR_SIZE];

	if (f->group != NULL && strcmp(f->group, group) != 0)
		return 0;
	if (f->word[0] == '\0')
		return 1;
	if (strcasestr(name, f->word) != NULL || strcmp(f->word, group) == 0)
		return 1;
	if (f->hex[0] != '\0' && ctl_filter_begins(c->key, f->hex))
		return 1;
	if (f->has_prefix && net_prefix_has(&f->prefix, c->addr))
		return 1;
	ctl_filter_address(address, c);
	return strcmp(f->word, address) == 0;
}

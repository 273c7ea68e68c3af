/*
 * clientname: see clientname.h.  Called by the readers of the clients file and
 * of lists of nodes, and by derpctl.
 */
#include <stdint.h>
#include <string.h>

#include "clientname.h"
#include "utf8.h"

int
clients_name_valid(const char *p, size_t len)
{
	uint32_t cp;
	size_t i, n;

	if (len == 0 || len >= CLIENTS_NAMESIZE)
		return (0);
	for (i = 0; i < len; i += n)
		if ((n = json_utf8(p + i, len - i, &cp)) == 0 ||
		    json_is_control(cp))
			return (0);
	return (1);
}

size_t
clients_name_clean(char dst[CLIENTS_NAMESIZE], const char *p, size_t len)
{
	uint32_t cp;
	size_t at = 0, n;
	int blank;

	for (; len > 0; p += n, len -= n) {
		if ((n = json_utf8(p, len, &cp)) == 0) {
			n = 1;
			continue;
		}
		blank = cp == ' ' || cp == '\t';
		if ((json_is_control(cp) && !blank) || (blank && at == 0))
			continue;
		if (at + n >= CLIENTS_NAMESIZE)
			break;
		memcpy(dst + at, blank ? " " : p, n);
		at += n;
	}
	while (at > 0 && dst[at - 1] == ' ')
		at--;
	dst[at] = '\0';
	return (at);
}

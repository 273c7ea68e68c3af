/*
 * query: see query.h.  Called by bootstrap.c and clientsquery.c.
 */
#include <string.h>

#include "hex.h"
#include "query.h"

/*
 * Decode a name or value, `len' bytes at `p'.  0, or -1: malformed, too long,
 * or with a NUL.
 */
static int
decode(char dst[WEB_QUERY_SIZE], const char *p, size_t len)
{
	uint8_t byte;
	size_t i, n = 0;

	for (i = 0; i < len; i++, n++) {
		if (n == WEB_QUERY_SIZE - 1 || p[i] == ';')
			return (-1);
		dst[n] = p[i] == '+' ? ' ' : p[i];
		if (p[i] != '%')
			continue;
		if (len - i < 3 || base_hex_get(&byte, 1, p + i + 1) == -1 ||
		    byte == 0)
			return (-1);
		dst[n] = (char)byte;
		i += 2;
	}
	dst[n] = '\0';
	return (0);
}

/* Decode the `len' bytes of a pair at `p'.  0, or -1. */
static int
decode_pair(char name[WEB_QUERY_SIZE], char value[WEB_QUERY_SIZE],
    const char *p, size_t len)
{
	const char *eq = memchr(p, '=', len);
	size_t n = eq == NULL ? len : (size_t)(eq - p);

	if (len == 0 || decode(name, p, n) == -1)
		return (-1);
	if (eq == NULL) {
		value[0] = '\0';
		return (0);
	}
	return (decode(value, eq + 1, len - n - 1));
}

int
web_query_next(struct net_http_str *rest, char name[WEB_QUERY_SIZE],
    char value[WEB_QUERY_SIZE])
{
	const char *p, *amp;
	size_t n;

	while (rest->p != NULL && rest->len > 0) {
		p = rest->p;
		amp = memchr(p, '&', rest->len);
		n = amp == NULL ? rest->len : (size_t)(amp - p);
		rest->p += n + (amp != NULL);
		rest->len -= n + (amp != NULL);
		if (decode_pair(name, value, p, n) == 0)
			return (1);
	}
	return (0);
}

/*
 * forwarded: X-Forwarded-For and X-Real-IP, see forwarded.h.  Called by
 * httpconn.c before an upgrade.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "forwarded.h"

#define MAXTEXT		64	/* bytes of an address and port, with the NUL */

/* Parse ":443".  Return 0, or -1. */
static int
get_port(uint16_t *port, const char *s)
{
	size_t n = strlen(s);
	long v;

	if (n < 2 || n > 6 || s[0] != ':' ||
	    strspn(s + 1, "0123456789") != n - 1 ||
	    (v = strtol(s + 1, NULL, 10)) > 65535)
		return (-1);
	*port = (uint16_t)v;
	return (0);
}

/*
 * Parse an address: alone, or as 192.0.2.1:443, [2001:db8::1] or
 * [2001:db8::1]:443, which some balancers write.  Return 0, or -1.
 */
static int
get_address(uint8_t addr[16], uint16_t *port, struct net_http_str s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[MAXTEXT], *host = text, *end;

	*port = 0;
	if (s.len >= sizeof(text))
		return (-1);
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (strlen(text) != s.len)
		return (-1);
	if (text[0] == '[') {
		if ((end = strchr(text, ']')) == NULL ||
		    (end[1] != '\0' && get_port(port, end + 1) == -1))
			return (-1);
		*end = '\0';
		host++;
	} else if ((end = strchr(text, ':')) != NULL &&
	    strchr(end + 1, ':') == NULL) {
		if (get_port(port, end) == -1)
			return (-1);
		*end = '\0';
	}
	if (inet_pton(AF_INET6, host, addr) == 1)
		return (0);
	memcpy(addr, mapped, sizeof(mapped));
	return (inet_pton(AF_INET, host, addr + 12) == 1 ? 0 : -1);
}

/*
 * Cut the last item, without the blanks around it, from the list of *left bytes
 * at `p'.
 */
static struct net_http_str
last_item(const char *p, size_t *left)
{
	size_t end = *left, begin;

	for (begin = end; begin > 0 && p[begin - 1] != ','; begin--)
		;
	*left = begin > 0 ? begin - 1 : 0;
	while (begin < end && (p[begin] == ' ' || p[begin] == '\t'))
		begin++;
	while (end > begin && (p[end - 1] == ' ' || p[end - 1] == '\t'))
		end--;
	return ((struct net_http_str){ p + begin, end - begin });
}

/* The last field X-Real-IP: a client's own would stand before it. */
static int
real_ip(const struct net_http_head *h, uint8_t addr[16], uint16_t *port)
{
	size_t i;

	for (i = h->nfields; i-- > 0;)
		if (net_http_caseeq(h->fields[i].name, "X-Real-IP"))
			return (get_address(addr, port, h->fields[i].value) ==
			    0);
	return (0);
}

int
web_forwarded(const struct net_http_head *h, web_balancer_cb is_balancer,
    void *arg, uint8_t addr[16], uint16_t *port)
{
	struct net_http_str value, item;
	uint8_t hop[16];
	uint16_t hop_port;
	size_t i, left;
	int found = 0, any = 0;

	/* Several fields are one list, RFC 9110 5.3. */
	for (i = h->nfields; i-- > 0;) {
		if (!net_http_caseeq(h->fields[i].name, "X-Forwarded-For"))
			continue;
		any = 1;
		value = h->fields[i].value;
		for (left = value.len; left > 0;) {
			item = last_item(value.p, &left);
			if (item.len == 0)
				continue;
			if (get_address(hop, &hop_port, item) == -1)
				return (found);
			memcpy(addr, hop, sizeof(hop));
			*port = hop_port;
			found = 1;
			if (!is_balancer(hop, arg))
				return (1);
		}
	}
	return (any ? found : real_ip(h, addr, port));
}

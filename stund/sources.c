/*
 * sources: see sources.h.  Called by stund.c with each valid request.
 */
#include <string.h>

#include "address.h"
#include "sources.h"

#define NEARLY_ALL	(SOURCES_WINDOW / 100 * 98)

/*
 * RFC 1918, loopback, link-local, unique local (RFC 4193), and the
 * carrier-grade NAT space (RFC 6598), which container networks also use.
 */
static int
is_private(const uint8_t a[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (!net_address_is_ipv4(a))
		return ((a[0] & 0xfe) == 0xfc ||
		    (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
		    memcmp(a, loopback, sizeof(loopback)) == 0);
	return (a[12] == 10 || a[12] == 127 ||
	    (a[12] == 100 && (a[13] & 0xc0) == 64) ||
	    (a[12] == 172 && (a[13] & 0xf0) == 16) ||
	    (a[12] == 192 && a[13] == 168) || (a[12] == 169 && a[13] == 254));
}

enum stund_sources_verdict
stund_sources_count(struct stund_sources *s, const struct sockaddr *from)
{
	enum stund_sources_verdict v = SOURCES_FINE;
	uint8_t a[16];

	if (s->told)
		return (SOURCES_FINE);
	(void)net_address_get(from, a);
	if (s->seen == 0)
		memcpy(s->first, a, sizeof(a));
	s->seen++;
	s->private += is_private(a) != 0;
	s->same += memcmp(s->first, a, sizeof(a)) == 0;
	if (s->seen < SOURCES_WINDOW)
		return (SOURCES_FINE);
	if (s->private >= NEARLY_ALL)
		v = SOURCES_PRIVATE;
	else if (s->same >= NEARLY_ALL)
		v = SOURCES_ONE;
	s->told = v != SOURCES_FINE;
	s->seen = s->private = s->same = 0;
	return (v);
}

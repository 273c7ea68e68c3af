/*
 * mapfield: is the value of a field of a map well formed; see mapfield.h.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "derpcert.h"
#include "mapfield.h"

/* A DNS name, or an address. */
static int
is_host(const char *s)
{
	const char *dot = strrchr(s, '.'), *top = dot == NULL ? s : dot + 1;
	size_t label = 0, n = strlen(s);
	struct in6_addr a;
	const char *p;

	if (inet_pton(AF_INET, s, &a) == 1 || inet_pton(AF_INET6, s, &a) == 1)
		return (1);
	if (n == 0 || n > 253 || top[strspn(top, "0123456789")] == '\0')
		return (0);
	for (p = s; *p != '\0'; p++) {
		if (*p == '.') {
			if (label == 0 || p[-1] == '-')
				return (0);
			label = 0;
			continue;
		}
		if ((!isalnum((unsigned char)*p) && *p != '_' &&
		    (*p != '-' || label == 0)) || ++label > 63)
			return (0);
	}
	return (label > 0 && p[-1] != '-');
}

static int
is_address(const char *s, int family)
{
	struct in6_addr a;

	return (*s == '\0' || strcmp(s, "none") == 0 ||
	    inet_pton(family, s, &a) == 1);
}

/* Is a text of this kind well formed?  NULL, or what is expected. */
static const char *
judge_text(enum mapfield kind, const char *s)
{
	struct in6_addr a;

	switch (kind) {
	case K_HOST:
		return (is_host(s) ? NULL : "a host name");
	case K_IPV4:
		return (is_address(s, AF_INET) ? NULL :
		    "an IPv4 address or \"none\"");
	case K_IPV6:
		return (is_address(s, AF_INET6) ? NULL :
		    "an IPv6 address or \"none\"");
	case K_ADDRESS:
		return (*s == '\0' || inet_pton(AF_INET, s, &a) == 1 ||
		    inet_pton(AF_INET6, s, &a) == 1 ? NULL : "an IP address");
	case K_CERTNAME:
		return (*s == '\0' || is_host(s) || derpcert_is_pin(s) ?
		    NULL : "a host name, or \"" DERPCERT_PIN_PREFIX "\" and 64 "
		    "hexadecimal digits");
	default:
		return (NULL);
	}
}

static const char *
judge_number(const struct json *j, json_ref r, int64_t min, int64_t max,
    const char *expected)
{
	int64_t v;

	return (json_int(j, r, &v) == 0 && v >= min && v <= max ? NULL :
	    expected);
}

const char *
mapfield_judge(const struct json *j, enum mapfield kind, json_ref r)
{
	char text[MAPFIELD_TEXT];

	switch (kind) {
	case K_BOOL:
		return (json_type(j, r) == JSON_BOOL ? NULL :
		    "true or false");
	case K_NUMBER:
		return (json_type(j, r) == JSON_NUMBER ? NULL : "a number");
	case K_OBJECT:
		return (json_type(j, r) == JSON_OBJECT ? NULL :
		    "an object");
	case K_NODES:
		return (json_type(j, r) == JSON_ARRAY &&
		    json_count(j, r) > 0 ? NULL :
		    "an array of at least one node");
	case K_PORT:
		return (judge_number(j, r, 0, 65535, "a port, 0 to 65535"));
	case K_STUNPORT:
		return (judge_number(j, r, -1, 65535, "a port, 1 to 65535, 0 "
		    "(for 3478) or -1 (none)"));
	case K_ID:
		return (judge_number(j, r, 1, MAPFIELD_MAX_ID,
		    "a whole number, 1 to 9007199254740991"));
	default:
		break;
	}
	if (json_str(j, r, text, sizeof(text)) == -1)
		return ("a string");
	return (judge_text(kind, text));
}

/*
 * convertvalue: the types of values of derper: booleans, numbers, durations,
 * paths, hosts, lists; see convertset.h.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "convertset.h"
#include "duration.h"
#include "hostname.h"

int
convert_bool(struct convert *c, enum convert_id id, int unset)
{
	/* Flags: strconv.ParseBool of Go.  Variables: the first word alone. */
	static const char *const yes[] = { "true", "1", "t", "T", "TRUE",
	    "True" };
	static const char *const no[] = { "false", "0", "f", "F", "FALSE",
	    "False" };
	const size_t n = c->from == CONVERT_ENV ? 1 : sizeof(no) / sizeof(*no);
	const char *s = convert_get(c, id);
	size_t i;

	if (s == NULL)
		return (unset);
	for (i = 0; i < n; i++)
		if (strcmp(s, yes[i]) == 0)
			return (1);
		else if (strcmp(s, no[i]) == 0)
			return (0);
	/* convert_note_booleans() names a variable that does not count. */
	if (c->from == CONVERT_FLAGS)
		convert_bad(c, id, "true or false");
	return (unset);
}

int64_t
convert_number(struct convert *c, enum convert_id id, int64_t unset,
    int64_t min, int64_t max, const char *want)
{
	const char *s = convert_get(c, id), *errstr;
	int64_t v;

	if (s == NULL)
		return (unset);
	v = strtonum(s, min, max, &errstr);
	if (errstr == NULL && s[strspn(s, "-0123456789")] == '\0')
		return (v);
	convert_bad(c, id, want);
	return (unset);
}

int64_t
convert_time(struct convert *c, enum convert_id id, int64_t unset,
    int64_t nanoseconds, int64_t max, const char *want)
{
	const char *s = convert_get(c, id);
	int64_t ns;

	if (s == NULL)
		return (unset);
	if (base_duration(s, &ns) == -1 || ns / nanoseconds > max ||
	    (ns / nanoseconds == max && ns % nanoseconds > 0)) {
		convert_bad(c, id, want);
		return (unset);
	}
	return (ns < 0 ? -1 : ns / nanoseconds + (ns % nanoseconds > 0));
}

const char *
convert_path(struct convert *c, enum convert_id id, size_t max)
{
	const char *s = convert_get(c, id);

	if (s == NULL || (*s == '/' && strlen(s) <= max))
		return (s);
	convert_bad(c, id, "a path that begins with /, not too long");
	return (NULL);
}

int
convert_is_address(const char *s)
{
	return (net_hostname_is_ipv4(s) || net_hostname_is_ipv6(s));
}

int
convert_is_public(const char *s)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, s, &in.sin_addr) == 1)
		return (net_address_is_public((const struct sockaddr *)&in));
	return (inet_pton(AF_INET6, s, &in6.sin6_addr) == 1 &&
	    net_address_is_public((const struct sockaddr *)&in6));
}

int
convert_is_host(const char *s)
{
	return (net_hostname_is_name(s) || convert_is_address(s));
}

const char *
convert_host(struct convert *c, enum convert_id id)
{
	const char *s = convert_get(c, id);

	if (s == NULL || convert_is_host(s))
		return (s);
	convert_bad(c, id, "a DNS name or an IP address alone, such as "
	    "relay.example.org");
	return (NULL);
}

int
convert_item(const char **list, char *item, size_t size)
{
	const char *s, *end;

	while (*list != NULL) {
		s = *list + strspn(*list, " ");
		end = s + strcspn(s, ",");
		*list = *end == ',' ? end + 1 : NULL;
		while (end > s && end[-1] == ' ')
			end--;
		if ((size_t)(end - s) >= size)
			return (-1);
		memcpy(item, s, (size_t)(end - s));
		item[end - s] = '\0';
		if (end > s)
			return (1);
	}
	return (0);
}

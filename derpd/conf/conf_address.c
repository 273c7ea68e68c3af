/*
 * conf_address: host names and addresses of a configuration, with advice for
 * refused ones.  Called by conf_types.c, conf_statements.c and conf_check.c.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"
#include "hostname.h"

/*
 * Parse a literal address; 0, or -1.  getaddrinfo() supports IPv6 scopes, but
 * also accepts "1.2" as 1.0.0.2.
 */
static int
literal(const char *host, int64_t port, int family, struct conf_listen *l)
{
	struct addrinfo hints, *ai;
	struct in_addr v4;
	char service[8];

	if (strchr(host, ':') == NULL && inet_pton(AF_INET, host, &v4) != 1)
		return (-1);
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	snprintf(service, sizeof(service), "%lld", (long long)port);
	if (getaddrinfo(host, service, &hints, &ai) != 0)
		return (-1);
	memcpy(&l->ss, ai->ai_addr, ai->ai_addrlen);
	l->sslen = ai->ai_addrlen;
	freeaddrinfo(ai);
	return (0);
}

int
conf_is_address(const char *s)
{
	struct conf_listen l;

	return (literal(s, 0, AF_UNSPEC, &l) == 0);
}

/* Advice for a refused host; "" none. */
static const char *
host_advice(const char *s)
{
	size_t n = strlen(s);
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p > '~')
			return (": write the form of it that begins with xn--, "
			    "as `idn2' prints it");
	if (strstr(s, "://") != NULL || strchr(s, '/') != NULL)
		return (": write the name alone, without scheme and path");
	if (*s == '[')
		return (": write an IPv6 address without brackets, and the "
		    "port in `listen on ... port'");
	if (*s == '*')
		return (": write a line for each name that clients use; the "
		    "certificate may hold a wildcard");
	if ((p = strchr(s, ':')) != NULL && strchr(p + 1, ':') == NULL)
		return (": write the name alone, and the port in `listen on "
		    "... port'");
	if (n > 0 && s[n - 1] == '.')
		return (": write it without the dot at its end");
	return ("");
}

int
conf_is_host(const char *s, const char *what, const struct conf_pos *pos)
{
	if (net_hostname_is_name(s) || conf_is_address(s))
		return (1);
	conf_error(pos, "%s \"%s\": expected a DNS name or an IP address%s",
	    what, s, host_advice(s));
	return (0);
}

/* 0, or -1: reported. */
static int
add_listen(struct conf_listens *list, const char *address, int64_t port,
    int family, int tls, int wildcard, const struct conf_pos *pos)
{
	struct conf_listen *l, *o;

	l = conf_alloc(sizeof(*l));
	if (literal(address, port, family, l) == -1) {
		conf_error(pos, "listen on %s: expected * or an IP address",
		    address);
		free(l);
		return (-1);
	}
	TAILQ_FOREACH(o, list, entry)
		if (port != 0 && o->sslen == l->sslen &&
		    memcmp(&o->ss, &l->ss, l->sslen) == 0) {
			conf_error(pos, "listen on %s port %lld appears twice",
			    wildcard ? "*" : address,
			    (long long)port);
			free(l);
			return (-1);
		}
	l->tls = tls;
	l->wildcard = wildcard;
	l->pos = *pos;
	TAILQ_INSERT_TAIL(list, l, entry);
	return (0);
}

void
conf_add_listen(struct conf_listens *list, const char *address, int64_t port,
    int tls, const struct conf_pos *pos)
{
	if (port > 65535)
		conf_error(pos, "port %lld: expected 0 to 65535",
		    (long long)port);
	else if (strcmp(address, "*") != 0)
		(void)add_listen(list, address, port, AF_UNSPEC, tls, 0, pos);
	else if (add_listen(list, "::", port, AF_INET6, tls, 1, pos) == 0)
		(void)add_listen(list, "0.0.0.0", port, AF_INET, tls, 1, pos);
}

void
conf_address(const struct conf_listen *l, char *dst, size_t size)
{
	if (l->wildcard)
		strlcpy(dst, l->ss.ss_family == AF_INET6 ? "*" : "", size);
	else if (getnameinfo((const struct sockaddr *)&l->ss, l->sslen, dst,
	    (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		strlcpy(dst, "?", size);
}

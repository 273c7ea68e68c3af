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

#include "conf_types.h"
#include "gramstore.h"
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
conf_is_host(const char *s, const char *what, const struct gram_pos *pos)
{
	if (net_hostname_is_name(s) || conf_is_address(s))
		return (1);
	gram_error(pos, "%s \"%s\": expected a DNS name or an IP address%s",
	    what, s, host_advice(s));
	return (0);
}

int
conf_prefix(struct net_prefix *p, const char *what, const struct gram_item *it)
{
	char text[NET_PREFIX_TEXT];

	switch (net_prefix_parse(p, it->text)) {
	case 0:
		return (0);
	case NET_PREFIX_HOST:
		net_prefix_text(p, text);
		gram_error(&it->pos, "%s %s: the address has bits beyond the "
		    "prefix: write %s", what, it->text, text);
		return (-1);
	default:
		gram_error(&it->pos, "%s %s: expected an IP address or a "
		    "prefix, such as 192.0.2.0/24 or 2001:db8::/32", what,
		    it->text);
		return (-1);
	}
}

int
conf_prefixes(struct net_prefix v[GRAM_MAXLIST], const char *what,
    const struct gram_statement *s)
{
	size_t i;

	for (i = 0; i < s->nlist; i++)
		if (conf_prefix(&v[i], what, &s->list[i]) == -1)
			return (-1);
	return (0);
}

/* Add one address, except for its proxies.  NULL: an error was reported. */
static struct conf_listen *
add_listen(struct conf_listens *list, const char *address, int64_t port,
    int family, int wildcard, const struct gram_pos *pos)
{
	struct conf_listen *l, *o;

	l = gram_alloc(sizeof(*l));
	if (literal(address, port, family, l) == -1) {
		gram_error(pos, "listen on %s: expected * or an IP address",
		    address);
		free(l);
		return (NULL);
	}
	TAILQ_FOREACH(o, list, entry)
		if (port != 0 && o->sslen == l->sslen &&
		    memcmp(&o->ss, &l->ss, l->sslen) == 0) {
			gram_error(pos, "listen on %s port %lld appears twice",
			    wildcard ? "*" : address,
			    (long long)port);
			free(l);
			return (NULL);
		}
	l->wildcard = wildcard;
	l->pos = *pos;
	TAILQ_INSERT_TAIL(list, l, entry);
	return (l);
}

void
conf_add_listen(struct conf_listens *list, const char *address, int64_t port,
    enum conf_listening kind, const struct net_prefix *proxies,
    size_t nproxies, const struct gram_pos *pos)
{
	const int wildcard = strcmp(address, "*") == 0;
	struct conf_listen *l;

	if (port > 65535) {
		gram_error(pos, "port %lld: expected 0 to 65535",
		    (long long)port);
		return;
	}
	l = add_listen(list, wildcard ? "::" : address, port,
	    wildcard ? AF_INET6 : AF_UNSPEC, wildcard, pos);
	if (l != NULL && wildcard && add_listen(list, "0.0.0.0", port, AF_INET,
	    1, pos) == NULL)
		return;
	/* The new ones: one, or the two of a wildcard. */
	for (; l != NULL; l = TAILQ_NEXT(l, entry)) {
		l->tls = kind == CONF_TLS;
		l->derp = kind == CONF_DERP;
		if (nproxies == 0)
			continue;
		l->proxies = gram_alloc(nproxies * sizeof(*proxies));
		memcpy(l->proxies, proxies, nproxies * sizeof(*proxies));
		l->nproxies = nproxies;
	}
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

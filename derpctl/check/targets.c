/*
 * targets: the words of the command line; see targets.h.  Called by check.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostname.h"
#include "targets.h"

#define PORT_TLS	443
#define PORT_HTTP	80
#define PORT_STUN	3478

static int
wrong(char *why, size_t size, const char *text, const char *reason)
{
	(void)snprintf(why, size, "\"%.100s\": %s", text, reason);
	return (-1);
}

/* A node with the defaults of a map.  Returns 0, or -1 without a host. */
static int
set_host(struct check_node *n, const char *host, size_t len)
{
	memset(n, 0, sizeof(*n));
	if (len == 0 || len >= sizeof(n->host))
		return (-1);
	memcpy(n->host, host, len);
	n->port = PORT_TLS;
	n->port80 = PORT_HTTP;
	n->stun = PORT_STUN;
	return (net_hostname_is_name(n->host) ||
	    net_hostname_is_ipv4(n->host) || net_hostname_is_ipv6(n->host) ?
	    0 : -1);
}

/* Read the port at *p and step over it.  Returns 0 or -1. */
static int
read_port(const char **p, unsigned int *port)
{
	char digits[8];
	const char *errstr;
	size_t n = strcspn(*p, ":");

	if (n >= sizeof(digits))
		return (-1);
	memcpy(digits, *p, n);
	digits[n] = '\0';
	*port = (unsigned int)strtonum(digits, 1, 65535, &errstr);
	*p += n;
	return (errstr == NULL ? 0 : -1);
}

/* Read ":PORT" or ":PORT:STUNPORT" behind the host.  Returns 0 or -1. */
static int
read_ports(struct ctlcheck_target *t, const char *p)
{
	struct check_node *n = &t->node;
	unsigned int stun;

	if (*p == '\0')
		return (0);
	if (*p++ != ':' || read_port(&p, &n->port) == -1)
		return (-1);
	if (*p == '\0')
		return (0);
	t->guessed = 0;
	if (strcmp(++p, "off") == 0) {
		n->stun = -1;
		return (0);
	}
	if (read_port(&p, &stun) == -1 || *p != '\0')
		return (-1);
	n->stun = (int)stun;
	return (0);
}

static int
read_host(const char *text, struct ctlcheck_target *t)
{
	struct check_node *n = &t->node;
	const char *end;

	if (net_hostname_is_ipv6(text))
		return (set_host(n, text, strlen(text)));
	if (text[0] == '[') {
		if ((end = strchr(text, ']')) == NULL ||
		    set_host(n, text + 1, (size_t)(end - text) - 1) == -1)
			return (-1);
		return (read_ports(t, end + 1));
	}
	end = text + strcspn(text, ":");
	return (set_host(n, text, (size_t)(end - text)) == -1 ? -1 :
	    read_ports(t, end));
}

/* A URL without a path is a relay, as it is often written. */
static int
read_url(const char *text, struct ctlcheck_target *t, char *why, size_t size)
{
	struct net_url u;

	if (net_url_parse_local(text, &u) == -1)
		return (wrong(why, size, text,
		    "is not an https URL (http is for this machine alone)"));
	if (strcmp(u.path, "/") == 0 && !u.plain) {
		if (set_host(&t->node, u.host, strlen(u.host)) == -1)
			return (wrong(why, size, text, "has no valid host"));
		t->guessed = 1;
		t->node.port = (unsigned int)strtol(u.port, NULL, 10);
		return (0);
	}
	t->kind = CTLCHECK_URL;
	(void)strlcpy(t->node.host, u.host, sizeof(t->node.host));
	if (net_url_text(&u, t->text, sizeof(t->text)) == -1)
		return (wrong(why, size, text, "is too long"));
	return (0);
}

static int
ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return (n > m && strcmp(text + n - m, end) == 0);
}

static int
is_file(const char *text)
{
	return (strcmp(text, "-") == 0 || strchr(text, '/') != NULL ||
	    ends_in(text, ".json") || ends_in(text, ".yaml") ||
	    ends_in(text, ".yml"));
}

int
ctlcheck_target_read(const char *text, struct ctlcheck_target *t, char *why,
    size_t size)
{
	memset(t, 0, sizeof(*t));
	t->kind = CTLCHECK_HOST;
	if (text[0] == '-' && text[1] != '\0')
		return (wrong(why, size, text, "options precede the targets"));
	if (strstr(text, "://") != NULL)
		return (read_url(text, t, why, size));
	if (is_file(text)) {
		t->kind = CTLCHECK_FILE;
		if (strlcpy(t->text, text, sizeof(t->text)) >= sizeof(t->text))
			return (wrong(why, size, text, "is too long"));
		return (0);
	}
	t->guessed = 1;
	if (read_host(text, t) == -1)
		return (wrong(why, size, text, "is not a host, HOST:PORT, "
		    "https URL or file of a map"));
	return (0);
}

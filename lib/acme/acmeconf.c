/*
 * acmeconf: ACME settings; see acmeconf.h.  Pure.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "acmeconf.h"

#define MAXDNSNAME	253
#define MAXLABEL	63

/* Is it printable ASCII that JSON need not escape? */
static int
plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return (0);
	return (1);
}

/* The address `s' in canonical form (RFC 5952).  Returns 0, or -1. */
static int
address(const char *s, char dst[IPC_ACME_NAMESIZE])
{
	unsigned char addr[16];
	int family;

	if (inet_pton(family = AF_INET, s, addr) != 1 &&
	    inet_pton(family = AF_INET6, s, addr) != 1)
		return (-1);
	return (inet_ntop(family, addr, dst, IPC_ACME_NAMESIZE) == NULL ? -1 :
	    0);
}

int
acme_name_is_address(const char *s)
{
	char text[IPC_ACME_NAMESIZE];

	return (address(s, text) == 0);
}

const char *
acme_name(const char *s, char dst[IPC_ACME_NAMESIZE])
{
	size_t i, label = 0, n = strlen(s);
	char c;

	dst[0] = '\0';
	if (address(s, dst) == 0)
		return (NULL);
	if (n > 0 && s[n - 1] == '.')
		n--;
	if (n == 0 || n > MAXDNSNAME)
		return ("not a DNS name: empty, or longer than 253 characters");
	if (s[0] == '*')
		return ("a wildcard needs DNS-01, which is not supported");
	for (i = 0; i < n; i++) {
		c = s[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c == '.' && label > 0 && dst[i - 1] != '-')
			label = 0;
		else if (((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '_' || (c == '-' && label > 0)) && label < MAXLABEL)
			label++;
		else
			break;
		dst[i] = c;
	}
	if (i < n || label == 0 || dst[n - 1] == '-') {
		dst[0] = '\0';
		return ("not a DNS name: expected letters, digits and hyphens"
		    " between dots");
	}
	dst[n] = '\0';
	return (NULL);
}

/* Append the `n' labels of 8 or 4 bits at `p', the last one first. */
static void
reverse(const unsigned char *p, size_t n, int hex, char *dst)
{
	size_t at = 0;

	while (n-- > 0)
		at += (size_t)(hex ? snprintf(dst + at, IPC_ACME_NAMESIZE - at,
		    "%x.%x.", p[n] & 15U, p[n] >> 4) : snprintf(dst + at,
		    IPC_ACME_NAMESIZE - at, "%u.", p[n]));
}

void
acme_server_name(const char *s, char dst[IPC_ACME_NAMESIZE])
{
	unsigned char addr[16];

	if (inet_pton(AF_INET, s, addr) == 1) {
		reverse(addr, 4, 0, dst);
		strlcat(dst, "in-addr.arpa", IPC_ACME_NAMESIZE);
	} else if (inet_pton(AF_INET6, s, addr) == 1) {
		reverse(addr, 16, 1, dst);
		strlcat(dst, "ip6.arpa", IPC_ACME_NAMESIZE);
	} else
		strlcpy(dst, s, IPC_ACME_NAMESIZE);
}

int
acme_conf_valid(const struct ipc_acme_conf *c)
{
	char name[IPC_ACME_NAMESIZE];
	unsigned int i;
	int ok;

	ok = c->directory[0] != '\0' && plain(c->directory) &&
	    plain(c->profile) && plain(c->eab_kid);
	for (i = 0; ok && i < c->ncontacts; i++)
		ok = c->contacts[i][0] != '\0' && plain(c->contacts[i]);
	for (i = 0; ok && i < c->nnames; i++)
		ok = acme_name(c->names[i], name) == NULL &&
		    strcmp(name, c->names[i]) == 0;
	return (ok && c->nnames > 0);
}

void
acme_conf_put(struct ipc_wr *w, const struct ipc_acme_conf *c)
{
	ipc_add_acme_conf(w, c);
}

int
acme_conf_get(struct ipc_rd *r, struct ipc_acme_conf *c)
{
	return (ipc_next_acme_conf(r, c) == 0 && ipc_rd_end(r) &&
	    acme_conf_valid(c) ? 0 : -1);
}

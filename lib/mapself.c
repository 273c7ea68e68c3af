/*
 * mapself: what derpmapd is told of this machine, and what a map says of it;
 * see mapself.h and map_self in mapcheck.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "derpcert.h"
#include "mapself.h"

void
map_self_put(struct wr *w, const struct map_self *s)
{
	size_t i;

	wr_u8(w, (uint8_t)(s->relay != 0));
	wr_u16(w, s->port);
	wr_str(w, s->pin);
	wr_u32(w, (uint32_t)s->nnames);
	for (i = 0; i < s->nnames; i++)
		wr_str(w, s->names[i]);
	wr_u32(w, (uint32_t)s->ncerts);
	for (i = 0; i < s->ncerts; i++)
		wr_str(w, s->certs[i]);
}

/* A list of names; 0, or -1 when it is too long. */
static int
get_names(struct rd *r, size_t *n, char names[MAP_MAX_NAMES][256])
{
	size_t i;

	*n = rd_u32(r);
	if (*n > MAP_MAX_NAMES)
		return (-1);
	for (i = 0; i < *n; i++)
		rd_str(r, names[i], sizeof(names[i]));
	return (0);
}

int
map_self_get(struct rd *r, struct map_self *s)
{
	memset(s, 0, sizeof(*s));
	s->relay = rd_u8(r);
	s->port = rd_u16(r);
	rd_str(r, s->pin, sizeof(s->pin));
	if (get_names(r, &s->nnames, s->names) == -1 ||
	    get_names(r, &s->ncerts, s->certs) == -1)
		return (-1);
	return (rd_ok(r) ? 0 : -1);
}

int
mapself_is_ours(const struct map_self *s, const char *host)
{
	size_t i;

	for (i = 0; i < s->nnames; i++)
		if (strcasecmp(s->names[i], host) == 0)
			return (1);
	return (0);
}

/* Does the name of a certificate, perhaps with a wildcard, cover `host'? */
static int
covers(const char *name, const char *host)
{
	const char *dot;

	if (strcasecmp(name, host) == 0)
		return (1);
	return (name[0] == '*' && name[1] == '.' &&
	    (dot = strchr(host, '.')) != NULL && dot > host &&
	    strcasecmp(name + 1, dot) == 0);
}

static int
certified(const struct map_self *s, const char *host)
{
	size_t i;

	for (i = 0; i < s->ncerts; i++)
		if (covers(s->certs[i], host))
			return (1);
	return (0);
}

/* Will clients take our certificate?  NULL yes, else why not. */
static const char *
judge_cert(const struct map_self *s, const struct mapself_node *n)
{
	int pin = derpcert_is_pin(n->certname);

	if (s->ncerts == 0)
		return (NULL);	/* it is not known here */
	if (s->pin[0] != '\0' && !pin)
		return ("the certificate of this machine is self-signed: "
		    "expected its pin as CertName (derpctl map node)");
	if (pin && s->pin[0] == '\0')
		return ("CertName is a pin, but the certificate of this "
		    "machine is not self-signed");
	if (pin)
		return (strcasecmp(n->certname, s->pin) == 0 ? NULL :
		    "CertName is not the pin of this machine's certificate "
		    "(derpctl map node)");
	if (certified(s, *n->certname != '\0' ? n->certname : n->host))
		return (NULL);
	return (*n->certname != '\0' ? "CertName is no name of this machine's "
	    "certificate" : "HostName is no name of this machine's "
	    "certificate");
}

int
mapself_judge(const struct map_self *s, struct mapself_node *n, char *text,
    size_t size)
{
	int64_t port = n->port == 0 ? 443 : n->port;
	const char *why = NULL;

	switch (n->next++) {
	case 0:
		if (s->port != 0 && port != s->port) {
			snprintf(text, size, "DERPPort %lld, but this machine "
			    "listens on port %u", (long long)port, s->port);
			return (1);
		}
		return (mapself_judge(s, n, text, size));
	case 1:
		if (s->relay && n->stun_only)
			why = "STUNOnly, but this machine is a relay";
		break;
	case 2:
		why = judge_cert(s, n);
		break;
	default:
		return (0);
	}
	if (why == NULL)
		return (mapself_judge(s, n, text, size));
	snprintf(text, size, "%s", why);
	return (1);
}

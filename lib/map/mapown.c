/*
 * mapown: warnings about this machine's own nodes in a DERP map; see
 * map_walk_own() in mapwalk.h.  Called by mapcheck.c.  Pure.
 *
 * A node is our own when it has one of this machine's names and its port.  If
 * no port matches, all nodes with its names count: then the port is wrong.  The
 * name of a node without HostName is its address.  Addresses of this machine
 * behind NAT are unknown here.
 */
#include <string.h>
#include <strings.h>

#include "mapwalk.h"

#define PIN_PREFIX	"sha256-raw:"

/*
 * Do two host names match, ignoring case and a dot at the end?  Returns 1 or 0.
 */
static int
same_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n > 0 && a[n - 1] == '.';
	m -= m > 0 && b[m - 1] == '.';
	return (n == m && strncasecmp(a, b, n) == 0);
}

static int
has_name(const struct ipc_map_self *self, const struct map_node *n)
{
	size_t i;

	for (i = 0; i < self->nnames; i++)
		if (n->host[0] != '\0' ?
		    same_name(self->names[i], n->host) :
		    same_name(self->names[i], n->ipv4) ||
		    same_name(self->names[i], n->ipv6))
			return (1);
	return (0);
}

static int
has_port(const struct ipc_map_self *self, const struct map_node *n)
{
	return ((n->port != 0 ? n->port : 443) == self->port);
}

/*
 * Does a certificate's name, possibly a wildcard (RFC 9525 6.3), cover the
 * name?  Returns 1 or 0.
 */
static int
covers(const char *cert, const char *name)
{
	const char *dot;

	if (strncmp(cert, "*.", 2) != 0)
		return (same_name(cert, name));
	dot = strchr(name, '.');
	return (dot != NULL && dot > name && same_name(cert + 1, dot));
}

static int
is_certified(const struct ipc_map_self *self, const char *name)
{
	size_t i;

	for (i = 0; i < self->ncerts; i++)
		if (covers(self->certs[i], name))
			return (1);
	return (0);
}

/* The position to report: the field, or the node when it has no such field. */
static json_ref
place(const struct map_walk *w, const struct map_node *n, const char *field)
{
	json_ref r = map_walk_find(w->j, n->at, field);

	return (r != -1 ? r : n->at);
}

/* A node whose CertName pins a certificate. */
static void
check_pin(struct map_walk *w, const struct ipc_map_self *self,
    const struct map_node *n)
{
	if (self->pin[0] == '\0' || is_certified(self, n->host))
		map_walk_warn(w, place(w, n, "CertName"), "CertName",
		    "a pin fits only a self-signed certificate, and ours is "
		    "not: clients will refuse it, at the latest when it was "
		    "renewed");
	else if (strcmp(n->certname, self->pin) != 0)
		map_walk_warn(w, place(w, n, "CertName"), "CertName",
		    "this pins another certificate, clients will refuse it: "
		    "expected %s", self->pin);
}

/* A node whose certificate is verified by a name. */
static void
check_certname(struct map_walk *w, const struct ipc_map_self *self,
    const struct map_node *n)
{
	const char *field = n->certname[0] != '\0' ? "CertName" : "HostName";
	const char *name = n->certname[0] != '\0' ? n->certname : n->host;

	if (is_certified(self, name))
		return;
	if (self->pin[0] != '\0')
		map_walk_warn(w, place(w, n, field), "CertName",
		    "our certificate "
		    "is self-signed, clients will refuse it without a pin: "
		    "expected %s", self->pin);
	else if (self->ncerts > 0 && name[0] != '\0')
		map_walk_warn(w, place(w, n, field), field, "no certificate of "
		    "ours covers the name %.80s: clients will refuse it", name);
}

/* Will clients accept the certificate that they receive? */
static void
check_certificate(struct map_walk *w, const struct ipc_map_self *self,
    const struct map_node *n)
{
	if (n->insecure)
		return;
	if (strncmp(n->certname, PIN_PREFIX, strlen(PIN_PREFIX)) == 0)
		check_pin(w, self, n);
	else
		check_certname(w, self, n);
}

static void
check_port(struct map_walk *w, const struct ipc_map_self *self,
    const struct map_node *n)
{
	if (self->port != 0 && !has_port(self, n))
		map_walk_warn(w, place(w, n, "DERPPort"), "DERPPort", "this is "
		    "our node, and we are reached on port %u: clients will "
		    "try %lld", self->port,
		    (long long)(n->port != 0 ? n->port : 443));
}

static void
check_own(struct map_walk *w, const struct ipc_map_self *self,
    const struct map_node *n)
{
	map_walk_go(w, n->path);
	if (n->stun_only)
		map_walk_warn(w, place(w, n, "STUNOnly"), "STUNOnly", "this is "
		    "our node, and we relay: clients will not use it for "
		    "that");
	else {
		check_port(w, self, n);
		check_certificate(w, self, n);
	}
	map_walk_leave(w, 0);
}

void
map_walk_own(struct map_walk *w, json_ref regions,
    const struct ipc_map_self *self, const struct map_node *nodes, size_t n)
{
	size_t i, named = 0, fitting = 0, perhaps = 0;

	if (!self->relay || self->nnames == 0)
		return;
	for (i = 0; i < n; i++)
		if (has_name(self, &nodes[i])) {
			named++;
			fitting += has_port(self, &nodes[i]) != 0;
		} else
			perhaps += nodes[i].host[0] == '\0' &&
			    has_port(self, &nodes[i]);
	if (named == 0 && perhaps == 0)
		map_walk_warn(w, regions, "Regions", "no node has the HostName "
		    "%.80s, so no client will use this relay: add what "
		    "`derpctl map node' prints", self->names[0]);
	for (i = 0; i < n; i++)
		if (has_name(self, &nodes[i]) &&
		    (fitting == 0 || has_port(self, &nodes[i])))
			check_own(w, self, &nodes[i]);
}

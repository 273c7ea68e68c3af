/*
 * ownnode: this machine's node of a DERP map, as the client in Tailscale can
 * use it; see parent.h.  Called by talk.c.
 *
 * The fields depend on each other.  A client connects to the port of the node,
 * at its addresses, or else at those of HostName.  The client requests HostName
 * in TLS, gets the certificate for it, and checks the name against the
 * certificate.  So the port is chosen first, then the name, then the rest.
 */
#include <sys/socket.h>
#include <sys/types.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "certpick.h"
#include "json_out.h"
#include "ownaddr.h"
#include "parent.h"

/* How useful an address is to clients, from worst to best. */
enum rank { RANK_NONE, RANK_LOOPBACK, RANK_WILD, RANK_OTHER, RANK_PUBLIC };

/* The address of one family. */
struct own_addr {
	int	 rank;		/* enum rank */
	char	 text[INET6_ADDRSTRLEN];	/* "": from DNS */
};

/* The rank of an address; RANK_NONE: it is not of the family. */
static int
rank_of(int family, const char *host)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	memset(&sin, 0, sizeof(sin));
	memset(&sin6, 0, sizeof(sin6));
	sin.sin_family = AF_INET;
	sin6.sin6_family = AF_INET6;
	if (family == AF_INET) {
		if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
			return (RANK_NONE);
		if (sin.sin_addr.s_addr == htonl(INADDR_ANY))
			return (RANK_WILD);
		if (ntohl(sin.sin_addr.s_addr) >> 24 == 127)
			return (RANK_LOOPBACK);
		return (net_address_is_public((struct sockaddr *)&sin) ?
		    RANK_PUBLIC : RANK_OTHER);
	}
	/*
	 * An address with a scope, such as fe80::1%eth0, is valid on the link
	 * only.
	 */
	if (inet_pton(AF_INET6, host, &sin6.sin6_addr) != 1)
		return (RANK_NONE);
	if (IN6_IS_ADDR_UNSPECIFIED(&sin6.sin6_addr))
		return (RANK_WILD);
	if (IN6_IS_ADDR_LOOPBACK(&sin6.sin6_addr))
		return (RANK_LOOPBACK);
	return (net_address_is_public((struct sockaddr *)&sin6) ?
	    RANK_PUBLIC : RANK_OTHER);
}

/* The host of "1.2.3.4:5" or "[::]:5". */
static void
host_of(const char *text, char *dst, size_t size)
{
	char *end;

	strlcpy(dst, text + (*text == '['), size);
	if ((end = strrchr(dst, ':')) == NULL)
		return;
	if (end > dst && end[-1] == ']')
		end--;
	*end = '\0';
}

/* Use a socket's address if its rank is higher. */
static void
add_address(struct own_addr *a, int family, const char *text)
{
	char host[64];
	int rank;

	host_of(text, host, sizeof(host));
	if ((rank = rank_of(family, host)) <= a->rank)
		return;
	a->rank = rank;
	strlcpy(a->text, rank == RANK_WILD ? "" : host, sizeof(a->text));
}

/* 1 when clients reach the relay through a reverse proxy alone. */
static int
is_behind(const struct parent *d)
{
	return (parent_status_tls_port(d) == 0 &&
	    parent_status_derp_port(d) != 0);
}

/*
 * The address of one family at which the node is reached: on the TLS port
 * `port', or that of STUN if `port' is 0.
 */
static void
find_address(const struct parent *d, int port, int family, struct own_addr *a)
{
	size_t i;

	a->rank = RANK_NONE;
	a->text[0] = '\0';
	for (i = 0; port == 0 && i < d->stunsocks.n; i++)
		add_address(a, family, d->stunsocks.v[i].text);
	for (i = 0; port != 0 && i < d->listens.n; i++)
		if (d->listens.v[i].tls && d->listens.v[i].port == port)
			add_address(a, family, d->listens.v[i].text);
	if (port != 0 && is_behind(d)) {
		/* Where the reverse proxy is, DNS knows. */
		a->rank = RANK_WILD;
		return;
	}
	/* Clients need an address while their resolver does not work yet. */
	if (a->rank == RANK_WILD &&
	    parent_ownaddr_find(family, a->text, sizeof(a->text)) == -1)
		a->text[0] = '\0';
}

/*
 * The port for clients: 443 if it is served, or of a reverse proxy; 0: none.
 */
static int
relay_port(const struct parent *d)
{
	size_t i;

	for (i = 0; i < d->listens.n; i++)
		if (d->listens.v[i].tls && d->listens.v[i].port == 443)
			return (443);
	return (is_behind(d) ? 443 : parent_status_tls_port(d));
}

/* 1 when the certificate for `name' is valid for it. */
static int
is_covered(const struct parent *d, const char *name)
{
	int i = parent_certpick(&d->loaded, name);

	return (i == -1 || parent_cert_covers(d->loaded.certs[i], name));
}

/*
 * The name of the node: the first name that its certificate is valid for, else
 * the first one.  NULL: there are only IPv6 addresses, from which clients can't
 * make a URL without a port.
 */
static const char *
pick_name(const struct parent *d, int port)
{
	const struct gram_name *n;
	const char *any = NULL;

	TAILQ_FOREACH(n, &d->conf->names, entry) {
		if (port == 443 && rank_of(AF_INET6, n->name) != RANK_NONE)
			continue;
		if (is_covered(d, n->name))
			return (n->name);
		if (any == NULL)
			any = n->name;
	}
	return (any);
}

/*
 * A host name that is an address is where clients connect, whatever the
 * addresses of the sockets are.
 */
static void
prefer_named(const struct parent *d, int family, struct own_addr *a)
{
	const struct gram_name *n;

	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (rank_of(family, n->name) > RANK_WILD) {
			a->rank = RANK_PUBLIC;
			strlcpy(a->text, n->name, sizeof(a->text));
			return;
		}
}

/* What the client must verify instead of HostName. */
static void
put_certname(const struct parent *d, struct json_out *o, const char *name)
{
	const struct parent_cert *c;
	size_t k;
	int i = parent_certpick(&d->loaded, name);

	if (i == -1)
		return;
	c = d->loaded.certs[i];
	/* The temporary one of acme will be replaced. */
	if (c->selfsigned && !renew_temporary(d)) {
		json_out_str(o, "CertName", c->pin);
		return;
	}
	/* For an address the client verifies nothing. */
	if (name == NULL || parent_cert_covers(c, name) || renew_temporary(d) ||
	    rank_of(AF_INET, name) != RANK_NONE ||
	    rank_of(AF_INET6, name) != RANK_NONE)
		return;
	for (k = 0; k < c->nnames; k++)
		if (c->names[k][0] != '*') {
			json_out_str(o, "CertName", c->names[k]);
			return;
		}
}

/*
 * Write an address; "none" where nothing listens, or where a client without a
 * name would connect to its own machine.
 */
static void
put_address(struct json_out *o, const char *field, const struct own_addr *a,
    int nameless)
{
	if (a->text[0] != '\0')
		json_out_str(o, field, a->text);
	else if (a->rank == RANK_NONE || nameless)
		json_out_str(o, field, "none");
}

/* 1 when port 80 of the node's IPv4 address, which clients query, is served. */
static int
has_port80(const struct parent *d, const struct own_addr *v4)
{
	char host[64];
	size_t i;
	int rank;

	for (i = 0; i < d->listens.n; i++) {
		if (d->listens.v[i].tls || d->listens.v[i].port != 80)
			continue;
		host_of(d->listens.v[i].text, host, sizeof(host));
		rank = rank_of(AF_INET, host);
		if (rank > RANK_LOOPBACK || (rank == RANK_LOOPBACK &&
		    v4->rank == RANK_LOOPBACK))
			return (1);
	}
	return (0);
}

void
mapset_own_node(const struct parent *d, struct ipc_wr *w)
{
	struct own_addr v4, v6;
	struct json_out o;
	int port = d->conf->relay.enabled ? relay_port(d) : 0;
	const char *name = pick_name(d, port);
	int stun = d->stunsocks.n > 0 ? d->stunsocks.v[0].port : -1;

	find_address(d, port, AF_INET, &v4);
	find_address(d, port, AF_INET6, &v6);
	/* Next to a usable address, a loopback address is useless. */
	if (v4.rank > RANK_LOOPBACK && v6.rank == RANK_LOOPBACK)
		v6.text[0] = (char)(v6.rank = RANK_NONE);
	if (v6.rank > RANK_LOOPBACK && v4.rank == RANK_LOOPBACK)
		v4.text[0] = (char)(v4.rank = RANK_NONE);
	prefer_named(d, AF_INET, &v4);
	prefer_named(d, AF_INET6, &v6);

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_str(&o, "Name", TAILQ_FIRST(&d->conf->names)->name);
	json_out_uint(&o, "RegionID", 900);
	if (name != NULL)
		json_out_str(&o, "HostName", name);
	if (port != 0 && !is_behind(d))
		put_certname(d, &o, name);
	put_address(&o, "IPv4", &v4, name == NULL);
	put_address(&o, "IPv6", &v6, name == NULL);
	if (port == 0)
		json_out_bool(&o, "STUNOnly", 1);
	else if (port != 443)
		json_out_int(&o, "DERPPort", port);
	if (stun != CONF_STUN_PORT)
		json_out_int(&o, "STUNPort", stun);
	if (has_port80(d, &v4))
		json_out_bool(&o, "CanPort80", 1);
	json_out_end(&o);
}

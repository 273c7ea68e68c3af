/*
 * mapnode: check one node of a DERP map; see map_walk_node() in mapwalk.h.
 * Called by mapcheck.c.  Pure.  The meaning of the fields: derp-map(5).
 */
#include <stdio.h>
#include <string.h>

#include "hostname.h"
#include "mapwalk.h"

#define PIN_PREFIX	"sha256-raw:"
#define PIN_DIGITS	64
#define MAX_REGION	((INT64_C(1) << 53) - 1)

static int
is_host(const char *s)
{
	return (net_hostname_is_name(s) || net_hostname_is_ipv4(s) ||
	    net_hostname_is_ipv6(s));
}

static void
check_name(struct map_walk *w, json_ref v, struct map_node *n)
{
	json_ref r = map_walk_need(w, v, "Name");

	if (r == -1 ||
	    map_walk_string(w, r, "Name", "a string", n->name) == -1)
		return;
	if (n->name[0] == '\0')
		map_walk_expected(w, r, "Name", r, "a non-empty name");
}

/* Is it an address that clients use without DNS? */
static int
is_given(const char *address)
{
	return (address[0] != '\0' && strcmp(address, "none") != 0);
}

/*
 * A node without HostName is reached by address only: clients send no host
 * name, neither in TLS nor in HTTP.  For an address family with an empty field
 * they would look up the empty name, and without a name they connect to their
 * own machine.
 */
static void
warn_nameless(struct map_walk *w, json_ref v, const struct map_node *n)
{
	map_walk_warn(w, v, "HostName",
	    "this is missing or empty: clients will "
	    "connect by address and verify no name but CertName; write the "
	    "name that the certificate holds, or the address");
	if (n->ipv4[0] == '\0')
		map_walk_warn(w, v, "IPv4", "this is missing, and there is no "
		    "HostName: clients will also try IPv4 on their own "
		    "machine; write \"none\"");
	if (n->ipv6[0] == '\0')
		map_walk_warn(w, v, "IPv6", "this is missing, and there is no "
		    "HostName: clients will also try IPv6 on their own "
		    "machine; write \"none\"");
}

static void
check_host(struct map_walk *w, json_ref v, struct map_node *n)
{
	static const char expected[] = "a host name or an IP address";
	size_t len;
	json_ref r = map_walk_find(w->j, v, "HostName");

	(void)json_raw(w->j, r, &len);
	if ((r == -1 || (json_type(w->j, r) == JSON_STRING && len == 0)) &&
	    (is_given(n->ipv4) || is_given(n->ipv6))) {
		warn_nameless(w, v, n);
		return;
	}
	r = map_walk_need(w, v, "HostName");
	if (r == -1 ||
	    map_walk_string(w, r, "HostName", expected, n->host) == -1)
		return;
	if (!is_host(n->host)) {
		map_walk_expected(w, r, "HostName", r, expected);
		n->host[0] = '\0';
	}
}

/*
 * Clients compare the digits with those of the certificate as text: upper-case
 * digits never match.
 */
static int
is_pin(const char *s)
{
	s += strlen(PIN_PREFIX);
	return (strlen(s) == PIN_DIGITS &&
	    strspn(s, "0123456789abcdef") == PIN_DIGITS);
}

static void
check_certname(struct map_walk *w, json_ref v, struct map_node *n)
{
	static const char expected[] = "a host name, or \"" PIN_PREFIX
	    "\" and 64 lower-case hexadecimal digits";
	json_ref r;

	if (map_walk_text(w, v, "CertName", expected, n->certname) == -1 ||
	    n->certname[0] == '\0')
		return;
	if (strncmp(n->certname, PIN_PREFIX, strlen(PIN_PREFIX)) == 0 ?
	    is_pin(n->certname) : is_host(n->certname))
		return;
	n->certname[0] = '\0';
	r = map_walk_find(w->j, v, "CertName");
	map_walk_expected(w, r, "CertName", r, expected);
}

/* An address accepted by `is', or "none", or absent. */
static void
check_address(struct map_walk *w, json_ref v, const char *name,
    int (*is)(const char *), const char *expected, char dst[WALK_STRING])
{
	json_ref r;

	if (map_walk_text(w, v, name, expected, dst) == -1 || dst[0] == '\0' ||
	    strcmp(dst, "none") == 0 || is(dst))
		return;
	dst[0] = '\0';
	r = map_walk_find(w->j, v, name);
	map_walk_expected(w, r, name, r, expected);
}

static void
check_test_fields(struct map_walk *w, json_ref v, struct map_node *n)
{
	char ip[WALK_STRING];
	json_ref r;

	map_walk_flag(w, v, "InsecureForTests", &n->insecure);
	if (n->insecure)
		map_walk_warn(w, map_walk_find(w->j, v, "InsecureForTests"),
		    "InsecureForTests", "clients will not verify the "
		    "certificate of this node: use CertName with a pin "
		    "instead");
	if (map_walk_text(w, v, "STUNTestIP", "an IP address", ip) == -1 ||
	    ip[0] == '\0')
		return;
	r = map_walk_find(w->j, v, "STUNTestIP");
	if (!net_hostname_is_ipv4(ip) && !net_hostname_is_ipv6(ip))
		map_walk_expected(w, r, "STUNTestIP", r, "an IP address");
	else
		map_walk_warn(w, r, "STUNTestIP", "this is for tests: clients "
		    "will use this address for STUN, not the node's");
}

static void
check_ports(struct map_walk *w, json_ref v, struct map_node *n)
{
	json_ref r;

	map_walk_int(w, v, "STUNPort", -1, 65535, &n->stun);
	map_walk_flag(w, v, "STUNOnly", &n->stun_only);
	if (n->stun_only && n->stun == -1)
		map_walk_warn(w, v, NULL,
		    "this node has no use: STUNOnly is "
		    "true, and STUNPort -1 disables STUN");
	if (map_walk_int(w, v, "DERPPort", 0, 65535, &n->port) == -1 ||
	    n->port == 0 || n->port == 443 || n->stun_only)
		return;
	r = map_walk_find(w->j, v, "DERPPort");
	map_walk_warn(w, r, "DERPPort",
	    "clients in networks that permit no port "
	    "but 443 will not reach port %lld", (long long)n->port);
}

/* The client makes a URL of HostName and the port if it is not 443. */
static void
check_url(struct map_walk *w, json_ref v, const struct map_node *n)
{
	if (net_hostname_is_ipv6(n->host) && !n->stun_only &&
	    (n->port == 0 || n->port == 443))
		map_walk_warn(w, map_walk_find(w->j, v, "HostName"), "HostName",
		    "clients can't make a URL from an IPv6 address without "
		    "another port than 443: leave HostName out, write the "
		    "address into IPv6 and \"none\" into IPv4");
}

/* With both families disabled no client can connect. */
static void
check_addresses(struct map_walk *w, json_ref v, struct map_node *n)
{
	check_address(w, v, "IPv4", net_hostname_is_ipv4,
	    "an IPv4 address or \"none\"", n->ipv4);
	check_address(w, v, "IPv6", net_hostname_is_ipv6,
	    "an IPv6 address or \"none\"", n->ipv6);
	if (strcmp(n->ipv4, "none") == 0 && strcmp(n->ipv6, "none") == 0)
		map_walk_warn(w, v, NULL, "no client can reach this node: IPv4 "
		    "and IPv6 are both \"none\"");
}

/* The node must repeat the region's id: Go would read 0. */
static void
check_region(struct map_walk *w, json_ref v, int64_t region)
{
	char expected[64];
	int64_t id;
	json_ref r;

	if ((r = map_walk_need(w, v, "RegionID")) == -1)
		return;
	if (json_int(w->j, r, &id) == 0 && id >= 1 && id <= MAX_REGION &&
	    (region == 0 || id == region))
		return;
	if (region != 0)
		snprintf(expected, sizeof(expected),
		    "the id of the region, %lld", (long long)region);
	else
		snprintf(expected, sizeof(expected), "the id of the region");
	map_walk_expected(w, r, "RegionID", r, expected);
}

int
map_walk_node(struct map_walk *w, json_ref v, int64_t region,
    struct map_node *n)
{
	int flag;

	memset(n, 0, sizeof(*n));
	n->at = v;
	memcpy(n->path, w->path, sizeof(n->path));
	if (json_type(w->j, v) != JSON_OBJECT) {
		map_walk_expected(w, v, NULL, v, "a node, which is an object");
		return (-1);
	}
	check_name(w, v, n);
	check_region(w, v, region);
	check_addresses(w, v, n);
	check_host(w, v, n);
	check_certname(w, v, n);
	check_ports(w, v, n);
	check_url(w, v, n);
	check_test_fields(w, v, n);
	map_walk_flag(w, v, "CanPort80", &flag);
	return (n->name[0] != '\0' ? 0 : -1);
}

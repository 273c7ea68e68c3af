/*
 * convertserve: the blocks of derpd.conf(5) for STUN, admission, other nodes
 * and bootstrap-dns; see convertset.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "convertset.h"
#include "hostname.h"
#include "log.h"
#include "url.h"

#define TAILSCALED	"/var/run/tailscale/tailscaled.sock"
#define STUN_PORT	3478
#define MAXLIST		64	/* names of bootstrap-dns in a list */
#define NAME_SIZE	256

static void
put_stun(struct convert *c, const struct convert_web *w)
{
	const int64_t port = convert_number(c, CONVERT_STUN_PORT, STUN_PORT,
	    -1, 65535, "a port from 1 to 65535, or -1 for none");

	if (port == 0)
		convert_bad(c, CONVERT_STUN_PORT, "a port from 1 to 65535, "
		    "or -1 for none");
	if (w->stun && port > 0)
		convert_put(c, "stun {\n\tlisten on %s port %lld\n}\n", w->host,
		    (long long)port);
	else if (!w->relay && !w->map && w->name != NULL &&
	    convert_get(c, CONVERT_DNS_NAMES) == NULL &&
	    convert_get(c, CONVERT_UNPUBLISHED) == NULL)
		convert_error(c, "%s is false, and there is neither STUN nor a "
		    "map: expected something to serve", convert_name(c,
		    CONVERT_DERP));
}

/* Admission */

static void
put_admit_url(struct convert *c, const char *url)
{
	struct net_url u;

	if (strlen(url) >= IPC_URLSIZE || strlen(url) > CONVERT_MAXSTRING ||
	    net_url_parse_plain(url, &u) == -1)
		/* It is not shown: it may have a password. */
		convert_error(c, "%s: expected an https:// or http:// URL, "
		    "such as https://headscale.example.org/verify, without "
		    "user and password", convert_name(c, CONVERT_VERIFY_URL));
	else if (net_url_parse_local(url, &u) == 0)
		convert_line(c, "\turl", url, "");
	else {
		convert_note(c, "%s: http:// to another machine: whoever is "
		    "on the way can read clients' keys, admit anybody and "
		    "refuse all: prefer https://", convert_name(c,
		    CONVERT_VERIFY_URL));
		convert_line(c, "\turl", url, " cleartext");
	}
}

static void
put_admit(struct convert *c)
{
	const int tailscaled = convert_bool(c, CONVERT_VERIFY_CLIENTS, 0);
	const int open = convert_bool(c, CONVERT_FAIL_OPEN, 1);
	const char *path = convert_path(c, CONVERT_SOCKET, CONVERT_MAXSOCKET);
	const char *url = convert_get(c, CONVERT_VERIFY_URL);

	if (!tailscaled && url == NULL)
		return;
	if (tailscaled && url != NULL && open)
		convert_note(c, "%s holds for the URL alone in derper; here "
		    "it would hold for tailscaled, too, and is left out",
		    convert_name(c, CONVERT_FAIL_OPEN));
	convert_put(c, "admit {\n");
	if (tailscaled)
		convert_line(c, "\ttailscaled", path == NULL ? TAILSCALED :
		    path, "");
	if (url != NULL)
		put_admit_url(c, url);
	if (tailscaled && url != NULL)
		convert_put(c, "\tsources all\n");
	else if (url != NULL && open)
		convert_put(c, "\tfail open\n");
	convert_put(c, "}\n");
}

/* Other nodes */

/* The file of the mesh key where derper looks for it; NULL: none. */
static const char *
psk_file(struct convert *c, char *buf, size_t size)
{
	static const char derp[] = "/home/derp/keys/derp-mesh.key";
	const char *path = convert_path(c, CONVERT_MESH_PSK_FILE,
	    CONVERT_MAXSTRING);
	int n;

	if (path != NULL || convert_get(c, CONVERT_MESH_PSK_FILE) != NULL)
		return (path);
	if (c->ops->exists(c->ops->arg, derp))
		return (derp);
	if (c->ops->home == NULL || c->ops->home[0] != '/' ||
	    strpbrk(c->ops->home, "\r\n") != NULL)
		return (NULL);
	n = snprintf(buf, size, "%s/keys/derp-mesh.key", c->ops->home);
	return (n > 0 && (size_t)n < size && c->ops->exists(c->ops->arg,
	    buf) ? buf : NULL);
}

/* Split the node "HOST[:PORT]".  The port, or 0. */
static unsigned int
node_port(char *host)
{
	char *colon = strchr(host, ':');
	const char *errstr;
	unsigned int port;

	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return (443);
	port = (unsigned int)strtonum(colon + 1, 1, 65535, &errstr);
	*colon = '\0';
	return (errstr == NULL ? port : 0);
}

/*
 * The statement with "HOST" [port N] [address A], of HOST[:PORT][/ADDRESS].  0,
 * or -1.  What is checked here needs no quotes.
 */
static int
node_line(char *line, size_t size, char *item)
{
	char *address = strchr(item, '/');
	unsigned int port;
	int n;

	if (address != NULL)
		*address++ = '\0';
	port = node_port(item);
	if (port == 0 || !convert_is_host(item) || (address != NULL &&
	    !convert_is_address(address)))
		return (-1);
	n = snprintf(line, size, "\twith \"%s\" port %u%s%s%s\n", item, port,
	    address == NULL ? "" : " address \"", address == NULL ? "" :
	    address, address == NULL ? "" : "\"");
	return (n > 0 && (size_t)n < size ? 0 : -1);
}

struct meshnodes {
	size_t	 n;
	char	 line[IPC_MAXNODES][2 * NAME_SIZE];
};

/* Add a node, unless it is there already.  0, or -1. */
static int
add_node(struct convert *c, struct meshnodes *nodes, char *item)
{
	char line[2 * NAME_SIZE];
	size_t i;

	if (node_line(line, sizeof(line), item) == -1)
		return (-1);
	for (i = 0; i < nodes->n; i++)
		if (strcasecmp(nodes->line[i], line) == 0)
			return (0);
	if (nodes->n == IPC_MAXNODES)
		return (-1);
	strlcpy(nodes->line[nodes->n++], line, sizeof(line));
	ipc_wr_bytes(&c->text, line, strlen(line));
	return (0);
}

static void
put_nodes(struct convert *c, const char *list)
{
	struct meshnodes *nodes;
	char item[2 * NAME_SIZE];
	int rv;

	if ((nodes = calloc(1, sizeof(*nodes))) == NULL)
		fatal("no memory for the nodes of the mesh");
	while ((rv = convert_item(&list, item, sizeof(item))) == 1)
		if (add_node(c, nodes, item) == -1)
			break;
	if (rv != 0)
		convert_bad(c, CONVERT_MESH_WITH, "at most 32 nodes, "
		    "separated by commas, each a name, or NAME/ADDRESS with "
		    "the IP address to connect to");
	free(nodes);
}

static void
put_mesh(struct convert *c)
{
	const char *with = convert_get(c, CONVERT_MESH_WITH), *path;
	char buf[CONVERT_MAXSTRING + 1];

	path = psk_file(c, buf, sizeof(buf));
	if (path == NULL) {
		if (with != NULL && convert_get(c, CONVERT_MESH_PSK_FILE) ==
		    NULL)
			convert_error(c, "%s needs the mesh key: expected "
			    "%s, a file with 64 hexadecimal digits",
			    convert_name(c, CONVERT_MESH_WITH),
			    convert_name(c, CONVERT_MESH_PSK_FILE));
		return;
	}
	convert_put(c, "mesh {\n");
	convert_line(c, "\tkey file", path, "");
	if (with != NULL)
		put_nodes(c, with);
	convert_put(c, "}\n");
}

/* bootstrap-dns */

struct dnsnames {
	size_t	 n;
	char	 v[2 * MAXLIST][NAME_SIZE];
};

static int
has_name(const struct dnsnames *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (strcasecmp(names->v[i], name) == 0)
			return (1);
	return (0);
}

/* Cut off the TXT record of NAME/RECORD. */
static void
cut_record(struct convert *c, enum convert_id id, char *item)
{
	char *slash = strchr(item, '/');

	if (slash == NULL)
		return;
	*slash = '\0';
	convert_note(c, "%s: all clients are told %.253s: derpd reads no "
	    "percentage of a rollout from TXT records", convert_name(c, id),
	    item);
}

static void
put_names(struct convert *c, enum convert_id id, const char *before,
    struct dnsnames *names)
{
	const char *list = convert_get(c, id);
	char item[2 * NAME_SIZE];
	size_t n = 0;
	int rv;

	while ((rv = convert_item(&list, item, sizeof(item))) == 1) {
		cut_record(c, id, item);
		if (!net_hostname_is_name(item))
			break;
		if (has_name(names, item))
			continue;
		if (++n > MAXLIST)
			break;
		strlcpy(names->v[names->n++], item, NAME_SIZE);
		convert_line(c, before, item, "");
	}
	if (rv != 0)
		convert_bad(c, id, "at most 64 DNS names, separated by commas");
}

static void
put_dns(struct convert *c)
{
	struct dnsnames *names;

	if (convert_get(c, CONVERT_DNS_NAMES) == NULL &&
	    convert_get(c, CONVERT_UNPUBLISHED) == NULL)
		return;
	if ((names = calloc(1, sizeof(*names))) == NULL)
		fatal("no memory for the names of bootstrap-dns");
	convert_put(c, "bootstrap-dns {\n");
	put_names(c, CONVERT_DNS_NAMES, "\tname", names);
	put_names(c, CONVERT_UNPUBLISHED, "\tunpublished name", names);
	convert_put(c, "}\n");
	if (names->n == 0 && c->nerrors == 0)
		convert_bad(c, convert_get(c, CONVERT_DNS_NAMES) != NULL ?
		    CONVERT_DNS_NAMES : CONVERT_UNPUBLISHED, "a DNS name");
	free(names);
}

void
convert_serve_text(struct convert *c, const struct convert_web *w)
{
	put_stun(c, w);
	if (w->relay) {
		put_admit(c);
		put_mesh(c);
	}
	put_dns(c);
}

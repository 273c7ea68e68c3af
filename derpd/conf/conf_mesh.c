/*
 * conf_mesh: the mesh block: the other nodes of the region; see options.def.
 * Called by grammatch.c and conf_check.c.
 */
#include <string.h>

#include "conf_check.h"
#include "conf_lists.h"
#include "conf_types.h"
#include "derpcert.h"
#include "gramstore.h"
#include "hex.h"
#include "hostname.h"

#define KEY_PREFIX	"nodekey:"
#define DEFAULT_PORT	443

/* The value of the statement with this type; NULL: it has none. */
static const struct gram_item *
value(const struct gram_statement *s, const struct gram_type *type)
{
	unsigned int i;

	for (i = 1; i < s->n; i++)
		if (s->row[i]->type == type)
			return (&s->item[i]);
	return (NULL);
}

static const char *
text(const struct gram_statement *s, const struct gram_type *type)
{
	const struct gram_item *it = value(s, type);

	return (it == NULL ? NULL : it->text);
}

/* The port of a node.  0, or -1: reported. */
static int
get_port(const struct gram_statement *s, unsigned int *port)
{
	const struct gram_item *it = value(s, &conf_type_port);

	*port = DEFAULT_PORT;
	if (it == NULL)
		return (0);
	if (it->number < 1 || it->number > 65535) {
		gram_error(&s->pos, "mesh with \"%s\" port %lld: expected 1 to "
		    "65535", s->item[0].text, (long long)it->number);
		return (-1);
	}
	*port = (unsigned int)it->number;
	return (0);
}

/* The key of a node.  0, or -1: reported. */
static int
get_key(const struct gram_statement *s, uint8_t key[IPC_KEYLEN])
{
	const char *hex = text(s, &conf_type_serverkey);
	const size_t n = sizeof(KEY_PREFIX) - 1;

	if (hex != NULL && (strncmp(hex, KEY_PREFIX, n) != 0 ||
	    strlen(hex) != n + 2 * IPC_KEYLEN ||
	    base_hex_get(key, IPC_KEYLEN, hex + n) == -1)) {
		gram_error(&s->pos, "server key \"%s\": expected "
		    "\"" KEY_PREFIX "\" and 64 hexadecimal digits, as "
		    "`derpctl status' of that node shows it", hex);
		return (-1);
	}
	return (0);
}

/* 1 when the address and the name of the certificate are valid, else 0. */
static int
check_texts(const struct gram_statement *s)
{
	const char *address = text(s, &conf_type_address);
	const char *certname = text(s, &conf_type_certname);
	const size_t n = sizeof(DERPCERT_PIN_PREFIX) - 1;

	if (address != NULL && !net_hostname_is_ipv4(address) &&
	    !net_hostname_is_ipv6(address)) {
		gram_error(&s->pos, "mesh with \"%s\" address %s: expected an "
		    "IP address", s->item[0].text, address);
		return (0);
	}
	if (certname == NULL)
		return (1);
	if (strncmp(certname, DERPCERT_PIN_PREFIX, n) != 0)
		return (conf_is_host(certname, "certname", &s->pos));
	if (net_derpcert_is_pin(certname))
		return (1);
	gram_error(&s->pos, "certname \"%s\": expected a host name, or "
	    "\"" DERPCERT_PIN_PREFIX "\" and 64 hexadecimal digits", certname);
	return (0);
}

/* Check that one more node may be configured, and this one. */
static int
may_add(const char *host, unsigned int port, const char *address,
    const struct gram_pos *pos)
{
	const struct conf_node *n;
	int count = 0;

	TAILQ_FOREACH(n, &conf_parsed->mesh.nodes, entry) {
		if (n->port == port && strcasecmp(n->host, host) == 0 &&
		    gram_same_text(n->address, address)) {
			gram_error(pos, "mesh with \"%s\" appears twice", host);
			return (0);
		}
		count++;
	}
	if (count < IPC_MAXNODES)
		return (1);
	gram_error(pos, "mesh with \"%s\": expected at most %d such lines",
	    host, IPC_MAXNODES);
	return (0);
}

/* with "HOST" [port N] [address A] [certname "C"] [server key "K"] */
static void
apply_node(const struct gram_statement *s)
{
	const char *host = s->item[0].text;
	const char *address = text(s, &conf_type_address);
	const char *certname = text(s, &conf_type_certname);
	uint8_t key[IPC_KEYLEN] = { 0 };
	struct conf_node *n;
	unsigned int port;

	if (!conf_is_host(host, gram_name(s->row[0]), &s->pos) ||
	    get_port(s, &port) == -1 || get_key(s, key) == -1 ||
	    !check_texts(s) || !may_add(host, port, address, &s->pos))
		return;
	n = gram_alloc(sizeof(*n));
	n->host = gram_dup(host);
	n->port = port;
	n->address = address == NULL ? NULL : gram_dup(address);
	n->certname = certname == NULL ? NULL : gram_dup(certname);
	n->has_key = value(s, &conf_type_serverkey) != NULL;
	memcpy(n->key, key, sizeof(n->key));
	n->pos = s->pos;
	TAILQ_INSERT_TAIL(&conf_parsed->mesh.nodes, n, entry);
}

const struct gram_type conf_type_node = {
	.arg = "\"HOST\"", .accepts = GRAM_STRING, .store = GRAM_OWN,
	.same = conf_same_nodes, .free = conf_free_nodes,
	.print = conf_print_nodes,
	.apply = apply_node
};
const struct gram_type conf_type_address = {
	.arg = "ADDRESS", .accepts = GRAM_STRING
};
const struct gram_type conf_type_certname = {
	.arg = "\"NAME\"", .accepts = GRAM_STRING
};
const struct gram_type conf_type_serverkey = {
	.arg = "\"nodekey:HEX\"", .accepts = GRAM_STRING
};

void
conf_check_mesh(void)
{
	const struct conf_mesh *m = &conf_parsed->mesh;
	const struct conf_node *n = TAILQ_FIRST(&m->nodes);

	if (n == NULL)
		return;
	if (m->key == NULL)
		gram_error(&n->pos, "mesh with \"%s\" needs the key that the "
		    "nodes share: expected key file \"FILE\" in the mesh block",
		    n->host);
	if (!conf_parsed->relay.enabled)
		gram_error(&n->pos, "mesh with \"%s\", but there is no relay "
		    "whose clients it could reach: expected relay { ... }",
		    n->host);
}

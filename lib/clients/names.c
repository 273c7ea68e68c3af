/*
 * names: see names.h.  Called by admit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clientstable.h"
#include "clientstext.h"
#include "json.h"
#include "names.h"

#define MAX_DEPTH	32
#define MAX_TOKENS	(4 * 1024 * 1024)	/* 50,000 nodes */
#define TEXTSIZE	1024			/* of a string in a list */

struct named {
	uint8_t		 key[CLIENTS_KEYLEN];
	const char	*name;
};

struct clients_names {
	struct named		*v;
	size_t			 n, cap;
	struct clients_table	 by_key;
	struct clients_text	 text;
};

/* A list that is being read. */
struct node_list {
	struct clients_names	*to;
	const struct json	*j;
	char			 suffix[TEXTSIZE]; /* ".example.ts.net" */
	size_t			 nodes;		/* seen */
	size_t			 keys;		/* of them, with a key */
};

static const void *
key_of(const void *arg, uint32_t index, size_t *len)
{
	const struct clients_names *n = arg;

	*len = CLIENTS_KEYLEN;
	return (n->v[index].key);
}

struct clients_names *
clients_names_new(void)
{
	struct clients_names *n;

	if ((n = calloc(1, sizeof(*n))) != NULL)
		clients_table_init(&n->by_key, key_of, n);
	return (n);
}

void
clients_names_free(struct clients_names *n)
{
	if (n == NULL)
		return;
	clients_table_free(&n->by_key);
	clients_text_free(&n->text);
	free(n->v);
	free(n);
}

/* Add a name unless the key has one.  Returns 0, or -1: out of memory. */
static int
add(struct clients_names *n, const uint8_t key[CLIENTS_KEYLEN],
    const char *name, size_t len)
{
	size_t cap = n->cap + n->cap / 2 + 16;
	struct named *v;
	uint32_t i;

	if (clients_table_find(&n->by_key, key, CLIENTS_KEYLEN, &i))
		return (0);
	if (n->n == n->cap) {
		if ((v = reallocarray(n->v, cap, sizeof(*v))) == NULL)
			return (-1);
		n->v = v;
		n->cap = cap;
	}
	v = &n->v[n->n];
	memcpy(v->key, key, CLIENTS_KEYLEN);
	if ((v->name = clients_text_keep(&n->text, name, len)) == NULL ||
	    clients_table_add(&n->by_key, (uint32_t)n->n) == -1)
		return (-1);
	n->n++;
	return (0);
}

/* Take the domain of the network off the end of a DNS name. */
static void
shorten(const struct node_list *l, char *name)
{
	size_t n = strlen(name), tail = strlen(l->suffix);

	if (n > 0 && name[n - 1] == '.')
		name[--n] = '\0';
	if (n > tail && strcmp(name + n - tail, l->suffix) == 0)
		name[n - tail] = '\0';
}

/*
 * The name of a node: the one that the control server gave it, which is unique,
 * rather than the one that it calls itself.  Returns its bytes, 0: none.
 */
static size_t
name_of(const struct node_list *l, json_ref node, char dst[CLIENTS_NAMESIZE])
{
	static const char *const fields[] = { "given_name", "givenName",
	    "DNSName", "name", "HostName" };
	char text[TEXTSIZE];
	size_t i, n;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (json_str(l->j, json_get(l->j, node, fields[i]), text,
		    sizeof(text)) == -1)
			continue;
		if (strcmp(fields[i], "DNSName") == 0)
			shorten(l, text);
		if ((n = clients_name_clean(dst, text, strlen(text))) > 0)
			return (n);
	}
	dst[0] = '\0';
	return (0);
}

/* The key of a node.  Returns 0, or -1: none. */
static int
node_key(const struct node_list *l, json_ref node, uint8_t key[CLIENTS_KEYLEN])
{
	static const char *const fields[] = { "node_key", "nodeKey",
	    "PublicKey" };
	static const uint8_t none[CLIENTS_KEYLEN];	/* before a login */
	const char *p;
	json_ref r;
	size_t i, len;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		r = json_get(l->j, node, fields[i]);
		if (json_type(l->j, r) != JSON_STRING)
			continue;
		p = json_raw(l->j, r, &len);
		/* The oldest versions of headscale print the digits alone. */
		if (clients_key_parse(key, p, len, 1) == 0)
			return (memcmp(key, none, sizeof(none)) == 0 ? -1 : 0);
	}
	return (-1);
}

/* Add the name of a node.  Returns 0, or -1: out of memory. */
static int
add_node(struct node_list *l, json_ref node)
{
	char name[CLIENTS_NAMESIZE];
	uint8_t key[CLIENTS_KEYLEN];
	size_t len;

	l->nodes++;
	if (node_key(l, node, key) == -1)
		return (0);
	l->keys++;
	len = name_of(l, node, name);
	return (len > 0 ? add(l->to, key, name, len) : 0);
}

/* Add the elements of an array, or the members of an object. */
static int
add_nodes(struct node_list *l, json_ref nodes)
{
	json_ref r;
	int object = json_type(l->j, nodes) == JSON_OBJECT;

	for (r = json_first(l->j, nodes); r != -1; r = json_next(l->j, r))
		if (add_node(l, object ? json_value(l->j, r) : r) == -1)
			return (-1);
	return (0);
}

/*
 * Read the document.  Returns NULL or, static, what is wrong; a list may have
 * no nodes.
 */
static const char *
read_list(struct node_list *l)
{
	json_ref self = json_get(l->j, 0, "Self");
	json_ref nodes = json_get(l->j, 0, "nodes");
	int rv;

	l->suffix[0] = '.';
	if (json_str(l->j, json_get(l->j, 0, "MagicDNSSuffix"), l->suffix + 1,
	    sizeof(l->suffix) - 1) <= 0)
		l->suffix[0] = '\0';
	if (json_type(l->j, 0) == JSON_NULL)
		return (NULL);
	if (json_type(l->j, 0) == JSON_ARRAY)
		rv = add_nodes(l, 0);
	else if (json_type(l->j, nodes) == JSON_ARRAY)
		rv = add_nodes(l, nodes);
	else if (json_type(l->j, self) == JSON_OBJECT) {
		if ((rv = add_node(l, self)) == 0)
			rv = add_nodes(l, json_get(l->j, 0, "Peer"));
		/* The client need not be logged in. */
		return (rv == -1 ? "out of memory" : NULL);
	} else
		return ("expected the output of \"headscale nodes list -o "
		    "json\" or \"tailscale status --json\", found another "
		    "document");
	if (rv == -1)
		return ("out of memory");
	return (l->nodes == 0 || l->keys > 0 ? NULL : "expected nodes with "
	    "node_key or nodeKey, found none");
}

int
clients_names_add(struct clients_names *n, const char *path, const char *text,
    size_t len, char *why, size_t whysize)
{
	struct node_list l = { .to = n };
	struct json_error e;
	struct json *j;
	const char *wrong;

	if (len > CLIENTS_MAX_LIST) {
		snprintf(why, whysize, "%s: expected at most %d MiB, found "
		    "more", path, CLIENTS_MAX_LIST >> 20);
		return (-1);
	}
	if ((j = json_parse(text, len, MAX_DEPTH, MAX_TOKENS, &e)) == NULL) {
		snprintf(why, whysize, "%s:%u:%u: not JSON: %s", path, e.line,
		    e.column, e.what);
		return (-1);
	}
	l.j = j;
	if ((wrong = read_list(&l)) != NULL)
		snprintf(why, whysize, "%s:1:1: %s", path, wrong);
	json_free(j);
	return (wrong == NULL ? 0 : -1);
}

const char *
clients_names_find(const struct clients_names *n,
    const uint8_t key[CLIENTS_KEYLEN])
{
	uint32_t i;

	return (clients_table_find(&n->by_key, key, CLIENTS_KEYLEN, &i) ?
	    n->v[i].name : "");
}

size_t
clients_names_count(const struct clients_names *n)
{
	return (n->n);
}

size_t
clients_names_memory(const struct clients_names *n)
{
	return (sizeof(*n) + n->cap * sizeof(*n->v) + n->text.memory +
	    clients_table_memory(&n->by_key));
}

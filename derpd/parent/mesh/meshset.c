/*
 * meshset: the nodes of the configuration and their numbers; see meshset.h.
 * Pure.
 */
#include <sodium.h>
#include <string.h>

#include "bigendian.h"
#include "conf.h"
#include "meshset.h"

static void
set(char *dst, const char *s, size_t size)
{
	strlcpy(dst, s == NULL ? "" : s, size);
}

static void
settings_of(struct meshset_settings *s, const struct conf *c,
    const struct conf_node *n)
{
	memset(s, 0, sizeof(*s));
	set(s->host, n->host, sizeof(s->host));
	set(s->address, n->address, sizeof(s->address));
	set(s->certname, n->certname, sizeof(s->certname));
	set(s->cafile, c->mesh.cafile, sizeof(s->cafile));
	s->port = n->port;
	s->has_key = n->has_key != 0;
	memcpy(s->key, n->key, sizeof(s->key));
}

/* The settings of all nodes, in order.  Returns their number. */
static unsigned int
list(struct meshset_settings v[IPC_MAXNODES], const struct conf *c)
{
	const struct conf_node *node;
	unsigned int n = 0;

	TAILQ_FOREACH(node, &c->mesh.nodes, entry)
		if (n < IPC_MAXNODES)
			settings_of(&v[n++], c, node);
	return (n);
}

/* The settings of this node in the list of `n'; -1: it has none. */
static int
find(const struct meshset_settings *v, unsigned int n,
    const struct meshset_settings *s)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (memcmp(&v[i], s, sizeof(*s)) == 0)
			return ((int)i);
	return (-1);
}

/* Forget the nodes that are not in the list, and mark those that are. */
static uint32_t
keep(struct meshset *m, const struct meshset_settings *v, unsigned int n,
    int kept[IPC_MAXNODES])
{
	uint32_t changed = 0;
	unsigned int i;
	int at;

	for (i = 0; i < IPC_MAXNODES; i++) {
		if (m->nodes[i].conf.host[0] == '\0')
			continue;
		if ((at = find(v, n, &m->nodes[i].conf)) != -1) {
			kept[at] = 1;
			continue;
		}
		memset(&m->nodes[i], 0, sizeof(m->nodes[i]));
		changed |= 1U << i;
	}
	return (changed);
}

uint32_t
meshset_assign(struct meshset *m, const struct conf *c)
{
	struct meshset_settings v[IPC_MAXNODES];
	unsigned int i, free = 0, n = list(v, c);
	int kept[IPC_MAXNODES] = { 0 };
	uint32_t changed = keep(m, v, n, kept);

	for (i = 0; i < n; i++) {
		if (kept[i])
			continue;
		while (m->nodes[free].conf.host[0] != '\0')
			free++;
		m->nodes[free].conf = v[i];
		changed |= 1U << free;
	}
	return (changed);
}

static void
hash_text(crypto_generichash_state *st, const char *s)
{
	/* With its end, so that two texts are never those of others. */
	crypto_generichash_update(st, (const unsigned char *)s, strlen(s) + 1);
}

static void
hash_of(const struct meshset_settings *s, uint8_t hash[IPC_NODEHASH_LEN])
{
	crypto_generichash_state st;
	uint8_t n[5];

	base_put32(n, s->port);
	n[4] = s->has_key != 0;
	crypto_generichash_init(&st, NULL, 0, IPC_NODEHASH_LEN);
	hash_text(&st, s->host);
	hash_text(&st, s->address);
	hash_text(&st, s->certname);
	hash_text(&st, s->cafile);
	crypto_generichash_update(&st, n, sizeof(n));
	crypto_generichash_update(&st, s->key, sizeof(s->key));
	crypto_generichash_final(&st, hash, IPC_NODEHASH_LEN);
}

unsigned int
meshset_list(const struct meshset *m, uint8_t *v)
{
	unsigned int i, n = 0;

	for (i = 0; i < IPC_MAXNODES; i++) {
		if (m->nodes[i].conf.host[0] == '\0')
			continue;
		v[0] = (uint8_t)i;
		hash_of(&m->nodes[i].conf, v + 1);
		v += IPC_NODE_LEN;
		n++;
	}
	return (n);
}

void
meshset_match(const struct meshset *m, const uint8_t *v, unsigned int n,
    uint8_t map[IPC_MAXNODES])
{
	uint8_t hash[IPC_NODEHASH_LEN];
	unsigned int i, k;

	memset(map, IPC_NONODE, IPC_MAXNODES);
	for (i = 0; i < IPC_MAXNODES; i++) {
		if (m->nodes[i].conf.host[0] == '\0')
			continue;
		hash_of(&m->nodes[i].conf, hash);
		for (k = 0; k < n; k++) {
			const uint8_t *r = v + k * IPC_NODE_LEN;

			if (r[0] < IPC_MAXNODES &&
			    memcmp(r + 1, hash, sizeof(hash)) == 0)
				map[r[0]] = (uint8_t)i;
		}
	}
}

uint32_t
meshset_links(unsigned int worker, unsigned int nworkers, const uint8_t *map)
{
	uint32_t links = 0;
	unsigned int i, n;

	for (i = worker; i < IPC_MAXNODES; i += nworkers) {
		n = map == NULL ? i : map[i];
		if (n < IPC_MAXNODES)
			links |= 1U << n;
	}
	return (links);
}

int
meshset_key_read(struct meshset_key *now, const struct meshset_key *was,
    const uint8_t *hash, size_t len)
{
	*now = *was;
	if (len != 0 && len != sizeof(now->hash))
		return (-1);
	memset(now->hash, 0, sizeof(now->hash));
	if (len != 0)
		memcpy(now->hash, hash, len);
	if (memcmp(now->hash, was->hash, sizeof(now->hash)) != 0)
		now->number++;
	return (0);
}

static int
is_zero(const uint8_t hash[IPC_MESHHASH_LEN])
{
	static const uint8_t none[IPC_MESHHASH_LEN];

	return (memcmp(hash, none, sizeof(none)) == 0);
}

void
meshset_key_used(struct meshset *m, const uint8_t *hash)
{
	if (!is_zero(hash))
		memcpy(m->last_hash, hash, sizeof(m->last_hash));
}

int
meshset_had_key(const struct meshset *m)
{
	return (!is_zero(m->last_hash));
}

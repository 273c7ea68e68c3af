/*
 * bconf_peer: the peer lines of an interface; see options.def.  Called by
 * grammatch.c and through the type of their field.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bconf_check.h"
#include "bconf_types.h"
#include "clientname.h"
#include "gramprint.h"
#include "gramstore.h"

#define BASE64		sodium_base64_VARIANT_ORIGINAL
#define KEYTEXT		sodium_base64_ENCODED_LEN(IPC_KEYLEN, BASE64)

/* The value of the statement with this type; NULL: it has none. */
static const struct gram_item *
value(const struct gram_statement *s, const struct gram_type *type,
    const struct gram_option **row)
{
	unsigned int i;

	for (i = 1; i < s->n; i++)
		if (s->row[i]->type == type) {
			*row = s->row[i];
			return (&s->item[i]);
		}
	return (NULL);
}

/*
 * 0, or -1: reported.  The decoder accepts the form that wg(8) prints alone, so
 * that a key has one text.
 */
static int
get_key(const struct gram_statement *s, uint8_t key[IPC_KEYLEN])
{
	const char *text = s->item[0].text;
	size_t n;

	if (sodium_base642bin(key, IPC_KEYLEN, text, strlen(text), NULL, &n,
	    NULL, BASE64) == 0 && n == IPC_KEYLEN)
		return (0);
	gram_error(&s->pos, "peer \"%s\": expected a public key of WireGuard, "
	    "44 characters of base64 as `wg show' prints it", text);
	return (-1);
}

/* 0, or -1: reported. */
static int
get_region(const struct gram_statement *s, int64_t *region)
{
	const struct gram_option *row;
	const struct gram_item *it;

	*region = BCONF_INHERIT;
	if ((it = value(s, &bconf_type_peer_region, &row)) == NULL)
		return (0);
	return (gram_type_choice.number(row, it, region));
}

/* 0, or -1: reported. */
static int
get_name(const struct gram_statement *s, const char **name)
{
	const struct gram_option *row;
	const struct gram_item *it;

	*name = NULL;
	if ((it = value(s, &bconf_type_peer_name, &row)) == NULL)
		return (0);
	*name = it->text;
	if (clients_name_valid(it->text, strlen(it->text)))
		return (0);
	gram_error(&s->pos, "%s \"%s\": expected 1 to %d bytes of UTF-8 "
	    "without control characters", gram_name(row), it->text,
	    IPC_ADMIT_NAMESIZE - 1);
	return (-1);
}

/* Check that one more peer may be named, and this one. */
static int
may_add(const struct bconf_iface *f, const struct gram_statement *s,
    const uint8_t key[IPC_KEYLEN])
{
	const struct bconf_peer *p;
	int n = 0;

	TAILQ_FOREACH(p, &f->peers, entry) {
		if (memcmp(p->key, key, IPC_KEYLEN) == 0) {
			gram_error(&s->pos, "peer \"%s\" appears twice",
			    s->item[0].text);
			return (0);
		}
		n++;
	}
	if (n < IPC_BRIDGE_MAXPEERS)
		return (1);
	gram_error(&s->pos, "peer \"%s\": expected at most %d an interface",
	    s->item[0].text, IPC_BRIDGE_MAXPEERS);
	return (0);
}

/* peer "KEY" [name "NAME"] [region rendezvous | nearest | NUMBER] */
static void
apply_peer(const struct gram_statement *s)
{
	struct bconf_iface *f = TAILQ_LAST(&bconf_parsed->ifaces,
	    bconf_ifaces);
	uint8_t key[IPC_KEYLEN];
	struct bconf_peer *p;
	const char *name;
	int64_t region;

	if (get_key(s, key) == -1 || get_name(s, &name) == -1 ||
	    get_region(s, &region) == -1 || !may_add(f, s, key))
		return;
	p = gram_alloc(sizeof(*p));
	memcpy(p->key, key, sizeof(p->key));
	p->name = name == NULL ? NULL : gram_dup(name);
	p->region = region;
	p->pos = s->pos;
	TAILQ_INSERT_TAIL(&f->peers, p, entry);
}

static int
same_peers(const void *pa, const void *pb)
{
	const struct bconf_peers *a = pa, *b = pb;
	const struct bconf_peer *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (memcmp(x->key, y->key, sizeof(x->key)) != 0 ||
		    !gram_same_text(x->name, y->name) ||
		    x->region != y->region)
			return (0);
	return (x == NULL && y == NULL);
}

static void
free_peers(void *list)
{
	struct bconf_peers *peers = list;
	struct bconf_peer *p;

	while ((p = TAILQ_FIRST(peers)) != NULL) {
		TAILQ_REMOVE(peers, p, entry);
		free(p->name);
		free(p);
	}
}

static void
print_peers(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct bconf_peers *peers = gram_get_list(o, base);
	const struct bconf_peer *p;
	char key[KEYTEXT];

	TAILQ_FOREACH(p, peers, entry) {
		sodium_bin2base64(key, sizeof(key), p->key, sizeof(p->key),
		    BASE64);
		fprintf(f, "%s%s \"%s\"", indent, o->keywords, key);
		if (p->name != NULL) {
			fputs(" name ", f);
			gram_print_string(f, p->name);
		}
		if (p->region == BCONF_RENDEZVOUS)
			fputs(" region rendezvous", f);
		else if (p->region == BCONF_NEAREST)
			fputs(" region nearest", f);
		else if (p->region != BCONF_INHERIT)
			fprintf(f, " region %lld", (long long)p->region);
		putc('\n', f);
	}
}

const struct gram_type bconf_type_peer = {
	.arg = "\"KEY\"", .accepts = GRAM_STRING, .store = GRAM_OWN,
	.same = same_peers, .free = free_peers, .print = print_peers,
	.apply = apply_peer
};
const struct gram_type bconf_type_peer_name = {
	.arg = "\"NAME\"", .accepts = GRAM_STRING
};
const struct gram_type bconf_type_peer_region = {
	.accepts = GRAM_WORD | GRAM_NUMBER
};

/*
 * memory: see memory.h.  Called by iface.c, ifaceset.c, wg.c and wgreport.c.
 * Touches memory alone.
 */
#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigendian.h"
#include "memory.h"

#define FIRST_LINE	"derpbridge state 1\n"
#define LINESIZE	256
#define KEYTEXT		sodium_base64_ENCODED_LEN(WG_KEYLEN,		\
			    sodium_base64_VARIANT_ORIGINAL)

static void
make_id(struct wg_memo_id *id, const char *ifname, const uint8_t *key)
{
	size_t n = strlen(ifname);

	memset(id, 0, sizeof(*id));
	memcpy(id->name, ifname, n < sizeof(id->name) ? n :
	    sizeof(id->name) - 1);
	memcpy(id->key, key, WG_KEYLEN);
}

/* Forget peers that are not there, to have room. */
static void
make_room(struct wg_memory *m)
{
	struct wg_memo *o, *next;

	for (o = m->table; o != NULL; o = next) {
		next = o->hh.next;
		if (o->users > 0)
			continue;
		HASH_DEL(m->table, o);
		free(o);
	}
}

struct wg_memo *
wg_memory_get(struct wg_memory *m, const char *ifname,
    const uint8_t key[WG_KEYLEN])
{
	struct wg_memo_id id;
	struct wg_memo *o;

	make_id(&id, ifname, key);
	HASH_FIND(hh, m->table, &id, sizeof(id), o);
	if (o != NULL)
		return (o);
	if (HASH_COUNT(m->table) >= WG_MEMORY_MAX)
		make_room(m);
	if (HASH_COUNT(m->table) >= WG_MEMORY_MAX ||
	    (o = calloc(1, sizeof(*o))) == NULL)
		return (NULL);
	o->id = id;
	HASH_ADD(hh, m->table, id, sizeof(o->id), o);
	return (o);
}

static void
changed(struct wg_memory *m, struct wg_memo *o)
{
	o->dirty = m->dirty = 1;
}

void
wg_memo_local(struct wg_memory *m, struct wg_memo *o, uint32_t local)
{
	if (o->local == local)
		return;
	o->local = local;
	changed(m, o);
}

void
wg_memo_direct(struct wg_memory *m, struct wg_memo *o,
    const struct wg_endpoint *e)
{
	if (wg_endpoint_same(&o->direct, e))
		return;
	o->direct = *e;
	changed(m, o);
}

void
wg_memory_free(struct wg_memory *m)
{
	struct wg_memo *o, *next;

	for (o = m->table; o != NULL; o = next) {
		next = o->hh.next;
		HASH_DEL(m->table, o);
		free(o);
	}
	m->dirty = 0;
}

/* The text */

/* Parse the words of a line.  Returns 0, or -1. */
static int
get_words(struct wg_memory *m, char *const word[5], uint32_t day)
{
	struct wg_endpoint e;
	struct wg_memo *o;
	uint8_t key[WG_KEYLEN];
	const char *error;
	struct in_addr in;
	uint32_t seen;
	size_t n;

	if (strlen(word[0]) >= WG_IFNAMSIZE ||
	    sodium_base642bin(key, sizeof(key), word[1], strlen(word[1]), NULL,
	    &n, NULL, sodium_base64_VARIANT_ORIGINAL) == -1 ||
	    n != sizeof(key) || inet_pton(AF_INET, word[2], &in) != 1)
		return (-1);
	memset(&e, 0, sizeof(e));
	if (strcmp(word[3], "none") != 0 &&
	    wg_endpoint_parse(&e, word[3]) == -1)
		return (-1);
	seen = (uint32_t)strtonum(word[4], 0, UINT32_MAX, &error);
	if (error != NULL)
		return (-1);
	/* A day to come is of a clock that was wrong. */
	if (seen > day)
		seen = day;
	if (day - seen > WG_MEMORY_DAYS)
		return (0);
	if ((o = wg_memory_get(m, word[0], key)) == NULL)
		return (-1);
	o->local = ntohl(in.s_addr);
	o->direct = e;
	o->day = seen;
	return (0);
}

static int
get_line(struct wg_memory *m, const char *p, size_t len, uint32_t day)
{
	char line[LINESIZE], *next = line, *word[5];
	size_t i;

	if (len >= sizeof(line) || memchr(p, '\0', len) != NULL)
		return (-1);
	memcpy(line, p, len);
	line[len] = '\0';
	for (i = 0; i < 5; i++)
		if ((word[i] = strsep(&next, " ")) == NULL || *word[i] == '\0')
			return (-1);
	return (next == NULL ? get_words(m, word, day) : -1);
}

int
wg_memory_load(struct wg_memory *m, const char *p, size_t len, uint32_t day)
{
	const size_t first = strlen(FIRST_LINE);
	const char *end;
	size_t n;

	if (len < first || memcmp(p, FIRST_LINE, first) != 0)
		return (-1);
	for (p += first, len -= first; len > 0; p += n + 1, len -= n + 1) {
		if ((end = memchr(p, '\n', len)) == NULL)
			return (-1);
		n = (size_t)(end - p);
		if (get_line(m, p, n, day) == -1)
			return (-1);
	}
	return (0);
}

/* Append the line of a peer if it fits.  Returns 1, or 0. */
static int
put_line(const struct wg_memo *o, char *dst, size_t size, size_t *len)
{
	char key[KEYTEXT], where[WG_ENDPOINT_TEXT];
	uint8_t a[4];
	int n;

	sodium_bin2base64(key, sizeof(key), o->id.key, sizeof(o->id.key),
	    sodium_base64_VARIANT_ORIGINAL);
	wg_endpoint_text(&o->direct, where);
	base_put32(a, o->local);
	n = snprintf(dst + *len, size - *len, "%s %s %u.%u.%u.%u %s %u\n",
	    o->id.name, key, a[0], a[1], a[2], a[3], where, o->day);
	if (n < 0 || (size_t)n >= size - *len)
		return (0);
	*len += (size_t)n;
	return (1);
}

/* Append all peers that are present, or not. */
static size_t
put_lines(struct wg_memory *m, int present, char *dst, size_t size, size_t *len,
    uint32_t day)
{
	struct wg_memo *o;
	size_t left_out = 0;

	for (o = m->table; o != NULL; o = o->hh.next) {
		if ((o->users > 0) != present || o->local == 0)
			continue;
		if (present)
			o->day = day;
		left_out += !put_line(o, dst, size, len);
		o->dirty = 0;
	}
	return (left_out);
}

size_t
wg_memory_text(struct wg_memory *m, char *dst, size_t size, uint32_t day,
    size_t *left_out)
{
	size_t len;

	len = strlcpy(dst, FIRST_LINE, size);
	*left_out = put_lines(m, 1, dst, size, &len, day);
	*left_out += put_lines(m, 0, dst, size, &len, day);
	m->dirty = 0;
	return (len);
}

/*
 * clientsfile: see clientsfile.h.  Called by admit and derpctl.
 *
 * The work is linear in the bytes of the file: keys and groups are found by
 * hash tables, and arrays grow by half.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bom.h"
#include "clientsfile.h"
#include "clientstable.h"
#include "clientstext.h"

struct clients_file {
	struct clients_entry	*entries;
	size_t			 nentries, entries_cap, ndenied;
	struct clients_group	*groups;	/* number 1 is the first */
	size_t			 ngroups, groups_cap;
	struct clients_table	 by_key, by_name;
	struct clients_text	 names;
};

/* A file that is being read. */
struct reading {
	struct clients_file	*f;
	const char		*path;
	unsigned int		 number;	/* of the line */
	char			*why;
	size_t			 whysize;
};

static const void *
key_of(const void *arg, uint32_t index, size_t *len)
{
	const struct clients_file *f = arg;

	*len = CLIENTS_KEYLEN;
	return (f->entries[index].key);
}

static const void *
name_of(const void *arg, uint32_t index, size_t *len)
{
	const struct clients_file *f = arg;

	*len = strlen(f->groups[index].name);
	return (f->groups[index].name);
}

/* Set the error; `column' from 1.  Always returns -1. */
static int
bad(const struct reading *r, size_t column, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
bad(const struct reading *r, size_t column, const char *fmt, ...)
{
	char what[CLIENTS_ERRORSIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(r->why, r->whysize, "%s:%u:%zu: %s", r->path, r->number,
	    column, what);
	return (-1);
}

static int
no_memory(const struct reading *r)
{
	snprintf(r->why, r->whysize, "%s: out of memory", r->path);
	return (-1);
}

/*
 * Make room for one more item of `size' bytes in an array.  Returns the array,
 * or NULL.
 */
static void *
room(void *v, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap + *cap / 2 + 16;

	if (n < *cap)
		return (v);
	if ((v = reallocarray(v, more, size)) != NULL)
		*cap = more;
	return (v);
}

/*
 * The number of the group of this name, which is added when missing.  Returns
 * -1 when it can't be.
 */
static int
group_number(const struct reading *r, const struct clients_line *l,
    uint32_t *number)
{
	struct clients_file *f = r->f;
	struct clients_group *g;
	uint32_t i;

	if (clients_table_find(&f->by_name, l->group, strlen(l->group), &i)) {
		*number = i + 1;
		return (0);
	}
	if (f->ngroups == CLIENTS_MAX_GROUPS)
		return (bad(r, l->subject + 1, "expected at most %d groups, "
		    "found one more", CLIENTS_MAX_GROUPS));
	if ((g = room(f->groups, f->ngroups, &f->groups_cap,
	    sizeof(*g))) == NULL)
		return (no_memory(r));
	f->groups = g;
	g += f->ngroups;
	memset(g, 0, sizeof(*g));
	if ((g->name = clients_text_keep(&f->names, l->group,
	    strlen(l->group))) == NULL ||
	    clients_table_add(&f->by_name, (uint32_t)f->ngroups) == -1)
		return (no_memory(r));
	*number = (uint32_t)++f->ngroups;
	return (0);
}

static int
add_group(const struct reading *r, const struct clients_line *l)
{
	struct clients_group *g;
	uint32_t n;

	if (group_number(r, l, &n) == -1)
		return (-1);
	g = &r->f->groups[n - 1];
	if (g->line != 0)
		return (bad(r, l->subject + 1, "expected one line about each "
		    "group, found \"%s\" in line %u already", g->name,
		    g->line));
	g->rate = l->rate;
	g->burst = l->burst;
	g->quota = l->quota;
	g->connections = l->connections;
	g->line = r->number;
	return (0);
}

/* Report that the key of the line is in the file already. */
static int
repeated(const struct reading *r, const struct clients_line *l,
    const struct clients_entry *e)
{
	int deny = l->kind == CLIENTS_DENY;

	if (deny == (int)e->deny)
		return (bad(r, l->subject + 1, "expected each key once, found "
		    "this one in line %u already", e->line));
	return (bad(r, l->subject + 1, "expected a key to be either listed or "
	    "denied, found this one %s in line %u", e->deny ? "denied" :
	    "listed", e->line));
}

static int
add_key(const struct reading *r, const struct clients_line *l)
{
	struct clients_file *f = r->f;
	struct clients_entry *e;
	uint32_t at;

	if (clients_table_find(&f->by_key, l->key, sizeof(l->key), &at))
		return (repeated(r, l, &f->entries[at]));
	if ((e = room(f->entries, f->nentries, &f->entries_cap,
	    sizeof(*e))) == NULL)
		return (no_memory(r));
	f->entries = e;
	e += f->nentries;
	memset(e, 0, sizeof(*e));
	memcpy(e->key, l->key, sizeof(e->key));
	e->line = r->number & 0x7fffffff;
	e->deny = l->kind == CLIENTS_DENY;
	if (l->group[0] != '\0' && group_number(r, l, &e->group) == -1)
		return (-1);
	if ((e->name = clients_text_keep(&f->names, l->name,
	    strlen(l->name))) == NULL ||
	    clients_table_add(&f->by_key, (uint32_t)f->nentries) == -1)
		return (no_memory(r));
	f->nentries++;
	f->ndenied += e->deny;
	return (0);
}

static int
read_line(const struct reading *r, const char *p, size_t len)
{
	struct clients_line l;
	struct clients_wrong wrong;

	if (clients_line_parse(&l, p, len, &wrong) == -1)
		return (bad(r, wrong.column, "%s", wrong.what));
	switch (l.kind) {
	case CLIENTS_ALLOW:
	case CLIENTS_DENY:
		return (add_key(r, &l));
	case CLIENTS_GROUP:
		return (add_group(r, &l));
	case CLIENTS_BLANK:
		break;
	}
	return (0);
}

/* Is this a text that can be read?  A mark of UTF-8 is skipped later. */
static int
is_text(const struct reading *r, const char *text, size_t len)
{
	const char *bom = base_bom_found(text, len);

	if (bom != NULL && text[0] != '\xef') {
		snprintf(r->why, r->whysize, "%s: %s", r->path, bom);
		return (0);
	}
	if (len > CLIENTS_MAX_SIZE) {
		snprintf(r->why, r->whysize, "%s: expected at most %d MiB, "
		    "found more", r->path, CLIENTS_MAX_SIZE >> 20);
		return (0);
	}
	return (1);
}

/* Give back what the arrays did not need. */
static void
trim(struct clients_file *f)
{
	void *v;

	if (f->nentries > 0 && (v = reallocarray(f->entries, f->nentries,
	    sizeof(*f->entries))) != NULL) {
		f->entries = v;
		f->entries_cap = f->nentries;
	}
	if (f->ngroups > 0 && (v = reallocarray(f->groups, f->ngroups,
	    sizeof(*f->groups))) != NULL) {
		f->groups = v;
		f->groups_cap = f->ngroups;
	}
}

struct clients_file *
clients_file_parse(const char *path, const char *text, size_t len, char *why,
    size_t whysize)
{
	struct reading r = { .path = path, .why = why, .whysize = whysize };
	struct clients_lines it;

	if (!is_text(&r, text, len))
		return (NULL);
	if ((r.f = calloc(1, sizeof(*r.f))) == NULL) {
		(void)no_memory(&r);
		return (NULL);
	}
	clients_table_init(&r.f->by_key, key_of, r.f);
	clients_table_init(&r.f->by_name, name_of, r.f);
	clients_lines_begin(&it, text, len);
	while (clients_lines_next(&it)) {
		r.number = it.number;
		if (read_line(&r, it.p, it.len) == -1) {
			clients_file_free(r.f);
			return (NULL);
		}
	}
	trim(r.f);
	return (r.f);
}

void
clients_file_free(struct clients_file *f)
{
	if (f == NULL)
		return;
	clients_table_free(&f->by_key);
	clients_table_free(&f->by_name);
	clients_text_free(&f->names);
	free(f->entries);
	free(f->groups);
	free(f);
}

const struct clients_entry *
clients_file_find(const struct clients_file *f,
    const uint8_t key[CLIENTS_KEYLEN])
{
	uint32_t i;

	return (clients_table_find(&f->by_key, key, CLIENTS_KEYLEN, &i) ?
	    &f->entries[i] : NULL);
}

const struct clients_entry *
clients_file_entry(const struct clients_file *f, size_t i)
{
	return (i < f->nentries ? &f->entries[i] : NULL);
}

size_t
clients_file_count(const struct clients_file *f)
{
	return (f->nentries - f->ndenied);
}

uint32_t
clients_file_ngroups(const struct clients_file *f)
{
	return ((uint32_t)f->ngroups);
}

const struct clients_group *
clients_file_group(const struct clients_file *f, uint32_t n)
{
	return (n >= 1 && n <= f->ngroups ? &f->groups[n - 1] : NULL);
}

uint32_t
clients_file_find_group(const struct clients_file *f, const char *name)
{
	uint32_t i;

	return (clients_table_find(&f->by_name, name, strlen(name), &i) ?
	    i + 1 : 0);
}

size_t
clients_file_memory(const struct clients_file *f)
{
	return (sizeof(*f) + f->entries_cap * sizeof(*f->entries) +
	    f->groups_cap * sizeof(*f->groups) + f->names.memory +
	    clients_table_memory(&f->by_key) +
	    clients_table_memory(&f->by_name));
}

/*
 * Fuzz target: the clients file, and changes of it.  What is accepted has the
 * properties of clientsfile.h; a change gives a file in which that key alone is
 * another one, and is none when it is repeated.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clientsedit.h"
#include "clientsfile.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t	key[CLIENTS_KEYLEN] = { [31] = 0x0a };
static char		why[512];

static void
must(int ok)
{
	if (!ok)
		abort();
}

static struct clients_file *
parse(const void *p, size_t len)
{
	struct clients_file *f;

	why[0] = '\0';
	f = clients_file_parse("f", p, len, why, sizeof(why));
	must(memchr(why, '\0', sizeof(why)) != NULL);
	must((f == NULL) == (strncmp(why, "f:", 2) == 0));
	return (f);
}

static const char *
group_of(const struct clients_file *f, const struct clients_entry *e)
{
	return (e->group == 0 ? "" : clients_file_group(f, e->group)->name);
}

/* Groups have names of their own, and limits within bounds. */
static void
check_groups(const struct clients_file *f)
{
	const struct clients_group *g;
	uint32_t i;

	for (i = 1; i <= clients_file_ngroups(f); i++) {
		must((g = clients_file_group(f, i)) != NULL);
		must(clients_name_valid(g->name, strlen(g->name)));
		must(clients_file_find_group(f, g->name) == i);
		must(g->rate <= CLIENTS_MAX_RATE);
		must(g->burst == 0 || (g->rate != 0 &&
		    g->burst >= CLIENTS_MIN_BURST));
		must(g->quota <= INT64_MAX);
		must(g->connections <= CLIENTS_MAX_CONNECTIONS);
	}
	must(clients_file_group(f, i) == NULL);
}

static void
check_file(const struct clients_file *f)
{
	const struct clients_entry *e;
	size_t i, admitted = 0;

	for (i = 0; (e = clients_file_entry(f, i)) != NULL; i++) {
		must(clients_file_find(f, e->key) == e);
		must(e->group <= clients_file_ngroups(f));
		must(e->name[0] == '\0' ||
		    clients_name_valid(e->name, strlen(e->name)));
		must(e->line > 0 && (!e->deny || e->group == 0));
		admitted += !e->deny;
	}
	must(admitted == clients_file_count(f));
	check_groups(f);
}

/* All entries of `a' but that of the key are in `b', as they are. */
static void
has_others(const struct clients_file *a, const struct clients_file *b)
{
	const struct clients_entry *e, *o;
	size_t i;

	for (i = 0; (e = clients_file_entry(a, i)) != NULL; i++) {
		if (memcmp(e->key, key, sizeof(key)) == 0)
			continue;
		must((o = clients_file_find(b, e->key)) != NULL);
		must(e->deny == o->deny && strcmp(e->name, o->name) == 0);
		must(strcmp(group_of(a, e), group_of(b, o)) == 0);
	}
}

/* The key is in the file as the change says. */
static void
is_changed(const struct clients_file *f, const struct clients_change *c)
{
	const struct clients_entry *e = clients_file_find(f, c->key);

	must((e == NULL) == (c->kind == CLIENTS_BLANK));
	if (e == NULL)
		return;
	must(e->deny == (c->kind == CLIENTS_DENY));
	if (c->name != NULL && c->name[0] != '\0')
		must(strcmp(e->name, c->name) == 0);
	if (c->group != NULL && !e->deny)
		must(strcmp(group_of(f, e), c->group) == 0);
}

static void
change(const struct clients_file *f, const uint8_t *p, size_t len,
    const struct clients_change *c)
{
	struct clients_file *to;
	struct ipc_wr w, again;
	int rv;

	ipc_wr_init(&w);
	ipc_wr_init(&again);
	rv = clients_edit("f", (const char *)p, len, c, &w, why, sizeof(why));
	must(rv == 0 || rv == 1);
	if (rv == 0)
		is_changed(f, c);
	else {
		must((to = parse(w.p, w.len)) != NULL);
		check_file(to);
		is_changed(to, c);
		has_others(f, to);
		has_others(to, f);
		clients_file_free(to);
		must(clients_edit("f", (const char *)w.p, w.len, c, &again,
		    why, sizeof(why)) == 0);
	}
	ipc_wr_free(&w);
	ipc_wr_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char *const names[] = { NULL, "", "n", "a \"#\\" };
	struct clients_change c;
	struct clients_file *f;
	size_t i;

	must(sodium_init() != -1);
	if (len > 65536 || (f = parse(p, len)) == NULL)
		return (0);
	check_file(f);
	memcpy(c.key, key, sizeof(key));
	for (i = 0; i < 3 * 4 * 2; i++) {
		c.kind = i % 3 == 0 ? CLIENTS_ALLOW : i % 3 == 1 ?
		    CLIENTS_DENY : CLIENTS_BLANK;
		c.name = names[i / 3 % 4];
		c.group = names[i / 12 * 2];
		change(f, p, len, &c);
	}
	clients_file_free(f);
	return (0);
}

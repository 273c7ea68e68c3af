/*
 * clientsedit: see clientsedit.h.
 */
#include <stdio.h>
#include <string.h>

#include "clientsedit.h"
#include "clientsfile.h"

/* The text that is being changed. */
struct edited {
	const char	*text;
	size_t		 len;
	struct ipc_wr	*out;
};

static void
put(const struct edited *e, const char *s)
{
	ipc_wr_bytes(e->out, s, strlen(s));
}

/* Write an option and its name, in quotes if needed; nothing for "". */
static void
put_option(const struct edited *e, const char *option, const char *name)
{
	int quote = strpbrk(name, " \"#") != NULL;

	if (name[0] == '\0')
		return;
	put(e, option);
	if (!quote) {
		put(e, name);
		return;
	}
	ipc_wr_u8(e->out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			ipc_wr_u8(e->out, '\\');
		ipc_wr_u8(e->out, (uint8_t)*name);
	}
	ipc_wr_u8(e->out, '"');
}

/* Write the statement about a key. */
static void
put_statement(const struct edited *e, const struct clients_change *c)
{
	char key[CLIENTS_KEYTEXT + 1];

	clients_key_text(key, c->key);
	if (c->kind == CLIENTS_DENY)
		put(e, "deny ");
	put(e, key);
	if (c->kind == CLIENTS_ALLOW && c->group != NULL)
		put_option(e, " group ", c->group);
	if (c->name != NULL)
		put_option(e, " name ", c->name);
}

/* Append a line, with an end as the first line has. */
static void
append(const struct edited *e, const struct clients_change *c)
{
	const char *nl = memchr(e->text, '\n', e->len), *end = "\n";
	struct clients_lines it;

	if (nl != NULL && nl > e->text && nl[-1] == '\r')
		end = "\r\n";
	ipc_wr_bytes(e->out, e->text, e->len);
	clients_lines_begin(&it, e->text, e->len);
	if (it.next < it.end && it.end[-1] != '\n')
		put(e, end);
	put_statement(e, c);
	put(e, end);
}

/*
 * What becomes of the line `l', with what stays filled in in *c.  Returns 1, or
 * 0 when nothing changes.
 */
static int
merge(const struct clients_line *l, struct clients_change *c)
{
	int same;

	/* A name that is the comment stays there. */
	if (!l->named && c->name != NULL && (c->name[0] == '\0' ||
	    strcmp(c->name, l->name) == 0))
		c->name = NULL;
	same = c->kind == l->kind &&
	    (c->name == NULL || strcmp(c->name, l->name) == 0) &&
	    (c->kind == CLIENTS_DENY || c->group == NULL ||
	    strcmp(c->group, l->group) == 0);
	if (c->name == NULL && l->named)
		c->name = l->name;
	if (c->group == NULL)
		c->group = l->group;
	return (!same);
}

/* Change the line of this number.  Returns 1, or 0 when nothing changes. */
static int
change(const struct edited *e, unsigned int number,
    const struct clients_change *wanted)
{
	struct clients_change c = *wanted;
	struct clients_wrong wrong;
	struct clients_lines it;
	struct clients_line l;
	const char *first, *rest;

	clients_lines_begin(&it, e->text, e->len);
	while (it.number < number && clients_lines_next(&it))
		;
	first = it.p;
	rest = it.next;
	if (c.kind != CLIENTS_BLANK) {
		if (clients_line_parse(&l, it.p, it.len, &wrong) == -1 ||
		    !merge(&l, &c))
			return (0);
		first += l.first;
		rest = it.p + l.end;
	}
	ipc_wr_bytes(e->out, e->text, (size_t)(first - e->text));
	if (c.kind != CLIENTS_BLANK)
		put_statement(e, &c);
	ipc_wr_bytes(e->out, rest, (size_t)(e->text + e->len - rest));
	return (1);
}

/* Is this a name, if there is one? */
static int
is_name(const char *name, const char *what, char *why, size_t whysize)
{
	if (name == NULL || name[0] == '\0' ||
	    clients_name_valid(name, strlen(name)))
		return (1);
	snprintf(why, whysize, "%s: expected 1 to 64 bytes of UTF-8 without "
	    "control characters", what);
	return (0);
}

int
clients_edit(const char *path, const char *text, size_t len,
    const struct clients_change *c, struct ipc_wr *out, char *why,
    size_t whysize)
{
	struct edited e = { text, len, out };
	const struct clients_entry *old;
	struct clients_file *f;
	const char *result = "";
	size_t before = out->len;
	int changed = 1;

	if (!is_name(c->name, "name", why, whysize) ||
	    !is_name(c->group, "group", why, whysize) ||
	    (f = clients_file_parse(path, text, len, why, whysize)) == NULL)
		return (-1);
	if ((old = clients_file_find(f, c->key)) != NULL)
		changed = change(&e, old->line, c);
	else if (c->kind != CLIENTS_BLANK)
		append(&e, c);
	else
		changed = 0;
	clients_file_free(f);
	if (!changed)
		return (0);
	if (!ipc_wr_ok(out)) {
		snprintf(why, whysize, "%s: out of memory", path);
		return (-1);
	}
	/* Without a line there is no output, and no memory for it. */
	if (out->len > before)
		result = (const char *)out->p + before;
	if ((f = clients_file_parse(path, result, out->len - before, why,
	    whysize)) == NULL)
		return (-1);
	clients_file_free(f);
	return (1);
}

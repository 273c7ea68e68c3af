/*
 * mapedit: see mapedit.h.  Called by derpctl.
 *
 * A new entry is formatted like its neighbours: the text between the last two
 * entries precedes it, and the text behind the last entry's name follows its
 * name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mapcheck.h"
#include "mapedit.h"
#include "mapplace.h"

#define GAP_SIZE	256		/* bytes of white space that are kept */

/* White space around the entries of an object or array. */
struct style {
	char	 gap[GAP_SIZE];		/* before an entry */
	char	 colon[GAP_SIZE];	/* between name and value */
	int	 lines;			/* one entry per line */
	char	 unit[GAP_SIZE];	/* indentation of one level */
};

static int fail(char *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

static int
fail(char *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, MAPEDIT_ERROR, fmt, ap);
	va_end(ap);
	return (-1);
}

static struct json *
parse(const char *text, size_t len, const char *what, char *err)
{
	struct json_error e;
	struct json *j;

	j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS, &e);
	if (j == NULL)
		fail(err, "%s: line %u, column %u: not JSON: %s", what, e.line,
		    e.column, e.what);
	return (j);
}

static void
put(struct ipc_wr *w, const char *s)
{
	ipc_wr_bytes(w, s, strlen(s));
}

/* Write a string, escaped for JSON. */
static void
put_string(struct ipc_wr *w, const char *s)
{
	char esc[8];

	put(w, "\"");
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\') {
			ipc_wr_bytes(w, "\\", 1);
			ipc_wr_bytes(w, s, 1);
		} else if ((unsigned char)*s < 0x20) {
			snprintf(esc, sizeof(esc), "\\u%04x",
			    (unsigned char)*s);
			put(w, esc);
		} else
			ipc_wr_bytes(w, s, 1);
	}
	put(w, "\"");
}

/* Returns 1 when `s' is well-formed UTF-8, as JSON requires. */
static int
is_text(const char *s)
{
	struct json_error e;
	struct json *j;
	struct ipc_wr w;

	ipc_wr_init(&w);
	put_string(&w, s);
	j = ipc_wr_ok(&w) ? json_parse((const char *)w.p, w.len, 1, 1, &e) :
	    NULL;
	json_free(j);
	ipc_wr_free(&w);
	return (j != NULL);
}

/* Copy the text between two positions unless it is too long. */
static void
keep(char dst[GAP_SIZE], const char *text, size_t at, size_t end)
{
	size_t n = end - at;

	if (n >= GAP_SIZE)
		n = GAP_SIZE - 1;
	memcpy(dst, text + at, n);
	dst[n] = '\0';
}

/* The white space after the last newline in `gap'; NULL without a newline. */
static const char *
indent_of(const char *gap)
{
	const char *p = strrchr(gap, '\n');

	return (p == NULL ? NULL : p + 1);
}

/* Derive the indentation unit from the first indented line; "" without one. */
static void
find_unit(const char *text, size_t len, char unit[GAP_SIZE])
{
	const char *end = text + len, *p = text, *q;

	unit[0] = '\0';
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		for (q = ++p; q < end && (*q == ' ' || *q == '\t'); q++)
			;
		if (q > p && q < end && *q != '\n' && *q != '\r') {
			keep(unit, text, (size_t)(p - text),
			    (size_t)(q - text));
			return;
		}
	}
}

/* The indentation of the line that contains `at'. */
static void
line_indent(const char *text, size_t at, char indent[GAP_SIZE])
{
	size_t begin = at, end;

	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	for (end = begin; end < at && (text[end] == ' ' ||
	    text[end] == '\t'); end++)
		;
	keep(indent, text, begin, end);
}

/* The style of the entries of `parent', or the style for its first entry. */
static void
find_style(const struct json *j, const char *text, size_t len,
    json_ref parent, struct style *st)
{
	json_ref last = map_place_last(j, parent), before;
	struct map_span p = map_place_value(j, text, parent), e, b;
	char indent[GAP_SIZE];
	size_t from;

	memset(st, 0, sizeof(*st));
	find_unit(text, len, st->unit);
	strlcpy(st->colon, memchr(text, '\n', len) != NULL ||
	    memmem(text, len, "\": ", 3) != NULL ? ": " : ":", GAP_SIZE);
	if (last == -1) {
		if (st->unit[0] == '\0')
			return;
		line_indent(text, p.at, indent);
		snprintf(st->gap, GAP_SIZE, "\n%.100s%.100s", indent,
		    st->unit);
		st->lines = 1;
		return;
	}
	e = map_place_entry(j, text, parent, last);
	before = map_place_before(j, parent, last);
	from = p.at + 1;
	if (before != -1) {
		b = map_place_entry(j, text, parent, before);
		for (from = b.end; text[from] != ','; from++)
			;
		from++;
	}
	keep(st->gap, text, from, e.at);
	st->lines = indent_of(st->gap) != NULL;
	if (json_type(j, parent) != JSON_OBJECT)
		return;
	b = map_place_value(j, text, last);
	e = map_place_value(j, text, json_value(j, last));
	keep(st->colon, text, b.end, e.at);
}

/* Replace a span by `len' new bytes. */
static int
splice(const char *text, size_t len, struct map_span s, const void *p, size_t n,
    struct ipc_wr *out, char *err)
{
	ipc_wr_bytes(out, text, s.at);
	ipc_wr_bytes(out, p, n);
	ipc_wr_bytes(out, text + s.end, len - s.end);
	return (ipc_wr_ok(out) ? 0 : fail(err, "out of memory"));
}

/* Append an entry to `parent', with the bytes in `entry'. */
static int
append(const struct json *j, const char *text, size_t len, json_ref parent,
    const struct style *st, const struct ipc_wr *entry, struct ipc_wr *out,
    char *err)
{
	json_ref last = map_place_last(j, parent);
	struct map_span p = map_place_value(j, text, parent), s;
	char indent[GAP_SIZE];
	struct ipc_wr w;
	int rv;

	ipc_wr_init(&w);
	if (last != -1)
		put(&w, ",");
	put(&w, st->gap);
	ipc_wr_bytes(&w, entry->p, entry->len);
	if (last != -1) {
		s = map_place_entry(j, text, parent, last);
		s.at = s.end;
	} else {
		/* Drop the white space inside an empty object or array. */
		s.at = p.at + 1;
		s.end = p.end - 1;
		line_indent(text, p.at, indent);
		if (st->lines) {
			put(&w, "\n");
			put(&w, indent);
		}
	}
	rv = ipc_wr_ok(&w) && !entry->bad ?
	    splice(text, len, s, w.p, w.len, out, err) :
	    fail(err, "out of memory");
	ipc_wr_free(&w);
	return (rv);
}

/* The value of `set': unchanged JSON, or a string. */
static void
put_value(struct ipc_wr *w, const char *value, int as_text)
{
	struct json_error e;
	struct json *j = NULL;

	if (!as_text)
		j = json_parse(value, strlen(value), MAP_MAX_DEPTH,
		    MAP_MAX_TOKENS, &e);
	if (j != NULL)
		put(w, value);
	else
		put_string(w, value);
	json_free(j);
}

int
map_edit_set(const char *text, size_t len, const char *path,
    const char *value, int as_text, struct ipc_wr *out, char err[MAPEDIT_ERROR])
{
	struct map_place p;
	struct style st;
	struct json *j;
	struct ipc_wr w;
	int rv = -1;

	if (!is_text(path) || !is_text(value))
		return (fail(err, "expected path and value in UTF-8"));
	if ((j = parse(text, len, "the map", err)) == NULL)
		return (-1);
	ipc_wr_init(&w);
	if (map_place_find(j, path, &p, err, MAPEDIT_ERROR) == -1)
		;
	else if (p.value != -1) {
		put_value(&w, value, as_text);
		rv = splice(text, len, map_place_value(j, text, p.value), w.p,
		    w.len, out, err);
	} else {
		find_style(j, text, len, p.parent, &st);
		put_string(&w, p.name);
		put(&w, st.colon);
		put_value(&w, value, as_text);
		rv = append(j, text, len, p.parent, &st, &w, out, err);
	}
	ipc_wr_free(&w);
	json_free(j);
	return (rv);
}

int
map_edit_remove(const char *text, size_t len, const char *path,
    struct ipc_wr *out, char err[MAPEDIT_ERROR])
{
	struct map_place p;
	struct map_span s, n;
	struct json *j;
	json_ref before, next;
	int rv;

	if ((j = parse(text, len, "the map", err)) == NULL)
		return (-1);
	if (map_place_find(j, path, &p, err, MAPEDIT_ERROR) == -1 ||
	    p.entry == -1) {
		json_free(j);
		return (p.entry == -1 && p.name[0] != '\0' ? fail(err,
		    "%.100s: there is no such entry", path) : -1);
	}
	s = map_place_entry(j, text, p.parent, p.entry);
	before = map_place_before(j, p.parent, p.entry);
	next = json_next(j, p.entry);
	if (before != -1)
		s.at = map_place_entry(j, text, p.parent, before).end;
	else if (next != -1)
		s.end = map_place_entry(j, text, p.parent, next).at;
	else {
		n = map_place_value(j, text, p.parent);
		s.at = n.at + 1;
		s.end = n.end - 1;
	}
	rv = splice(text, len, s, "", 0, out, err);
	json_free(j);
	return (rv);
}

/*
 * Layout of a new object's entries: on lines of their own, separated by `gap',
 * or all on one line.
 */
struct layout {
	int		 lines;
	const char	*nl;		/* "\n" or "\r\n" */
	char		 indent[GAP_SIZE]; /* of the object's own line */
	const char	*unit;
	const char	*colon;
};

static void
put_gap(struct ipc_wr *w, const struct layout *l, int deep)
{
	if (!l->lines) {
		put(w, deep == 1 || strcmp(l->colon, ":") == 0 ? "" : " ");
		return;
	}
	put(w, l->nl);
	put(w, l->indent);
	if (deep)
		put(w, l->unit);
}

/* Write a given node in the layout, with its region's id. */
static void
put_node(struct ipc_wr *w, const struct json *j, const char *node,
    const struct layout *l, long long region)
{
	char id[32];
	struct map_span s;
	json_ref key;
	int first = 1, has = 0;

	snprintf(id, sizeof(id), "%lld", region);
	put(w, "{");
	for (key = json_first(j, 0); key != -1; key = json_next(j, key)) {
		put(w, first ? "" : ",");
		put_gap(w, l, first ? 1 : 2);
		first = 0;
		s = map_place_value(j, node, key);
		ipc_wr_bytes(w, node + s.at, s.end - s.at);
		put(w, l->colon);
		if (s.end - s.at == 10 &&
		    memcmp(node + s.at, "\"RegionID\"", 10) == 0) {
			put(w, id);
			has = 1;
			continue;
		}
		s = map_place_value(j, node, json_value(j, key));
		ipc_wr_bytes(w, node + s.at, s.end - s.at);
	}
	if (!has) {
		put(w, first ? "" : ",");
		put_gap(w, l, first ? 1 : 2);
		put(w, "\"RegionID\"");
		put(w, l->colon);
		put(w, id);
	}
	if (l->lines)
		put_gap(w, l, 0);
	put(w, "}");
}

/* The layout of an object in `gap' of its parent. */
static void
make_layout(struct layout *l, const struct style *st, int lines)
{
	const char *indent = indent_of(st->gap);

	memset(l, 0, sizeof(*l));
	l->lines = lines && indent != NULL;
	l->nl = strstr(st->gap, "\r\n") != NULL ? "\r\n" : "\n";
	strlcpy(l->indent, indent == NULL ? "" : indent, sizeof(l->indent));
	l->unit = st->unit;
	l->colon = st->colon;
}

/* Append the node to a region. */
static int
add_to(const struct json *j, const char *text, size_t len, json_ref nodes,
    const struct json *nj, const char *node, long long region,
    struct ipc_wr *out, char *err)
{
	json_ref last = map_place_last(j, nodes);
	struct style st, inner;
	struct layout l;
	struct map_span s;
	struct ipc_wr w;
	int rv;

	find_style(j, text, len, nodes, &st);
	if (last != -1) {
		s = map_place_value(j, text, last);
		find_style(j, text, len, last, &inner);
		strlcpy(st.colon, inner.colon, sizeof(st.colon));
		make_layout(&l, &st, memchr(text + s.at, '\n',
		    s.end - s.at) != NULL);
	} else
		make_layout(&l, &st, 1);
	ipc_wr_init(&w);
	put_node(&w, nj, node, &l, region);
	rv = append(j, text, len, nodes, &st, &w, out, err);
	ipc_wr_free(&w);
	return (rv);
}

/* Add a new region with the node in it. */
static int
add_region(const struct json *j, const char *text, size_t len,
    json_ref regions, const struct json *nj, const char *node,
    const struct map_edit_region *r, struct ipc_wr *out, char *err)
{
	struct layout l, n;
	struct style st;
	struct ipc_wr w;
	char id[32];
	int rv;

	find_style(j, text, len, regions, &st);
	make_layout(&l, &st, st.lines);
	snprintf(id, sizeof(id), "%lld", r->id);
	ipc_wr_init(&w);
	put_string(&w, id);
	put(&w, st.colon);
	put(&w, "{");
	put_gap(&w, &l, 1);
	put(&w, "\"RegionID\"");
	put(&w, l.colon);
	put(&w, id);
	put(&w, ",");
	put_gap(&w, &l, 2);
	put(&w, "\"RegionCode\"");
	put(&w, l.colon);
	put_string(&w, r->code != NULL ? r->code : id);
	put(&w, ",");
	put_gap(&w, &l, 2);
	put(&w, "\"RegionName\"");
	put(&w, l.colon);
	put_string(&w, r->name != NULL ? r->name : r->code != NULL ?
	    r->code : id);
	put(&w, ",");
	put_gap(&w, &l, 2);
	put(&w, "\"Nodes\"");
	put(&w, l.colon);
	put(&w, "[");
	n = l;
	strlcat(n.indent, l.unit, sizeof(n.indent));
	strlcat(n.indent, l.unit, sizeof(n.indent));
	if (l.lines) {
		put(&w, l.nl);
		put(&w, n.indent);
	}
	put_node(&w, nj, node, &n, r->id);
	if (l.lines) {
		put(&w, l.nl);
		put(&w, l.indent);
		put(&w, l.unit);
	}
	put(&w, "]");
	if (l.lines)
		put_gap(&w, &l, 0);
	put(&w, "}");
	rv = append(j, text, len, regions, &st, &w, out, err);
	ipc_wr_free(&w);
	return (rv);
}

/* The node with the same Name in a region; -1 when there is none. */
static json_ref
find_same(const struct json *j, json_ref nodes, const struct json *nj)
{
	char name[512], other[512];
	json_ref r;

	if (json_str(nj, json_get(nj, 0, "Name"), name, sizeof(name)) == -1)
		return (-1);
	for (r = json_first(j, nodes); r != -1; r = json_next(j, r))
		if (json_str(j, json_get(j, r, "Name"), other,
		    sizeof(other)) != -1 && strcmp(name, other) == 0)
			return (r);
	return (-1);
}

/* Replace an existing node. */
static int
replace_node(const struct json *j, const char *text, size_t len,
    json_ref same, const struct json *nj, const char *node, long long region,
    struct ipc_wr *out, char *err)
{
	struct map_span s = map_place_value(j, text, same);
	struct style st;
	struct layout l;
	struct ipc_wr w;
	int rv;

	find_style(j, text, len, same, &st);
	make_layout(&l, &st, memchr(text + s.at, '\n', s.end - s.at) != NULL);
	line_indent(text, s.at, l.indent);
	ipc_wr_init(&w);
	put_node(&w, nj, node, &l, region);
	rv = splice(text, len, s, w.p, w.len, out, err);
	ipc_wr_free(&w);
	return (rv);
}

static int
add(const struct json *j, const char *text, size_t len,
    const struct map_edit_region *region, const struct json *nj,
    const char *node, int replace, struct ipc_wr *out, char *err)
{
	json_ref regions = json_get(j, 0, "Regions"), nodes, same;
	char id[32];

	if (json_type(nj, 0) != JSON_OBJECT)
		return (fail(err, "the node: expected an object"));
	if (json_type(j, regions) != JSON_OBJECT)
		return (fail(err, "the map: expected an object Regions"));
	snprintf(id, sizeof(id), "%lld", region->id);
	if (json_get(j, regions, id) == -1)
		return (add_region(j, text, len, regions, nj, node, region,
		    out, err));
	nodes = json_get(j, json_get(j, regions, id), "Nodes");
	if (json_type(j, nodes) != JSON_ARRAY)
		return (fail(err, "Regions.%s.Nodes: expected an array", id));
	if ((same = find_same(j, nodes, nj)) == -1)
		return (add_to(j, text, len, nodes, nj, node, region->id, out,
		    err));
	if (replace)
		return (replace_node(j, text, len, same, nj, node, region->id,
		    out, err));
	return (fail(err, "Regions.%s has a node of that Name already: -f "
	    "replaces it", id));
}

int
map_edit_add(const char *text, size_t len,
    const struct map_edit_region *region, const char *node, size_t nlen,
    int replace, struct ipc_wr *out, char err[MAPEDIT_ERROR])
{
	struct json *j, *nj;
	int rv = -1;

	if ((region->code != NULL && !is_text(region->code)) ||
	    (region->name != NULL && !is_text(region->name)))
		return (fail(err, "expected the code and the name of the "
		    "region in UTF-8"));
	if ((j = parse(text, len, "the map", err)) == NULL)
		return (-1);
	if ((nj = parse(node, nlen, "the node", err)) != NULL)
		rv = add(j, text, len, region, nj, node, replace, out, err);
	json_free(nj);
	json_free(j);
	return (rv);
}

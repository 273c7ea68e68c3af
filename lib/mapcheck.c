/*
 * mapcheck: see mapcheck.h.  Called by derpmapd and derpctl.
 *
 * What a map may hold is what tailscale's tailcfg package reads.  Fields that
 * are not known here are left to those who know them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "mapcheck.h"
#include "mapfield.h"
#include "mapself.h"

#define MAX_FINDINGS	20		/* of each kind */
#define FIRST_OWN_ID	900
/* Of "Regions.9007199254740991.Nodes[65535]" and some more. */
#define PATH_SIZE	64
#define STR_SIZE	MAPFIELD_TEXT
#define SHOWN		48	/* bytes of a value in a message */

struct field {
	const char	*name;
	enum mapfield	 kind;
	int		 required;
};

static const struct field map_fields[] = {
	{ "Regions",		K_OBJECT,	1 },
	{ "HomeParams",		K_OBJECT,	0 },
	{ "omitDefaultRegions",	K_BOOL,		0 },
	{ NULL,			K_BOOL,		0 }
};

static const struct field region_fields[] = {
	{ "RegionID",		K_ID,		1 },
	{ "RegionCode",		K_TEXT,		0 },
	{ "RegionName",		K_TEXT,		0 },
	{ "Latitude",		K_NUMBER,	0 },
	{ "Longitude",		K_NUMBER,	0 },
	{ "Avoid",		K_BOOL,		0 },
	{ "NoMeasureNoHome",	K_BOOL,		0 },
	{ "Nodes",		K_NODES,	1 },
	{ NULL,			K_BOOL,		0 }
};

static const struct field node_fields[] = {
	{ "Name",		K_TEXT,		1 },
	{ "RegionID",		K_ID,		1 },
	{ "HostName",		K_HOST,		1 },
	{ "CertName",		K_CERTNAME,	0 },
	{ "IPv4",		K_IPV4,		0 },
	{ "IPv6",		K_IPV6,		0 },
	{ "STUNPort",		K_STUNPORT,	0 },
	{ "STUNOnly",		K_BOOL,		0 },
	{ "DERPPort",		K_PORT,		0 },
	{ "InsecureForTests",	K_BOOL,		0 },
	{ "STUNTestIP",		K_ADDRESS,	0 },
	{ "CanPort80",		K_BOOL,		0 },
	{ NULL,			K_BOOL,		0 }
};

/* A name and where it stands, to find those that stand twice. */
struct named {
	char		*text;
	json_ref	 ref;
};

struct check {
	const struct json *j;
	const char	*what;
	const struct map_self *self;
	map_say		 say;
	void		*arg;
	unsigned int	 errors, warnings;
	struct named	*nodes;		/* names of nodes */
	size_t		 nnodes;
	int		 ours;		/* nodes of this machine */
};

static void finding(struct check *, int, json_ref, const char *, const char *,
	    ...) __attribute__((format(printf, 5, 6)));
static void about(struct check *, int, json_ref, const char *, const char *,
	    const char *, ...) __attribute__((format(printf, 6, 7)));

/*
 * "WHAT:LINE:COLUMN: PATH.NAME: ..."; NAME may be "".  The bytes of the file in
 * it are printable.
 */
static void
tell(struct check *c, int error, json_ref ref, const char *path,
    const char *name, const char *text)
{
	unsigned int line, column;
	char whole[2048], *p;

	json_where(c->j, ref, &line, &column);
	snprintf(whole, sizeof(whole), "%s:%u:%u: %s%s%s%s%s", c->what, line,
	    column, path, *path != '\0' && *name != '\0' ? "." : "", name,
	    *path != '\0' || *name != '\0' ? ": " : "", text);
	for (p = whole; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
	c->say(error, whole, c->arg);
}

/* 1 when there is room for one finding more of its kind. */
static int
one_more(struct check *c, int error)
{
	return ((error ? c->errors++ : c->warnings++) < MAX_FINDINGS);
}

/* Something is to be said of the value `ref' at `path'. */
static void
finding(struct check *c, int error, json_ref ref, const char *path,
    const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!one_more(c, error))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(c, error, ref, path, "", text);
}

/* The same of a member of the object at `path', which may be missing. */
static void
about(struct check *c, int error, json_ref object, const char *path,
    const char *name, const char *fmt, ...)
{
	json_ref r = json_get(c->j, object, name);
	char text[1024];
	va_list ap;

	if (!one_more(c, error))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(c, error, r == -1 ? object : r, path, name, text);
}

static void
no_memory(struct check *c)
{
	c->errors++;
	c->say(1, "out of memory", c->arg);
}

/* A value as the file has it, cut to what a message can bear. */
static const char *
shown(const struct check *c, json_ref r)
{
	static char text[SHOWN + 8];
	const char *p, *quote;
	size_t n;

	switch (json_type(c->j, r)) {
	case JSON_NONE:
		return ("nothing");
	case JSON_OBJECT:
		return ("an object");
	case JSON_ARRAY:
		return ("an array");
	default:
		break;
	}
	p = json_raw(c->j, r, &n);
	quote = json_type(c->j, r) == JSON_STRING ? "\"" : "";
	snprintf(text, sizeof(text), "%s%.*s%s%s", quote,
	    (int)(n > SHOWN ? SHOWN : n), p, n > SHOWN ? "..." : "", quote);
	return (text);
}

static int
compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int rv = strcmp(x->text, y->text);

	return (rv != 0 ? rv : x->ref < y->ref ? -1 : x->ref > y->ref);
}

/* Report each name that stands there before; frees the list. */
static void
find_twins(struct check *c, struct named *v, size_t n, const char *path,
    const char *what)
{
	size_t i;

	if (n > 0)
		qsort(v, n, sizeof(*v), compare_names);
	for (i = 1; i < n; i++)
		if (strcmp(v[i].text, v[i - 1].text) == 0)
			finding(c, 1, v[i].ref, path, "%s \"%.*s\" stands "
			    "there twice: expected it once", what, SHOWN,
			    v[i].text);
	for (i = 0; i < n; i++)
		free(v[i].text);
	free(v);
}

/* Remember the string `ref' in a list that has room for it. */
static void
remember(struct check *c, struct named *v, size_t *n, json_ref ref)
{
	char text[STR_SIZE];

	if (json_str(c->j, ref, text, sizeof(text)) == -1)
		return;	/* reported where its form is looked at */
	v[*n].ref = ref;
	if ((v[*n].text = strdup(text)) == NULL)
		no_memory(c);
	else
		(*n)++;
}

static void
check_keys(struct check *c, json_ref object, const char *path)
{
	struct named *v;
	size_t n = 0, count = json_count(c->j, object);
	json_ref key;

	if (count == 0)
		return;
	if ((v = calloc(count, sizeof(*v))) == NULL) {
		no_memory(c);
		return;
	}
	for (key = json_first(c->j, object); key != -1;
	    key = json_next(c->j, key))
		remember(c, v, &n, key);
	find_twins(c, v, n, path, "the name");
}

/* A known name in other letters: some read it, others pass over it. */
static void
check_spelling(struct check *c, json_ref object, const struct field *fields,
    const char *path)
{
	const struct field *f;
	char name[64];
	json_ref key;

	for (key = json_first(c->j, object); key != -1;
	    key = json_next(c->j, key)) {
		if (json_str(c->j, key, name, sizeof(name)) == -1)
			continue;
		for (f = fields; f->name != NULL; f++)
			if (strcasecmp(name, f->name) == 0 &&
			    strcmp(name, f->name) != 0)
				finding(c, 1, key, path, "expected the name "
				    "%s, found \"%s\"", f->name, name);
	}
}

/* The fields of an object, one by one.  A null is as good as none. */
static void
check_fields(struct check *c, json_ref object, const struct field *fields,
    const char *path)
{
	const char *expected;
	const struct field *f;
	json_ref r;

	check_keys(c, object, path);
	check_spelling(c, object, fields, path);
	for (f = fields; f->name != NULL; f++) {
		r = json_get(c->j, object, f->name);
		if (r == -1 || json_type(c->j, r) == JSON_NULL) {
			if (f->required)
				about(c, 1, object, path, f->name,
				    "expected it, found %s", shown(c, r));
			continue;
		}
		if ((expected = mapfield_judge(c->j, f->kind, r)) != NULL)
			about(c, 1, object, path, f->name, "expected %s, "
			    "found %s", expected, shown(c, r));
	}
}

/* The member `name' as a string; "" when it is not there or none. */
static const char *
text_of(const struct check *c, json_ref object, const char *name, char *dst,
    size_t size)
{
	if (json_str(c->j, json_get(c->j, object, name), dst, size) == -1)
		*dst = '\0';
	return (dst);
}

static int64_t
number_of(const struct check *c, json_ref object, const char *name)
{
	int64_t v;

	return (json_int(c->j, json_get(c->j, object, name), &v) == 0 ? v : 0);
}

static int
is_true(const struct check *c, json_ref object, const char *name)
{
	int v;

	return (json_bool(c->j, json_get(c->j, object, name), &v) == 0 && v);
}

/* What is odd about a node of this machine. */
static void
check_own(struct check *c, json_ref node, const char *host, const char *path)
{
	char name[STR_SIZE], text[512];
	struct mapself_node n;

	n.host = host;
	n.certname = text_of(c, node, "CertName", name, sizeof(name));
	n.port = number_of(c, node, "DERPPort");
	n.stun_only = is_true(c, node, "STUNOnly");
	c->ours++;
	for (n.next = 0; mapself_judge(c->self, &n, text, sizeof(text)); )
		finding(c, 0, node, path, "%s", text);
}

static void
check_node(struct check *c, json_ref node, int64_t region, const char *path)
{
	char host[STR_SIZE];
	int64_t id, port;

	if (json_type(c->j, node) != JSON_OBJECT) {
		finding(c, 1, node, path, "expected an object, found %s",
		    shown(c, node));
		return;
	}
	check_fields(c, node, node_fields, path);
	id = number_of(c, node, "RegionID");
	if (id != 0 && region != 0 && id != region)
		about(c, 1, node, path, "RegionID",
		    "expected %lld, as its region has, found %lld",
		    (long long)region, (long long)id);
	text_of(c, node, "Name", host, sizeof(host));
	if (*host == '\0' && json_type(c->j, json_get(c->j, node, "Name")) ==
	    JSON_STRING)
		about(c, 1, node, path, "Name",
		    "expected a name, found \"\"");
	port = number_of(c, node, "DERPPort");
	if (port != 0 && port != 443)
		about(c, 0, node, path, "DERPPort",
		    "%lld is not 443: some networks let no other port out",
		    (long long)port);
	if (is_true(c, node, "InsecureForTests"))
		about(c, 0, node, path, "InsecureForTests",
		    "clients will take anybody for this node: expected it "
		    "away, or a CertName pin");
	text_of(c, node, "HostName", host, sizeof(host));
	if (c->self != NULL && mapself_is_ours(c->self, host))
		check_own(c, node, host, path);
}

/* Room for the names of the nodes of one region more. */
static int
grow_names(struct check *c, size_t more)
{
	struct named *v;

	v = reallocarray(c->nodes, c->nnodes + more, sizeof(*v));
	if (v == NULL) {
		no_memory(c);
		return (-1);
	}
	c->nodes = v;
	return (0);
}

static void
check_nodes(struct check *c, json_ref nodes, int64_t region)
{
	char path[PATH_SIZE];
	json_ref node;
	size_t i = 0;

	if (json_type(c->j, nodes) != JSON_ARRAY || json_count(c->j,
	    nodes) == 0 || grow_names(c, json_count(c->j, nodes)) == -1)
		return;
	for (node = json_first(c->j, nodes); node != -1;
	    node = json_next(c->j, node)) {
		snprintf(path, sizeof(path), "Regions.%lld.Nodes[%zu]",
		    (long long)region, i++);
		check_node(c, node, region, path);
		remember(c, c->nodes, &c->nnodes, json_get(c->j, node,
		    "Name"));
	}
}

/* The decimal spelling of an id, as a key has it; 0 when it is none. */
static int64_t
id_of(const char *key)
{
	const char *errstr;
	int64_t v;

	if (*key < '1' || *key > '9' ||
	    key[strspn(key, "0123456789")] != '\0')
		return (0);
	v = strtonum(key, 1, MAPFIELD_MAX_ID, &errstr);
	return (errstr == NULL ? v : 0);
}

static void
check_region(struct check *c, json_ref key, int omit)
{
	json_ref region = json_value(c->j, key);
	char name[24], path[PATH_SIZE];
	int64_t id, own;

	if (json_str(c->j, key, name, sizeof(name)) == -1 ||
	    (id = id_of(name)) == 0) {
		finding(c, 1, key, "Regions", "expected the number of a region "
		    "as name, 1 to 9007199254740991, found %s", shown(c, key));
		return;
	}
	snprintf(path, sizeof(path), "Regions.%s", name);
	if (json_type(c->j, region) != JSON_OBJECT) {
		finding(c, 1, region, path, "expected an object, found %s",
		    shown(c, region));
		return;
	}
	check_fields(c, region, region_fields, path);
	own = number_of(c, region, "RegionID");
	if (own != 0 && own != id)
		about(c, 1, region, path, "RegionID",
		    "expected %lld, as the name of the region says, found "
		    "%lld", (long long)id, (long long)own);
	if (id < FIRST_OWN_ID && !omit)
		finding(c, 0, key, path, "%lld is a number of Tailscale's own "
		    "regions, and takes the place of theirs: expected 900 to "
		    "999", (long long)id);
	check_nodes(c, json_get(c->j, region, "Nodes"), id);
}

static void
check_regions(struct check *c, json_ref regions, int omit)
{
	json_ref key;

	if (json_type(c->j, regions) != JSON_OBJECT)
		return;
	check_keys(c, regions, "Regions");
	if (json_count(c->j, regions) == 0)
		finding(c, 1, regions, "Regions", "expected at least one "
		    "region, found none");
	for (key = json_first(c->j, regions); key != -1;
	    key = json_next(c->j, key))
		check_region(c, key, omit);
	if (c->self != NULL && c->self->relay && c->ours == 0)
		finding(c, 0, regions, "Regions", "no node has the HostName "
		    "of this relay, \"%s\"", c->self->nnames > 0 ?
		    c->self->names[0] : "");
}

/* HomeParams.RegionScore: numbers above 0 by region. */
static void
check_scores(struct check *c, json_ref params)
{
	json_ref scores = json_get(c->j, params, "RegionScore"), key, r;
	const char *raw;
	char name[24], path[PATH_SIZE];
	size_t n;

	if (scores == -1 || json_type(c->j, scores) == JSON_NULL)
		return;
	if (json_type(c->j, scores) != JSON_OBJECT) {
		finding(c, 1, scores, "HomeParams.RegionScore", "expected an "
		    "object, found %s", shown(c, scores));
		return;
	}
	for (key = json_first(c->j, scores); key != -1;
	    key = json_next(c->j, key)) {
		r = json_value(c->j, key);
		raw = json_raw(c->j, r, &n);
		if (json_str(c->j, key, name, sizeof(name)) == -1 ||
		    id_of(name) == 0) {
			finding(c, 1, key, "HomeParams.RegionScore",
			    "expected the number of a region as name, found "
			    "%s", shown(c, key));
			continue;
		}
		snprintf(path, sizeof(path), "HomeParams.RegionScore.%s",
		    name);
		if (json_type(c->j, r) != JSON_NUMBER || *raw == '-')
			finding(c, 1, r, path, "expected a number of 0 or "
			    "more, found %s", shown(c, r));
	}
}

static int
check_root(struct check *c)
{
	if (json_type(c->j, 0) != JSON_OBJECT) {
		finding(c, 1, 0, "", "expected an object with Regions, found "
		    "%s", shown(c, 0));
		return (-1);
	}
	check_fields(c, 0, map_fields, "");
	check_regions(c, json_get(c->j, 0, "Regions"),
	    is_true(c, 0, "omitDefaultRegions"));
	check_scores(c, json_get(c->j, 0, "HomeParams"));
	find_twins(c, c->nodes, c->nnodes, "Regions", "the Name of a node");
	return (c->errors > 0 ? -1 : 0);
}

int
map_check(const char *text, size_t len, const char *what,
    const struct map_self *self, map_say say, void *arg)
{
	struct check c;
	struct json_error e;
	struct json *j;
	char line[1024];
	int rv;

	if (len > MAP_MAX_SIZE) {
		snprintf(line, sizeof(line), "%s: %zu bytes: expected at most "
		    "%d", what, len, MAP_MAX_SIZE);
		say(1, line, arg);
		return (-1);
	}
	j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS, &e);
	if (j == NULL) {
		snprintf(line, sizeof(line), "%s:%u:%u: not JSON: %s", what,
		    e.line, e.column, e.what);
		say(1, line, arg);
		return (-1);
	}
	memset(&c, 0, sizeof(c));
	c.j = j;
	c.what = what;
	c.self = self;
	c.say = say;
	c.arg = arg;
	rv = check_root(&c);
	json_free(j);
	return (rv);
}

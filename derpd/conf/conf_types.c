/*
 * conf_types: the types of options.def: which items they accept, and how they
 * convert them; see conf_types.h.  Called by conf_store.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acmeconf.h"
#include "conf_check.h"
#include "conf_parse.h"
#include "conf_types.h"
#include "hostname.h"
#include "mapdoc.h"
#include "size.h"
#include "url.h"

#define LETSENCRYPT	"https://acme-v02.api.letsencrypt.org/directory"
#define STAGING		"https://acme-staging-v02.api.letsencrypt.org/directory"
#define MAXTEXT		255
#define MAXUSER		32
#define MAXURL		1000

/* Integers. */

static int
in_range(const struct conf_option *o, const struct conf_item *it, int64_t v)
{
	const char *name = conf_name(o), *unit = conf_units[o->unit].text;

	if (v >= o->min && v <= o->max)
		return (1);
	if (unit == NULL || strstr(name, unit) != NULL)
		conf_error(&it->pos, "%s %lld: expected %lld to %lld", name,
		    (long long)v, (long long)o->min, (long long)o->max);
	else
		conf_error(&it->pos, "%s (%s) %lld: expected %lld to %lld",
		    name, unit, (long long)v, (long long)o->min,
		    (long long)o->max);
	return (0);
}

static int
number(const struct conf_option *o, const struct conf_item *it, int64_t *v)
{
	*v = it->number;
	return (in_range(o, it, *v) ? 0 : -1);
}

static int
size(const struct conf_option *o, const struct conf_item *it, int64_t *v)
{
	if (it->kind == CONF_NUMBER)
		*v = it->number;
	else if ((*v = base_size(it->text)) == -1) {
		conf_error(&it->pos, "size \"%.64s\": expected a number of "
		    "bytes, optionally with K, M, G or T behind it", it->text);
		return (-1);
	}
	return (in_range(o, it, *v) ? 0 : -1);
}

/* The grammar has checked that it is one of the words. */
static int
word(const struct conf_option *o, const struct conf_item *it, int64_t *v)
{
	*v = conf_word_number(conf_words(o), it->text, strlen(it->text));
	return (*v == -1 ? -1 : 0);
}

static int
alone(const struct conf_option *o, const struct conf_item *it, int64_t *v)
{
	(void)it;
	*v = o->type->alone;
	return (0);
}

const struct conf_type conf_type_number = {
	.accepts = CONF_NUMBER, .store = CONF_INT, .number = number
};
const struct conf_type conf_type_size = {
	.accepts = CONF_NUMBER | CONF_STRING, .store = CONF_INT,
	.number = size
};
const struct conf_type conf_type_words = {
	.accepts = CONF_WORD, .store = CONF_INT, .number = word
};
const struct conf_type conf_type_flag = {
	.store = CONF_INT, .alone = 1, .number = alone
};
const struct conf_type conf_type_off = {
	.store = CONF_INT, .alone = 0, .number = alone
};
const struct conf_type conf_type_block = {
	.store = CONF_INT, .alone = 1, .number = alone
};

/* Strings. */

int
conf_is_path(const char *path, size_t max, const char *name,
    const struct conf_pos *pos)
{
	if (*path == '/' && strlen(path) <= max)
		return (1);
	conf_error(pos, "%s \"%s\": expected an absolute path of at most %zu "
	    "bytes", name, path, max);
	return (0);
}

static const char *
path(const struct conf_option *o, const struct conf_item *it)
{
	size_t max = o->max == 0 ? CONF_PATHMAX : (size_t)o->max;

	return (conf_is_path(it->text, max, conf_name(o), &it->pos) ?
	    it->text : NULL);
}

/* Off is stored as "". */
static const char *
root(const struct conf_option *o, const struct conf_item *it)
{
	return (it->kind == CONF_WORD ? "" : path(o, it));
}

static const char *
user(const struct conf_option *o, const struct conf_item *it)
{
	if (*it->text != '\0' && strlen(it->text) <= MAXUSER)
		return (it->text);
	conf_error(&it->pos, "%s \"%s\": expected the name of a user",
	    conf_name(o), it->text);
	return (NULL);
}

static const char *
algorithm(const struct conf_option *o, const struct conf_item *it)
{
	size_t n = strlen(it->text);

	if (n > 0 && n <= 15 && strspn(it->text,
	    "abcdefghijklmnopqrstuvwxyz0123456789_-") == n)
		return (it->text);
	conf_error(&it->pos, "%s \"%s\": expected the name of an algorithm, "
	    "such as \"bbr\"", conf_name(o), it->text);
	return (NULL);
}

/* A string that needs no escapes in JSON. */
static const char *
text(const struct conf_option *o, const struct conf_item *it)
{
	size_t max = o->max == 0 ? MAXTEXT : (size_t)o->max;
	const char *p;

	for (p = it->text; *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\';
	    p++)
		;
	if (p != it->text && *p == '\0' && (size_t)(p - it->text) <= max)
		return (it->text);
	conf_error(&it->pos, "%s \"%s\": expected 1 to %zu characters of ASCII "
	    "without quotes", conf_name(o), it->text, max);
	return (NULL);
}

/*
 * 1 when `s' is a URL of visible ASCII that begins with `scheme', else 0.  The
 * URL is sent in a header field.
 */
static int
is_url(const char *s, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncmp(s, scheme, n) != 0 || strlen(s) > MAXURL || s[n] == '\0' ||
	    s[n] == '/')
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '"' || *s == '<' ||
		    *s == '>' || *s == '\\')
			return (0);
	return (1);
}

static const char *
redirect(const struct conf_option *o, const struct conf_item *it)
{
	if (is_url(it->text, "https://") || is_url(it->text, "http://"))
		return (it->text);
	conf_error(&it->pos, "%s \"%s\": expected an http:// or https:// URL "
	    "of visible ASCII characters", conf_name(o), it->text);
	return (NULL);
}

static const char *
source(const struct conf_option *o, const struct conf_item *it)
{
	if (is_url(it->text, "https://"))
		return (it->text);
	conf_error(&it->pos, "%s \"%s\": expected an https:// URL of visible "
	    "ASCII characters", conf_name(o), it->text);
	return (NULL);
}

/* A URL path in normal form: no query, no escapes. */
static int
is_url_path(const char *s)
{
	if (*s != '/' || strlen(s) >= IPC_MAP_MAX_PATH)
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("%?#\"<>\\", *s) != NULL)
			return (0);
	return (1);
}

/* 1 when the server answers this path itself. */
static int
is_taken(const char *s)
{
	static const char *const own_paths[] = { "/", "/derp", "/debug",
	    "/generate_204", "/robots.txt", "/bootstrap-dns" };
	static const char *const below[] = { "/derp/", "/debug/",
	    "/.well-known/" };
	size_t i;

	for (i = 0; i < sizeof(own_paths) / sizeof(own_paths[0]); i++)
		if (strcmp(s, own_paths[i]) == 0)
			return (1);
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (strncmp(s, below[i], strlen(below[i])) == 0)
			return (1);
	return (0);
}

static const char *
urlpath(const struct conf_option *o, const struct conf_item *it)
{
	if (!is_url_path(it->text))
		conf_error(&it->pos, "%s \"%s\": expected the path of a URL, "
		    "such as \"%s\", without query or escapes", conf_name(o),
		    it->text, o->def);
	else if (is_taken(it->text))
		conf_error(&it->pos, "%s \"%s\": the server answers this path "
		    "itself: expected another, such as \"%s\"", conf_name(o),
		    it->text, o->def);
	else
		return (it->text);
	return (NULL);
}

/* The URLs of the words in the row of directory. */
const char *
conf_directory_url(int64_t n)
{
	static const char *const urls[] = { LETSENCRYPT, STAGING };

	return (n >= 0 && (size_t)n < sizeof(urls) / sizeof(urls[0]) ?
	    urls[n] : NULL);
}

static const char *
directory(const struct conf_option *o, const struct conf_item *it)
{
	const char *url;
	struct net_url u;

	if ((url = conf_directory_url(conf_word_number(o->words, it->text,
	    strlen(it->text)))) == NULL)
		url = it->text;
	if (strlen(url) < IPC_ACME_URLSIZE && net_url_parse(url, &u) == 0)
		return (url);
	conf_error(&it->pos, "%s \"%s\": expected letsencrypt, "
	    "letsencrypt-staging or an https:// URL", conf_name(o), it->text);
	return (NULL);
}

static const char *
host(const struct conf_option *o, const struct conf_item *it)
{
	return (conf_is_host(it->text, conf_name(o), &it->pos) ? it->text :
	    NULL);
}

static const char *
contact(const struct conf_option *o, const struct conf_item *it)
{
	static const char scheme[] = "mailto:";
	static char url[IPC_ACME_NAMESIZE];
	size_t n;

	n = (size_t)snprintf(url, sizeof(url), "%s%s", strncmp(it->text, scheme,
	    sizeof(scheme) - 1) == 0 ? "" : scheme, it->text);
	if (n < sizeof(url) && strchr(it->text, '@') != NULL &&
	    strpbrk(it->text, " \"\\<>") == NULL)
		return (url);
	conf_error(&it->pos, "%s \"%s\": expected a mail address",
	    conf_name(o), it->text);
	return (NULL);
}

#define STRING(name, placeholder)					\
const struct conf_type conf_type_##name = {				\
	.arg = placeholder, .accepts = CONF_STRING, .store = CONF_STR,	\
	.text = name							\
}

STRING(path, "\"FILE\"");
STRING(user, "\"NAME\"");
STRING(algorithm, "\"NAME\"");
STRING(text, "\"NAME\"");
STRING(source, "\"URL\"");
STRING(urlpath, "\"/PATH\"");
STRING(directory, "\"URL\"");

const struct conf_type conf_type_root = {
	.accepts = CONF_STRING | CONF_WORD, .store = CONF_STR, .words = "off",
	.text = root
};
const struct conf_type conf_type_redirect = {
	.arg = "\"URL\"", .accepts = CONF_STRING, .store = CONF_BUF,
	.text = redirect
};
const struct conf_type conf_type_host = {
	.arg = "\"NAME\"", .accepts = CONF_STRING, .store = CONF_NAMES,
	.text = host
};
const struct conf_type conf_type_sources = {
	.arg = "\"URL\"", .accepts = CONF_STRING, .store = CONF_NAMES,
	.text = source
};
const struct conf_type conf_type_paths = {
	.arg = "\"FILE\"", .accepts = CONF_STRING, .store = CONF_NAMES,
	.text = path
};
const struct conf_type conf_type_contact = {
	.arg = "\"ADDRESS\"", .accepts = CONF_STRING, .store = CONF_NAMES,
	.text = contact
};

/* Values that the first row of a statement stores, or that are not stored. */
const struct conf_type conf_type_port = { .accepts = CONF_NUMBER };
const struct conf_type conf_type_file = {
	.arg = "\"FILE\"", .accepts = CONF_STRING
};
const struct conf_type conf_type_listening = {
	.accepts = CONF_WORD, .words = CONF_LISTENING
};
const struct conf_type conf_type_allow = {
	.accepts = CONF_WORD, .words = "allow"
};
const struct conf_type conf_type_cleartext = {
	.accepts = CONF_WORD, .words = "cleartext"
};
const struct conf_type conf_type_proxies = {
	.arg = "{ PREFIX ... }", .accepts = CONF_LIST, .store = CONF_PROXIES
};
const struct conf_type conf_type_maps = { .store = CONF_MAPS };

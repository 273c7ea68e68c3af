/*
 * conf_types: the types of options.def that derpd alone has: which items they
 * accept, and how they convert them; see conf_types.h.  Called by gramstore.c.
 */
#include <stdio.h>
#include <string.h>

#include "acmeconf.h"
#include "conf_lists.h"
#include "conf_types.h"
#include "mapdoc.h"
#include "url.h"

#define LETSENCRYPT	"https://acme-v02.api.letsencrypt.org/directory"
#define STAGING		"https://acme-staging-v02.api.letsencrypt.org/directory"

static const char *
algorithm(const struct gram_option *o, const struct gram_item *it)
{
	size_t n = strlen(it->text);

	if (n > 0 && n <= 15 && strspn(it->text,
	    "abcdefghijklmnopqrstuvwxyz0123456789_-") == n)
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected the name of an algorithm, "
	    "such as \"bbr\"", gram_name(o), it->text);
	return (NULL);
}

static const char *
redirect(const struct gram_option *o, const struct gram_item *it)
{
	if (gram_is_url(it->text, "https://") ||
	    gram_is_url(it->text, "http://"))
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected an http:// or https:// URL "
	    "of visible ASCII characters", gram_name(o), it->text);
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
urlpath(const struct gram_option *o, const struct gram_item *it)
{
	if (!is_url_path(it->text))
		gram_error(&it->pos, "%s \"%s\": expected the path of a URL, "
		    "such as \"%s\", without query or escapes", gram_name(o),
		    it->text, o->def);
	else if (is_taken(it->text))
		gram_error(&it->pos, "%s \"%s\": the server answers this path "
		    "itself: expected another, such as \"%s\"", gram_name(o),
		    it->text, o->def);
	else
		return (it->text);
	return (NULL);
}

/* The URL of word number `n' in the row of directory; NULL: none. */
static const char *
directory_url(int64_t n)
{
	static const char *const urls[] = { LETSENCRYPT, STAGING };

	return (n >= 0 && (size_t)n < sizeof(urls) / sizeof(urls[0]) ?
	    urls[n] : NULL);
}

static const char *
directory(const struct gram_option *o, const struct gram_item *it)
{
	const char *url;
	struct net_url u;

	if ((url = directory_url(gram_word_number(o->words, it->text,
	    strlen(it->text)))) == NULL)
		url = it->text;
	if (strlen(url) < IPC_ACME_URLSIZE && net_url_parse(url, &u) == 0)
		return (url);
	gram_error(&it->pos, "%s \"%s\": expected letsencrypt, "
	    "letsencrypt-staging or an https:// URL", gram_name(o), it->text);
	return (NULL);
}

static int64_t
directory_word(const struct gram_option *o, int64_t v, const char *url)
{
	const char *known;

	(void)o;
	for (v = 0; (known = directory_url(v)) != NULL; v++)
		if (strcmp(known, url) == 0)
			return (v);
	return (-1);
}

static const char *
host(const struct gram_option *o, const struct gram_item *it)
{
	return (conf_is_host(it->text, gram_name(o), &it->pos) ? it->text :
	    NULL);
}

static const char *
contact(const struct gram_option *o, const struct gram_item *it)
{
	static const char scheme[] = "mailto:";
	static char url[IPC_ACME_NAMESIZE];
	size_t n;

	n = (size_t)snprintf(url, sizeof(url), "%s%s", strncmp(it->text, scheme,
	    sizeof(scheme) - 1) == 0 ? "" : scheme, it->text);
	if (n < sizeof(url) && strchr(it->text, '@') != NULL &&
	    strpbrk(it->text, " \"\\<>") == NULL)
		return (url);
	gram_error(&it->pos, "%s \"%s\": expected a mail address",
	    gram_name(o), it->text);
	return (NULL);
}

#define STRING(name, placeholder)					\
const struct gram_type conf_type_##name = {				\
	.arg = placeholder, .accepts = GRAM_STRING, .store = GRAM_STR,	\
	.text = name							\
}

STRING(algorithm, "\"NAME\"");
STRING(urlpath, "\"/PATH\"");

const struct gram_type conf_type_directory = {
	.arg = "\"URL\"", .accepts = GRAM_STRING, .store = GRAM_STR,
	.text = directory, .word = directory_word
};
const struct gram_type conf_type_redirect = {
	.arg = "\"URL\"", .accepts = GRAM_STRING, .store = GRAM_BUF,
	.text = redirect
};
const struct gram_type conf_type_host = {
	.arg = "\"NAME\"", .accepts = GRAM_STRING, .store = GRAM_NAMES,
	.text = host
};
const struct gram_type conf_type_contact = {
	.arg = "\"ADDRESS\"", .accepts = GRAM_STRING, .store = GRAM_NAMES,
	.text = contact
};

/* Values that the first row of a statement stores. */
const struct gram_type conf_type_listening = {
	.accepts = GRAM_WORD, .words = CONF_LISTENING
};
const struct gram_type conf_type_allow = {
	.accepts = GRAM_WORD, .words = "allow"
};
const struct gram_type conf_type_cleartext = {
	.accepts = GRAM_WORD, .words = "cleartext"
};
const struct gram_type conf_type_proxies = {
	.arg = "{ PREFIX ... }", .accepts = GRAM_LIST, .store = GRAM_OWN,
	.same = conf_same_proxies
};

const struct gram_type conf_type_maps = {
	.store = GRAM_OWN, .same = conf_same_maps, .free = conf_free_maps,
	.print = conf_print_maps
};

/*
 * conf_acme: the statements of the acme section; see conf_set.h.  Called by
 * parse.y and, for what concerns the whole, by conf.c.
 */
#include <stdlib.h>
#include <string.h>

#include "acmeconf.h"
#include "conf_parse.h"
#include "conf_set.h"
#include "https.h"
#include "log.h"

#define LETSENCRYPT	"https://acme-v02.api.letsencrypt.org/directory"
#define STAGING		"https://acme-staging-v02.api.letsencrypt.org/directory"
#define MAXTEXT		255

/* A string of the section: once, with a bound, and such that JSON takes it. */
static void
set_text(enum set_what what, const char *name, char **dst, const char *value,
    const struct conf_pos *pos)
{
	const char *p;

	if (!set_once(what, name, pos))
		return;
	for (p = value; *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\'; p++)
		;
	if (*value == '\0' || *p != '\0' || strlen(value) > MAXTEXT) {
		conf_error(pos, "%s \"%s\": expected 1 to %d characters of "
		    "ASCII without quotes", name, value, MAXTEXT);
		return;
	}
	free(*dst);
	*dst = set_dup(value);
}

void
set_acme(const struct conf_pos *pos)
{
	struct conf_cert *c;

	if (!set_once(SET_ACME, "acme", pos))
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("configuration");
	c->acme = 1;
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&parsed->certs, c, entry);
	parsed->acme.enabled = 1;
	parsed->acme.pos = *pos;
	parsed->acme.directory = set_dup(LETSENCRYPT);
}

void
set_acme_directory(const char *url, const struct conf_pos *pos)
{
	struct url u;

	if (!set_once(SET_ACME_DIRECTORY, "acme directory", pos))
		return;
	if (strcmp(url, "letsencrypt") == 0)
		url = LETSENCRYPT;
	else if (strcmp(url, "letsencrypt-staging") == 0)
		url = STAGING;
	if (strlen(url) >= ACME_URLSIZE || url_parse(url, &u) == -1) {
		conf_error(pos, "directory \"%s\": expected letsencrypt, "
		    "letsencrypt-staging or an https:// URL", url);
		return;
	}
	free(parsed->acme.directory);
	parsed->acme.directory = set_dup(url);
}

void
set_acme_contact(const char *contact, const struct conf_pos *pos)
{
	struct conf_name *n;
	char *text = NULL;
	size_t size = strlen(contact) + sizeof("mailto:");
	int count = 0;

	TAILQ_FOREACH(n, &parsed->acme.contacts, entry)
		count++;
	if (count == ACME_MAXCONTACTS || size > ACME_NAMESIZE ||
	    strchr(contact, '@') == NULL || strpbrk(contact, " \"\\<>") !=
	    NULL) {
		conf_error(pos, "contact \"%s\": expected a mail address, and "
		    "at most %d of them", contact, ACME_MAXCONTACTS);
		return;
	}
	if ((n = calloc(1, sizeof(*n))) == NULL ||
	    (text = malloc(size)) == NULL)
		fatal("configuration");
	strlcpy(text, strncmp(contact, "mailto:", 7) == 0 ? "" : "mailto:",
	    size);
	strlcat(text, contact, size);
	n->name = text;
	n->pos = *pos;
	TAILQ_INSERT_TAIL(&parsed->acme.contacts, n, entry);
}

void
set_acme_profile(const char *name, const struct conf_pos *pos)
{
	if (strlen(name) >= ACME_PROFILESIZE)
		conf_error(pos, "profile \"%s\": expected at most %d "
		    "characters", name, ACME_PROFILESIZE - 1);
	else
		set_text(SET_ACME_PROFILE, "acme profile",
		    &parsed->acme.profile, name, pos);
}

void
set_acme_chain(const char *name, const struct conf_pos *pos)
{
	set_text(SET_ACME_CHAIN, "acme chain", &parsed->acme.issuer, name,
	    pos);
}

void
set_acme_eab(const char *kid, const char *file, const struct conf_pos *pos)
{
	if (!set_is_path(file, 1023, "eab key file", pos))
		return;
	set_text(SET_ACME_EAB, "acme eab", &parsed->acme.eab_kid, kid, pos);
	free(parsed->acme.eab_key);
	parsed->acme.eab_key = set_dup(file);
	parsed->acme.eab_pos = *pos;
}

void
set_acme_cafile(const char *file, const struct conf_pos *pos)
{
	if (!set_once(SET_ACME_CA, "acme ca file", pos) ||
	    !set_is_path(file, 1023, "ca file", pos))
		return;
	free(parsed->acme.ca_file);
	parsed->acme.ca_file = set_dup(file);
	parsed->acme.ca_pos = *pos;
}

void
set_acme_done(void)
{
	struct conf_listen *l;
	struct conf_name *n;
	char name[ACME_NAMESIZE];
	const char *bad;
	int plain = 0;

	if (!parsed->acme.enabled)
		return;
	TAILQ_FOREACH(n, &parsed->names, entry)
		if ((bad = acme_name(n->name, name)) != NULL)
			conf_error(&n->pos, "hostname \"%s\": no certificate "
			    "can be had for it: %s", n->name, bad);
	TAILQ_FOREACH(l, &parsed->listens, entry)
		plain |= !l->tls;
	if (!plain)
		conf_error(&parsed->acme.pos, "acme, but nothing listens for "
		    "the directory: expected listen on * port 80");
}

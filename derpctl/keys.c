/*
 * keys: `derpctl keys list' and `keys check': show the clients file, which
 * keys_edit.c changes.
 *
 * Works without derpd.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clientsfile.h"
#include "ctlkeys.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR	"/etc"
#endif
#define KEYS_FILE	SYSCONFDIR "/derpd/clients"
#define FLUSH_EVERY	1000		/* entries of a list */

const char *
ctl_keys_path(const struct command_words *w)
{
	return w->option['f'] != NULL ? w->option['f'] : KEYS_FILE;
}

static const char *
shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Read a whole file.  Returns NULL with an error reported. */
static struct clients_file *
open_file(const struct ctl *ctl, const char *path)
{
	const char		*name = shown(path);
	struct clients_file	*f;
	char			*text, why[512];
	size_t			 len;

	if (sodium_init() == -1) {
		(void)ctl_failed(ctl, "can't initialise libsodium");
		return NULL;
	}
	ctl_confine_file(path);
	if ((text = ctl_read_file(path, CLIENTS_MAX_SIZE, &len)) == NULL) {
		(void)ctl_failed(ctl, "%s: %s", name, strerror(errno));
		return NULL;
	}
	f = clients_file_parse(name, text, len, why, sizeof(why));
	free(text);
	if (f == NULL)
		(void)ctl_failed(ctl, "%s", why);
	return f;
}

static void
put_row(const struct clients_file *f, const struct clients_entry *e)
{
	const struct clients_group	*g = clients_file_group(f, e->group);
	char				 key[CLIENTS_KEYTEXT + 1];

	clients_key_text(key, e->key);
	printf("%s %-5s %-16s %s\n", key, e->deny ? "no" : "yes",
	    g != NULL ? g->name : "-", e->name[0] != '\0' ? e->name : "-");
}

static void
put_json(struct json_out *o, const struct clients_file *f,
    const struct clients_entry *e)
{
	const struct clients_group	*g = clients_file_group(f, e->group);
	char				 key[CLIENTS_KEYTEXT + 1];

	clients_key_text(key, e->key);
	json_out_object(o, NULL);
	json_out_str(o, "key", key);
	json_out_bool(o, "admitted", !e->deny);
	json_out_str(o, "group", g != NULL ? g->name : "");
	json_out_str(o, "name", e->name);
	json_out_end(o);
}

/* keys list: all keys, in the order of the file. */
int
ctl_keys_list(const struct ctl *ctl, const struct command_words *w)
{
	const struct clients_entry	*e;
	struct clients_file		*f;
	struct ctl_json			 doc;
	size_t				 i;

	if ((f = open_file(ctl, ctl_keys_path(w))) == NULL)
		return 1;
	if (!ctl->json)
		printf("%-*s %-5s %-16s %s\n", CLIENTS_KEYTEXT, "NODEKEY",
		    "ADMIT", "GROUP", "NAME");
	ctl_json_begin(&doc);
	json_out_array(&doc.o, "keys");
	for (i = 0; (e = clients_file_entry(f, i)) != NULL; i++)
		if (!ctl->json)
			put_row(f, e);
		else {
			put_json(&doc.o, f, e);
			if (i % FLUSH_EVERY == 0)
				ctl_json_flush(&doc, stdout);
		}
	if (ctl->json)
		ctl_json_end(&doc, stdout);
	else
		ipc_wr_free(&doc.w);
	clients_file_free(f);
	return 0;
}

/* keys check: is the file valid? */
int
ctl_keys_check(const struct ctl *ctl, const struct command_words *w)
{
	const char		*path;
	struct clients_file	*f;
	struct ctl_json		 doc;
	size_t			 keys, denied, groups;

	path = w->arg[0] != NULL ? w->arg[0] : KEYS_FILE;
	if ((f = open_file(ctl, path)) == NULL)
		return 1;
	keys = clients_file_count(f);
	groups = clients_file_ngroups(f);
	for (denied = 0; clients_file_entry(f, keys + denied) != NULL; denied++)
		;
	clients_file_free(f);
	if (ctl->json) {
		ctl_json_begin(&doc);
		json_out_bool(&doc.o, "ok", 1);
		json_out_uint(&doc.o, "keys", keys);
		json_out_uint(&doc.o, "denied", denied);
		json_out_uint(&doc.o, "groups", groups);
		ctl_json_end(&doc, stdout);
		return 0;
	}
	ctl_put_text(stdout, shown(path), strlen(shown(path)));
	printf(": valid, %zu key%s, %zu denied, %zu group%s\n", keys,
	    keys == 1 ? "" : "s", denied, groups, groups == 1 ? "" : "s");
	return 0;
}

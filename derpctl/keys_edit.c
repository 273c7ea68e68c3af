/*
 * keys_edit: `derpctl keys add', `deny' and `remove': change the clients file.
 *
 * A derpd that uses the file reads it again by itself.  The
 * file is written only if the result is valid.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "clientsedit.h"
#include "clientsfile.h"
#include "edit.h"
#include "ctlkeys.h"

#define FILE_MODE	0640		/* of a new file */

/* Report what was done. */
static void
put_result(const struct ctl *ctl, const char *path, int changed)
{
	struct ctl_json	 doc;

	if (ctl->json) {
		ctl_json_begin(&doc);
		json_out_bool(&doc.o, "ok", 1);
		json_out_bool(&doc.o, "changed", changed);
		ctl_json_end(&doc, stdout);
		return;
	}
	ctl_put_text(stdout, path, strlen(path));
	puts(changed ? ": changed" : ": nothing to change");
}

/* Is the key in this text, listed or denied? */
static int
has_key(const char *path, const struct ctl_edit *e, const uint8_t *key)
{
	struct clients_file	*f;
	char			 why[512];
	int			 rv;

	f = clients_file_parse(path, e->text, e->len, why, sizeof(why));
	rv = f != NULL && clients_file_find(f, key) != NULL;
	clients_file_free(f);
	return rv;
}

int
ctl_keys_change(const struct ctl *ctl, const char *path,
    const struct clients_change *c, const char *new_name, int *changed)
{
	struct clients_change	 as = *c;
	struct ctl_edit		 e;
	struct ipc_wr		 w;
	char			 why[512];
	int			 rv;

	ipc_wr_init(&w);
	if ((rv = ctl_edit_open(&e, ctl, path, CLIENTS_MAX_SIZE,
	    c->kind == CLIENTS_BLANK ? NULL : "")) == 0) {
		if (as.name == NULL && new_name != NULL &&
		    !has_key(path, &e, c->key))
			as.name = new_name;
		*changed = clients_edit(path, e.text, e.len, &as, &w, why,
		    sizeof(why));
		if (*changed == -1)
			rv = ctl_failed(ctl, "nothing was changed: %s", why);
		else if (*changed == 1)
			rv = ctl_edit_write(&e, w.p, w.len, FILE_MODE);
	}
	ctl_edit_close(&e);
	ipc_wr_free(&w);
	return rv;
}

/* Change a key.  Returns 0, or 1 with an error reported. */
static int
edit(const struct ctl *ctl, enum clients_kind kind,
    const struct command_words *w)
{
	const char		*path = ctl_keys_path(w), *key = w->arg[0];
	struct clients_change	 c = { .kind = kind };
	int			 changed;

	if (sodium_init() == -1)
		return ctl_failed(ctl, "can't initialise libsodium");
	if (clients_key_parse(c.key, key, strlen(key), 1) == -1)
		return ctl_failed(ctl, "expected a node key, nodekey: and 64 "
		    "hexadecimal digits, found \"%s\"", key);
	c.name = w->arg[1];
	c.group = w->arg[2];
	if (ctl_keys_change(ctl, path, &c, NULL, &changed) != 0)
		return 1;
	put_result(ctl, path, changed);
	return 0;
}

int
ctl_keys_add(const struct ctl *ctl, const struct command_words *w)
{
	return edit(ctl, CLIENTS_ALLOW, w);
}

int
ctl_keys_deny(const struct ctl *ctl, const struct command_words *w)
{
	return edit(ctl, CLIENTS_DENY, w);
}

int
ctl_keys_remove(const struct ctl *ctl, const struct command_words *w)
{
	return edit(ctl, CLIENTS_BLANK, w);
}

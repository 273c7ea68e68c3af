/*
 * convert: the text as a whole; see convert.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertset.h"
#include "log.h"

/* Where derper keeps its key; NULL: an error was said. */
static const char *
key_path(struct convert *c)
{
	const char *path = convert_path(c, CONVERT_CONFIG_PATH,
	    CONVERT_MAXSTRING);

	return (path == NULL && convert_get(c, CONVERT_CONFIG_PATH) == NULL ?
	    CONVERT_KEY : path);
}

/* The state of derpd: beside derper's key in a container. */
static void
set_statedir(struct convert *c, const char *key)
{
	const char *dir = convert_path(c, CONVERT_STATE_DIR,
	    CONVERT_MAXSTRING);
	int n = 0;

	if (dir != NULL)
		strlcpy(c->statedir, dir, sizeof(c->statedir));
	else if (c->from == CONVERT_ENV && key != NULL)
		n = snprintf(c->statedir, sizeof(c->statedir), "%.*s/derpd",
		    (int)(strrchr(key, '/') - key), key);
	if (n < 0 || (size_t)n >= sizeof(c->statedir))
		convert_bad(c, CONVERT_CONFIG_PATH, "a shorter path");
}

static void
put_state(struct convert *c)
{
	char path[CONVERT_MAXSTRING + 1];
	int n;

	if (c->statedir[0] == '\0')
		return;
	convert_line(c, "statedir", c->statedir, "");
	if (!c->ops->own_control)
		return;
	n = snprintf(path, sizeof(path), "%s/derpd.sock", c->statedir);
	if (n < 0 || n > CONVERT_MAXSOCKET) {
		convert_bad(c, CONVERT_STATE_DIR, "a shorter path");
		return;
	}
	convert_note(c, "the control socket is not at its usual place: "
	    "derpctl -s %s", path);
	convert_line(c, "control", path, "");
}

/* What has no counterpart. */
static void
note_missing(struct convert *c)
{
	static const enum convert_id secrets[] = { CONVERT_SECRETS_URL,
	    CONVERT_SECRETS_PREFIX, CONVERT_SECRETS_CACHE };
	size_t i;

	if (convert_bool(c, CONVERT_ACE, 0))
		convert_note(c, "%s: derpd is no proxy to control servers "
		    "(ACE)", convert_name(c, CONVERT_ACE));
	if (convert_bool(c, CONVERT_SAVE_SYN, 0))
		convert_note(c, "%s: derpd has no statistics of SYN packets",
		    convert_name(c, CONVERT_SAVE_SYN));
	if (convert_bool(c, CONVERT_VERSION, 0))
		convert_note(c, "%s: derpctl status shows the version",
		    convert_name(c, CONVERT_VERSION));
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (convert_get(c, secrets[i]) != NULL) {
			convert_note(c, "%s: derpd asks no server for the "
			    "mesh key: another program may write it into the "
			    "file of %s", convert_name(c, secrets[i]),
			    convert_name(c, CONVERT_MESH_PSK_FILE));
			return;
		}
}

char *
convert_text(struct convert *c)
{
	struct convert_web w = { .port = 0 };
	const char *key = key_path(c);
	char *text;

	set_statedir(c, key);
	convert_note_booleans(c);
	note_missing(c);
	convert_web_begin(c, &w);
	convert_web_text(c, &w);
	put_state(c);
	if (w.relay && key != NULL)
		convert_relay_text(c, key);
	convert_serve_text(c, &w);
	ipc_wr_u8(&c->text, '\0');
	if (!ipc_wr_ok(&c->text))
		fatalx("no memory for the text of the configuration");
	if (c->nerrors > 0)
		return (NULL);
	if ((text = strdup((const char *)c->text.p)) == NULL)
		fatal("no memory for the text of the configuration");
	return (text);
}

/*
 * bridge: `derpctl bridge': how derpbridged's peers are reached, and what to
 * tell it.
 *
 * The state comes in parts, which make one JSON object.
 */
#include <sys/types.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridgeshow.h"
#include "ctl.h"
#include "messages.h"
#include "show.h"
#include "table.h"

#define STATE_MAX	(16 * 1024 * 1024)	/* bytes of the object */
#define PATH		256

/* A derpbridged that is asked. */
struct bridge_ask {
	struct ctl	 ctl;
	char		 path[PATH];	/* of its socket */
	struct ipc_wr	 text;		/* what it has sent */
};

/*
 * Fill in which derpbridged is meant: that of option -s, that which serves this
 * interface alone, if there is one, or the one that serves several.
 */
static void
choose(struct bridge_ask *a, const struct ctl *ctl, const char *iface)
{
	a->ctl = *ctl;
	a->ctl.daemon = "derpbridged";
	ipc_wr_init(&a->text);
	if (strcmp(ctl->socket, CTL_SOCKET_PATH) != 0)
		return;
	a->ctl.socket = CTL_BRIDGE_SOCKET;
	if (iface == NULL || strchr(iface, '/') != NULL ||
	    strlen(iface) >= IPC_IFNAMESIZE)
		return;
	(void)snprintf(a->path, sizeof(a->path), CTL_BRIDGE_SOCKET_ONE, iface);
	/* If neither is there, it is this one that does not run. */
	if (access(a->path, F_OK) == 0 || access(CTL_BRIDGE_SOCKET, F_OK) != 0)
		a->ctl.socket = a->path;
}

/*
 * Without the one that serves several: if those that serve an interface each
 * run, name them.  Returns 1 when it did (reported), else 0.
 */
static int
is_named(const struct bridge_ask *a)
{
	char	names[512] = "";
	glob_t	g;
	size_t	i;

	if (strcmp(a->ctl.socket, CTL_BRIDGE_SOCKET) != 0 ||
	    access(CTL_BRIDGE_SOCKET, F_OK) == 0 ||
	    glob(CTL_BRIDGE_SOCKETS, 0, NULL, &g) != 0)
		return 0;
	for (i = 0; i < g.gl_pathc; i++) {
		strlcat(names, " -s ", sizeof(names));
		strlcat(names, g.gl_pathv[i], sizeof(names));
	}
	globfree(&g);
	(void)ctl_failed(&a->ctl, "%s is not there, but others are, each for "
	    "an interface (derpbridged -i): choose one by%s",
	    CTL_BRIDGE_SOCKET, names);
	return 1;
}

struct json *
ctl_bridge_parse(const char *text, size_t len, json_ref *list)
{
	struct json_error	 e;
	struct json		*j;

	j = json_parse(text, len, CTL_BRIDGE_DEPTH, CTL_BRIDGE_TOKENS, &e);
	if (j == NULL)
		return NULL;
	*list = json_get(j, json_get(j, 0, "worker"), "interfaces");
	if (json_type(j, *list) == JSON_ARRAY)
		return j;
	json_free(j);
	return NULL;
}

json_ref
ctl_bridge_iface(const struct json *j, json_ref r, const char *name)
{
	char	text[IPC_IFNAMESIZE];

	for (; r != -1 && name != NULL; r = json_next(j, r))
		if (json_str(j, json_get(j, r, "name"), text,
		    sizeof(text)) > 0 && strcmp(text, name) == 0)
			break;
	return r;
}

static int
got_part(struct ipc_msg *m, void *arg)
{
	struct ipc_msg_ctl_text	 v;
	struct bridge_ask	*a = arg;

	if (m->type != MSG_CTL_TEXT || ipc_get_ctl_text(&m->rd, &v) == -1 ||
	    a->text.len + v.len > STATE_MAX)
		return -1;
	ipc_wr_bytes(&a->text, v.text, v.len);
	return ipc_wr_ok(&a->text) ? 0 : -1;
}

/* Print the state in the form that is wanted. */
static int
print(const struct bridge_ask *a, const char *iface, int metrics)
{
	const char	*text = (const char *)a->text.p;
	size_t		 len = a->text.len;

	if (metrics)
		return ctl_bridge_metrics(stdout, text, len, iface);
	if (a->ctl.json)
		return ctl_put_json_doc(stdout, text, len);
	ctl_table_locale();
	return ctl_bridge_table(stdout, text, len, iface, ctl_table_columns());
}

int
ctl_cmd_bridge_status(const struct ctl *ctl, const struct command_words *w)
{
	const char	*iface = w->arg[0];
	struct bridge_ask	 a;
	int		 rv;

	choose(&a, ctl, iface);
	if (is_named(&a))
		return 1;
	rv = ctl_request(&a.ctl, MSG_CTL_BRIDGE, NULL, got_part, &a);
	if (rv == 0) {
		rv = print(&a, iface, w->option['P'] != NULL);
		if (rv == 1)
			rv = ctl_failed(&a.ctl, "derpbridged on %s does not "
			    "serve the interface %s", a.ctl.socket, iface);
		else if (rv == -1)
			rv = ctl_failed(&a.ctl, "derpbridged on %s: its state "
			    "is malformed", a.ctl.socket);
	}
	ipc_wr_free(&a.text);
	return rv;
}

int
ctl_cmd_bridge_reload(const struct ctl *ctl, const struct command_words *w)
{
	struct bridge_ask	a;

	choose(&a, ctl, NULL);
	return is_named(&a) ? 1 : ctl_cmd_reload(&a.ctl, w);
}

int
ctl_cmd_bridge_log(const struct ctl *ctl, const struct command_words *w)
{
	struct bridge_ask	a;

	choose(&a, ctl, NULL);
	return is_named(&a) ? 1 : ctl_cmd_log(&a.ctl, w);
}

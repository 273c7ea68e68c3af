/*
 * mesh: `derpctl mesh': the links to the other nodes of the region.
 *
 * control.h describes the JSON object.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "json.h"
#include "jsoncell.h"
#include "messages.h"
#include "show.h"
#include "table.h"

#define DEPTH	4
#define TOKENS	4096
#define TEXT	1024	/* bytes of a member */

enum {
	COL_NODE, COL_STATE, COL_SINCE, COL_ADDRESS, COL_KEYS, COL_PACKETS,
	COL_BYTES, COL_DROPS, COL_LINKS, COL_KEY, COL_ERROR, NCOLS
};

static const struct ctl_column columns[NCOLS] = {
	[COL_NODE]	= { "NODE",		1, 16, 40, 0 },
	[COL_STATE]	= { "STATE",		2, 9, 9, 0 },
	[COL_SINCE]	= { "SINCE",		3, 6, 8, 1 },
	[COL_ADDRESS]	= { "ADDRESS",		9, 15, 45, 0 },
	[COL_KEYS]	= { "KEYS",		4, 6, 8, 1 },
	[COL_PACKETS]	= { "PACKETS",		8, 7, 12, 1 },
	[COL_BYTES]	= { "BYTES",		6, 6, 6, 1 },
	[COL_DROPS]	= { "DROPS",		7, 6, 8, 1 },
	[COL_LINKS]	= { "LINKS",		10, 6, 6, 1 },
	[COL_KEY]	= { "SERVER KEY",	11, 16, 72, 0 },
	[COL_ERROR]	= { "LAST ERROR",	5, 16, 160, 0 },
};

/* The node as in the configuration: its port, too, if it is another one. */
static void
cell_node(const struct ctl_table *t, const struct json *j, json_ref r)
{
	char	text[TEXT], port[16];
	int64_t	v;

	ctl_show_text(j, r, "host", text, sizeof(text));
	if (json_int(j, json_get(j, r, "port"), &v) == 0 && v != 443) {
		snprintf(port, sizeof(port), " port %d", (int)v);
		strlcat(text, port, sizeof(text));
	}
	ctl_table_cell(t, stdout, COL_NODE, text);
}

static void
put_node(const struct ctl_table *t, const struct json *j, json_ref r)
{
	cell_node(t, j, r);
	ctl_cell_text(t, stdout, COL_STATE, j, r, "state");
	ctl_cell_age(t, stdout, COL_SINCE, j, r, "age");
	ctl_cell_text(t, stdout, COL_ADDRESS, j, r, "address");
	ctl_cell_number(t, stdout, COL_KEYS, j, r, "keys", ctl_table_number);
	ctl_cell_number(t, stdout, COL_PACKETS, j, r, "packets",
	    ctl_table_number);
	ctl_cell_number(t, stdout, COL_BYTES, j, r, "bytes", ctl_table_bytes);
	ctl_cell_number(t, stdout, COL_DROPS, j, r, "drops", ctl_table_number);
	ctl_cell_number(t, stdout, COL_LINKS, j, r, "links", ctl_table_number);
	ctl_cell_text(t, stdout, COL_KEY, j, r, "server_key");
	ctl_cell_text(t, stdout, COL_ERROR, j, r, "error");
	fputc('\n', stdout);
}

/* Print the text of MSG_CTL_MESH as a table.  Returns 0, or -1 malformed. */
static int
put_mesh(FILE *fp, const char *text, size_t len)
{
	struct ctl_table	 t;
	struct json_error	 e;
	struct json		*j;
	json_ref		 list, r;

	if ((j = json_parse(text, len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	list = json_get(j, 0, "mesh");
	if (json_type(j, list) != JSON_ARRAY) {
		json_free(j);
		return -1;
	}
	ctl_table_init(&t, columns, NCOLS, ctl_table_columns());
	if (json_count(j, list) == 0)
		fputs("no other nodes\n", fp);
	else
		ctl_table_head(&t, fp);
	for (r = json_first(j, list); r != -1; r = json_next(j, r))
		put_node(&t, j, r);
	json_free(j);
	return 0;
}

static int
got_mesh(struct ipc_msg *m, void *arg)
{
	return ctl_text(m, arg, put_mesh);
}

int
ctl_cmd_mesh(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	ctl_table_locale();
	return ctl_request(ctl, MSG_CTL_MESH, NULL, got_mesh,
	    (void *)(uintptr_t)ctl);
}

/*
 * groups: `derpctl groups': the groups of clients, their limits and their use.
 *
 * control.h describes the JSON object of a group, each of
 * which is a message of its own.
 */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "json.h"
#include "messages.h"
#include "show.h"
#include "table.h"

#define DEPTH	4
#define TOKENS	256

enum {
	COL_GROUP, COL_CLIENTS, COL_CONNS, COL_MAXCONNS, COL_RATE, COL_USED,
	COL_QUOTA, COL_MONTH, COL_PART, NCOLS
};

static const struct ctl_column columns[NCOLS] = {
	[COL_GROUP]	= { "GROUP",	1, 12, 24, 0 },
	[COL_CLIENTS]	= { "CLIENTS",	2, 7, 7, 1 },
	[COL_CONNS]	= { "CONNS",	3, 6, 6, 1 },
	[COL_MAXCONNS]	= { "MAX",	8, 6, 6, 1 },
	[COL_RATE]	= { "RATE/s",	5, 6, 6, 1 },
	[COL_USED]	= { "NOW/s",	4, 6, 6, 1 },
	[COL_QUOTA]	= { "QUOTA",	7, 6, 6, 1 },
	[COL_MONTH]	= { "MONTH",	6, 6, 6, 1 },
	[COL_PART]	= { "USED",	9, 4, 4, 1 },
};

struct group_lines {
	struct ctl		 ctl;
	struct ctl_json		 doc;
	struct ctl_table	 table;
	unsigned long		 n;
};

/* The member as a number; 0 when it is missing. */
static uint64_t
number(const struct json *j, const char *name)
{
	int64_t	v;

	return json_int(j, json_get(j, 0, name), &v) == 0 && v > 0 ?
	    (uint64_t)v : 0;
}

/* A limit, of which 0 is none. */
static void
cell_limit(const struct group_lines *g, size_t i, uint64_t n,
    void (*cell)(const struct ctl_table *, FILE *, size_t, uint64_t))
{
	if (n == 0)
		ctl_table_cell(&g->table, stdout, i, "-");
	else
		cell(&g->table, stdout, i, n);
}

/* How much of its quota the group has used, rounded down. */
static void
cell_part(const struct group_lines *g, uint64_t used, uint64_t quota, int over)
{
	char	text[CTL_NUMBER_SIZE];

	if (quota == 0)
		strlcpy(text, "-", sizeof(text));
	else if (over)
		strlcpy(text, "all", sizeof(text));
	else
		snprintf(text, sizeof(text), "%u%%",
		    (unsigned int)((double)used / (double)quota * 100));
	ctl_table_cell(&g->table, stdout, COL_PART, text);
}

static void
put_group(struct group_lines *g, const struct json *j)
{
	const struct ctl_table	*t = &g->table;
	char			 name[IPC_ADMIT_NAMESIZE];
	int			 over = 0;

	if (g->n++ == 0)
		ctl_table_head(&g->table, stdout);
	if (json_str(j, json_get(j, 0, "name"), name, sizeof(name)) == -1)
		strlcpy(name, "?", sizeof(name));
	(void)json_bool(j, json_get(j, 0, "over"), &over);
	ctl_table_cell(t, stdout, COL_GROUP, name);
	ctl_table_number(t, stdout, COL_CLIENTS, number(j, "clients"));
	ctl_table_number(t, stdout, COL_CONNS, number(j, "connections"));
	cell_limit(g, COL_MAXCONNS, number(j, "max_connections"),
	    ctl_table_number);
	cell_limit(g, COL_RATE, number(j, "rate"), ctl_table_bytes);
	ctl_table_bytes(t, stdout, COL_USED, number(j, "used_second"));
	cell_limit(g, COL_QUOTA, number(j, "quota"), ctl_table_bytes);
	ctl_table_bytes(t, stdout, COL_MONTH, number(j, "used_month"));
	cell_part(g, number(j, "used_month"), number(j, "quota"), over);
	fputc('\n', stdout);
}

/* With -j, begin the list unless it is open; later errors end it. */
static void
open_groups(struct group_lines *g)
{
	if (g->ctl.doc != NULL)
		return;
	ctl_json_begin(&g->doc);
	json_out_lines(&g->doc.o, "groups");
	g->ctl.doc = &g->doc;
}

/* Add the object to the list, harmless for a terminal.  Returns 0 or -1. */
static int
put_json(struct group_lines *g, const char *text, size_t len)
{
	char	*safe = NULL;
	size_t	 n = 0;
	FILE	*fp;
	int	 rv;

	if ((fp = open_memstream(&safe, &n)) == NULL)
		return -1;
	rv = ctl_put_json_doc(fp, text, len);
	if (fclose(fp) == EOF)
		rv = -1;
	if (rv == 0) {
		open_groups(g);
		/* Without its newline. */
		json_out_raw(&g->doc.o, NULL, safe, n - 1);
		ctl_json_flush(&g->doc, stdout);
	}
	free(safe);
	return rv;
}

static int
got_group(struct ipc_msg *m, void *arg)
{
	struct group_lines	*g = arg;
	struct ipc_msg_ctl_text	 v;
	struct json_error	 e;
	struct json		*j;
	int			 rv = 0;

	if (m->type != MSG_CTL_TEXT || ipc_get_ctl_text(&m->rd, &v) == -1 ||
	    (j = json_parse(v.text, v.len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	if (json_type(j, 0) != JSON_OBJECT)
		rv = -1;
	else if (g->ctl.json)
		rv = put_json(g, v.text, v.len);
	else
		put_group(g, j);
	json_free(j);
	return rv;
}

int
ctl_cmd_groups(const struct ctl *ctl, const struct command_words *w)
{
	struct group_lines	g = { .ctl = *ctl };

	(void)w;
	ctl_table_locale();
	ctl_table_init(&g.table, columns, NCOLS, ctl_table_columns());
	if (ctl_request(&g.ctl, MSG_CTL_GROUPS, NULL, got_group, &g) != 0)
		return 1;
	if (ctl->json) {
		open_groups(&g);
		ctl_json_end(&g.doc, stdout);
	} else if (g.n == 0)
		puts("no groups");
	return 0;
}

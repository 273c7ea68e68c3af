/*
 * clients: `derpctl clients': the connected clients, one connection per line.
 *
 * Each client arrives as a message of its own
 * (control.h).  Without an order derpctl never holds the whole list of a large
 * relay.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clienttable.h"
#include "filter.h"
#include "list.h"

struct listing {
	struct ctl		 ctl;
	struct ctl_json		 doc;
	struct ctl_filter	 filter;
	struct ctl_table	 table;
	enum ctl_order		 order;
	int			 reverse;
	struct ctl_list		 held;		/* with an order */
	int			 no_memory;
	unsigned long		 all;		/* connections */
	unsigned long		 shown;		/* that pass the filter */
};

/* With -j, begin the list unless it is open; later errors end it. */
static void
open_list(struct listing *l)
{
	if (l->ctl.doc != NULL)
		return;
	ctl_json_begin(&l->doc);
	json_out_lines(&l->doc.o, "clients");
	l->ctl.doc = &l->doc;
}

static void
show(struct listing *l, const struct ipc_msg_ctl_listed *v)
{
	if (l->ctl.json) {
		open_list(l);
		ctl_clients_json(&l->doc.o, v);
		ctl_json_flush(&l->doc, stdout);
	} else {
		if (l->shown == 0)
			ctl_table_head(&l->table, stdout);
		ctl_clients_row(&l->table, stdout, v);
	}
	l->shown++;
}

/* Show, or hold, one connection. */
static int
got_client(const struct ipc_msg_ctl_listed *v, void *arg)
{
	struct listing	*l = arg;

	l->all++;
	if (!ctl_filter_has(&l->filter, &v->client, v->name, v->group))
		return 0;
	if (l->order == CTL_BY_NONE && !l->reverse)
		show(l, v);
	else if (ctl_list_add(&l->held, v) == -1)
		l->no_memory = 1;
	return 0;
}

static void
show_held(struct listing *l)
{
	struct ipc_msg_ctl_listed	v;
	size_t				i;

	ctl_list_sort(&l->held, l->order, l->reverse);
	for (i = 0; i < l->held.n; i++) {
		v.client = l->held.v[i]->c;
		v.name = l->held.v[i]->name;
		v.group = l->held.v[i]->group;
		show(l, &v);
	}
	ctl_list_free(&l->held);
}

/* The line below the table. */
static void
put_sum(const struct listing *l)
{
	if (l->shown < l->all)
		printf("%lu of ", l->shown);
	printf("%lu connection%s\n", l->all, l->all == 1 ? "" : "s");
}

/* Read options and the filter.  Returns 0, or 1 with a reported error. */
static int
options(struct listing *l, const struct command_words *w)
{
	l->reverse = w->option['r'] != NULL;
	if (w->option['s'] != NULL)
		l->order = (enum ctl_order)ctl_list_order(w->option['s']);
	if (ctl_filter_set(&l->filter, w->arg[0], w->option['g']) == -1)
		return ctl_failed(&l->ctl, "clients: %.20s...: a word of at "
		    "most %d bytes is expected", w->arg[0],
		    CTL_WORD_SIZE - 1);
	return 0;
}

int
ctl_cmd_clients(const struct ctl *ctl, const struct command_words *w)
{
	struct listing		 l = { .ctl = *ctl };
	struct ctl_server	*s;
	int			 rv;

	if (options(&l, w) != 0)
		return 1;
	ctl_table_locale();
	ctl_clients_table(&l.table, ctl_table_columns());
	if ((s = ctl_open(&l.ctl)) == NULL)
		return 1;
	rv = ctl_list_request(&l.ctl, &s, got_client, &l);
	ctl_close(s);
	if (rv == 0 && l.no_memory)
		rv = ctl_failed(&l.ctl, "out of memory for the list");
	if (rv != 0) {
		ctl_list_free(&l.held);
		return rv;
	}
	show_held(&l);
	if (ctl->json) {
		open_list(&l);
		ctl_json_end(&l.doc, stdout);
	} else
		put_sum(&l);
	return 0;
}

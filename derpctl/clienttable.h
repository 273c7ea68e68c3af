/*
 * clienttable: connections as lines of a table and as JSON.
 */
#ifndef CLIENTTABLE_H
#define CLIENTTABLE_H

#include <stdio.h>

#include "json_out.h"
#include "messages.h"
#include "table.h"

/* Prepare the table for lines of `width' columns; 0: without limit. */
void	ctl_clients_table(struct ctl_table *t, unsigned int width);

/* Print the line of a connection. */
void	ctl_clients_row(const struct ctl_table *t, FILE *fp,
	    const struct ipc_msg_ctl_listed *v);

/* Add a connection as a JSON object. */
void	ctl_clients_json(struct json_out *o,
	    const struct ipc_msg_ctl_listed *v);

#endif

/*
 * jsoncell: members of a JSON document as cells of a table.  A missing member
 * is shown as a dash.  For the commands of derpctl.
 */
#ifndef JSONCELL_H
#define JSONCELL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "json.h"
#include "table.h"

/* The string or number `name' of the object `r'; "" is a dash. */
void	ctl_cell_text(const struct ctl_table *t, FILE *fp, size_t i,
	    const struct json *j, json_ref r, const char *name);

/* A number by `cell': ctl_table_number() or ctl_table_bytes(). */
void	ctl_cell_number(const struct ctl_table *t, FILE *fp, size_t i,
	    const struct json *j, json_ref r, const char *name,
	    void (*cell)(const struct ctl_table *, FILE *, size_t, uint64_t));

/* Seconds as an age; a dash for a negative number. */
void	ctl_cell_age(const struct ctl_table *t, FILE *fp, size_t i,
	    const struct json *j, json_ref r, const char *name);

#endif

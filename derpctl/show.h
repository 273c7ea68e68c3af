/*
 * show: print members of a JSON document as text, for the commands of derpctl.
 * A missing member is shown as a dash, so that derpctl and derpd may differ by
 * a version.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stddef.h>
#include <stdio.h>

#include "json.h"

/* Print the string or number `name' of the object `r', or a dash. */
void	 ctl_show_member(FILE *fp, const struct json *j, json_ref r,
	    const char *name);

/*
 * Copy the same text into `dst' of `size' bytes, truncated to fit, for columns.
 * Returns `dst'.
 */
const char *ctl_show_text(const struct json *j, json_ref r, const char *name,
	    char *dst, size_t size);

/*
 * Print the strings of an array, separated by commas; a dash for an empty one.
 */
void	 ctl_show_list(FILE *fp, const struct json *j, json_ref list);

/* Print each string of an array, behind `what', on a line of its own. */
void	 ctl_show_lines(FILE *fp, const struct json *j, json_ref list,
	    const char *what);

/* Print the number of seconds `name' of the object `r' as an age. */
void	 ctl_show_age(FILE *fp, const struct json *j, json_ref r,
	    const char *name);

/* Print a line with `title' and the member `name', unless the member is "". */
void	 ctl_show_line(FILE *fp, const struct json *j, json_ref r,
	    const char *name, const char *title);

#endif

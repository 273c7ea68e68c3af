/*
 * show: members of a JSON document as text for people, for the commands of
 * derpctl.  What is missing is shown as a dash, so that derpctl and derpd may
 * differ by a version.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stddef.h>
#include <stdio.h>

#include "json.h"

/* Print the string or number `name' of the object `r', or a dash. */
void	 ctl_show_member(FILE *fp, const struct json *j, json_ref r,
	    const char *name);

/* The same into `dst' of `size' bytes, cut to fit: for columns.  `dst'. */
const char *ctl_show_text(const struct json *j, json_ref r, const char *name,
	    char *dst, size_t size);

/* Print the strings of an array, with commas; a dash when there are none. */
void	 ctl_show_list(FILE *fp, const struct json *j, json_ref list);

/* Print the number of seconds `name' of the object `r' as an age. */
void	 ctl_show_age(FILE *fp, const struct json *j, json_ref r,
	    const char *name);

/* Print a line of `title' and the member `name', unless that is "". */
void	 ctl_show_line(FILE *fp, const struct json *j, json_ref r,
	    const char *name, const char *title);

#endif

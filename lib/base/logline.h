/*
 * logline: the forms of a line of the log, as text and as JSON.  Pure; called
 * by log.c.
 */
#ifndef LOGLINE_H
#define LOGLINE_H

#include <sys/types.h>
#include <stddef.h>
#include <time.h>

#include "log.h"

#define LOGLINE_TEXT	1024	/* of a line of text, with its end */
#define LOGLINE_SIZE	2560	/* of the longest line: JSON, all escaped */

struct log_line {
	const char	*program;	/* before the text; "": not there */
	const char	*process;	/* "relay 2"; "": the program's only */
	const char	*message;	/* made by log_line_escape() */
	const struct log_about *about;	/* NULL: no client */
	int		 level;		/* of syslog(3) */
	pid_t		 pid;		/* JSON only, as `when' */
	struct timespec	 when;
};

/*
 * Append `src' to the string of *n bytes in `dst', which has `size' bytes.
 * Bytes outside printable ASCII become \xNN, so that no input can forge a line
 * or control the terminal that shows it.  What does not fit is left out.
 */
void	log_line_escape(char *dst, size_t size, size_t *n, const char *src);

/*
 * Write the line with its newline to `dst' (LOGLINE_SIZE bytes, a NUL among
 * them) as text, at most LOGLINE_TEXT bytes, or as an object of JSON (RFC
 * 8259).  A message that is too long is cut; the fields behind it are whole.
 * In text, the "=" of what looks like a field in the message becomes \x3d: a
 * mesh node or a CA may have sent it.  Returns the bytes without NUL.
 */
size_t	log_line_text(char *dst, const struct log_line *l);
size_t	log_line_json(char *dst, const struct log_line *l);

#endif

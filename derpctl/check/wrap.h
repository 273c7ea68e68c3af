/*
 * wrap: paragraphs of text in lines of a width, behind a label.  Pure but for
 * the locale, which says how wide a character is.
 */
#ifndef WRAP_H
#define WRAP_H

#include <stdio.h>

/* A paragraph that is being printed. */
struct ctlcheck_wrap {
	FILE		*fp;
	unsigned int	 indent;	/* of each line but the first */
	unsigned int	 width;
	size_t		 column;	/* of the cursor */
	int		 begun;		/* this line has a word */
};

/*
 * Begin a paragraph at column `indent', behind `label', in lines of `width'.
 */
void	 ctlcheck_wrap_begin(struct ctlcheck_wrap *w, FILE *fp,
	    const char *label, unsigned int indent, unsigned int width);

/*
 * Print untrusted text, without characters that a terminal would interpret.  A
 * line is broken only at a blank: a longer word has a line of its own.
 */
void	 ctlcheck_wrap_put(struct ctlcheck_wrap *w, const char *text);

/* End the last line. */
void	 ctlcheck_wrap_end(struct ctlcheck_wrap *w);

#endif

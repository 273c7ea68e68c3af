/*
 * gramprint: parts of a printed configuration, for types that print their
 * fields themselves (struct gram_type).
 */
#ifndef GRAMPRINT_H
#define GRAMPRINT_H

#include "gramoption.h"

/* Print a string in quotes. */
void	 gram_print_string(FILE *f, const char *s);

/* Print a block with all its statements, whose structure is at `base'. */
void	 gram_print_block(FILE *f, const struct gram_table *t,
	    const struct gram_option *block, const void *base);

#endif

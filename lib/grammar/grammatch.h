/*
 * grammatch: matches the statement being read against the table.  The grammar
 * (parse.y) passes the text item by item.  For this folder.
 */
#ifndef GRAMMATCH_H
#define GRAMMATCH_H

#include "gramoption.h"

/* Begin a configuration: no row is set. */
void	 gram_match_reset(void);

/*
 * The next word or value of the statement, or the first of a new one.  If it is
 * not permitted, that is reported, and the rest of the line skipped.
 */
void	 gram_match(const struct gram_item *item);

/* The braces of a list, which is a value, open and close. */
void	 gram_match_list(const struct gram_item *it);
void	 gram_match_list_end(const struct gram_item *end);

/* NAME = VALUE, a string or a number. */
void	 gram_match_macro(const struct gram_item *name,
	    const struct gram_item *value);

/* The end of the line or of the block: check that the statement is complete. */
void	 gram_match_end(const struct gram_item *end);

/* Refuse the statement, and skip its line. */
void	 gram_match_drop(void);

/* The word of a block; it must be that of a row. */
void	 gram_match_block(const struct gram_item *word);

/* The block begins; the string after its word, or NULL. */
void	 gram_match_begin(const struct gram_item *title);

/* The block's braces open and close. */
void	 gram_match_open(void);
void	 gram_match_close(const struct gram_item *end);

/*
 * The usage of the statement being read, or what may follow; NULL: not known
 * yet.  Static, until the next call.
 */
const char *gram_match_usage(void);

/* The current block. */
int	 gram_match_where(void);

#endif

/*
 * conf_match: matches the statement being read against options.def.  The
 * grammar (parse.y) passes the text item by item.  For this folder.
 */
#ifndef CONF_MATCH_H
#define CONF_MATCH_H

#include "conf_option.h"

/* Begin a configuration: no row is set. */
void	 conf_match_reset(void);

/*
 * The next word or value of the statement, or the first of a new one.  If it is
 * not permitted, that is reported, and the rest of the line skipped.
 */
void	 conf_match(const struct conf_item *item);

/* The braces of a list, which is a value, open and close. */
void	 conf_match_list(const struct conf_item *it);
void	 conf_match_list_end(const struct conf_item *end);

/* NAME = VALUE, a string or a number. */
void	 conf_match_macro(const struct conf_item *name,
	    const struct conf_item *value);

/* The end of the line or of the block: check that the statement is complete. */
void	 conf_match_end(const struct conf_item *end);

/* Refuse the statement, and skip its line. */
void	 conf_match_drop(void);

/* The word of a block; it must be that of a row. */
void	 conf_match_block(const struct conf_item *word);

/* The block begins; the string after its word, or NULL. */
void	 conf_match_begin(const struct conf_item *title);

/* The block's braces open and close. */
void	 conf_match_open(void);
void	 conf_match_close(const struct conf_item *end);

/*
 * The usage of the statement being read, or what may follow; NULL: not known
 * yet.  Static, until the next call.
 */
const char *conf_match_usage(void);

/* The current block. */
enum conf_block conf_match_where(void);

#endif

/*
 * conf_match: the statement that is being read, held against options.def.  The
 * grammar (parse.y) hands over what stands in the text, item by item.  For this
 * folder.
 */
#ifndef CONF_MATCH_H
#define CONF_MATCH_H

#include "conf_option.h"

/* Begin a configuration: nothing is set yet. */
void	 conf_match_reset(void);

/*
 * The next word or value of the statement, or the first of another one.  When
 * it can't stand there, that is reported, and the rest of the line passed over.
 */
void	 conf_match(const struct conf_item *item);

/* NAME = VALUE, a string or a number. */
void	 conf_match_macro(const struct conf_item *name,
	    const struct conf_item *value);

/* The end of the line, or of the block: is the statement complete? */
void	 conf_match_end(const struct conf_item *end);

/* The statement is refused, and its line passed over. */
void	 conf_match_drop(void);

/* The word of a block; it must be that of a row. */
void	 conf_match_block(const struct conf_item *word);

/* The block begins, with the string behind its word, or NULL. */
void	 conf_match_begin(const struct conf_item *title);

/* Its braces open and close. */
void	 conf_match_open(void);
void	 conf_match_close(const struct conf_item *end);

/*
 * How the statement that is being read must look, or what may follow it; NULL:
 * not known yet.  Static, until the next call.
 */
const char *conf_match_usage(void);

/* The block that it stands in. */
enum conf_block conf_match_where(void);

#endif

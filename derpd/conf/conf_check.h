/*
 * conf_check: what concerns several values of a configuration, or the whole.
 * For this folder.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf_option.h"

/* Of options.def: may a field get this value?  1, or 0: reported. */
int	 conf_check_codel(const struct conf_option *o, const void *base,
	    const struct conf_item *item);
int	 conf_check_source(const struct conf_option *o, const void *base,
	    const struct conf_item *item);

/* Of options.def: a block begins. */
void	 conf_begin_acme(const struct conf_pos *pos);
void	 conf_begin_map(const struct conf_pos *pos);

/* The ACME directory of word number `n' in its row; NULL: there is none. */
const char *conf_directory_url(int64_t n);

/* All is read: what is still to be set, and does all of it go together? */
void	 conf_check(void);

#endif

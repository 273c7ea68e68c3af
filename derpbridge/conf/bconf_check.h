/*
 * bconf_check: what a configuration derives from its values, and checks of the
 * whole.  For this folder.
 */
#ifndef BCONF_CHECK_H
#define BCONF_CHECK_H

#include "bconf_option.h"

/* The configuration that is being read, and the interface of -i or NULL. */
extern struct bconf	*bconf_parsed;
extern const char	*bconf_only;

/* For options.def: 1 when a field may have this value, or 0: reported. */
int	 bconf_check_place(const struct gram_option *o, const void *base,
	    const struct gram_item *item);

/* For options.def: an interface block begins. */
void	 bconf_begin_iface(const struct gram_pos *pos);

/*
 * Keep the interface of that name alone; without one, add it with the defaults.
 */
void	 bconf_keep_iface(const char *name);

/* Set what is derived, and check the whole configuration. */
void	 bconf_check(void);

#endif

/*
 * conf_store: the fields of a configuration, by the rows of options.def: set,
 * compared, freed.  `base' is what the row's field is a member of: a struct
 * conf, or of a map's row a struct conf_map.  For this folder.
 */
#ifndef CONF_STORE_H
#define CONF_STORE_H

#include "conf_option.h"

/* A copy of `s'; exits without memory. */
char	*conf_dup(const char *s);

/* `n' zeroed bytes; exits without memory. */
void	*conf_alloc(size_t n);

/* Append a name to a list; it is copied. */
void	 conf_add_name(struct conf_names *names, const char *name,
	    const struct conf_pos *pos);

/* The integer of a row. */
int64_t	 conf_get_int(const struct conf_option *o, const void *base);

/* The string of a row; NULL when it is unset. */
const char *conf_get_str(const struct conf_option *o, const void *base);

/* The list of a row. */
const void *conf_get_list(const struct conf_option *o, const void *base);

/* Does the field hold a value of the row?  1 or 0. */
int	 conf_is_set(const struct conf_option *o, const void *base);

/* Check a value and put it into the field; 0, or -1: reported. */
int	 conf_set(const struct conf_option *o, void *base,
	    const struct conf_item *item);

/*
 * Give the fields their defaults: those of a map, or those of all other
 * blocks.
 */
void	 conf_set_defaults(void *base, int map);

/* Are the fields of a row the same?  1 or 0. */
int	 conf_same(const struct conf_option *o, const void *a, const void *b);

/* Free what the fields hold: those of a map, or all others with the maps. */
void	 conf_free_fields(void *base, int map);

#endif

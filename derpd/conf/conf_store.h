/*
 * conf_store: sets, compares and frees the fields of a configuration by the
 * rows of options.def.  `base' is the structure that has the row's field: a
 * struct conf, or a struct conf_map for rows of a map.  For this folder.
 */
#ifndef CONF_STORE_H
#define CONF_STORE_H

#include "conf_option.h"

/* A copy of `s'; exits without memory. */
char	*conf_dup(const char *s);

/* `n' zeroed bytes; exits without memory. */
void	*conf_alloc(size_t n);

/* Append a copy of a name to a list. */
void	 conf_add_name(struct conf_names *names, const char *name,
	    const struct conf_pos *pos);

/* The integer of a row. */
int64_t	 conf_get_int(const struct conf_option *o, const void *base);

/* The string of a row; NULL when it is unset. */
const char *conf_get_str(const struct conf_option *o, const void *base);

/* The list of a row. */
const void *conf_get_list(const struct conf_option *o, const void *base);

/* 1 when the field holds a value of the row, else 0. */
int	 conf_is_set(const struct conf_option *o, const void *base);

/* Check a value and store it in the field.  0, or -1: reported. */
int	 conf_set(const struct conf_option *o, void *base,
	    const struct conf_item *item);

/* Set the defaults of the fields of a map, or of all other blocks. */
void	 conf_set_defaults(void *base, int map);

/* 1 when the fields of a row are equal, else 0. */
int	 conf_same(const struct conf_option *o, const void *a, const void *b);

/* Free the fields of a map, or all other fields with the maps. */
void	 conf_free_fields(void *base, int map);

#endif

/*
 * gramstore: sets, compares and frees the fields of a configuration by the rows
 * of its table.  `base' is the structure that has the row's field: the
 * configuration itself, or the structure of one block of those that have one
 * each.  For this folder, and for the configuration of a daemon.
 */
#ifndef GRAMSTORE_H
#define GRAMSTORE_H

#include "gramoption.h"

/* A copy of `s'; exits without memory. */
char	*gram_dup(const char *s);

/* `n' zeroed bytes; exits without memory. */
void	*gram_alloc(size_t n);

/* Append a copy of a name to a list. */
void	 gram_add_name(struct gram_names *names, const char *name,
	    const struct gram_pos *pos);

/* The integer of a row. */
int64_t	 gram_get_int(const struct gram_option *o, const void *base);

/* The string of a row; NULL when it is unset. */
const char *gram_get_str(const struct gram_option *o, const void *base);

/* The list of a row. */
const void *gram_get_list(const struct gram_option *o, const void *base);

/* The number of the word that stands for the value of a row; -1: none. */
int64_t	 gram_word_of(const struct gram_option *o, const void *base);

/* 1 when the field holds a value of the row, else 0. */
int	 gram_is_set(const struct gram_option *o, const void *base);

/* Check a value and store it in the field.  0, or -1: reported. */
int	 gram_set(const struct gram_table *t, const struct gram_option *o,
	    void *base, const struct gram_item *item);

/*
 * Set the defaults of the fields of a block with structures of its own, or, for
 * GRAM_TOP, of all other blocks.
 */
void	 gram_set_defaults(const struct gram_table *t, int block, void *base);

/* 1 when both are NULL or the same text, else 0. */
int	 gram_same_text(const char *a, const char *b);

/* 1 when the fields of a row are equal, else 0. */
int	 gram_same(const struct gram_option *o, const void *a, const void *b);

/* 1 when all those fields are equal, else 0. */
int	 gram_same_fields(const struct gram_table *t, int block,
	    const void *a, const void *b);

/* Free those fields. */
void	 gram_free_fields(const struct gram_table *t, int block, void *base);

#endif

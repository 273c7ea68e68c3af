/*
 * gramtypes: types of rows that daemons share, and what the types and checks of
 * a daemon use: errors, and checks of values.
 */
#ifndef GRAMTYPES_H
#define GRAMTYPES_H

#include "gramoption.h"

/* Integers ... */
extern const struct gram_type
	gram_type_number,	/* digits, .min to .max */
	gram_type_size,		/* the same, with K, M or G appended */
	gram_type_words,	/* the first of .words: 0, the second: 1 ... */
	gram_type_choice,	/* the first of .words: -1, the second: -2 ...,
				   or digits, .min to .max; of 8 bytes */
	gram_type_flag,		/* keywords alone: 1 */
	gram_type_off,		/* keywords alone: 0 */
/* ... strings ... */
	gram_type_path,		/* absolute, of at most .max bytes */
	gram_type_root,		/* the same, or off: "" */
	gram_type_user,		/* the name of a user */
	gram_type_text,		/* ASCII that needs no escapes in JSON */
	gram_type_source,	/* URL, https */
/* ... lists of strings ... */
	gram_type_paths, gram_type_sources,
/* ... values stored with the statement's first value, or not at all ... */
	gram_type_port, gram_type_file,
/* ... a block, which grammatch.c opens and closes, and files. */
	gram_type_block, gram_type_include;

/*
 * Report an error at `pos': "file:line: ...".  Only the first 20 of a load are
 * shown.
 */
void	 gram_error(const struct gram_pos *pos, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * 1 when `path' is absolute and has at most `max' bytes; else 0, and an error
 * about `name' is reported.
 */
int	 gram_is_path(const char *path, size_t max, const char *name,
	    const struct gram_pos *pos);

/*
 * 1 when `s' is a URL of visible ASCII that begins with `scheme', such as
 * "https://", else 0.
 */
int	 gram_is_url(const char *s, const char *scheme);

#endif

/*
 * gramoption: the table that defines a configuration: a row for each value of a
 * statement, and functions on rows.  A daemon has a table of its own, its rows
 * in a file options.def; gram.h reads a configuration by it.
 */
#ifndef GRAMOPTION_H
#define GRAMOPTION_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gram.h"

/* The unit of a number; gram_units[]. */
enum gram_unit {
	GRAM_NOUNIT, GRAM_MS, GRAM_SECONDS, GRAM_BYTES, GRAM_BYTERATE,
	GRAM_RATE
};

struct gram_unit_text {
	const char	*arg;		/* in a usage */
	const char	*text;		/* in a message; NULL: none */
};
extern const struct gram_unit_text gram_units[];

/* A row is a statement, or a further value of the row above. */
enum gram_follows {
	GRAM_HEAD,			/* a statement */
	GRAM_MUST,			/* a value that must follow */
	GRAM_MAY,			/* a value that may follow */
	GRAM_ALSO			/* one that may, or a statement */
};

/* An item of a statement in the text. */
enum gram_kind {
	GRAM_WORD = 1,			/* a keyword without quotes */
	GRAM_STRING = 2, GRAM_NUMBER = 4, GRAM_STAR = 8,
	GRAM_LIST = 16			/* strings in braces */
};

struct gram_item {
	enum gram_kind	 kind;
	const char	*text;		/* valid until gram_lex_reset() */
	int64_t		 number;	/* for GRAM_NUMBER */
	struct gram_pos	 pos;
};

struct gram_option;

/* A statement with all its values. */
#define GRAM_MAXVALUES	5
#define GRAM_MAXLIST	64		/* strings in braces */
struct gram_statement {
	const struct gram_option *row[GRAM_MAXVALUES];
	struct gram_item	 item[GRAM_MAXVALUES];
	unsigned int		 n;
	struct gram_item	 list[GRAM_MAXLIST]; /* of a GRAM_LIST */
	size_t			 nlist;
	struct gram_pos		 pos;	/* its beginning */
};

/* The representation of a field. */
enum gram_store {
	GRAM_NONE,			/* no field */
	GRAM_INT,			/* an integer or an enum */
	GRAM_STR,			/* char *, NULL: unset */
	GRAM_BUF,			/* char[], "": unset */
	GRAM_NAMES,			/* struct gram_names */
	GRAM_OWN			/* the daemon's own: by functions of the
					   type */
};

struct gram_type {
	const char	*arg;		/* in a usage; NULL: by the unit */
	unsigned int	 accepts;	/* enum gram_kind; 0: no value */
	enum gram_store	 store;
	const char	*words;		/* words for 0, 1 ...; NULL: none */
	int		 alone;		/* value of keywords alone */
	/* The integer of an item.  0, or -1: reported.  NULL: .alone. */
	int		(*number)(const struct gram_option *,
			    const struct gram_item *, int64_t *);
	/*
	 * The text to store for an item, static or the item's; NULL: reported.
	 */
	const char	*(*text)(const struct gram_option *,
			    const struct gram_item *);
	/* Replaces both: store the statement in the configuration. */
	void		(*apply)(const struct gram_statement *);
	/*
	 * The number of the word that stands for a value of the field, an
	 * integer or a text; -1: none.  NULL: the number of an integer's word
	 * is its value, a text has no word.
	 */
	int64_t		(*word)(const struct gram_option *, int64_t v,
			    const char *text);
	/* GRAM_OWN: 1 when two fields are equal; NULL: always. */
	int		(*same)(const void *, const void *);
	/* GRAM_OWN: free what a field holds; NULL: nothing. */
	void		(*free)(void *);
	/*
	 * Print the field's statements in the structure at `base', each line
	 * after `indent'; NULL: by the row, and nothing of GRAM_OWN.
	 */
	void		(*print)(FILE *, const struct gram_option *,
			    const char *indent, const void *base);
};

struct gram_option {
	int		 block;		/* GRAM_TOP: none */
	const char	*keywords;	/* words separated by a blank */
	const struct gram_type *type;
	size_t		 offset, size;	/* of the field */
	int		 restart;	/* 1: a change requires a restart */
	enum gram_follows follows;
	int64_t		 min, max;	/* of a number; max: of a string's
					   bytes, 0: the type's */
	enum gram_unit	 unit;
	const char	*def;		/* in the grammar; NULL: none */
	const char	*unset;		/* meaning of no value, as in the
					   manual; NULL: none */
	const char	*words;		/* words for 0, 1 ... */
	int		 repeat;	/* maximum statements; 0: one */
	int		 unique;	/* 1: no duplicates */
	size_t		 at;		/* of a struct gram_pos; 0: none */
	int		 opens;		/* of a block; GRAM_TOP: none */
	int		 bare;		/* 1: a further value without words of
					   its own; the last keyword is its
					   name */
	const char	*name;		/* in messages; NULL: the keywords */
	const char	*once;		/* name of alternatives in a
					   message; NULL: the name */
	const char	*arg;		/* instead of the type's */
	const char	*usage;		/* instead of the composed one */
	/* 1 when the field may have this value, or 0: reported. */
	int		(*check)(const struct gram_option *, const void *base,
			    const struct gram_item *);
	int		 macro;		/* 1: its word may name a macro, too */
	int		 title;		/* 1: the block's word may be
					   followed by its first value; 2: it is
					   printed like that, too */
	void		(*begin)(const struct gram_pos *); /* at its begin */
};

#define GRAM_TOP	0		/* the block of statements outside of
					   blocks */
#define GRAM_ANY	INT32_MAX	/* .repeat without a bound */
#define GRAM_PATHMAX	1023		/* bytes of a path */
#define GRAM_SOCKETMAX	\
	((int64_t)sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* A block: where the fields of its rows are. */
struct gram_block {
	const char	*each;		/* "a map": each block of this kind has
					   a structure of its own; NULL: the
					   fields are in the configuration */
	/* The structure of the block that began last in the configuration. */
	void		*(*last)(void *conf);
};

/* A whole grammar. */
struct gram_table {
	const struct gram_option *rows;	/* as in options.def */
	size_t			  n;
	const struct gram_block	 *blocks; /* by number */
	void			(*check)(void);	/* when all is read */
};

/* The name of an option in messages. */
const char *gram_name(const struct gram_option *o);

/* The words for the values of `o'; NULL: none. */
const char *gram_words(const struct gram_option *o);

/*
 * The keywords of a row that follows `head', without those it shares with it:
 * "burst" of "accept burst" after "accept rate".
 */
const char *gram_suffix(const struct gram_option *head,
	    const struct gram_option *o);

/* The number of `word' (`n' bytes) in the words of `list', or -1. */
int	 gram_word_number(const char *list, const char *word, size_t n);

/*
 * The word of number `v' in `list', and its length in *n (`n' may be NULL);
 * NULL: there are fewer.
 */
const char *gram_word_at(const char *list, int64_t v, size_t *n);

/* 1 when it is a keyword, which must be quoted as a string; else 0. */
int	 gram_is_keyword(const struct gram_table *t, const char *word);

/*
 * 1 when it is a keyword that may name a macro, because macros of that name are
 * older; else 0.
 */
int	 gram_may_define(const struct gram_table *t, const char *word);

/* The row of the block that `word' opens; NULL: none. */
const struct gram_option *gram_find_block(const struct gram_table *t,
	    const char *word);

/* The first row of a block, which a string after the block's word sets. */
const struct gram_option *gram_title_row(const struct gram_table *t,
	    const struct gram_option *opener);

/*
 * The block in whose structure the field of `o' is: its own one, or GRAM_TOP
 * for the configuration itself.
 */
int	 gram_owner(const struct gram_table *t, const struct gram_option *o);

/*
 * The usage of the statements that begin with `word' (`n' bytes) in the block;
 * NULL: none.  Static, until the next call.
 */
const char *gram_usage(const struct gram_table *t, int block, const char *word,
	    size_t n);

/* All statements of the block.  Static, until the next call. */
const char *gram_statements(const struct gram_table *t, int block);

#endif

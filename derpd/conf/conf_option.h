/*
 * conf_option: the table of options.def: the columns of a row, and functions on
 * rows.  For this folder and its tests.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf.h"

/* The block that a statement belongs to. */
enum conf_block {
	CONF_TOP, CONF_RELAY, CONF_STUN, CONF_MAP, CONF_MESH, CONF_ADMIT,
	CONF_ACME, CONF_DNS, CONF_METRICS,
	CONF_NBLOCKS
};

/* The unit of a number; conf_units[]. */
enum conf_unit {
	CONF_NOUNIT, CONF_MS, CONF_SECONDS, CONF_BYTES, CONF_BYTERATE,
	CONF_RATE
};

struct conf_unit_text {
	const char	*arg;		/* in a usage */
	const char	*text;		/* in a message; NULL: none */
};
extern const struct conf_unit_text conf_units[];

/* A row is a statement, or a further value of the row above. */
enum conf_follows {
	CONF_HEAD,			/* a statement */
	CONF_MUST,			/* a value that must follow */
	CONF_MAY,			/* a value that may follow */
	CONF_ALSO			/* one that may, or a statement */
};

/* An item of a statement in the text. */
enum conf_kind {
	CONF_WORD = 1,			/* a keyword without quotes */
	CONF_STRING = 2, CONF_NUMBER = 4, CONF_STAR = 8,
	CONF_LIST = 16			/* strings in braces */
};

struct conf_item {
	enum conf_kind	 kind;
	const char	*text;		/* valid until conf_lex_reset() */
	int64_t		 number;	/* for CONF_NUMBER */
	struct conf_pos	 pos;
};

struct conf_option;

/* A statement with all its values. */
#define CONF_MAXVALUES	5
#define CONF_MAXLIST	IPC_MAXPROXIES	/* strings in braces */
struct conf_statement {
	const struct conf_option *row[CONF_MAXVALUES];
	struct conf_item	 item[CONF_MAXVALUES];
	unsigned int		 n;
	struct conf_item	 list[CONF_MAXLIST]; /* of a CONF_LIST */
	size_t			 nlist;
	struct conf_pos		 pos;	/* its beginning */
};

/* The representation of a field. */
enum conf_store {
	CONF_NONE,			/* no field */
	CONF_INT,			/* an integer or an enum */
	CONF_STR,			/* char *, NULL: unset */
	CONF_BUF,			/* char[], "": unset */
	CONF_NAMES, CONF_LISTENS, CONF_CERTS, CONF_MAPS, /* lists */
	CONF_VERIFIES,			/* the same, of admission */
	CONF_NODES,			/* the same, of the mesh */
	CONF_PREFIXES,			/* an array */
	CONF_PROXIES			/* of each item of CONF_LISTENS */
};

struct conf_type {
	const char	*arg;		/* in a usage; NULL: by the unit */
	unsigned int	 accepts;	/* enum conf_kind; 0: no value */
	enum conf_store	 store;
	const char	*words;		/* words for 0, 1 ...; NULL: none */
	int		 alone;		/* value of keywords alone */
	/* The integer of an item.  0, or -1: reported. */
	int		(*number)(const struct conf_option *,
			    const struct conf_item *, int64_t *);
	/*
	 * The text to store for an item, static or the item's; NULL: reported.
	 */
	const char	*(*text)(const struct conf_option *,
			    const struct conf_item *);
	/* Replaces both: store the statement in the configuration. */
	void		(*apply)(const struct conf_statement *);
};

struct conf_option {
	enum conf_block	 block;
	const char	*keywords;	/* words separated by a blank */
	const struct conf_type *type;
	size_t		 offset, size;	/* of the field */
	int		 restart;	/* 1: a change requires a restart */
	enum conf_follows follows;
	int64_t		 min, max;	/* of a number; max: of a string's
					   bytes, 0: the type's */
	enum conf_unit	 unit;
	const char	*def;		/* in the grammar; NULL: none */
	const char	*unset;		/* meaning of no value, as in the
					   manual; NULL: none */
	const char	*words;		/* words for 0, 1 ... */
	int		 repeat;	/* maximum statements; 0: one */
	int		 unique;	/* 1: no duplicates */
	size_t		 at;		/* of a struct conf_pos; 0: none */
	enum conf_block	 opens;		/* of a block; CONF_TOP: none */
	int		 bare;		/* 1: a further value without words of
					   its own; the last keyword is its
					   name */
	const char	*name;		/* in messages; NULL: the keywords */
	const char	*once;		/* name of alternatives in a
					   message; NULL: the name */
	const char	*arg;		/* instead of the type's */
	const char	*usage;		/* instead of the composed one */
	/* 1 when the field may have this value, or 0: reported. */
	int		(*check)(const struct conf_option *, const void *base,
			    const struct conf_item *);
	int		 macro;		/* 1: its word may name a macro, too */
	int		 title;		/* 1: the block's word may be
					   followed by its first value */
	void		(*begin)(const struct conf_pos *); /* at its begin */
};

#define CONF_ANY	INT32_MAX	/* .repeat without a bound */
#define CONF_RATE_MAX	(INT64_C(1) << 33)	/* bytes (a second) */
#define CONF_BURST_MIN	65568		/* one SendPacket of maximum size */
#define CONF_PATHMAX	1023		/* bytes of a path */
#define CONF_SOCKETMAX	\
	((int64_t)sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* The table: a row for each of options.def, in its order. */
extern const struct conf_option conf_options[];
extern const size_t conf_noptions;

/* The name of an option in messages. */
const char *conf_name(const struct conf_option *o);

/* The words for the values of `o'; NULL: none. */
const char *conf_words(const struct conf_option *o);

/*
 * The keywords of a row that follows `head', without those it shares with it:
 * "burst" of "accept burst" after "accept rate".
 */
const char *conf_suffix(const struct conf_option *head,
	    const struct conf_option *o);

/* The number of `word' (`n' bytes) in the words of `list', or -1. */
int	 conf_word_number(const char *list, const char *word, size_t n);

/*
 * The word of number `v' in `list', and its length in *n (`n' may be NULL);
 * NULL: there are fewer.
 */
const char *conf_word_at(const char *list, int64_t v, size_t *n);

/* 1 when it is a keyword, which must be quoted as a string; else 0. */
int	 conf_is_keyword(const char *word);

/*
 * 1 when it is a keyword that may name a macro, because macros of that name are
 * older; else 0.
 */
int	 conf_may_define(const char *word);

/* The row of the block that `word' opens; NULL: none. */
const struct conf_option *conf_find_block(const char *word);

/*
 * The usage of the statements that begin with `word' (`n' bytes) in the block;
 * NULL: none.  Static, until the next call.
 */
const char *conf_usage(enum conf_block block, const char *word, size_t n);

/* All statements of the block.  Static, until the next call. */
const char *conf_statements(enum conf_block block);

#endif

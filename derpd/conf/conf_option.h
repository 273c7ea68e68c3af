/*
 * conf_option: the table of options.def: what a row says, and what is read off
 * it.  For this folder and its tests.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf.h"

/* Where a statement may stand. */
enum conf_block {
	CONF_TOP, CONF_RELAY, CONF_STUN, CONF_MAP, CONF_MESH, CONF_ACME,
	CONF_NBLOCKS
};

/* Of a number; conf_units[]. */
enum conf_unit {
	CONF_NOUNIT, CONF_MS, CONF_SECONDS, CONF_BYTES, CONF_BYTERATE,
	CONF_RATE
};

struct conf_unit_text {
	const char	*arg;		/* in a usage */
	const char	*text;		/* in a message; NULL nothing */
};
extern const struct conf_unit_text conf_units[];

/* Is a row a statement, or a further value of the one above? */
enum conf_follows {
	CONF_HEAD,			/* a statement */
	CONF_MUST,			/* a value that must follow */
	CONF_MAY,			/* one that may */
	CONF_ALSO			/* one that may, and a statement too */
};

/* What stands in the text: one item of a statement. */
enum conf_kind {
	CONF_WORD = 1,			/* a keyword without quotes */
	CONF_STRING = 2, CONF_NUMBER = 4, CONF_STAR = 8
};

struct conf_item {
	enum conf_kind	 kind;
	const char	*text;		/* until conf_lex_reset() */
	int64_t		 number;	/* of CONF_NUMBER */
	struct conf_pos	 pos;
};

struct conf_option;

/* A statement whose values are complete. */
#define CONF_MAXVALUES	4
struct conf_statement {
	const struct conf_option *row[CONF_MAXVALUES];
	struct conf_item	 item[CONF_MAXVALUES];
	unsigned int		 n;
	struct conf_pos		 pos;	/* where it begins */
};

/* What a field is in memory. */
enum conf_store {
	CONF_NONE,			/* nothing of its own */
	CONF_INT,			/* an integer, or an enum */
	CONF_STR,			/* char *, NULL unset */
	CONF_BUF,			/* char[], "" unset */
	CONF_NAMES, CONF_LISTENS, CONF_CERTS, CONF_MAPS	/* lists */
};

struct conf_type {
	const char	*arg;		/* in a usage; NULL by the unit */
	unsigned int	 accepts;	/* enum conf_kind; 0: no value */
	enum conf_store	 store;
	const char	*words;		/* that stand for 0, 1 ...; NULL none */
	int		 alone;		/* what keywords without value mean */
	/*
	 * The integer that an item stands for; 0, or -1: reported.
	 */
	int		(*number)(const struct conf_option *,
			    const struct conf_item *, int64_t *);
	/*
	 * The text to be kept for an item, static or the item's; NULL:
	 * reported.
	 */
	const char	*(*text)(const struct conf_option *,
			    const struct conf_item *);
	/* In place of both: put the statement into the configuration. */
	void		(*apply)(const struct conf_statement *);
};

struct conf_option {
	enum conf_block	 block;
	const char	*keywords;	/* words, with a blank between two */
	const struct conf_type *type;
	size_t		 offset, size;	/* of the field */
	int		 restart;	/* of derpd, to change it */
	enum conf_follows follows;
	int64_t		 min, max;	/* of a number; max: of a string's
					   bytes, 0 by its type */
	enum conf_unit	 unit;
	const char	*def;		/* in the grammar; NULL none */
	const char	*unset;		/* what holds without a value, as the
					   manual says; NULL nothing to say */
	const char	*words;		/* that stand for 0, 1 ... */
	int		 repeat;	/* most statements; 0: one */
	int		 unique;	/* of several, no two alike */
	size_t		 at;		/* of a struct conf_pos; 0 none */
	enum conf_block	 opens;		/* of a block; CONF_TOP: none */
	int		 later;		/* not part of this release */
	const char	*name;		/* in messages; NULL: the keywords */
	const char	*once;		/* rows of which one may be set, in a
					   message; NULL: the name */
	const char	*arg;		/* in place of the type's */
	const char	*usage;		/* in place of what is made */
	/* May the field get this?  1, or 0: reported. */
	int		(*check)(const struct conf_option *, const void *base,
			    const struct conf_item *);
	int		 title;		/* the block's first row may stand
					   behind its word, without keywords */
	void		(*begin)(const struct conf_pos *); /* of the block */
};

#define CONF_ANY	INT32_MAX	/* .repeat without a bound */
#define CONF_PATHMAX	1023		/* bytes of a path */
#define CONF_SOCKETMAX	\
	((int64_t)sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* The table: a row each of options.def, in its order. */
extern const struct conf_option conf_options[];
extern const size_t conf_noptions;

/* The name of an option in messages. */
const char *conf_name(const struct conf_option *o);

/* The words that stand for the values of `o', NULL when there are none. */
const char *conf_words(const struct conf_option *o);

/*
 * The keywords of a row that follows `head', without those that it shares with
 * it: "burst" of "accept burst" behind "accept rate".
 */
const char *conf_suffix(const struct conf_option *head,
	    const struct conf_option *o);

/* Is `word' (of `n' bytes) one of the words in `list'?  Its number, or -1. */
int	 conf_word_number(const char *list, const char *word, size_t n);

/*
 * The word of number `v' in `list' and its length (`n' may be NULL); NULL:
 * there are not so many.
 */
const char *conf_word_at(const char *list, int64_t v, size_t *n);

/* Is it a keyword, which must be quoted to be a string?  1 or 0. */
int	 conf_is_keyword(const char *word);

/* The row of the block that `word' opens, NULL when it opens none. */
const struct conf_option *conf_find_block(const char *word);

/*
 * How the statements look that begin with `word' (of `n' bytes) in the block;
 * NULL: there is none.  Static, until the next call.
 */
const char *conf_usage(enum conf_block block, const char *word, size_t n);

/* All the statements that may stand there.  Static, until the next call. */
const char *conf_statements(enum conf_block block);

#endif

/*
 * conf_parse: what parse.y, lex.c, conf_word.c, conf_macro.c, conf_set.c and
 * conf.c share while a configuration is read.  Nobody else includes this.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/* The configuration that is being read. */
extern struct conf	*parsed;

typedef struct {
	union {
		int64_t		 number;
		const char	*string;	/* until lex_reset() */
	} v;
	struct conf_pos	 pos;
} YYSTYPE;
#define YYSTYPE_IS_DECLARED	1

/* Of the last token; not every yacc declares it in parse.h then. */
extern YYSTYPE	yylval;

/* parse.y: read it all into `parsed'; errors are counted, not returned. */
int	yyparse(void);

/* lex.c, for the parser: the next token, 0 at the end; yylval goes with it. */
int	yylex(void);

/* parse.y, for the parser: what stands there can't; lex_error(). */
void	yyerror(const char *);

/*
 * Report an error at `pos': "file:line: ...".  Only the first 20 of a run are
 * shown.  conf_errors() counts them all.
 */
void	conf_error(const struct conf_pos *pos, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	conf_errors(void);
void	conf_errors_reset(void);

/* lex.c */

/* Begin with, or go on into, the file `path'; 0, or -1 (reported at `from'). */
int	lex_push(const char *path, const struct conf_pos *from);

/* Forget all files, also half read ones, and every string handed out. */
void	lex_reset(void);

/* The grammar can't go on: report it, unless the lexer has done so. */
void	lex_error(void);

/*
 * Pass over the rest of the statement that is being read, with its block.  The
 * next token is the end of the line.
 */
void	lex_skip(void);

/* conf_word.c */

enum conf_block {
	BLOCK_NONE, BLOCK_RELAY, BLOCK_MESH, BLOCK_STUN, BLOCK_MAP,
	BLOCK_ACME
};

/* The token of a keyword; -1: it is none. */
int	word_find(const char *word);

/* How a statement looks that begins with the token; NULL: none does there. */
const char *word_usage(enum conf_block block, int token);

/* The block that a statement may have, by its first token; and its word. */
enum conf_block word_block(int token);
const char *word_name(int token);

/* All the statements that may stand there, for messages. */
const char *word_statements(enum conf_block block);

/* conf_macro.c */

#define MACRO_NAME_CHARS	"abcdefghijklmnopqrstuvwxyz"		\
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Is it made of those, and not empty? */
int	macro_is_name(const char *s);

/* Its value, NULL when there is none of that name; until it is set again. */
const char *macro_value(const char *name);

/*
 * Set a macro; `sticky' ones (-D) are not overridden by others.  0, or -1
 * without memory.
 */
int	macro_set(const char *name, const char *value, int sticky);

/* Forget the macros of the last file; those of -D stay. */
void	macro_reset(void);

#endif

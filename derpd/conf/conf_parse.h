/*
 * conf_parse: what parse.y, lex.c, conf_match.c, conf_macro.c, the checks
 * and conf.c share while a configuration is read.  Nobody else includes this.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "conf_option.h"

/* The configuration that is being read. */
extern struct conf	*conf_parsed;

typedef struct conf_item	YYSTYPE;
#define YYSTYPE_IS_DECLARED	1

/* Of the last token; not every yacc declares it in parse.h then. */
extern YYSTYPE	yylval;

/* parse.y: read it all into `parsed'; errors are counted, not returned. */
int	yyparse(void);

/* lex.c, for the parser: the next token, 0 at the end; yylval goes with it. */
int	yylex(void);

/* parse.y, for the parser: what stands there can't; conf_lex_error(). */
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
int	conf_lex_push(const char *path, const struct conf_pos *from);

/* Forget all files, also half read ones, and every string handed out. */
void	conf_lex_reset(void);

/*
 * Report that `item' can't stand there, and what was expected, and pass over
 * the rest of the line; an item of kind 0 is its end, or the end of the block.
 */
void	conf_lex_refuse(const struct conf_item *item, const char *expected);

/* The grammar can't go on: report it, unless the lexer has done so. */
void	conf_lex_error(void);

/*
 * Pass over the rest of the statement that is being read, with its block.  The
 * next token is the end of the line.
 */
void	conf_lex_skip(void);

/* conf_macro.c */

#define MACRO_NAME_CHARS	"abcdefghijklmnopqrstuvwxyz"		\
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Is it made of those, and not empty? */
int	conf_macro_is_name(const char *s);

/* Its value, NULL when there is none of that name; until it is set again. */
const char *conf_macro_value(const char *name);

/*
 * Set a macro; `sticky' ones (-D) are not overridden by others.  0, or -1
 * without memory.
 */
int	conf_macro_set(const char *name, const char *value, int sticky);

/* Forget the macros of the last file; those of -D stay. */
void	conf_macro_reset(void);

#endif

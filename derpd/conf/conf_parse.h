/*
 * conf_parse: shared by parse.y, lex.c, conf_match.c, conf_macro.c, the checks
 * and conf.c while a configuration is read.  No other file includes it.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "conf_option.h"

/* The configuration being read. */
extern struct conf	*conf_parsed;

typedef struct conf_item	YYSTYPE;
#define YYSTYPE_IS_DECLARED	1

/* The value of the last token; not every yacc declares it in parse.h. */
extern YYSTYPE	yylval;

/* parse.y: read all into conf_parsed; errors are counted, not returned. */
int	yyparse(void);

/* lex.c, for the parser: the next token and its yylval; 0 at the end. */
int	yylex(void);

/* parse.y, for the parser: a syntax error; conf_lex_error(). */
void	yyerror(const char *);

/*
 * Report an error at `pos': "file:line: ...".  Only the first 20 of a load are
 * shown.  conf_errors() counts all.
 */
void	conf_error(const struct conf_pos *pos, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	conf_errors(void);
void	conf_errors_reset(void);

/* conf_source.c */

/* Open the file `path', or include it.  0, or -1 (reported at `from'). */
int	conf_source_push(const char *path, const struct conf_pos *from);

/* Read this text first, under this name. */
void	conf_source_push_text(const char *name, const char *text);

/* lex.c */

/* Close all files, and free every string handed out. */
void	conf_lex_reset(void);

/*
 * Report that `item' is not permitted, and what was expected, and skip the rest
 * of the line.  An item of kind 0 is the end of the line or of the block.
 */
void	conf_lex_refuse(const struct conf_item *item, const char *expected);

/* A syntax error: report it, unless the lexer has reported it. */
void	conf_lex_error(void);

/*
 * Skip the rest of the statement being read, with its block.  The next token is
 * the end of the line.
 */
void	conf_lex_skip(void);

/* conf_macro.c */

#define MACRO_NAME_CHARS	"abcdefghijklmnopqrstuvwxyz"		\
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* 1 when the string is a valid macro name, else 0. */
int	conf_macro_is_name(const char *s);

/* The value of a macro, valid until it is set again; NULL: not defined. */
const char *conf_macro_value(const char *name);

/*
 * Set a macro; `sticky' ones (-D) are not overridden.  0, or -1 without memory.
 */
int	conf_macro_set(const char *name, const char *value, int sticky);

/* Remove the macros of the last file; those of -D stay. */
void	conf_macro_reset(void);

#endif

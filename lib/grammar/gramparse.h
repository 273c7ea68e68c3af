/*
 * gramparse: shared by parse.y, gramlex.c, grammatch.c, grammacro.c,
 * gramsource.c and gram.c while a configuration is read.  No other file
 * includes it.
 */
#ifndef GRAMPARSE_H
#define GRAMPARSE_H

#include "gramoption.h"

/* What is being read. */
struct gram_reading {
	const struct gram_table	*table;
	void			*conf;
	struct gram_files	*files;
};
extern struct gram_reading	gram_reading;

typedef struct gram_item	YYSTYPE;
#define YYSTYPE_IS_DECLARED	1

/* The value of the last token; not every yacc declares it in parse.h. */
extern YYSTYPE	yylval;

/* parse.y: read all into gram_reading; errors are counted, not returned. */
int	yyparse(void);

/* gramlex.c, for the parser: the next token and its yylval; 0 at the end. */
int	yylex(void);

/* parse.y, for the parser: a syntax error; gram_lex_error(). */
void	yyerror(const char *);

/* gramsource.c */

/* Open the file `path', or include it.  0, or -1 (reported at `from'). */
int	gram_source_push(const char *path, const struct gram_pos *from);

/* Read this text first, under this name. */
void	gram_source_push_text(const char *name, const char *text);

/* gramlex.c */

/* Close all files, and free every string handed out. */
void	gram_lex_reset(void);

/*
 * Report that `item' is not permitted, and what was expected, and skip the rest
 * of the line.  An item of kind 0 is the end of the line or of the block.
 */
void	gram_lex_refuse(const struct gram_item *item, const char *expected);

/* A syntax error: report it, unless the lexer has reported it. */
void	gram_lex_error(void);

/*
 * Skip the rest of the statement being read, with its block.  The next token is
 * the end of the line.
 */
void	gram_lex_skip(void);

/* grammacro.c */

#define GRAM_NAME_CHARS	"abcdefghijklmnopqrstuvwxyz"		\
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* 1 when the string is a valid macro name, else 0. */
int	gram_macro_is_name(const char *s);

/* The value of a macro, valid until it is set again; NULL: not defined. */
const char *gram_macro_value(const char *name);

/*
 * Set a macro; `sticky' ones (-D) are not overridden.  0, or -1 without memory.
 */
int	gram_macro_set(const char *name, const char *value, int sticky);

/* Remove the macros of the last file; those of -D stay. */
void	gram_macro_reset(void);

#endif

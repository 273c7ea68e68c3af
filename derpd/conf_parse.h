/*
 * conf_parse: what parse.y, lex.c and conf.c share while a configuration is
 * read.  Nobody else includes this.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stdint.h>

#include "conf.h"

/* The configuration that is being read. */
extern struct conf	*parsed;

typedef struct {
	union {
		int64_t	 number;
		char	*string;	/* heap; the grammar frees it */
	} v;
	struct conf_pos	 pos;
} YYSTYPE;
#define YYSTYPE_IS_DECLARED	1

int	yyparse(void);
int	yylex(void);
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

/* Forget all files, also half read ones. */
void	lex_reset(void);

/* Where the next token stands; the word that was read last. */
void	lex_pos(struct conf_pos *pos);
const char *lex_word(void);

/* How the statement that is being read must look like; NULL none yet. */
const char *lex_usage(void);

/*
 * Pass over the rest of a statement, with its block: it is refused as a whole.
 */
void	lex_skip(void);

/* Set a macro; `sticky' ones (-D) are not overridden.  0, or -1. */
int	lex_macro(const char *name, const char *value, int sticky);

/* Forget the macros of the last file; those of -D stay. */
void	lex_macros_reset(void);

#endif

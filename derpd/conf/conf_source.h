/*
 * conf_source: the files that lex.c reads, each within the one that includes
 * it, character by character.  conf_source_push() and conf_source_push_text()
 * of conf_parse.h open them; but for these and conf_source_reset(), there must
 * be an open one.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

struct conf_pos;

/* The file and line of the next character. */
void	 conf_source_pos(struct conf_pos *pos);

/* The next character, 0 to 255; EOF at the end of the file. */
int	 conf_source_get(void);

/* Read the last character, which was `ch', again; at the start nothing. */
void	 conf_source_put_back(int ch);

/* 1, once, when a file that was included begins: its include line must end. */
int	 conf_source_begins(void);

/* 1 when another file includes this one, else 0. */
int	 conf_source_is_included(void);

/* Close this file.  Returns 1 when the one that includes it goes on, else 0. */
int	 conf_source_pop(void);

/* Close all files. */
void	 conf_source_reset(void);

#endif

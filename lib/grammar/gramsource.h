/*
 * gramsource: the files that gramlex.c reads, each within the one that includes
 * it, character by character.  gram_source_push() and gram_source_push_text()
 * of gramparse.h open them; but for these and gram_source_reset(), there must
 * be an open one.
 */
#ifndef GRAMSOURCE_H
#define GRAMSOURCE_H

struct gram_pos;

/* The file and line of the next character. */
void	 gram_source_pos(struct gram_pos *pos);

/* The next character, 0 to 255; EOF at the end of the file. */
int	 gram_source_get(void);

/* Read the last character, which was `ch', again; at the start nothing. */
void	 gram_source_put_back(int ch);

/* 1, once, when a file that was included begins: its include line must end. */
int	 gram_source_begins(void);

/* 1 when another file includes this one, else 0. */
int	 gram_source_is_included(void);

/* Close this file.  Returns 1 when the one that includes it goes on, else 0. */
int	 gram_source_pop(void);

/* Close all files. */
void	 gram_source_reset(void);

#endif

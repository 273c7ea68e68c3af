/*
 * printable: text of a stranger for a line of a log or a terminal.  Pure.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* Replace every byte of `s' that is not printable ASCII by a question mark. */
void	 base_printable(char *s);

#endif

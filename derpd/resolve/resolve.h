/*
 * resolve: the process that resolves names, for derpd and for derpbridged.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

/* Run the process (derpd-resolve -x resolve).  Never returns. */
void	resolve_main(void) __attribute__((noreturn));

#endif

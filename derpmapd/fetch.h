/*
 * fetch: the process that asks other servers for their maps.
 */
#ifndef FETCH_H
#define FETCH_H

/* Be the fetch process (derpmapd -x fetch): never returns. */
void	mapd_fetch_main(void) __attribute__((noreturn));

#endif

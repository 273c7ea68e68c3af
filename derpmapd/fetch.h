/*
 * fetch: the process that requests maps from other servers.
 */
#ifndef FETCH_H
#define FETCH_H

/* Run the fetch process (derpmapd -x fetch).  Never returns. */
void	mapd_fetch_main(void) __attribute__((noreturn));

#endif

/*
 * check: the process that checks maps, `derpmapd -x derpmapd'.
 */
#ifndef CHECK_H
#define CHECK_H

/* Run; never returns. */
void	mapd_check_main(void) __attribute__((noreturn));

#endif

/*
 * check: the process that validates maps, `derpmapd -x derpmapd'.
 */
#ifndef CHECK_H
#define CHECK_H

/* Run the process.  Never returns. */
void	mapd_check_main(void) __attribute__((noreturn));

#endif

/*
 * validate: the process that validates maps, `derpmapd -x derpmapd'.
 */
#ifndef VALIDATE_H
#define VALIDATE_H

/* Run the process.  Never returns. */
void	mapd_validate_main(void) __attribute__((noreturn));

#endif

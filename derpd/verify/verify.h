/*
 * verify: the process that asks one source about clients, for admit.
 */
#ifndef VERIFY_H
#define VERIFY_H

/* Run the process (derpd-verify -x verify).  Never returns. */
void	verify_main(void) __attribute__((noreturn));

#endif

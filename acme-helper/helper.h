/*
 * helper: the process acme-helper.
 */
#ifndef HELPER_H
#define HELPER_H

/* The main function of the process; starts with ipc_child_init(). */
void	helper_main(void) __attribute__((noreturn));

#endif

/*
 * helper: the process acme-helper.
 */
#ifndef HELPER_H
#define HELPER_H

/* The process; starts with ipc_child_init(), never returns. */
void	helper_main(void) __attribute__((noreturn));

#endif

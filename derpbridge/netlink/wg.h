/*
 * wg: the process that reads WireGuard interfaces and sets endpoints of
 * their peers (derpbridged(8)).
 */
#ifndef WG_H
#define WG_H

/* Run the process; begins with ipc_child_init(), never returns. */
void	wg_main(void) __attribute__((noreturn));

#endif

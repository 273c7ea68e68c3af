/*
 * wgkeys: the process that makes the login boxes of the bridge (derpbridged(8)).
 */
#ifndef WGKEYS_H
#define WGKEYS_H

/* Run the process; begins with ipc_child_init(), never returns. */
void	wgkeys_main(void) __attribute__((noreturn));

#endif

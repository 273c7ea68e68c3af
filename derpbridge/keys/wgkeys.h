/*
 * wgkeys: the process that makes the logins of the bridge, derpbridge-keys.
 */
#ifndef WGKEYS_H
#define WGKEYS_H

/* Run the process; begins with ipc_child_init(), never returns. */
void	wgkeys_main(void) __attribute__((noreturn));

#endif

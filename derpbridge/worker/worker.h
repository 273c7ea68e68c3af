/*
 * worker: the process that carries packets between WireGuard and relays
 * (derpbridged(8)).
 */
#ifndef WORKER_H
#define WORKER_H

/* Run the process; begins with ipc_child_init(), never returns. */
void	worker_main(void) __attribute__((noreturn));

#endif

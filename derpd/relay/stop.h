/*
 * stop: the worker ends; its clients are told when to reconnect.
 */
#ifndef STOP_H
#define STOP_H

struct ipc_msg_stop;

/*
 * Handle STOP; `arg' is the worker.  Clients get Restarting, and the process
 * exits with 0 when all output is sent, or when v->ms milliseconds are over.
 * Return 0.
 */
int	relay_stop_message(void *arg, const struct ipc_msg_stop *v);

#endif

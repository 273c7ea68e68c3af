/*
 * notify: tell a service manager how we are (the sd_notify protocol).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * Send `state' ("READY=1", "STOPPING=1", "STATUS=...") to the socket that
 * NOTIFY_SOCKET names; without it, nothing.  0, or -1 with errno.
 */
int	parent_notify(const char *state);

/*
 * The same for the begin of a reload, with the time that the protocol wants;
 * "READY=1" ends it.
 */
int	parent_notify_reloading(void);

#endif

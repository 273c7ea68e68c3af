/*
 * notify: reports a daemon's state to a service manager (the sd_notify
 * protocol).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * Send `state' ("READY=1", "STOPPING=1", "STATUS=...") to the socket in
 * NOTIFY_SOCKET; nothing is sent when that is unset.  0, or -1 with errno.
 */
int	super_notify(const char *state);

/*
 * Send "RELOADING=1" with the monotonic time that the protocol requires;
 * "READY=1" ends the reload.
 */
int	super_notify_reloading(void);

#endif

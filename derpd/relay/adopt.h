/*
 * adopt: a session that was handed over by the process that accepted its
 * client begins here, at the owner of its key.
 */
#ifndef ADOPT_H
#define ADOPT_H

struct ipc_msg;
struct ipc_msg_handover;
struct relay;

/*
 * Begin the session that the message describes, on the descriptor `fd', which
 * is not trusted either; it is taken, and closed on error.  Return 0, or -1
 * when the message or the descriptor is invalid.
 */
int	relay_adopt(struct relay *r, const struct ipc_msg_handover *v,
	    int fd);

/* The same for a received message.  Return 0, or -1: it is invalid. */
int	relay_adopt_message(struct relay *r, struct ipc_msg *m);

#endif

/*
 * adopt: a client that a front has handed over begins its session here, at the
 * owner of its key.
 */
#ifndef ADOPT_H
#define ADOPT_H

struct ipc_msg;
struct ipc_msg_handover;
struct relay;

/*
 * Begin the session that the message of the front `front' (its number)
 * describes, on the descriptor `fd', which is not trusted either; it is taken,
 * and closed on error.  Return 0, also when the login is refused and nobody is
 * to blame, or -1 with *why, a static text: an honest front does not send this.
 */
int	relay_adopt(struct relay *r, unsigned int front,
	    const struct ipc_msg_handover *v, int fd, const char **why);

/* The same for a received message. */
int	relay_adopt_message(struct relay *r, unsigned int front,
	    struct ipc_msg *m, const char **why);

/* Return 1 if there is room for one more client, on the descriptor `fd'. */
int	relay_adopt_room(struct relay *r, int fd);

/*
 * Return 1 if there is room for a session on the descriptor `fd' that another
 * worker had, else 0.  `max clients' binds new clients only, and of descriptors
 * just those are kept that the channels to come need once: a full server is
 * replaced, too.
 */
int	relay_adopt_room_moved(const struct relay *r, int fd);

#endif

/*
 * accept: the listening sockets of a front, and the reasons why it does not
 * accept.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include <sys/queue.h>
#include <stdint.h>

#include "log.h"

struct front;
struct front_listener;
struct ipc_msg_front_listen;

/* The listening sockets of a front. */
struct front_acceptor {
	LIST_HEAD(, front_listener) listeners;
	int		 off;		/* ACCEPT_* bits; 0: it accepts */
	uint64_t	 at;		/* us; last filling of the bucket */
	uint64_t	 tokens;	/* millionths of a connection */
	int		 drain;		/* nobody logs in any more */
	unsigned int	 full;		/* connections when it was full, by a
					   limit or descriptors */
	struct log_limit no_files, shut, is_full; /* reasons not to accept */
};

#define ACCEPT_FILES	0x01	/* only reserved descriptors are free */
#define ACCEPT_KEYS	0x02	/* no signer */
#define ACCEPT_LIMIT	0x04	/* max clients is reached */
#define ACCEPT_START	0x08	/* no configuration yet */
#define ACCEPT_SYSTEM	0x10	/* the system is out of resources */
#define ACCEPT_SHAKES	0x20	/* too many handshakes wait */
#define ACCEPT_SHUT	0x100	/* a listening socket was shut down */

/*
 * Add the listening socket `fd' of the address that `v' describes, and accept
 * on it unless there is a reason not to; an address may have several.  Return
 * 0, or -1 without memory; the caller then still owns `fd'.
 */
int	front_accept_add(struct front *f, int fd,
	    const struct ipc_msg_front_listen *v);

/* Close all listening sockets. */
void	front_accept_close(struct front *f);

/*
 * Stop accepting for the reason `bit' (ACCEPT_*), or remove that reason and
 * accept when no other is left.  front_accept_resume() accepts several bits.
 */
void	front_accept_pause(struct front *f, int bit);
void	front_accept_resume(struct front *f, int bit);

/*
 * Put aside (`on' 1) the sockets over which clients log in, which the parent is
 * about to end, or accept on them again.
 */
void	front_accept_drain(struct front *f, int on);

/*
 * Return 1 if the descriptor `fd' is within the reserve, so that no client may
 * have it; else 0.
 */
int	front_accept_reserved(const struct front *f, int fd);

/* Accept again if connections have ended or limits were raised. */
void	front_accept_room(struct front *f);

/* Apply the limits of a configuration that is now in force. */
void	front_accept_limits(struct front *f);

/* Called every second: retry after errors that time may have cured. */
void	front_accept_tick(struct front *f);

#endif

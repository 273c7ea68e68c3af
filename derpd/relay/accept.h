/*
 * accept: the listening sockets of a relay worker, and the reasons why it does
 * not accept.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include <sys/queue.h>
#include <stdint.h>

#include "log.h"

struct relay;
struct relay_listener;

/*
 * The listening sockets of a worker; `files' is 0 before relay_accept_init().
 */
struct relay_acceptor {
	LIST_HEAD(, relay_listener) listeners;
	int		 off;		/* ACCEPT_* bits; 0: it accepts */
	uint64_t	 at;		/* us; last filling of the bucket */
	uint64_t	 tokens;	/* millionths of a connection */
	unsigned int	 files;		/* limit of open file descriptors */
	unsigned int	 full;		/* limit of connections by that */
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
 * Add the listening socket `fd', with TLS (1) or plain (0), of the address with
 * that number.  Return 0, or -1 without memory; the caller then still owns
 * `fd'.
 */
int	relay_accept_add(struct relay *r, int fd, int tls, uint16_t number);

/* Close all listening sockets. */
void	relay_accept_close(struct relay *r);

/*
 * Stop accepting for the reason `bit' (ACCEPT_*), or remove that reason and
 * accept when no other is left.  relay_accept_resume() accepts several bits.
 */
void	relay_accept_pause(struct relay *r, int bit);
void	relay_accept_resume(struct relay *r, int bit);

/*
 * Read the process's limit of open file descriptors; call it before sandboxing.
 */
void	relay_accept_init(struct relay *r);

/*
 * Return 1 if the descriptor `fd' is within the reserve, so that no client may
 * have it; else 0.
 */
int	relay_accept_reserved(const struct relay *r, int fd);

/* Return 1 if `max clients' are connected, else 0. */
int	relay_accept_full(const struct relay *r);

/* Accept again if connections have ended or limits were raised. */
void	relay_accept_room(struct relay *r);

/* Apply the limits of a configuration that is now in force. */
void	relay_accept_limits(struct relay *r);

/* Called every second: retry after errors that time may have cured. */
void	relay_accept_tick(struct relay *r);

#endif

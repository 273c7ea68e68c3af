/*
 * accept: the listening sockets of a relay worker, and when it accepts.
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
	uint64_t	 at;		/* us; bucket of the accept rate */
	uint64_t	 tokens;	/* millionths */
	unsigned int	 files;		/* descriptors that it may have */
	unsigned int	 full;		/* connections that used them up */
	struct log_limit no_files, deaf, is_full; /* why it does not accept */
};

#define ACCEPT_FILES	0x01	/* no descriptors but the reserve */
#define ACCEPT_KEYS	0x02	/* no keys process */
#define ACCEPT_LIMIT	0x04	/* max clients */
#define ACCEPT_START	0x08	/* not configured yet */
#define ACCEPT_SYSTEM	0x10	/* the system has no more to give */
#define ACCEPT_SHAKES	0x20	/* many handshakes wait already */
#define ACCEPT_DEAF	0x100	/* a listening socket was ended */

/*
 * Take over the listening socket `fd', for TLS (1) or plain (0).  0, or -1
 * without memory; `fd' is then still the caller's.
 */
int	relay_accept_add(struct relay *r, int fd, int tls);

/* Close all listening sockets. */
void	relay_accept_close(struct relay *r);

/*
 * Stop accepting for the reason `bit' (ACCEPT_*), or go on if there is no other
 * reason.  relay_accept_resume() takes several bits at once.
 */
void	relay_accept_pause(struct relay *r, int bit);
void	relay_accept_resume(struct relay *r, int bit);

/* Find out how many descriptors the process may have; before sandboxing. */
void	relay_accept_init(struct relay *r);

/* Connections have ended, or there are other limits: is there room now? */
void	relay_accept_room(struct relay *r);

/* The configuration is in force: bounds that follow from it. */
void	relay_accept_limits(struct relay *r);

/* The second has passed: go on where time alone may have helped. */
void	relay_accept_tick(struct relay *r);

#endif

/*
 * transport_own: the records of our own of a transport; see transport.h.  For
 * transport.c.
 */
#ifndef TRANSPORT_OWN_H
#define TRANSPORT_OWN_H

#include <sys/types.h>
#include <stddef.h>

struct net_transport;

/*
 * What a transport may need records of our own for: calls of transport_own.c,
 * so that a program that has none is not linked with them.
 */
struct net_transport_own_ops {
	/* As tls_handshake(), and store the secrets in t->secrets. */
	int	(*handshake)(struct net_transport *t);

	/* As net_transport_read() and net_transport_write(). */
	ssize_t	(*read)(struct net_transport *t, void *buf, size_t size);
	ssize_t	(*write)(struct net_transport *t, const void *buf, size_t len);

	/* Send close_notify if the socket takes it, and free all. */
	void	(*close)(struct net_transport *t);
};

/* Free the secrets of the handshake and the records, without a word. */
void	 net_transport_own_free(struct net_transport *t);

/*
 * The socket itself, within the quota: as read(2) and write(2), but
 * TRANSPORT_WANT_READ or TRANSPORT_WANT_WRITE when it has to wait.
 */
ssize_t	 net_transport_sock_read(struct net_transport *t, void *buf,
	    size_t size);
ssize_t	 net_transport_sock_write(struct net_transport *t, const void *buf,
	    size_t len);

/* Store the reason in t->why.  Always returns -1. */
int	 net_transport_fail(struct net_transport *t, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif

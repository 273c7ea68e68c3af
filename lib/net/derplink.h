/*
 * derplink: what the files of the DERP client share: its state, frames
 * (derplink.c) and the login (derplogin.c).  Used only by these files and
 * derpclient.c, whose header is for all others.
 */
#ifndef DERPLINK_H
#define DERPLINK_H

#include <stddef.h>
#include <stdint.h>

#include "derpclient.h"
#include "upgrade.h"

#define DERPLINK_REFUSED	"login: the server refuses it: "

struct net_derpclient {
	struct net_stream	*s;
	uint8_t			 pub[FRAME_KEY_LEN];
	uint8_t			 sec[FRAME_KEY_LEN];
	struct net_upgrade_key	 server;
	uint8_t			*rx;		/* received bytes: */
	size_t			 rxcap;
	size_t			 rxpos;		/* next unread byte */
	size_t			 rxend;		/* end of the received bytes */
	uint64_t		 rate, burst;	/* of ServerInfo; 0: none */
	enum net_derpclient_phase phase;
	enum net_derpclient_cause cause;	/* of the last failure */
	int			 refused;	/* `why' is DERPLINK_REFUSED and
						   the server's reason */
	char			 why[512];
};

/* Store the reason of a failure.  Always returns -1. */
int	 net_derplink_fail(struct net_derpclient *c, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Copy the stream's reason, and store the cause.  Always returns -1. */
int	 net_derplink_fail_stream(struct net_derpclient *c);

/* Make room for `need' unread bytes in total.  Returns 0, or -1. */
int	 net_derplink_reserve(struct net_derpclient *c, size_t need);

/* Read once into the free space.  Returns 1, 0 on timeout, -1 on error. */
int	 net_derplink_more(struct net_derpclient *c, long long until);

/*
 * Receive one frame; its header is checked first.  Returns 1, 0 on timeout, -1
 * on error.
 */
int	 net_derplink_recv(struct net_derpclient *c,
	    struct net_derpclient_frame *f, long long until);

/*
 * Send a frame with a payload in two parts, in one write.  Returns 0, or -1.
 */
int	 net_derplink_send(struct net_derpclient *c, uint8_t type,
	    const void *a, size_t alen, const void *b, size_t blen,
	    long long until);

/* Upgrade and log in over the client's stream.  Returns 0, or -1. */
int	 net_derplink_login(struct net_derpclient *c,
	    const struct net_derpclient_opts *o, long long until);

#endif

/*
 * fakerelay: relays in a child process, with one fault each, for the tests of
 * logins, packets and meshes.  No TLS, unless they have a certificate.
 */
#ifndef FAKERELAY_H
#define FAKERELAY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FAKE_NODES	3
#define FAKE_CONNS	16

/* What is wrong with a relay; `arg' is in parentheses. */
enum fake_flaw {
	FAKE_WELL,
	FAKE_END_AT_REQUEST,	/* ends the first (arg) connections at the
				   request */
	FAKE_ONE_CLIENT,	/* the same with all but the first one */
	FAKE_END_AT_UPGRADE,	/* no ServerKey */
	FAKE_NO_KEY,		/* nothing after the upgrade; the end after
				   (ms), if not 0 */
	FAKE_BAD_KEY,		/* a malformed ServerKey */
	FAKE_END_AT_LOGIN,	/* as derper refuses */
	FAKE_NO_INFO,		/* nothing after ClientInfo */
	FAKE_BAD_INFO,		/* sealed with another key */
	FAKE_REFUSE,		/* as derpd refuses */
	FAKE_PROBERS,		/* refuses who does not log in as a prober */
	FAKE_NO_FAST,		/* fast start ends the connection */
	FAKE_SLOW,		/* (ms) before ServerInfo */
	FAKE_TWO_KEYS,		/* the second connection has another key */
	FAKE_DEAF,		/* delivers nothing */
	FAKE_ONE_WAY,		/* nothing from the first client */
	FAKE_NARROW,		/* (bytes) a second */
	FAKE_DROP_LARGER,	/* than (bytes) */
	FAKE_STICK_AT_LARGER,	/* the same, and takes nothing behind it */
	FAKE_DROP_FIRST,	/* the first (packets) */
	FAKE_DROP_SOME,		/* all but each second of several at once */
	FAKE_END_LARGER,	/* ends the session after more than (bytes) */
	FAKE_CHANGE,		/* the last byte */
	FAKE_CUT,		/* the last byte is missing */
	FAKE_SWAP,		/* each second packet of 200 bytes first */
	FAKE_DOUBLE,
	FAKE_OTHER_SENDER,
	FAKE_NO_PONG,
	FAKE_NO_GONE,
	FAKE_FLOOD,		/* frames without end in place of a pong */
	FAKE_HEALTH,		/* complains after the login */
	FAKE_RESTART		/* restarts at the first packet */
};

/* Relays, one for each node of a region. */
struct fake_relay {
	/* Settings of the test. */
	int		 nodes;		/* 0: one */
	enum fake_flaw	 flaw;
	unsigned int	 arg;
	const char	*cert, *key;	/* PEM; NULL: no TLS */
	const uint8_t	*secret;	/* of the server; NULL: made */
	int		 same_key;	/* of all nodes */
	int		 deaf_from, deaf_to; /* no packets from this node to
						that one; both 0: all */
	int		 unmeshed;	/* no packets between nodes */
	uint64_t	 rate;		/* in ServerInfo */
	/* Set by fake_relay_start(). */
	pid_t		 pid;
	int		 port[FAKE_NODES];
	int		 report[2];	/* a byte for each connection */
};

/* Start it, and end it. */
void	 fake_relay_start(struct fake_relay *f);
void	 fake_relay_stop(struct fake_relay *f);

/* Connections so far, after the end. */
int	 fake_relay_connections(const struct fake_relay *f);

#endif

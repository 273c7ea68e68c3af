/*
 * bridgeload: what the files of bridgeload share.
 *
 * bridgeload.c     options, and a line of results
 * bridge_end.c     the two ends between which packets go; the wait for them
 * bridge_udp.c     an end that is WireGuard (its UDP socket) or an application
 * bridge_uapi.c    the socket by which derpbridged asks and sets a WireGuard
 * bridge_derp.c    an end that is DERP clients
 * bridge_stream.c  packets a second, CPU time, wrong packets
 * bridge_other.c   round trips, memory, the time of a switch
 *
 * The near end, number 0, is before what is measured; the far one, number 1, is
 * beyond the relay.
 */
#ifndef BRIDGELOAD_H
#define BRIDGELOAD_H

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "load.h"

#define BRIDGE_HEAD	32	/* bytes of struct bridge_packet */
#define BRIDGE_BATCH	64	/* datagrams of a system call */
#define BRIDGE_ROOM	2048	/* bytes of a datagram */

/* What each packet begins with: as WireGuard's packets with data do. */
struct bridge_packet {
	uint8_t		 type[4];
	uint32_t	 peer;		/* not the near end */
	uint32_t	 from;		/* end */
	uint32_t	 unused;
	uint64_t	 seq;
	double		 when;
};

/* A peer of the near end. */
struct bridge_peer {
	uint8_t		 pk[KEYLEN];
	struct sockaddr_in to;		/* endpoint; no family: none */
	uint64_t	 tx, rx;	/* bytes of UDP */
};

struct bridge_udp;
struct bridge_uapi;

struct bridge_end {
	int		 number;	/* 0, 1 */
	unsigned int	 npeers, nclients;
	/* account of all peers */
	uint64_t	 sent, rcvd, wrong;
	/* called for each packet; NULL: only counted */
	void		(*got)(struct bridge_end *, unsigned int peer);
	/* UDP */
	int		 fd;		/* -1: DERP */
	struct bridge_peer *peers;
	struct bridge_udp *udp;
	struct bridge_uapi *uapi;
	/* DERP: one connection a peer, for the first nclients of them */
	struct load_conn *conns;
	uint8_t		 near[KEYLEN];
};

/* Options. */
struct bridge_load {
	struct load	 relay;
	const char	*uapi;		/* socket of UAPI that is served */
	const char	*to;		/* ADDRESS:PORT of the near end's
					   peer */
	const char	*near_ns, *far_ns; /* of applications */
	unsigned int	 peers, clients;
	unsigned int	 window;	/* packets under way, flat out */
	int		 size;		/* bytes of an IP packet */
	int		 back;		/* from the far end to the near one */
	double		 rate;
	double		 secs;		/* of mode switch: relayed, until the
					   direct path heals */
	pid_t		 pid;		/* whose CPU time */
	struct bridge_end ends[2];
};

/* bridgeload.c */

/* Key pair `i': 0 of the near end, from 1 on of its peers. */
void	 bridge_key(unsigned int i, uint8_t pk[KEYLEN], uint8_t sk[KEYLEN]);

/* bridge_end.c; all of them end the program with a line when they fail. */

/* Open both ends. */
void	 bridge_open(struct bridge_load *l);

/* Queue a packet between the near end and `peer', from this end. */
void	 bridge_send(struct bridge_load *l, struct bridge_end *e,
	    unsigned int peer);

/* Send what is queued. */
void	 bridge_flush(struct bridge_end *e);

/* Wait at most so many seconds for packets and requests, and handle them. */
void	 bridge_wait(struct bridge_load *l, double secs);

/* Send packets until one has reached the client of each peer. */
void	 bridge_ready(struct bridge_load *l);

/* Count a packet of `n' bytes at `e', which came as one of `peer'. */
void	 bridge_count(struct bridge_end *e, unsigned int peer,
	    const uint8_t *p, size_t n);

/* bridge_udp.c */
void	 bridge_udp_wireguard(struct bridge_end *e, const char *to);
void	 bridge_udp_application(struct bridge_end *e, const char *ns);
void	 bridge_udp_send(struct bridge_end *e, unsigned int peer,
	    const uint8_t *p, size_t n);
void	 bridge_udp_flush(struct bridge_end *e);
void	 bridge_udp_receive(struct bridge_end *e);

/* Is this address one that derpbridged gives to peers? */
int	 bridge_udp_relayed(const struct sockaddr_in *sin);

/* The endpoint of a peer has been set. */
void	 bridge_udp_moved(struct bridge_end *e, unsigned int peer);

/* Parse ADDRESS:PORT. */
int	 bridge_udp_parse(const char *s, struct sockaddr_in *sin);

/* bridge_uapi.c */
struct bridge_uapi *bridge_uapi_new(struct bridge_end *e, const char *path);

/* Fill in what to poll, at most 8; their number. */
struct pollfd;
int	 bridge_uapi_poll(const struct bridge_uapi *u, struct pollfd *v);
void	 bridge_uapi_handle(struct bridge_uapi *u);

/* bridge_derp.c */
void	 bridge_derp_open(struct bridge_load *l, struct bridge_end *e);
void	 bridge_derp_send(struct bridge_end *e, unsigned int peer,
	    const uint8_t *p, size_t n);
void	 bridge_derp_flush(struct bridge_end *e);
void	 bridge_derp_receive(struct bridge_end *e, unsigned int peer);

/* bridge_stream.c, bridge_other.c: each prints its line of results. */
void	 bridge_mode_stream(struct bridge_load *l);
void	 bridge_mode_verify(struct bridge_load *l);
void	 bridge_mode_ping(struct bridge_load *l);
void	 bridge_mode_memory(struct bridge_load *l);
void	 bridge_mode_switch(struct bridge_load *l);

#endif

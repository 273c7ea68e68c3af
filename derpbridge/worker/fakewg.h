/*
 * fakewg: WireGuard as the kernel has it, with one peer, for tests: its timers,
 * sessions, counters, and how packets move the endpoint; no cryptography.
 * Pure; times are ms.  After drivers/net/wireguard/timers.c, noise.c, receive.c
 * and send.c.
 */
#ifndef FAKEWG_H
#define FAKEWG_H

#include <stdint.h>

#include "msg.h"

enum fakewg_type {
	FAKEWG_INITIATION,
	FAKEWG_RESPONSE,
	FAKEWG_DATA		/* a keepalive if it is empty */
};

struct fakewg_packet {
	enum fakewg_type type;
	uint32_t	 bytes;		/* UDP payload */
	uint64_t	 session;	/* the handshake's, or the data's */
	uint64_t	 counter;
	int		 inner;		/* bytes of data, 0: keepalive */
	int		 wants_reply;	/* the other end's program answers */
};

struct fakewg_session {
	uint64_t	 id;		/* 0: there is none */
	uint64_t	 birth;
	int		 initiator;
};

#define FAKEWG_STAGED	128
#define FAKEWG_SEEN	8192

struct fakewg {
	/* Called with each packet that is sent; WHERE is the endpoint. */
	void	(*send)(struct fakewg *, const struct fakewg_packet *,
		    enum ipc_endpoint where, void *arg);
	/* Called with the data that was received. */
	void	(*received)(struct fakewg *, const struct fakewg_packet *,
		    void *arg);
	void		*arg;
	unsigned int	 tag;		/* 0 or 1: of its sessions' numbers */

	unsigned int	 keepalive;	/* seconds */
	enum ipc_endpoint endpoint;
	int		 unroutable;	/* sending directly fails */
	uint64_t	 moves;		/* of the endpoint, by packets */
	uint64_t	 tx, rx, handshake;	/* as the device tells them */

	uint64_t	 now;
	uint64_t	 number;	/* the last counter */
	uint64_t	 sessions;
	struct fakewg_session cur, prev, next;
	uint64_t	 initiation;	/* session that is asked for, 0: none */
	uint64_t	 initiated_at;	/* the last one was sent */
	uint64_t	 newest;	/* initiation received */
	unsigned int	 tries;
	int		 need_another;
	struct {
		int	 inner, wants_reply;
	} staged[FAKEWG_STAGED];
	unsigned int	 n_staged;
	uint64_t	 seen[FAKEWG_SEEN];	/* counters, against replay */

	/* When timers fire; 0: not set. */
	uint64_t	 retransmit, send_keepalive, new_handshake, persistent;
};

/* Begin with an endpoint; all else but call-backs, tag and numbers is zero. */
void	 fakewg_init(struct fakewg *w, enum ipc_endpoint endpoint,
	    unsigned int keepalive, uint64_t now);

/* Send data of this length. */
void	 fakewg_data(struct fakewg *w, int inner, int wants_reply);

/* A packet from the peer, by way of `from'. */
void	 fakewg_input(struct fakewg *w, const struct fakewg_packet *p,
	    enum ipc_endpoint from);

/* Run the timers up to `now'. */
void	 fakewg_tick(struct fakewg *w, uint64_t now);

#endif

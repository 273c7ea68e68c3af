/*
 * fakepair: two hosts with WireGuard (fakewg.h), the direct path and the relay
 * between them, and a bridge (path.h) on those that have one, for tests.  Time
 * is simulated, in steps of FAKEPAIR_STEP ms.
 */
#ifndef FAKEPAIR_H
#define FAKEPAIR_H

#include "fakewg.h"
#include "path.h"

#define FAKEPAIR_STEP		10
#define FAKEPAIR_FLIGHT		16384	/* packets under way */

enum fakepair_kind {
	FAKEPAIR_PLAIN,		/* WireGuard alone */
	FAKEPAIR_BRIDGE,	/* with derpbridged */
	FAKEPAIR_AGENT		/* sends all both ways, as netclient does */
};

struct fakepair_host {
	struct fakepair	*pair;
	int		 number;	/* 0 or 1 */
	enum fakepair_kind kind;
	struct fakewg	 wg;

	/* The bridge. */
	struct worker_path path;
	struct worker_path_policy policy;
	int		 stopped;	/* no polls, nothing from the relay */
	int		 remembered;	/* a direct endpoint is */
	uint64_t	 poll_at, fast_until;
	enum worker_path_order order;	/* to be carried out at order_at */
	uint64_t	 order_at;
	int		 refuses;	/* the kernel carries out no orders */
	unsigned int	 orders, switches, lines;
	uint64_t	 dropped;	/* from the relay, by the path */
	int		 verbose;

	/* A program: sends `size' bytes each `every' ms, 0: none. */
	unsigned int	 every, size;
	int		 wants_reply;
	uint64_t	 next_at;
	uint64_t	 sent, got, got_at;	/* data; the last at got_at */
	uint64_t	 gap_from, gap;	/* longest time without data */

	/* Another program that sets the endpoint each so many ms; 0: none. */
	unsigned int	 tool_every;
	uint64_t	 tool_at;
};

struct fakepair {
	struct fakepair_host host[2];
	uint64_t	 now;
	uint32_t	 random;

	/* From each host to the other: does it work, ms, jitter, loss in %. */
	int		 direct[2], relay[2];
	unsigned int	 direct_ms, relay_ms, jitter_ms, loss;
	unsigned int	 junk_every;	/* ms between packets of a relay that
					   lies, to host 0; 0: none */
	unsigned int	 forged_every;	/* the same of what look like the begin
					   of handshakes */

	struct fakepair_flight {
		struct fakewg_packet p;
		int		 to;
		enum ipc_endpoint from;
		uint64_t	 at;	/* 0: free */
	} flight[FAKEPAIR_FLIGHT];
	unsigned int	 n_flight;
};

/*
 * Begin: both paths work, all endpoints are direct, nothing is sent.  20 ms
 * directly, 40 ms over the relay.
 */
void	 fakepair_init(struct fakepair *f, enum fakepair_kind a,
	    enum fakepair_kind b, uint32_t random);

/* A program of host `h' sends so much so often from now on. */
void	 fakepair_program(struct fakepair *f, int h, unsigned int every,
	    unsigned int size, int wants_reply);

/* UDP passes between the hosts (1), or not (0). */
void	 fakepair_udp(struct fakepair *f, int passes);

/* The bridge of host `h' is started anew. */
void	 fakepair_restart(struct fakepair *f, int h);

/* Let so many ms pass. */
void	 fakepair_run(struct fakepair *f, uint64_t ms);

/* Count gaps, orders and switches anew. */
void	 fakepair_count(struct fakepair *f);

/* A number below `n' that looks random. */
uint32_t fakepair_random(struct fakepair *f, uint32_t n);

#endif

/*
 * beat: connections with a steady stream of packets are read at intervals, so
 * that one read finds several packets; all others are read at once.
 */
#ifndef BEAT_H
#define BEAT_H

#include <sys/queue.h>
#include <stdint.h>

struct conn;
struct event;
struct relay;
struct relay_conn;

/* The steady connections of a worker. */
struct relay_beat {
	struct event	*ev;		/* the end of an interval */
	int		 fd;		/* its timer; -1: libevent's */
	TAILQ_HEAD(, conn) conns;
	unsigned int	 n;		/* of conns */
	unsigned int	 us;		/* interval */
	unsigned int	 cpus;		/* for all workers */
	struct {
		int		 on;	/* links are read at intervals */
		uint32_t	 since;	/* us, start of the window; wraps */
		unsigned int	 wakes, entries;	/* in the window */
	}		 links;
};

/* What a connection sends. */
struct relay_pace {
	uint32_t	 since;		/* us, start of the window */
	uint32_t	 packets;	/* received at that time; both wrap */
	uint16_t	 reads;		/* with input, in the window */
	unsigned int	 on:1,		/* on the list of struct relay_beat */
			 refused:1;	/* intervals found no more packets */
};

/* Create r->beat; call it once, before the sandbox.  0, or -1 and errno. */
int	relay_beat_init(struct relay *r);

/*
 * There are `workers' relay workers on the CPUs of this one: set the interval.
 */
void	relay_beat_share(struct relay *r, unsigned int workers);

/*
 * The logged-in connection was read, and had input (1) or none (0, of interest
 * for one that is read at intervals).  It begins to be read at intervals when
 * it sends steadily, and ends when it does not, or when waiting finds no more
 * packets a read.
 */
void	relay_beat_note(struct relay_conn *c, int input);

/*
 * The links to other workers were read, as in each turn: begin to read them at
 * intervals (r->beat.links.on), so that nobody need wake this worker, when
 * workers that share a CPU with it wake it often, and end when little comes.
 */
void	relay_beat_links(struct relay *r);

/* The connection is paused or closed: take it off the list. */
void	relay_beat_leave(struct relay_conn *c);

#endif

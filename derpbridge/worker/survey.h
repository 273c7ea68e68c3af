/*
 * survey: which region is nearest to this host, for "region nearest": how long
 * a TCP connection to a node of each region takes, every few minutes.  With a
 * proxy it is how long the proxy takes to answer CONNECT.
 *
 * TCP and not STUN: relays are reached by TCP, often where UDP is blocked, and
 * the worker needs no UDP socket that reaches a network.  The connection is
 * closed at once, without a byte for the node.  Nobody is told the result.  All
 * is driven by events; addresses and sockets come from the owner.
 */
#ifndef SURVEY_H
#define SURVEY_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "dialproxy.h"
#include "mapplaces.h"
#include "place.h"

#define WORKER_SURVEY_EVERY_MS	300000	/* from one round to the next */
#define WORKER_SURVEY_AGAIN_MS	5000	/* ... when no node has answered */
#define WORKER_SURVEY_WAIT_MS	3000	/* for a node, addresses included */

struct worker_survey;

struct worker_survey_ops {
	/*
	 * Find the addresses of a node, or of the proxy, which `n' then is:
	 * answer with worker_survey_addrs(), also from within.
	 */
	void	(*find)(struct worker_survey *s, uint32_t cookie,
		    const struct map_places_node *n, void *arg);

	/*
	 * Get a TCP socket of this family that is not connected and does not
	 * block: answer with worker_survey_socket(), also from within.
	 */
	void	(*lend)(struct worker_survey *s, uint32_t cookie, int family,
		    void *arg);

	/* The nearest region is another one, or is known for the first time. */
	void	(*chosen)(struct worker_survey *s, uint64_t region, void *arg);
};

/* Begin, without a map.  `random' is any number.  NULL: no memory. */
struct worker_survey *worker_survey_new(struct event_base *base,
	    const struct worker_survey_ops *ops, void *arg, uint32_t random);

/* End it; NULL is permitted. */
void	 worker_survey_free(struct worker_survey *s);

/*
 * Measure the regions of this map, which must stay until the next call; NULL:
 * none.  All connections go to `proxy', unless it has no host.  A round begins
 * at once.
 */
void	 worker_survey_map(struct worker_survey *s, const struct map_places *m,
	    const struct dial_proxy *proxy);

/* Begin a round at once: the network has changed. */
void	 worker_survey_hurry(struct worker_survey *s);

/*
 * Answers.  One with an old cookie is ignored, and its socket closed.  `n' 0 or
 * `fd' -1: it can't be had.
 */
void	 worker_survey_addrs(struct worker_survey *s, uint32_t cookie,
	    const struct net_place *v, size_t n);
void	 worker_survey_socket(struct worker_survey *s, uint32_t cookie, int fd);

#endif

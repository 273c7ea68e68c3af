/*
 * dialstep: what the two files of an attempt share.  The steps before TLS are
 * in dialway.c, the others and what drives them in dial.c.  Used only by these
 * files.
 */
#ifndef DIALSTEP_H
#define DIALSTEP_H

#include "dial.h"

/* Results of a step. */
enum dial_step_result {
	DIAL_STEP_FAILED = -1,
	DIAL_STEP_WAITS,
	DIAL_STEP_GOES_ON
};

/*
 * Store the reason, unless a later step failed at another address: that a
 * certificate has expired says more than that there is no IPv6.  Always returns
 * DIAL_STEP_FAILED.
 */
int	 dial_fail(struct dial *d, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The same, with what was tried where. */
int	 dial_fail_here(struct dial *d, const char *why);

/* Wait as the transport's result `want' says.  Returns DIAL_STEP_WAITS. */
int	 dial_wait_as(struct dial *d, ssize_t want);

/* Limit the time of what follows to `until', monotonic ms. */
void	 dial_set_timer(struct dial *d, uint64_t until);

/* The node, or the way to it, is open: begin TLS. */
int	 dial_begin_tls(struct dial *d);

/* The steps of dialway.c. */
int	 dial_step_find(struct dial *d);
int	 dial_step_try(struct dial *d);
int	 dial_step_connect(struct dial *d);
int	 dial_step_proxy_read(struct dial *d);

/* Use these addresses, with the port of the node or of the proxy. */
int	 dial_use_places(struct dial *d, const struct net_place *v, size_t n);

/* Connect over the socket `fd'; -1: over a new one. */
int	 dial_connect_over(struct dial *d, int fd);

#endif

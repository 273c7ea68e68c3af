/*
 * badfront: shared by the files of badfront.
 */
#ifndef BADFRONT_H
#define BADFRONT_H

#include <stdio.h>

#include "chan.h"
#include "messages.h"

#define WAIT_MS		5000	/* for all that must happen */

/* What the parent sent, and the log. */
struct bad {
	struct ipc_chan	*box, *admit, *hands[IPC_MAXWORKERS];
	struct ipc_slots *slots;
	struct ipc_front_conf conf;
	FILE		*logfile;
};
extern struct bad bad;

/* Write a message that was queued, if `rv' is 0; log a failure. */
void	bad_sent(struct ipc_chan *c, int rv);

/*
 * Commands about what is handed over next, and about sessions: the command, its
 * argument as text, and as numbers (`b' UINT_MAX: missing).  Return 0, or -1:
 * it is another one.
 */
int	bad_prepare(const char *s, const char *text, unsigned int a,
	    unsigned int b);
int	bad_session(const char *s, unsigned int a, unsigned int b);

#endif

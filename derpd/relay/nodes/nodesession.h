/*
 * nodesession: the DERP stream from another node of the region, where this
 * relay is logged in as a mesh peer (derp(7), sections 1 and 4): it parses
 * frames from bytes and acts through call-backs.  Pure: no socket, no clock, no
 * memory but its own.
 */
#ifndef NODESESSION_H
#define NODESESSION_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define NODES_TEXT	200	/* bytes of a Health that are kept */

struct nodes_session;

/*
 * Call-backs for the frames of the node; what they are given is valid during
 * the call.  Any call may close the session, but frees nothing.
 */
struct nodes_session_ops {
	/* A client connected to the node, or its last connection ended. */
	void	(*present)(struct nodes_session *s,
		    const uint8_t key[FRAME_KEY_LEN]);
	void	(*gone)(struct nodes_session *s,
		    const uint8_t key[FRAME_KEY_LEN]);
	/* The node wants a Pong with these bytes. */
	void	(*ping)(struct nodes_session *s,
		    const uint8_t data[FRAME_PING_LEN]);
	/* What is wrong, `n' bytes of any kind, cut; 0: all is well. */
	void	(*health)(struct nodes_session *s, const uint8_t *text,
		    size_t n);
	/* The node restarts: the end of the link is expected. */
	void	(*restarting)(struct nodes_session *s);
	/* End the session; `why' (static) is for the log. */
	void	(*close)(struct nodes_session *s, const char *why);
};

/* A session; all zero but for `ops' at its beginning. */
struct nodes_session {
	const struct nodes_session_ops *ops;
	uint32_t	 skip;		/* payload bytes to skip */
	uint32_t	 part_len;	/* bytes of `part' */
	uint8_t		 part[FRAME_HDR_LEN + NODES_TEXT]; /* a cut frame */
};

/*
 * Handle at most one frame of the `n' bytes at `p', at least one.  Return how
 * many were handled, at least one; the session may be closed afterwards.
 */
size_t	nodes_session_input(struct nodes_session *s, const uint8_t *p,
	    size_t n);

/*
 * Continue a stream that another process has read up to here: `skip' payload
 * bytes of a frame are yet to be skipped, or the `n' bytes at `part' are a cut
 * frame, as in s->part.  Return 0, or -1: this can't be.
 */
int	nodes_session_restore(struct nodes_session *s, uint32_t skip,
	    const void *part, size_t n);

#endif

/*
 * pathtext: states and reasons of paths as words, for the log and the status;
 * see path.h.  Called by steer.c and workerstatus.c.  Pure.
 */
#include "path.h"

const char *
worker_path_state_name(enum worker_path_state s)
{
	switch (s) {
	case WORKER_PATH_DIRECT:
		return ("direct");
	case WORKER_PATH_RELAYED:
		return ("relayed");
	case WORKER_PATH_TRYING:
		return ("trying");
	}
	return ("?");
}

const char *
worker_path_reason_text(enum worker_path_reason r)
{
	static const char *const text[] = {
		[WORKER_PATH_FOUND] = "as the device had it",
		[WORKER_PATH_POLICY] = "the configuration says direct never",
		[WORKER_PATH_NO_ENDPOINT] = "no direct endpoint is known",
		[WORKER_PATH_SILENT] =
		    "the peer does not answer on the direct path",
		[WORKER_PATH_NO_HANDSHAKE] =
		    "the peer does not answer handshakes on the direct path",
		[WORKER_PATH_NO_ROUTE] =
		    "nothing can be sent on the direct path",
		[WORKER_PATH_UNHEARD] =
		    "the peer does not hear the direct path",
		[WORKER_PATH_PEER_RELAYS] = "the peer uses the relay",
		[WORKER_PATH_PEER_DIRECT] = "the peer uses the direct path",
		[WORKER_PATH_PROBE] = "time to test the direct path",
		[WORKER_PATH_MOVED] =
		    "another program or the peer moved the endpoint",
		[WORKER_PATH_ANSWERED] = "the direct path works",
		[WORKER_PATH_UNANSWERED] =
		    "the direct path still does not work",
		[WORKER_PATH_RELAY_SILENT] =
		    "the peer does not answer over the relay either",
	};

	return ((unsigned int)r < sizeof(text) / sizeof(text[0]) ?
	    text[r] : "?");
}

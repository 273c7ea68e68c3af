/*
 * reply: the answers of derpd-metrics to HTTP requests.  Pure, so that
 * reply_test.c can compare each with its bytes.
 */
#ifndef REPLY_H
#define REPLY_H

#include "http.h"
#include "view.h"

#define METRICS_MAX_REPLY	(16 * 1024 * 1024)	/* bytes */

/*
 * Append the whole answer to a request to `w'.  `parsed' is the result of
 * net_http_parse_request(), other than HTTP_MORE, for the head `h'.  Return 1
 * if the connection is closed after the answer, else 0; ipc_wr_ok() reports a
 * failure.
 */
int	 metrics_reply(const struct metrics_view *v,
	    const struct net_http_head *h, int parsed, struct ipc_wr *w);

/* The same for a client that may not ask; its request is not read. */
void	 metrics_reply_denied(time_t now, struct ipc_wr *w);

#endif

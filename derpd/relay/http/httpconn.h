/*
 * httpconn: HTTP requests on a connection of a relay worker.
 */
#ifndef HTTPCONN_H
#define HTTPCONN_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "web.h"

struct conn;
struct stats;

/* What requests lead to besides answers. */
struct web_ops {
	/* The upgrade was answered: the login follows, as DERP. */
	void	(*login)(struct conn *c);
	/* The client waits for http_stats_ready(). */
	void	(*stats)(struct conn *c);
};

/* What the requests of a worker share: they are handled one at a time. */
struct web_scratch {
	const struct web_ops *ops;
	struct http_head head;
	struct web_reply reply;
	struct web_date_line date;
};

/*
 * `n' bytes of plaintext of a connection in CONN_HTTP.  The bytes that were
 * taken: fewer when the rest belongs to what the request began.
 */
size_t	http_input(struct conn *c, const uint8_t *p, size_t n);

/* The counters of all workers are there, summed up: finish the answer. */
void	http_stats_ready(struct conn *c, const struct stats *all);

/*
 * A body that goes out in pieces: bytes that are left of it; take up to `max'
 * bytes of them to `dst', giving how many.
 */
size_t	http_left(const struct conn *c);
size_t	http_take(struct conn *c, uint8_t *dst, size_t max);

/* All of the answer that PAUSE_BODY waited for is written. */
void	http_sent(struct conn *c);

/* Bytes that are kept of a request head that is not whole. */
size_t	web_kept(const struct conn *c);

/* Free what HTTP has of the connection. */
void	http_free(struct conn *c);

#endif

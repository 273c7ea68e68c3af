/*
 * httpconn: HTTP requests on a connection of a relay worker.
 */
#ifndef HTTPCONN_H
#define HTTPCONN_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "web.h"

struct relay_conn;
struct relay_stats;

/* What requests lead to besides answers. */
struct web_ops {
	/* The upgrade was answered: the login follows, as DERP. */
	void	(*login)(struct relay_conn *c);
	/* The client waits for web_stats_ready(). */
	void	(*stats)(struct relay_conn *c);
};

/* What the requests of a worker share: they are handled one at a time. */
struct web_scratch {
	const struct web_ops *ops;
	struct net_http_head head;
	struct web_reply reply;
	struct web_date_line date;
};

/*
 * `n' bytes of plaintext of a connection in CONN_HTTP.  The bytes that were
 * taken: fewer when the rest belongs to what the request began.
 */
size_t	web_input(struct relay_conn *c, const uint8_t *p, size_t n);

/* The counters of all workers are there, summed up: finish the answer. */
void	web_stats_ready(struct relay_conn *c, const struct relay_stats *all);

/*
 * A body that goes out in pieces: bytes that are left of it; take up to `max'
 * bytes of them to `dst', giving how many.
 */
size_t	web_pending(const struct relay_conn *c);
size_t	web_read(struct relay_conn *c, uint8_t *dst, size_t max);

/* All of the answer that PAUSE_BODY waited for is written. */
void	web_sent(struct relay_conn *c);

/* Bytes that are kept of a request head that is not whole. */
size_t	web_kept(const struct relay_conn *c);

/* Free what HTTP has of the connection. */
void	web_free(struct relay_conn *c);

#endif

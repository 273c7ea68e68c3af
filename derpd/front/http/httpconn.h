/*
 * httpconn: HTTP requests on a connection of a front.
 */
#ifndef HTTPCONN_H
#define HTTPCONN_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "web.h"

struct front;
struct front_conn;

/* Call-backs for requests that need more than an answer. */
struct web_ops {
	/* The upgrade was answered: begin the login. */
	void	(*login)(struct front_conn *c);
	/*
	 * Make the Prometheus text of the counters of all processes: *text
	 * (heap; the caller frees it) of *len bytes.  0, or -1: no memory.
	 */
	int	(*stats)(struct front *f, char **text, size_t *len);
};

/* Fill in *env for a request of the connection, or a reply to one. */
void	web_env(const struct front_conn *c, struct web_env *env);

/*
 * Answer the request `h' with 200 and the `len' bytes at `body' (heap; taken)
 * of media type `type', in pieces as the client reads them.
 */
void	web_send_body(struct front_conn *c, const struct net_http_head *h,
	    const char *type, void *body, size_t len);

/* Shared by all connections: requests are handled one at a time. */
struct web_scratch {
	const struct web_ops *ops;
	struct net_http_head head;
	struct web_reply reply;
	struct web_date_line date;
	unsigned int	 bodies;	/* that web_send_body() is sending */
};

/*
 * Handle `n' bytes of plaintext of a connection in CONN_HTTP.  Return how many
 * bytes were handled: fewer when the rest follows an upgrade.
 */
size_t	web_input(struct front_conn *c, const uint8_t *p, size_t n);

/*
 * For a body that is sent in pieces: return its remaining bytes; copy up to
 * `max' of them to `dst' and return how many.
 */
size_t	web_pending(const struct front_conn *c);
size_t	web_read(struct front_conn *c, uint8_t *dst, size_t max);

/* The answer that PAUSE_BODY waited for is written completely. */
void	web_sent(struct front_conn *c);

/* Return the bytes that are kept of a partial request head. */
size_t	web_kept(const struct front_conn *c);

/* Free the HTTP state of the connection. */
void	web_free(struct front_conn *c);

#endif

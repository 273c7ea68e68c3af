/*
 * connection: one connection to the source.  It asks one question at a time and
 * is kept for the next one.
 *
 * A new connection tries all addresses of the source within the time of its
 * question.  A connection that was kept may have been closed by the server in
 * the meantime: its question is then asked once more, over a new one.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "places.h"
#include "questions.h"
#include "transport.h"

/*
 * A connection at rest is closed after so many milliseconds, or when the server
 * has sent so many bytes meanwhile.
 */
#define VERIFY_REST_MS		30000
#define VERIFY_REST_BYTES	(64 * 1024)

/* The answer to a question. */
struct verify_result {
	struct verify_question q;
	enum ipc_verify_answer answer;
	const char	*why;		/* see verify_answer_of() */
	int		 late;		/* the server did not answer in time */
};

/* What all connections share. */
struct verify_shared {
	struct event_base *base;
	const struct verify_target *target;
	struct verify_places places;
	/*
	 * A question is answered.  The connection can take another one, but not
	 * from within this call.
	 */
	void		(*answered)(const struct verify_result *r, void *arg);
	void		*arg;
};

/* What a connection is doing. */
enum verify_step {
	VERIFY_CLOSED,
	VERIFY_FIND,		/* the addresses */
	VERIFY_TRY,		/* the next address */
	VERIFY_CONNECT,
	VERIFY_SHAKE,
	VERIFY_SEND,
	VERIFY_READ,
	VERIFY_REST		/* kept for the next question */
};

struct verify_conn {
	struct verify_shared *sh;
	struct net_transport t;
	struct event	 io, timer;
	enum verify_step step;
	struct verify_question q;
	int		 kept;		/* it has answered a question before */
	struct net_place places[NET_MAXPLACES]; /* to try */
	size_t		 nplaces;
	size_t		 tried;
	char		 where[128];	/* the place, for messages */
	size_t		 rest_bytes;	/* sent by the server at rest */
	char		 out[VERIFY_REQUESTSIZE];
	size_t		 out_len, out_done;
	struct net_http_reader in;
	int		 reading;	/* `in' is in use */
	char		 why[IPC_WHYSIZE];
	enum verify_step why_step;	/* the step that failed so */
};

/* Begin closed. */
void	 verify_conn_init(struct verify_conn *c, struct verify_shared *sh);

/* Returns 1 when the connection can take a question, else 0. */
int	 verify_conn_free(const struct verify_conn *c);

/* Returns 1 when it is at rest, else 0. */
int	 verify_conn_rests(const struct verify_conn *c);

/* Ask a question; the answer comes by sh->answered(), perhaps at once. */
void	 verify_conn_ask(struct verify_conn *c,
	    const struct verify_question *q);

/* Close the connection; its question gets no answer. */
void	 verify_conn_close(struct verify_conn *c);

#endif

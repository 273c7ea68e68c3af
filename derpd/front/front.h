/*
 * front: a front, the process of everything before a client is known: it
 * accepts, speaks TLS and HTTP, and hands over each client that has logged in
 * to the relay worker that owns its key.  It holds no private key and opens no
 * file.
 *
 * Each module has a header of its own.  This one defines the front, for code
 * that uses several modules.
 *
 * All state of a front is in one struct front; there is one thread.
 */
#ifndef FRONT_H
#define FRONT_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "accept.h"
#include "admission.h"
#include "bootstrap.h"
#include "budget.h"
#include "chan.h"
#include "clients.h"
#include "conn.h"
#include "files.h"
#include "frontconn.h"
#include "frontlogin.h"
#include "fronttls.h"
#include "handover.h"
#include "heap.h"
#include "httpconn.h"
#include "log.h"
#include "mapstore.h"
#include "pages.h"
#include "proxy.h"
#include "relayconf.h"
#include "retire.h"
#include "statspage.h"
#include "tlskey.h"
#include "tokens.h"
#include "unfinished.h"
#include "validation.h"

struct ipc_slots;

#define LOGIN_SECS	10		/* each step, derp(7) section 2 */
#define FRONT_HTTP_SECS	30		/* a request, or until the next one */

/* A front. */
struct front {
	struct conn_set	 set;		/* the connections */
	struct ipc_chan	*parent;
	struct ipc_chan	*box;		/* to keys; NULL without keys */
	struct ipc_front_conf conf, next_conf;
	int		 configured;
	struct front_tlskey tlskey;	/* signs for TLS */
	uint32_t	 staged;	/* id of the staged settings, 0 none */
	struct front_retire retire;
	struct event	*ev_tick;

	/* handshakes and requests, a few a turn */
	struct conn_list shaking;
	unsigned int	 nshaking;
	struct log_limit late;
	struct front_unfinished_set unfinished;
	struct front_budget budget;
	unsigned int	 npumps; /* connections that are or were in CONN_PUMP */

	struct conn_files files;
	struct front_acceptor acceptor;
	struct front_proxies proxies;
	struct web_viewers viewers, next_viewers;
	struct front_tls tls;
	struct front_logins logins;	/* waiting for keys */
	struct front_admission admission;	/* waiting for admit */
	struct ipc_slots *slots;	/* owners of keys; NULL: worker 0 */
	struct front_hands hands;	/* to the owners of keys */
	struct web_scratch web;
	struct web_mapstore maps;
	struct web_dns	 dns;		/* of /bootstrap-dns */
	struct web_clients clients;	/* the list being made */
	struct acme_tokens tokens;
	struct front_validations validations;
	struct conn_statspage own;	/* counters */
	struct front_pages pages;	/* counters of others */
	char		*metrics; /* of other processes; NULL: none */
	struct conn_heap heap;
};

/* Run the front's process; begins with ipc_child_init(), never returns. */
void	front_main(void) __attribute__((noreturn));

/*
 * Create a front that is not configured; `parent' is its channel to the
 * parent.  Exits with a message on failure.
 */
struct front *front_new(struct ipc_chan *parent);

/*
 * One turn of the struct front `arg': handle input, write the resulting output,
 * hand over clients, reap closed connections.  These steps run one after the
 * other, never within another.  Waits for events if nothing is left to do.
 */
void	front_turn(void *arg);

/* Return 1 when signatures can be made for handshakes, else 0. */
int	front_can_sign(struct front *f);

#endif

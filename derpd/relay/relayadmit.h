/*
 * relayadmit: what admit says of clients.  By its tickets they log in; then the
 * worker reports each connection on a channel, and admit tells names and
 * groups, and who must go.
 *
 * A new channel gets all connections again, in pieces, since admit may have
 * been started anew.  Without a channel sessions go on as they are.
 */
#ifndef RELAYADMIT_H
#define RELAYADMIT_H

#include <stdint.h>

#include "log.h"
#include "tickets.h"
#include "walk.h"

struct cluster_peer;
struct ipc_chan;
struct relay;
struct relay_conn;
struct relay_known;

/* Admission at a worker. */
struct relay_admit {
	struct ipc_chan	*chan;		/* NULL: none */
	uint64_t	 since_us;	/* clients need tickets, if they do */
	int		 lost;		/* request a channel */
	uint32_t	 round;		/* number of the channel */
	struct relay_walk report;	/* of those that are to be reported */
	unsigned int	 told;		/* seconds since all are */
	struct relay_walk check;	/* of those that admit knew before */
	uint64_t	 moved;		/* the last connection that came from
					   another worker */
	struct log_limit ended;
};

/* Called before r->next_conf is put in force in place of r->conf. */
void	relay_admit_commit(struct relay *r);

/*
 * As derp_tickets_admitted(), for a client that needs a ticket of admit; one of
 * zeros is none.
 */
enum derp_tickets_result relay_admit_check(const struct relay *r,
	    const uint8_t admit[IPC_ADMIT_LEN], const struct ipc_ticket *t,
	    struct ipc_admission *a, const char **why);

/*
 * Use the descriptor `fd' as the channel to admit, in place of an older one.
 * Return 0, or -1 without memory; the caller then still owns `fd'.
 */
int	relay_admit_open(struct relay *r, int fd);

/* The connection is registered; it is about to be removed, if it was. */
void	relay_admit_began(struct relay_conn *c);
void	relay_admit_leave(struct relay_conn *c);

/* Connections came from another worker, and were all reported. */
void	relay_admit_moved(struct relay *r);

/* Called in each turn: go on with what is done in pieces. */
void	relay_admit_work(struct relay *r);

/* Return 1 when relay_admit_work() has more to do in the next turn. */
int	relay_admit_more(const struct relay *r);

/* Called every second: request a channel from the parent, if there is none. */
void	relay_admit_tick(struct relay *r);

/*
 * Close all connections here with the key `key' because the operator wants it;
 * their clients are told.
 */
void	relay_admit_kick(struct relay *r, const uint8_t key[IPC_KEYLEN]);

/*
 * Return the name of a client, or of its group, valid until the next message of
 * admit; "": none.
 */
const char *relay_admit_name(const struct relay_conn *c);
const char *relay_admit_group(const struct relay_conn *c);

/* The last connection of a key has ended: forget what admit said of it. */
void	relay_admit_forget(struct cluster_peer *p);

#endif

/*
 * tickets: the tickets by which logins are handed over (lib/ipc/ticket.h), of
 * keys and of admit: each login is good once, for TICKETS_SECS.  Touches memory
 * alone; the caller brings the clock, base_clock_boot_us().
 */
#ifndef TICKETS_H
#define TICKETS_H

#include <stdint.h>

#include "ticket.h"

#define TICKETS_SECS	10
#define TICKETS_MAX	131072	/* taken in that time; a power of 2 */
#define TICKETS_FRONT	(TICKETS_MAX / 2)	/* of one front */

struct derp_tickets;

enum derp_tickets_result {
	TICKETS_GOOD,
	TICKETS_REFUSED,	/* this login fails; nobody is to blame */
	TICKETS_HOSTILE		/* forged or repeated: the channel that it came
				   over is closed */
};

/*
 * Create a state without secret, which refuses all tickets.  NULL without
 * memory.
 */
struct derp_tickets *derp_tickets_new(void);

/* Zero and free; NULL is permitted. */
void	derp_tickets_free(struct derp_tickets *ts);

/*
 * Set the secrets of this start of the worker `worker', under which keys and
 * admit make tickets; called once.
 */
void	derp_tickets_secrets(struct derp_tickets *ts, uint32_t worker,
	    const uint8_t keys[IPC_TICKET_SECRETLEN],
	    const uint8_t admit[IPC_TICKET_SECRETLEN]);

/*
 * Take the ticket of a login that the front `front' (below IPC_MAXWORKERS) has
 * handed over.  *t is filled in when the result is TICKETS_GOOD; else *why is a
 * static line for the log.  A front that was taken over can have any number of
 * tickets: beyond TICKETS_FRONT it is refused, and other fronts go on.
 */
enum derp_tickets_result derp_tickets_take(struct derp_tickets *ts,
	    uint32_t front, const uint8_t ticket[IPC_TICKET_LEN],
	    uint64_t now_us, struct ipc_ticket *t, const char **why);

/*
 * Check the ticket of admit `admit' that came with the login whose ticket `t'
 * was taken: it must be for that very login.  *a is filled in when the result
 * is TICKETS_GOOD; else it is zeroed, and *why is a static line for the log.
 */
enum derp_tickets_result derp_tickets_admitted(const struct derp_tickets *ts,
	    const uint8_t admit[IPC_ADMIT_LEN], const struct ipc_ticket *t,
	    uint64_t now_us, struct ipc_admission *a, const char **why);

#endif

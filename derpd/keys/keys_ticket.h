/*
 * keys_ticket: tickets for login boxes that were opened (lib/ipc/ticket.h), and
 * the secrets by which ServerInfo is sealed afterwards.  Touches memory alone;
 * the caller brings the clock, base_clock_boot_us().
 *
 * One login box gives one ticket for each start of the worker.  The secret that
 * client and server share is kept under the number of its ticket, for
 * KEYS_TICKET_SECS from the first request; then, or when KEYS_TICKET_KEPT later
 * logins have come, it is zeroed.  Without it a seal costs as much as a login.
 *
 * A box that was opened is known again until KEYS_TICKET_BOXES later ones have
 * come.  Whoever can ask for logins can make those, with keys of its own: a
 * front that was taken over can then log in as a client whose box it has.  So
 * boxes with the mesh key are remembered apart, where only those who have the
 * mesh key can add any: a mesh peer's box gives no second ticket before
 * KEYS_TICKET_MESH_BOXES others of mesh peers.
 *
 * What remains: a restart of keys forgets all boxes, and one that was opened
 * while another mesh key, or none, was configured is not among those of mesh
 * peers.
 */
#ifndef KEYS_TICKET_H
#define KEYS_TICKET_H

#include <stdint.h>

#include "msg.h"

#define KEYS_TICKET_SECS	10
#define KEYS_TICKET_KEPT	16384	/* shared secrets, a power of 2 */
#define KEYS_TICKET_BOXES	(1U << 20)	/* boxes that are not opened
						   again, */
#define KEYS_TICKET_MESH_BOXES	(1U << 16)	/* and those with the mesh key,
						   besides */
#define KEYS_SHAREDLEN		32	/* bytes of a shared secret */

/* A login box that was opened. */
struct keys_ticket_login {
	const uint8_t	*client;	/* public key, IPC_KEYLEN */
	const uint8_t	*nonce;		/* of the box, IPC_NONCELEN */
	const uint8_t	*shared;	/* KEYS_SHAREDLEN */
	int		 mesh;		/* the mesh key is in it */
	uint32_t	 worker;	/* for which the ticket is */
	uint32_t	 from;		/* front that sent the request */
	uint64_t	 cookie;	/* and its number there */
};

/*
 * Allocate all memory, locked for the secrets; part of keys_preload().  Returns
 * 0, or -1.
 */
int	keys_ticket_preload(void);

/*
 * Tickets for `worker' are made under this secret from now on; those under an
 * older one end, and nothing is sealed for them any more.
 */
void	keys_ticket_secret(uint32_t worker,
	    const uint8_t secret[IPC_TICKET_SECRETLEN]);

/*
 * Make the ticket of a login, and keep its shared secret.  The same request
 * from the same front gets the same ticket within KEYS_TICKET_SECS: it did
 * not read the first answer.  If the worker has a new secret since, it gets a
 * new ticket, with its own number and time: the worker was restarted, and the
 * login goes on.  Any other request with this client and nonce is refused with
 * IPC_LOGIN_SEEN.  IPC_LOGIN_NO_SECRET: the worker is not known, and the box
 * counts as not seen.
 */
enum ipc_login_end keys_ticket_make(const struct keys_ticket_login *l,
	    uint64_t now_us, uint8_t ticket[IPC_TICKET_LEN]);

/*
 * The shared secret of the ticket with this number, for the worker that the
 * ticket is for; NULL when there is none any more.  Valid until the next call.
 */
const uint8_t *keys_ticket_shared(uint32_t worker,
	    const uint8_t number[IPC_TICKET_NUMBERLEN], uint64_t now_us);

/*
 * Zero the secrets that are too old.  Returns 1 when there are younger ones, to
 * be called again for, else 0.
 */
int	keys_ticket_expire(uint64_t now_us);

#endif

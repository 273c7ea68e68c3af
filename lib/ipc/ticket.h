/*
 * ticket: what keys found in a login box, and what admit says of the client,
 * signed for a relay worker.  Pure; uses libsodium alone.
 *
 * Whoever terminates TLS sees every login pass and could claim anything of it.
 * So keys signs what a relay worker must believe, under a secret that the
 * parent makes for each start of that worker and gives to the two alone; and
 * admit does under another one.  Whoever carries a ticket can neither make nor
 * change one.
 *
 * A ticket of keys has IPC_TICKET_LEN bytes:
 *
 *	 8	start: names the secret, so that a ticket for an earlier start
 *		of the worker is told from a forged one
 *	 8	time, big endian
 *	16	number
 *	32	public key of the client
 *	 1	1: mesh peer; else 0
 *	32	MAC: keyed BLAKE2b over a label, the kind, the number of the
 *		worker, and the bytes above
 *
 * A ticket of admit has IPC_ADMIT_LEN bytes; its number is that of the ticket
 * of keys that it belongs to:
 *
 *	 8	start
 *	 8	time, big endian
 *	16	number
 *	32	public key of the client
 *	 4	group, 0: none
 *	 8	rate of the group, bytes/s, 0: no limit
 *	 8	its burst, bytes
 *	32	MAC
 */
#ifndef TICKET_H
#define TICKET_H

#include <stdint.h>

#include "bounds.h"

/* The kinds of tickets; one kind is never taken for another. */
enum ipc_ticket_kind {
	IPC_TICKET_LOGIN = 1,	/* of a login box that keys opened */
	IPC_TICKET_ADMIT	/* of admit */
};

#define IPC_TICKET_STARTLEN	8	/* bytes of the name of a secret */

/* The secret of one start of a worker. */
struct ipc_ticket_key {
	uint8_t	 secret[IPC_TICKET_SECRETLEN];
	uint8_t	 start[IPC_TICKET_STARTLEN];
	uint32_t worker;
};

struct ipc_ticket {
	uint8_t	 client[IPC_KEYLEN];		/* it holds the private half */
	uint8_t	 number[IPC_TICKET_NUMBERLEN];	/* random; no two the same */
	uint64_t us;			/* base_clock_boot_us() when it was
					   made */
	int	 mesh;			/* the box held the mesh key */
};

/* What admit says of a client that it admits. */
struct ipc_admission {
	uint8_t	 client[IPC_KEYLEN];
	uint8_t	 number[IPC_TICKET_NUMBERLEN];	/* of keys' ticket */
	uint64_t us;			/* base_clock_boot_us() */
	uint32_t group;			/* 0: none */
	uint64_t rate, burst;		/* of the group; 0: no limit */
};

enum ipc_ticket_check {
	IPC_TICKET_GOOD,
	IPC_TICKET_OTHER_START,	/* made for another worker or start: says
				   nothing about who brought it */
	IPC_TICKET_FORGED	/* made or changed by somebody else */
};

/* Set `k' to the secret of this start of relay worker `worker'. */
void	ipc_ticket_key_set(struct ipc_ticket_key *k, uint32_t worker,
	    const uint8_t secret[IPC_TICKET_SECRETLEN]);

/* Write the ticket `t', of this kind and for the worker of `k', to `p'. */
void	ipc_ticket_put(const struct ipc_ticket_key *k,
	    enum ipc_ticket_kind kind, const struct ipc_ticket *t,
	    uint8_t p[IPC_TICKET_LEN]);

/*
 * Read the ticket of this kind at `p'.  *t is filled in when the result is
 * IPC_TICKET_GOOD, else zeroed.  Its age, and whether its number is new, are
 * for the caller to check.
 */
enum ipc_ticket_check ipc_ticket_get(const struct ipc_ticket_key *k,
	    enum ipc_ticket_kind kind, const uint8_t p[IPC_TICKET_LEN],
	    struct ipc_ticket *t);

/* The same for a ticket of admit, of kind IPC_TICKET_ADMIT. */
void	ipc_admission_put(const struct ipc_ticket_key *k,
	    const struct ipc_admission *a, uint8_t p[IPC_ADMIT_LEN]);
enum ipc_ticket_check ipc_admission_get(const struct ipc_ticket_key *k,
	    const uint8_t p[IPC_ADMIT_LEN], struct ipc_admission *a);

/*
 * Return the number (IPC_TICKET_NUMBERLEN bytes) and the client (IPC_KEYLEN
 * bytes) within a ticket of keys, for who carries it: nothing is checked.
 */
const uint8_t *ipc_ticket_number(const uint8_t p[IPC_TICKET_LEN]);
const uint8_t *ipc_ticket_client(const uint8_t p[IPC_TICKET_LEN]);

#endif

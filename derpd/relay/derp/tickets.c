/*
 * tickets: see tickets.h.  Called by adopt.c with the tickets, and by relay.c
 * at the start and with the secrets.
 *
 * The numbers taken are in a ring in the order of their arrival, chained by
 * their first bytes, which are random: keys made them.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tickets.h"

#define MAX_US		(TICKETS_SECS * (uint64_t)1000000)
#define CHAINS		16384	/* few pages; 8 numbers each when it is full */

struct taken {
	uint64_t us;		/* when; later than the ticket was made */
	uint8_t	 number[IPC_TICKET_NUMBERLEN];
	uint32_t next;		/* older in its chain, plus 1; 0: none */
	uint32_t front;		/* that handed it over */
};

struct derp_tickets {
	struct ipc_ticket_key key;	/* of keys */
	struct ipc_ticket_key admit;
	int	 have_keys;
	uint32_t oldest;
	uint32_t n;
	uint32_t of_front[IPC_MAXWORKERS];	/* how many, of each */
	uint32_t first[CHAINS];	/* newest in a chain, plus 1 */
	struct taken ring[TICKETS_MAX];
};

struct derp_tickets *
derp_tickets_new(void)
{
	return (calloc(1, sizeof(struct derp_tickets)));
}

void
derp_tickets_free(struct derp_tickets *ts)
{
	if (ts == NULL)
		return;
	sodium_memzero(&ts->key, sizeof(ts->key));
	sodium_memzero(&ts->admit, sizeof(ts->admit));
	free(ts);
}

void
derp_tickets_secrets(struct derp_tickets *ts, uint32_t worker,
    const uint8_t keys[IPC_TICKET_SECRETLEN],
    const uint8_t admit[IPC_TICKET_SECRETLEN])
{
	ipc_ticket_key_set(&ts->key, worker, keys);
	ipc_ticket_key_set(&ts->admit, worker, admit);
	ts->have_keys = 1;
}

static uint32_t *
chain(struct derp_tickets *ts, const uint8_t *number)
{
	uint32_t h;

	memcpy(&h, number, sizeof(h));
	return (&ts->first[h % CHAINS]);
}

/* Forget numbers whose tickets are too old by now. */
static void
expire(struct derp_tickets *ts, uint64_t now_us)
{
	uint32_t *link;

	while (ts->n > 0 && now_us - ts->ring[ts->oldest].us > MAX_US) {
		/* The oldest is the last one in its chain. */
		link = chain(ts, ts->ring[ts->oldest].number);
		while (*link != ts->oldest + 1)
			link = &ts->ring[*link - 1].next;
		*link = 0;
		ts->of_front[ts->ring[ts->oldest].front]--;
		ts->oldest = (ts->oldest + 1) % TICKETS_MAX;
		ts->n--;
	}
	/* A quiet worker uses few pages. */
	if (ts->n == 0)
		ts->oldest = 0;
}

static int
is_taken(struct derp_tickets *ts, const uint8_t *number)
{
	uint32_t i;

	for (i = *chain(ts, number); i != 0; i = ts->ring[i - 1].next)
		if (memcmp(ts->ring[i - 1].number, number,
		    IPC_TICKET_NUMBERLEN) == 0)
			return (1);
	return (0);
}

static void
note(struct derp_tickets *ts, uint32_t front, const uint8_t *number,
    uint64_t now_us)
{
	uint32_t i = (ts->oldest + ts->n++) % TICKETS_MAX;
	struct taken *k = &ts->ring[i];

	k->us = now_us;
	k->front = front;
	ts->of_front[front]++;
	memcpy(k->number, number, sizeof(k->number));
	k->next = *chain(ts, number);
	*chain(ts, number) = i + 1;
}

/* Return 1 if a ticket made at `us' is too old, or from the future, else 0. */
static int
is_old(uint64_t us, uint64_t now_us)
{
	return (us > now_us || now_us - us > MAX_US);
}

/* Check a ticket that is not forged, and remember its number. */
static enum derp_tickets_result
take_good(struct derp_tickets *ts, uint32_t front, const struct ipc_ticket *t,
    uint64_t now_us, const char **why)
{
	expire(ts, now_us);
	/* An old one may have been forgotten: its age goes first. */
	if (is_old(t->us, now_us)) {
		*why = "its ticket is older than 10 seconds";
		return (TICKETS_REFUSED);
	}
	if (is_taken(ts, t->number)) {
		*why = "its ticket was used before";
		return (TICKETS_HOSTILE);
	}
	if (ts->of_front[front] == TICKETS_FRONT) {
		*why = "more than 65536 logins of one front in 10 seconds";
		return (TICKETS_REFUSED);
	}
	if (ts->n == TICKETS_MAX) {
		*why = "more than 131072 logins in 10 seconds";
		return (TICKETS_REFUSED);
	}
	note(ts, front, t->number, now_us);
	return (TICKETS_GOOD);
}

enum derp_tickets_result
derp_tickets_take(struct derp_tickets *ts, uint32_t front,
    const uint8_t ticket[IPC_TICKET_LEN], uint64_t now_us,
    struct ipc_ticket *t, const char **why)
{
	enum ipc_ticket_check got;
	enum derp_tickets_result result;

	memset(t, 0, sizeof(*t));
	*why = "its ticket is for an earlier start of this worker";
	if (!ts->have_keys)
		return (TICKETS_REFUSED);
	got = ipc_ticket_get(&ts->key, IPC_TICKET_LOGIN, ticket, t);
	if (got == IPC_TICKET_OTHER_START)
		return (TICKETS_REFUSED);
	if (got == IPC_TICKET_FORGED) {
		*why = "its ticket is forged";
		return (TICKETS_HOSTILE);
	}
	if ((result = take_good(ts, front, t, now_us, why)) != TICKETS_GOOD)
		memset(t, 0, sizeof(*t));
	return (result);
}

enum derp_tickets_result
derp_tickets_admitted(const struct derp_tickets *ts,
    const uint8_t admit[IPC_ADMIT_LEN], const struct ipc_ticket *t,
    uint64_t now_us, struct ipc_admission *a, const char **why)
{
	enum ipc_ticket_check got;
	enum derp_tickets_result result = TICKETS_HOSTILE;

	memset(a, 0, sizeof(*a));
	*why = "its ticket of admit is for an earlier start of this worker";
	if (!ts->have_keys)
		return (TICKETS_REFUSED);
	got = ipc_admission_get(&ts->admit, admit, a);
	if (got == IPC_TICKET_OTHER_START)
		return (TICKETS_REFUSED);
	if (got == IPC_TICKET_FORGED)
		*why = "its ticket of admit is forged";
	else if (memcmp(a->client, t->client, sizeof(a->client)) != 0 ||
	    memcmp(a->number, t->number, sizeof(a->number)) != 0)
		*why = "its ticket of admit is for another login";
	else if (is_old(a->us, now_us)) {
		*why = "its ticket of admit is older than 10 seconds";
		result = TICKETS_REFUSED;
	} else
		return (TICKETS_GOOD);
	memset(a, 0, sizeof(*a));
	return (result);
}

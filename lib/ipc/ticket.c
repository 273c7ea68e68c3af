/*
 * ticket: see ticket.h.  Called by keys and admit, which make tickets, and by
 * relay workers, which check them.
 */
#include <sodium.h>
#include <string.h>

#include "codec.h"
#include "ticket.h"

#define MAC_LEN		32
#define BODY_LEN	(IPC_TICKET_LEN - MAC_LEN)
#define ADMIT_BODY_LEN	(IPC_ADMIT_LEN - MAC_LEN)
#define MAX_BODY_LEN	ADMIT_BODY_LEN
#define NAME_KIND	0	/* the kind that names a secret */

/*
 * Write `n' bytes of the MAC of `body' (`len' bytes, at most MAX_BODY_LEN) to
 * `out'.
 */
static void
sign(const struct ipc_ticket_key *k, uint8_t kind, const uint8_t *body,
    size_t len, uint8_t *out, size_t n)
{
	static const char label[15] = "derpd ticket";
	uint8_t text[sizeof(label) + 1 + 4 + MAX_BODY_LEN], mac[MAC_LEN];
	struct ipc_wr w;

	ipc_wr_fixed(&w, text, sizeof(text));
	ipc_wr_bytes(&w, label, sizeof(label));
	ipc_wr_u8(&w, kind);
	ipc_wr_u32(&w, k->worker);
	ipc_wr_bytes(&w, body, len);
	(void)crypto_generichash(mac, sizeof(mac), text, w.len, k->secret,
	    sizeof(k->secret));
	memcpy(out, mac, n);
	sodium_memzero(mac, sizeof(mac));
}

void
ipc_ticket_key_set(struct ipc_ticket_key *k, uint32_t worker,
    const uint8_t secret[IPC_TICKET_SECRETLEN])
{
	memcpy(k->secret, secret, sizeof(k->secret));
	k->worker = worker;
	sign(k, NAME_KIND, k->start, 0, k->start, sizeof(k->start));
}

void
ipc_ticket_put(const struct ipc_ticket_key *k, enum ipc_ticket_kind kind,
    const struct ipc_ticket *t, uint8_t p[IPC_TICKET_LEN])
{
	struct ipc_wr w;

	ipc_wr_fixed(&w, p, BODY_LEN);
	ipc_wr_bytes(&w, k->start, sizeof(k->start));
	ipc_wr_u64(&w, t->us);
	ipc_wr_bytes(&w, t->number, sizeof(t->number));
	ipc_wr_bytes(&w, t->client, sizeof(t->client));
	ipc_wr_u8(&w, t->mesh != 0);
	sign(k, (uint8_t)kind, p, BODY_LEN, p + BODY_LEN, MAC_LEN);
}

/* Check start and MAC of the ticket whose body of `len' bytes is at `p'. */
static enum ipc_ticket_check
check(const struct ipc_ticket_key *k, enum ipc_ticket_kind kind,
    const uint8_t *p, size_t len)
{
	uint8_t mac[MAC_LEN];
	int good;

	if (memcmp(p, k->start, sizeof(k->start)) != 0)
		return (IPC_TICKET_OTHER_START);
	sign(k, (uint8_t)kind, p, len, mac, sizeof(mac));
	good = sodium_memcmp(mac, p + len, sizeof(mac)) == 0;
	sodium_memzero(mac, sizeof(mac));
	return (good ? IPC_TICKET_GOOD : IPC_TICKET_FORGED);
}

enum ipc_ticket_check
ipc_ticket_get(const struct ipc_ticket_key *k, enum ipc_ticket_kind kind,
    const uint8_t p[IPC_TICKET_LEN], struct ipc_ticket *t)
{
	enum ipc_ticket_check rv = check(k, kind, p, BODY_LEN);
	struct ipc_rd r;

	memset(t, 0, sizeof(*t));
	if (rv != IPC_TICKET_GOOD)
		return (rv);
	ipc_rd_init(&r, p + sizeof(k->start), BODY_LEN - sizeof(k->start));
	t->us = ipc_rd_u64(&r);
	ipc_rd_bytes(&r, t->number, sizeof(t->number));
	ipc_rd_bytes(&r, t->client, sizeof(t->client));
	t->mesh = ipc_rd_u8(&r) == 1;
	return (IPC_TICKET_GOOD);
}

void
ipc_admission_put(const struct ipc_ticket_key *k,
    const struct ipc_admission *a, uint8_t p[IPC_ADMIT_LEN])
{
	struct ipc_wr w;

	ipc_wr_fixed(&w, p, ADMIT_BODY_LEN);
	ipc_wr_bytes(&w, k->start, sizeof(k->start));
	ipc_wr_u64(&w, a->us);
	ipc_wr_bytes(&w, a->number, sizeof(a->number));
	ipc_wr_bytes(&w, a->client, sizeof(a->client));
	ipc_wr_u32(&w, a->group);
	ipc_wr_u64(&w, a->rate);
	ipc_wr_u64(&w, a->burst);
	sign(k, IPC_TICKET_ADMIT, p, ADMIT_BODY_LEN, p + ADMIT_BODY_LEN,
	    MAC_LEN);
}

enum ipc_ticket_check
ipc_admission_get(const struct ipc_ticket_key *k,
    const uint8_t p[IPC_ADMIT_LEN], struct ipc_admission *a)
{
	enum ipc_ticket_check rv = check(k, IPC_TICKET_ADMIT, p,
	    ADMIT_BODY_LEN);
	struct ipc_rd r;

	memset(a, 0, sizeof(*a));
	if (rv != IPC_TICKET_GOOD)
		return (rv);
	ipc_rd_init(&r, p + sizeof(k->start),
	    ADMIT_BODY_LEN - sizeof(k->start));
	a->us = ipc_rd_u64(&r);
	ipc_rd_bytes(&r, a->number, sizeof(a->number));
	ipc_rd_bytes(&r, a->client, sizeof(a->client));
	a->group = ipc_rd_u32(&r);
	a->rate = ipc_rd_u64(&r);
	a->burst = ipc_rd_u64(&r);
	return (IPC_TICKET_GOOD);
}

const uint8_t *
ipc_ticket_number(const uint8_t p[IPC_TICKET_LEN])
{
	return (p + IPC_TICKET_STARTLEN + 8);
}

const uint8_t *
ipc_ticket_client(const uint8_t p[IPC_TICKET_LEN])
{
	return (ipc_ticket_number(p) + IPC_TICKET_NUMBERLEN);
}

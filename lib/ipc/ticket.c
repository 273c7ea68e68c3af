/*
 * ticket: see ticket.h.  Called by keys, which makes tickets, and by relay
 * workers, which check them.
 */
#include <sodium.h>
#include <string.h>

#include "codec.h"
#include "ticket.h"

#define MAC_LEN		32
#define BODY_LEN	(IPC_TICKET_LEN - MAC_LEN)
#define NAME_KIND	0	/* the kind that names a secret */

/* `n' bytes of the MAC of `body' (`len' bytes, at most BODY_LEN) at `out'. */
static void
sign(const struct ipc_ticket_key *k, uint8_t kind, const uint8_t *body,
    size_t len, uint8_t *out, size_t n)
{
	static const char label[15] = "derpd ticket";
	uint8_t text[sizeof(label) + 1 + 4 + BODY_LEN], mac[MAC_LEN];
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

enum ipc_ticket_check
ipc_ticket_get(const struct ipc_ticket_key *k, enum ipc_ticket_kind kind,
    const uint8_t p[IPC_TICKET_LEN], struct ipc_ticket *t)
{
	uint8_t mac[MAC_LEN];
	struct ipc_rd r;
	int good;

	memset(t, 0, sizeof(*t));
	if (memcmp(p, k->start, sizeof(k->start)) != 0)
		return (IPC_TICKET_OTHER_START);
	sign(k, (uint8_t)kind, p, BODY_LEN, mac, sizeof(mac));
	good = sodium_memcmp(mac, p + BODY_LEN, sizeof(mac)) == 0;
	sodium_memzero(mac, sizeof(mac));
	if (!good)
		return (IPC_TICKET_FORGED);
	ipc_rd_init(&r, p + sizeof(k->start), BODY_LEN - sizeof(k->start));
	t->us = ipc_rd_u64(&r);
	ipc_rd_bytes(&r, t->number, sizeof(t->number));
	ipc_rd_bytes(&r, t->client, sizeof(t->client));
	t->mesh = ipc_rd_u8(&r) == 1;
	return (IPC_TICKET_GOOD);
}

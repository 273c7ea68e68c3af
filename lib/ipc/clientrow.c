/*
 * clientrow: the codec of one client in the answer to `derpctl clients'; see
 * clientrow.h.  Written by a worker, read by derpctl.
 */
#include <string.h>

#include "clientrow.h"

void
client_info_put(struct wr *w, const struct client_info *c)
{
	wr_bytes(w, c->key, sizeof(c->key));
	wr_bytes(w, c->addr, sizeof(c->addr));
	wr_u16(w, c->port);
	wr_u32(w, c->worker);
	wr_u64(w, c->age_ms);
	wr_u64(w, c->rx_bytes);
	wr_u64(w, c->tx_bytes);
	wr_u64(w, c->rx_packets);
	wr_u64(w, c->tx_packets);
	wr_u64(w, c->drops);
	wr_u32(w, c->queued_packets);
	wr_u32(w, c->queued_bytes);
	wr_u8(w, c->flags);
	wr_u8(w, c->home);
	wr_u8(w, c->dup);
}

int
client_info_get(struct rd *r, struct client_info *c)
{
	memset(c, 0, sizeof(*c));
	rd_bytes(r, c->key, sizeof(c->key));
	rd_bytes(r, c->addr, sizeof(c->addr));
	c->port = rd_u16(r);
	c->worker = rd_u32(r);
	c->age_ms = rd_u64(r);
	c->rx_bytes = rd_u64(r);
	c->tx_bytes = rd_u64(r);
	c->rx_packets = rd_u64(r);
	c->tx_packets = rd_u64(r);
	c->drops = rd_u64(r);
	c->queued_packets = rd_u32(r);
	c->queued_bytes = rd_u32(r);
	c->flags = rd_u8(r);
	c->home = rd_u8(r);
	c->dup = rd_u8(r);
	return (rd_end(r) ? 0 : -1);
}

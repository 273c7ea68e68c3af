/*
 * stunstats: see stunstats.h.  Written by stund, read by the parent.
 */
#include <string.h>

#include "stunstats.h"

void
stun_stats_put(struct wr *w, const struct stun_stats *s)
{
	wr_u64(w, s->success);
	wr_u64(w, s->refused);
	wr_u64(w, s->silent);
	wr_u64(w, s->limited);
	wr_u64(w, s->junk);
	wr_u64(w, s->ipv4);
	wr_u64(w, s->ipv6);
	wr_u64(w, s->read_errors);
	wr_u64(w, s->write_errors);
}

int
stun_stats_get(struct rd *r, struct stun_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->success = rd_u64(r);
	s->refused = rd_u64(r);
	s->silent = rd_u64(r);
	s->limited = rd_u64(r);
	s->junk = rd_u64(r);
	s->ipv4 = rd_u64(r);
	s->ipv6 = rd_u64(r);
	s->read_errors = rd_u64(r);
	s->write_errors = rd_u64(r);
	return (rd_end(r) ? 0 : -1);
}

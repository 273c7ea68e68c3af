/*
 * limits: the front and the relay worker of the tests of records.  They are
 * derpd-front and derpd-relay with one difference: keys are updated after a few
 * records, not after millions.  So other libraries meet updates of both sides
 * in a short talk, and the product needs no setting for tests.
 *
 * The linker (--wrap) makes them call this in place of
 * net_record_cache_init() of lib/net/record_key.c.
 */
#include "record.h"

#define RECORDS	5	/* until an update, in each direction */

void	__real_net_record_cache_init(struct net_record_cache *c,
	    const struct net_aead *aead, size_t max);
void	__wrap_net_record_cache_init(struct net_record_cache *c,
	    const struct net_aead *aead, size_t max);

void
__wrap_net_record_cache_init(struct net_record_cache *c,
    const struct net_aead *aead, size_t max)
{
	__real_net_record_cache_init(c, aead, max);
	c->limits.update_out = RECORDS;
	c->limits.update_in = RECORDS;
}

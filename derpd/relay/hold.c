/*
 * hold: see hold.h.  Called by relay.c.
 */
#include "hold.h"
#include "relay.h"

int
relay_hold_is_on(const struct relay *r)
{
	return (r->hold.state != RELAY_HOLD_OFF);
}

int
relay_hold_is_held(const struct relay *r)
{
	return (r->hold.state == RELAY_HOLD_ON);
}
